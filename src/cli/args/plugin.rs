//! The program under another name: `kubectl` runs what is called `kubectl-reconcile` as `kubectl reconcile`.

use std::ffi::OsString;
use std::path::Path;

use clap::Command;

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
