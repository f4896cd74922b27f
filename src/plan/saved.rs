//! A plan in a file: enough to tell whether planning anew would do the same, and nothing that anybody should not see.
//!
//! A plan is a pure function, so the file needs no manifests. It names what the plan was a function of (commit, instant,
//! policy, cluster) and, for each step, the object, the state that it was planned against, and a digest of what it
//! writes. Applying plans anew and carries out the steps that are equal to these ([`Saved::compare`]).
//!
//! No value of a Secret goes into a digest: whoever gets the file could guess short ones. They are bound by what they
//! are made of: the commit, the version of this program, and the version of each Secret that is copied.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::basis::Basis;
use super::live::Precondition;
use super::state::Live;
use super::types::{Action, Plan, SandboxPlan, Step, Work};
use crate::manifest::{ANNOTATION_HASH, ANNOTATION_RELEASE, Hash};

/// The version of the file's format. Another one is refused, never guessed at.
pub const FORMAT: u32 = 1;

/// How old a plan may be when it is applied. A review may take a weekend.
pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(72);

/// The id of a saved plan, of a random number.
pub fn plan_id(random: u128) -> String {
    format!("{random:032x}")
}

/// Whether a text could be one.
pub fn is_plan_id(text: &str) -> bool {
    text.len() == plan_id(0).len() && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What stands in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// [`FORMAT`]; the key by which such a file is known.
    pub saved_plan: u32,
    /// The version of this program, which renders what is written.
    pub reconcile: String,
    /// 32 random hexadecimal digits: what a cluster remembers of a plan that was applied.
    pub id: String,
    /// When it was made, by the clock.
    pub made: Timestamp,
    /// What it was made of.
    pub basis: Basis,
    /// The sandboxes that something is done to, in the plan's order.
    pub sandboxes: Vec<SavedSandbox>,
    /// Over all of the above: the file is as it was written. It keeps accidents out, not forgers.
    pub checksum: Hash,
}

/// What is done to one sandbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedSandbox {
    /// The sandbox's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// What happens.
    pub action: Action,
    /// Its namespace before; `None` where there is none.
    pub before: Option<Before>,
    /// What is done, in order.
    pub steps: Vec<SavedStep>,
}

/// What a sandbox's namespace said of it. The hash of its release is left out: values of Secrets go into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The namespace's uid.
    pub uid: String,
    /// The commit that was applied.
    pub commit: Option<String>,
    /// When its time was to be over.
    pub expires: Option<String>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedStep {
    /// What happens to the object.
    pub action: Action,
    /// The object's kind with its version, such as `apps/v1/Deployment`.
    pub kind: String,
    /// The object's namespace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
    /// How it is done.
    pub work: String,
    /// What the object must be before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub precondition: Option<Precondition>,
    /// A digest of what is written, of this plan alone.
    pub content: Hash,
}

/// What a file is made of, beside the plan and the live state.
#[derive(Clone, Debug)]
pub struct Making {
    /// The version of this program.
    pub reconcile: String,
    /// 32 random hexadecimal digits.
    pub id: String,
    /// The clock.
    pub made: Timestamp,
    /// What the plan was made of.
    pub basis: Basis,
}

/// Why a text is no saved plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSaved {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It is something else.
    #[error("it is not a saved plan{0}")]
    Another(String),
    /// It is cut short, or was put together by hand.
    #[error("it is a saved plan that cannot be read: {0}")]
    Malformed(String),
    /// Its format is not ours.
    #[error("it is a saved plan in format {0}, and this program reads format {FORMAT}")]
    Format(u64),
    /// Its checksum is another one.
    #[error("it was changed after it was written")]
    Edited,
}

impl Saved {
    /// What of a plan goes into a file.
    pub fn new(plan: &Plan, live: &Live, making: Making) -> Self {
        let Making { reconcile, id, made, basis } = making;
        let busy = plan.sandboxes.iter().filter(|sandbox| !sandbox.steps.is_empty());
        let sandboxes = busy.map(|sandbox| saved(sandbox, live, &id)).collect();
        let saved = Self { saved_plan: FORMAT, reconcile, id, made, basis, sandboxes, checksum: Hash::of(b"") };
        saved.sealed()
    }

    /// The same with the checksum that belongs to it.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.checksum = self.sum();
        self
    }

    fn sum(&self) -> Hash {
        let content = (self.saved_plan, &self.reconcile, &self.id, &self.made, &self.basis, &self.sandboxes);
        Hash::of(canonical(&json(&content)).to_string().as_bytes())
    }

    /// As it stands in a file.
    pub fn text(&self) -> String {
        // Of these types every value can be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads what [`Saved::text`] wrote.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, NotSaved> {
        if text.trim().is_empty() {
            return Err(NotSaved::Empty);
        }
        if !is_saved_plan(text) {
            return Err(NotSaved::Another(what_it_is(text)));
        }
        match serde_json::from_str::<Format>(text) {
            Ok(Format { saved_plan }) if saved_plan != u64::from(FORMAT) => return Err(NotSaved::Format(saved_plan)),
            _ => {}
        }
        let saved: Self = serde_json::from_str(text).map_err(|error| NotSaved::Malformed(error.to_string()))?;
        if saved.checksum == saved.sum() { Ok(saved) } else { Err(NotSaved::Edited) }
    }

    /// A plan without the sandboxes that are not in this file.
    pub fn own(&self, mut plan: Plan) -> Plan {
        let own = self.names();
        plan.sandboxes.retain(|sandbox| own.contains(&(sandbox.name.as_str(), sandbox.namespace.as_str())));
        plan
    }

    /// Its sandboxes, by name and namespace.
    pub(super) fn names(&self) -> BTreeSet<(&str, &str)> {
        self.sandboxes.iter().map(|s| (s.name.as_str(), s.namespace.as_str())).collect()
    }

    /// The instant that it is for by now: a plan as of another time keeps its distance from the clock.
    pub fn as_of(&self, clock: Timestamp) -> Timestamp {
        self.basis.now.saturating_add(self.age(clock)).unwrap_or(self.basis.now)
    }

    /// How long ago it was made; negative where the clock went back.
    pub fn age(&self, clock: Timestamp) -> SignedDuration {
        clock.duration_since(self.made)
    }
}

/// Whether a text begins as a saved plan does, of whatever version, whole or cut short.
pub fn is_saved_plan(text: &str) -> bool {
    let inner = text.trim_start().strip_prefix('{').map(str::trim_start);
    inner.is_some_and(|inner| inner.starts_with("\"saved_plan\""))
}

/// What was probably meant by a file that is something else.
fn what_it_is(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) if value.get("sandboxes").is_some() && value.get("summary").is_some() => {
            ", but a plan as --format json prints it, which cannot be applied".to_owned()
        }
        _ => String::new(),
    }
}

#[derive(Deserialize)]
struct Format {
    saved_plan: u64,
}

pub(super) fn saved(sandbox: &SandboxPlan, live: &Live, salt: &str) -> SavedSandbox {
    let before = live.namespaces.get(&sandbox.namespace).map(|namespace| Before {
        uid: namespace.observed.precondition.uid.clone(),
        commit: namespace.record.commit.clone(),
        expires: namespace.record.expires.clone(),
    });
    SavedSandbox {
        name: sandbox.name.clone(),
        namespace: sandbox.namespace.clone(),
        action: sandbox.action,
        before,
        steps: sandbox.steps.iter().map(|step| saved_step(step, live, salt)).collect(),
    }
}

fn saved_step(step: &Step, live: &Live, salt: &str) -> SavedStep {
    let work = json(&step.work);
    let content = outline(&work, step.id.is_secret(), "");
    SavedStep {
        action: step.action,
        kind: step.kind.to_string(),
        namespace: step.id.namespace.clone(),
        name: step.id.name.clone(),
        work: words_of(tag(&work)),
        precondition: precondition(step, live),
        content: Hash::of(format!("{salt}\n{content}").as_bytes()),
    }
}

/// The name of a variant.
fn tag(work: &Value) -> &str {
    match work {
        Value::String(tag) => tag,
        Value::Object(map) => map.keys().next().map_or("", String::as_str),
        _ => "",
    }
}

/// `AwaitQuota` as `await-quota`.
fn words_of(tag: &str) -> String {
    let mut words = String::new();
    for c in tag.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// What the object was when it was planned. For a Namespace's record that is more than the executor asks for, which
/// has to go on after its own earlier steps.
fn precondition(step: &Step, live: &Live) -> Option<Precondition> {
    match &step.work {
        Work::Apply { precondition, .. } => precondition.clone(),
        Work::Delete { precondition, .. } | Work::Replace { precondition, .. } => Some(precondition.clone()),
        Work::Record { uid: Some(_), .. } => {
            live.namespaces.get(&step.id.name).map(|namespace| namespace.observed.precondition.clone())
        }
        Work::Claim { .. }
        | Work::MakeOnce { .. }
        | Work::Hook { .. }
        | Work::Drop { .. }
        | Work::AwaitGone { .. }
        | Work::AwaitQuota { .. }
        | Work::AwaitServed
        | Work::AwaitReady
        | Work::Record { uid: None, .. } => None,
    }
}

/// Members of a step whose texts say nothing of a Secret's values.
const HARMLESS: &[&str] = &[
    "uid",
    "key",
    "kept",
    "remove",
    "restore",
    "beside",
    "path",
    "awaited",
    "hurried",
    "runs",
    "drops_before",
    "drops_failed",
    "fleet",
    "sandbox",
    "apiVersion",
    "kind",
    "name",
    "namespace",
    "type",
];

/// What a step does, sorted, without preconditions (they stand beside) and without hashes that a value of a Secret went
/// into. Of a Secret the keys are left.
fn outline(value: &Value, secret: bool, member: &str) -> Value {
    match value {
        Value::Object(map) => {
            let hidden = [ANNOTATION_HASH, ANNOTATION_RELEASE, "precondition"];
            let mut members: Vec<(&String, &Value)> =
                map.iter().filter(|(key, _)| !hidden.contains(&key.as_str())).collect();
            members.sort_by_key(|(key, _)| *key);
            let is_free = ["data", "stringData", "annotations"].contains(&member);
            let within = |key: &String| if is_free { String::new() } else { key.clone() };
            members.into_iter().map(|(key, value)| (key.clone(), outline(value, secret, &within(key)))).collect()
        }
        Value::Array(items) => items.iter().map(|item| outline(item, secret, member)).collect(),
        _ if secret && !HARMLESS.contains(&member) => Value::Null,
        scalar => scalar.clone(),
    }
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut members: Vec<(&String, &Value)> = map.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            members.into_iter().map(|(key, value)| (key.clone(), canonical(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(canonical).collect(),
        scalar => scalar.clone(),
    }
}

fn json(value: &impl Serialize) -> Value {
    // Of these types every value can be written.
    serde_json::to_value(value).unwrap_or_default()
}
