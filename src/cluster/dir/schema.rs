//! The shapes of Kubernetes' own kinds: which fields there are, and how server-side apply merges them.
//!
//! `schema.txt` holds them in short: first `GROUP/VERSION/KIND TYPE`, then each type's fields as `name:SHAPE`, where a
//! shape is `s` text, `i` integer, `n` number, `b` boolean, `q` quantity or int-or-string, `*` anything, `[T]` list
//! (atomic), `<T>` set, `{key,key=DEFAULT}T` list by keys, `(T)` map, or the name of a type. `!` before a shape or a
//! type's name: owned as a whole (atomic). It is made from a real server's `OpenAPI` document, and a test on the real
//! control plane keeps it so.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use crate::manifest::Kind;

const TEXT: &str = include_str!("schema.txt");

/// How a field is built.
#[derive(Debug, PartialEq)]
pub(super) enum Type {
    /// A leaf of one sort.
    Scalar(Scalar),
    /// Anything; maps in it are merged by key unless it is `whole`.
    Any { whole: bool },
    /// A map of equal values.
    Map { item: Box<Type>, whole: bool },
    /// A list.
    List { item: Box<Type>, keys: Keys },
    /// A type with named fields.
    Struct { name: &'static str, whole: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Text,
    Integer,
    Number,
    Boolean,
    /// Text or a number.
    Quantity,
}

/// What tells the items of a list apart.
#[derive(Debug, PartialEq)]
pub(super) enum Keys {
    /// Nothing: the list is one value.
    Atomic,
    /// The items themselves.
    Set,
    /// These fields, with the values that they have when left out.
    By(Vec<(&'static str, Option<Value>)>),
}

/// A type with named fields.
#[derive(Debug, Default)]
pub(super) struct Struct {
    whole: bool,
    fields: BTreeMap<&'static str, Type>,
    /// Has further fields, unknown here.
    open: bool,
}

/// A value as merging sees it.
pub(super) enum Shape<'a> {
    /// Merged, compared and owned whole.
    Leaf,
    Map(&'a Map<String, Value>),
    List(&'a [Value]),
}

struct Schema {
    kinds: BTreeMap<&'static str, Type>,
    structs: BTreeMap<&'static str, Struct>,
}

static ANY: Type = Type::Any { whole: false };
/// A custom resource: metadata as all have it, and the rest as it comes.
static CUSTOM: Type = Type::Struct { name: "CustomResource", whole: false };

/// The type of a built-in kind; `None` where the kind, or this version of it, is none of Kubernetes' own.
pub(super) fn of(kind: &Kind) -> Option<&'static Type> {
    schema().kinds.get(kind.to_string().as_str())
}

/// The type of a custom resource.
pub(super) fn custom() -> &'static Type {
    &CUSTOM
}

impl Type {
    /// What a value of this type is for merging. A value of another sort than its type's is a leaf.
    pub(super) fn shape<'a>(&self, value: &'a Value) -> Shape<'a> {
        let whole = match self {
            Self::Struct { name, whole } => *whole || of_name(name).is_some_and(|s| s.whole),
            Self::Any { whole } | Self::Map { whole, .. } => *whole,
            Self::List { keys, .. } => *keys == Keys::Atomic,
            Self::Scalar(_) => true,
        };
        match (self, value) {
            (Self::List { .. }, Value::Array(items)) if !whole => Shape::List(items),
            (Self::Struct { .. } | Self::Map { .. } | Self::Any { .. }, Value::Object(map)) if !whole => {
                Shape::Map(map)
            }
            _ => Shape::Leaf,
        }
    }

    /// The type of a field below this one; `None` for a field that there is not.
    pub(super) fn field(&self, name: &str) -> Option<&Type> {
        match self {
            Self::Struct { name: of, .. } => {
                let of = of_name(of)?;
                of.fields.get(name).or(of.open.then_some(&ANY))
            }
            Self::Map { item, .. } => Some(item),
            Self::Any { .. } => Some(&ANY),
            Self::Scalar(_) | Self::List { .. } => None,
        }
    }

    /// Whether the type names this field itself, as a struct does and a map does not.
    pub(super) fn names(&self, field: &str) -> bool {
        matches!(self, Self::Struct { name, .. } if of_name(name).is_some_and(|s| s.fields.contains_key(field)))
    }

    /// The type of a list's items.
    pub(super) fn item(&self) -> &Type {
        match self {
            Self::List { item, .. } => item,
            _ => &ANY,
        }
    }

    /// What stands for an item of this list in a field set: `k:{…}` or `v:…`.
    ///
    /// # Errors
    /// Why it cannot be told from others.
    pub(super) fn element(&self, item: &Value) -> Result<String, String> {
        match self {
            Self::List { keys: Keys::Set, .. } => match item {
                Value::Array(_) | Value::Object(_) | Value::Null => Err("only plain values may stand in a set".into()),
                plain => Ok(format!("v:{plain}")),
            },
            Self::List { keys: Keys::By(keys), .. } => {
                let names = || keys.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                let Value::Object(fields) = item else { return Err(format!("it has no {}", names())) };
                let found: Map<String, Value> = keys
                    .iter()
                    .filter_map(|(name, default)| {
                        Some(((*name).to_owned(), fields.get(*name).or(default.as_ref())?.clone()))
                    })
                    .collect();
                if found.is_empty() {
                    return Err(format!("it has no {}", names()));
                }
                Ok(format!("k:{}", Value::Object(found)))
            }
            _ => Err("the items of this list have no names".into()),
        }
    }
}

fn of_name(name: &str) -> Option<&'static Struct> {
    schema().structs.get(name)
}

fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| parse(TEXT))
}

fn parse(text: &'static str) -> Schema {
    let (kinds, types) = text.split_once("\n\n").unwrap_or((text, ""));
    let kinds = kinds.lines().filter_map(|line| line.split_once(' ')).map(|(kind, name)| (kind, shape(name)));
    let mut structs: BTreeMap<&'static str, Struct> = types
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default();
            let fields = words.filter_map(|word| word.split_once(':')).map(|(name, of)| (name, shape(of))).collect();
            (name.trim_start_matches('!'), Struct { whole: name.starts_with('!'), fields, open: false })
        })
        .collect();
    let text = || Type::Scalar(Scalar::Text);
    let fields = [("apiVersion", text()), ("kind", text()), ("metadata", shape("ObjectMeta"))];
    structs.insert("CustomResource", Struct { whole: false, fields: fields.into(), open: true });
    Schema { kinds: kinds.collect(), structs }
}

fn shape(text: &'static str) -> Type {
    let (whole, text) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let inner = |open: char, close: char| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    if let Some(item) = inner('(', ')') {
        return Type::Map { item: Box::new(shape(item)), whole };
    }
    if let Some(item) = inner('[', ']') {
        return Type::List { item: Box::new(shape(item)), keys: Keys::Atomic };
    }
    if let Some(item) = inner('<', '>') {
        return Type::List { item: Box::new(shape(item)), keys: Keys::Set };
    }
    if let Some((keys, item)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        let keys = keys.split(',').map(|key| match key.split_once('=') {
            Some((key, default)) => (key, Some(json!(default))),
            None => (key, None),
        });
        return Type::List { item: Box::new(shape(item)), keys: Keys::By(keys.collect()) };
    }
    match text {
        "s" => Type::Scalar(Scalar::Text),
        "i" => Type::Scalar(Scalar::Integer),
        "n" => Type::Scalar(Scalar::Number),
        "b" => Type::Scalar(Scalar::Boolean),
        "q" => Type::Scalar(Scalar::Quantity),
        "*" => Type::Any { whole },
        name => Type::Struct { name, whole },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_table_is_a_type_of_it() {
        fn check(of: &Type, at: &str) {
            match of {
                Type::Struct { name, .. } => assert!(of_name(name).is_some(), "{at}: {name}"),
                Type::Map { item, .. } | Type::List { item, .. } => check(item, at),
                Type::Any { .. } | Type::Scalar(_) => {}
            }
        }
        let schema = schema();
        assert!(schema.kinds.len() > 40);
        for (kind, of) in &schema.kinds {
            check(of, kind);
        }
        for (name, of) in &schema.structs {
            for (field, of) in &of.fields {
                check(of, &format!("{name}.{field}"));
            }
        }
    }

    #[test]
    fn lists_are_told_apart_as_the_server_does() {
        let pod = of(&Kind::new("v1", "Pod")).unwrap();
        let ports = pod.field("spec").unwrap().field("containers").unwrap().item().field("ports").unwrap();
        let element = ports.element(&json!({"containerPort": 80, "name": "web"})).unwrap();
        assert_eq!(element, r#"k:{"containerPort":80,"protocol":"TCP"}"#);
        assert!(ports.element(&json!("80")).is_err());
        let selector = of(&Kind::new("apps/v1", "Deployment")).unwrap().field("spec").unwrap().field("selector");
        assert!(matches!(selector.unwrap().shape(&json!({"matchLabels": {}})), Shape::Leaf));
    }
}
