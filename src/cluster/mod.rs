//! The cluster port: few verbs, and two adapters that have them. `kube` talks to an API server; `dir` keeps a cluster
//! as YAML files in a folder. One contract suite runs on both.

mod answers;
mod audited;
mod connect;
pub mod dir;
pub mod inside;
mod judge;
pub mod kube;
mod metadata;
mod namespace;
mod remains;
mod scrutiny;
mod survey;
mod withheld;

pub use answers::answer;
pub use audited::{About, Audited};
pub use metadata::of as metadata_of;
pub use remains::remains;
pub use survey::{Sources, Survey, Unknown, discover, list_all, survey};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;

use crate::manifest::{Kind, ObjectId, Resource};
use crate::plan::{Meta, Seen};

pub use connect::{ClusterSpec, connect};
use inside::Inside;
pub(crate) use kube::without_login;

/// What is asked of a cluster.
#[async_trait]
pub trait Cluster: Send + Sync {
    /// What the cluster is called, for people: a kubeconfig context and server, or `dir:PATH`.
    fn describe(&self) -> &str;

    /// The kubeconfig context in use, where there is one.
    fn context(&self) -> Option<&str>;

    /// Whether it keeps Events, by which people are told what happens to an object.
    fn keeps_events(&self) -> bool {
        false
    }

    /// Whether objects have a status that controllers keep, and that can be written ahead of them.
    fn keeps_status(&self) -> bool {
        false
    }

    /// What runs in it, where anything does.
    fn inside(&self) -> Option<&dyn Inside> {
        None
    }

    /// What tells this cluster from every other, and stays the same while it lives.
    async fn identity(&self) -> Result<String, Error>;

    /// What version the server says it is; `None` where there is no server.
    async fn version(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// The server's clock; `None` where the cluster has none of its own.
    async fn clock(&self) -> Result<Option<Timestamp>, Error>;

    /// How each kind is served. What could not be told of one kind says nothing of the others.
    async fn resources(&self, kinds: &BTreeSet<Kind>) -> Result<Served, Error>;

    /// The metadata of all objects of a kind that the query selects, each once, page by page as they arrive. A list that
    /// fails half-way is an error, whatever `sink` has seen.
    async fn list(&self, query: &Query<'_>, sink: &mut dyn Sink) -> Result<(), Error>;

    /// The metadata of one object; `None` only where the server says that there is none.
    async fn metadata(&self, target: &Target<'_>) -> Result<Option<Meta>, Error>;

    /// One whole object; `None` only where the server says that there is none.
    async fn get(&self, target: &Target<'_>) -> Result<Option<Value>, Error>;

    /// The whole objects of a kind that the query selects, up to [`MOST`]: for what people are told of one namespace.
    async fn objects(&self, query: &Query<'_>) -> Result<Vec<Value>, Error>;

    /// All whole objects of a kind that the query selects, page by page: for what people are told of a fleet.
    async fn every(&self, query: &Query<'_>) -> Result<Vec<Value>, Error>;

    /// The last lines that a container has written.
    async fn log(&self, log: &Log<'_>) -> Result<String, Error>;

    /// Keeps other runs of a fleet out, where the cluster can do so by itself; else a Lease has to.
    fn lock(&self, fleet_id: &str) -> Result<Lock, Error>;

    /// Makes an object that must not be there yet, and answers with it.
    async fn create(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error>;

    /// Server-side apply of an object that must not be there yet: it is made, and owned by that entry alone, or it is a
    /// conflict and nothing is changed. Answers with the object.
    async fn make(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error>;

    /// Server-side apply by `apply.manager`, forced; answers with the object as it is then (or, for a dry run, would be).
    async fn apply(&self, target: &Target<'_>, apply: &Apply<'_>) -> Result<Value, Error>;

    /// Server-side apply of an object's status, not forced: where another manager says otherwise it is a conflict. A cluster
    /// that keeps no such status refuses.
    async fn apply_status(&self, target: &Target<'_>, _body: &Value, _manager: &str) -> Result<Value, Error> {
        let what = format!("apply the status of {}", target.id);
        Err(Error::new(ErrorKind::NotServed, what, "this cluster has nobody who would keep it"))
    }

    /// A JSON patch (RFC 6902) of what apply cannot say.
    async fn patch(&self, target: &Target<'_>, patch: &Value, manager: &str) -> Result<Value, Error>;

    /// The object as such a patch would make it; nothing is changed.
    async fn try_patch(&self, target: &Target<'_>, patch: &Value, manager: &str) -> Result<Value, Error>;

    /// Asks for an object's deletion, if it still has this uid. Gone already is success.
    async fn delete(&self, target: &Target<'_>, uid: &str, propagation: Propagation) -> Result<(), Error>;
}

/// What becomes of what an object owns when it is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// It goes after it.
    Background,
    /// It goes before it, so that nothing of it is left when the object is gone.
    Foreground,
    /// It goes after it; and a pod has so many seconds to end, whatever it asks for.
    Within(u64),
}

/// What takes the objects of a list, as they arrive. Any closure that takes a [`Meta`] is one.
pub trait Sink: Send {
    /// Whether it can take objects yet. Until then a list may fetch ahead, within bounds.
    fn is_ready(&self) -> bool {
        true
    }

    /// Waits until it can.
    fn ready(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }

    /// A first look at an object, before anything of it is copied; whether that was enough.
    fn passes(&mut self, _seen: &Seen<'_>) -> bool {
        false
    }

    /// Takes an object.
    fn take(&mut self, meta: Meta);
}

impl<F: FnMut(Meta) + Send> Sink for F {
    fn take(&mut self, meta: Meta) {
        self(meta);
    }
}

/// How some kinds are served.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Served {
    /// Those that are, by a version that is: the one asked for, or where that is not served another of the same kind.
    pub resources: BTreeMap<Kind, Resource>,
    /// Those that are not, in the version asked for: nobody answers for their group, or it has no such version or kind.
    pub unserved: BTreeSet<Kind>,
    /// Those of which it could not be told, and why.
    pub unknown: BTreeMap<Kind, String>,
}

impl Served {
    /// Whether a kind was asked for.
    pub fn has(&self, kind: &Kind) -> bool {
        self.resources.contains_key(kind) || self.unserved.contains(kind) || self.unknown.contains_key(kind)
    }

    /// The answers about some kinds.
    #[must_use]
    pub fn only(mut self, kinds: &BTreeSet<Kind>) -> Self {
        // Another version than was asked for may be the one that is served.
        self.resources.retain(|served, _| kinds.iter().any(|kind| kind.same_store(served)));
        self.unserved.retain(|kind| kinds.contains(kind));
        self.unknown.retain(|kind, _| kinds.contains(kind));
        self
    }

    /// Takes the answers of another in.
    pub fn extend(&mut self, other: Served) {
        self.resources.extend(other.resources);
        self.unserved.extend(other.unserved);
        self.unknown.extend(other.unknown);
    }
}

/// How many objects are read whole at most.
pub const MOST: usize = 500;

/// Whose log is read.
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    /// The Pod's namespace.
    pub namespace: &'a str,
    /// The Pod.
    pub pod: &'a str,
    /// The container.
    pub container: &'a str,
    /// That of the container before this one, which has ended.
    pub previous: bool,
    /// So many lines at most.
    pub lines: usize,
}

/// Whether other runs are kept out.
#[derive(Debug)]
pub enum Lock {
    /// The cluster has no locks of its own: a Lease is taken.
    ByLease,
    /// They are, until this is dropped.
    Held(std::fs::File),
    /// Another run has it, as it has written down itself.
    Busy(String),
}

/// An object and how its kind is served.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The kind, with the version to speak.
    pub kind: &'a Kind,
    /// How it is asked for.
    pub resource: &'a Resource,
    /// The object.
    pub id: &'a ObjectId,
}

/// Which objects a list wants.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The kind, with the version to speak.
    pub kind: &'a Kind,
    /// How it is asked for.
    pub resource: &'a Resource,
    /// In one namespace, or (`None`) in all.
    pub namespace: Option<&'a str>,
    /// `key=value` label selector; empty for all objects.
    pub selector: &'a str,
}

/// One server-side apply.
#[derive(Clone, Copy, Debug)]
pub struct Apply<'a> {
    /// The object to apply.
    pub body: &'a Value,
    /// The field manager.
    pub manager: &'a str,
    /// Only if the object has this uid; `None` to make it where it is missing.
    pub uid: Option<&'a str>,
    /// Only if it is still at this version. With a version and no uid an absent object is made (seen), so never alone:
    /// that is [`Cluster::make`].
    pub resource_version: Option<&'a str>,
    /// Ask what would happen, and change nothing.
    pub dry_run: bool,
}

/// What went wrong with one request.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}: {message}")]
pub struct Error {
    /// The kind of fault, which decides what is done about it.
    pub kind: ErrorKind,
    /// What was asked, such as `list deployments.apps`.
    pub what: String,
    /// What the server, or the way to it, answered; never a body that may hold a secret.
    pub message: String,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// What to do about it, where that is known, such as the rule of a Role that would allow it.
    pub remedy: Option<String>,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// No answer: connection, name, TLS, timeout, a body cut short.
    Unreachable,
    /// 401: no valid credentials.
    Unauthorized,
    /// 403 by authorization: this account may not.
    Forbidden,
    /// 404 where something had to be there.
    NotFound,
    /// The kind is not served (any more).
    NotServed,
    /// 409, a uid or version that is another one by now: it changed in between, or is there already, or its namespace
    /// is being deleted.
    Conflict,
    /// 422, 400, 'failed to create typed patch object', and what admission refuses (quota, Pod Security, a webhook): the
    /// object itself is wrong here, and stays so.
    Invalid,
    /// 410: the continue token of a paged list has expired.
    Expired,
    /// 429, 500, 502, 503, 504: again later.
    Retry,
    /// It could not be noted in the audit, and so was not sent.
    Unaudited,
    /// Anything else.
    Other,
}

impl Error {
    /// The error in one line, with what to do about it.
    pub fn with_remedy(&self) -> String {
        self.remedy.as_ref().map_or_else(|| self.to_string(), |remedy| format!("{self}; {remedy}"))
    }

    /// An error of one kind.
    pub fn new(kind: ErrorKind, what: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, what: what.into(), message: message.into(), retry_after: None, remedy: None }
    }
}
