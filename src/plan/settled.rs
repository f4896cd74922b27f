//! A first look at a live object: whether it is wholly as wanted, so that nothing more of it has to be kept.
//!
//! Of an unchanged fleet that is every object, so this is what a plan costs. It copies nothing, and what it has parsed
//! of one object it knows again in the next: the field sets of one chart's objects are the same bytes in every sandbox.

use std::collections::HashMap;
use std::sync::Arc;

use super::claims::data_path;
use super::extras::{UNKNOWN_MANAGER, is_of_the_system};
use super::live::Meta;
use crate::manifest::{ANNOTATION_HASH, Fields, GENERATED_MANAGER, LABEL_FLEET, MANAGER, Manifest, PathElement};

/// A live object's metadata, as far as the first look needs it.
#[derive(Clone, Debug, Default)]
pub struct Seen<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its namespace, where it has one.
    pub namespace: Option<&'a str>,
    /// The fleet that its label names.
    pub fleet: Option<&'a str>,
    /// Its hash annotation.
    pub hash: Option<&'a str>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Whether another object controls it.
    pub controlled: bool,
    /// Who owns which fields.
    pub managed: Vec<SeenManaged<'a>>,
}

/// One entry of `managedFields`.
#[derive(Clone, Copy, Debug)]
pub struct SeenManaged<'a> {
    /// The field manager's name.
    pub manager: &'a str,
    /// `true` for `Apply`, `false` for `Update`.
    pub apply: bool,
    /// The subresource written through; empty for none.
    pub subresource: &'a str,
    /// `fieldsV1` as it came, JSON.
    pub fields: &'a [u8],
}

impl<'a> Seen<'a> {
    /// The same of an object that was read whole.
    pub fn of(meta: &'a Meta) -> Self {
        Self {
            name: &meta.name,
            namespace: meta.namespace.as_deref(),
            fleet: meta.labels.get(LABEL_FLEET).map(String::as_str),
            hash: meta.annotations.get(ANNOTATION_HASH).map(String::as_str),
            deleting: meta.deleting.is_some(),
            controlled: meta.controller.is_some(),
            managed: meta
                .managed
                .iter()
                .map(|m| SeenManaged {
                    manager: &m.manager,
                    apply: m.apply,
                    subresource: m.subresource.as_deref().unwrap_or_default(),
                    fields: &m.fields,
                })
                .collect(),
        }
    }
}

impl SeenManaged<'_> {
    fn is_apply_of(&self, manager: &str) -> bool {
        self.apply && self.manager == manager && self.subresource.is_empty()
    }
}

/// Field sets by the bytes that they were parsed from.
#[derive(Debug, Default)]
pub struct FieldSets {
    known: HashMap<Box<[u8]>, Arc<Fields>>,
}

impl FieldSets {
    /// More different ones than this are not remembered: then they are not of one chart.
    const MOST: usize = 1024;

    /// The field set that `fieldsV1` says; `None` where it cannot be read.
    fn parse(&mut self, raw: &[u8]) -> Option<Arc<Fields>> {
        if let Some(known) = self.known.get(raw) {
            return Some(Arc::clone(known));
        }
        let fields = Arc::new(Fields::parse(raw).ok()?);
        if self.known.len() < Self::MOST {
            self.known.insert(raw.into(), Arc::clone(&fields));
        }
        Some(fields)
    }
}

/// Whether an object of a namespace is ours, has the wanted content, and every declared field of it is still owned, with
/// nothing of others beside. [`super::observe`] would find nothing to say of it.
pub fn is_settled(seen: &Seen<'_>, fleet: &str, wanted: &Manifest, sets: &mut FieldSets) -> bool {
    let as_wanted = seen.fleet == Some(fleet)
        && seen.hash == Some(wanted.hash.as_str())
        && seen.namespace.is_some()
        && !seen.deleting
        && !seen.controlled;
    if !as_wanted {
        return false;
    }
    let Some(own) = seen.managed.iter().find(|m| m.is_apply_of(MANAGER)).and_then(|m| sets.parse(m.fields)) else {
        return false;
    };
    wanted.is_owned_by(&own) && has_nothing_beside(seen, &own, sets) && keeps_generated(seen, wanted, sets)
}

fn has_nothing_beside(seen: &Seen<'_>, own: &Fields, sets: &mut FieldSets) -> bool {
    seen.managed.iter().all(|m| {
        m.subresource == "status"
            || is_of_the_system(m.manager)
            || sets.parse(m.fields).is_some_and(|fields| fields.minus(own).is_empty())
    })
}

/// Whether every generated key is owned by the manager of generated values, and by nobody else.
fn keeps_generated(seen: &Seen<'_>, wanted: &Manifest, sets: &mut FieldSets) -> bool {
    if wanted.generated.is_empty() {
        return true;
    }
    let Some(kept) = seen.managed.iter().find(|m| m.is_apply_of(GENERATED_MANAGER)).and_then(|m| sets.parse(m.fields))
    else {
        return false;
    };
    let data = kept.child(&PathElement::Field("data".into()));
    let is_kept = |key: &str| data.is_some_and(|data| data.child(&PathElement::Field(key.into())).is_some());
    if !wanted.generated.iter().all(|generated| is_kept(&generated.key)) {
        return false;
    }
    seen.managed
        .iter()
        .filter(|m| {
            let is_own = m.apply && m.manager == MANAGER;
            !is_own && m.subresource != "status" && ![GENERATED_MANAGER, UNKNOWN_MANAGER].contains(&m.manager)
        })
        .all(|m| {
            let fields = sets.parse(m.fields);
            fields.is_some_and(|fields| !wanted.generated.iter().any(|g| fields.covers(&data_path(&g.key))))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::chart::generated::GeneratedKey;
    use crate::manifest::{Kind, ObjectId, Owner, Stamp};
    use crate::plan::{Managed, observe};

    const FLEET: &str = "one";

    fn wanted(generated: &[&str]) -> Manifest {
        let kind = Kind::new("v1", "Secret");
        let id = ObjectId::new(&kind, Some("ns"), "it");
        let owner = Owner { fleet: FLEET.into(), sandbox: "a".into() };
        let body = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "it"}, "data": {"a": "YQ=="}});
        let generated =
            generated.iter().map(|key| GeneratedKey { key: (*key).to_owned(), parts: Vec::new() }).collect();
        Manifest::new(kind, id, body, Stamp { owner: &owner, source: "t", generated })
    }

    /// Field sets that an entry may have; the first is what the manifest declares.
    fn fields(which: usize) -> Value {
        let labels = json!({"f:reconcile.dev/bucket": {}, "f:reconcile.dev/fleet": {}, "f:reconcile.dev/sandbox": {}});
        let own = json!({"f:metadata": {"f:labels": labels, "f:annotations": {"f:reconcile.dev/hash": {}}}, "f:data": {"f:a": {}}});
        let mut more = own.clone();
        more["f:data"]["f:b"] = json!({});
        match which {
            0 => own,
            1 => more,
            2 => json!({"f:data": {"f:a": {}}}),
            3 => json!({"f:data": {".": {}, "f:b": {}}}),
            4 => json!({"f:data": {}}),
            5 => json!({"f:metadata": {"f:labels": labels}}),
            _ => json!({}),
        }
    }

    fn entry() -> impl Strategy<Value = Managed> {
        let managers = [MANAGER, GENERATED_MANAGER, UNKNOWN_MANAGER, "kubectl-edit", "kube-controller-manager"];
        let subresources = [None, None, None, Some("status"), Some("scale")];
        (0..managers.len(), any::<bool>(), 0..subresources.len(), 0..8_usize).prop_map(
            move |(manager, apply, subresource, which)| Managed {
                manager: managers[manager].into(),
                apply,
                subresource: subresources[subresource].map(str::to_owned),
                time: None,
                fields: if which == 7 { b"{".to_vec() } else { fields(which).to_string().into_bytes() },
            },
        )
    }

    fn meta() -> impl Strategy<Value = Meta> {
        let own = Managed {
            manager: MANAGER.into(),
            apply: true,
            subresource: None,
            time: None,
            fields: fields(0).to_string().into_bytes(),
        };
        let generated =
            Managed { manager: GENERATED_MANAGER.into(), fields: fields(3).to_string().into_bytes(), ..own.clone() };
        let first = prop_oneof![4 => Just(vec![own.clone(), generated]), 2 => Just(vec![own]), 1 => Just(Vec::new())];
        let common = |of: &'static [Option<&'static str>]| proptest::sample::select(of);
        (
            first,
            proptest::collection::vec(entry(), 0..3),
            common(&[Some("right"), Some("right"), Some("right"), Some("wrong"), None]),
            common(&[Some(FLEET), Some(FLEET), Some(FLEET), Some("two"), None]),
            common(&[None, None, None, Some("deleting"), Some("controlled"), Some("no namespace")]),
        )
            .prop_map(|(mut managed, more, hash, fleet, flaw)| {
                managed.extend(more);
                let hash = hash.map(|hash| (ANNOTATION_HASH.to_owned(), hash.to_owned()));
                Meta {
                    name: "it".into(),
                    namespace: (flaw != Some("no namespace")).then(|| "ns".into()),
                    labels: fleet.map(|fleet| (LABEL_FLEET.to_owned(), fleet.to_owned())).into_iter().collect(),
                    annotations: hash.into_iter().collect(),
                    deleting: (flaw == Some("deleting")).then_some(jiff::Timestamp::UNIX_EPOCH),
                    controller: (flaw == Some("controlled")).then(|| "Widget/w".into()),
                    managed,
                    ..Meta::default()
                }
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// The first look and the whole one never disagree.
        #[test]
        fn what_is_settled_has_nothing_to_be_said_of(meta in meta(), has_generated in any::<bool>()) {
            let wanted = wanted(if has_generated { &["b"] } else { &[] });
            let mut meta = meta;
            if meta.annotations.get(ANNOTATION_HASH).is_some_and(|hash| hash == "right") {
                meta.annotations.insert(ANNOTATION_HASH.into(), wanted.hash.to_string());
            }
            let observed = observe(&meta, wanted.id.clone(), FLEET, Some(&wanted));
            let nothing_to_say = observed.ours
                && meta.namespace.is_some()
                && observed.deleting.is_none()
                && observed.hash.as_deref() == Some(wanted.hash.as_str())
                && observed.drift.is_empty()
                && observed.extras.is_empty()
                && observed.generated.taken.is_empty()
                && wanted.generated.iter().all(|g| observed.generated.kept.contains(&g.key));
            let mut sets = FieldSets::default();
            let settled = is_settled(&Seen::of(&meta), FLEET, &wanted, &mut sets);
            // What cannot be read, or is taken for somebody's, is looked at whole; never the other way round.
            prop_assert!(!settled || nothing_to_say, "{:?}", meta);
            let is_plain = meta.managed.iter().all(|m| m.fields != b"{" && m.manager != "kubectl-edit");
            prop_assert!(settled || !nothing_to_say || !is_plain, "{:?}", meta);
            // A set that is known already says the same.
            prop_assert_eq!(is_settled(&Seen::of(&meta), FLEET, &wanted, &mut sets), settled);
        }
    }
}
