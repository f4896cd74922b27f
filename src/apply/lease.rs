//! The fleet's Lease: of two runs that have something to do, one waits for the other or leaves.
//!
//! It is taken by whoever carries out a plan, renewed while that lasts, and given back at the end. That of a run that died
//! lapses by itself. Times are the API server's, so that the clocks of two machines need not agree.
//!
//! Each shard has one of its own. Whoever has taken a Lease then looks for those of others that have sandboxes in common
//! with it, and gives way where there is one: of two that come at once at least one sees the other.

use std::time::Duration;

use futures::future::join;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::notes::{NAMESPACE, make_namespace};
use super::stop::Stop;
use crate::access::lease_of;
use crate::cluster::{Apply, Cluster, Error, ErrorKind, Lock, Query, Target, list_all};
use crate::manifest::{Kind, MANAGER, ObjectId, Resource, Scope, Shard};

/// A Lease that was not renewed for so long has lapsed.
const DURATION: SignedDuration = SignedDuration::from_secs(15);
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(4);
/// A renewal without an answer by then has failed.
const ANSWER: Duration = Duration::from_secs(5);
/// The server tells its time in whole seconds.
const TICK: SignedDuration = SignedDuration::from_secs(2);
/// How often is looked whether it is free.
const LOOK: Duration = Duration::from_millis(500);

/// What a Lease is for: a fleet, or a shard of it.
#[derive(Clone, Copy, Debug)]
pub struct Realm<'a> {
    /// The fleet's id.
    pub fleet_id: &'a str,
    /// Its part.
    pub shard: Option<Shard>,
}

impl Realm<'_> {
    fn lease(self) -> String {
        lease_of(self.fleet_id, self.shard)
    }

    /// The realm in the same fleet whose Lease has this name.
    fn called(self, name: &str) -> Option<Self> {
        let shard = || {
            let (index, rest) = name.strip_prefix("shard-")?.split_once("-of-")?;
            let (count, _) = rest.split_once('-')?;
            format!("{index}/{count}").parse().ok()
        };
        let realm = Self { shard: shard(), ..self };
        (realm.lease() == name).then_some(realm)
    }

    fn overlaps(self, other: Self) -> bool {
        self.shard.zip(other.shard).is_none_or(|(one, other)| one.overlaps(other))
    }
}

/// A run's right to change what is the fleet's.
pub struct Lease<'a> {
    cluster: &'a dyn Cluster,
    realm: Realm<'a>,
    id: ObjectId,
    kind: Kind,
    resource: Resource,
    holder: String,
    /// Where the cluster keeps other runs out by itself.
    lock: Option<std::fs::File>,
}

/// Who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The run: machine, process and a random number.
    pub name: String,
    /// When it took it.
    pub since: Option<Timestamp>,
}

/// The Lease, and whether another run was waited for, so that what was planned before may be stale; or who has it.
pub type Taken<'a> = Result<(Lease<'a>, bool), Holder>;

/// What came of one try.
enum Try {
    Ours,
    Busy(Value, Holder),
    Again,
}

/// What is known, and said, of those who have it.
pub trait Rivals: Sync {
    /// Whether a run has surely ended without giving it back, such as by its process being gone from this machine.
    fn is_dead(&self, holder: &str) -> bool;

    /// It is waited for. Told once.
    fn wait_for(&self, holder: &Holder);
}

impl<'a> Lease<'a> {
    fn new(cluster: &'a dyn Cluster, realm: Realm<'a>, holder: &str) -> Self {
        let kind = Kind::new("coordination.k8s.io/v1", "Lease");
        let resource = Resource { plural: "leases".into(), scope: Scope::Namespaced };
        let id = ObjectId::new(&kind, Some(NAMESPACE), &realm.lease());
        Self { cluster, realm, id, kind, resource, holder: holder.to_owned(), lock: None }
    }

    /// Takes the Lease of a fleet or a shard, and waits for it as long as `patience`.
    ///
    /// # Errors
    /// Where the cluster does not say, or does not let this account.
    pub async fn take(
        cluster: &'a dyn Cluster,
        realm: Realm<'a>,
        (holder, patience): (&str, Duration),
        rivals: &dyn Rivals,
    ) -> Result<Taken<'a>, Error> {
        let mut lease = Self::new(cluster, realm, holder);
        let (mut waited, mut left) = (false, patience);
        loop {
            let other = match cluster.lock(realm.fleet_id)? {
                Lock::Held(file) => {
                    lease.lock = Some(file);
                    return Ok(Ok((lease, waited)));
                }
                Lock::Busy(name) => Holder { name, since: None },
                Lock::ByLease => match lease.try_take().await? {
                    Try::Ours => match lease.overlapping(rivals).await {
                        Ok(None) => return Ok(Ok((lease, waited))),
                        Ok(Some(other)) => {
                            lease.free().await;
                            other
                        }
                        Err(error) => {
                            lease.free().await;
                            return Err(error);
                        }
                    },
                    Try::Again => continue,
                    Try::Busy(there, other) if rivals.is_dead(&other.name) => {
                        lease.take_over(&there).await?;
                        continue;
                    }
                    Try::Busy(_, other) => other,
                },
            };
            if left.is_zero() {
                return Ok(Err(other));
            }
            if !waited {
                rivals.wait_for(&other);
                waited = true;
            }
            // Not the same for all: two that gave way to each other come again at different times.
            let pause = LOOK.mul_f64(rand::random_range(0.5..1.5)).min(left);
            sleep(pause).await;
            left = left.saturating_sub(pause);
        }
    }

    /// Who has a fleet's Lease now, and those of its shards.
    ///
    /// # Errors
    /// Where the cluster does not say.
    pub async fn holders(cluster: &'a dyn Cluster, fleet_id: &'a str) -> Result<Vec<(Option<Shard>, Holder)>, Error> {
        let whole = Realm { fleet_id, shard: None };
        let mut held = Vec::new();
        for realm in Self::new(cluster, whole, "").realms().await? {
            let holder = Self::new(cluster, realm, "").holder().await?;
            held.extend(holder.map(|holder| (realm.shard, holder)));
        }
        Ok(held)
    }

    /// The fleet and its shards, as far as they have Leases.
    async fn realms(&self) -> Result<Vec<Realm<'a>>, Error> {
        let query = Query { kind: &self.kind, resource: &self.resource, namespace: Some(NAMESPACE), selector: "" };
        let found = list_all(self.cluster, &query).await?;
        Ok(found.iter().filter_map(|meta| self.realm.called(&meta.name)).collect())
    }

    async fn holder(&self) -> Result<Option<Holder>, Error> {
        let now = self.now().await?;
        Ok(self.cluster.get(&self.target()).await?.and_then(|there| other_holder(&there, now)))
    }

    /// Who else works on some of the same sandboxes.
    async fn overlapping(&self, rivals: &dyn Rivals) -> Result<Option<Holder>, Error> {
        for realm in self.realms().await? {
            let other = Self::new(self.cluster, realm, "");
            if other.id == self.id || !realm.overlaps(self.realm) {
                continue;
            }
            if let Some(holder) = other.holder().await?.filter(|holder| !rivals.is_dead(&holder.name)) {
                return Ok(Some(holder));
            }
        }
        Ok(None)
    }

    /// Carries something out while it is renewed. Where that fails for so long that it lapses, or somebody else has taken
    /// it, `stop` is told. A renewal that is under way then comes to its end, so that its outcome is known.
    pub async fn while_held<T>(&self, work: impl Future<Output = T>, stop: &Stop) -> T {
        let ended = Notify::new();
        let work = async {
            let done = work.await;
            ended.notify_one();
            done
        };
        join(work, self.renewed(stop, &ended)).await.0
    }

    /// Gives it back. Where that fails it lapses by itself.
    pub async fn give_back(self) {
        if self.lock.is_none() {
            self.free().await;
        }
    }

    async fn free(&self) {
        if let Ok(Some(there)) = self.cluster.get(&self.target()).await
            && text(&there, "/spec/holderIdentity") == self.holder
            && let Err(error) = self.write(&there, None).await
        {
            tracing::debug!(%error, "the Lease is left to lapse");
        }
    }

    async fn try_take(&self) -> Result<Try, Error> {
        let Some(there) = self.cluster.get(&self.target()).await? else {
            make_namespace(self.cluster).await?;
            let body = self.body(None, None);
            return match self.cluster.create(&self.target(), &body, MANAGER).await {
                // Made empty, so that what is applied is owned by that entry alone.
                Ok(_) => Ok(Try::Again),
                Err(error) if error.kind == ErrorKind::Conflict => Ok(Try::Again),
                Err(error) => Err(error),
            };
        };
        let now = self.now().await?;
        if let Some(holder) = other_holder(&there, now) {
            return Ok(Try::Busy(there, holder));
        }
        match self.write(&there, Some((now, now))).await {
            Ok(()) => Ok(Try::Ours),
            // Somebody else was quicker.
            Err(error) if error.kind == ErrorKind::Conflict => Ok(Try::Again),
            Err(error) => Err(error),
        }
    }

    /// Frees it of a run that is dead; of two that see that one does.
    async fn take_over(&self, there: &Value) -> Result<(), Error> {
        match self.write(there, None).await {
            Err(error) if error.kind != ErrorKind::Conflict => Err(error),
            _ => Ok(()),
        }
    }

    async fn renewed(&self, stop: &Stop, ended: &Notify) {
        let mut failures = 0;
        loop {
            tokio::select! {
                () = ended.notified() => return,
                () = sleep(RENEWAL) => {}
            }
            if self.lock.is_some() {
                continue;
            }
            let late = |_| Err(Error::new(ErrorKind::Unreachable, "renew the fleet's Lease", "no answer in time"));
            match timeout(ANSWER, self.renew()).await.unwrap_or_else(late) {
                Ok(true) => failures = 0,
                Ok(false) => stop.now("another run has taken the fleet's Lease"),
                Err(error) => {
                    tracing::warn!(%error, "the fleet's Lease could not be renewed");
                    failures += 1;
                }
            }
            // By then it has lapsed.
            if failures >= 3 {
                stop.now("the fleet's Lease could not be renewed");
            }
        }
    }

    /// Whether it still was ours.
    async fn renew(&self) -> Result<bool, Error> {
        let Some(there) = self.cluster.get(&self.target()).await? else { return Ok(false) };
        if text(&there, "/spec/holderIdentity") != self.holder {
            return Ok(false);
        }
        let now = self.now().await?;
        let since = text(&there, "/spec/acquireTime").parse().unwrap_or(now);
        match self.write(&there, Some((since, now))).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind == ErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes it over the version that was read: ours since and renewed at, or nobody's.
    async fn write(&self, there: &Value, times: Option<(Timestamp, Timestamp)>) -> Result<(), Error> {
        let held = |pointer| there.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
        let is_other = text(there, "/spec/holderIdentity") != self.holder;
        let transitions = held("/spec/leaseTransitions") + u64::from(times.is_some() && is_other);
        let body = self.body(times, Some(transitions));
        let apply = Apply {
            body: &body,
            manager: MANAGER,
            uid: Some(text(there, "/metadata/uid")),
            resource_version: Some(text(there, "/metadata/resourceVersion")),
            dry_run: false,
        };
        self.cluster.apply(&self.target(), &apply).await.map(drop)
    }

    fn body(&self, times: Option<(Timestamp, Timestamp)>, transitions: Option<u64>) -> Value {
        let mut spec = json!({});
        if let Some(transitions) = transitions {
            spec["leaseTransitions"] = json!(transitions);
        }
        if let Some((since, renewed)) = times {
            spec["holderIdentity"] = json!(self.holder);
            spec["leaseDurationSeconds"] = json!(DURATION.as_secs());
            spec["acquireTime"] = json!(format!("{since:.6}"));
            spec["renewTime"] = json!(format!("{renewed:.6}"));
        }
        json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self.id.name, "namespace": NAMESPACE},
            "spec": spec,
        })
    }

    /// The server's clock.
    async fn now(&self) -> Result<Timestamp, Error> {
        let now = self.cluster.clock().await?;
        now.ok_or_else(|| Error::new(ErrorKind::Other, "take the fleet's Lease", "the cluster has no clock"))
    }

    fn target(&self) -> Target<'_> {
        Target { kind: &self.kind, resource: &self.resource, id: &self.id }
    }
}

/// Who holds a Lease that has not lapsed.
fn other_holder(there: &Value, now: Timestamp) -> Option<Holder> {
    let name = text(there, "/spec/holderIdentity");
    if name.is_empty() {
        return None;
    }
    let seconds = there.pointer("/spec/leaseDurationSeconds").and_then(Value::as_i64).unwrap_or(DURATION.as_secs());
    // One that does not say when it was renewed never was.
    let renewed: Option<Timestamp> = text(there, "/spec/renewTime").parse().ok();
    let lives = renewed.is_some_and(|at| now.duration_since(at) <= SignedDuration::from_secs(seconds) + TICK);
    lives.then(|| Holder { name: name.to_owned(), since: text(there, "/spec/acquireTime").parse().ok() })
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
