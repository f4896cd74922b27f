//! Helm's engine, asked in bulk.

use base64::Engine as _;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is rendered: the chart's file `templates/t.yaml`.
#[derive(Clone, Debug, Default)]
pub struct Snippet {
    /// What it is about, for the counts.
    pub class: String,
    pub template: String,
    /// Instead of the chart's own.
    pub values: Option<Json>,
}

impl Snippet {
    pub fn new(class: impl Into<String>, template: impl Into<String>) -> Self {
        Self { class: class.into(), template: template.into(), values: None }
    }

    pub fn with(class: impl Into<String>, template: impl Into<String>, values: Json) -> Self {
        Self { values: Some(as_read(values)), ..Self::new(class, template) }
    }
}

/// Numbers as a values file gives them: floating-point all, where `--set` would give integers.
fn as_read(values: Json) -> Json {
    match values {
        Json::Number(number) => number.as_f64().map_or(Json::Number(number), Json::from),
        Json::Array(items) => items.into_iter().map(as_read).collect(),
        Json::Object(map) => Json::Object(map.into_iter().map(|(key, value)| (key, as_read(value))).collect()),
        other => other,
    }
}

/// What becomes of a snippet: the bytes of its output, or an error.
pub type Said = Result<Vec<u8>, String>;

/// The oracle, where it can be had.
pub struct Oracle(PathBuf);

impl Oracle {
    /// `None` where Go is missing, which is said; with `REQUIRE_CLUSTER=1` that is a failure.
    pub fn find() -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/helm/oracle/main.go");
        let source = std::fs::read(source).expect("the oracle's source is there");
        let hash: String = Sha256::digest(source).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let folder = super::binaries::family("oracle", "the comparison with Helm's engine (tests/oracle)")?;
        Some(Self(folder.join(format!("oracle-{hash}"))))
    }

    /// All that Helm says of each snippet: several things, where it goes by the order of Go's maps.
    pub fn ask(&self, snippets: &[Snippet], times: usize) -> Vec<Vec<Said>> {
        let question = |snippet: &Snippet| {
            let mut question = json!({ "template": snippet.template, "times": times });
            if let Some(values) = &snippet.values {
                question["values"] = values.clone();
            }
            question
        };
        self.questions(snippets.iter().map(question).collect()).iter().map(said).collect()
    }

    /// The functions that Helm knows, with their Go types.
    pub fn functions(&self) -> serde_json::Map<String, Json> {
        let answers = self.questions(vec![json!({ "functions": true })]);
        answers[0]["functions"].as_object().expect("functions by name").clone()
    }

    fn questions(&self, questions: Vec<Json>) -> Vec<Json> {
        let mut child = Command::new(&self.0)
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.0.display()));
        let count = questions.len();
        let mut input = BufWriter::new(child.stdin.take().expect("it is piped"));
        let asking = std::thread::spawn(move || {
            let chart: serde_json::Map<_, _> =
                super::ours::chart().iter().map(|(path, text)| (path.clone(), json!(text))).collect();
            writeln!(input, "{}", json!({ "chart": chart })).expect("the oracle listens");
            for question in questions {
                writeln!(input, "{question}").expect("the oracle listens");
            }
        });
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let answers: Vec<Json> = output
            .lines()
            .map(|line| serde_json::from_str(&line.expect("a line of the oracle")).expect("JSON of the oracle"))
            .collect();
        asking.join().expect("all questions are asked");
        assert!(child.wait().expect("the oracle ends").success(), "the oracle failed");
        assert_eq!(answers.len(), count, "the oracle answers every question");
        answers
    }
}

fn said(answer: &Json) -> Vec<Said> {
    let all = answer["said"].as_array().expect("what Helm said");
    all.iter()
        .map(|one| {
            let text = one["text"].as_str().unwrap_or_default();
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
            if one["ok"] == true { Ok(bytes) } else { Err(String::from_utf8_lossy(&bytes).into_owned()) }
        })
        .collect()
}
