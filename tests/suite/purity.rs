//! The pure folders import no adapter, and nothing that reads a clock, the environment, a file or the network.

use std::fs;
use std::path::{Path, PathBuf};

const PURE: &[&str] = &["access", "fleet", "chart", "manifest", "release", "plan", "report", "init"];
const FORBIDDEN: &[&str] = &[
    "std::fs",
    "std::env",
    "TcpStream",
    "UdpSocket",
    "ToSocketAddrs",
    "std::process",
    "std::io::stdin",
    "std::time::SystemTime",
    "std::time::Instant",
    "Timestamp::now",
    "Zoned::now",
    "tokio",
    "kube::",
    "git2",
    "ureq",
    "rand::",
    "reqwest",
    "crate::apply",
    "crate::cli",
    "crate::cluster",
    "crate::repo",
];

#[test]
fn pure_folders_import_no_adapter() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut read = 0;
    for folder in PURE {
        for file in rust_files(&root.join(folder)) {
            read += 1;
            let text = fs::read_to_string(&file).expect("a readable file");
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if let Some(word) = FORBIDDEN.iter().find(|word| uses(code, word)) {
                    found.push(format!("{}:{}: {word}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(read > 20, "only {read} files were read");
    assert!(found.is_empty(), "pure folders reach outside:\n{}", found.join("\n"));
}

/// The word, not as the tail of another one.
fn uses(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let ends = word.ends_with(':') || !is_part(code[at + word.len()..].chars().next());
        ends && !is_part(code[..at].chars().next_back())
    })
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn a_word_inside_another_is_not_it() {
    assert!(uses("use rand::Rng;", "rand::"));
    assert!(!uses("use operand::Rng;", "rand::"));
}
