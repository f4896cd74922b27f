//! A cluster of which each write is noted, before it is sent and when it is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{Apply, Cluster, Error, ErrorKind, Lock, Log, Propagation, Query, Served, Sink, Target, metadata_of};
use crate::audit::{self, Draft, Object, Outcome, Said, Ticket, Who, cut};
use crate::manifest::{ANNOTATION_HASH, Kind, LABEL_SANDBOX, ObjectId, Resource, Scope};
use crate::plan::Meta;
use crate::report::{FingerprintKey, mask};

/// What stands on each line of a run.
#[derive(Clone, Debug)]
pub struct About {
    /// The run's id.
    pub run: String,
    /// Who runs it.
    pub who: Who,
    /// The fleet's name.
    pub fleet: String,
    /// Its id.
    pub fleet_id: String,
    /// The commit.
    pub commit: Option<String>,
    /// Sandboxes by their namespaces.
    pub sandboxes: BTreeMap<String, String>,
    /// By what hashes of Secrets are told apart.
    pub key: FingerprintKey,
}

/// A cluster, and the audit of what is written to it.
pub struct Audited {
    inner: Arc<dyn Cluster>,
    log: audit::Log,
    about: About,
    /// What was last read of objects, for the line of the write that follows.
    read: Mutex<BTreeMap<ObjectId, Read>>,
    account: OnceCell<Option<String>>,
}

/// What of an object stands on the line.
#[derive(Clone, Debug, Default)]
struct Read {
    hash: Option<String>,
    sandbox: Option<String>,
}

/// A write, while it is under way.
struct Under<'a> {
    target: &'a Target<'a>,
    ticket: Ticket<'a>,
}

impl Audited {
    /// Notes what is written to a cluster from now on.
    pub fn new(inner: Arc<dyn Cluster>, log: audit::Log, about: About) -> Self {
        Self { inner, log, about, read: Mutex::default(), account: OnceCell::new() }
    }

    fn reads(&self) -> MutexGuard<'_, BTreeMap<ObjectId, Read>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An object as it is now, or (`None`) that it is not there.
    fn learn(&self, target: &Target<'_>, meta: Option<&Meta>) -> Read {
        let read = meta.map(|meta| Read {
            hash: meta.annotations.get(ANNOTATION_HASH).map(|hash| self.shown(target.id, hash)),
            sandbox: meta.sandbox().map(str::to_owned),
        });
        let read = read.unwrap_or_default();
        self.reads().insert(target.id.clone(), read.clone());
        read
    }

    /// A hash as it may stand in a file: that of a Secret could be held against guesses.
    fn shown(&self, id: &ObjectId, hash: &str) -> String {
        if !id.is_secret() {
            return cut(hash);
        }
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"namespace": id.namespace, "name": id.name, "annotations": {ANNOTATION_HASH: hash}},
        });
        let masked = mask(secret, &self.about.key);
        masked["metadata"]["annotations"][ANNOTATION_HASH].as_str().unwrap_or_default().to_owned()
    }

    /// Whose sandbox a write is for.
    fn sandbox(&self, target: &Target<'_>, body: Option<&Value>, before: &Read) -> Option<String> {
        let labels = body.and_then(|body| body.pointer("/metadata/labels"));
        let label = labels.and_then(|labels| labels.get(LABEL_SANDBOX)).and_then(Value::as_str);
        let is_namespace = *target.id == ObjectId::namespace(&target.id.name);
        // An Event on a sandbox's Namespace lies elsewhere.
        let regarding = body.and_then(|body| body.pointer("/regarding/name")).and_then(Value::as_str);
        let namespace = if is_namespace { Some(target.id.name.as_str()) } else { target.id.namespace.as_deref() };
        let of = |namespace: &str| self.about.sandboxes.get(namespace).cloned();
        let of_namespace = || regarding.and_then(of).or_else(|| namespace.and_then(of));
        label.map(str::to_owned).or_else(|| before.sandbox.clone()).or_else(of_namespace)
    }

    /// Notes what is about to be sent.
    ///
    /// # Errors
    /// Where it cannot be noted: then it is not sent.
    async fn begin<'a>(
        &'a self,
        verb: &str,
        target: &'a Target<'a>,
        body: Option<&Value>,
        manager: Option<&str>,
    ) -> Result<Under<'a>, Error> {
        let before = self.reads().get(target.id).cloned().unwrap_or_default();
        let draft = Draft {
            account: self.account.get_or_init(|| self.ask_account()).await.clone(),
            fleet: self.about.fleet.clone(),
            fleet_id: self.about.fleet_id.clone(),
            commit: self.about.commit.clone(),
            cluster: self.inner.describe().to_owned(),
            sandbox: self.sandbox(target, body, &before),
            verb: verb.to_owned(),
            manager: manager.map(str::to_owned),
            object: Object {
                api_version: target.kind.api_version(),
                kind: target.kind.kind.clone(),
                namespace: target.id.namespace.clone(),
                name: target.id.name.clone(),
            },
            before: before.hash,
        };
        let ticket = self.log.begin(&self.about.run, &self.about.who, draft).await.map_err(|error| {
            let what = format!("note in the audit that {} is written", target.id);
            let mut error = Error::new(ErrorKind::Unaudited, what, error.to_string());
            error.remedy = Some("it was not written: nothing is, without the audit; see to its file".into());
            error
        })?;
        Ok(Under { target, ticket })
    }

    /// Notes what came of it; `after` is what the object's hash is then.
    async fn end<T>(&self, under: Under<'_>, answer: Result<T, Error>, after: Option<String>) -> Result<T, Error> {
        let said = match &answer {
            Ok(_) => Said { after, outcome: Outcome::Done, error: None },
            Err(error) => {
                let is_unknown = matches!(error.kind, ErrorKind::Unreachable | ErrorKind::Retry);
                let outcome = if is_unknown { Outcome::Unknown } else { Outcome::Failed };
                Said { after: None, outcome, error: Some(cut(&error.to_string())) }
            }
        };
        if let Err(error) = under.ticket.settle(said).await {
            tracing::error!(object = %under.target.id, %error, "what came of a write cannot be noted in the audit");
        }
        answer
    }

    async fn whole(&self, under: Under<'_>, answer: Result<Value, Error>) -> Result<Value, Error> {
        let meta = answer.as_ref().ok().map(metadata_of);
        let after = meta.and_then(|meta| self.learn(under.target, Some(&meta)).hash);
        self.end(under, answer, after).await
    }

    /// Who the cluster says that this is. Asked once, before the first write; nothing is kept of it there.
    async fn ask_account(&self) -> Option<String> {
        let kind = Kind::new("authentication.k8s.io/v1", "SelfSubjectReview");
        let resource = Resource { plural: "selfsubjectreviews".into(), scope: Scope::Cluster };
        let id = ObjectId::new(&kind, None, "");
        let target = Target { kind: &kind, resource: &resource, id: &id };
        let body = json!({"apiVersion": kind.api_version(), "kind": kind.kind, "metadata": {}});
        let answer = self.inner.create(&target, &body, crate::manifest::MANAGER).await;
        // A cluster that does not say (a folder, an old server) is none the worse for it.
        answer.ok()?.pointer("/status/userInfo/username").and_then(Value::as_str).map(cut)
    }
}

#[async_trait]
impl Cluster for Audited {
    fn describe(&self) -> &str {
        self.inner.describe()
    }

    fn context(&self) -> Option<&str> {
        self.inner.context()
    }

    fn keeps_events(&self) -> bool {
        self.inner.keeps_events()
    }

    fn keeps_status(&self) -> bool {
        self.inner.keeps_status()
    }

    async fn identity(&self) -> Result<String, Error> {
        self.inner.identity().await
    }

    async fn clock(&self) -> Result<Option<Timestamp>, Error> {
        self.inner.clock().await
    }

    async fn resources(&self, kinds: &BTreeSet<Kind>) -> Result<Served, Error> {
        self.inner.resources(kinds).await
    }

    async fn list(&self, query: &Query<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        self.inner.list(query, sink).await
    }

    async fn metadata(&self, target: &Target<'_>) -> Result<Option<Meta>, Error> {
        let meta = self.inner.metadata(target).await?;
        self.learn(target, meta.as_ref());
        Ok(meta)
    }

    async fn get(&self, target: &Target<'_>) -> Result<Option<Value>, Error> {
        let object = self.inner.get(target).await?;
        self.learn(target, object.as_ref().map(metadata_of).as_ref());
        Ok(object)
    }

    async fn objects(&self, query: &Query<'_>) -> Result<Vec<Value>, Error> {
        self.inner.objects(query).await
    }

    async fn every(&self, query: &Query<'_>) -> Result<Vec<Value>, Error> {
        self.inner.every(query).await
    }

    async fn log(&self, log: &Log<'_>) -> Result<String, Error> {
        self.inner.log(log).await
    }

    fn lock(&self, fleet_id: &str) -> Result<Lock, Error> {
        self.inner.lock(fleet_id)
    }

    async fn create(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        let under = self.begin("create", target, Some(body), Some(manager)).await?;
        let answer = self.inner.create(target, body, manager).await;
        self.whole(under, answer).await
    }

    async fn make(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        let under = self.begin("apply", target, Some(body), Some(manager)).await?;
        let answer = self.inner.make(target, body, manager).await;
        self.whole(under, answer).await
    }

    async fn apply(&self, target: &Target<'_>, apply: &Apply<'_>) -> Result<Value, Error> {
        if apply.dry_run {
            return self.inner.apply(target, apply).await;
        }
        let under = self.begin("apply", target, Some(apply.body), Some(apply.manager)).await?;
        let answer = self.inner.apply(target, apply).await;
        self.whole(under, answer).await
    }

    async fn apply_status(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        let under = self.begin("apply", target, Some(body), Some(manager)).await?;
        let answer = self.inner.apply_status(target, body, manager).await;
        self.whole(under, answer).await
    }

    async fn patch(&self, target: &Target<'_>, patch: &Value, manager: &str) -> Result<Value, Error> {
        let under = self.begin("patch", target, None, Some(manager)).await?;
        let answer = self.inner.patch(target, patch, manager).await;
        self.whole(under, answer).await
    }

    async fn try_patch(&self, target: &Target<'_>, patch: &Value, manager: &str) -> Result<Value, Error> {
        self.inner.try_patch(target, patch, manager).await
    }

    async fn delete(&self, target: &Target<'_>, uid: &str, propagation: Propagation) -> Result<(), Error> {
        let under = self.begin("delete", target, None, None).await?;
        let answer = self.inner.delete(target, uid, propagation).await;
        if answer.is_ok() {
            self.learn(target, None);
        }
        self.end(under, answer, None).await
    }
}
