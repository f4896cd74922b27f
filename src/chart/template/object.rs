//! Typed objects: Go structs and named types with methods, as `.Chart`, `.Capabilities` and `.Files`
//! are.

use super::files::Files;
use super::map::{List, ListKind, Map, MapKind};
use super::time::{Time, Zone};
use super::value::{Str, Value};
use crate::chart::functions::Func;
use std::rc::Rc;
use std::sync::Arc;

/// An object. It shares its insides with its clones.
#[derive(Clone)]
pub enum Object {
    /// A struct.
    Record(Rc<Record>),
    /// `.Files`, and what its `Glob` gives.
    Files(Arc<Files>),
    /// `.Capabilities.APIVersions`: the `group/version` and `group/version/Kind` that are served.
    Versions(Arc<[String]>),
    /// A `time.Time`.
    Time(Rc<Time>),
    /// A `*time.Location`.
    Zone(Rc<Zone>),
}

const KUBE_VERSION: &str = "chartutil.KubeVersion";

/// The type of `.Chart`: a chart's metadata, embedded, and `IsRoot`.
pub(crate) const CHART: &str = "struct { chart.Metadata; IsRoot bool }";

/// A Go struct: its fields in their order, and its methods.
pub struct Record {
    /// The Go type, with `*` when it is held by a pointer.
    pub type_name: &'static str,
    /// The fields.
    pub fields: Vec<Field>,
    /// What can be called on it; each takes the object as its first argument.
    pub methods: &'static [&'static [Func]],
    /// What its `String` method says, where it has one.
    pub text: Option<Str>,
    /// That text is its JSON too.
    pub text_is_json: bool,
}

impl Record {
    /// Whether all fields, which are texts and truths, are equal.
    pub(crate) fn same_fields(&self, other: &Self) -> bool {
        let equal = |(a, b): (&Field, &Field)| match (&a.value, &b.value) {
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            _ => false,
        };
        self.fields.len() == other.fields.len() && self.fields.iter().zip(&other.fields).all(equal)
    }

    /// Of `.Chart` what is embedded in it: all but its own last field.
    fn metadata(&self) -> Value {
        let fields = self.fields.split_last().map(|(_, embedded)| embedded.to_vec()).unwrap_or_default();
        let type_name = "chart.Metadata";
        Value::Object(Object::Record(Rc::new(Self {
            type_name,
            fields,
            methods: &[],
            text: None,
            text_is_json: false,
        })))
    }

    /// Whether Go holds it by a pointer.
    pub(crate) fn is_pointer(&self) -> bool {
        self.type_name.starts_with('*')
    }
}

/// A field of a [`Record`].
#[derive(Clone)]
pub struct Field {
    /// Its Go name.
    pub name: &'static str,
    /// Its name in JSON; empty for Go's own name.
    pub json: &'static str,
    /// Left out of JSON when it is empty.
    pub omit_empty: bool,
    /// The value.
    pub value: Value,
}

impl Field {
    fn plain(name: &'static str, value: impl Into<Value>) -> Self {
        Self { name, json: "", omit_empty: false, value: value.into() }
    }

    fn tagged(name: &'static str, json: &'static str, value: impl Into<Value>) -> Self {
        Self { name, json, omit_empty: true, value: value.into() }
    }
}

/// What a cluster is said to offer, for `.Capabilities`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// For example `v1.33.0`.
    pub kube_version: String,
    /// For example `1`.
    pub major: String,
    /// For example `33`.
    pub minor: String,
    /// `group/version` and `group/version/Kind`.
    pub api_versions: Arc<[String]>,
    /// For example `v3.22.0`.
    pub helm_version: String,
}

impl Object {
    /// `.Capabilities`.
    pub fn capabilities(from: &Capabilities) -> Self {
        let kube = Record {
            type_name: KUBE_VERSION,
            fields: vec![
                Field::plain("Version", from.kube_version.as_str()),
                Field::plain("Major", from.major.as_str()),
                Field::plain("Minor", from.minor.as_str()),
            ],
            methods: &[super::methods::KUBE_VERSION],
            text: Some(from.kube_version.as_str().into()),
            text_is_json: false,
        };
        let helm = Record {
            type_name: "version.BuildInfo",
            fields: vec![
                Field::tagged("Version", "version", from.helm_version.as_str()),
                Field::tagged("GitCommit", "git_commit", ""),
                Field::tagged("GitTreeState", "git_tree_state", ""),
                Field::tagged("GoVersion", "go_version", ""),
            ],
            methods: &[],
            text: None,
            text_is_json: false,
        };
        Self::Record(Rc::new(Record {
            type_name: "*chartutil.Capabilities",
            fields: vec![
                Field::plain("KubeVersion", Self::Record(Rc::new(kube))),
                Field::plain("APIVersions", Self::Versions(Arc::clone(&from.api_versions))),
                Field::plain("HelmVersion", Self::Record(Rc::new(helm))),
            ],
            methods: &[super::methods::CAPABILITIES],
            text: None,
            text_is_json: false,
        }))
    }

    /// `.Chart`, from a Chart.yaml (with the dependencies of a v1 chart's requirements.yaml put in).
    pub fn chart(metadata: &serde_json::Value, is_root: bool) -> Self {
        let mut fields = vec![
            text(metadata, "Name", "name"),
            text(metadata, "Home", "home"),
            texts(metadata, "Sources", "sources"),
            text(metadata, "Version", "version"),
            text(metadata, "Description", "description"),
            texts(metadata, "Keywords", "keywords"),
            Field::tagged(
                "Maintainers",
                "maintainers",
                records(metadata, "maintainers", "[]*chart.Maintainer", maintainer),
            ),
            text(metadata, "Icon", "icon"),
            text(metadata, "APIVersion", "apiVersion"),
            text(metadata, "Condition", "condition"),
            text(metadata, "Tags", "tags"),
            text(metadata, "AppVersion", "appVersion"),
            truth(metadata, "Deprecated", "deprecated"),
        ];
        let annotations = metadata.get("annotations").and_then(|a| a.as_object());
        let annotations = annotations.into_iter().flatten();
        fields.push(Field::tagged(
            "Annotations",
            "annotations",
            Map::new(
                MapKind::Strings,
                annotations.map(|(k, v)| (k.as_str().into(), v.as_str().unwrap_or("").into())).collect(),
            ),
        ));
        fields.push(text(metadata, "KubeVersion", "kubeVersion"));
        fields.push(Field::tagged(
            "Dependencies",
            "dependencies",
            records(metadata, "dependencies", "[]*chart.Dependency", dependency),
        ));
        fields.push(text(metadata, "Type", "type"));
        fields.push(Field::plain("IsRoot", is_root));
        Self::Record(Rc::new(Record { type_name: CHART, fields, methods: &[], text: None, text_is_json: false }))
    }

    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::Record(_) | Self::Time(_) | Self::Zone(_) => true,
            Self::Files(files) => !files.is_empty(),
            Self::Versions(versions) => !versions.is_empty(),
        }
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Record(record) => record.type_name,
            Self::Files(_) => "engine.files",
            Self::Versions(_) => "chartutil.VersionSet",
            Self::Time(_) => "time.Time",
            Self::Zone(_) => "*time.Location",
        }
    }

    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Zone(_) => "ptr",
            Self::Record(record) if record.is_pointer() => "ptr",
            Self::Record(_) | Self::Time(_) => "struct",
            Self::Files(_) => "map",
            Self::Versions(_) => "slice",
        }
    }

    /// The type of what a pointer points to.
    pub(crate) fn pointed_type_name(&self) -> &'static str {
        self.type_name().trim_start_matches('*')
    }

    /// What becomes of it where Go holds it as `interface {}`: a struct that lay behind a pointer loses the methods
    /// that the pointer has.
    pub(crate) fn copied(&self) -> Option<Self> {
        match self {
            Self::Record(record) if record.type_name == KUBE_VERSION && record.text.is_some() => {
                let Record { type_name, fields, .. } = &**record;
                let fields = fields.iter().map(Field::clone).collect();
                Some(Self::Record(Rc::new(Record { type_name, fields, methods: &[], text: None, text_is_json: false })))
            }
            _ => None,
        }
    }

    pub(crate) fn method(&self, name: &str) -> Option<&'static Func> {
        let methods: &'static [&'static [Func]] = match self {
            Self::Record(record) => record.methods,
            Self::Files(_) => &[super::methods::FILES],
            Self::Versions(_) => &[super::methods::VERSIONS],
            Self::Time(_) => &[crate::chart::functions::times::OF_TIME],
            Self::Zone(_) => &[crate::chart::functions::times::OF_ZONE],
        };
        methods.iter().copied().flatten().find(|m| m.name == name)
    }

    /// Whether there is a field of that name that Go keeps to itself.
    pub(crate) fn hides(&self, name: &str) -> bool {
        match self {
            Self::Time(_) => ["wall", "ext", "loc"].contains(&name),
            Self::Zone(_) => super::time::FIELDS.contains(&name),
            _ => false,
        }
    }

    /// A field of a struct, or an entry of a map type. `None` where there can be no such thing.
    pub(crate) fn field(&self, name: &str) -> Option<Value> {
        match self {
            Self::Record(record) => {
                if record.type_name == CHART && name == "Metadata" {
                    return Some(record.metadata());
                }
                let field = record.fields.iter().find(|f| f.name == name)?;
                Some(field.value.clone())
            }
            Self::Files(files) => Some(files.entry(name)),
            Self::Versions(_) | Self::Time(_) | Self::Zone(_) => None,
        }
    }
}

fn text(from: &serde_json::Value, name: &'static str, json: &'static str) -> Field {
    let value = from.get(json).and_then(|v| v.as_str()).unwrap_or("");
    Field::tagged(name, json, value)
}

fn truth(from: &serde_json::Value, name: &'static str, json: &'static str) -> Field {
    let value = from.get(json).and_then(serde_json::Value::as_bool);
    Field::tagged(name, json, value.unwrap_or(false))
}

fn texts(from: &serde_json::Value, name: &'static str, json: &'static str) -> Field {
    let items = from.get(json).and_then(|v| v.as_array());
    let texts = |items: &Vec<serde_json::Value>| List::strings(items.iter().filter_map(|v| v.as_str()));
    Field::tagged(name, json, items.map_or_else(|| List::nil(ListKind::Strings), texts))
}

fn records(
    from: &serde_json::Value,
    json: &str,
    type_name: &'static str,
    one: fn(&serde_json::Value) -> Object,
) -> List {
    let items = from.get(json).and_then(|v| v.as_array());
    let objects = |items: &Vec<serde_json::Value>| items.iter().map(|item| Value::Object(one(item))).collect();
    let kind = ListKind::Named(type_name);
    items.map_or_else(|| List::nil(kind), |items| List::new(kind, objects(items)))
}

fn maintainer(from: &serde_json::Value) -> Object {
    Object::Record(Rc::new(Record {
        type_name: "*chart.Maintainer",
        fields: vec![text(from, "Name", "name"), text(from, "Email", "email"), text(from, "URL", "url")],
        methods: &[],
        text: None,
        text_is_json: false,
    }))
}

fn dependency(from: &serde_json::Value) -> Object {
    let import = from.get("import-values").map_or(Value::Nil, Value::from);
    let import = match import {
        Value::List(list) => list,
        _ => List::nil(ListKind::Any),
    };
    let enabled = from.get("enabled").and_then(serde_json::Value::as_bool);
    let mut name = text(from, "Name", "name");
    name.omit_empty = false;
    let mut repository = text(from, "Repository", "repository");
    repository.omit_empty = false;
    Object::Record(Rc::new(Record {
        type_name: "*chart.Dependency",
        fields: vec![
            name,
            text(from, "Version", "version"),
            repository,
            text(from, "Condition", "condition"),
            texts(from, "Tags", "tags"),
            Field::tagged("Enabled", "enabled", enabled.unwrap_or(true)),
            Field::tagged("ImportValues", "import-values", import),
            text(from, "Alias", "alias"),
        ],
        methods: &[],
        text: None,
        text_is_json: false,
    }))
}
