//! Scenario cases: a folder with `steps` (shell commands, each behind `$ `), run in a git repository of its own that
//! begins with one commit: `_base`, and over it the case's own `files`. Clock and git identity are pinned, and the
//! whole transcript is golden. tests/README.md says how to write one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::thread;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use super::canary::canary;

pub(super) const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/scenarios");

/// When the first commit is made.
const BEGINNING: &str = "2030-01-01T00:00:00Z";

/// What every step may use beside the program and what is in any system's shell: `commit MESSAGE [TIME]`, and
/// `sandbox NAME [LINE…]`, which writes that sandbox's file.
const PRELUDE: &str = r#"
commit() {
  export GIT_COMMITTER_DATE="${2:-$GIT_COMMITTER_DATE}"
  git add -A && git commit -qm "$1"
}
sandbox() {
  file=sandboxes/$1.toml
  printf 'branch = "%s"\nimage  = "registry.example.com/hello:%s"\n' "$1" "$1" > "$file"
  shift
  if [ $# -gt 0 ]; then printf '%s\n' "$@" >> "$file"; fi
}
"#;

#[test]
fn scenarios() {
    let transcripts = transcripts();
    insta::glob!("scenarios/*/steps", |steps| {
        let case = steps.parent().expect("steps lie in a folder");
        insta::with_settings!({
            snapshot_path => case,
            prepend_module_to_snapshot => false,
            omit_expression => true,
            snapshot_suffix => "",
            description => "",
        }, {
            insta::assert_snapshot!("transcript", transcripts[case]);
        });
    });
}

/// The transcript of each case, by its folder.
fn transcripts() -> BTreeMap<PathBuf, String> {
    let transcript = |case: &Path| {
        let stage = Stage::of(case, "");
        let transcript = stage.transcript();
        stage.search_for_secrets(&transcript);
        stage.golden(&transcript)
    };
    side_by_side(&transcript)
}

/// What comes of each case, by its folder. Cases share nothing, so they run side by side.
pub(super) fn side_by_side<T: Send>(run: &(dyn Fn(&Path) -> T + Sync)) -> BTreeMap<PathBuf, T> {
    let entries = fs::read_dir(CASES).expect("a readable folder").map(|entry| entry.expect("a readable entry").path());
    let waiting: Mutex<Vec<PathBuf>> = Mutex::new(entries.filter(|case| case.join("steps").exists()).collect());
    let done = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let Some(case) = waiting.lock().expect("no case has panicked").pop() else { break };
            let answer = run(&case);
            done.lock().expect("no case has panicked").insert(case, answer);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    done.into_inner().expect("no case has panicked")
}

/// Where a case is run.
pub(super) struct Stage {
    pub(super) case: PathBuf,
    /// The folder of everything.
    pub(super) home: tempfile::TempDir,
    /// The repository.
    work: PathBuf,
    /// Shell that comes before each step.
    more: &'static str,
}

/// A step, and what it printed.
pub(super) type Said = (String, Output);

impl Stage {
    /// A repository with one commit. `more` is shell that comes before each step.
    pub(super) fn of(case: &Path, more: &'static str) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let work = home.path().join("work");
        copy(&Path::new(CASES).join("_base"), &work);
        let own = case.join("files");
        if own.exists() {
            copy(&own, &work);
        }
        let stage = Self { case: case.to_owned(), home, work, more };
        let begun = stage.shell("git init -q -b main . && commit 'the fleet'");
        assert!(begun.status.success(), "{}", text_of(&begun));
        stage
    }

    /// Runs all steps.
    pub(super) fn transcript(&self) -> Vec<Said> {
        let steps = fs::read_to_string(self.case.join("steps")).expect("readable steps");
        let run = |step: String| {
            let output = self.shell(&step);
            (step, output)
        };
        steps_of(&steps).into_iter().map(run).collect()
    }

    /// The transcript as it is kept, without what differs from run to run.
    fn golden(&self, said: &[Said]) -> String {
        let mut transcript = String::new();
        for (step, output) in said {
            writeln!(transcript, "$ {step}").expect("a String takes it");
            transcript.push_str(&text_of(output));
        }
        let every = "for repo in . ../*/; do git -C $repo rev-list --all --reflog; done 2> /dev/null";
        let commits = self.shell(every);
        let transcript = transcript.replace(&self.home.path().display().to_string(), "[TMP]");
        let base = fs::metadata(self.work.join(".gitignore")).and_then(|file| file.modified());
        let today = Timestamp::try_from(base.expect("a file has its time")).expect("a time of today");
        without_today(&with_numbers(&transcript, &String::from_utf8_lossy(&commits.stdout)), today)
    }

    /// The repository of every case, for a test of its own.
    pub(super) fn bare() -> Self {
        Self::of(&Path::new(CASES).join("_base"), "")
    }

    /// Runs a step.
    pub(super) fn shell(&self, step: &str) -> Output {
        run(step, self.more, self.home.path(), &self.work)
    }
}

/// Runs a step; standard error comes out beside standard output, in the order of writing.
pub(super) fn shell(step: &str, home: &Path, work: &Path) -> Output {
    run(step, "", home, work)
}

/// Runs a step, with more shell before it.
fn run(step: &str, more: &str, home: &Path, work: &Path) -> Output {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_reconcile"));
    let folder = binary.parent().expect("a binary lies in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("sh")
        .args(["-c", &format!("{PRELUDE}{more}{{ {step}\n}} 2>&1")])
        .current_dir(work)
        .env_clear()
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("HOME", home)
        .env("NO_COLOR", "1")
        .env("RECONCILE_FINGERPRINT_KEY", format!("the key of the scenarios, {}", canary("fingerprint")))
        .env("RECONCILE_GIT_TOKEN", canary("git"))
        .env("CANARY", canary("planted"))
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.com")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.com")
        .env("GIT_AUTHOR_DATE", BEGINNING)
        .env("GIT_COMMITTER_DATE", BEGINNING)
        .output()
        .expect("sh runs")
}

/// A step begins with `$ ` and goes on until the next; what stands before the first is a comment.
fn steps_of(text: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(step), _) => steps.push(step.to_owned()),
            (None, Some(last)) if !line.is_empty() => {
                last.push('\n');
                last.push_str(line);
            }
            _ => {}
        }
    }
    steps
}

pub(super) fn text_of(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => writeln!(text, "[exit {code}]").expect("a String takes it"),
        None => text.push_str("[killed]\n"),
    }
    text
}

/// Commit ids, which change with `_base`, as numbers of the same width in the order of their first appearance.
fn with_numbers(transcript: &str, commits: &str) -> String {
    let mut found: Vec<(usize, &str)> = commits
        .lines()
        .filter_map(|id| {
            let short = id.get(..7)?;
            Some((transcript.find(short)?, id))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    let mut numbered = transcript.to_owned();
    for (number, (_, id)) in (1..).zip(found) {
        let number = (number % 10).to_string();
        numbered = numbered.replace(id, &number.repeat(40)).replace(&id[..7], &number.repeat(7));
    }
    numbered
}

/// The times at which files of the cluster's folder were changed, in words of the same width.
fn without_today(transcript: &str, today: Timestamp) -> String {
    let time = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").expect("a regular expression");
    let words = |found: &regex::Captures<'_>| match found[0].parse::<Timestamp>() {
        Ok(at) if at.duration_since(today).abs() < SignedDuration::from_hours(24) => "[the time it is now]".to_owned(),
        _ => found[0].to_owned(),
    };
    time.replace_all(transcript, words).into_owned()
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a readable folder") {
        let entry = entry.expect("a readable entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a file type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
