//! What an API server would refuse for good, found before a namespace is made for it: server-side apply takes no list
//! twice with the same key. Where the namespace exists the server's own dry run tells more.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

use smallvec::SmallVec;

use crate::chart::yaml::Tree;

/// Lists of built-in kinds that are merged by key, and the fields that make it. A port's protocol is TCP by default.
const KEYED: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("env", &["name"]),
    ("volumes", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("imagePullSecrets", &["name"]),
    ("hostAliases", &["ip"]),
];

/// The first list with two items of one key, as its path and the key: `.spec.template.spec.containers[0].env`,
/// `name=A`. `None` where there is none, and for kinds of others, whose lists mean what their schema says.
pub(super) fn duplicate(object: &Tree<'_>) -> Option<(String, String)> {
    let is_workload = matches!(object.text(&["apiVersion"])?, "v1" | "apps/v1" | "batch/v1");
    if !is_workload {
        return None;
    }
    let (path, key) = walk(object.get("spec")?)?;
    Some((std::iter::once(".spec").chain(path.iter().map(String::as_str)).collect(), key))
}

/// The steps to the list, and the key.
type Found = (VecDeque<String>, String);

fn walk(tree: &Tree<'_>) -> Option<Found> {
    let below = |(mut path, key): Found, step: String| {
        path.push_front(step);
        (path, key)
    };
    match tree {
        Tree::Map(map) => map.as_slice().iter().find_map(|(key, value)| {
            let found = twice(key, value).map(|key| (VecDeque::new(), key)).or_else(|| walk(value))?;
            Some(below(found, format!(".{key}")))
        }),
        Tree::List(items) => {
            items.iter().enumerate().find_map(|(position, item)| Some(below(walk(item)?, format!("[{position}]"))))
        }
        _ => None,
    }
}

fn twice(list: &str, value: &Tree<'_>) -> Option<String> {
    let items = value.items().filter(|items| items.len() > 1)?;
    let fields: &[&str] = if list == "ports" {
        if items.iter().any(|item| item.get("containerPort").is_some()) {
            &["containerPort", "protocol"]
        } else {
            &["port", "protocol"]
        }
    } else {
        KEYED.iter().find(|(name, _)| *name == list)?.1
    };
    let mut seen = BTreeSet::new();
    let again = items.iter().find(|item| {
        let key: SmallVec<[Cow<'_, str>; 2]> = fields.iter().map(|field| part(item, field)).collect();
        !seen.insert(key)
    })?;
    let shown: Vec<String> = fields.iter().map(|field| format!("{field}={}", part(again, field))).collect();
    Some(shown.join(", "))
}

/// What an item has for a part of its key.
fn part<'i>(item: &'i Tree<'_>, field: &str) -> Cow<'i, str> {
    match item.get(field) {
        Some(Tree::Text(text)) => Cow::Borrowed(text),
        Some(other) => {
            let mut text = String::new();
            other.write_json(&mut text);
            Cow::Owned(text)
        }
        None if field == "protocol" => Cow::Borrowed("TCP"),
        None => Cow::Borrowed(""),
    }
}
