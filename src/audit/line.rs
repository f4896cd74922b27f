//! One line of the audit.

use jiff::Timestamp;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::manifest::Hash;

/// The version of this format.
const VERSION: u32 = 1;
/// Texts of others are cut at so many characters, so that a line stays one that a disk writes at once.
const LONGEST: usize = 1000;

/// One line: JSON, and behind all else `sha256`, the hash of the line without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// The version of this format.
    pub version: u32,
    /// When: of a write, when it was sent.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub time: Timestamp,
    /// The run, 32 hexadecimal digits.
    pub run: String,
    /// Who ran it, as far as the machine says.
    pub who: Who,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// The sha256 of the line before, as it stands in the file without its line end; 64 zeros in the first.
    #[schemars(with = "String")]
    pub prev: Hash,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum What {
    /// A write to the cluster.
    Write(Box<Write>),
    /// The line before this one is not whole: a run was stopped while it wrote it.
    Torn(Torn),
}

/// A write to the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Write {
    /// Its number in its run, from 1.
    pub number: u64,
    /// What was sent.
    #[serde(flatten)]
    pub draft: Draft,
    /// What came of it.
    #[serde(flatten)]
    pub said: Said,
    /// The run that noted it, where its own was stopped before it could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noted_by: Option<String>,
}

/// Who ran `reconcile`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Who {
    /// The user of the machine.
    pub user: Option<String>,
    /// The machine.
    pub host: Option<String>,
    /// Who set a CI job off.
    pub actor: Option<String>,
    /// That job's address.
    pub job: Option<String>,
}

/// A write as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// The account as the cluster names it; null where it does not say.
    pub account: Option<String>,
    /// The fleet's name.
    pub fleet: String,
    /// The fleet's id.
    pub fleet_id: String,
    /// The commit that was planned; null with `--worktree`.
    pub commit: Option<String>,
    /// The cluster, for people.
    pub cluster: String,
    /// The sandbox; null for what belongs to none, such as a lock.
    pub sandbox: Option<String>,
    /// `create`, `apply`, `patch` or `delete`.
    pub verb: String,
    /// The field manager; null for a removal.
    pub manager: Option<String>,
    /// The object.
    pub object: Object,
    /// The object's annotation `reconcile.dev/hash` as it was read before; null where the object was not there, or bears
    /// none. Of a Secret a keyed fingerprint of it.
    pub before: Option<String>,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Object {
    /// Such as `apps/v1`.
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    /// Such as `Deployment`.
    pub kind: String,
    /// Null for an object of the cluster.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// What came of a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Said {
    /// The same annotation afterwards; null where the object is gone, bears none, or nothing was done.
    pub after: Option<String>,
    /// `done`, `failed` or `unknown`.
    pub outcome: Outcome,
    /// What went wrong.
    pub error: Option<String>,
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The cluster did it.
    Done,
    /// It did not.
    Failed,
    /// There was no answer, so it may have.
    Unknown,
}

/// A line that is not whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Torn {
    /// How many bytes of it there are.
    pub bytes: u64,
    /// Their sha256.
    #[schemars(with = "String")]
    pub torn: Hash,
    /// The sha256 of the line before it.
    #[schemars(with = "String")]
    pub behind: Hash,
}

impl Line {
    /// A line of this version.
    pub fn new(time: Timestamp, run: &str, who: &Who, what: What) -> Self {
        Self { version: VERSION, time, run: run.to_owned(), who: who.clone(), what, prev: Hash::NOTHING }
    }

    /// As it stands in the file, without the line end.
    pub(super) fn text(&self) -> Result<String, serde_json::Error> {
        let body = serde_json::to_string(self)?;
        let sum = Hash::of(body.as_bytes());
        let open = body.strip_suffix('}').unwrap_or(&body);
        Ok(format!("{open}{BEFORE_SUM}{sum}{AFTER_SUM}"))
    }

    /// Reads a line whose hash is right.
    pub(super) fn read(raw: &[u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(raw).map_err(|_| "it is not UTF-8")?;
        let not_one = "it is no line of an audit";
        let (open, sum) = text.rsplit_once(BEFORE_SUM).ok_or(not_one)?;
        let sum = sum.strip_suffix(AFTER_SUM).ok_or(not_one)?;
        let body = format!("{open}}}");
        if Hash::of(body.as_bytes()).as_str() != sum {
            return Err("it was changed: its sha256 is another");
        }
        let line: Self = serde_json::from_str(&body).map_err(|_| not_one)?;
        if line.version == VERSION { Ok(line) } else { Err("it is of another version of this format") }
    }
}

const BEFORE_SUM: &str = ",\"sha256\":\"";
const AFTER_SUM: &str = "\"}";

/// A text of somebody else's, bounded.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The JSON Schema of a line.
pub fn schema() -> Schema {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Line>();
    schema.insert("title".into(), "A line of the audit of reconcile".into());
    if let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        let what = "The sha256 of the line without this field: up to the comma before it, and a closing brace.";
        properties.insert("sha256".into(), serde_json::json!({"type": "string", "description": what}));
    }
    if let Some(required) = schema.get_mut("required").and_then(serde_json::Value::as_array_mut) {
        required.push("sha256".into());
    }
    schema
}
