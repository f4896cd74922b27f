//! Renders one after another by one stage: each as if it were the first.

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
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("values.yaml", "name: x\ncounts: {n: 0}\nresources: {cpu: 1, memory: 64Mi}\n"),
        ("templates/_helpers.tpl", HELPERS),
        ("templates/_other.tpl", "{{ include \"c.file\" . }}"),
        ("templates/a.yaml", OBJECT),
        ("templates/b.yaml", OBJECT),
    ];
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
