//! What marks an object of a chart's `crds/`.

use std::collections::BTreeMap;
use std::sync::Arc;

use reconcile::fleet::Fleet;
use reconcile::release::{Basis, Charts, render};

/// A mark is an annotation; a text that speaks of it is none, and its object is kept as the chart has it.
#[test]
fn a_text_that_names_the_mark_is_no_mark() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {help: reconcile.dev/crds marks them}\n";
    let files: BTreeMap<String, Arc<[u8]>> = [
        ("sandboxes/fleet.toml", "name = \"team\"\nid = \"team-1\"\n"),
        ("sandboxes/one.toml", "branch = \"one\"\nimage = \"registry.example.com/a:1\"\nchart = \"a\"\n"),
        ("charts/a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
        ("charts/a/templates/a.yaml", text),
        ("charts/a/crds/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.as_bytes().into()))
    .collect();
    let fleet = Fleet::parse(&files, &BTreeMap::new()).expect("a fleet");
    let charts = Charts::load(&files, ["a"].into_iter());
    let basis = Basis { settings: &fleet.settings, charts: &charts, copied: &BTreeMap::new(), kept: None };
    let release = render(&fleet.sandboxes["one"], &basis).expect("it renders").release;
    let marked: Vec<(&str, bool)> = release.manifests.iter().map(|m| (m.id.name.as_str(), m.is_of_crds())).collect();
    assert_eq!(marked, [("b", true), ("a", false)]);
}
