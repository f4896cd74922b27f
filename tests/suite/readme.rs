//! What the documents say is what happens: the console blocks of README.md are run, every command line names options
//! and files that there are, and every link leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use reconcile::cli::args::Args;
use regex::Regex;

use super::scenario::copy;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_readme_shows_what_happens() {
    let clone = Clone::of_the_examples();
    let text = section(&read("README.md"), "## Try it");
    let shown = clone.follow(&text);
    assert!(shown >= 3, "README.md shows {shown} outputs only");
}

#[test]
fn the_readme_shows_what_a_saved_plan_does() {
    let shown = Clone::of_the_examples().follow(&section(&read("README.md"), "## Saved plans"));
    assert!(shown >= 3, "README.md shows {shown} outputs only");
}

#[test]
fn the_readme_shows_what_is_seen_of_a_sandbox() {
    let shown = Clone::of_the_examples().follow(&section(&read("README.md"), "### Looking into it"));
    assert!(shown >= 3, "README.md shows {shown} outputs only");
}

#[test]
fn the_readme_shows_what_becomes_of_any_chart() {
    let shown = Clone::of_the_examples().follow(&section(&read("README.md"), "## Any Helm chart"));
    assert!(shown >= 3, "README.md shows {shown} outputs only");
}

#[test]
fn the_readme_shows_what_is_seen_from_outside() {
    let shown = Clone::of_the_examples().follow(&section(&read("README.md"), "## Seen from outside"));
    assert!(shown >= 3, "README.md shows {shown} outputs only");
}

#[test]
fn the_readme_shows_how_a_fleet_begins() {
    let shown = Clone::of_nothing().follow(&section(&read("README.md"), "## A fleet of your own"));
    assert!(shown >= 3, "README.md shows {shown} outputs only");
}

#[test]
fn the_first_command_works_in_a_shallow_clone_too() {
    let clone = Clone::of_the_examples().shallow();
    clone.follow(&section(&read("README.md"), "## Try it"));
}

#[test]
fn every_command_line_is_one_that_the_program_takes() {
    let mut seen = 0;
    for document in ["README.md", "CONTRIBUTING.md", "ci/README.md", "sandboxes/README.md", "snapshots/README.md"] {
        for line in blocks(&read(document)).into_iter().flat_map(|block| block.commands()) {
            for words in reconcile_lines(&line) {
                seen += 1;
                let parsed = Args::parse_line(std::iter::once("reconcile".to_owned()).chain(words.clone()));
                assert!(parsed.is_ok(), "{document}: {words:?}: {}", parsed.unwrap_err());
            }
        }
    }
    for job in [
        "ci/crontab",
        "ci/github/scheduled.yml",
        "ci/github/pull-request.yml",
        "ci/github/reviewed.yml",
        "ci/gitlab/.gitlab-ci.yml",
        "src/init/templates/github/reconcile.yml",
        "src/init/templates/github/sandboxes.yml",
        "src/init/templates/gitlab/gitlab-ci.yml",
    ] {
        let before = seen;
        for words in read(job).lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(reconcile_lines) {
            seen += 1;
            let parsed = Args::parse_line(std::iter::once("reconcile".to_owned()).chain(words.clone()));
            assert!(parsed.is_ok(), "{job}: {words:?}: {}", parsed.unwrap_err());
        }
        assert!(seen > before, "{job} runs nothing");
    }
    assert!(seen > 10, "{seen} command lines found only");
}

#[test]
fn every_program_of_this_repository_that_is_named_is_there() {
    let named = Regex::new(r"(?m)(?:^|`|\s)((?:\./)?\.?ci/(?:test|run))\b").expect("a regular expression");
    let mut found = BTreeSet::new();
    for document in documents() {
        for name in named.captures_iter(&read(&document)) {
            let path = Path::new(ROOT).join(&name[1]);
            let mode = fs::metadata(&path).unwrap_or_else(|_| panic!("{document}: there is no {}", &name[1]));
            assert!(is_executable(&mode), "{} cannot be run", &name[1]);
            found.insert(name[1].to_owned());
        }
    }
    assert!(found.contains("ci/test") && found.contains(".ci/run"), "{found:?}");
}

#[test]
fn every_link_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a regular expression");
    let mut seen = 0;
    for document in documents() {
        let text = read(&document);
        for target in link.captures_iter(&text).map(|found| found[1].to_owned()) {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = Path::new(&document).parent().expect("a file lies in a folder");
            let path = if file.is_empty() { PathBuf::from(&document) } else { folder.join(file) };
            let there = Path::new(ROOT).join(&path);
            assert!(there.exists(), "{document}: {target} leads nowhere");
            if !anchor.is_empty() {
                let headings = fs::read_to_string(&there).expect("a readable document");
                let anchors: Vec<String> = headings.lines().filter(|l| l.starts_with('#')).map(anchor_of).collect();
                assert!(anchors.iter().any(|a| a == anchor), "{document}: {target}: {anchors:?}");
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} links found only");
}

/// A repository with this one's example sandboxes and charts, and nothing of its history.
struct Clone {
    home: tempfile::TempDir,
    folder: &'static str,
}

impl Clone {
    fn of_the_examples() -> Self {
        let clone = Self { home: tempfile::tempdir().expect("a temporary folder"), folder: "clone" };
        for folder in ["sandboxes", "charts"] {
            copy(&Path::new(ROOT).join(folder), &clone.home.path().join("clone").join(folder));
        }
        fs::write(clone.home.path().join("clone/.gitignore"), read(".gitignore")).expect("a writable folder");
        clone.done("git init -q -b main . && git add . && git commit -q -m 'the examples'");
        clone.done("git commit -q --allow-empty -m 'and what came later'");
        clone
    }

    /// An empty folder.
    fn of_nothing() -> Self {
        let nothing = Self { home: tempfile::tempdir().expect("a temporary folder"), folder: "empty" };
        fs::create_dir(nothing.home.path().join("empty")).expect("a folder");
        nothing
    }

    fn shallow(mut self) -> Self {
        self.done("git clone -q --depth 1 \"file://$PWD\" ../shallow");
        self.folder = "shallow";
        self
    }

    /// Does what a text says: runs its `sh` blocks and its `console` blocks in their order, and holds the outputs that
    /// it shows against the real ones. A command that a reader is told to run with cargo may be shown without. The
    /// number of outputs that were shown.
    fn follow(&self, text: &str) -> usize {
        let mut told: Vec<String> = Vec::new();
        let mut shown = 0;
        for block in blocks(text) {
            if block.language == "sh" {
                let own = |line: &String| !line.starts_with("ci/test");
                told.extend(
                    block.commands().iter().map(|line| line.replace("cargo run -- ", "reconcile ")).filter(own),
                );
                continue;
            }
            for (command, expected) in block.outputs() {
                if let Some(at) = told.iter().position(|line| *line == command) {
                    told.drain(..=at).take(at).for_each(|line| self.done(&line));
                }
                let output = self.run(&command);
                let real = text_of(&output);
                assert!(matches(&expected, &real), "$ {command}\nis shown as\n{expected}\nand prints\n{real}");
                shown += 1;
            }
        }
        for line in &told {
            self.done(line);
        }
        shown
    }

    fn done(&self, command: &str) {
        let output = self.run(command);
        // A plan with changes says so by its status.
        let fine = output.status.success() || (command.contains("--plan") && output.status.code() == Some(2));
        assert!(fine, "{command}: {}", text_of(&output));
    }

    fn run(&self, command: &str) -> Output {
        let binary = Path::new(env!("CARGO_BIN_EXE_reconcile"));
        let path = std::env::var("PATH").unwrap_or_default();
        Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(self.home.path().join(self.folder))
            .env_clear()
            .env("PATH", format!("{}:{path}", binary.parent().expect("a folder").display()))
            .env("HOME", self.home.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Ada")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "ada@example.com")))
            .output()
            .expect("sh runs")
    }
}

/// The output, and behind it a status that is not 0 as README.md writes it.
fn text_of(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(0) => text,
        code => format!("? {}\n{text}", code.unwrap_or(-1)),
    }
}

/// Whether a text is what is shown of it: `[..]` stands for anything within a line, `...` for any lines.
fn matches(shown: &str, real: &str) -> bool {
    let mut pattern = String::from(r"\A");
    for line in shown.trim_end().lines() {
        match line {
            "..." => pattern.push_str(r"(?:.*\n)*?"),
            line => {
                let parts: Vec<String> = line.split("[..]").map(regex::escape).collect();
                pattern.push_str(&parts.join(".*"));
                pattern.push_str(r"\n");
            }
        }
    }
    pattern.push_str(r"\n*\z");
    Regex::new(&pattern).expect("a regular expression").is_match(real)
}

#[test]
fn what_is_shown_is_compared() {
    assert!(matches("a [..] c\n...\nend", "a b c\nx\ny\nend\n"));
    assert!(matches("a\n...\nend", "a\nend\n"));
    assert!(!matches("a\nend", "a\nb\nend\n"));
    assert!(!matches("a", "a\nb\n"));
    assert!(!matches("? 2\na", "a\n"));
}

/// A fenced block.
struct Block {
    language: String,
    text: String,
}

impl Block {
    /// Its command lines: of a console those behind `$ `, of a script all; without comments.
    fn commands(&self) -> Vec<String> {
        let lines = self.text.lines();
        let commands: Vec<&str> = match self.language.as_str() {
            "console" => lines.filter_map(|line| line.strip_prefix("$ ")).collect(),
            "sh" => lines.collect(),
            _ => Vec::new(),
        };
        let bare = |line: &str| line.split(" # ").next().unwrap_or_default().trim().to_owned();
        commands.into_iter().map(bare).filter(|line| !line.is_empty()).collect()
    }

    /// Of a console, its commands with what they print.
    fn outputs(&self) -> Vec<(String, String)> {
        if self.language != "console" {
            return Vec::new();
        }
        let parts = self.text.strip_prefix("$ ").unwrap_or_default().split("\n$ ");
        let split = |part: &str| part.split_once('\n').map(|(c, o)| (c.to_owned(), o.to_owned()));
        parts.map(|part| split(part).unwrap_or_else(|| (part.to_owned(), String::new()))).collect()
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match (line.strip_prefix("```"), open) {
            (Some(language), false) => {
                blocks.push(Block { language: language.to_owned(), text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => {
                if let Some(block) = blocks.last_mut() {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
            (None, false) => {}
        }
    }
    blocks
}

/// The arguments of each call of the program in a line of shell, up to what the shell takes for itself.
fn reconcile_lines(line: impl AsRef<str>) -> Vec<Vec<String>> {
    let line = line.as_ref().replace("cargo run -- ", "reconcile ");
    let is_program = |word: &&str| {
        *word == "reconcile"
            || word.ends_with("/release/reconcile")
            || word.trim_end_matches('"').ends_with("bin/reconcile")
    };
    let words: Vec<&str> = line.split_whitespace().collect();
    let calls = (0..words.len()).filter(|at| is_program(&words[*at]) && words.get(at.wrapping_sub(1)) != Some(&"-t"));
    let ends = |word: &str| matches!(word, "|" | "||" | "&&" | ";" | ">" | "2>&1");
    calls
        .filter(|at| {
            let commands = ["apply", "audit", "check", "comment", "init", "render", "why"];
            words.get(at + 1).is_none_or(|next| next.starts_with('-') || commands.contains(next))
        })
        .map(|at| words[at + 1..].iter().take_while(|word| !ends(word)).map(|word| (*word).to_owned()).collect())
        .collect()
}

/// The part of a document below a heading, up to the next of its level.
fn section(text: &str, heading: &str) -> String {
    let lines = text.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    let part: Vec<&str> = lines.collect();
    assert!(!part.is_empty(), "there is no {heading}");
    part.join("\n")
}

/// How GitHub and GitLab call a heading in a link.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// Every document of the repository, relative to its root.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(Path::new(ROOT).join(&folder)).expect("a readable folder") {
            let entry = entry.expect("a readable entry");
            let path = folder.join(entry.file_name());
            let name = path.to_string_lossy().into_owned();
            if entry.file_type().expect("a file type").is_dir() {
                if !name.starts_with('.') && name != "target" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[cfg(unix)]
fn is_executable(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(file: &fs::Metadata) -> bool {
    file.is_file()
}
