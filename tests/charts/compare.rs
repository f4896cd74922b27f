//! One command line, given to both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A rendering: where it is made, and the arguments behind `template`.
#[derive(Clone, Debug)]
pub struct Case {
    pub folder: PathBuf,
    pub args: Vec<String>,
}

/// How the two compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Equal,
    /// Both fail with the same words.
    SameError,
    /// Equal but for what is random in it.
    SameShape,
    Different,
}

/// The counts, and what differs.
#[derive(Debug, Default)]
pub struct Outcome {
    pub counts: BTreeMap<Verdict, usize>,
    pub different: Vec<String>,
}

/// The real helm; `None` where it cannot be built, which is said.
pub fn helm() -> Option<PathBuf> {
    let folder = super::binaries::family("helm", "the comparison of charts with helm (tests/charts)")?;
    Some(folder.join("helm"))
}

/// Runs all cases, two side by side.
pub fn compare(helm: &Path, cases: &[Case]) -> Outcome {
    let next = AtomicUsize::new(0);
    let outcome = Mutex::new(Outcome::default());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (verdict, shown) = one(helm, case);
                    let mut outcome = outcome.lock().expect("no thread has panicked");
                    *outcome.counts.entry(verdict).or_default() += 1;
                    if verdict == Verdict::Different {
                        outcome.different.push(shown);
                    }
                }
            });
        }
    });
    outcome.into_inner().expect("no thread has panicked")
}

fn run(program: &Path, case: &Case) -> Output {
    let home = std::env::temp_dir();
    Command::new(program)
        .arg("template")
        .args(&case.args)
        .current_dir(&case.folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        // Nothing of this machine's: no repositories, no kubeconfig.
        .env("HOME", home.join("no-home"))
        .env("HELM_CACHE_HOME", home.join("no-cache"))
        .env("KUBECONFIG", home.join("no-kubeconfig"))
        .env("TZ", "UTC")
        .output()
        .expect("it starts")
}

fn one(helm: &Path, case: &Case) -> (Verdict, String) {
    let theirs = run(helm, case);
    let ours = run(Path::new(env!("CARGO_BIN_EXE_reconcile")), case);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (told_theirs, told_ours) = (error(&text(&theirs.stderr)), error(&text(&ours.stderr)));
    let verdict = match (theirs.status.success(), ours.status.success()) {
        (true, true) if theirs.stdout == ours.stdout => Verdict::Equal,
        (true, true) if same_shape(&text(&theirs.stdout), &text(&ours.stdout)) => Verdict::SameShape,
        (false, false) if told_theirs == told_ours => Verdict::SameError,
        _ => Verdict::Different,
    };
    let shown = match (theirs.status.success(), ours.status.success()) {
        (true, true) => first_difference(&text(&theirs.stdout), &text(&ours.stdout)),
        (theirs, ours) => format!("helm: {}\nours: {}", or_fine(theirs, &told_theirs), or_fine(ours, &told_ours)),
    };
    (verdict, format!("{} {:?}\n{shown}", case.folder.display(), case.args))
}

fn or_fine(is_fine: bool, told: &str) -> &str {
    if is_fine { "renders" } else { told }
}

/// What is said from the error on: helm's warnings name its own files before it.
fn error(stderr: &str) -> String {
    stderr.find("Error: ").and_then(|at| stderr.get(at..)).unwrap_or(stderr).trim().to_owned()
}

fn first_difference(theirs: &str, ours: &str) -> String {
    let pair = theirs.lines().zip(ours.lines()).enumerate().find(|(_, (theirs, ours))| theirs != ours);
    match pair {
        Some((at, (theirs, ours))) => format!("line {}:\nhelm: {theirs}\nours: {ours}", at + 1),
        None => format!("helm: {} lines, ours: {}", theirs.lines().count(), ours.lines().count()),
    }
}

/// Whether two texts differ in random values alone: lines of the same length and kind of characters; keys, certificates
/// and digests may differ in length.
fn same_shape(theirs: &str, ours: &str) -> bool {
    theirs.lines().count() == ours.lines().count()
        && theirs.lines().zip(ours.lines()).all(|(theirs, ours)| theirs == ours || shape(theirs) == shape(ours))
}

fn shape(line: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let mut out = String::new();
    for word in line.split_inclusive(|c| !is_word(c)) {
        let (word, end) = match word.char_indices().last() {
            Some((at, last)) if !is_word(last) => word.split_at(at),
            _ => (word, ""),
        };
        if word.len() >= 64 {
            out.push_str("LONG");
        } else {
            out.extend(word.chars().map(|c| if c.is_ascii_alphanumeric() { 'x' } else { c }));
        }
        out.push_str(end);
    }
    out
}
