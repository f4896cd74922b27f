//! What completions ask for that only a fleet knows: `reconcile __complete WORD…` prints the names of the sandboxes that can
//! stand for the last word, each with its branch behind a tab.
//!
//! It is no command of the command line's types, so that no help, page or script shows it. It asks nobody: the fleet is read as
//! it was fetched last, and where nothing is known nothing is said.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};
use clap_complete::Shell;

use super::args::{Args, Source};
use super::desired::repo_args;
use super::print::Printer;
use crate::fleet::{Fleet, check_label};
use crate::repo::{Env, remembered};

/// How the scripts call it.
const COMPLETE: &str = "__complete";
/// Stands where the word in hand does: it takes the place that a name would.
const HERE: &str = "\u{1}";

/// Answers a script; `None` where the line is a person's.
pub fn answer(line: &[OsString]) -> Option<ExitCode> {
    let [_, first, words @ ..] = line else { return None };
    if first != COMPLETE {
        return None;
    }
    let text = names(words).unwrap_or_default();
    let told = Printer::of_line(line).answer(&text);
    crate::repo::tidy();
    Some(if told.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn names(words: &[OsString]) -> Option<String> {
    let (begun, before) = words.split_last()?;
    let begun = begun.to_str().filter(|begun| !begun.starts_with('-'))?;
    let source = wants_a_name(before)?;
    let repo = remembered(&repo_args(&source), &Env::of_process()).ok()??;
    let tree = repo.tree().ok()?;
    let fleet = Fleet::parse(&tree.files, &tree.odd).ok()?;
    let whole = fleet.sandboxes.values().map(|sandbox| (&sandbox.name, sandbox.branch.as_str()));
    let mut found: Vec<(&String, &str)> =
        whole.chain(fleet.broken.keys().map(|name| (name, "cannot be read"))).collect();
    found.retain(|(name, _)| name.starts_with(begun) && check_label(name).is_ok());
    found.sort_unstable();
    Some(found.into_iter().map(|(name, branch)| format!("{name}\t{}\n", crate::report::safe(branch))).collect())
}

/// Whether the next word would be the name of a sandbox that is there; if so, of which fleet.
fn wants_a_name(before: &[OsString]) -> Option<Source> {
    let here = OsString::from(HERE);
    let line = [OsString::from("reconcile")].into_iter().chain(before.iter().cloned()).chain([here]);
    let all = Args::command();
    let matches = all.clone().ignore_errors(true).try_get_matches_from(line).ok()?;
    let is_wanted = match matches.subcommand() {
        Some((name, below)) => is_named(all.find_subcommand(name)?, below),
        None => is_named(&all, &matches),
    };
    let matches = matches.subcommand().map_or(&matches, |(_, below)| below);
    is_wanted.then(|| Source::from_arg_matches(matches).ok()).flatten()
}

/// Whether the word in hand came to stand where a sandbox is named.
fn is_named(command: &Command, matches: &ArgMatches) -> bool {
    let takes = |id: &str| match command.get_name() {
        // A new one's name.
        "create" => false,
        "comment" => id == "sandbox",
        _ => ["name", "names", "only"].contains(&id),
    };
    let mut ids = command.get_arguments().filter(|option| option.is_positional() || option.get_id() != "name");
    ids.any(|option| {
        let id = option.get_id().as_str();
        let raw = matches.try_get_raw(id).ok().flatten();
        takes(id) && raw.is_some_and(|mut raw| raw.any(|word| word == HERE))
    })
}

/// A shell's script, in which names of sandboxes are completed too, where it is known how.
pub fn with_names(shell: Shell, script: String) -> String {
    const BEGIN: &str = "\n_reconcile() {\n";
    let (head, hook) = match shell {
        Shell::Bash => (BASH, "    _reconcile_sandboxes \"$@\" && return 0\n"),
        Shell::Zsh => (ZSH, "    _reconcile_sandboxes && return 0\n"),
        Shell::Fish => return script + FISH,
        _ => return script,
    };
    let script = format!("\n{script}");
    match script.split_once(BEGIN) {
        Some((before, after)) => format!("{before}\n{head}{BEGIN}{hook}{after}").trim_start_matches('\n').to_owned(),
        None => script.trim_start_matches('\n').to_owned(),
    }
}

const BASH: &str = r#"
# The names of sandboxes, as the fleet's branch has them that was fetched last.
_reconcile_sandboxes() {
    local names
    [[ $2 != -* ]] || return 1
    names=$("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$2" 2>/dev/null | cut -f 1)
    [[ -n $names ]] || return 1
    COMPREPLY=($names)
}
"#;

const ZSH: &str = r#"
# The names of sandboxes, as the fleet's branch has them that was fetched last.
_reconcile_sandboxes() {
    local -a names
    [[ $words[CURRENT] != -* ]] || return 1
    names=("${(@f)$(${(Q)words[1]} __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    [[ -n $names[1] ]] || return 1
    names=("${(@)names/$'\t'/:}")
    _describe -t sandboxes sandbox names
}
"#;

const FISH: &str = r"
# The names of sandboxes, as the fleet's branch has them that was fetched last.
function __fish_reconcile_sandboxes
    set -l words (commandline -opc)
    $words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c reconcile -n '__fish_reconcile_sandboxes | string length -q' -f -a '(__fish_reconcile_sandboxes)'
";
