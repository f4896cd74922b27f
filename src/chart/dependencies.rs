//! Which subcharts take part, under which names, and what values their parents import from them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    chart::Chart,
    chart_metadata::Dependency,
    functions::satisfies,
    values::{self, Nulls, Table},
    yaml,
};

/// Resolves a chart's dependencies for the user's values: aliases, tags, conditions and imports.
///
/// # Errors
/// Values that are not mappings where a subchart's should be.
pub fn resolve(chart: &Chart, user: &Table, warnings: &mut Vec<String>) -> Result<Chart, String> {
    let mut chart = chart.clone();
    let path = chart.name().to_owned();
    let mut taken = Taken { warnings, copied: BTreeSet::new() };
    enable(&mut chart, user, &Place { dotted: "", path: &path, home: &path }, &mut taken)?;
    import(&mut chart, warnings)?;
    Ok(chart)
}

/// The names of charts that Chart.yaml asks for and `charts/` does not hold.
pub fn missing(chart: &Chart) -> Vec<String> {
    let wanted = chart.metadata.dependencies.iter();
    let missing = wanted.filter(|wanted| !chart.dependencies.iter().any(|has| has.name() == wanted.name));
    missing.map(|wanted| wanted.name.clone()).collect()
}

/// The folders of charts that ask for each other in a circle, from one of them round to it again; none where there is no
/// circle. Only what lies beside a chart (`file://`) can be followed. `read` gives the Chart.yaml of a folder.
pub fn circle(folder: &str, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<String>> {
    follow(&mut vec![folder.to_owned()], &mut BTreeSet::new(), read)
}

fn follow(
    path: &mut Vec<String>,
    seen: &mut BTreeSet<String>,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Option<Vec<String>> {
    let folder = path.last()?.clone();
    let text = String::from_utf8(read(&folder)?).ok()?;
    let chart = yaml::read(&text, yaml::Numbers::Exact).ok()?;
    for wanted in chart.get("dependencies").and_then(Value::as_array).into_iter().flatten() {
        let Some(beside) = wanted.get("repository").and_then(Value::as_str).and_then(|at| at.strip_prefix("file://"))
        else {
            continue;
        };
        let next = beside_of(&folder, beside);
        if let Some(start) = path.iter().position(|known| *known == next) {
            path.push(next);
            return path.get(start..).map(<[String]>::to_vec);
        }
        // Longer than any chain that is meant; and one folder leads on but once.
        if path.len() < 32 && seen.insert(next.clone()) {
            path.push(next);
            if let Some(found) = follow(path, seen, read) {
                return Some(found);
            }
            path.pop();
        }
    }
    None
}

/// The folder at a path from another.
fn beside_of(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.trim_end_matches('/').to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a chart is the one that is asked for. One of another version is not: Helm leaves it out without a word.
fn answers(chart: &Chart, wanted: &Dependency) -> bool {
    chart.name() == wanted.name && satisfies(&chart.metadata.version, &wanted.version)
}

/// Where a chart is.
struct Place<'a> {
    /// The names of the charts from below the root on, each with a point behind it.
    dotted: &'a str,
    /// Its path, with aliases.
    path: &'a str,
    /// The path of the chart that it is a copy of.
    home: &'a str,
}

/// What is noted while subcharts are taken.
struct Taken<'a> {
    warnings: &'a mut Vec<String>,
    /// The paths of the charts that were copied before.
    copied: BTreeSet<String>,
}

/// Leaves those subcharts that are switched on, and so below them.
fn enable(chart: &mut Chart, user: &Table, place: &Place<'_>, taken: &mut Taken<'_>) -> Result<(), String> {
    if chart.metadata.dependencies.is_empty() {
        if place.home != place.path && !chart.dependencies.is_empty() {
            chart.home = Some(place.home.into());
        }
        return Ok(());
    }
    // To Helm, the copies of a chart share what its Chart.yaml asks for, and the first has renamed it and imported from it.
    if !taken.copied.insert(place.home.to_owned()) {
        for wanted in &mut chart.metadata.dependencies {
            wanted.import_values.clear();
            if !wanted.alias.is_empty() {
                wanted.name.clone_from(&wanted.alias);
            }
        }
    }
    let wanted = &mut chart.metadata.dependencies;
    let held = std::mem::take(&mut chart.dependencies);
    let unnamed = held.iter().filter(|has| !wanted.iter().any(|wanted| answers(has, wanted)));
    let mut charts: Vec<Chart> = unnamed.cloned().collect();
    // Of each, the name of the chart that it is a copy of, where it is one.
    let mut homes: Vec<Option<String>> = vec![None; charts.len()];
    for wanted in wanted.iter_mut() {
        if let Some(found) = held.iter().find(|has| answers(has, wanted)) {
            let mut found = found.clone();
            homes.push(Some(found.name().to_owned()));
            if !wanted.alias.is_empty() {
                found.metadata.name.clone_from(&wanted.alias);
            }
            charts.push(found);
        }
        if !wanted.alias.is_empty() {
            wanted.name.clone_from(&wanted.alias);
        }
        wanted.enabled = true;
    }
    chart.dependencies = charts;
    let values = values::coalesce(chart, user, taken.warnings)?;
    for wanted in &mut chart.metadata.dependencies {
        by_tags(wanted, &values, taken.warnings);
        by_condition(wanted, &values, place.dotted, taken.warnings);
    }
    let off: Vec<String> =
        chart.metadata.dependencies.extract_if(.., |wanted| !wanted.enabled).map(|wanted| wanted.name).collect();
    let charts = std::mem::take(&mut chart.dependencies).into_iter().zip(homes);
    for (mut subchart, home) in charts.filter(|(has, _)| !off.iter().any(|name| name == has.name())) {
        let dotted = format!("{}{}.", place.dotted, subchart.name());
        let path = format!("{}/charts/{}", place.path, subchart.name());
        let home = home.map_or_else(|| path.clone(), |name| format!("{}/charts/{name}", place.home));
        enable(&mut subchart, &values, &Place { dotted: &dotted, path: &path, home: &home }, taken)?;
        chart.dependencies.push(subchart);
    }
    Ok(())
}

/// A dependency with tags is off where some of them are false and none is true.
fn by_tags(wanted: &mut Dependency, values: &Table, warnings: &mut Vec<String>) {
    let Some(tags) = values::table(values, "tags") else {
        return;
    };
    let (mut some_true, mut some_false) = (false, false);
    for tag in &wanted.tags {
        match tags.get(tag) {
            Some(Value::Bool(true)) => some_true = true,
            Some(Value::Bool(false)) => some_false = true,
            Some(_) => warnings.push(format!("tag {tag:?} for chart {} is not a boolean", wanted.name)),
            None => {}
        }
    }
    wanted.enabled = some_true || !some_false;
}

/// The first condition that is a boolean decides, over the tags.
fn by_condition(wanted: &mut Dependency, values: &Table, path: &str, warnings: &mut Vec<String>) {
    for condition in wanted.condition.trim().split(',').filter(|text| !text.is_empty()) {
        match values::leaf(values, &format!("{path}{condition}")) {
            Some(Value::Bool(on)) => {
                wanted.enabled = *on;
                return;
            }
            Some(_) => {
                let message = format!("condition {condition:?} for chart {} is not a boolean", wanted.name);
                warnings.push(message);
            }
            None => {}
        }
    }
}

/// Takes over what the dependencies say in `import-values`, innermost charts first, below the chart's own values.
fn import(chart: &mut Chart, warnings: &mut Vec<String>) -> Result<(), String> {
    for subchart in &mut chart.dependencies {
        import(subchart, warnings)?;
    }
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let own = values::layer(chart, Table::new(), Nulls::Keep, warnings)?;
    let mut imported = Table::new();
    for wanted in &mut chart.metadata.dependencies {
        for import in &mut wanted.import_values {
            let (child, parent) = match &*import {
                Value::String(name) => (format!("exports.{name}"), ".".to_owned()),
                Value::Object(pair) => (spelt(pair.get("child")), spelt(pair.get("parent"))),
                _ => continue,
            };
            *import = serde_json::json!({ "child": child, "parent": parent });
            let Some(found) = values::table(&own, &format!("{}.{child}", wanted.name)) else {
                let name = &wanted.name;
                warnings.push(format!("import-values: chart {name} has no table {child}"));
                continue;
            };
            imported = values::over(imported, &nested(&parent, found.clone()), warnings);
        }
    }
    chart.values = values::shared(values::over(own, &imported, warnings));
    Ok(())
}

fn spelt(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// A table put below a path; `.` is the top.
fn nested(path: &str, table: Table) -> Table {
    if path == "." {
        return table;
    }
    let mut table = table;
    for key in path.rsplit('.') {
        table = Table::from_iter([(key.to_owned(), Value::Object(table))]);
    }
    table
}
