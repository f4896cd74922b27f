//! A cluster, and runs over it: what the program does, without its command line and without git.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use reconcile::apply::{self, Options, Stop};
use reconcile::cluster::dir::Dir;
use reconcile::cluster::{Cluster, Error, Propagation, Survey, Target, Unknown, answer, discover, survey};
use reconcile::manifest::{Kind, LABEL_FLEET, MANAGER, ObjectId, Resource, Scope, Shard, builtin};
use reconcile::plan::{
    Chosen, DriftMode, Input, Outcome, Plan, Policy, Round, Source, Start, place, plan, questions, sources,
};
use reconcile::release::{Basis, Charts};
use reconcile::report::FingerprintKey;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::fleet::{Fleet, hour};
use super::history::{History, Step};

/// A cluster over some hours.
pub struct World {
    folder: TempDir,
    pub cluster: Dir,
    runtime: Runtime,
    /// The hour that it is.
    pub now: i64,
    /// How long it takes to tell what is wanted, while lists arrive.
    pub late: Duration,
    /// How many commits there were.
    commits: u32,
    /// What is not of this fleet, wherever it lies and whatever it looks like.
    pub foreign: BTreeSet<ObjectId>,
}

/// One object and how it is asked for.
pub struct Address {
    pub kind: Kind,
    pub resource: Resource,
    pub id: ObjectId,
}

impl Address {
    pub fn of(object: &Value) -> Self {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let kind = Kind::new(text("/apiVersion").expect("a version"), text("/kind").expect("a kind"));
        let id = ObjectId::new(&kind, text("/metadata/namespace"), text("/metadata/name").expect("a name"));
        let widgets = || Resource { plural: "widgets".into(), scope: Scope::Namespaced };
        Self { resource: builtin(&kind).unwrap_or_else(widgets), kind, id }
    }

    pub fn target(&self) -> Target<'_> {
        Target { kind: &self.kind, resource: &self.resource, id: &self.id }
    }
}

/// What a run did.
pub struct Run {
    pub plan: Plan,
    pub outcome: Outcome,
}

impl World {
    /// A cluster that knows widgets.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let folder = folder.expect("a temporary folder");
        let cluster = Dir::open(&folder.path().join("cluster")).expect("an empty cluster");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut world =
            Self { folder, cluster, runtime, now: 10, late: Duration::ZERO, commits: 1, foreign: BTreeSet::new() };
        world.make(
            "kubectl",
            &json!({
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": "widgets.example.com"},
                "spec": {
                    "group": "example.com", "scope": "Namespaced", "names": {"plural": "widgets", "kind": "Widget"},
                    "versions": [{"name": "v1", "served": true, "storage": true,
                        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
                },
            }),
        );
        world
    }

    /// A world after the first run of a history's fleet.
    pub fn begun(history: &History) -> Self {
        let mut world = Self::new();
        world.run(&history.fleet);
        world
    }

    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// What happens before the next run; a new commit of the fleet's repository.
    pub fn live_through(&mut self, step: &Step, fleet: &mut Fleet) {
        self.now += step.hours;
        self.commits += 1;
        for edit in &step.edits {
            edit.make(fleet, self.now);
        }
        for meddling in &step.meddling {
            meddling.make(self);
        }
    }

    pub fn time(&self) -> Timestamp {
        hour(self.now)
    }

    /// Everything that a plan is made from, read through an adapter.
    pub fn input(&self, fleet: &Fleet, cluster: &dyn Cluster) -> Result<Input, Error> {
        self.input_for(fleet, cluster, &Chosen::default())
    }

    fn input_for(&self, fleet: &Fleet, cluster: &dyn Cluster, chosen: &Chosen) -> Result<Input, Error> {
        let files = fleet.files();
        let read = reconcile::fleet::Fleet::parse(&files, &BTreeMap::new()).expect("the settings are good");
        let charts = Charts::load(&files, read.sandboxes.values().map(|sandbox| sandbox.chart.as_str()));
        let basis = Basis { settings: &read.settings, charts: &charts, copied: &BTreeMap::new(), kept: None };
        let start = |(name, sandbox): (&String, &super::fleet::Sandbox)| {
            let commit = format!("{:040x}", sandbox.since);
            (format!("sandboxes/{name}.toml"), Start::At { time: hour(sandbox.since), commit })
        };
        let starts = fleet.sandboxes.iter().map(start).collect();
        let mut sources = sources(&read, &basis, &starts, self.time());
        let labels = &read.settings.namespace.labels;
        let (now, drift) = (self.time(), DriftMode::Detect);
        let by_namespace = false;
        let asked = Survey { fleet_id: &read.settings.id, namespace_labels: labels, now, drift, chosen, by_namespace };
        let wanted = async {
            if !self.late.is_zero() {
                tokio::time::sleep(self.late).await;
            }
            let served = discover(cluster, sources.values().flat_map(Source::kinds)).await.map_err(Unknown::Live)?;
            place(&mut sources, &served.resources);
            Ok::<_, Unknown<Error>>((sources, served))
        };
        let read_both = self.wait(survey(cluster, &asked, wanted));
        let (sources, live) = read_both.map_err(|unknown| match unknown {
            Unknown::Live(error) | Unknown::Wanted(error) => error,
        })?;
        let limits = &read.settings.limits;
        let count = |count: u32| usize::try_from(count).expect("a small number");
        let policy = Policy {
            max_sandboxes: Some(count(limits.max_sandboxes)),
            max_per_owner: limits.max_per_owner.map(count),
            max_pins: Some(count(limits.max_pins)),
            budget: read.settings.budget,
            max_removals: limits.max_removals,
            allow_removals: None,
            allow_rewind: false,
            retry: false,
            chosen: chosen.clone(),
            extras: read.settings.extras,
            ignore: read.settings.ignore.clone(),
        };
        Ok(Input {
            fleet: read.settings.name.clone(),
            fleet_id: read.settings.id.clone(),
            commit: Some(commit(self.commits)),
            cluster: "the world".into(),
            now: self.time(),
            namespace_labels: labels.clone(),
            sources,
            live,
            policy,
            contained: (0..=self.commits).map(commit).collect(),
            failures: BTreeMap::new(),
            round: None,
            going_back: BTreeSet::new(),
            former: BTreeMap::new(),
            warnings: Vec::new(),
            key: FingerprintKey::new(&[7; 32]).expect("long enough"),
        })
    }

    /// Plans, through an adapter.
    pub fn plan_through(&self, fleet: &Fleet, cluster: &dyn Cluster) -> Result<(Input, Plan), Error> {
        let input = self.input(fleet, cluster)?;
        let answers = self.wait(answer(cluster, &questions(&input), &input.live, true));
        let plan = plan(&input, &answers);
        Ok((input, plan))
    }

    /// Plans for a shard, with what the shards have settled on so far.
    pub fn plan_shard(&self, fleet: &Fleet, shard: Shard, round: Option<Round>) -> Plan {
        let chosen = Chosen { only: BTreeSet::new(), shard: Some(shard) };
        let mut input = self.input_for(fleet, &self.cluster, &chosen).expect("the cluster can be read");
        input.round = round;
        let answers = self.wait(answer(&self.cluster, &questions(&input), &input.live, true));
        plan(&input, &answers)
    }

    pub fn plan(&self, fleet: &Fleet) -> (Input, Plan) {
        self.plan_through(fleet, &self.cluster).expect("the cluster can be read")
    }

    /// Carries a plan out, through an adapter.
    pub fn apply_through(&self, plan: &Plan, cluster: &dyn Cluster) -> Outcome {
        // Everything here is ready at once, and what is kept by a finalizer is kept for ever.
        let options = Options { timeout: Duration::ZERO, side_by_side: 4, keep_failed: false, stop: &Stop::default() };
        self.wait(apply::run(plan, cluster, options, &|_| ()))
    }

    /// Plans and applies.
    pub fn run(&mut self, fleet: &Fleet) -> Run {
        let (_, plan) = self.plan(fleet);
        let outcome = self.apply_through(&plan, &self.cluster);
        Run { plan, outcome }
    }

    /// Makes an object, as somebody else; nothing where there is one.
    pub fn make(&mut self, manager: &str, object: &Value) {
        let address = Address::of(object);
        // Its namespace may be missing, and its name be taken.
        if self.wait(self.cluster.create(&address.target(), object, manager)).is_ok() {
            self.foreign.insert(address.id);
        }
    }

    /// Deletes an object, as somebody else.
    pub fn delete(&self, id: &ObjectId) {
        let object = &self.objects()[id];
        let uid = object["metadata"]["uid"].as_str().expect("a uid");
        let address = Address::of(object);
        self.wait(self.cluster.delete(&address.target(), uid, Propagation::Background))
            .expect("what is there can be deleted");
    }

    /// Every object there is, whole, in the order of their identities.
    pub fn objects(&self) -> BTreeMap<ObjectId, Value> {
        let mut objects = BTreeMap::new();
        for (path, text) in self.files() {
            if path.starts_with(".reconcile") && Path::new(&path).extension().is_some_and(|end| end == "json") {
                let record: Value = serde_json::from_slice(&text).expect("a record is JSON");
                let object = record["object"].clone();
                objects.insert(Address::of(&object).id, object);
            }
        }
        objects
    }

    /// Whether something is being deleted, and a finalizer keeps it.
    pub fn is_kept(&self) -> bool {
        self.objects().values().any(|object| object["metadata"]["deletionTimestamp"].is_string())
    }

    /// The namespaces of this fleet that are there. Of one from which the label was taken, and everything that says who
    /// wrote it, nobody can know that it was.
    pub fn namespaces(&self) -> BTreeMap<String, Value> {
        let is_told = |object: &Value| {
            let is_applied = |entry: &Value| entry["manager"] == MANAGER && entry["operation"] == "Apply";
            let managed = object["metadata"]["managedFields"].as_array();
            object["metadata"]["labels"][LABEL_FLEET] == "ours"
                || managed.is_some_and(|entries| entries.iter().any(is_applied))
        };
        let objects = self.objects().into_iter();
        let own = objects.filter(|(id, _)| id.kind == "Namespace" && !self.foreign.contains(id));
        let own = own.filter(|(_, object)| is_told(object));
        own.map(|(id, object)| (id.name, object)).collect()
    }

    /// All files of the cluster, byte for byte.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let root = self.folder.path().join("cluster");
        let mut files = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for path in entries.map(|entry| entry.expect("a readable entry").path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&root).expect("it lies below").to_string_lossy().into_owned();
                    files.insert(name, fs::read(&path).expect("a readable file"));
                }
            }
        }
        files
    }
}

fn commit(number: u32) -> String {
    format!("{number:040x}")
}
