//! Any YAML as values, for templates that walk through all of them and write them in every form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reconcile::chart::template::{Limits, Session, Templates, Value};
use reconcile::chart::yaml::{Numbers, read};
use std::sync::LazyLock;

const TEMPLATE: &str = "{{ define \"walk\" }}{{ if kindIs \"map\" . }}{{ range $k, $v := . }}{{ $k | quote }}{{ include \"walk\" $v }}{{ end }}\
    {{ else if kindIs \"slice\" . }}{{ range . }}{{ include \"walk\" . }}{{ end }}{{ else }}{{ . | toString | trunc 9 | squote }}{{ end }}{{ end }}\
    {{ include \"walk\" .Values }}{{ toYaml .Values }}{{ toYamlPretty .Values }}{{ toJson .Values }}{{ toToml .Values }}\
    {{ fromYaml (toYaml .Values) | deepCopy | merge (dict) | len }}{{ tpl (toYaml .Values) . }}";

fuzz_target!(|text: &str| {
    static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates::parse([("t", TEMPLATE)]).expect("it parses"));
    let Ok(values) = read(text, Numbers::Float64) else { return };
    let data = Value::data([("Values", Value::values(&values))]);
    let limits = Limits { output: 4 << 20, steps: 300_000 };
    let _ = TEMPLATES.render("t", &data, &mut Session::with_limits(limits));
});
