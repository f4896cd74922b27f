//! Text fits 80 columns: every line that the program prints in any scenario.
//!
//! Not counted are diffs, which are content, and a word that is longer than a line and has one to itself: broken, it
//! could not be copied.

use std::fs;
use std::path::Path;

use unicode_width::UnicodeWidthStr;

const WIDTH: usize = 80;

/// Output that is not text for people, or not the program's; and a table where nobody watches, which is for `grep`.
const OTHERS: &[&str] =
    &["--format", "reconcile render", "reconcile check", "reconcile list", "reconcile comment --dry-run"];

#[test]
fn every_line_of_every_scenario_fits() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/scenarios");
    let (mut seen, mut wide) = (0, Vec::new());
    for case in fs::read_dir(cases).expect("a readable folder") {
        let case = case.expect("a readable entry").path();
        let Ok(transcript) = fs::read_to_string(case.join("transcript.snap")) else { continue };
        let (_, body) = transcript.split_once("\n---\n").expect("a header");
        for step in body.split("\n$ ").map(|step| step.trim_start_matches("$ ")) {
            // A command of several lines cannot be told from its output, but for its own width.
            let (command, output) = step.split_once('\n').unwrap_or((step, ""));
            if !command.contains("reconcile") || OTHERS.iter().any(|other| command.contains(other)) {
                continue;
            }
            seen += output.lines().count();
            let found = output.lines().filter(|line| !fits(line));
            wide.extend(found.map(|line| format!("{}: {line}", case.display())));
        }
    }
    assert!(seen > 500, "{seen} lines were seen only");
    assert!(wide.is_empty(), "wider than {WIDTH} columns:\n{}", wide.join("\n"));
}

pub fn fits(line: &str) -> bool {
    let is_diff = line.strip_prefix("      ").is_some_and(|diff| diff.starts_with(['+', '-', '@', ' ']));
    let is_one_word = !line.trim().contains(' ');
    line.width() <= WIDTH || is_diff || is_one_word
}

#[test]
fn what_is_too_wide_is_found() {
    let wide = "word ".repeat(17);
    assert!(!fits(&wide) && !fits(&format!("    {wide}")) && !fits(&"檔案 ".repeat(17)));
    assert!(fits(&format!("      -{wide}")) && fits(&"a".repeat(90)) && fits(&"a ".repeat(40)));
}
