//! Runs that are killed, and runs that meet: whatever they leave is completed by one further run, after which there is
//! nothing to do. When a run is killed decides what it leaves, and not whether the test passes.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::scenario::copy;

const SANDBOXES: [&str; 4] = ["a", "b", "c", "d"];

#[test]
fn a_killed_run_is_completed_by_the_next() {
    let place = Place::new();
    let mut killed = 0;
    for step in 0..12_u64 {
        let mut run = place.start(&[]);
        sleep(Duration::from_millis(step * 15));
        run.kill().expect("a child can be killed");
        let ended = run.wait().expect("a child ends");
        killed += usize::from(ended.code().is_none());
        place.completed(&[]);
        let folders = std::fs::read_dir(place.cluster()).expect("a readable folder").count();
        assert_eq!(folders, SANDBOXES.len() + 1, "each sandbox has one folder, and .reconcile is there");
        std::fs::remove_dir_all(place.cluster()).expect("a folder can be removed");
    }
    assert!(killed > 0, "every run was over before it was killed");
}

#[test]
fn a_killed_removal_is_completed_by_the_next() {
    let place = Place::new();
    let over = ["--now", "2030-02-01T00:00:00Z", "--allow-removals", "4"];
    for step in 0..12_u64 {
        place.completed(&[]);
        let mut run = place.start(&over);
        sleep(Duration::from_millis(step * 10));
        run.kill().expect("a child can be killed");
        run.wait().expect("a child ends");
        place.completed(&over);
        for name in SANDBOXES {
            assert!(!place.cluster().join(format!("dev-sandbox-{name}/namespace.yaml")).exists());
        }
    }
}

#[test]
fn two_runs_at_once_make_everything_once() {
    let place = Place::new();
    for _ in 0..4 {
        let rivals = [place.start(&[]), place.start(&[])];
        for rival in rivals {
            let output = rival.wait_with_output().expect("a child ends");
            // What the other one was quicker with is stale, which is done in part.
            assert!(matches!(output.status.code(), Some(0 | 4)), "{}", text_of(&output));
        }
        place.completed(&[]);
        std::fs::remove_dir_all(place.cluster()).expect("a folder can be removed");
    }
}

/// As a limit on the size of files, so that the first write fails.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_a_run_and_nothing_is_half_written() {
    let place = Place::new();
    for round in 0..2 {
        let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
        let mut full = Command::new("sh");
        full.args(["-c", script]).arg(place.command(&[]).get_program()).args(place.command(&[]).get_args());
        let full = full.current_dir(place.0.path()).env("HOME", place.0.path()).env_remove("RECONCILE_REPO");
        let output = full.stdin(Stdio::null()).output().expect("a shell starts");
        assert_eq!(output.status.code(), Some(4), "{}", text_of(&output));
        let words = text_of(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("File too large"), "{words}");
        place.completed(&[]);
        // The second time it is a change that fails.
        if round == 0 {
            let values = place.0.path().join("charts/hello/values.yaml");
            let text = std::fs::read_to_string(&values).expect("the base has values");
            std::fs::write(&values, text.replace("hello", "bye")).expect("a writable file");
            place.commit("another word");
        }
    }
}

/// A repository with some sandboxes, and a folder for a cluster.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a temporary folder"));
        let base = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/scenarios/_base");
        copy(Path::new(base), place.0.path());
        let file = |name| place.0.path().join(format!("sandboxes/{name}.toml"));
        let one = std::fs::read_to_string(file("one")).expect("the base has a sandbox");
        for name in SANDBOXES {
            std::fs::write(file(name), one.replace("one", name)).expect("a writable folder");
        }
        std::fs::remove_file(file("one")).expect("a file can be removed");
        place.git(&["init", "-q", "-b", "main", "."]);
        place.commit("fleet");
        place
    }

    fn git(&self, args: &[&str]) {
        let git = Command::new("git")
            .args(args)
            .current_dir(self.0.path())
            .env("GIT_CONFIG_GLOBAL", self.0.path().join("none"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Ada")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "ada@example.com")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_DATE"), "2030-01-01T00:00:00Z")))
            .output()
            .expect("git runs");
        assert!(git.status.success(), "{}", text_of(&git));
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "sandboxes", "charts"]);
        self.git(&["commit", "-qm", message]);
    }

    fn cluster(&self) -> PathBuf {
        self.0.path().join("cluster")
    }

    fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
        let now: &[&str] = if options.contains(&"--now") { &[] } else { &["--now", "2030-01-01T00:10:00Z"] };
        command.args(["--cluster", "dir:cluster", "--quiet"]).args(now).args(options).current_dir(self.0.path());
        command.env("HOME", self.0.path()).env_remove("RECONCILE_REPO");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
        command
    }

    fn start(&self, options: &[&str]) -> Child {
        self.command(options).spawn().expect("the program starts")
    }

    /// One run does what is left, and then there is nothing to do.
    fn completed(&self, options: &[&str]) {
        let run = self.command(options).output().expect("the program runs");
        assert_eq!(run.status.code(), Some(0), "{}", text_of(&run));
        let plan = self.command(options).arg("--plan").output().expect("the program runs");
        assert_eq!(plan.status.code(), Some(0), "{}", text_of(&plan));
    }
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
