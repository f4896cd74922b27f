//! The command line.

use std::time::Duration;

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use reconcile::cli::args::{Args, ClusterName, Color, Command, DiffBy, Now, PlanFormat, RenderFormat, exit_status};

fn parse(line: &str) -> Result<Args, (u8, String)> {
    let words = std::iter::once("reconcile").chain(line.split_whitespace());
    Args::parse_line(words).map_err(|error| (exit_status(&error), error.to_string()))
}

fn good(line: &str) -> Args {
    parse(line).unwrap_or_else(|(_, error)| panic!("{line}: {error}"))
}

#[test]
fn defaults() {
    let args = good("");
    assert!(args.command.is_none());
    assert!(!args.run.plan && !args.run.how.yes && !args.source.worktree && !args.run.allow_rewind);
    assert_eq!(args.target.cluster, ClusterName::Kube);
    assert_eq!(args.run.how.format, PlanFormat::Text);
    assert_eq!(args.run.diff, DiffBy::Server);
    assert_eq!(args.run.how.timeout, Duration::from_mins(15));
    assert_eq!(args.run.allow_removals, None);
    assert_eq!(args.output.color, Color::Auto);
}

#[test]
fn every_option_of_a_run() {
    let args = good(
        "--plan --repo /r --rev main --path teams/a --now 2026-12-01T18:00:00+08:00 --kubeconfig k --context c \
         --only a --only b --format json --diff local --timeout 0s --yes --allow-removals 4 --allow-rewind \
         --color never --log debug",
    );
    assert!(args.run.plan && args.run.how.yes && args.run.allow_rewind);
    assert_eq!(args.source.repo.as_deref(), Some("/r"));
    assert_eq!(args.source.rev.as_deref(), Some("main"));
    assert_eq!(args.run.only, ["a", "b"]);
    assert_eq!(args.run.how.format, PlanFormat::Json);
    assert_eq!(args.run.diff, DiffBy::Local);
    assert_eq!(args.run.how.timeout, Duration::ZERO);
    assert_eq!(args.run.allow_removals, Some(4));
    assert_eq!(args.output.color, Color::Never);
    assert_eq!(args.source.now, Some(Now::At("2026-12-01T10:00:00Z".parse().expect("a time"))));
}

#[test]
fn the_source_may_stand_on_either_side_of_a_command() {
    for line in ["--repo /r --now +1d render a b --format json", "render --repo /r --now +1d a b --format json"] {
        let args = good(line);
        assert_eq!(args.source.repo.as_deref(), Some("/r"), "{line}");
        assert!(args.source.now.is_some(), "{line}");
        match args.command {
            Some(Command::Render(render)) => {
                assert_eq!(render.names, ["a", "b"]);
                assert_eq!(render.format, RenderFormat::Json);
            }
            other => panic!("{line}: {other:?}"),
        }
    }
    assert!(matches!(good("check --update --worktree").command, Some(Command::Check(check)) if check.update));
}

#[test]
fn spans_from_now() {
    let clock: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
    for (text, expected) in [
        ("+7d", "2026-11-28T12:00:00Z"),
        ("+1w", "2026-11-28T12:00:00Z"),
        ("-12h", "2026-11-21T00:00:00Z"),
        ("+1h30m", "2026-11-21T13:30:00Z"),
        ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    ] {
        let now = good(&format!("--now {text}")).source.now.expect("a time");
        assert_eq!(now.resolve(clock).expect("in the calendar").to_string(), expected, "{text}");
    }
    assert!(Now::From(SignedDuration::MAX).resolve(clock).is_err());
}

#[test]
fn a_wrong_line_is_64() {
    for line in [
        "--nonsense",
        "destroy",
        "--format yaml",
        "--timeout 15",
        "--timeout -5m",
        "--timeout 1month",
        "--now tomorrow",
        "--now 7d",
        "--now ++7d",
        "--now +1y",
        "--cluster staging",
        "--cluster dir:",
        "--cluster dir:x --context y",
        "--cluster dir:x --kubeconfig y",
        "--worktree --rev main",
        "--allow-removals -1",
        "--allow-removals many",
        "--yes render",
        "--plan check",
        "-v -q",
        "check --format json",
        "--audit -",
        "--metrics-file=",
        "audit",
        "audit verify",
        "audit verify file --head 12",
        "--audit file audit verify file",
    ] {
        match parse(line) {
            Err((status, message)) => assert_eq!(status, 64, "{line}: {message}"),
            Ok(args) => panic!("{line} was taken as {args:?}"),
        }
    }
}

#[test]
fn errors_say_what_to_write() {
    let errors: Vec<String> =
        ["--now tomorrow", "--timeout 15", "--cluster staging", "--yes render", "--cluster dir:x --context y"]
            .into_iter()
            .map(|line| parse(line).expect_err(line).1)
            .collect();
    assert_snapshot!(errors.join("---\n"));
}

#[test]
fn help() {
    let lines = [
        ("--help", "help"),
        ("render --help", "help_render"),
        ("check --help", "help_check"),
        ("audit verify --help", "help_audit_verify"),
    ];
    for (line, name) in lines {
        let (status, text) = parse(line).expect_err("help");
        assert_eq!(status, 0);
        assert_snapshot!(name, text);
    }
    assert_eq!(parse("--version").expect_err("version").0, 0);
}
