//! What the list of namespaces says of each.

use super::survey::Survey;
use crate::manifest::{LABEL_BUCKET, LABEL_FLEET, MANAGER, ObjectId, Owner, bucket};
use crate::plan::{LiveNamespace, Meta, Record, observe};

/// Whether a namespace is labelled as its sandbox's bucket is. One that is not was applied by a version that knew none, so
/// what is in it may have no such label either.
pub(super) fn has_its_bucket(meta: &Meta) -> bool {
    let label = meta.labels.get(LABEL_BUCKET);
    label.is_some_and(|label| *label == bucket(meta.sandbox().unwrap_or_default()).to_string())
}

/// A namespace of the fleet, or of a name that one of its sandboxes would have.
pub(super) fn live_namespace(meta: &Meta, survey: &Survey<'_>) -> LiveNamespace {
    let (record, fault) = match Record::read(&meta.annotations) {
        Ok(record) => (record, None),
        Err(fault) => (Record::default(), Some(fault)),
    };
    let sandbox = meta.sandbox().unwrap_or_default().to_owned();
    let owner = Owner { fleet: survey.fleet_id.to_owned(), sandbox };
    let wanted = record.manifest(&meta.name, &owner, survey.namespace_labels);
    let mut observed = observe(meta, ObjectId::namespace(&meta.name), survey.fleet_id, Some(&wanted));
    let is_labelled = meta.labels.get(LABEL_FLEET).is_some_and(|id| id == survey.fleet_id);
    // Its `managedFields` were stripped: nobody owns our label, as whoever copied it would. It may be put right, but is
    // no reason to remove anything.
    if is_labelled && observed.hash.is_some() && !observed.controlled && !meta.owns_label(LABEL_FLEET) {
        observed.was_ours = true;
    }
    // A namespace that a run of an older version made, and had not applied when it was killed.
    let claimed = meta.managed.iter().any(|m| !m.apply && m.manager == MANAGER && m.subresource.is_none());
    if claimed && meta.applied_by(MANAGER).is_none() && is_labelled {
        observed.ours = true;
        observed.was_ours = true;
    }
    LiveNamespace {
        observed,
        record,
        recorded: wanted.hash,
        created: meta.created,
        fault,
        finalizers: meta.finalizers.clone(),
    }
}
