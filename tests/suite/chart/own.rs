//! The charts of this repository.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use reconcile::chart::{Capabilities, Chart, ReleaseInfo, Stage};
use serde_json::{Value, json};

use super::fixture;

/// The annotations of its pods stay the same.
#[test]
fn another_version_of_the_chart_restarts_nothing() {
    let mut files = fixture::files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/odoo-dev-sandbox"));
    let before = checksums(&files, &json!({}));
    assert_eq!(before.len(), 4, "{before:?}");
    let other = checksums(&files, &json!({"odoo": {"workers": 7}}));
    assert_ne!(before, other, "what a pod reads is in them");

    let about = std::str::from_utf8(&files["Chart.yaml"]).expect("a text");
    let newer = about.lines().map(|line| if line.starts_with("version:") { "version: 99.0.0" } else { line });
    let newer = newer.collect::<Vec<_>>().join("\n");
    assert_ne!(newer, about.trim_end());
    files.insert("Chart.yaml".to_owned(), newer.into_bytes().into());
    assert_eq!(checksums(&files, &json!({})), before);
}

fn checksums(files: &BTreeMap<String, Arc<[u8]>>, user: &Value) -> Vec<String> {
    let chart = Chart::load(files).expect("a chart");
    let mut stage = Stage::new(&chart, Capabilities::default());
    let texts = stage.texts(&ReleaseInfo::install("one", "one"), user).expect("it renders");
    let objects = texts.objects().expect("objects");
    let lines = objects.manifests.iter().flat_map(|object| object.text.lines());
    lines.map(str::trim_start).filter(|line| line.starts_with("checksum/")).map(str::to_owned).collect()
}
