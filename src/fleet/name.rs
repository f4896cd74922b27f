//! Names: of sandboxes, of namespaces, and the one that a branch gives.
//!
//! **The slug rule.** A branch becomes a name so: ASCII letters in lower case; every run of anything else than
//! `[a-z0-9]` becomes one `-`; none is left at either end. What is longer than 40 characters is cut, and ends in `-`
//! and the first 7 hexadecimal digits of the sha256 of the branch. The same ending is given where nothing is
//! left, where the name is reserved, and where the file of another branch holds the name.

use sha2::{Digest, Sha256};

use super::diagnostic::Invalid;

/// The longest slug, in characters.
pub const SLUG_LENGTH: usize = 40;
/// The longest DNS label, and so the longest namespace (RFC 1123).
pub const LABEL_LENGTH: usize = 63;
/// Names that no sandbox may have, because their files are something else.
pub const RESERVED: [&str; 2] = ["fleet", "lock"];

const HASH_LENGTH: usize = 7;

/// The slug of a branch: its name wherever a DNS label is wanted.
pub fn slug(branch: &str) -> String {
    let plain = plain(branch);
    if plain.is_empty() || plain.len() > SLUG_LENGTH || RESERVED.contains(&plain.as_str()) {
        hashed(&plain, branch, HASH_LENGTH)
    } else {
        plain
    }
}

/// The name for a new sandbox of `branch`, where `holder` tells the branch whose file holds a name.
///
/// It is the slug, unless the file of another branch holds that; it is never a name that another branch's file holds.
pub fn name_for_branch(branch: &str, holder: &dyn Fn(&str) -> Option<String>) -> String {
    let free = |name: &str| holder(name).is_none_or(|other| other == branch);
    let first = slug(branch);
    if free(&first) {
        return first;
    }
    let plain = plain(branch);
    // A longer piece of the hash each time: 64 digits end the search, since no two branches share them all.
    (HASH_LENGTH..=SLUG_LENGTH - 2)
        .map(|length| hashed(&plain, branch, length))
        .find(|name| free(name))
        .unwrap_or_else(|| digest(branch, SLUG_LENGTH))
}

/// The slug before anything is cut off it or added to it.
fn plain(branch: &str) -> String {
    let mut out = String::with_capacity(branch.len());
    for c in branch.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// `plain`, cut to make room, and the first digits of the branch's hash.
fn hashed(plain: &str, branch: &str, length: usize) -> String {
    let room = SLUG_LENGTH - length - 1;
    let stem: String = plain.chars().take(room).collect();
    let stem = match stem.trim_end_matches('-') {
        "" => "branch",
        stem => stem,
    };
    let stem: String = stem.chars().take(room).collect();
    format!("{stem}-{}", digest(branch, length))
}

fn digest(branch: &str, length: usize) -> String {
    Sha256::digest(branch.as_bytes())
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .take(length)
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// Checks a DNS label (RFC 1123): 1 to 63 of `[a-z0-9-]`, a letter or digit at both ends.
pub fn check_label(label: &str) -> Result<(), Invalid> {
    if label.is_empty() {
        return Err(Invalid::new("this is empty"));
    }
    if let Some(bad) = label.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        return Err(Invalid::new(format!("`{label}` is no DNS label: it holds {bad:?}"))
            .hint("use lower-case letters, digits and `-`"));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(Invalid::new(format!("`{label}` is no DNS label: it begins or ends with `-`")));
    }
    if label.len() > LABEL_LENGTH {
        let excess = label.len() - LABEL_LENGTH;
        return Err(Invalid::new(format!(
            "`{label}` is {excess} characters longer than the {LABEL_LENGTH} of a DNS label"
        )));
    }
    Ok(())
}

/// Checks a DNS name (RFC 1123): labels joined by dots, 253 characters at most.
pub fn check_domain(domain: &str) -> Result<(), Invalid> {
    if domain.len() > 253 {
        let excess = domain.len() - 253;
        return Err(Invalid::new(format!("`{domain}` is {excess} characters longer than the 253 of a DNS name")));
    }
    domain.split('.').try_for_each(|label| {
        check_label(label)
            .map_err(|why| Invalid { message: format!("`{domain}` is no DNS name: {}", why.message), hint: why.hint })
    })
}

/// Checks a sandbox's name: a DNS label that is not reserved, and with the prefix still a namespace.
pub fn check_name(name: &str, prefix: &str) -> Result<(), Invalid> {
    if RESERVED.contains(&name) {
        return Err(Invalid::new(format!("`{name}` is a reserved name")));
    }
    check_label(name)?;
    let length = prefix.len() + name.len();
    if length > LABEL_LENGTH {
        let excess = length - LABEL_LENGTH;
        return Err(Invalid::new(format!(
            "the namespace `{prefix}{name}` would be {excess} characters too long ({length} of at most {LABEL_LENGTH})"
        ))
        .hint(format!("rename the file to at most {} characters", LABEL_LENGTH.saturating_sub(prefix.len()))));
    }
    Ok(())
}

/// Checks that a branch could be one: git's own rule for names of branches (git-check-ref-format).
pub fn check_branch(branch: &str) -> Result<(), Invalid> {
    let broken = if branch.starts_with('-') {
        "begins with `-`"
    } else if branch.chars().any(|c| c.is_control() || c == ' ') {
        "holds a space or a control character"
    } else if branch.contains(['~', '^', ':', '?', '*', '[', '\\']) {
        "holds one of ~ ^ : ? * [ \\"
    } else if branch.contains("..") || branch.contains("@{") || branch.contains("//") {
        "holds `..`, `@{` or `//`"
    } else if branch.starts_with('/') || branch.ends_with('/') || branch.ends_with('.') || branch == "@" {
        "begins or ends with what a branch may not"
    } else if branch.split('/').any(|part| part.starts_with('.') || part.strip_suffix(".lock").is_some()) {
        "has a part that begins with `.` or ends with `.lock`"
    } else {
        return Ok(());
    };
    Err(Invalid::new(format!("`{branch}` is no branch name: it {broken}")))
}
