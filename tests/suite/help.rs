//! What every command says of itself: help with examples that can be typed, manual pages, completions, and what it says
//! to a name that is not quite one.

use std::fs;
use std::process::{Command as Process, Stdio};

use clap::{Command, CommandFactory as _};
use reconcile::cli::args::Args;

use super::scenario::{Stage, text_of};

/// A command with all above it, `reconcile audit verify`, and every one below.
fn all(command: &Command, above: &str) -> Vec<(String, Command)> {
    let name = format!("{above} {}", command.get_name()).trim().to_owned();
    let below = command.get_subcommands().flat_map(|command| all(command, &name)).collect::<Vec<_>>();
    std::iter::once((name, command.clone())).chain(below).collect()
}

fn every_command() -> Vec<(String, Command)> {
    let mut whole = Args::command();
    whole.build();
    let all = all(&whole, "");
    assert!(all.len() > 10, "{} commands only", all.len());
    all
}

fn is_there(program: &str) -> bool {
    Process::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

#[test]
fn every_command_shows_examples_of_itself() {
    for (name, command) in every_command() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.starts_with("Examples:\n"), "{name}: {help}");
        let own = |line: &&str| line.contains(&name) || line.starts_with("  reconcile --");
        assert!(help.lines().filter(own).count() >= 1, "{name} has no example:\n{help}");
        assert!(help.contains("Exit status"), "{name} says nothing of its exit status");
        assert!(command.get_about().is_some(), "{name}");
    }
}

/// Whatever an example shows can be typed.
#[test]
fn every_example_can_be_typed() {
    let mut typed = 0;
    for (name, command) in every_command() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples = help.split("\n\n").next().unwrap_or_default();
        for line in examples.lines().filter_map(|line| line.strip_prefix("  reconcile")) {
            // The rest of the line says what it is for.
            let line = line.split("  ").next().unwrap_or_default();
            let ends = |word: &str| matches!(word, "|" | ">" | "&&") || word.starts_with('…');
            let line = line.replace("4f1c…", &"0".repeat(64));
            let words: Vec<String> = words_of(&line)
                .into_iter()
                .take_while(|word| !ends(word))
                .map(|word| word.trim_end_matches(';').into())
                .collect();
            let parsed = Args::parse_line(std::iter::once("reconcile".to_owned()).chain(words.clone()));
            assert!(parsed.is_ok(), "{name}: reconcile {words:?}: {}", parsed.unwrap_err());
            typed += 1;
        }
    }
    assert!(typed > 20, "{typed} examples only");
}

/// The words of a shell's line, as far as quotation marks go.
fn words_of(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars().chain([' ']) {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (c, _) => word.push(c),
        }
    }
    words
}

#[test]
fn every_command_has_a_page() {
    let stage = Stage::bare();
    let output = stage.shell("reconcile man ../man && reconcile man");
    let text = text_of(&output);
    assert!(output.status.success() && text.contains(".TH reconcile 1") && text.contains(".SH EXAMPLES"), "{text}");
    let mut names: Vec<String> =
        every_command().into_iter().map(|(name, _)| format!("{}.1", name.replace(' ', "-"))).collect();
    let folder = stage.home.path().join("man");
    let mut found: Vec<String> = fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    found.sort();
    assert_eq!(found, names);
    for name in &found {
        let page = fs::read_to_string(folder.join(name)).expect("a page");
        assert!(page.contains(".SH EXAMPLES\n.nf\n") && page.contains(".SH SYNOPSIS"), "{name}: {page}");
    }
    if is_there("groff") {
        let output = stage.shell("cd ../man && for page in *; do groff -k -man -Tutf8 -ww $page > /dev/null; done");
        assert_eq!(text_of(&output), "", "groff warns");
    }
}

/// Each shell takes what is meant for it, where it is there.
#[test]
fn completions_are_scripts() {
    let stage = Stage::bare();
    for (shell, check) in [
        ("bash", Some("bash -n")),
        ("zsh", Some("zsh -n")),
        ("fish", Some("fish --no-execute")),
        ("elvish", None),
        ("powershell", None),
    ] {
        let output = stage.shell(&format!("reconcile completions {shell} > ../{shell} && cat ../{shell}"));
        let script = text_of(&output);
        assert!(
            output.status.success() && script.contains("reconcile") && script.contains("doctor"),
            "{shell}: {script}"
        );
        if let Some(check) = check.filter(|check| is_there(check.split(' ').next().unwrap_or_default())) {
            let output = stage.shell(&format!("{check} ../{shell}"));
            assert!(output.status.success(), "{check}: {}", text_of(&output));
        }
    }
    let completed = "source ../bash; COMP_WORDS=(reconcile doc); COMP_CWORD=1; _reconcile reconcile doc reconcile; echo ${COMPREPLY[@]}";
    let output = stage.shell(&format!("bash -c '{completed}'"));
    assert_eq!(text_of(&output), "doctor\n");
}

/// Wherever a sandbox is named, its name is completed; nobody is asked for it.
#[test]
fn names_of_sandboxes_are_completed() {
    let stage = Stage::bare();
    let names = |words: &str| text_of(&stage.shell(&format!("reconcile __complete {words}")));
    let one = "one\tfeature/one\n";
    let mut tried = 0;
    for (name, command) in every_command().into_iter().filter(|(name, _)| *name != "reconcile create") {
        let command = command.get_positionals().find(|option| ["name", "names"].contains(&option.get_id().as_str()));
        if command.is_some() {
            let words = name.trim_start_matches("reconcile ");
            assert_eq!(names(&format!("{words} ''")), one, "{name}");
            tried += 1;
        }
    }
    assert!(tried >= 20, "{tried} commands only");
    for words in
        ["destroy o", "destroy --now ''", "--repo . set ''", "--only ''", "comment --sandbox ''", "render one o"]
    {
        assert_eq!(names(words), one, "{words}");
    }
    for words in
        ["destroy x", "''", "destroy --", "create ''", "set one ''", "exec one -- ''", "--rev ''", "init --name ''"]
    {
        assert_eq!(names(words), "", "{words}");
    }
    // Of a repository elsewhere it is known what was fetched last.
    let fetched = "git clone -q --bare . ../fleet.git && export XDG_CACHE_HOME=$HOME/cache \
                   && reconcile --repo file://$HOME/fleet.git render one > /dev/null && rm -rf ../fleet.git \
                   && reconcile --repo file://$HOME/fleet.git __complete x";
    let output = stage.shell(fetched);
    assert!(!output.status.success(), "it is no command: {}", text_of(&output));
    let output = stage.shell("XDG_CACHE_HOME=$HOME/cache reconcile __complete --repo file://$HOME/fleet.git why ''");
    assert_eq!(text_of(&output), one);
    let output = stage.shell("git remote add origin http://127.0.0.1:9/x; reconcile __complete why ''");
    assert_eq!(text_of(&output), "", "it was never fetched");
    let output = stage.shell("git update-ref refs/remotes/origin/main main; reconcile __complete why ''");
    assert_eq!(text_of(&output), one);
    stage.shell("git remote remove origin");
    for (shell, ask) in [
        (
            "bash",
            "source ../names; COMP_WORDS=(reconcile why o); COMP_CWORD=2; _reconcile reconcile o why; echo ${COMPREPLY[@]}",
        ),
        ("fish", "source ../names; complete --do-complete 'reconcile why o'"),
    ] {
        if is_there(shell) {
            let output = stage.shell(&format!("reconcile completions {shell} > ../names; {shell} -c '{ask}'"));
            assert!(text_of(&output).starts_with("one"), "{shell}: {}", text_of(&output));
        }
    }
}

#[test]
fn a_name_that_is_not_quite_one_is_told_the_nearest() {
    let stage = Stage::bare();
    for (command, nearest) in [
        ("rendr", "'render'"),
        ("docter", "a similar subcommand exists: 'doctor'"),
        ("delete one", "a similar subcommand exists: 'destroy'"),
        ("describe one", "a similar subcommand exists: 'status'"),
        ("ls", "a similar subcommand exists: 'list'"),
        ("completions bsh", "a similar value exists: 'bash'"),
        ("--plna", "a similar argument exists: '--plan'"),
        ("render onne", "did you mean one?"),
        ("why onne --cluster dir:cluster", "did you mean one?"),
        ("--plan --cluster dir:cluster --only onne", "did you mean one?"),
    ] {
        let output = stage.shell(&format!("sandbox one && commit one; reconcile {command}"));
        let text = text_of(&output);
        assert!(text.contains(nearest) && text.ends_with("[exit 64]\n"), "{command}: {text}");
    }
    for (line, nearest) in [("chart = \"helo\"", "did you mean hello?"), ("profile = \"cii\"", "did you mean ci?")] {
        let made = format!("echo > charts/hello/values-ci.yaml; sandbox one '{line}' && commit one");
        let output = stage.shell(&format!("{made}; reconcile check"));
        assert!(text_of(&output).contains(nearest), "{line}: {}", text_of(&output));
    }
}

/// kubectl runs a program called `kubectl-reconcile` as `kubectl reconcile`.
#[test]
fn as_a_plugin_of_kubectl_it_is_called_so() {
    let stage = Stage::bare();
    let linked = "ln -s \"$(command -v reconcile)\" ../kubectl-reconcile; PATH=$PWD/..:$PATH";
    let output = stage.shell(&format!("{linked} kubectl-reconcile render --help"));
    let text = text_of(&output);
    assert!(text.contains("Usage: kubectl reconcile render [OPTIONS] [NAME]...\n"), "{text}");
    assert!(text.contains("\n  kubectl reconcile render feature-x "), "{text}");
    let output = stage.shell("../kubectl-reconcile render --cluster dir:x");
    assert!(text_of(&output).contains("Usage: kubectl reconcile"), "{}", text_of(&output));
    let output = stage.shell("../kubectl-reconcile render --quiet");
    assert!(output.status.success(), "{}", text_of(&output));
}
