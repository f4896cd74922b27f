//! What this process's surroundings say about reaching repositories.

use std::fmt;
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// The environment, as an input.
#[derive(Clone, Default)]
pub struct Env {
    /// The folder for caches: `$XDG_CACHE_HOME`, else `~/.cache`.
    pub cache: Option<PathBuf>,
    /// `GIT_SSH_COMMAND`: a shell command that is run instead of `ssh`.
    pub ssh_command: Option<String>,
    /// `GIT_SSH`: a program that is run instead of `ssh`.
    pub ssh_program: Option<String>,
    /// `RECONCILE_GIT_TOKEN`: a password for HTTPS.
    pub token: Option<String>,
    /// Whether somebody sits at a terminal, whom `ssh` may ask.
    pub terminal: bool,
}

impl Env {
    /// That of this process.
    pub fn of_process() -> Env {
        let var = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let home = || std::env::home_dir().map(|home| home.join(".cache"));
        let cache = var("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        Env {
            cache: cache.or_else(home),
            ssh_command: var("GIT_SSH_COMMAND"),
            ssh_program: var("GIT_SSH"),
            token: var("RECONCILE_GIT_TOKEN"),
            terminal: std::io::stdin().is_terminal(),
        }
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("cache", &self.cache)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}
