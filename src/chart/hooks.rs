//! Hooks: objects that Helm applies at a moment of a release rather than with it.

use super::yaml::Tree;

/// A moment of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "Helm's names")]
pub enum Event {
    PreInstall,
    PostInstall,
    PreDelete,
    PostDelete,
    PreUpgrade,
    PostUpgrade,
    PreRollback,
    PostRollback,
    Test,
}

/// When and how a hook runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The moments.
    pub events: Vec<Event>,
    /// Lower ones run first.
    pub weight: i64,
    /// `before-hook-creation`, `hook-succeeded`, `hook-failed`, as they are written.
    pub delete_policies: Vec<String>,
}

/// What an object's annotations make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It belongs to the release.
    Part,
    /// It is a hook.
    Hook(Hook),
    /// It names a moment that Helm does not know, and Helm leaves it out.
    Unknown(String),
}

/// Tells hooks by their annotations.
pub fn role(object: &Tree<'_>) -> Role {
    let annotations = object.at(&["metadata", "annotations"]);
    let annotation = |name: &str| {
        Some(match annotations?.get(name)? {
            Tree::Text(text) => text.as_ref().to_owned(),
            other => {
                let mut text = String::new();
                other.write_json(&mut text);
                text
            }
        })
    };
    let Some(named) = annotation("helm.sh/hook") else {
        return Role::Part;
    };
    let events: Option<Vec<Event>> = words(&named).map(|word| event(&word)).collect();
    let Some(events) = events else {
        return Role::Unknown(named);
    };
    let weight = annotation("helm.sh/hook-weight").and_then(|weight| weight.parse().ok());
    let policies = annotation("helm.sh/hook-delete-policy");
    Role::Hook(Hook {
        events,
        weight: weight.unwrap_or(0),
        delete_policies: policies.iter().flat_map(|policies| words(policies)).collect(),
    })
}

fn words(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(|word| word.trim().to_lowercase())
}

fn event(word: &str) -> Option<Event> {
    Some(match word {
        "pre-install" => Event::PreInstall,
        "post-install" => Event::PostInstall,
        "pre-delete" => Event::PreDelete,
        "post-delete" => Event::PostDelete,
        "pre-upgrade" => Event::PreUpgrade,
        "post-upgrade" => Event::PostUpgrade,
        "pre-rollback" => Event::PreRollback,
        "post-rollback" => Event::PostRollback,
        "test" | "test-success" => Event::Test,
        _ => return None,
    })
}
