//! What looks like a secret by its name, where nothing else tells: a line of a file, or a value that a template quotes,
//! before there is a Secret that it went into.

/// Parts of names that secrets are given.
const NAMES: &[&str] = &["pass", "pwd", "secret", "token", "credential", "key", "dsn", "auth"];
/// A setting that names Secrets, and holds none.
const NONE: &str = "copy_secrets";

/// Whether a name is one that secrets are given.
pub fn is_sensitive(name: &str) -> bool {
    let name = name.to_lowercase();
    name != NONE && NAMES.iter().any(|part| name.contains(part))
}

/// A line of a TOML file as it may be shown, with all that stands `before` it: a value whose own name, or that of its
/// table, is sensitive is left out, and what follows it.
pub(super) fn line(before: &str, line: &str) -> String {
    let table = before.lines().rev().find(|line| line.trim_start().starts_with('['));
    let is_all = table.is_some_and(is_sensitive);
    let names = line.match_indices('=').map(|(at, _)| line.get(..at).unwrap_or_default());
    let is_part = |c: char| c.is_alphanumeric() || "_-.\"'".contains(c);
    let mut found = names.filter(|start| {
        let name = start.trim_end().rsplit(|c| !is_part(c)).next().unwrap_or_default();
        is_all || is_sensitive(name)
    });
    found.next().map_or_else(|| line.to_owned(), |start| format!("{start}= …"))
}
