//! `reconcile completions` and `reconcile man`.

use std::path::PathBuf;

use clap_complete::Shell;

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  reconcile completions bash > ~/.local/share/bash-completion/completions/reconcile
  reconcile completions zsh > ~/.zfunc/_reconcile        with fpath+=~/.zfunc before compinit
  reconcile completions fish > ~/.config/fish/completions/reconcile.fish
  source <(reconcile completions bash)                    for this shell alone
  reconcile completions powershell | Out-String | Invoke-Expression

Commands, options and their values are completed; in bash, zsh and fish names of sandboxes, too, as
the fleet's branch had them when it was fetched last.
Exit status: 0";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  reconcile man | man -l -                    the page of the program itself
  reconcile man ~/.local/share/man/man1       a page for each command: reconcile-render.1 …

Exit status: 0; 1 where a page cannot be written";

/// `reconcile completions`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Completions {
    /// The shell: bash, zsh, fish, elvish or powershell
    #[arg(value_name = "SHELL", value_enum, hide_possible_values = true)]
    pub shell: Shell,
}

/// `reconcile man`.
#[derive(Clone, Debug, clap::Args)]
pub struct Man {
    /// The folder for the pages, one for each command; without it the program's own goes to standard output
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
