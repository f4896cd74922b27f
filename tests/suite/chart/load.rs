//! Loading: which file is what, and what is refused.

use std::{collections::BTreeMap, sync::Arc};

use reconcile::chart::{Chart, dependencies};

use super::fixture::{files, folder};

fn chart(files: &[(&str, &str)]) -> Result<Chart, String> {
    let files: BTreeMap<String, Arc<[u8]>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect();
    Chart::load(&files).map_err(|error| match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}

const META: (&str, &str) = ("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n");

fn names(files: &reconcile::chart::FileMap) -> Vec<&str> {
    files.keys().map(|name| &**name).collect()
}

#[test]
fn files_have_their_places() {
    let chart = chart(&[
        META,
        ("values.yaml", "\u{feff}a: 1\n"),
        ("values.schema.json", "{}"),
        ("Chart.lock", ""),
        ("templates/NOTES.txt", ""),
        ("templates/deep/er.yaml", ""),
        ("templates/.hidden", ""),
        ("README.md", ""),
        ("values-ci.yaml", "b: 1"),
        ("crds/x.yaml", "x: 1"),
        ("crds/README.md", ""),
        ("charts/_off/Chart.yaml", "not: a chart"),
        ("charts/.keep/x", ""),
        ("charts/a.tgz.prov", ""),
    ])
    .unwrap();
    assert_eq!(names(chart.templates()), ["templates/NOTES.txt", "templates/deep/er.yaml"]);
    let expected = ["README.md", "charts/a.tgz.prov", "crds/README.md", "crds/x.yaml", "values-ci.yaml"];
    assert_eq!(names(chart.files()), expected);
    assert_eq!(chart.values()["a"], 1.0);
    assert!(chart.schema().is_some());
    assert_eq!(chart.file("values-ci.yaml"), Some(&b"b: 1"[..]));
    let crds: Vec<String> = chart.crds().into_iter().map(|crd| crd.path).collect();
    assert_eq!(crds, ["a/crds/x.yaml"]);
}

#[test]
fn chart_yaml_is_read_as_go_reads_json() {
    let chart = Chart::load(&files(&folder("family"))).unwrap();
    assert_eq!(chart.metadata().app_version, "1.1");
    assert_eq!(chart.metadata().description, "A chart   with subcharts");
    assert_eq!(chart.metadata().annotations["number"], "5");
    let subcharts: Vec<&str> = chart.dependencies().iter().map(Chart::name).collect();
    assert_eq!(subcharts, ["child", "lib", "tagged", "twice"]);
    assert!(chart.dependencies()[1].is_library());
}

#[test]
fn old_charts_keep_their_dependencies_apart() {
    let chart = chart(&[
        ("Chart.yaml", "name: a\nversion: 1\n"),
        ("requirements.yaml", "dependencies:\n- name: b\n  version: 1\n  repository: x\n"),
        ("requirements.lock", ""),
    ])
    .unwrap();
    assert_eq!(chart.metadata().api_version, "v1");
    assert_eq!(chart.metadata().dependencies[0].name, "b");
    assert_eq!(names(chart.files()), ["requirements.lock", "requirements.yaml"]);
    assert_eq!(dependencies::missing(&chart), ["b"]);
}

#[test]
fn ignored_files_do_not_belong() {
    let ignore = "# comment\n\n/root.txt\n*.bak\nskip/\ndocs/*.md\n[ab].x\n";
    let chart = chart(&[
        META,
        (".helmignore", ignore),
        ("root.txt", ""),
        ("sub/root.txt", ""),
        ("x.bak", ""),
        ("sub/y.bak", ""),
        ("skip/file", ""),
        ("sub/skip/deep/file", ""),
        ("skip.txt", ""),
        ("docs/a.md", ""),
        ("docs/sub/a.md", ""),
        ("a.x", ""),
        ("c.x", ""),
        ("templates/a.bak", ""),
    ])
    .unwrap();
    assert_eq!(names(chart.files()), [".helmignore", "c.x", "docs/sub/a.md", "skip.txt", "sub/root.txt"]);
    assert_eq!(names(chart.templates()), Vec::<&str>::new());
}

#[test]
fn what_is_wrong_names_its_file() {
    let unpack = "error unpacking subchart";
    let json = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
    let yaml = "error converting YAML to JSON: yaml:";
    let cases: &[(&[(&str, &str)], String)] = &[
        (&[], "Chart.yaml file is missing".into()),
        (
            &[("Chart.yaml", "name: [")],
            format!("cannot load Chart.yaml: {yaml} line 1: did not find expected node content"),
        ),
        (&[("Chart.yaml", "name: a")], "validation: chart.metadata.version is required".into()),
        (&[("Chart.yaml", "name: a\nversion: x")], "validation: chart.metadata.version \"x\" is invalid".into()),
        (
            &[("Chart.yaml", "name: a\nversion: 72e5")],
            "validation: chart.metadata.version \"7.2e+06\" is invalid".into(),
        ),
        (
            &[("Chart.yaml", "name: {a: 1}")],
            format!("cannot load Chart.yaml: {json} object into Go struct field Metadata.name of type string"),
        ),
        (
            &[("Chart.yaml", "name: a\nversion: 1\ntype: other")],
            "validation: chart.metadata.type must be application or library".into(),
        ),
        (
            &[META, ("values.yaml", "- a")],
            format!("cannot load values.yaml: {json} array into Go value of type map[string]interface {{}}"),
        ),
        (
            &[META, ("values.yaml", "a: b: c")],
            format!("cannot load values.yaml: {yaml} mapping values are not allowed in this context"),
        ),
        (&[META, ("charts/b/x", "")], format!("{unpack} b in a: Chart.yaml file is missing")),
        (&[META, ("charts/b-1.0.0.tgz", "a longer text")], format!("{unpack} b-1.0.0.tgz in a: gzip: invalid header")),
        (&[META, ("charts/b.tgz/x", "")], "error unpacking subchart tar in a: expected b.tgz, got b.tgz/x".into()),
        (&[META, (".helmignore", "a/**")], "double-star (**) syntax is not supported".into()),
    ];
    for (files, expected) in cases {
        assert_eq!(chart(files).unwrap_err(), *expected);
    }
    let mut path = String::new();
    let mut deep = Vec::new();
    for _ in 0..40 {
        deep.push((format!("{path}Chart.yaml"), META.1));
        path.push_str("charts/a/");
    }
    let deep: Vec<(&str, &str)> = deep.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    assert!(chart(&deep).unwrap_err().ends_with("charts are nested more than 32 deep"));
}
