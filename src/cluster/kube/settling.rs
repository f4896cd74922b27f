//! Rights that were just given. An API server learns of a new `RoleBinding`, or of a namespace's new labels, a moment
//! after it has said that they are written, and of several servers behind one address each in its own time. So what is
//! forbidden in that namespace in the moments after is asked again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;

use super::errors::{Status, Subject};
use super::transport::Answer;
use crate::cluster::Target;

/// How long it may take.
const MOMENT: Duration = Duration::from_secs(10);
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Namespaces in which this process has just changed who may do what.
#[derive(Default)]
pub(super) struct Settling(Mutex<HashMap<String, Instant>>);

impl Settling {
    /// Notes that an object was written.
    #[expect(clippy::disallowed_methods, reason = "how long ago it was is a matter of this process")]
    pub(super) fn wrote(&self, target: &Target<'_>) {
        let namespace = match (target.kind.group.as_str(), target.kind.kind.as_str()) {
            ("rbac.authorization.k8s.io", "RoleBinding") => target.id.namespace.clone(),
            ("", "Namespace") => Some(target.id.name.clone()),
            _ => None,
        };
        if let Some(namespace) = namespace {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(namespace, Instant::now());
        }
    }

    /// How long to wait before a request is sent again; `None` where its answer stands.
    pub(super) fn pause(&self, subject: &Subject<'_>, answer: &Answer) -> Option<Duration> {
        if answer.status != StatusCode::FORBIDDEN || !Status::of(answer).is_some_and(|status| status.is_about_access())
        {
            return None;
        }
        let written = *self.0.lock().unwrap_or_else(PoisonError::into_inner).get(subject.namespace?)?;
        (written.elapsed() < MOMENT).then_some(PAUSE)
    }
}
