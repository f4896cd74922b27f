//! What the API server was asked, from its audit log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

/// Every request once, when it is over, without bodies.
pub const POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
  - level: Metadata
";

/// A place in the audit log.
#[derive(Clone, Copy, Debug)]
pub struct Mark(pub(crate) u64);

/// One request that the API server has answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: String,
    /// Path and query.
    #[serde(rename = "requestURI")]
    pub uri: String,
    /// Who asked.
    pub user: Who,
    /// With which program.
    #[serde(default)]
    pub user_agent: String,
    /// What was asked for, absent for paths such as `/version`.
    #[serde(default)]
    pub object_ref: Object,
    /// How it ended.
    #[serde(default)]
    pub response_status: Ended,
}

/// The user of a request.
#[derive(Clone, Debug, Deserialize)]
pub struct Who {
    /// The name, as the token file has it.
    pub username: String,
}

/// The object, or the collection, of a request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Object {
    /// The plural, lower case.
    pub resource: String,
    /// Empty for a resource without one.
    pub namespace: String,
    /// Empty for a collection.
    pub name: String,
    /// `status`, `scale` and the like.
    pub subresource: String,
}

/// The response of a request.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Ended {
    /// The HTTP status.
    #[serde(default)]
    pub code: u16,
}

impl Request {
    /// Whether it could have changed something: a dry run cannot, whatever its verb.
    pub fn is_write(&self) -> bool {
        let writes = ["create", "update", "patch", "delete", "deletecollection"];
        // Reviews are created, but nothing is kept of them.
        writes.contains(&self.verb.as_str())
            && !self.uri.contains("dryRun=All")
            && !self.object_ref.resource.ends_with("reviews")
    }
}

/// The end of the last whole line of the log.
pub fn end_of(log: &Path) -> std::io::Result<Mark> {
    // Longer than any line: the server cuts what it records of a request.
    const BACK: u64 = 256 * 1024;
    let mut file = File::open(log)?;
    let from = file.metadata()?.len().saturating_sub(BACK);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    Ok(Mark(from + whole as u64))
}

/// The requests after a mark; a line that is still being written is left for the next reading.
pub fn since(log: &Path, mark: Mark) -> std::io::Result<Vec<Request>> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(mark.0))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).map_err(std::io::Error::other)).collect()
}
