//! From what an API server answers to the port's errors, in words that say what to do and never quote a secret.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use super::decode::media_type;
use super::transport::Answer;
use crate::cluster::{Error, ErrorKind};
use crate::manifest::{Kind, ObjectId, Resource};

/// What a request was about, for its errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    /// The verb as RBAC calls it.
    pub(super) verb: &'static str,
    pub(super) kind: &'a Kind,
    pub(super) resource: &'a Resource,
    pub(super) namespace: Option<&'a str>,
    /// `None` for a whole collection.
    pub(super) name: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// One object.
    pub(super) fn object(verb: &'static str, target: &crate::cluster::Target<'a>) -> Self {
        Self {
            verb,
            kind: target.kind,
            resource: target.resource,
            namespace: target.id.namespace.as_deref(),
            name: Some(&target.id.name),
        }
    }

    /// Such as `patch deployments.apps web in dev-sandbox-a`.
    pub(super) fn what(&self) -> String {
        let mut what = format!("{} {}", self.verb, self.resource.plural);
        if !self.kind.group.is_empty() {
            what.push('.');
            what.push_str(&self.kind.group);
        }
        for (before, word) in [(" ", self.name), (" in ", self.namespace)] {
            if let Some(word) = word {
                what.push_str(before);
                what.push_str(word);
            }
        }
        what
    }

    fn is_secret(&self) -> bool {
        ObjectId::new(self.kind, self.namespace, self.name.unwrap_or_default()).is_secret()
    }

    /// The RBAC rule without which this is forbidden.
    fn rule(&self) -> String {
        let role = match self.namespace {
            Some(namespace) => format!("a Role in {namespace}"),
            None => "a ClusterRole".into(),
        };
        format!(
            "{role} would allow it with the rule {{apiGroups: [{:?}], resources: [{:?}], verbs: [{:?}]}}",
            self.kind.group, self.resource.plural, self.verb
        )
    }
}

/// `metav1.Status`, as far as it decides anything.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Status {
    kind: String,
    message: String,
    reason: String,
    details: Details,
    metadata: StatusMeta,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    name: String,
    causes: Vec<Cause>,
    retry_after_seconds: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cause {
    reason: String,
    field: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusMeta {
    #[serde(rename = "continue")]
    next: String,
}

impl Status {
    /// The Status in an answer, where there is one.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        if media_type(&answer.content_type) != "application/json" {
            return None;
        }
        serde_json::from_slice::<Self>(&answer.body).ok().filter(|status| status.kind == "Status")
    }

    /// Whether it says that this very object is not there. A 404 for anything else (the kind, the namespace, a wrong
    /// address) says nothing about the object.
    pub(super) fn denies(&self, name: &str) -> bool {
        self.reason == "NotFound" && self.details.name == name
    }

    /// Whether it is about who asks, and not about the object: RBAC, its rule that nobody grants what he has not, or an
    /// admission policy.
    pub(super) fn is_about_access(&self) -> bool {
        let words = ["attempting to grant RBAC permissions not currently held", "ValidatingAdmissionPolicy"];
        is_rbac(self) || words.iter().any(|words| self.message.contains(words))
    }

    /// The token with which an expired list goes on, where the server offers one.
    pub(super) fn next(&self) -> Option<&str> {
        Some(self.metadata.next.as_str()).filter(|next| !next.is_empty())
    }
}

/// The error that an answer means.
pub(super) fn from_answer(subject: &Subject<'_>, answer: &Answer) -> Error {
    let status = Status::of(answer);
    let kind = kind(answer.status, status.as_ref());
    let asked = status.as_ref().map_or(0, |status| status.details.retry_after_seconds);
    Error {
        kind,
        what: subject.what(),
        message: message(subject, answer, kind, status.as_ref()),
        retry_after: answer.retry_after.or((asked > 0).then(|| Duration::from_secs(asked))),
        remedy: remedy(subject, kind),
    }
}

fn kind(code: StatusCode, status: Option<&Status>) -> ErrorKind {
    let none = Status::default();
    let status = status.unwrap_or(&none);
    let about = |field: &str| status.details.causes.iter().any(|cause| cause.field == field);
    match code.as_u16() {
        401 => ErrorKind::Unauthorized,
        403 if is_rbac(status) => ErrorKind::Forbidden,
        // The namespace is being deleted: that began after it was looked at.
        403 if status.details.causes.iter().any(|cause| cause.reason == "NamespaceTerminating") => ErrorKind::Conflict,
        // Admission: a quota, Pod Security or a webhook refuses this object, whoever sends it.
        403 if !status.kind.is_empty() => ErrorKind::Invalid,
        403 => ErrorKind::Forbidden,
        404 if status.details.name.is_empty() => ErrorKind::NotServed,
        404 => ErrorKind::NotFound,
        // The name is taken by an object with another uid.
        422 if about("metadata.uid") => ErrorKind::Conflict,
        409 => ErrorKind::Conflict,
        410 => ErrorKind::Expired,
        400 | 405 | 406 | 413 | 415 | 422 => ErrorKind::Invalid,
        // Server-side apply's own faults with the object come as 500 without a reason.
        500 if is_unmergeable(&status.message) => ErrorKind::Invalid,
        429 | 500 | 502 | 503 | 504 => ErrorKind::Retry,
        _ => ErrorKind::Other,
    }
}

fn is_rbac(status: &Status) -> bool {
    status.message.contains("forbidden: User \"")
}

fn is_unmergeable(message: &str) -> bool {
    ["failed to create typed", "failed to convert new object", "error decoding from json", "duplicate entries for key"]
        .iter()
        .any(|words| message.contains(words))
}

fn message(subject: &Subject<'_>, answer: &Answer, kind: ErrorKind, status: Option<&Status>) -> String {
    match (kind, status) {
        (ErrorKind::Unauthorized, _) => "the server does not accept these credentials".into(),
        (ErrorKind::Forbidden, status) => {
            // What a server says of a Secret may quote it; of a whole collection it has nothing to quote.
            let may_say = subject.name.is_none() || !subject.is_secret();
            status.filter(|_| may_say).map_or_else(|| "this account may not".into(), |status| status.message.clone())
        }
        (ErrorKind::NotServed, _) => format!("the server does not serve {}", subject.kind),
        (_, None) => unspoken(answer),
        (_, Some(status)) if subject.is_secret() => without_values(answer, status),
        (_, Some(status)) => status.message.clone(),
    }
}

fn remedy(subject: &Subject<'_>, kind: ErrorKind) -> Option<String> {
    match kind {
        ErrorKind::Forbidden => Some(subject.rule()),
        ErrorKind::Unauthorized => Some("log in again, or renew the token in the kubeconfig".into()),
        _ => None,
    }
}

/// For an answer that no API server would give.
fn unspoken(answer: &Answer) -> String {
    match media_type(&answer.content_type) {
        "" => format!("HTTP {}", answer.status),
        media_type => format!("HTTP {} ({media_type})", answer.status),
    }
}

/// A server's own words about a Secret may quote its values, so only the fields that it names are passed on.
fn without_values(answer: &Answer, status: &Status) -> String {
    let reason = if status.reason.is_empty() { answer.status.to_string() } else { status.reason.clone() };
    let mut fields: Vec<&str> = status.details.causes.iter().map(|cause| cause.field.as_str()).collect();
    fields.retain(|field| !field.is_empty());
    fields.dedup();
    let at = if fields.is_empty() { String::new() } else { format!(" at {}", fields.join(", ")) };
    format!("{reason}{at} (what the server says about a Secret may quote its values, and is left out)")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::manifest::builtin;

    fn answer(code: u16, body: &Value) -> Answer {
        Answer {
            status: StatusCode::from_u16(code).unwrap(),
            content_type: "application/json".into(),
            retry_after: None,
            body: body.to_string().into(),
        }
    }

    fn error(kind: &str, code: u16, reason: &str, message: &str, details: &Value) -> Error {
        let kind = Kind::new("v1", kind);
        let resource = builtin(&kind).unwrap();
        let subject =
            Subject { verb: "patch", kind: &kind, resource: &resource, namespace: Some("ns"), name: Some("it") };
        let body = json!({"kind": "Status", "reason": reason, "message": message, "details": details});
        from_answer(&subject, &answer(code, &body))
    }

    #[test]
    fn kinds_of_faults() {
        let kind_of = |code, reason: &str, message: &str, details: Value| {
            error("ConfigMap", code, reason, message, &details).kind
        };
        let named = json!({"name": "it", "kind": "configmaps"});
        let uid = json!({"name": "it", "causes": [{"field": "metadata.uid", "reason": "FieldValueInvalid"}]});
        assert_eq!(kind_of(422, "Invalid", "metadata.uid: field is immutable", uid), ErrorKind::Conflict);
        assert_eq!(kind_of(422, "Invalid", "spec.x", named.clone()), ErrorKind::Invalid);
        assert_eq!(kind_of(409, "AlreadyExists", "already exists", named.clone()), ErrorKind::Conflict);
        assert_eq!(kind_of(404, "NotFound", "not found", named.clone()), ErrorKind::NotFound);
        assert_eq!(kind_of(404, "NotFound", "the requested resource", json!({})), ErrorKind::NotServed);
        assert_eq!(kind_of(500, "", "failed to create typed patch object (a): x", json!({})), ErrorKind::Invalid);
        assert_eq!(
            kind_of(500, "InternalError", "failed calling webhook: context deadline exceeded", json!({})),
            ErrorKind::Retry
        );
        assert_eq!(kind_of(403, "Forbidden", "x is forbidden: exceeded quota", named), ErrorKind::Invalid);
        let ending = json!({"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]});
        assert_eq!(kind_of(403, "Forbidden", "being terminated", ending), ErrorKind::Conflict);
    }

    #[test]
    fn forbidden_names_the_rule() {
        let said = r#"configmaps "it" is forbidden: User "bob" cannot patch resource "configmaps" in API group """#;
        let error = error("ConfigMap", 403, "Forbidden", said, &json!({"name": "it"}));
        assert_eq!(error.kind, ErrorKind::Forbidden);
        assert_eq!(error.what, "patch configmaps it in ns");
        assert!(error.message.contains("bob"), "{error}");
        let remedy = error.remedy.clone().unwrap();
        assert_eq!(error.with_remedy(), format!("{error}; {remedy}"));
        let rule = r#"a Role in ns would allow it with the rule {apiGroups: [""], resources: ["configmaps"], verbs: ["patch"]}"#;
        assert_eq!(remedy, rule);
    }

    #[test]
    fn a_secrets_values_are_never_quoted() {
        for code in [400, 403, 409, 422, 500, 503] {
            let details = json!({"name": "it", "causes": [{"field": "data.key", "message": "hunter2"}]});
            let error = error("Secret", code, "Invalid", "bad value \"hunter2\"", &details);
            assert!(!error.to_string().contains("hunter2"), "{error}");
            assert!(error.message.contains("data.key"), "{error}");
        }
    }

    #[test]
    fn an_answer_that_is_no_status_is_not_quoted() {
        let kind = Kind::new("v1", "ConfigMap");
        let resource = builtin(&kind).unwrap();
        let subject = Subject { verb: "list", kind: &kind, resource: &resource, namespace: None, name: None };
        let page = Answer {
            status: StatusCode::BAD_GATEWAY,
            content_type: "text/html; charset=utf-8".into(),
            retry_after: None,
            body: "<html>".into(),
        };
        let error = from_answer(&subject, &page);
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Retry, "HTTP 502 Bad Gateway (text/html)"));
    }
}
