//! Whatever a template does, nothing of it is left in memory after its session.

use std::sync::Arc;

use proptest::prelude::*;
use reconcile::chart::template::{Limits, Session, Str, Value, render_text};
use serde_json::json;

/// How many still hold a text that was among the values, after a render and its session.
fn left(text: &str) -> usize {
    let mark: Arc<str> = "mark".into();
    let values = json!({ "map": {"a": {"b": {}}}, "list": [{}] });
    let values = match Value::values(&values) {
        Value::Map(values) => values,
        other => panic!("{other:?} are no values"),
    };
    values.insert("mark", Value::Str(Str::Text(Arc::clone(&mark))));
    let data = Value::data([("Values", Value::Map(values))]);
    let limits = Limits { output: 1 << 20, steps: 200_000 };
    let done = render_text(text, "t", &data, &mut Session::with_limits(limits));
    drop((done, data));
    Arc::strong_count(&mark) - 1
}

#[test]
fn what_holds_itself_is_let_go() {
    for text in [
        "{{ $d := dict \"m\" .Values.mark }}{{ $_ := set $d \"a\" $d }}",
        "{{ $d := dict \"m\" .Values.mark }}{{ $_ := set $d \"a\" (list 1 (list $d)) }}",
        "{{ $d := dict \"m\" .Values.mark }}{{ $e := dict \"d\" $d }}{{ $_ := set $d \"e\" $e }}",
        "{{ $d := dict \"m\" .Values.mark }}{{ $_ := merge $d (dict \"a\" (dict \"b\" $d)) }}",
        "{{ $d := dict \"m\" .Values.mark \"a\" (dict \"b\" 1) }}{{ $_ := mergeOverwrite $d (dict \"a\" (dict \"b\" $d)) }}",
        "{{ $_ := set .Values \"a\" . }}",
        "{{ $_ := set .Values.map.a \"c\" $ }}{{ $_ := set $ \"d\" .Values }}",
        "{{ range .Values.list }}{{ $_ := set . \"up\" $ }}{{ end }}",
        // Out of sight again, out of a scope, and before an error.
        "{{ $d := dict \"m\" .Values.mark }}{{ $_ := set $d \"a\" $d }}{{ $d = 1 }}{{ set .Values \"map\" 1 }}",
        "{{ range until 9 }}{{ $d := dict \"m\" $.Values.mark }}{{ $_ := set $d \"a\" $d }}{{ end }}{{ fail \"x\" }}",
        "{{ define \"x\" }}{{ $_ := set . \"a\" (dict \"b\" .) }}{{ end }}{{ include \"x\" (dict \"m\" .Values.mark) }}",
        "{{ $d := dict \"m\" .Values.mark }}{{ $_ := set $d \"a\" $d }}{{ tpl \"{{ set . `x` . }}\" $d }}",
    ] {
        assert_eq!(left(text), 0, "{text}");
    }
}

#[test]
fn many_that_hold_themselves_are_let_go() {
    let many = "{{ $v := .Values }}{{ range until 5000 }}{{ $d := dict \"m\" $v.mark }}{{ $_ := set $d \"a\" $d }}\
        {{ $_ := set (dict) \"gone\" (dict \"m\" $v.mark) }}{{ end }}";
    assert_eq!(left(many), 0);
}

/// The data of a chart outlive a session as they were, where no template changed them.
#[test]
fn what_was_only_read_stays() {
    let data = Value::data([("Values", Value::values(&json!({ "map": {"a": {"b": 1}} })))]);
    let text = "{{ $d := dict }}{{ $_ := set $d \"a\" .Values.map }}{{ $_ := set $d \"d\" $d }}{{ .Values.map.a.b }}";
    for _ in 0..2 {
        assert_eq!(render_text(text, "t", &data, &mut Session::default()).expect("it renders"), "1");
    }
}

/// The maps and lists that the steps below name.
const NAMED: &[&str] = &["$a", "$b", "$c", ".Values", ".Values.map", ".Values.map.a", "."];

fn step() -> impl Strategy<Value = String> {
    let named = || proptest::sample::select(NAMED);
    prop_oneof![
        (named(), named()).prop_map(|(to, from)| format!("{{{{ $_ := set {to} \"x\" {from} }}}}")),
        (named(), named()).prop_map(|(to, from)| format!("{{{{ $_ := set {to} \"y\" (list {from}) }}}}")),
        (named(), named()).prop_map(|(to, from)| format!("{{{{ $_ := merge {to} (dict \"z\" {from}) }}}}")),
        (named(), named()).prop_map(|(to, from)| format!("{{{{ $_ := mergeOverwrite {to} {from} }}}}")),
        named().prop_map(|from| format!("{{{{ $_ := unset {from} \"x\" }}}}")),
        named().prop_map(|from| format!("{{{{ $a = dict \"m\" {from} }}}}")),
        named().prop_map(|from| format!("{{{{ $b = deepCopy {from} }}}}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_left_of_any_knot(steps in prop::collection::vec(step(), 1..12)) {
        let begin = "{{ $m := .Values.mark }}{{ $a := dict \"m\" $m }}{{ $b := dict \"m\" $m }}{{ $c := dict \"b\" $b }}";
        let text = format!("{begin}{}", steps.concat());
        prop_assert_eq!(left(&text), 0, "{}", text);
    }
}
