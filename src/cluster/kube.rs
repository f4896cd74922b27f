//! The adapter for a Kubernetes API server.
//!
//! Requests are built here and sent raw, so that a list can be asked for in the one form that is cheap: metadata alone,
//! in protobuf, a page at a time.

mod config;
mod decode;
mod discovery;
mod errors;
mod inside;
mod list;
mod proto;
mod proxy;
mod settling;
mod transport;
mod url;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use http::{Method, StatusCode};
use jiff::Timestamp;
use prost::bytes::Bytes;
use serde_json::{Value, json};

pub use config::KubeConnect;
use errors::{Status, Subject, from_answer};
use settling::Settling;
use transport::{Answer, Ask, Repeat, Transport};
pub(crate) use url::without_login;

use super::inside::Inside;
use super::{Apply, Cluster, Error, ErrorKind, Lock, Log, Propagation, Query, Served, Sink, Target};
use crate::manifest::{Kind, ObjectId, namespaces, pods};
use crate::plan::Meta;

const JSON: &str = "application/json";
/// A version that no object ever has: the store's first revision is its own.
const NO_VERSION: &str = "1";
/// How often a list is begun whose continue token expires.
const LISTS: usize = 3;
/// The most bytes of a log that are read.
const LOG: &str = "65536";

/// A Kubernetes API server.
pub struct Kube {
    transport: Arc<Transport>,
    settling: Settling,
    context: Option<String>,
    description: String,
}

impl Kube {
    /// Finds the cluster and the credentials for it. Nothing is asked of the server yet (an exec plugin is run).
    ///
    /// # Errors
    /// No kubeconfig, one that cannot be read, a context that is not in it, credentials that cannot be had.
    pub async fn connect(wanted: &KubeConnect) -> Result<Self, Error> {
        let found = config::find(wanted).await?;
        Ok(Self {
            transport: Arc::new(Transport::new(found.client)),
            settling: Settling::default(),
            context: found.context,
            description: found.description,
        })
    }

    async fn send(&self, subject: &Subject<'_>, ask: &Ask) -> Result<Answer, Error> {
        loop {
            let answer = self.transport.send(ask, &subject.what()).await?;
            let Some(pause) = self.settling.pause(subject, &answer) else { return Ok(answer) };
            tracing::debug!(what = subject.what(), ?pause, "not allowed yet: sent again after a pause");
            tokio::time::sleep(pause).await;
        }
    }

    /// As [`Self::object`], of a request that writes it.
    async fn written(&self, verb: &'static str, target: &Target<'_>, ask: &Ask) -> Result<Value, Error> {
        let object = self.object(&Subject::object(verb, target), ask).await?;
        self.settling.wrote(target);
        Ok(object)
    }

    /// The body of an answer that is one whole object.
    async fn object(&self, subject: &Subject<'_>, ask: &Ask) -> Result<Value, Error> {
        let answer = self.send(subject, ask).await?;
        if !answer.status.is_success() {
            return Err(from_answer(subject, &answer));
        }
        whole(subject, &answer)
    }

    async fn json_patch(&self, target: &Target<'_>, patch: &Value, query: &[(&str, &str)]) -> Result<Value, Error> {
        let ask = Ask {
            method: Method::PATCH,
            path: url::with_query(location(target), query),
            accept: JSON,
            content_type: "application/json-patch+json",
            body: patch.to_string().into(),
            repeat: Repeat::IfNotBegun,
        };
        self.object(&Subject::object("patch", target), &ask).await
    }

    /// GET of one object; `None` where the server says that this very object is not there.
    async fn find(&self, target: &Target<'_>, accept: &'static str) -> Result<Option<Answer>, Error> {
        let subject = Subject::object("get", target);
        let answer = self.send(&subject, &Ask::get(location(target), accept)).await?;
        if answer.status.is_success() {
            return Ok(Some(answer));
        }
        if answer.status == StatusCode::NOT_FOUND && Status::of(&answer).is_some_and(|s| s.denies(&target.id.name)) {
            return Ok(None);
        }
        Err(from_answer(&subject, &answer))
    }
}

impl Kube {
    /// A page of whole objects, and the token of the next; empty at the end.
    async fn page(&self, query: &Query<'_>, next: &str) -> Result<(Vec<Value>, String), Error> {
        let Query { kind, resource, namespace, selector } = *query;
        let subject = Subject { verb: "list", kind, resource, namespace, name: None };
        let path = url::path(kind, resource, namespace, None);
        let limit = super::MOST.to_string();
        let path = url::with_query(path, &[("labelSelector", selector), ("limit", &limit), ("continue", next)]);
        let answer = self.send(&subject, &Ask::get(path, JSON)).await?;
        if !answer.status.is_success() {
            return Err(from_answer(&subject, &answer));
        }
        let mut list: Value = serde_json::from_slice(&answer.body).map_err(|error| {
            Error::new(ErrorKind::Other, subject.what(), decode::Undecodable::from(error).to_string())
        })?;
        let next = list.pointer("/metadata/continue").and_then(Value::as_str).unwrap_or_default().to_owned();
        match list.as_object_mut().and_then(|list| list.remove("items")) {
            Some(Value::Array(mut items)) => {
                // What is in a list does not say of what kind it is.
                for item in items.iter_mut().filter_map(Value::as_object_mut) {
                    item.insert("apiVersion".into(), json!(kind.api_version()));
                    item.insert("kind".into(), json!(kind.kind));
                }
                Ok((items, next))
            }
            Some(Value::Null) => Ok((Vec::new(), next)),
            _ => Err(Error::new(ErrorKind::Other, subject.what(), "the answer is no list")),
        }
    }
}

fn location(target: &Target<'_>) -> String {
    url::path(target.kind, target.resource, target.id.namespace.as_deref(), Some(&target.id.name))
}

fn whole(subject: &Subject<'_>, answer: &Answer) -> Result<Value, Error> {
    let unreadable = |error: decode::Undecodable| Error::new(ErrorKind::Other, subject.what(), error.to_string());
    let media_type = decode::media_type(&answer.content_type);
    if media_type != JSON {
        return Err(unreadable(decode::unexpected(media_type)));
    }
    let object: Value = serde_json::from_slice(&answer.body).map_err(|error| unreadable(error.into()))?;
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    if kind != subject.kind.kind {
        return Err(unreadable(decode::Undecodable::new(format!("it is a {kind:?}, not a {}", subject.kind.kind))));
    }
    Ok(object)
}

#[async_trait]
impl Cluster for Kube {
    fn describe(&self) -> &str {
        &self.description
    }

    fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    fn keeps_events(&self) -> bool {
        true
    }

    fn keeps_status(&self) -> bool {
        true
    }

    fn inside(&self) -> Option<&dyn Inside> {
        Some(self)
    }

    /// The uid of the namespace that every cluster has, and nobody can delete.
    async fn identity(&self) -> Result<String, Error> {
        let (kind, resource) = namespaces();
        let id = ObjectId::namespace("kube-system");
        match self.metadata(&Target { kind: &kind, resource: &resource, id: &id }).await? {
            Some(meta) => Ok(meta.uid),
            None => Err(Error::new(
                ErrorKind::NotFound,
                "get namespaces kube-system",
                "there is none, so this cluster cannot be told from others",
            )),
        }
    }

    async fn version(&self) -> Result<Option<String>, Error> {
        let what = "ask for the version";
        let answer = self.transport.send(&Ask::get("/version".into(), JSON), what).await?;
        if !answer.status.is_success() {
            let kind =
                if answer.status == StatusCode::UNAUTHORIZED { ErrorKind::Unauthorized } else { ErrorKind::Other };
            return Err(Error::new(kind, what, format!("HTTP {}", answer.status)));
        }
        let version: Value = serde_json::from_slice(&answer.body)
            .map_err(|error| Error::new(ErrorKind::Other, what, decode::Undecodable::from(error).to_string()))?;
        Ok(version["gitVersion"].as_str().map(str::to_owned))
    }

    async fn clock(&self) -> Result<Option<Timestamp>, Error> {
        if let Some(now) = self.transport.clock() {
            return Ok(Some(now));
        }
        let what = "ask for the time";
        self.transport.send(&Ask::get("/version".into(), JSON), what).await?;
        match self.transport.clock() {
            Some(now) => Ok(Some(now)),
            None => Err(Error::new(ErrorKind::Other, what, "the server's answers have no Date header")),
        }
    }

    async fn resources(&self, kinds: &BTreeSet<Kind>) -> Result<Served, Error> {
        Ok(discovery::resources(&self.transport, kinds).await)
    }

    /// Lists are consistent reads (no `resourceVersion`): a run sees what the run before it wrote. Servers since 1.31
    /// answer them from memory all the same.
    ///
    /// Where a continue token expires half-way, the list goes on with the token that the server offers instead: from
    /// the next name, at a newer version. So each object still comes once, as it was at some instant during the list,
    /// which is all that lists of several kinds can promise together. Where it offers none, the error is
    /// [`ErrorKind::Expired`], and the caller may begin again with nothing collected.
    async fn list(&self, query: &Query<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        list::list(&self.transport, query, sink).await
    }

    async fn metadata(&self, target: &Target<'_>) -> Result<Option<Meta>, Error> {
        let Some(answer) = self.find(target, decode::ACCEPT_OBJECT).await? else { return Ok(None) };
        decode::object(&answer.content_type, &answer.body)
            .map(Some)
            .map_err(|error| Error::new(ErrorKind::Other, Subject::object("get", target).what(), error.to_string()))
    }

    async fn get(&self, target: &Target<'_>) -> Result<Option<Value>, Error> {
        let Some(answer) = self.find(target, JSON).await? else { return Ok(None) };
        whole(&Subject::object("get", target), &answer).map(Some)
    }

    async fn objects(&self, query: &Query<'_>) -> Result<Vec<Value>, Error> {
        self.page(query, "").await.map(|(objects, _)| objects)
    }

    /// One whose continue token expires half-way is begun anew.
    async fn every(&self, query: &Query<'_>) -> Result<Vec<Value>, Error> {
        let (mut all, mut next, mut begun) = (Vec::new(), String::new(), 1);
        loop {
            match self.page(query, &next).await {
                Ok((objects, more)) => {
                    all.extend(objects);
                    if more.is_empty() {
                        return Ok(all);
                    }
                    next = more;
                }
                Err(error) if error.kind == ErrorKind::Expired && begun < LISTS => {
                    all.clear();
                    next.clear();
                    begun += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn log(&self, log: &Log<'_>) -> Result<String, Error> {
        let (kind, resource) = pods();
        let id = ObjectId::new(&kind, Some(log.namespace), log.pod);
        let target = Target { kind: &kind, resource: &resource, id: &id };
        let lines = log.lines.to_string();
        let previous = if log.previous { "true" } else { "" };
        let query = [("container", log.container), ("tailLines", &lines), ("limitBytes", LOG), ("previous", previous)];
        let path = url::with_query(location(&target) + "/log", &query);
        let subject = Subject::object("get", &target);
        let answer = self.send(&subject, &Ask::get(path, "*/*")).await?;
        if !answer.status.is_success() {
            return Err(from_answer(&subject, &answer));
        }
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    fn lock(&self, _fleet_id: &str) -> Result<Lock, Error> {
        Ok(Lock::ByLease)
    }

    async fn create(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        let path = url::path(target.kind, target.resource, target.id.namespace.as_deref(), None);
        let ask = Ask {
            method: Method::POST,
            path: url::with_query(path, &[("fieldManager", manager), STRICT]),
            accept: JSON,
            content_type: JSON,
            body: body.to_string().into(),
            repeat: Repeat::IfNotBegun,
        };
        self.written("create", target, &ask).await
    }

    /// A version makes an apply to an absent object create it, and be refused where there is one of another version
    /// (seen).
    async fn make(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        let apply = Apply { body, manager, uid: None, resource_version: Some(NO_VERSION), dry_run: false };
        self.apply(target, &apply).await
    }

    async fn apply(&self, target: &Target<'_>, apply: &Apply<'_>) -> Result<Value, Error> {
        let dry_run = if apply.dry_run { "All" } else { "" };
        let query = [("fieldManager", apply.manager), ("force", "true"), ("dryRun", dry_run), STRICT];
        // A second send after a lost answer would meet the version that the first one made.
        let once = apply.resource_version.is_some() && !apply.dry_run;
        let ask = Ask {
            method: Method::PATCH,
            path: url::with_query(location(target), &query),
            accept: JSON,
            content_type: "application/apply-patch+yaml",
            body: with_preconditions(apply),
            repeat: if once { Repeat::IfNotBegun } else { Repeat::Safe },
        };
        if apply.dry_run {
            return self.object(&Subject::object("patch", target), &ask).await;
        }
        self.written("patch", target, &ask).await
    }

    async fn apply_status(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        let ask = Ask {
            method: Method::PATCH,
            path: url::with_query(format!("{}/status", location(target)), &[("fieldManager", manager), STRICT]),
            accept: JSON,
            content_type: "application/apply-patch+yaml",
            body: body.to_string().into(),
            repeat: Repeat::Safe,
        };
        self.written("patch", target, &ask).await
    }

    async fn patch(&self, target: &Target<'_>, patch: &Value, manager: &str) -> Result<Value, Error> {
        self.json_patch(target, patch, &[("fieldManager", manager), STRICT]).await
    }

    async fn try_patch(&self, target: &Target<'_>, patch: &Value, manager: &str) -> Result<Value, Error> {
        self.json_patch(target, patch, &[("fieldManager", manager), ("dryRun", "All"), STRICT]).await
    }

    async fn delete(&self, target: &Target<'_>, uid: &str, propagation: Propagation) -> Result<(), Error> {
        let policy = match propagation {
            Propagation::Background | Propagation::Within(_) => "Background",
            Propagation::Foreground => "Foreground",
        };
        let mut options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": {"uid": uid}, "propagationPolicy": policy,
        });
        if let Propagation::Within(seconds) = propagation {
            options["gracePeriodSeconds"] = json!(seconds);
        }
        let ask = Ask {
            method: Method::DELETE,
            path: location(target),
            accept: JSON,
            content_type: JSON,
            body: options.to_string().into(),
            repeat: Repeat::Safe,
        };
        let subject = Subject::object("delete", target);
        let answer = self.send(&subject, &ask).await?;
        let gone =
            answer.status == StatusCode::NOT_FOUND && Status::of(&answer).is_some_and(|s| s.denies(&target.id.name));
        if answer.status.is_success() || gone { Ok(()) } else { Err(from_answer(&subject, &answer)) }
    }
}

/// Unknown and duplicate fields are errors for custom resources too; the server would drop them in silence, and their
/// manifests would look changed for ever.
const STRICT: (&str, &str) = ("fieldValidation", "Strict");

fn with_preconditions(apply: &Apply<'_>) -> Bytes {
    let mut body = apply.body.clone();
    let metadata = body.as_object_mut().map(|body| body.entry("metadata").or_insert_with(|| json!({})));
    if let Some(metadata) = metadata.and_then(Value::as_object_mut) {
        for (key, value) in [("uid", apply.uid), ("resourceVersion", apply.resource_version)] {
            if let Some(value) = value {
                metadata.insert(key.into(), json!(value));
            }
        }
    }
    body.to_string().into()
}
