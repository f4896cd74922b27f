//! Chart.yaml, read as Go's JSON does: keys in any case, numbers and booleans as text where text is wanted,
//! unknown keys passed over. Field names in templates are Go's; see `Object::chart` of the template engine.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

/// A chart's description of itself. Serialized, it is a Chart.yaml again, with the keys that Helm knows.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the keys of Chart.yaml, documented by Helm")]
pub struct Metadata {
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub home: String,
    #[serde(deserialize_with = "texts", skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    #[serde(deserialize_with = "raw_text", skip_serializing_if = "String::is_empty")]
    pub version: String,
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(deserialize_with = "texts", skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub maintainers: Vec<Maintainer>,
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub icon: String,
    #[serde(deserialize_with = "raw_text", skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub condition: String,
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub tags: String,
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub app_version: String,
    #[serde(deserialize_with = "truth", skip_serializing_if = "is_false")]
    pub deprecated: bool,
    #[serde(deserialize_with = "text_map", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub kube_version: String,
    #[serde(deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    /// `application` (also when empty) or `library`.
    #[serde(rename = "type", deserialize_with = "raw_text", skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// Someone who looks after a chart.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the keys of Chart.yaml, documented by Helm")]
pub struct Maintainer {
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub email: String,
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// A chart that another one asks for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Dependency {
    /// The name in its own Chart.yaml; after [`super::dependencies::resolve`], the alias where there is one.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// A range of versions.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Where it was fetched from; nothing is fetched here.
    #[serde(deserialize_with = "text")]
    pub repository: String,
    /// Paths in the values, with commas between: the first one that is a boolean decides.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Keys of `tags` in the values.
    #[serde(deserialize_with = "texts", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Set when dependencies are resolved.
    #[serde(deserialize_with = "truth", skip_serializing_if = "is_false")]
    pub enabled: bool,
    /// Values of its own that the parent takes over: names below `exports`, or pairs of `child` and `parent`.
    #[serde(rename = "import-values", deserialize_with = "anything", skip_serializing_if = "Vec::is_empty")]
    pub import_values: Vec<Value>,
    /// Another name for it, so that it can be there twice.
    #[serde(deserialize_with = "raw_text", skip_serializing_if = "String::is_empty")]
    pub alias: String,
}

impl Metadata {
    /// Reads what YAML gave; nothing for an empty document.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(Self::default()),
            value => serde_json::from_value(known_case(value, true)).map_err(|e| e.to_string()),
        }
    }

    /// What Helm finds wrong with it.
    pub(super) fn validate(&self) -> Result<(), String> {
        let required = [("name", &self.name), ("version", &self.version)];
        for (key, value) in required {
            if value.is_empty() {
                return Err(format!("chart.metadata.{key} is required"));
            }
        }
        if self.name == "." || self.name == ".." || self.name.contains('/') {
            return Err(format!("chart.metadata.name {:?} is invalid", self.name));
        }
        if !is_version(&self.version) {
            return Err(format!("chart.metadata.version {:?} is invalid", self.version));
        }
        if !matches!(&*self.kind, "" | "application" | "library") {
            return Err("chart.metadata.type must be application or library".to_owned());
        }
        let mut seen = Vec::new();
        for dependency in &self.dependencies {
            let alias = &dependency.alias;
            if !alias.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
                let name = &dependency.name;
                return Err(format!("dependency {name:?} has disallowed characters in the alias"));
            }
            let key = if alias.is_empty() { &dependency.name } else { alias };
            if seen.contains(&key) {
                return Err(format!("more than one dependency with name or alias {key:?}"));
            }
            seen.push(key);
        }
        Ok(())
    }
}

/// Whether a text is a version as Helm takes them: one to three numbers after an optional `v`, and the two tails
/// of a semantic version.
fn is_version(text: &str) -> bool {
    static VERSION: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
        Regex::new(concat!(
            r"^v?[0-9]+(\.[0-9]+)?(\.[0-9]+)?",
            r"(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$"
        ))
        .unwrap()
    });
    VERSION.is_match(text)
}

/// Renames keys that differ from known ones by their case alone, as Go's JSON reads them.
fn known_case(value: &Value, top: bool) -> Value {
    const KEYS: &[&str] = &[
        "name",
        "home",
        "sources",
        "version",
        "description",
        "keywords",
        "maintainers",
        "icon",
        "apiVersion",
        "condition",
        "tags",
        "appVersion",
        "deprecated",
        "annotations",
        "kubeVersion",
        "dependencies",
        "type",
        "email",
        "url",
        "repository",
        "enabled",
        "import-values",
        "alias",
    ];
    let Value::Object(map) = value else {
        return value.clone();
    };
    let mut out = Map::new();
    for (key, value) in map {
        let known = KEYS.iter().find(|known| known.eq_ignore_ascii_case(key));
        let value = match (known, value) {
            (Some(&("maintainers" | "dependencies")), Value::Array(items)) if top => {
                items.iter().map(|item| known_case(item, false)).collect()
            }
            (_, value) => value.clone(),
        };
        // The exact spelling wins over another one.
        let name = known.map_or(key.as_str(), |known| known);
        if name == key || !map.contains_key(name) {
            out.insert(name.to_owned(), value);
        }
    }
    Value::Object(out)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Text, or what stands for it: numbers and booleans as they are spelt, null as nothing.
fn spelt<E: serde::de::Error>(value: Value) -> Result<String, E> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(super::yaml::narrow_number(&number)),
        Value::Array(_) => Err(E::custom("a list where text is wanted")),
        Value::Object(_) => Err(E::custom("a mapping where text is wanted")),
    }
}

/// Helm's cleaning of text: any white space becomes a space, and what cannot be printed goes.
fn clean(text: &str) -> String {
    static UNPRINTABLE: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
        Regex::new(r"\p{C}").unwrap()
    });
    let spaced: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    UNPRINTABLE.replace_all(&spaced, "").into_owned()
}

fn raw_text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    spelt(Value::deserialize(from)?)
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(clean(&raw_text(from)?))
}

fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let items = anything(from)?.into_iter();
    items.map(|item| Ok(clean(&spelt(item)?))).collect()
}

fn text_map<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(map) => {
            let entries = map.into_iter();
            entries.map(|(key, value)| Ok((key, spelt(value)?))).collect()
        }
        _ => Err(D::Error::custom("annotations are a mapping")),
    }
}

fn truth<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

fn anything<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Value>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A list without null in it.
fn list<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(from: D) -> Result<Vec<T>, D::Error> {
    let items = anything(from)?.into_iter();
    let items = items.map(|item| match item {
        Value::Null => Err(D::Error::custom("the list must not contain empty or null nodes")),
        item => serde_json::from_value(item).map_err(D::Error::custom),
    });
    items.collect()
}
