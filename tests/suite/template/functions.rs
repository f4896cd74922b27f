//! One file a function, of calls and what Helm makes of them.
//!
//! A call is a line that begins with `{{`. The next line is its outcome: `= "…"` for an output, `! "…"` for an error,
//! both as JSON writes a text. Behind `~` it is what this program gives by its own rules, where a render is hermetic and
//! Helm's is not.

use std::path::{Path, PathBuf};

/// A call and its outcome.
#[derive(Debug, Clone)]
pub struct Case {
    pub call: String,
    pub outcome: Result<String, String>,
    /// Helm gives something else each time, or asks the machine.
    pub own: bool,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/template/functions")
}

/// The cases of every function, and the functions that have a file.
pub fn all() -> Vec<(String, Vec<Case>)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the cases are there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> (String, Vec<Case>) {
    let function = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).expect("a file of cases");
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let mut cases = Vec::new();
    while let Some(call) = lines.next() {
        let said = lines.next().unwrap_or_else(|| panic!("{function}: {call} has an outcome"));
        let (own, said) = said.strip_prefix("~ ").map_or((false, said), |said| (true, said));
        let (sign, text) = said.split_once(' ').unwrap_or_else(|| panic!("{function}: {said}"));
        let text: String = serde_json::from_str(text).unwrap_or_else(|error| panic!("{function}: {said}: {error}"));
        let outcome = if sign == "=" { Ok(text) } else { Err(text) };
        cases.push(Case { call: call.to_owned(), outcome, own });
    }
    (function, cases)
}

/// Writes the cases of a function.
#[allow(dead_code, reason = "for the suite that has a helm to ask")]
pub fn write(function: &str, cases: &[Case]) {
    let line = |case: &Case| {
        let (sign, text) = match &case.outcome {
            Ok(text) => ('=', text),
            Err(text) => ('!', text),
        };
        let own = if case.own { "~ " } else { "" };
        format!("{}\n{own}{sign} {}\n", case.call, serde_json::Value::from(text.as_str()))
    };
    let text: String = cases.iter().map(line).collect();
    std::fs::write(folder().join(format!("{function}.txt")), text).expect("a file of cases");
}
