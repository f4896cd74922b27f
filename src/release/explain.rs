//! Where the objects of a sandbox come from: of each line the place in a template, and of each value that was looked at on
//! the way the file that says it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::chart::{Chart, Object, Objects, Texts, Trace};
use crate::fleet::{Sandbox, Settings, is_sensitive};

/// Stands for what may be a secret.
const HIDDEN: &str = "<hidden>";

/// An object, and what it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explained {
    /// `Kind/name`, as far as it says.
    pub object: String,
    /// The file of the template that makes it, from the fleet's root.
    pub file: String,
    /// The line there at which it begins, from 1.
    pub line: usize,
    /// The values that were looked at for it, by their paths.
    pub values: Vec<Used>,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A value that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Used {
    /// Its path below `.Values`.
    pub path: String,
    /// What it is; hidden where it may be a secret.
    pub value: Value,
    /// Who says so.
    pub layer: Layer,
    /// In which file, from the fleet's root.
    pub file: String,
}

/// A layer of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The chart's own, or a subchart's.
    Chart,
    /// The profile.
    Profile,
    /// The fleet's defaults.
    Fleet,
    /// The sandbox's file.
    Sandbox,
}

impl Layer {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Layer::Chart => "chart",
            Layer::Profile => "profile",
            Layer::Fleet => "fleet",
            Layer::Sandbox => "sandbox",
        }
    }
}

/// A line of an object as its template wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Line {
    /// The line; a Secret's are hidden.
    pub text: String,
    /// The file that it is from, from the fleet's root.
    pub file: String,
    /// The line there, from 1.
    pub line: usize,
}

/// The paths of values that were looked at, and of each whether all below it was.
type Paths = BTreeMap<Vec<String>, bool>;

/// Where values come from.
pub(super) struct Origins<'a> {
    pub sandbox: &'a Sandbox,
    pub settings: &'a Settings,
    pub profile: &'a Value,
    pub chart: &'a Chart,
}

/// Explains the objects, those that run at moments behind the others.
pub(super) fn explained(texts: &Texts, objects: &Objects<'_>, origins: &Origins<'_>) -> Vec<Explained> {
    let all: Vec<&Object<'_>> =
        objects.manifests.iter().chain(objects.hooks.iter().map(|(object, _)| object)).collect();
    let mut out = Vec::new();
    for object in &all {
        let Some((_, text, trace)) = texts.traces().find(|(name, ..)| *name == object.template) else { continue };
        // What is decided before an object counts for it, back to the end of the one before.
        let others = all.iter().filter(|other| other.template == object.template);
        let from = others.filter(|other| other.line < object.line).map(|other| end(other)).max().unwrap_or(0);
        let is_last = !all.iter().any(|other| other.template == object.template && other.line > object.line);
        let to = if is_last { usize::MAX } else { end(object) };
        out.push(of_object(object, (text, trace), (from, to), (texts, origins)));
    }
    out
}

/// The line of the rendered file behind an object.
fn end(object: &Object<'_>) -> usize {
    object.line + object.text.lines().count()
}

fn of_object(
    object: &Object<'_>,
    (text, trace): (&str, &Trace),
    (from, to): (usize, usize),
    (texts, origins): (&Texts, &Origins<'_>),
) -> Explained {
    let is_secret = object.tree.text(&["kind"]) == Some("Secret");
    let sources = trace.lines(text);
    let mut lines = Vec::new();
    for (at, line) in object.text.lines().enumerate() {
        let source = sources.get(object.line - 1 + at).and_then(Option::as_ref);
        let shown = if is_secret { without_value(line) } else { texts.spelt_out(line) };
        lines.push(Line {
            text: shown,
            file: origins.file(source.map_or(object.template, |origin| &origin.file)),
            line: source.map_or(1, |origin| origin.line),
        });
    }
    let starts = line_starts(text);
    let line_of = |at: usize| starts.partition_point(|start| *start <= at);
    let mut paths = Paths::new();
    for read in trace.reads.iter().filter(|read| (from..to).contains(&line_of(read.at))) {
        let path = read.path.iter().map(ToString::to_string).collect();
        *paths.entry(path).or_default() |= read.whole;
    }
    let values = origins.used(&paths, is_secret);
    let text_of = |path: &[&str]| object.tree.text(path).unwrap_or("?");
    Explained {
        object: format!("{}/{}", text_of(&["kind"]), text_of(&["metadata", "name"])),
        file: lines.first().map_or_else(|| origins.file(object.template), |line| line.file.clone()),
        line: lines.first().map_or(1, |line| line.line),
        values,
        lines,
    }
}

/// Where the lines of a text begin.
fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// A line of a Secret with what stands behind its key left out.
fn without_value(line: &str) -> String {
    let is_plain = ["apiVersion:", "kind:", "metadata:", "type:", "data:", "stringData:"];
    let trimmed = line.trim_start();
    if trimmed.is_empty() || is_plain.iter().any(|key| trimmed.starts_with(key)) || trimmed.starts_with("name:") {
        return line.to_owned();
    }
    match line.split_once(": ") {
        Some((key, _)) => format!("{key}: {HIDDEN}"),
        None if line.trim_end().ends_with(':') => line.to_owned(),
        None => HIDDEN.to_owned(),
    }
}

impl Origins<'_> {
    /// A template's file, from the fleet's root: the chart's folder need not have the chart's name.
    fn file(&self, template: &str) -> String {
        let mut file = format!("charts/{}", self.sandbox.chart);
        let parts: Vec<&str> = template.split('/').skip(1).collect();
        let (mut chart, mut rest) = (self.chart, parts.as_slice());
        while let ["charts", name, below @ ..] = rest {
            let Some((own, next)) = subchart(chart, name) else { break };
            file = format!("{file}/charts/{own}");
            (chart, rest) = (next, below);
        }
        for part in rest {
            file = format!("{file}/{part}");
        }
        file
    }

    /// The values at paths. Of a mapping that was looked at as a whole, each value in it.
    fn used(&self, paths: &Paths, is_secret: bool) -> Vec<Used> {
        let mut out: Vec<Used> = Vec::new();
        for (path, whole) in paths {
            let is_below = |other: &Vec<String>| other.len() > path.len() && other.starts_with(path);
            let is_on_the_way = !whole && paths.keys().any(is_below);
            let Some(found) = self.find(path) else { continue };
            match &found.value {
                Value::Object(map) if is_on_the_way && !map.is_empty() => {}
                Value::Object(map) if !map.is_empty() => {
                    let mut leaves = Vec::new();
                    self.keys_below(path, &mut leaves);
                    let found = leaves.iter().filter_map(|leaf| Some((leaf, self.find(leaf)?)));
                    out.extend(found.map(|(leaf, found)| used(leaf, found, is_secret)));
                }
                _ => out.push(used(path, found, is_secret)),
            }
        }
        out.sort_by(|a, b| a.path.cmp(&b.path));
        out.dedup_by(|a, b| a.path == b.path);
        out
    }

    /// The paths of all values below one, whichever layer says them.
    fn keys_below(&self, path: &[String], out: &mut Vec<Vec<String>>) {
        let mut keys = BTreeSet::new();
        for (map, ..) in self.layers(path) {
            if let Some(Value::Object(map)) = below(&map, path) {
                keys.extend(map.keys().cloned());
            }
        }
        for key in keys {
            let path = [path, &[key]].concat();
            match self.find(&path) {
                Some(Found { value: Value::Object(map), .. }) if !map.is_empty() => self.keys_below(&path, out),
                Some(_) => out.push(path),
                None => {}
            }
        }
    }

    /// The layers of values that a path may be in, the highest first. A subchart's own are below its name.
    fn layers(&self, path: &[String]) -> Vec<(Value, Layer, String)> {
        let Self { sandbox, settings, profile, chart } = self;
        let folder = format!("charts/{}", sandbox.chart);
        let mut layers = Vec::new();
        if path.first().is_some_and(|first| first == "sandbox") {
            let image = sandbox.image.as_ref().map(ToString::to_string).unwrap_or_default();
            let facts = json!({ "sandbox": {
                "name": sandbox.name, "branch": sandbox.branch, "slug": sandbox.slug, "image": image,
                "imageRepository": sandbox.image.as_ref().map(|i| i.repository.clone()).unwrap_or_default(),
                "imageTag": sandbox.image.as_ref().and_then(|i| i.tag.clone()).unwrap_or_default(),
                "imageDigest": sandbox.image.as_ref().and_then(|i| i.digest.clone()).unwrap_or_default(),
                "namespace": sandbox.namespace, "owner": sandbox.owner.clone().unwrap_or_default(),
            }});
            layers.push((facts, Layer::Sandbox, sandbox.path.clone()));
            let shared = json!({ "sandbox": {
                "host": sandbox.host.clone().unwrap_or_default(), "url": sandbox.url.clone().unwrap_or_default(),
                "accessGroups": settings.access.groups,
            }});
            layers.push((shared, Layer::Fleet, crate::fleet::FLEET_FILE.to_owned()));
            return layers;
        }
        layers.push((Value::Object(sandbox.values.clone()), Layer::Sandbox, sandbox.path.clone()));
        layers.push((
            Value::Object(settings.defaults.values.clone()),
            Layer::Fleet,
            crate::fleet::FLEET_FILE.to_owned(),
        ));
        if let Some(name) = &sandbox.profile {
            layers.push(((*profile).clone(), Layer::Profile, format!("{folder}/values-{name}.yaml")));
        }
        layers.push((Value::Object(chart.values().clone()), Layer::Chart, format!("{folder}/values.yaml")));
        self.subcharts(path, &mut layers, &folder);
        layers
    }

    /// The values of the subcharts whose names a path begins with.
    fn subcharts(&self, path: &[String], layers: &mut Vec<(Value, Layer, String)>, folder: &str) {
        let (mut chart, mut folder) = (self.chart, folder.to_owned());
        let mut names: Vec<&String> = Vec::new();
        for name in path {
            let Some((own, next)) = subchart(chart, name) else { return };
            chart = next;
            folder = format!("{folder}/charts/{own}");
            names.push(name);
            let values = Value::Object(chart.values().clone());
            let values = names.iter().rev().fold(values, |values, name| json!({ name.as_str(): values }));
            layers.push((values, Layer::Chart, format!("{folder}/values.yaml")));
        }
    }

    /// The value at a path, and the layer that says it.
    fn find(&self, path: &[String]) -> Option<Found> {
        let mut found = None;
        // A subchart has its parents' globals, and they count more than its own.
        let global = path.iter().position(|key| key == "global").filter(|at| *at > 0);
        if let Some(at) = global.filter(|at| path.get(..*at).is_some_and(|names| self.is_chart(names))) {
            for names in 0..at {
                let above = [path.get(..names).unwrap_or_default(), path.get(at..).unwrap_or_default()].concat();
                lay(&mut found, self.said(&above));
            }
        }
        lay(&mut found, self.said(path));
        for imported in self.imported(path) {
            lay(&mut found, self.said(&imported));
        }
        found
    }

    /// The value that the layers have at a path.
    fn said(&self, path: &[String]) -> Option<Found> {
        let mut found = None;
        for (map, layer, file) in self.layers(path) {
            lay(&mut found, below(&map, path).map(|value| Found { value: value.clone(), layer, file }));
        }
        found
    }

    fn is_chart(&self, names: &[String]) -> bool {
        names.iter().try_fold(self.chart, |chart, name| subchart(chart, name).map(|(_, next)| next)).is_some()
    }

    /// Where in subcharts the values at a path may be imported from.
    fn imported(&self, path: &[String]) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        let mut chart = self.chart;
        for at in 0..=path.len() {
            let (names, rest) = path.split_at(at);
            for wanted in &chart.metadata().dependencies {
                let name = if wanted.alias.is_empty() { &wanted.name } else { &wanted.alias };
                for (child, parent) in wanted.import_values.iter().filter_map(import) {
                    if let Some(below) = rest.strip_prefix(parent.as_slice()) {
                        out.push([names, std::slice::from_ref(name), &child, below].concat());
                    }
                }
            }
            match rest.first().and_then(|name| subchart(chart, name)) {
                Some((_, next)) => chart = next,
                None => break,
            }
        }
        out
    }
}

/// The paths that an entry of `import-values` names: in the subchart, and in the chart around it.
fn import(entry: &Value) -> Option<(Vec<String>, Vec<String>)> {
    let path = |text: &str| text.split('.').filter(|key| !key.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    match entry {
        Value::String(name) => Some((path(&format!("exports.{name}")), Vec::new())),
        Value::Object(map) => Some((path(map.get("child")?.as_str()?), path(map.get("parent")?.as_str()?))),
        _ => None,
    }
}

/// The chart below another that its values call so, and what it is called itself.
fn subchart<'c>(chart: &'c Chart, name: &str) -> Option<(&'c str, &'c Chart)> {
    let alias = chart.metadata().dependencies.iter().find(|wanted| wanted.alias == name);
    let own = alias.map_or(name, |wanted| &wanted.name);
    let next = chart.dependencies().iter().find(|subchart| subchart.name() == own)?;
    Some((next.name(), next))
}

/// Lays what a lower layer says below what is found by now.
fn lay(found: &mut Option<Found>, lower: Option<Found>) {
    match (found, lower) {
        (Some(Found { value: Value::Object(map), .. }), Some(Found { value: Value::Object(more), .. })) => {
            let more: Vec<_> = more.into_iter().filter(|(key, _)| !map.contains_key(key)).collect();
            map.extend(more);
        }
        (found @ None, lower) => *found = lower,
        _ => {}
    }
}

/// A value, and who says it.
struct Found {
    value: Value,
    layer: Layer,
    file: String,
}

fn used(path: &[String], found: Found, is_secret: bool) -> Used {
    let is_hidden = is_secret || path.iter().any(|key| is_sensitive(key));
    let value = if is_hidden { json!(HIDDEN) } else { plain(found.value) };
    Used { path: path.join("."), value, layer: found.layer, file: found.file }
}

/// Whole numbers as they are written: values are floating-point numbers all.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            text.strip_suffix(".0")
                .and_then(|whole| whole.parse::<i64>().ok())
                .map_or(Value::Number(number), Value::from)
        }
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, plain(value))).collect()),
        other => other,
    }
}

fn below<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}
