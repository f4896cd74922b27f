//! What a render gives besides objects, and how it fails.

use std::{collections::BTreeMap, sync::Arc};

use reconcile::chart::{
    Capabilities, Chart, ReleaseInfo, RenderInput, Rendered,
    generated::{Part, RandomKind},
    hooks::Event,
};
use serde_json::{Value, json};

const META: (&str, &str) = ("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n");

fn chart(files: &[(&str, &str)]) -> Chart {
    let all = files.iter().chain(if files.iter().any(|file| file.0 == META.0) { [].iter() } else { [META].iter() });
    let all: BTreeMap<String, Arc<[u8]>> =
        all.map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect();
    Chart::load(&all).unwrap()
}

fn render(files: &[(&str, &str)], values: &Value) -> Result<Rendered, String> {
    let release = ReleaseInfo::install("demo", "space");
    let capabilities = Capabilities::default();
    let input = RenderInput { release: &release, values, capabilities: &capabilities };
    chart(files).render(&input).map_err(|error| error.to_string())
}

#[test]
fn objects_hooks_crds_and_notes_come_apart() {
    let rendered = render(
        &[
            ("templates/b.yaml", "kind: Service\nmetadata: {name: s}\n---\n# nothing\n---\nkind: Namespace\n"),
            ("templates/a.yaml", "\nkind: Service\n"),
            ("templates/hook.yaml", "kind: Job\nmetadata: {annotations: {helm.sh/hook: pre-install}}"),
            ("templates/old.yaml", "kind: Job\nmetadata: {annotations: {helm.sh/hook: crd-install}}"),
            ("templates/_helpers.tpl", "{{ define \"x\" }}{{ end }}not: yaml: at all"),
            ("templates/NOTES.txt", "Hello {{ .Release.Name }}"),
            ("templates/sub/NOTES.txt", "not shown: at: all"),
            ("crds/c.yaml", "kind: {{ not rendered }}"),
        ],
        &Value::Null,
    )
    .unwrap();
    let manifests: Vec<(&str, usize)> = rendered.manifests.iter().map(|d| (d.template.as_str(), d.line)).collect();
    assert_eq!(manifests, [("a/templates/b.yaml", 6), ("a/templates/a.yaml", 2), ("a/templates/b.yaml", 1)]);
    assert_eq!(rendered.hooks[0].1.events, [Event::PreInstall]);
    assert_eq!(rendered.hooks.len(), 1);
    assert_eq!(rendered.warnings, ["a/templates/old.yaml: unknown hook \"crd-install\" left out"]);
    assert_eq!(rendered.notes.as_deref(), Some("Hello demo"));
    assert_eq!(rendered.crds[0].path, "a/crds/c.yaml");
}

#[test]
fn numbers_of_a_manifest_stay_exact() {
    let text = "kind: X\nbig: 9007199254740993\nwhole: 1.0\nquoted: {{ .Values.n | int64 }}";
    let rendered = render(&[("templates/a.yaml", text)], &json!({"n": 123_456_789.0})).unwrap();
    let value = &rendered.manifests[0].value;
    assert_eq!(*value, json!({"kind": "X", "big": 9_007_199_254_740_993_i64, "whole": 1, "quoted": 123_456_789}));
}

#[test]
fn generated_values_leave_the_secret() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  fixed: eA==\n  password: {{ randAlphaNum 8 \
                  | b64enc }}\n";
    let rendered = render(&[("templates/a.yaml", secret)], &Value::Null).unwrap();
    assert_eq!(rendered.manifests[0].value["data"], json!({"fixed": "eA=="}));
    let key = &rendered.generated["s"][0];
    assert_eq!(key.key, "password");
    assert!(matches!(&key.parts[..], [Part::Random { kind: RandomKind::AlphaNum(8), .. }]));
    let elsewhere = render(&[("templates/a.yaml", "kind: X\nvalue: {{ randAlpha 3 }}")], &Value::Null);
    let told = elsewhere.unwrap_err();
    assert!(told.starts_with("a/templates/a.yaml: X : a generated value can only be"), "{told}");
    assert!(told.ends_with(" at value, made at a/templates/a.yaml:2:10"), "{told}");
}

#[test]
fn one_chart_renders_for_many() {
    let release = |name: &str| ReleaseInfo::install(name, "space");
    let chart = chart(&[("templates/a.yaml", "kind: X\nname: {{ .Release.Name }}-{{ .Values.x }}")]);
    let capabilities = Capabilities::default();
    std::thread::scope(|scope| {
        for i in 0..8 {
            let (chart, capabilities) = (&chart, &capabilities);
            scope.spawn(move || {
                let (release, values) = (release(&format!("r{i}")), json!({"x": format!("v{i}")}));
                let input = RenderInput { release: &release, values: &values, capabilities };
                let rendered = chart.render(&input).unwrap();
                assert_eq!(rendered.manifests[0].value["name"], format!("r{i}-v{i}"));
            });
        }
    });
}

#[test]
fn texts_see_what_templates_see() {
    let chart = chart(&[("values.yaml", "own: 1")]);
    let (release, capabilities) = (ReleaseInfo::install("demo", "space"), Capabilities::default());
    let values = json!({"user": "x"});
    let input = RenderInput { release: &release, values: &values, capabilities: &capabilities };
    let text = "{{ .Values.user }} {{ .Values.own }} {{ .Chart.Name }} {{ .Release.Namespace }}";
    assert_eq!(chart.render_text(text, &input).unwrap(), "x 1 a space");
    assert!(chart.render_text("{{ .Values.a.b }}", &input).is_err());
}

#[test]
fn bytes_of_a_template_that_are_no_text_are_an_error_where_they_show() {
    let made = |template: &[u8]| {
        let files = [("Chart.yaml", &b"apiVersion: v2\nname: a\nversion: 1.0.0\n"[..]), ("templates/a.yaml", template)];
        let files = files.map(|(name, bytes)| (name.to_owned(), Arc::from(bytes)));
        let chart = Chart::load(&BTreeMap::from(files)).expect("a chart");
        let (release, capabilities) = (ReleaseInfo::install("demo", "space"), Capabilities::default());
        let input = RenderInput { release: &release, values: &Value::Null, capabilities: &capabilities };
        chart.render(&input).map(|rendered| rendered.manifests.len()).map_err(|error| error.to_string())
    };
    assert_eq!(made(b"{{/* caf\xe9 */}}kind: X"), Ok(1));
    let error = made(b"kind: X\nof: caf\xe9").unwrap_err();
    assert!(error.contains("a/templates/a.yaml: the rendered text is not UTF-8"), "{error}");
}

#[test]
fn failures_show_the_place() {
    let template = |text: &'static str| render(&[("templates/a.yaml", text)], &Value::Null).unwrap_err();
    assert_eq!(
        template("kind: X\n---\n\nkind: Y\na: b: c\n"),
        "a/templates/a.yaml makes what is not YAML, line 5 of the rendered text: mapping values are not allowed in this \
         context\n  a: b: c"
    );
    assert_eq!(
        template("a: 1\nb: 2\na: 3"),
        "a/templates/a.yaml makes what is not YAML, line 3 of the rendered text: key \"a\" already set in map\n  a: 3"
    );
    assert_eq!(
        template("a: [\n"),
        "a/templates/a.yaml makes what is not YAML, line 1 of the rendered text: did not find expected node content\n  \
         a: ["
    );
    assert_eq!(
        template("- a\n- b"),
        "a/templates/a.yaml makes something that is not a Kubernetes object, line 1 of the rendered text:\n  - a"
    );
    assert_eq!(template("{{ fail \"no\" }}"), "execution error at (a/templates/a.yaml:1:3): no");
    assert!(template("{{ if }}").starts_with("parse error at (a/templates/a.yaml:1)"));
}

#[test]
fn what_does_not_fit_is_refused() {
    let meta = |more: &str| format!("{}{more}", META.1);
    let with = |more: &str, values: &Value| render(&[("Chart.yaml", &meta(more))], values).unwrap_err();
    assert_eq!(with("type: library", &Value::Null), "library charts are not installable");
    assert_eq!(
        with("kubeVersion: \"<1.20\"", &Value::Null),
        "chart requires kubeVersion: <1.20 which is incompatible with Kubernetes v1.37.0"
    );
    assert_eq!(
        with("dependencies: [{name: b, version: 1, repository: x}]", &Value::Null),
        "found in Chart.yaml, but missing in charts/ directory: b"
    );
    assert_eq!(with("", &json!([1])), "values: they are not a mapping");
    let b = ("charts/b/Chart.yaml", "apiVersion: v2\nname: b\nversion: 1.0.0\n");
    assert_eq!(render(&[b], &json!({"b": 1.0})).unwrap_err(), "values: type mismatch on b: %!t(float64=1)");
}
