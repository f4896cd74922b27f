//! A chart in memory: what `load` made of its files.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use super::{chart_metadata::Metadata, render_parsed::Parsed, schema::Schema};

/// The content of files, by their path below the chart's folder.
pub type FileMap = BTreeMap<Arc<str>, Arc<[u8]>>;

/// A chart and the charts below it. Cloning one shares its files.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Of a subchart, under its alias where it has one.
    pub(super) metadata: Metadata,
    pub(super) values: Arc<Map<String, Value>>,
    pub(super) schema: Option<Schema>,
    pub(super) templates: FileMap,
    pub(super) files: FileMap,
    /// Which of the files are definitions of `crds/`, in the order in which they came.
    pub(super) crds: Vec<Arc<str>>,
    pub(super) dependencies: Vec<Chart>,
    /// Where the charts below it are taken to be, where that is not below itself: see [`Chart::path_below`].
    pub(super) home: Option<Arc<str>>,
    pub(super) parsed: Parsed,
}

/// A file of `crds/`, which Helm applies before all else and does not render.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crd {
    /// The path, from the chart's name on.
    pub path: String,
    /// The content.
    pub data: Arc<[u8]>,
}

impl Chart {
    /// What Chart.yaml says.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What values.yaml says.
    pub fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    /// values.schema.json as it is.
    pub fn schema(&self) -> Option<&[u8]> {
        self.schema.as_ref().map(Schema::raw)
    }

    /// The files below `templates/`.
    pub fn templates(&self) -> &FileMap {
        &self.templates
    }

    /// All other files: what `.Files` offers, and `crds/`.
    pub fn files(&self) -> &FileMap {
        &self.files
    }

    /// The charts below `charts/`, in the order of their folders; after [`super::dependencies::resolve`], those that
    /// take part, in the order of Chart.yaml.
    pub fn dependencies(&self) -> &[Chart] {
        &self.dependencies
    }

    /// The chart's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// A file that is neither a template nor Chart.yaml, values.yaml, its schema or part of a subchart.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|data| &**data)
    }

    /// Whether it only lends its named templates to others.
    pub fn is_library(&self) -> bool {
        self.metadata.kind.eq_ignore_ascii_case("library")
    }

    /// The path of a chart below this one, which is itself at a path. To Helm, a chart that takes part by an entry of Chart.yaml
    /// is a copy, under its alias, and what is below it stays below the chart that was copied unless its own Chart.yaml names
    /// some of it.
    pub(super) fn path_below(&self, path: &str, subchart: &Self) -> String {
        format!("{}/charts/{}", self.home.as_deref().unwrap_or(path), subchart.name())
    }

    /// The files of `crds/`, the chart's own first.
    pub fn crds(&self) -> Vec<Crd> {
        let mut out = Vec::new();
        self.collect_crds(self.name(), &mut out);
        out
    }

    fn collect_crds(&self, path: &str, out: &mut Vec<Crd>) {
        for name in &self.crds {
            if let Some(data) = self.files.get(name) {
                out.push(Crd { path: format!("{path}/{name}"), data: Arc::clone(data) });
            }
        }
        for dependency in &self.dependencies {
            dependency.collect_crds(&self.path_below(path, dependency), out);
        }
    }
}
