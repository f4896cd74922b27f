//! What templates see: `.Values`, `.Release`, `.Chart`, `.Files`, `.Capabilities`, `.Subcharts`, `.Template`.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value as Json;

use super::{
    chart::Chart,
    render::ReleaseInfo,
    template::{Capabilities, Files, Key, Map, MapKind, Object, Value},
    values::Table,
};

/// The data of every chart of a release, by the names of their templates.
pub(super) struct Data {
    /// By the chart's path, such as `odoo/charts/postgres`.
    charts: HashMap<String, Map>,
    /// The values of the release.
    values: Map,
}

/// What the data of a chart hold whatever its values are.
pub(super) struct Common {
    chart: Value,
    files: Value,
    capabilities: Value,
}

impl Common {
    pub(super) fn new(chart: &Chart, capabilities: &Capabilities) -> Self {
        let capabilities = Value::Object(Object::capabilities(capabilities));
        Self::below(chart, true, capabilities)
    }

    fn below(chart: &Chart, is_root: bool, capabilities: Value) -> Self {
        let metadata = serde_json::to_value(&chart.metadata).unwrap_or(Json::Null);
        Self {
            chart: Value::Object(Object::chart(&metadata, is_root)),
            files: Value::Object(Object::Files(Arc::new(Files::new(chart.files.clone())))),
            capabilities,
        }
    }

    /// The data, but for `.Template`.
    fn data(&self, values: &Map, release: &Map, subcharts: &Map) -> Map {
        Map::from_iter([
            (Arc::from("Chart"), self.chart.clone()),
            (Arc::from("Files"), self.files.clone()),
            (Arc::from("Capabilities"), self.capabilities.clone()),
            (Arc::from("Values"), Value::Map(values.clone())),
            (Arc::from("Release"), Value::Map(release.clone())),
            (Arc::from("Subcharts"), Value::Map(subcharts.clone())),
        ])
    }
}

impl Data {
    pub(super) fn new(chart: &Chart, values: &Table, release: &ReleaseInfo, capabilities: &Capabilities) -> Self {
        let entries = values.iter().map(|(key, value)| (Key::from(key.as_str()), Value::from(value)));
        let values = Map::new(MapKind::Values, entries.collect());
        let capabilities = Value::Object(Object::capabilities(capabilities));
        let mut data = Self { charts: HashMap::new(), values: values.clone() };
        data.add(chart, chart.name().to_owned(), &values, (&describe(release), &capabilities));
        data
    }

    /// The data of a chart without subcharts.
    pub(super) fn alone(chart: &Chart, common: &Common, values: &Map, release: &ReleaseInfo) -> Self {
        let data = common.data(values, &describe(release), &Map::from_iter([]));
        Self { charts: HashMap::from([(chart.name().to_owned(), data)]), values: values.clone() }
    }

    /// The data of a chart at the top.
    pub(super) fn of_chart(&self, chart: &Chart) -> Option<&Map> {
        self.charts.get(chart.name())
    }

    /// The values of the release.
    pub(super) fn values(&self) -> &Map {
        &self.values
    }

    /// The data of a chart, and of those below it. Values are shared: a subchart's are part of its parent's.
    fn add(&mut self, chart: &Chart, path: String, values: &Map, shared: (&Map, &Value)) -> Map {
        let (release, capabilities) = shared;
        let subcharts = Map::from_iter([]);
        let common = Common::below(chart, !path.contains('/'), capabilities.clone());
        let data = common.data(values, release, &subcharts);
        for subchart in &chart.dependencies {
            let below = below(values, subchart.name());
            let path = chart.path_below(&path, subchart);
            let below = self.add(subchart, path, &below, shared);
            subcharts.insert(subchart.name(), Value::Map(below));
        }
        self.charts.insert(path, data.clone());
        data
    }

    /// The data for a template, such as `odoo/charts/postgres/templates/service.yaml`.
    pub(super) fn of(&self, template: &str) -> Value {
        // A folder of templates may itself be named `templates`: the chart's own comes first.
        let mut ends = template.match_indices('/').map(|(at, _)| template.split_at(at));
        let found = ends.find_map(|(chart, rest)| {
            rest.starts_with("/templates/").then(|| Some((chart.len(), self.charts.get(chart)?)))?
        });
        let Some((at, data)) = found else {
            return Value::Absent;
        };
        let base = format!("{}/templates", template.get(..at).unwrap_or_default());
        let entries = [("Name", template), ("BasePath", base.as_str())];
        let entries = entries.map(|(key, value)| (Key::from(key), Value::from(value)));
        let about = Map::new(MapKind::Values, entries.into_iter().collect());
        data.put("Template", Value::Map(about));
        Value::Map(data.clone())
    }
}

/// A subchart's values, looked up by its name as Helm does: a point in it goes a level deeper.
fn below(values: &Map, name: &str) -> Map {
    let mut table = values.clone();
    for key in name.split('.') {
        match table.get(key) {
            Some(Value::Map(found)) => table = found,
            _ => return Map::new(MapKind::Values, [].into_iter().collect()),
        }
    }
    table.seen_as(MapKind::Values)
}

fn describe(release: &ReleaseInfo) -> Map {
    Map::from_iter([
        (Arc::from("Name"), Value::from(release.name.as_str())),
        (Arc::from("Namespace"), Value::from(release.namespace.as_str())),
        (Arc::from("IsInstall"), Value::from(release.is_install)),
        (Arc::from("IsUpgrade"), Value::from(!release.is_install)),
        (Arc::from("Revision"), Value::int(release.revision)),
        (Arc::from("Service"), Value::from("Helm")),
    ])
}
