//! No text brings the reader down, and nothing is lost on the way through YAML.

use proptest::prelude::*;
use reconcile::chart::yaml::{Numbers, read, read_quick, read_strict, to_yaml, write};
use serde_json::{Map, Value};

/// Any value that YAML and JSON hold.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[-+0-9a-zA-Z_.: #,{}\\[\\]&*!|>'\"%@`\\n\\t]{0,90}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let key = "[-0-9a-zA-Z_.: #\\n]{0,20}";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::btree_map(key, inner, 0..5).prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

/// Whether YAML has no place for a character of a text, even within quotes.
fn is_held(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_held),
        Value::Object(map) => map.iter().all(|(key, value)| key.len() < 100 && is_held(value)),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_ends(text in any::<String>()) {
        let _ = read(&text, Numbers::Float64);
        let _ = read_strict(&text, Numbers::Exact);
    }

    #[test]
    fn any_marks_end(text in "[-a-z0-9:?,{}\\[\\]&*!|>'\"%@` #~.\\n\\t\\\\]{0,80}") {
        let strict = read_strict(&text, Numbers::Exact);
        if let Some(quick) = read_quick(&text) {
            prop_assert_eq!(strict.ok(), Some(quick.to_value()), "the quick reader agrees");
        }
        for numbers in [Numbers::Float64, Numbers::Exact, Numbers::Spelt] {
            if let Ok(whole) = read_strict(&text, numbers) {
                prop_assert_eq!(read(&text, numbers), Ok(whole), "and with {:?} numbers", numbers);
            }
        }
    }

    #[test]
    fn what_is_written_is_read(value in value().prop_filter("short keys", is_held)) {
        prop_assert_eq!(&read(&write(&value), Numbers::Exact).expect("it is YAML"), &value);
        let _ = to_yaml(&value);
    }
}
