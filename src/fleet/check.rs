//! Small checks of texts: labels of Kubernetes, charts, profiles, owners.

use super::diagnostic::Invalid;
use super::name::check_domain;

/// A label's value, not empty (Kubernetes: at most 63 of `[A-Za-z0-9._-]`, a letter or digit at both ends).
pub(super) fn label_value(text: &str) -> Result<String, Invalid> {
    let alnum = |c: char| c.is_ascii_alphanumeric();
    let inner = |c: char| alnum(c) || matches!(c, '.' | '_' | '-');
    if text.len() > 63 {
        let excess = text.len() - 63;
        return Err(Invalid::new(format!("`{text}` is {excess} characters longer than the 63 of a label's value")));
    }
    if !text.is_empty() && text.starts_with(alnum) && text.ends_with(alnum) && text.chars().all(inner) {
        return Ok(text.to_owned());
    }
    Err(Invalid::new(format!("`{text}` cannot be the value of a label"))
        .hint("use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"))
}

/// A label's key: `[prefix/]name`. Ours and the namespace's own are not to be set.
pub(super) fn label_key(text: &str) -> Result<(), Invalid> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    prefix.map_or(Ok(()), check_domain)?;
    label_value(name)
        .map_err(|why| Invalid { message: format!("`{text}` cannot be the key of a label"), hint: why.hint })?;
    let own = prefix.is_some_and(|prefix| prefix == "reconcile.dev" || prefix.ends_with(".reconcile.dev"));
    if own || text == "kubernetes.io/metadata.name" {
        return Err(Invalid::new(format!("the label `{text}` is not yours to set")));
    }
    Ok(())
}

/// A chart: the path of a folder below `charts/`.
pub(super) fn chart(text: &str) -> Result<String, Invalid> {
    let text = text.strip_suffix('/').unwrap_or(text);
    if let Some(name) = text.strip_prefix("charts/") {
        return Err(Invalid::new("a chart is named by its folder below charts/").hint(format!("write \"{name}\"")));
    }
    if text.split('/').all(file_name) {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new(format!("`{text}` names no folder below charts/")))
    }
}

/// A profile: it becomes part of a file name.
pub(super) fn profile(text: &str) -> Result<String, Invalid> {
    if let Some(name) = text.strip_prefix("values-").and_then(|text| text.strip_suffix(".yaml")) {
        return Err(Invalid::new("a profile is named without `values-` and `.yaml`").hint(format!("write \"{name}\"")));
    }
    if file_name(text) {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new(format!("`{text}` names no profile")).hint("use letters, digits, `-`, `_` and `.`"))
    }
}

fn file_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

/// A text for people, on one line: an owner, a reason, a group.
pub(super) fn line(text: &str) -> Result<String, Invalid> {
    if text.chars().any(char::is_control) {
        return Err(Invalid::new("this must be one line without control characters"));
    }
    Ok(text.trim().to_owned())
}

/// The path of a field, as in `.spec.replicas`.
pub(super) fn field_path(text: &str) -> Result<String, Invalid> {
    let bare = text.strip_prefix('.').unwrap_or(text);
    if bare.is_empty() || bare.chars().any(char::is_whitespace) {
        return Err(
            Invalid::new(format!("`{text}` is no path of a field")).hint("write a path such as \".spec.replicas\"")
        );
    }
    Ok(format!(".{bare}"))
}

/// A namespace's prefix: what may begin a DNS label.
pub(super) fn prefix(text: &str) -> Result<String, Invalid> {
    let inner = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    if !text.chars().all(inner) || text.starts_with('-') {
        return Err(Invalid::new(format!("`{text}` cannot begin a namespace"))
            .hint("use lower-case letters, digits and `-`, with a letter or digit first"));
    }
    if text.len() > 62 {
        return Err(Invalid::new("this leaves no room for a name in the 63 characters of a namespace"));
    }
    Ok(text.to_owned())
}
