//! The chart `family` prints the values that each of its charts sees; below `family-values` is what helm saw.

use std::{collections::BTreeMap, fs, path::Path};

use reconcile::chart::{
    Chart, Table, coalesce, dependencies, merge, split,
    yaml::{Numbers, read},
};
use serde_json::{Value, json};

use super::fixture::{cases, files, folder};
use crate::yaml::helm::same;

/// The values of each chart, by the folder of its templates; or the word for a refusal.
fn seen(user: &Path) -> Result<BTreeMap<String, Value>, String> {
    let chart = Chart::load(&files(&folder("family"))).unwrap();
    let user = read(&fs::read_to_string(user).unwrap(), Numbers::Float64).unwrap();
    let mut warnings = Vec::new();
    let chart = dependencies::resolve(&chart, user.as_object().unwrap(), &mut warnings)?;
    let values = coalesce(&chart, user.as_object().unwrap(), &mut warnings)?;
    let mut out = BTreeMap::new();
    walk(&chart, &values, "family", &mut out);
    Ok(out)
}

fn walk(chart: &Chart, values: &Table, path: &str, out: &mut BTreeMap<String, Value>) {
    if !chart.is_library() {
        out.insert(format!("{path}/templates"), Value::Object(values.clone()));
    }
    for subchart in chart.dependencies() {
        let path = format!("{path}/charts/{}", subchart.name());
        walk(subchart, values[subchart.name()].as_object().unwrap(), &path, out);
    }
}

#[test]
fn each_chart_sees_what_it_sees_in_helm() {
    for case in cases(&folder("family-values"), "yaml") {
        let golden = fs::read_to_string(case.with_extension("golden")).unwrap();
        let seen = match seen(&case) {
            Ok(seen) => seen,
            Err(error) => {
                assert!(golden.starts_with("refused"), "{}: {error}", case.display());
                continue;
            }
        };
        let documents = split(&golden);
        assert_eq!(seen.len(), documents.len(), "{}", case.display());
        for document in documents {
            let document = read(document.text, Numbers::Float64).unwrap();
            let path = document["path"].as_str().unwrap();
            let (ours, theirs) = (&seen[path], &document["values"]);
            assert!(same(ours, theirs), "{} in {path}\nours   {ours}\ntheirs {theirs}", case.display());
        }
    }
}

#[test]
fn layers_merge_and_nulls_stay() {
    let base = json!({"a": {"x": 1, "y": 2}, "list": [1, 2], "b": {"c": 1}});
    let over = json!({"a": {"y": null, "z": 3}, "list": [3], "b": "text"});
    let merged = json!({"a": {"x": 1, "y": null, "z": 3}, "list": [3], "b": "text"});
    assert_eq!(merge(base, over), merged);
}

#[test]
fn what_meets_a_mapping_is_told() {
    let user = json!({"table": "text", "list": {"a": 1}});
    let chart = Chart::load(&files(&folder("family"))).unwrap();
    let mut warnings = Vec::new();
    coalesce(&chart, user.as_object().unwrap(), &mut warnings).unwrap();
    assert_eq!(warnings, ["skipped value for family.list: not a table"]);
}
