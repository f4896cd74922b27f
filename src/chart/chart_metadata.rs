//! What Chart.yaml holds. Field names in templates are Go's; see `Object::chart` of the template engine.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// A chart's description of itself. Serialized, it is a Chart.yaml again, with the keys that Helm knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the keys of Chart.yaml, documented by Helm")]
pub struct Metadata {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub home: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub maintainers: Vec<Maintainer>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub icon: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub condition: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tags: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub app_version: String,
    #[serde(skip_serializing_if = "is_false")]
    pub deprecated: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kube_version: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    /// `application` (also when empty) or `library`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// A maintainer is null.
    #[serde(skip)]
    pub(super) holds_null: bool,
    /// A dependency is null.
    #[serde(skip)]
    pub(super) lacks_dependency: bool,
}

/// Someone who looks after a chart.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the keys of Chart.yaml, documented by Helm")]
pub struct Maintainer {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// A chart that another one asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Dependency {
    /// The name in its own Chart.yaml; after [`super::dependencies::resolve`], the alias where there is one.
    pub name: String,
    /// A range of versions.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Where it was fetched from; nothing is fetched here.
    pub repository: String,
    /// Paths in the values, with commas between: the first one that is a boolean decides.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Keys of `tags` in the values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Set when dependencies are resolved.
    #[serde(skip_serializing_if = "is_false")]
    pub enabled: bool,
    /// Values of its own that the parent takes over: names below `exports`, or pairs of `child` and `parent`.
    #[serde(rename = "import-values", skip_serializing_if = "Vec::is_empty")]
    pub import_values: Vec<Value>,
    /// Another name for it, so that it can be there twice.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub alias: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}
