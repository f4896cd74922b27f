//! Colours: on a terminal and off it, as the environment and `--color` ask. What is coloured is one thing in all that
//! the program writes: plans, errors, usage, the log.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Stdio};

use super::scenario::copy;
use super::terminal::on_a_terminal;

/// One way to call it: whether on a terminal, the environment beside `TERM=xterm`, and `--color`.
struct Way(bool, &'static [(&'static str, &'static str)], &'static str, bool);

const WAYS: &[Way] = &[
    Way(true, &[], "", true),
    Way(true, &[], "auto", true),
    Way(true, &[], "never", false),
    Way(true, &[("NO_COLOR", "1")], "", false),
    Way(true, &[("NO_COLOR", "")], "", true),
    Way(true, &[("NO_COLOR", "1")], "always", true),
    Way(true, &[("TERM", "dumb")], "", false),
    Way(true, &[("CLICOLOR", "0")], "", false),
    Way(false, &[], "", false),
    Way(false, &[], "auto", false),
    Way(false, &[], "always", true),
    Way(false, &[("NO_COLOR", "1")], "always", true),
    Way(false, &[("CLICOLOR_FORCE", "1")], "", true),
    Way(false, &[("CLICOLOR_FORCE", "1")], "never", false),
    Way(false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], "", false),
];

/// A plan, an error, a usage error; each with what the log has to say.
const CALLS: &[&[&str]] = &[
    &["--cluster=dir:cluster", "--plan", "--log=trace"],
    &["--repo=nowhere", "--log=trace"],
    &["--cluster=somewhere"],
];

#[test]
fn colours_are_as_asked_for() {
    let repository = Repository::new();
    for Way(terminal, environment, color, coloured) in WAYS {
        for call in CALLS {
            let mut args = call.to_vec();
            if !color.is_empty() {
                args.extend(["--color", *color]);
            }
            let mut command = repository.command(&args, environment);
            let said = if *terminal { on_a_terminal(&mut command, 80) } else { in_a_pipe(&mut command) };
            assert!(!said.is_empty(), "{args:?} said nothing");
            let has = said.contains('\u{1b}');
            assert_eq!(has, *coloured, "{args:?} with {environment:?}, terminal: {terminal}\n{said}");
        }
    }
}

#[test]
fn text_is_wrapped_at_the_terminals_width() {
    let repository = Repository::new();
    for width in [50, 60, 100] {
        let args = ["--repo=nowhere/that/is", "--color=never"];
        let said = on_a_terminal(&mut repository.command(&args, &[]), width);
        let longest = said.lines().map(|line| line.trim_end().chars().count()).max().unwrap_or_default();
        assert!(longest <= usize::from(width) && said.contains("hint:"), "{width}:\n{said}");
        let plan = ["--cluster=dir:cluster", "--plan", "-q", "--color=never"];
        let said = on_a_terminal(&mut repository.command(&plan, &[]), width);
        assert!(said.lines().all(|line| line.trim_end().chars().count() <= usize::from(width)), "{width}:\n{said}");
    }
}

/// The scenarios' repository.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/scenarios/_base");
        copy(&base, home.path());
        let repository = Self(home);
        let git = "git init -q -b main . && git add . && git -c user.name=a -c user.email=a@b.c commit -q -m x";
        let made = Command::new("sh").args(["-c", git]).current_dir(repository.0.path()).status();
        assert!(made.expect("sh runs").success());
        repository
    }

    fn command(&self, args: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
        command.args(args).current_dir(self.0.path()).env_clear().env("HOME", self.0.path()).env("TERM", "xterm");
        command.envs(environment.iter().copied());
        command
    }
}

fn in_a_pipe(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("the binary starts");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}
