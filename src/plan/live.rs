//! Live state: what a metadata-only list says of an object, judged against its manifest as it arrives, so that only
//! the verdict is kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::claims::{Claims, by, data_path};
use super::extras::{UNKNOWN_MANAGER, is_of_the_system};
use crate::manifest::{
    ANNOTATION_CRDS, ANNOTATION_HASH, ANNOTATION_POLICY, Fields, GENERATED_MANAGER, Hash, LABEL_FLEET, LABEL_SANDBOX,
    MANAGER, Manifest, ObjectId, Path, PathElement,
};

/// The metadata of one live object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// Its name.
    pub name: String,
    /// Its namespace, where it has one.
    pub namespace: Option<String>,
    /// Set by the server; a name made again has another.
    pub uid: String,
    /// Moves with every write, status included.
    pub resource_version: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its deletion began.
    pub deleting: Option<Timestamp>,
    /// The finalizers that keep it.
    pub finalizers: Vec<String>,
    /// `Kind/name` of the owner that controls it.
    pub controller: Option<String>,
    /// Who owns which fields.
    pub managed: Vec<Managed>,
}

/// One entry of `managedFields`.
#[derive(Clone, Debug, PartialEq)]
pub struct Managed {
    /// The field manager's name.
    pub manager: String,
    /// `true` for `Apply`, `false` for `Update`.
    pub apply: bool,
    /// The subresource written through, such as `status` or `scale`.
    pub subresource: Option<String>,
    /// When it last changed the set.
    pub time: Option<Timestamp>,
    /// `fieldsV1` as it came, JSON.
    pub fields: Vec<u8>,
}

impl Managed {
    /// Whether these writes say nothing of what anybody wants.
    fn is_churn(&self) -> bool {
        self.subresource.as_deref() == Some("status") || (!self.apply && CLUSTERS_OWN.contains(&self.manager.as_str()))
    }
}

impl Meta {
    /// Our Apply entry (design, invariant 5).
    pub fn applied_by(&self, manager: &str) -> Option<&Managed> {
        self.managed.iter().find(|m| m.apply && m.manager == manager && m.subresource.is_none())
    }

    /// Ours: this fleet's label **and** an Apply entry of our field manager **and** no controlling owner.
    pub fn is_ours(&self, fleet: &str) -> bool {
        self.labels.get(LABEL_FLEET).is_some_and(|id| id == fleet)
            && (self.applied_by(MANAGER).is_some() || self.begun().is_some())
            && self.controller.is_none()
    }

    /// The entry of a Secret that a run had made by its generated values when it was stopped: they are there with our
    /// labels, and nothing else of it is.
    fn begun(&self) -> Option<&Managed> {
        if self.applied_by(MANAGER).is_some() || self.annotations.contains_key(ANNOTATION_HASH) {
            return None;
        }
        self.applied_by(GENERATED_MANAGER).filter(|values| {
            let fields = Fields::parse(&values.fields).ok();
            fields.is_some_and(|fields| [LABEL_FLEET, LABEL_SANDBOX].iter().all(|label| owns(&fields, label)))
        })
    }

    /// Whether anybody owns a label.
    pub fn owns_label(&self, label: &str) -> bool {
        let path = ["metadata", "labels", label].map(|name| PathElement::Field(name.into()));
        self.managed.iter().filter_map(|m| Fields::parse(&m.fields).ok()).any(|fields| fields.touches(&path))
    }

    /// The sandbox that its label names.
    pub fn sandbox(&self) -> Option<&str> {
        self.labels.get(LABEL_SANDBOX).map(String::as_str)
    }

    /// A digest of who owns what, without what is written through `status` and what the cluster's own controllers note
    /// beside (a claim that is bound, a scale that an autoscaler sets): it moves when content does, and stays when only
    /// the status churns. What they take of ours shows, as our entry loses it.
    pub fn digest(&self) -> Hash {
        let mut lines: Vec<String> = self
            .managed
            .iter()
            .filter(|m| !m.is_churn())
            .map(|m| {
                let at = m.time.map(|t| t.to_string()).unwrap_or_default();
                format!(
                    "{}\0{}\0{:?}\0{at}\0{}\n",
                    m.manager,
                    m.apply,
                    m.subresource,
                    String::from_utf8_lossy(&m.fields)
                )
            })
            .collect();
        lines.sort_unstable();
        Hash::of(lines.concat().as_bytes())
    }

    /// Who wrote what counts last.
    pub fn last_writer(&self) -> Option<By> {
        // What comes through the scale subresource is recorded without a time (seen).
        self.managed.iter().filter(|m| !m.is_churn()).max_by_key(|m| (m.time.is_none(), m.time)).map(by)
    }

    /// What a change of this object is planned against.
    pub fn precondition(&self) -> Precondition {
        Precondition { uid: self.uid.clone(), digest: self.digest() }
    }
}

/// The state of an object that a step was planned against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precondition {
    /// The object's uid.
    pub uid: String,
    /// [`Meta::digest`] of it.
    pub digest: Hash,
}

/// Who changed something, where `managedFields` still says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// The field manager.
    pub manager: String,
    /// When.
    pub time: Option<Timestamp>,
}

/// A declared field that is no longer ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Where.
    pub at: Path,
    /// Where, as people write it.
    pub path: String,
    /// Who; `None` for a removed field, which has no owner left.
    pub by: Option<By>,
}

/// A field that someone added beside ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extra {
    /// Where.
    pub at: Path,
    /// Where, as people write it.
    pub path: String,
    /// Who.
    pub by: By,
    /// Whether it can weaken the sandbox: always warned about.
    pub security: bool,
}

/// A live object as planning keeps it.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each asked for alone")]
pub struct Observed {
    /// What it is called.
    pub id: ObjectId,
    /// The sandbox that its label names; empty where the label is gone.
    pub sandbox: String,
    /// Whether it is ours ([`Meta::is_ours`]).
    pub ours: bool,
    /// Whether it was ours and only its label was taken or changed: our Apply entry is there, no owner controls it,
    /// and the label is not one that another fleet applied.
    pub was_ours: bool,
    /// Whether its `managedFields` were stripped, if it is wanted: our hash is on it, and no entry says that we applied
    /// it. Controllers that copy labels do not copy the hash. Outside a namespace of ours a copy looks the same, so
    /// there nobody may own the label.
    pub stripped: bool,
    /// Whether another object controls it.
    pub controlled: bool,
    /// Whether it stays when nobody wants it any more.
    pub kept: bool,
    /// The hash annotation.
    pub hash: Option<String>,
    /// When its deletion began.
    pub deleting: Option<Timestamp>,
    /// What keeps it then.
    pub finalizers: Vec<String>,
    /// What a change of it must find again.
    pub precondition: Precondition,
    /// Declared fields that are not ours any more; empty where the manifest is unknown.
    pub drift: Vec<Drift>,
    /// Fields of others.
    pub extras: Vec<Extra>,
    /// Who made it, where it only has our label: nobody applied it as us, and nothing in the cluster keeps it.
    pub stranger: Option<By>,
    /// Whether the sandbox that its label names is as we said. It matters for what is in no namespace.
    pub label_is_ours: bool,
    /// Keys that the generated-values manager owns (Secrets), or that somebody took over since.
    pub generated: GeneratedKeys,
}

/// The state of a Secret's generated keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeneratedKeys {
    /// Owned by the generated-values manager.
    pub kept: Vec<String>,
    /// In the Secret, owned by another.
    pub taken: Vec<(String, By)>,
}

/// The controllers of the cluster itself.
pub(super) const CLUSTERS_OWN: &[&str] =
    &["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "cloud-controller-manager"];

/// Judges one live object against what is wanted of it.
pub fn observe(meta: &Meta, id: ObjectId, fleet: &str, wanted: Option<&Manifest>) -> Observed {
    let begun = meta.begun();
    let ours = meta.applied_by(MANAGER).or(begun);
    let own = ours.and_then(|m| Fields::parse(&m.fields).ok());
    let others: Vec<(&Managed, Fields)> = meta
        .managed
        .iter()
        .filter(|m| !(m.apply && m.manager == MANAGER) && m.subresource.as_deref() != Some("status"))
        .filter_map(|m| Fields::parse(&m.fields).ok().map(|fields| (m, fields)))
        .collect();
    let own = own.unwrap_or(Fields { itself: true, children: Vec::new() });
    let claims = Claims { id: &id, own: &own, others: &others };
    let (drift, extras) = claims.judged(wanted);
    let generated_keys: Vec<&str> =
        wanted.map(|w| w.generated.iter().map(|g| g.key.as_str()).collect()).unwrap_or_default();
    Observed {
        sandbox: meta.sandbox().unwrap_or_default().to_owned(),
        ours: meta.is_ours(fleet),
        was_ours: meta.controller.is_none() && ours.is_some() && !labelled_by_another(meta, fleet, &own),
        stripped: is_stripped(meta, fleet),
        controlled: meta.controller.is_some(),
        kept: is_kept(meta),
        hash: meta.annotations.get(ANNOTATION_HASH).cloned(),
        deleting: meta.deleting,
        finalizers: meta.finalizers.clone(),
        precondition: meta.precondition(),
        // What was not made yet, nobody took.
        drift: if begun.is_some() { Vec::new() } else { drift },
        extras,
        stranger: stranger(meta, &others),
        label_is_ours: id.namespace.is_some() || owns(&own, LABEL_SANDBOX),
        generated: generated(meta, &generated_keys, &others),
        id,
    }
}

/// What its chart says of it: of `crds/`, or that it is to be kept.
fn is_kept(meta: &Meta) -> bool {
    let policy = meta.annotations.get(ANNOTATION_POLICY).map(|policy| policy.trim().to_lowercase());
    policy.as_deref() == Some("keep") || meta.annotations.contains_key(ANNOTATION_CRDS)
}

fn is_stripped(meta: &Meta, fleet: &str) -> bool {
    let is_copy = || meta.labels.get(LABEL_FLEET).is_none_or(|id| id != fleet) || meta.owns_label(LABEL_FLEET);
    meta.annotations.contains_key(ANNOTATION_HASH)
        && meta.sandbox().is_some_and(|sandbox| !sandbox.is_empty())
        && meta.controller.is_none()
        && meta.applied_by(MANAGER).is_none()
        && (meta.namespace.is_some() || !is_copy())
}

/// The label names another fleet, and that fleet applied it: two fleets share the field manager's name.
fn labelled_by_another(meta: &Meta, fleet: &str, own: &Fields) -> bool {
    meta.labels.get(LABEL_FLEET).is_some_and(|id| id != fleet) && owns(own, LABEL_FLEET)
}

fn owns(own: &Fields, label: &str) -> bool {
    own.covers(&["metadata", "labels", label].map(|name| PathElement::Field(name.into())))
}

/// Controllers copy labels too; what they make is theirs to see to.
fn stranger(meta: &Meta, others: &[(&Managed, Fields)]) -> Option<By> {
    if meta.controller.is_some() || meta.applied_by(MANAGER).is_some() || meta.begun().is_some() {
        return None;
    }
    let people = others.iter().map(|(managed, _)| managed).filter(|m| !is_of_the_system(&m.manager));
    people.map(|m| by(m)).min_by_key(|by| by.time)
}

fn generated(meta: &Meta, keys: &[&str], others: &[(&Managed, Fields)]) -> GeneratedKeys {
    let kept = meta
        .applied_by(GENERATED_MANAGER)
        .and_then(|m| Fields::parse(&m.fields).ok())
        .map(|fields| fields.names_below("data"))
        .unwrap_or_default();
    let taken = keys
        .iter()
        .filter_map(|key| {
            let owners =
                others.iter().filter(|(m, _)| ![GENERATED_MANAGER, UNKNOWN_MANAGER].contains(&m.manager.as_str()));
            let last =
                owners.filter(|(_, f)| f.covers(&data_path(key))).map(|(m, _)| by(m)).max_by_key(|by| by.time)?;
            Some(((*key).to_owned(), last))
        })
        .collect();
    GeneratedKeys { kept, taken }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Kind;

    fn secret(fields: &str, manager: &str) -> Meta {
        Meta {
            name: "database".into(),
            namespace: Some("a".into()),
            uid: "1".into(),
            labels: [(LABEL_FLEET, "team"), (LABEL_SANDBOX, "one")].map(|(k, v)| (k.into(), v.into())).into(),
            managed: vec![Managed {
                manager: manager.into(),
                apply: true,
                subresource: None,
                time: None,
                fields: fields.as_bytes().to_vec(),
            }],
            ..Meta::default()
        }
    }

    fn seen(meta: &Meta) -> Observed {
        observe(meta, ObjectId::new(&Kind::new("v1", "Secret"), Some("a"), "database"), "team", None)
    }

    const LABELS: &str = r#""f:metadata":{"f:labels":{"f:reconcile.dev/fleet":{},"f:reconcile.dev/sandbox":{}}}"#;

    #[test]
    fn a_secret_that_only_has_its_generated_values_is_ours() {
        let fields = format!(r#"{{"f:data":{{"f:password":{{}}}},{LABELS}}}"#);
        let begun = seen(&secret(&fields, GENERATED_MANAGER));
        assert!(begun.ours && begun.was_ours && begun.stranger.is_none() && begun.drift.is_empty(), "{begun:?}");
        assert_eq!(begun.generated.kept, ["password"]);
        assert!(!secret(&fields, GENERATED_MANAGER).is_ours("another"));
        // The labels alone say nothing, nor does the manager; and what has a hash was made whole.
        assert!(!seen(&secret(r#"{"f:data":{"f:password":{}}}"#, GENERATED_MANAGER)).ours);
        assert!(!seen(&secret(&fields, "somebody")).ours);
        let mut whole = secret(&fields, GENERATED_MANAGER);
        whole.annotations.insert(ANNOTATION_HASH.into(), "1".into());
        assert!(!seen(&whole).was_ours);
        let mut controlled = secret(&fields, GENERATED_MANAGER);
        controlled.controller = Some("Thing/it".into());
        assert!(!seen(&controlled).ours);
    }
}
