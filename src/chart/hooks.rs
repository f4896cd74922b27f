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

impl Hook {
    /// Whether it runs at a moment.
    pub fn runs_at(&self, event: Event) -> bool {
        self.events.contains(&event)
    }

    /// Whether what an earlier run of it has left goes first; so it is where nothing is said.
    pub fn drops_before(&self) -> bool {
        self.delete_policies.is_empty() || self.has_policy("before-hook-creation")
    }

    /// Whether it goes once all hooks of its moment have succeeded.
    pub fn drops_succeeded(&self) -> bool {
        self.has_policy("hook-succeeded")
    }

    /// Whether it goes where it fails.
    pub fn drops_failed(&self) -> bool {
        self.has_policy("hook-failed")
    }

    fn has_policy(&self, name: &str) -> bool {
        self.delete_policies.iter().any(|policy| policy == name)
    }
}

impl Event {
    /// As an annotation has it.
    pub fn name(self) -> &'static str {
        match self {
            Event::PreInstall => "pre-install",
            Event::PostInstall => "post-install",
            Event::PreDelete => "pre-delete",
            Event::PostDelete => "post-delete",
            Event::PreUpgrade => "pre-upgrade",
            Event::PostUpgrade => "post-upgrade",
            Event::PreRollback => "pre-rollback",
            Event::PostRollback => "post-rollback",
            Event::Test => "test",
        }
    }
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
    let Some(events) = events_of(&named) else {
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

/// The moments that an annotation names; nothing where Helm does not know one of them.
pub(super) fn events_of(named: &str) -> Option<Vec<Event>> {
    words(named).map(|word| event(&word)).collect()
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
