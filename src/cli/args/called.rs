//! What things are called: the program, which `kubectl` runs as `kubectl reconcile` where it is called `kubectl-reconcile`, and
//! commands, which are called otherwise elsewhere.

use std::ffi::OsString;
use std::path::Path;

use clap::Command;
use clap::error::{ContextKind, ContextValue};

/// What others call a command, and which one it is here.
const OTHERWISE: [(&[&str], &str); 9] = [
    (&["delete", "remove", "rm", "uninstall"], "destroy"),
    (&["get", "ps", "sandboxes"], "list"),
    (&["describe", "inspect", "show", "info"], "status"),
    (&["shell", "ssh", "attach", "run"], "exec"),
    (&["stop", "suspend", "pause"], "sleep"),
    (&["start", "resume"], "wake"),
    (&["new", "add", "launch"], "create"),
    (&["edit", "patch"], "set"),
    (&["log", "blame"], "history"),
];

/// An error with the command that was meant, where it is called otherwise elsewhere; else with the one that clap finds like it.
pub(super) fn with_a_hint(mut error: clap::Error) -> clap::Error {
    let meant = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(name)) => {
            OTHERWISE.iter().find(|(others, _)| others.contains(&name.as_str())).map(|(_, own)| (*own).to_owned())
        }
        _ => None,
    };
    if let Some(meant) = meant {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![meant]));
    }
    error
}

/// What a plugin of kubectl is called as a file.
const PLUGIN: &str = "kubectl-reconcile";
/// How people call it.
const CALLED: &str = "kubectl reconcile";

/// The command line as it is called: its usage and its examples name the plugin, where it is that.
pub(super) fn as_called(command: Command, program: Option<&OsString>) -> Command {
    let stem = program.and_then(|program| Path::new(program).file_stem());
    if stem.is_some_and(|stem| stem == PLUGIN) { renamed(command).bin_name(CALLED) } else { command }
}

fn renamed(command: Command) -> Command {
    let examples = command.get_after_help().map(|text| {
        let text = text.to_string();
        let lines = text.lines().map(|line| match line.strip_prefix("  reconcile ") {
            Some(rest) => format!("  {CALLED} {rest}"),
            None => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    let command = match examples {
        Some(examples) => command.after_help(examples),
        None => command,
    };
    command.mut_subcommands(renamed)
}
