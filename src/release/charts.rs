//! The charts of a fleet: each read and parsed once, and rendered for every sandbox that names it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Fault;
use crate::chart::{Chart, ChartError, RenderError, dependencies};
use crate::near::nearest;

/// The charts below `charts/`, by folder name. One that cannot be read is kept as its fault, and concerns only the
/// sandboxes that name it.
#[derive(Debug, Default)]
pub struct Charts(BTreeMap<String, Result<Chart, Fault>>);

impl Charts {
    /// Loads the charts that are `named`, from files whose paths are relative to the fleet's root.
    pub fn load<'n>(files: &BTreeMap<String, Arc<[u8]>>, named: impl Iterator<Item = &'n str>) -> Self {
        let mut charts = BTreeMap::new();
        for name in named {
            if !charts.contains_key(name) {
                charts.insert(name.to_owned(), load(name, files));
            }
        }
        Self(charts)
    }

    /// The version of a chart, where it could be read.
    pub fn version(&self, name: &str) -> Option<&str> {
        self.get(name).ok().map(|chart| chart.metadata().version.as_str())
    }

    pub(super) fn get(&self, name: &str) -> Result<&Chart, Fault> {
        match self.0.get(name) {
            Some(Ok(chart)) => Ok(chart),
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(Fault::new(format!("chart {name} was not loaded"), "report this")),
        }
    }
}

fn load(name: &str, files: &BTreeMap<String, Arc<[u8]>>) -> Result<Chart, Fault> {
    let prefix = format!("charts/{name}/");
    let own: BTreeMap<String, Arc<[u8]>> = files
        .range(prefix.clone()..)
        .take_while(|(path, _)| path.starts_with(&prefix))
        .filter_map(|(path, bytes)| Some((path.strip_prefix(&prefix)?.to_owned(), Arc::clone(bytes))))
        .collect();
    if own.is_empty() {
        let there = files.keys().filter_map(|path| path.strip_prefix("charts/")?.strip_suffix("/Chart.yaml"));
        let hint = match nearest(name, there) {
            Some(near) => format!("did you mean {near}?"),
            None => "name a folder below charts/, or commit the chart".to_owned(),
        };
        return Err(Fault::new(format!("there is no chart charts/{name}"), hint));
    }
    let chart = Chart::load(&own).map_err(|error| {
        let file = if matches!(error, ChartError::Ignore(_)) { ".helmignore: " } else { "" };
        Fault::new(format!("chart {name} cannot be read: {file}{error}"), "mend the chart; `helm lint` may tell more")
    })?;
    if chart.complete().is_err() {
        let read = |folder: &str| files.get(&format!("{folder}/Chart.yaml")).map(|bytes| bytes.to_vec());
        if let Some(circle) = dependencies::circle(&format!("charts/{name}"), &read) {
            let circle = circle.join(", which needs ");
            return Err(Fault::new(
                format!("chart {name} has no end: {circle}"),
                "take one of these out of the dependencies in its Chart.yaml",
            ));
        }
    }
    Ok(chart)
}

pub(super) fn fault(chart: &str, error: &RenderError) -> Fault {
    let hint = match error {
        RenderError::Missing(_) => {
            format!("fetch it: helm dependency build charts/{chart}, and commit charts/{chart}/charts")
        }
        _ => "mend the chart or the values".to_owned(),
    };
    Fault::new(format!("chart {chart} does not render: {error}"), hint)
}
