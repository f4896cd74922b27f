//! Renders one after another by one stage: each as if it were the first.

use proptest::prelude::*;
use reconcile::chart::{Capabilities, Chart, ReleaseInfo, RenderInput, Stage};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

const HELPERS: &str = r#"
{{- define "c.name" }}{{ .Release.Name }}-{{ .Values.name }}{{ end }}
{{- define "c.file" }}{{ base .Template.Name }} of {{ include "c.name" . }}{{ end }}
{{- define "c.part" }}{{ include "c.file" .root }} {{ .part }}{{ end }}
{{- define "c.count" }}{{ $_ := set .Values.counts "n" (add1 (int .Values.counts.n)) }}{{ .Values.counts.n }}{{ end }}
"#;

const OBJECT: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ base .Template.Name }}}
one: {{ include "c.part" (dict "root" . "part" "a") }}, {{ include "c.part" (dict "root" . "part" "a") }}
two: {{ include "c.part" (dict "root" . "part" "b") }}
n: {{ include "c.count" . }} {{ include "c.count" . }} {{ .Values.counts.n }}
other: {{ include (print .Template.BasePath "/_other.tpl") . | sha256sum }}
{{- with .Values.resources }}
resources: {{ toYaml . | nindent 2 }}
{{- end }}
"#;

fn chart() -> Chart {
    chart_of(&[
        ("values.yaml", "name: x\ncounts: {n: 0}\nresources: {cpu: 1, memory: 64Mi}\n"),
        ("templates/_helpers.tpl", HELPERS),
        ("templates/_other.tpl", "{{ include \"c.file\" . }}"),
        ("templates/a.yaml", OBJECT),
        ("templates/b.yaml", OBJECT),
    ])
}

fn chart_of(files: &[(&str, &str)]) -> Chart {
    let metadata = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    let files = [&[metadata], files].concat();
    let files: BTreeMap<String, Arc<[u8]>> =
        files.iter().map(|(name, text)| ((*name).to_owned(), Arc::from(text.as_bytes()))).collect();
    Chart::load(&files).expect("a chart")
}

fn told(texts: &reconcile::chart::Texts) -> String {
    let objects = texts.objects().expect("objects");
    objects.manifests.iter().map(|object| format!("# {}\n{}\n", object.template, object.text)).collect()
}

#[test]
fn each_render_is_as_if_it_were_the_first() {
    let chart = chart();
    let capabilities = Capabilities::default();
    let mut stage = Stage::new(&chart, capabilities.clone());
    let values: [Value; 4] =
        [json!({}), json!({"name": "y"}), json!({"resources": {"cpu": 2}}), json!({"counts": {"n": 7}})];
    for round in 0..3 {
        for (at, user) in values.iter().enumerate() {
            let release = ReleaseInfo::install(&format!("r{}", (round + at) % 3), "ns");
            let input = RenderInput { release: &release, values: user, capabilities: &capabilities };
            let alone = told(&chart.texts(&input).expect("it renders"));
            assert_eq!(told(&stage.texts(&release, user).expect("it renders")), alone);
            let name = user["name"].as_str().unwrap_or("x");
            for file in ["a.yaml", "b.yaml"] {
                let line = format!("one: {file} of {}-{name} a, {file} of {}-{name} a\n", release.name, release.name);
                assert!(alone.contains(&line), "{alone}");
            }
            // Files are rendered from the last to the first, and each sees what those before it changed.
            let first = user["counts"]["n"].as_i64().unwrap_or(0);
            for n in [first + 1, first + 3] {
                assert!(alone.contains(&format!("n: {n} {} {}\n", n + 1, n + 1)), "{alone}");
            }
        }
    }
}

/// Values whose parts are looked at by some helper or other, and names that come and go.
const MANY_VALUES: &str = "
word: one
list: [a, {b: c}]
image: {repository: odoo, tag: '18', more: {digest: ''}}
other: {image: {repository: nginx, tag: '1'}, deep: {n: 1}}
counts: {n: 0}
";

/// Each gives a text of some of the data: by name, by way of another helper, from a part that is handed on, whole.
const MANY_HELPERS: &str = r#"
{{- define "word" }}{{ .Values.word }}{{ end }}
{{- define "list" }}{{ range .Values.list }}{{ toYaml . }};{{ end }}{{ end }}
{{- define "image" }}{{ .repository }}:{{ .tag }}{{ with .more }}@{{ .digest }}{{ end }}{{ end }}
{{- define "both" }}{{ include "image" .Values.image }} {{ include "image" .Values.other.image }}{{ end }}
{{- define "named" }}{{ .Release.Name }} {{ include "both" . }}{{ end }}
{{- define "of" }}{{ .part }} {{ include "word" .root }} {{ .root.Values.other.deep.n }}{{ end }}
{{- define "file" }}{{ .Template.Name }} {{ include "word" . }}{{ end }}
{{- define "whole" }}{{ toYaml .Values.other }}{{ end }}
{{- define "keys" }}{{ keys .Values | sortAlpha }} {{ hasKey .Values "further" }} {{ .Values.further }}{{ end }}
{{- define "all" }}{{ toJson .Values }}{{ end }}
{{- define "tpl" }}{{ tpl "{{ .Values.word }} {{ .Values.other.deep.n }}" . }}{{ end }}
{{- define "count" }}{{ $_ := set .Values.counts "n" (add1 (int .Values.counts.n)) }}{{ .Values.counts.n }}{{ end }}
{{- define "deepset" }}{{ $_ := set .Values.other.deep "n" (printf "%v+" .Values.other.deep.n) }}{{ end }}
{{- define "nothing" }}nothing{{ end }}
"#;

const INCLUDES: [&str; 32] = [
    r#"{{ include "word" . }}"#,
    r#"{{ include "list" . | quote }}"#,
    r#"{{ include "image" .Values.image }}"#,
    r#"{{ include "image" .Values.other.image | quote }}"#,
    r#"{{ include "both" . }}"#,
    r#"{{ include "named" . }}"#,
    r#"{{ include "of" (dict "root" . "part" "x") }}"#,
    r#"{{ include "of" (dict "root" $ "part" .Values.word) }}"#,
    r#"{{ include "file" . }}"#,
    r#"{{ include "whole" . | nindent 2 }}"#,
    r#"{{ include "keys" . }}"#,
    r#"{{ include "all" . }}"#,
    r#"{{ include "tpl" . }}"#,
    r#"{{ include "count" . }}"#,
    r#"{{ include "deepset" . }}"#,
    r#"{{ toYaml .Values.image | nindent 2 }}{{ include "nothing" . }}"#,
    r#"{{ .Files.Get "long.txt" | nindent 3 }}"#,
    r#"{{ .Files.Get "long.txt" | indent 20 | quote }}{{ tpl (.Files.Get "long.txt") . }}"#,
    r"{{ if .Values.word }}word {{ .Values.word }}{{ else }}none{{ end }}",
    r"{{ with .Values.image }}{{ .tag }} of {{ $.Values.word }}{{ end }}",
    r"{{ with .Values.image }}{{ .tag }} of {{ $.Release.Name }}{{ end }}",
    r"{{ range $at, $item := .Values.list }}{{ $at }} {{ $item | toJson }},{{ end }}",
    r"{{ range (list . .) }}{{ if .Values.word }}{{ .Values.word }}{{ break }}{{ end }}after{{ end }}",
    r"{{ range (list . . .) }}{{ if $.Values.further }}{{ continue }}{{ end }}{{ .Values.word }}{{ end }}",
    r#"{{ if .Values.other }}{{ $ = dict "Values" (dict "word" "mine") }}{{ end }}{{ if $.Values.word }}{{ $.Values.word }}{{ end }}"#,
    r#"{{ if true }}{{ $_ := set .Values "word" "set" }}{{ .Values.word }}{{ end }}{{ if true }}{{ .Values.word }}{{ end }}"#,
    r#"{{ if true }}{{ .Template.Name }} {{ include "file" . }}{{ end }}"#,
    r#"{{ if true }}{{ include "both" . }}{{ if .Values.further }}{{ .Values.further | toJson }}{{ end }}{{ end }}"#,
    r#"{{ if .Values.other }}{{ include "count" . }}{{ .Values.counts.n }}{{ end }}"#,
    r"{{ $mine := .Release.Name }}{{ if .Values.word }}{{ $mine }}{{ end }}",
    r#"{{ define "mine" }}{{ if .Values.word }}{{ .Values.word | upper }}{{ end }}{{ end }}{{ include "mine" . }}{{ template "mine" . }}"#,
    r#"{{ tpl "{{ if .Values.word }}{{ .Values.word | lower }}{{ end }}" . }}{{ tpl "{{ if .Release }}{{ .Release.Name }}{{ end }}" . }}"#,
];

/// Values that a user gives: some of few, so that they are often those of the render before.
fn user() -> impl Strategy<Value = Value> {
    let some = prop::sample::subsequence(
        vec![
            json!({"word": "two"}),
            json!({"list": ["a", {"b": "d"}]}),
            json!({"image": {"tag": "19"}}),
            json!({"image": {"more": {"digest": "sha"}}}),
            json!({"other": {"deep": {"n": 2}}}),
            json!({"other": {"image": null}}),
            json!({"other": null}),
            json!({"word": {"a": "mapping"}}),
            json!({"further": "x"}),
            json!({"further": {"x": "y"}}),
            json!({"counts": {"n": 5}}),
        ],
        0..4,
    );
    some.prop_map(|parts| {
        let parts = parts.into_iter().filter_map(|part| part.as_object().cloned());
        Value::Object(parts.flatten().collect())
    })
}

/// Found by the property below: a name that the values had before.
#[test]
fn a_value_that_is_not_given_any_more_is_gone() {
    let files = [("templates/_helpers.tpl", MANY_HELPERS), ("templates/t.yaml", "# {{ include \"keys\" . }}\n")];
    let chart = chart_of(&[&[("values.yaml", MANY_VALUES)], &files[..]].concat());
    let mut stage = Stage::new(&chart, Capabilities::default());
    let mut keys = |user: &Value| {
        let texts = stage.texts(&ReleaseInfo::install("r", "ns"), user).expect("it renders");
        format!("{texts:?}")
    };
    assert!(keys(&json!({"further": "x"})).contains("further image list other word] true x"));
    assert!(keys(&json!({})).contains("counts image list other word] false "));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_for_the_next_render_is_what_it_would_make(
        includes in prop::collection::vec(prop::collection::vec(0..INCLUDES.len(), 1..5), 1..4),
        renders in prop::collection::vec((0..3_usize, user()), 2..9),
    ) {
        let texts: Vec<(String, String)> = includes
            .iter()
            .enumerate()
            .map(|(number, chosen)| {
                let lines = chosen.iter().map(|include| format!("# {}\n", INCLUDES[*include])).collect();
                (format!("templates/t{number}.yaml"), lines)
            })
            .collect();
        let long = "a line of {{ .Values.word }}\n".repeat(60);
        let mut files =
            vec![("values.yaml", MANY_VALUES), ("templates/_helpers.tpl", MANY_HELPERS), ("long.txt", long.as_str())];
        files.extend(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let chart = chart_of(&files);
        let capabilities = Capabilities::default();
        let mut stage = Stage::new(&chart, capabilities.clone());
        for (release, user) in &renders {
            let release = ReleaseInfo::install(&format!("r{release}"), "ns");
            let input = RenderInput { release: &release, values: user, capabilities: &capabilities };
            let text = |made: Result<reconcile::chart::Texts, reconcile::chart::RenderError>| {
                let listing = |texts: &reconcile::chart::Texts| format!("{texts:?}");
                made.map(|texts| listing(&texts)).map_err(|error| error.to_string())
            };
            prop_assert_eq!(text(stage.texts(&release, user)), text(chart.texts(&input)));
        }
    }
}
