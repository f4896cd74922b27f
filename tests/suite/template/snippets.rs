//! Snippets of templates with what helm makes of them, and the chart that they are put in.
//!
//! A snippet file holds any number of `### title`, a template, `--->`, the expected output and `<---`. The template is
//! the file `templates/_snippet.tpl` of the chart in `template/chart/`, which `t.yaml` includes in base64, so that every byte
//! of the output counts.

use base64::Engine as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const TEMPLATE: &str = "templates/_snippet.tpl";
const ARROW: &str = "\n--->\n";
const END: &str = "\n<---\n";

/// One snippet.
#[derive(Clone)]
pub struct Snippet {
    pub file: String,
    pub title: String,
    pub template: String,
    pub expected: String,
}

/// The chart around the snippets.
pub struct Fixture {
    root: PathBuf,
    files: Vec<(String, String)>,
}

impl Fixture {
    pub fn load() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/template");
        let mut files = Vec::new();
        read_folder(&root.join("chart"), "", &mut files);
        Self { root, files }
    }

    /// The chart's files with a snippet put in.
    pub fn files_with(&self, snippet: &Snippet) -> Vec<(String, String)> {
        let mut files = self.files.clone();
        files.push((TEMPLATE.to_owned(), snippet.template.clone()));
        files
    }

    fn paths(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.root.join("snippets")).expect("the snippets are there");
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
        paths.sort();
        paths
    }

    /// All snippets, in the order of their files.
    pub fn snippets(&self) -> Vec<Snippet> {
        self.paths().iter().flat_map(|path| read(path)).collect()
    }

    /// What helm makes of a snippet: its output, or `Error: ` and the message.
    pub fn ask(&self, helm: &Path, snippet: &Snippet) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in self.files_with(snippet) {
            let path = folder.path().join("c").join(path);
            std::fs::create_dir_all(path.parent().expect("it is below the chart")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        let output = Command::new(helm)
            .args(["template", "rel", "c", "--namespace", "ns", "--kube-version", "v1.33.0"])
            .args(["-s", "templates/t.yaml"])
            .current_dir(folder.path())
            .output()
            .expect("helm runs");
        if output.status.success() {
            return decode(&String::from_utf8_lossy(&output.stdout));
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let said = said.strip_suffix('\n').unwrap_or(&said);
        let said = said.strip_suffix("\n\nUse --debug flag to render out invalid YAML").unwrap_or(said);
        said.to_owned()
    }

    /// The snippets of which helm makes something else than is recorded, with what it makes: none, while the
    /// recorded outputs are helm's own.
    #[allow(dead_code, reason = "for suites that have a helm to ask")]
    pub fn disagreements(&self, helm: &Path) -> Vec<(Snippet, String)> {
        let all = self.snippets();
        let share = all.len().div_ceil(4).max(1);
        let ask = |snippet: &Snippet| {
            let said = self.ask(helm, snippet);
            (said != snippet.expected).then(|| (snippet.clone(), said))
        };
        std::thread::scope(|scope| {
            let asking: Vec<_> =
                all.chunks(share).map(|some| scope.spawn(|| some.iter().filter_map(ask).collect::<Vec<_>>())).collect();
            asking.into_iter().flat_map(|asked| asked.join().expect("no snippet ends the asking")).collect()
        })
    }

    /// Rewrites the snippets with what helm makes of them.
    pub fn record(&self, helm: &Path) {
        for path in self.paths() {
            let mut text = String::new();
            for snippet in read(&path) {
                let expected = self.ask(helm, &snippet);
                text += &format!("### {}\n{}{ARROW}{expected}{END}\n", snippet.title, snippet.template);
            }
            std::fs::write(path, text.trim_end_matches('\n').to_owned() + "\n").expect("a file");
        }
    }
}

/// The output within what `t.yaml` renders.
pub fn decode(rendered: &str) -> String {
    let line = rendered.lines().find_map(|line| line.strip_prefix("data:"));
    let Some(line) = line else {
        return format!("no data in: {rendered}");
    };
    let bytes = base64::engine::general_purpose::STANDARD.decode(line.trim()).expect("base64");
    String::from_utf8(bytes).unwrap_or_else(|error| format!("not UTF-8: {:?}", error.into_bytes()))
}

fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().expect("a name").to_string_lossy();
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            read_folder(&path, &format!("{name}/"), files);
        } else {
            files.push((name, std::fs::read_to_string(&path).expect("a text file")));
        }
    }
}

fn read(path: &Path) -> Vec<Snippet> {
    let text = std::fs::read_to_string(path).expect("a snippet file");
    let file = path.file_name().expect("a name").to_string_lossy().into_owned();
    let text = format!("\n{text}");
    let blocks = text.split("\n### ").skip(1);
    blocks
        .map(|block| {
            let (title, rest) = block.split_once('\n').unwrap_or((block, ""));
            let rest = rest.split(END).next().unwrap_or(rest);
            let (template, expected) = rest.split_once(ARROW).unwrap_or((rest, ""));
            Snippet {
                file: file.clone(),
                title: title.to_owned(),
                template: template.to_owned(),
                expected: expected.to_owned(),
            }
        })
        .collect()
}
