//! What commands that set something up answer to programs. Each has a schema beside this file; README.md says what a
//! reader can count on.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

/// The version of all three.
const VERSION: u32 = 1;

/// `reconcile init --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Begun {
    /// Always 1.
    pub version: u32,
    /// The fleet's name.
    pub name: String,
    /// What marks its own in a cluster.
    pub id: String,
    /// The folder that it is in, whole.
    pub folder: String,
    /// The branch that is its truth.
    pub branch: String,
    /// The chart that was copied.
    pub chart: String,
    /// The domain of its sandboxes' addresses.
    pub domain: Option<String>,
    /// The commit; null where nothing was to be committed.
    pub commit: Option<String>,
    /// The files that were made, relative to the folder.
    pub files: Vec<String>,
    /// Files that were there and stayed as they are.
    pub left: Vec<String>,
}

/// `reconcile comment --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Commented {
    /// Always 1.
    pub version: u32,
    /// What was done: `made`, `updated` or `unchanged`.
    pub done: String,
    /// The comment's number.
    pub id: u64,
    /// Where people read it, where the forge says so.
    pub url: Option<String>,
    /// How many more of its kind were taken away.
    pub removed: usize,
}

/// `reconcile update --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Updated {
    /// Always 1.
    pub version: u32,
    /// The sandboxes whose image was resolved.
    pub sandboxes: Vec<Resolved>,
    /// Those whose image could not be; they stay as they were.
    pub failed: Vec<Unresolved>,
    /// The commit that has the lock; null where nothing was to be committed.
    pub commit: Option<String>,
    /// The fleet's branch.
    pub fleet_branch: String,
    /// The remote that it was pushed to.
    pub remote: Option<String>,
}

/// A sandbox whose image was resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Resolved {
    /// The sandbox.
    pub name: String,
    /// Its image, as it is written.
    pub image: String,
    /// What that stands for now.
    pub digest: String,
    /// What it was locked at before.
    pub was: Option<String>,
    /// The newest commit of its branch, where that is known.
    pub commit: Option<String>,
    /// Whether it was locked at something else, or not at all.
    pub changed: bool,
}

/// A sandbox whose image was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unresolved {
    /// The sandbox.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Why.
    pub error: String,
    /// What to do.
    pub hint: Option<String>,
}

/// The version of an answer.
pub const fn version() -> u32 {
    VERSION
}

/// An answer as it is printed.
pub fn text(answer: &impl Serialize) -> String {
    // Structs of texts, numbers and lists have no way to fail.
    serde_json::to_string_pretty(answer).map(|text| text + "\n").unwrap_or_default()
}

/// The JSON Schema of one of them.
pub fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}
