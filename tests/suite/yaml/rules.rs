//! The rules of YAML 1.1 that charts depend on, one by one.

use reconcile::chart::yaml::{MAX_DEPTH, Numbers, read, read_strict, to_yaml, write};
use serde_json::{Value, json};

fn exact(text: &str) -> Value {
    read_strict(text, Numbers::Exact).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn message(text: &str) -> String {
    read_strict(text, Numbers::Exact).unwrap_err().to_string()
}

#[test]
fn words_and_numbers() {
    let cases = [
        ("yes", json!(true)),
        ("Off", json!(false)),
        ("y", json!(true)),
        ("~", json!(null)),
        ("", json!(null)),
        ("0777", json!(511)),
        ("0o17", json!(15)),
        ("0x1F", json!(31)),
        ("-0b11", json!(-3)),
        ("1_000", json!(1000)),
        ("089", json!(89)),
        ("1.0", json!(1)),
        ("1e3", json!(1000)),
        (".5", json!(0.5)),
        ("18446744073709551615", json!(u64::MAX)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("12:30:45", json!("12:30:45")),
        ("2001-01-01", json!("2001-01-01")),
        ("1e999", json!("1e999")),
        ("!!str 12", json!("12")),
        ("!!int \"12\"", json!(12)),
        ("!!binary aGk=", json!("hi")),
        ("!local 12", json!("12")),
        ("'12'", json!("12")),
        ("<<", json!("<<")),
    ];
    for (text, value) in cases {
        assert_eq!(exact(text), value, "{text:?}");
    }
}

#[test]
fn values_are_doubles() {
    assert_eq!(read("[1, 0777, 1e3]", Numbers::Float64).unwrap(), json!([1.0, 511.0, 1000.0]));
}

#[test]
fn keys_become_text() {
    assert_eq!(
        exact("{1: a, yes: b, 1.50: c, 0x10: d, .inf: e}"),
        json!({"1": "a", "true": "b", "1.5": "c", "16": "d", ".inf": "e"})
    );
    assert_eq!(message("~: a"), "yaml: line 1: unsupported map key of type: <nil>");
    assert_eq!(message("? [a]\n: b"), "yaml: line 1: invalid map key");
}

#[test]
fn merges_and_anchors() {
    let text = "base: &b {a: 1, b: 2}\nover: {<<: *b, b: 3}\nseveral: {<<: [{a: 9}, *b]}\nsame: *b\n";
    let value = exact(text);
    assert_eq!(value["over"], json!({"a": 1, "b": 3}));
    assert_eq!(value["several"], json!({"a": 9, "b": 2}));
    assert_eq!(value["same"], value["base"]);
    assert_eq!(message("a: *x"), "yaml: line 1: unknown anchor 'x' referenced");
    assert_eq!(message("a: &x [*x]"), "yaml: line 1: anchor 'x' value contains itself");
    assert_eq!(message("a: {<<: 1}"), "yaml: line 1: map merge requires map or sequence of maps as the value");
}

#[test]
fn the_last_of_equal_keys_counts_unless_strict() {
    let text = "a: 1\nb: 2\na: 3\n";
    assert_eq!(read(text, Numbers::Exact).unwrap(), json!({"a": 3, "b": 2}));
    assert_eq!(message(text), "yaml: line 3: key \"a\" already set in map");
}

#[test]
fn only_the_first_document_is_read() {
    assert_eq!(exact("# c\n---\na: 1\n---\nb: [\n"), json!({"a": 1}));
    assert_eq!(exact("---\n---\na: 1\n"), json!(null));
}

#[test]
fn what_charts_hold_and_yaml_1_2_forbids() {
    assert_eq!(exact("a: [\n  b,\n]\nc: {\n}\n"), json!({"a": ["b"], "c": {}}));
    assert_eq!(exact("a: \"b\nc\"\n"), json!({"a": "b c"}));
    assert_eq!(exact("a:\t b\n"), json!({"a": "b"}));
}

#[test]
fn errors_say_where() {
    let cases = [
        ("a: 1\nb: c: d\n", "yaml: line 2: mapping values are not allowed in this context"),
        ("a: 1\n b\nc\n", "yaml: line 3: could not find expected ':'"),
        ("a: [1, 2\nb: 3\n", "yaml: line 2: did not find expected ',' or ']'"),
        ("a: 'x\n", "yaml: line 1: found unexpected end of stream"),
        ("a: @x\n", "yaml: line 1: found character that cannot start any token"),
        ("a:\n\tb: 1\n", "yaml: line 2: found character that cannot start any token"),
        ("a: \u{1}\n", "yaml: line 1: control characters are not allowed"),
        ("a: .nan\n", "yaml: line 1: json: unsupported value: NaN"),
        ("%YAML 1.2\n---\na: 1\n", "yaml: line 1: found incompatible YAML document"),
    ];
    for (text, expected) in cases {
        assert_eq!(message(text), expected, "{text:?}");
    }
    let error = read("a: 1\nb: c: d\n", Numbers::Exact).unwrap_err();
    assert_eq!((error.line, error.column), (2, 5));
}

#[test]
fn depth_and_aliases_are_bounded() {
    let deep = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
    assert!(read(&deep(MAX_DEPTH - 1), Numbers::Exact).is_ok());
    assert!(read(&deep(100_000), Numbers::Exact).is_err());
    assert!(read(&"- ".repeat(100_000), Numbers::Exact).is_err());
    assert!(read(&"{a: ".repeat(100_000), Numbers::Exact).is_err());
    let mut bomb = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x, x]".to_owned()];
    for i in 1..12 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push(format!("a{i}: &a{i} [{aliases}]"));
    }
    assert!(message(&bomb.join("\n")).ends_with("document contains excessive aliasing"));
}

#[test]
fn nothing_is_lost_in_writing() {
    let value = json!({"del": "a\u{7f}b", "next line": "a\u{85}b", "item10": 1, "item2": [{"a": []}, {}]});
    let text = write(&value);
    assert_eq!(exact(&text), value);
    assert!(text.find("item2").unwrap() < text.find("item10").unwrap());
    assert_eq!(to_yaml(&value), "", "helm gives up on a DEL");
}
