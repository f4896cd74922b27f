//! Whether a field set owns all that a manifest declares: [`super::unowned`] would find nothing. The walk is the same, along
//! the text that a manifest is kept as, so that nothing is made of what is only looked at.

use super::fields::{Fields, NOTHING, owns_items};
use super::json::Reader;
use serde_json::Value;

/// How deep in an object: its first two levels have names that are never owned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Object,
    Metadata,
    Below,
}

/// Whether `fields` owns all of an object, written as JSON without white space. `None` where it cannot be read.
pub(super) fn owns_text(text: &str, fields: &Fields) -> Option<bool> {
    owns_map(&mut Reader::new(text), fields, Level::Object)
}

/// What it answers with stops the walk: the rest is not read where something is missing.
fn owns_map(reader: &mut Reader<'_>, fields: &Fields, level: Level) -> Option<bool> {
    if !reader.takes("{") {
        // Metadata that is no mapping declares nothing.
        reader.skip()?;
        return Some(true);
    }
    let mut is_first = true;
    while !reader.takes("}") {
        if !std::mem::take(&mut is_first) && !reader.takes(",") {
            return None;
        }
        let key = reader.key()?;
        let owned = match (level, &*key) {
            (Level::Object, "apiVersion" | "kind") | (Level::Metadata, "name" | "namespace" | "generateName") => {
                reader.skip()?;
                true
            }
            (Level::Object, "metadata") => {
                owns_map(reader, fields.field("metadata").unwrap_or(&NOTHING), Level::Metadata)?
            }
            _ => match fields.field(&key) {
                Some(child) => owns_value(reader, child)?,
                None => false,
            },
        };
        if !owned {
            return Some(false);
        }
    }
    Some(true)
}

fn owns_value(reader: &mut Reader<'_>, fields: &Fields) -> Option<bool> {
    if fields.whole() {
        reader.skip()?;
        return Some(true);
    }
    match reader.first()? {
        b'{' => owns_map(reader, fields, Level::Below),
        b'[' => match reader.value()? {
            Value::Array(items) => Some(owns_items(&items, fields)),
            _ => None,
        },
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::unowned;
    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let text = proptest::sample::select(&["a", "\"", "\\", "ü", ",}", "TCP"][..]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3_i64).prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            let key = proptest::sample::select(&["a", "name", "metadata", "kind", "q\"q"][..]);
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::vec((key, inner), 0..3)
                    .prop_map(|entries| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
            ]
        })
    }

    /// What a manager owns of it, with some of it taken away: `choices` says what, one after another.
    fn owned(value: &Value, choices: &mut impl Iterator<Item = u8>) -> Value {
        let choice = choices.next().unwrap_or_default();
        if choice % 8 == 7 {
            return json!({});
        }
        let mut set = serde_json::Map::new();
        if choice % 8 == 6 {
            set.insert(".".into(), json!({}));
        }
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    if choices.next().unwrap_or_default() % 8 != 5 {
                        set.insert(format!("f:{key}"), owned(value, choices));
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    let key = match item {
                        Value::Object(map) if map.contains_key("name") => {
                            format!("k:{}", json!({"name": map["name"]}))
                        }
                        item => format!("v:{item}"),
                    };
                    if choices.next().unwrap_or_default() % 8 != 5 {
                        set.insert(key, owned(item, choices));
                    }
                }
            }
            _ => {}
        }
        Value::Object(set)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn the_text_says_what_the_walk_finds(value in value(), choices in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut object = json!({"apiVersion": "v1", "kind": "X", "spec": value.clone()});
            object["metadata"] = json!({"name": "it", "labels": value});
            let set = owned(&object, &mut choices.into_iter());
            let fields = Fields::parse(set.to_string().as_bytes()).unwrap();
            let missing = unowned(&object, &fields);
            prop_assert_eq!(owns_text(&object.to_string(), &fields), Some(missing.is_empty()), "{} {}", object, set);
        }
    }

    #[test]
    fn what_is_cut_off_is_no_answer() {
        let whole = r#"{"data":{"a":"b\\\"","c":[{"name":"d"}]},"metadata":{"name":"x"}}"#;
        let fields =
            Fields::parse(br#"{"f:data":{"f:a":{},"f:c":{"k:{\"name\":\"d\"}":{".":{},"f:name":{}}}}}"#).unwrap();
        assert_eq!(owns_text(whole, &fields), Some(true));
        for end in 1..whole.len() {
            assert_ne!(owns_text(&whole[..end], &fields), Some(true), "{}", &whole[..end]);
        }
    }
}
