//! Slash-separated paths. The `os…` functions are the same: Helm renders on Unix here.

use super::{Func, Ty};
use crate::chart::template::Value;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("base", &[Ty::Str], |call| Ok(base(&call.text(0)).into())),
    Func::new("osBase", &[Ty::Str], |call| Ok(base(&call.text(0)).into())),
    Func::new("dir", &[Ty::Str], |call| Ok(dir(&call.text(0)).into())),
    Func::new("osDir", &[Ty::Str], |call| Ok(dir(&call.text(0)).into())),
    Func::new("clean", &[Ty::Str], |call| Ok(clean(&call.text(0)).into())),
    Func::new("osClean", &[Ty::Str], |call| Ok(clean(&call.text(0)).into())),
    Func::new("ext", &[Ty::Str], |call| Ok(ext(&call.text(0)).into())),
    Func::new("osExt", &[Ty::Str], |call| Ok(ext(&call.text(0)).into())),
    Func::new("isAbs", &[Ty::Str], |call| Ok(Value::Bool(call.text(0).starts_with('/')))),
    Func::new("osIsAbs", &[Ty::Str], |call| Ok(Value::Bool(call.text(0).starts_with('/')))),
];

fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    match path.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

fn dir(path: &str) -> String {
    clean(path.rfind('/').map_or("", |at| path.get(..=at).unwrap_or("")))
}

fn ext(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rfind('.').and_then(|at| name.get(at..)).unwrap_or("")
}

/// The shortest path of the same meaning.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
