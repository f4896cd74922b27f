//! What a fleet's charts make, as far as rights go: of all its sandboxes, and of each chart with its default values and
//! with each of its profiles, so that the next sandbox needs no more.

use std::collections::{BTreeMap, BTreeSet};

use super::desired::Desired;
use super::render::only_named;
use crate::cluster::{Cluster, Error, ErrorKind, Query, discover};
use crate::fleet::Fleet;
use crate::manifest::{Kind, LABEL_FLEET, Manifest, Resource, builtin, namespaces};
use crate::plan::{Meta, defined, recorded_kinds};
use crate::release::{Charts, Fault, Renderer};

/// What the charts make.
#[derive(Default)]
pub struct Objects {
    /// All of it, of all sandboxes.
    pub manifests: Vec<Manifest>,
    /// The sandboxes that do not render, by name.
    pub faults: Vec<(String, Fault)>,
}

impl Objects {
    /// Their kinds.
    pub fn kinds(&self) -> BTreeSet<Kind> {
        self.manifests.iter().map(|manifest| manifest.kind.clone()).collect()
    }

    /// What grants rights to others.
    pub fn granted(&self) -> Vec<&Manifest> {
        self.manifests.iter().filter(|manifest| manifest.id.group == "rbac.authorization.k8s.io").collect()
    }
}

/// Renders all of it.
pub fn objects(desired: &Desired) -> Objects {
    let mut objects = Objects::default();
    let copied = only_named(&desired.fleet.settings);
    let basis = desired.basis(&copied);
    let mut renderer = Renderer::new(&basis);
    for (name, sandbox) in &desired.fleet.sandboxes {
        match renderer.render(sandbox) {
            Ok(made) => objects.manifests.extend(made.release.objects().cloned()),
            Err(fault) => objects.faults.push((name.clone(), fault)),
        }
    }
    let Some(samples) = samples(desired) else { return objects };
    let charts = Charts::load(&desired.tree.files, samples.sandboxes.values().map(|sandbox| sandbox.chart.as_str()));
    let basis = crate::release::Basis { charts: &charts, kept: None, ..basis };
    let mut renderer = Renderer::new(&basis);
    // One that does not render without a sandbox's own values is left to the sandboxes.
    for made in samples.sandboxes.values().filter_map(|sandbox| renderer.render(sandbox).ok()) {
        objects.manifests.extend(made.release.objects().cloned());
    }
    objects
}

/// A sandbox of each chart that the fleet names, and of each of its profiles.
fn samples(desired: &Desired) -> Option<Fleet> {
    let fleet = &desired.fleet;
    let mut charts: BTreeSet<&str> = fleet.sandboxes.values().map(|sandbox| sandbox.chart.as_str()).collect();
    charts.extend(fleet.settings.defaults.chart.as_deref());
    let mut files = desired.tree.files.clone();
    let is_sandbox = |path: &str| path.starts_with("sandboxes/") && path != "sandboxes/fleet.toml";
    files.retain(|path, _| !is_sandbox(path));
    let mut number = 0;
    for chart in charts {
        let before = format!("charts/{chart}/values-");
        let paths = desired.tree.files.range(before.clone()..).map(|(path, _)| path.as_str());
        let profiles = paths.map_while(|path| path.strip_prefix(before.as_str())?.strip_suffix(".yaml"));
        let profiles: Vec<String> = profiles.map(|profile| format!("profile = \"{profile}\"\n")).collect();
        for profile in std::iter::once("").chain(profiles.iter().map(String::as_str)) {
            let text = format!("branch = \"main\"\nimage = \"example.com/sample:1\"\nchart = \"{chart}\"\n{profile}");
            files.insert(format!("sandboxes/sample-{number}.toml"), text.into_bytes().into());
            number += 1;
        }
    }
    Fleet::parse(&files, &BTreeMap::new()).ok()
}

/// Whether a kind is none of Kubernetes' own, so that only a cluster knows how it is served.
pub fn is_any_custom(kinds: &BTreeSet<Kind>) -> bool {
    kinds.iter().any(|kind| builtin(kind).is_none())
}

/// The kinds that live sandboxes have or had.
pub async fn recorded(cluster: &dyn Cluster, fleet_id: &str) -> Result<BTreeSet<Kind>, Error> {
    let (kind, resource) = namespaces();
    let selector = format!("{LABEL_FLEET}={fleet_id}");
    let query = Query { kind: &kind, resource: &resource, namespace: None, selector: &selector };
    let mut found: Vec<Meta> = Vec::new();
    cluster.list(&query, &mut |meta: Meta| found.push(meta)).await?;
    Ok(recorded_kinds(found.iter().map(|meta| &meta.annotations)))
}

/// The kinds of which it could not be told how they are served, each with what to do.
pub type Untold = Vec<(Kind, String)>;

/// How kinds are served, or will be by the definitions among these manifests.
pub async fn served(
    cluster: Option<&dyn Cluster>,
    kinds: BTreeSet<Kind>,
    manifests: &[Manifest],
) -> Result<(BTreeMap<Kind, Resource>, Untold), Error> {
    let mut served: BTreeMap<Kind, Resource> =
        kinds.iter().filter_map(|kind| Some((kind.clone(), builtin(kind)?))).collect();
    let mut untold = Vec::new();
    if let Some(cluster) = cluster {
        let found = discover(cluster, kinds.iter()).await?;
        served.extend(found.resources);
        let defined = defined(manifests.iter(), &found.unserved);
        let unserved = found.unserved.into_iter().filter(|kind| !defined.contains_key(kind));
        let install = "install its CustomResourceDefinition first, or take it out of the chart";
        untold.extend(unserved.map(|kind| (kind, install.to_owned())));
        served.extend(defined);
        untold.extend(found.unknown);
    } else if let Some(kind) = kinds.iter().find(|kind| builtin(kind).is_none()) {
        return Err(Error::new(ErrorKind::Other, format!("look up {kind}"), "no cluster was asked"));
    }
    Ok((served, untold))
}
