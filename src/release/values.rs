//! The values of one sandbox: chart, profile, fleet, sandbox, later ones over earlier, as Helm lays them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Value, json};

use super::{Basis, Fault};
use crate::chart::yaml::{self, Numbers};
use crate::chart::{Capabilities, Chart, ReleaseInfo, RenderInput, merge};
use crate::fleet::Sandbox;
use crate::near::nearest;

/// The name below which a chart finds the sandbox itself.
const SANDBOX: &str = "sandbox";

/// The layers that sandboxes share.
pub(super) struct Layers<'a> {
    basis: &'a Basis<'a>,
    fleet: Value,
    /// By chart and profile.
    profiles: BTreeMap<(String, String), Value>,
}

impl<'a> Layers<'a> {
    /// Those of a fleet.
    pub(super) fn new(basis: &'a Basis<'a>) -> Self {
        let fleet = yaml::as_float64(Value::Object(basis.settings.defaults.values.clone()));
        Self { basis, fleet, profiles: BTreeMap::new() }
    }

    /// Profile, fleet and sandbox values over each other, templates in them filled; the chart lays its own below.
    pub(super) fn merged(
        &mut self,
        sandbox: &Sandbox,
        chart: &Chart,
        info: &ReleaseInfo,
        capabilities: &Capabilities,
    ) -> Result<Value, Fault> {
        let facts = facts(sandbox, self.basis);
        let own = yaml::as_float64(Value::Object(sandbox.values.clone()));
        let mut written = merge(self.fleet.clone(), own);
        let profile = self.profile(sandbox, chart)?;
        let with_facts = |written: &Value| {
            let mut all = merge(profile.clone(), written.clone());
            if let Value::Object(all) = &mut all {
                all.insert(SANDBOX.into(), facts.clone());
            }
            all
        };
        if holds_template(&written) {
            // Templates see the values as they are before any of them is filled.
            let seen = with_facts(&written);
            let input = RenderInput { release: info, values: &seen, capabilities };
            fill(&mut written, &mut Vec::new(), &|text, path| {
                chart.render_text(text, &input).map_err(|error| {
                    Fault::new(
                        format!("value {} is a template that fails: {error}", path.join(".")),
                        "mend it in the sandbox's file, or in fleet.toml",
                    )
                })
            })?;
        }
        Ok(with_facts(&written))
    }

    /// The values of a sandbox's profile.
    pub(super) fn profile(&mut self, sandbox: &Sandbox, chart: &Chart) -> Result<&Value, Fault> {
        const NONE: &Value = &Value::Null;
        let Some(profile) = &sandbox.profile else { return Ok(NONE) };
        let key = (sandbox.chart.clone(), profile.clone());
        let found: &Value = match self.profiles.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(read_profile(sandbox, profile, chart)?),
        };
        Ok(found)
    }
}

fn read_profile(sandbox: &Sandbox, profile: &str, chart: &Chart) -> Result<Value, Fault> {
    let file = format!("values-{profile}.yaml");
    let Some(bytes) = chart.file(&file) else {
        let there = chart.files().keys().filter_map(|path| path.strip_prefix("values-")?.strip_suffix(".yaml"));
        let hint = match nearest(profile, there) {
            Some(near) => format!("did you mean {near}?"),
            None => "name a profile that the chart has, or add the file".to_owned(),
        };
        let message = format!("chart {} has no profile {profile}: there is no {file}", sandbox.chart);
        return Err(Fault::new(message, hint));
    };
    let wrong = |message: String| {
        Fault::new(format!("charts/{}/{file}: {message}", sandbox.chart), "mend the file; its top is a map of values")
    };
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("is not UTF-8".into()))?;
    match yaml::read(text, Numbers::Float64).map_err(|error| wrong(error.to_string()))? {
        Value::Null => Ok(json!({})),
        map @ Value::Object(_) => Ok(map),
        _ => Err(wrong("is not a map".into())),
    }
}

/// What `.Values.sandbox` holds.
fn facts(sandbox: &Sandbox, basis: &Basis<'_>) -> Value {
    let image = sandbox.image.as_ref();
    json!({
        "name": sandbox.name,
        "branch": sandbox.branch,
        "slug": sandbox.slug,
        "image": image.map(ToString::to_string).unwrap_or_default(),
        "imageRepository": image.map(|i| i.repository.clone()).unwrap_or_default(),
        "imageTag": image.and_then(|i| i.tag.clone()).unwrap_or_default(),
        "imageDigest": image.and_then(|i| i.digest.clone()).unwrap_or_default(),
        "host": sandbox.host.clone().unwrap_or_default(),
        "url": sandbox.url.clone().unwrap_or_default(),
        "namespace": sandbox.namespace,
        "owner": sandbox.owner.clone().unwrap_or_default(),
        "accessGroups": basis.settings.access.groups,
    })
}

fn holds_template(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{"),
        Value::Array(items) => items.iter().any(holds_template),
        Value::Object(map) => map.values().any(holds_template),
        _ => false,
    }
}

type Filler<'f> = &'f dyn Fn(&str, &[String]) -> Result<String, Fault>;

fn fill(value: &mut Value, path: &mut Vec<String>, filler: Filler<'_>) -> Result<(), Fault> {
    match value {
        Value::String(text) if text.contains("{{") => *text = filler(text, path)?,
        Value::Array(items) => {
            for (position, item) in items.iter_mut().enumerate() {
                path.push(position.to_string());
                fill(item, path, filler)?;
                path.pop();
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                path.push(key.clone());
                fill(value, path, filler)?;
                path.pop();
            }
        }
        _ => {}
    }
    Ok(())
}
