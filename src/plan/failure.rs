//! What is remembered of a sandbox that could not be brought to what is asked for, so that a hopeless one is not tried
//! again by each run.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::quota::larger;
use super::record::{Record, kinds_of, made_once_of};
use super::sandbox::{Case, Held};
use super::state::{Input, LiveNamespace, Source};
use super::types::{Action, Hold, OnFailure, Step, Work};
use super::words;
use crate::fleet::human;
use crate::manifest::{
    ANNOTATION_FAILED, ANNOTATION_HASH, LABEL_FLEET, LABEL_SANDBOX, Manifest, ObjectId, Owner, Stamp, namespaces,
};

/// The pause after the first failure. Each further one doubles it.
const FIRST: SignedDuration = SignedDuration::from_mins(10);
/// The longest pause.
const LONGEST: SignedDuration = SignedDuration::from_hours(6);
/// How much is kept of what was wrong, in characters.
const REASON: usize = 300;

/// A release that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The release that was tried.
    pub release: String,
    /// How often in a row.
    pub count: u32,
    /// Not before then is it tried again.
    pub next: Timestamp,
    /// What was wrong the last time.
    #[serde(default)]
    pub reason: String,
}

impl Failure {
    /// As it is written down.
    pub fn text(&self) -> String {
        // Of this type every value can be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Failure::text`] wrote; what cannot be read is no failure.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The same with what was wrong.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        let line = reason.lines().next().unwrap_or_default();
        self.reason = line.chars().take(REASON).collect();
        self
    }

    /// Whether a release is not to be tried yet.
    fn holds(&self, release: &str, input: &Input) -> bool {
        self.release == release && self.next > input.now && !input.policy.retry
    }

    /// The failure to note if a release fails now, after these that were noted before.
    fn after(before: Option<&Failure>, release: &str, now: Timestamp) -> Self {
        let count = before.filter(|before| before.release == release).map_or(0, |before| before.count);
        let doubled = 2_i32.checked_pow(count.min(16)).and_then(|times| FIRST.checked_mul(times));
        let pause = doubled.unwrap_or(LONGEST).min(LONGEST);
        let next = now.checked_add(pause).unwrap_or(now);
        Self { release: release.to_owned(), count: count.saturating_add(1), next, reason: String::new() }
    }
}

impl Case<'_> {
    /// What failed of this sandbox before, as far as it is remembered.
    fn failed<'f>(&'f self, live: Option<&'f LiveNamespace>) -> Option<&'f Failure> {
        let on_namespace = live.and_then(|namespace| namespace.record.failed.as_ref());
        on_namespace.or_else(|| self.input.failures.get(self.name))
    }

    /// A release that failed is not tried again before its time.
    pub(super) fn check_backoff(&self, live: Option<&LiveNamespace>) -> Result<(), Held> {
        let release = self.wanted.release.hash.as_str();
        let is_applied = live.is_some_and(|live| live.record.release.as_deref() == Some(release));
        match self.failed(live).filter(|failed| failed.holds(release, self.input)) {
            Some(failed) if !is_applied => Err(held(failed, live, self.input)),
            _ => Ok(()),
        }
    }

    /// Of a sandbox that is back where it was before its update failed.
    pub(super) fn backed_off(&self, live: &LiveNamespace) -> Held {
        match &live.record.failed {
            Some(failed) => held(failed, Some(live), self.input),
            None => Held::new(Hold::Broken, "its update failed", "commit a change, or --retry"),
        }
    }

    /// What is done where making it fails: all of it goes again. What an earlier run began may be in use by now, although
    /// it never was ready: it is kept.
    pub(super) fn if_not_made(&self, live: Option<&LiveNamespace>) -> OnFailure {
        let release = self.wanted.release.hash.as_str();
        let note = Failure::after(self.failed(live), release, self.input.now);
        if live.is_some() {
            return OnFailure::Remove { steps: Vec::new(), note };
        }
        let owner = Owner { fleet: self.input.fleet_id.clone(), sandbox: self.name.to_owned() };
        let drop_step =
            |step: Step| Step { quiet: true, work: Work::Drop { owner: owner.clone(), awaited: true }, ..step };
        let outside = self.wanted.release.objects().filter(|m| m.id.namespace.is_none() && !m.is_of_crds());
        let mut steps: Vec<Step> = outside.filter_map(|manifest| self.going_step(manifest)).map(drop_step).collect();
        let (action, reason) = (Action::Remove, "its creation failed".to_owned());
        steps.push(drop_step(self.namespace_step(action, reason, String::new(), Work::AwaitReady)));
        OnFailure::Remove { steps, note }
    }

    /// What is done where changing it fails: it goes back to what it was.
    pub(super) fn if_not_changed(&self, namespace: &LiveNamespace) -> OnFailure {
        let release = self.wanted.release.hash.as_str();
        let note = Failure::after(self.failed(Some(namespace)), release, self.input.now);
        let kinds = namespace.record.kinds.union(&kinds_of(&self.wanted.release)).cloned().collect();
        let quota = namespace.record.quota.zip(Some(self.wanted.quota)).map(|(before, after)| larger(&before, &after));
        let made_once = made_once_of(&self.wanted.release, Some(&namespace.record));
        let made_once = namespace.record.made_once.union(&made_once).cloned().collect();
        let record = Record { kinds, quota, made_once, ..namespace.record.clone() };
        let uid = Some(namespace.observed.precondition.uid.clone());
        let record = Box::new(self.record_step(Action::Update, "its update failed", &record, uid));
        OnFailure::GoBack { note, record }
    }
}

fn held(failed: &Failure, live: Option<&LiveNamespace>, input: &Input) -> Held {
    let times = match failed.count {
        1 => "failed".to_owned(),
        count => format!("failed {count} times"),
    };
    let what = match live.and_then(|live| live.record.commit.as_deref()) {
        Some(commit) => format!("its update {times}, and it is as of commit {}", words::short(commit)),
        None => format!("its creation {times}"),
    };
    let reason = if failed.reason.is_empty() { String::new() } else { format!(" ({})", failed.reason) };
    let left = human::span(failed.next.duration_since(input.now));
    Held::new(
        Hold::Broken,
        format!("{what}{reason}; the next try is in {left}, at {}", failed.next),
        "mend it and commit: what has changed is tried at once; or try the same again now: --retry",
    )
}

/// Sandboxes whose update failed, and which are kept as they were before until it is tried again: their namespaces, by
/// name.
pub fn backed_off(input: &Input) -> BTreeMap<&str, &str> {
    let is_backed_off = |source: &Source| {
        let wanted = source.wanted().filter(|wanted| !wanted.is_over(input.now));
        let live = input.live.namespaces.get(source.namespace()).filter(|live| live.observed.was_ours);
        let Some((wanted, live)) = wanted.zip(live) else { return false };
        let release = wanted.release.hash.as_str();
        let is_other = live.record.release.as_deref().is_some_and(|applied| applied != release);
        is_other && live.record.failed.as_ref().is_some_and(|failed| failed.holds(release, input))
    };
    input
        .sources
        .iter()
        .filter(|(_, source)| is_backed_off(source))
        .map(|(name, source)| (name.as_str(), source.namespace()))
        .collect()
}

/// A Namespace with a failure noted on it.
pub fn with_failure(namespace: &Value, failure: &Failure) -> Value {
    let mut body = namespace.clone();
    let label = |name: &str| body["metadata"]["labels"][name].as_str().unwrap_or_default().to_owned();
    let owner = Owner { fleet: label(LABEL_FLEET), sandbox: label(LABEL_SANDBOX) };
    let id = ObjectId::namespace(body["metadata"]["name"].as_str().unwrap_or_default());
    if let Some(annotations) = body.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(ANNOTATION_HASH);
        annotations.insert(ANNOTATION_FAILED.to_owned(), failure.text().into());
    }
    let stamp = Stamp { owner: &owner, source: "reconcile", generated: Vec::new() };
    Manifest::new(namespaces().0, id, body, stamp).body()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_one_release_doubles_the_pause_up_to_six_hours() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut failure: Option<Failure> = None;
        let mut pauses = Vec::new();
        for _ in 0..40 {
            let next = Failure::after(failure.as_ref(), "a", now);
            pauses.push(next.next.duration_since(now).as_mins());
            failure = Some(next);
        }
        assert_eq!(pauses[..8], [10, 20, 40, 80, 160, 320, 360, 360]);
        assert_eq!(pauses[39], 360);
        let other = Failure::after(failure.as_ref(), "b", now);
        assert_eq!((other.count, other.next.duration_since(now).as_mins()), (1, 10));
    }

    #[test]
    fn a_failure_is_read_as_it_was_written_and_rubbish_is_none() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let failure = Failure::after(None, "a", now).because("Deployment/web: no\nsecond line");
        assert_eq!(failure.reason, "Deployment/web: no\nsecond line".lines().next().unwrap());
        assert_eq!(Failure::read(&failure.text()), Some(failure));
        assert_eq!(Failure::read("{}"), None);
    }
}
