//! One sandbox's whole story, as `reconcile why` tells it: what is wanted and by whom, what lives, and what the next
//! runs will do.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::cause::CauseShown;
use super::types::Action;
use super::words;

/// The version of the story's JSON.
pub const STORY_VERSION: u32 = 1;

/// One sandbox's whole story.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Story {
    /// The version of this format; readers should refuse one that they do not know.
    pub version: u32,
    /// The sandbox's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The fleet's name.
    pub fleet: String,
    /// The commit that is read, 40 hexadecimal digits; null with `--worktree`.
    pub commit: Option<String>,
    /// The cluster, for people.
    pub cluster: String,
    /// The instant that it is told for.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub now: Timestamp,
    /// Who asks for it.
    pub desired: Desired,
    /// What it is made from; null where it is not asked for, or cannot be made.
    pub rendered: Option<Rendered>,
    /// What the cluster holds of it.
    pub live: Live,
    /// When its time is over; null where that is not known.
    pub expiry: Option<Expiry>,
    /// Its place among the others; null where the cluster cannot be read.
    pub place: Option<Place>,
    /// Why it is held or refused; null where it is not.
    pub held: Option<Held>,
    /// What others added to it, and what else is noted.
    pub notes: Vec<String>,
    /// Where it answers, when it has a host.
    pub url: Option<String>,
    /// How to reach it where it has none.
    pub port_forward: Option<String>,
    /// What the next run will do, and what later ones will where no commit comes between. Empty where that is unknown.
    pub next: Vec<Next>,
}

/// Who asks for a sandbox.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Desired {
    /// Whether a file asks for it.
    pub asked_for: bool,
    /// The file, with the commit that changed it last, or removed it.
    pub cause: Option<CauseShown>,
    /// The branch that it shows.
    pub branch: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// What is wrong with the file, or with what it asks for.
    pub problem: Option<String>,
    /// What to do about that.
    pub remedy: Option<String>,
}

/// What a sandbox is made from.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Rendered {
    /// The chart: a folder below `charts/`.
    pub chart: String,
    /// The chart's version.
    pub chart_version: Option<String>,
    /// The profile.
    pub profile: Option<String>,
    /// The files that its values are in, later ones over earlier.
    pub values: Vec<String>,
    /// The image.
    pub image: Option<String>,
    /// The release: a hash of all that is wanted; null where Secrets that are copied could not be read.
    pub release: Option<String>,
    /// How many objects that is.
    pub objects: usize,
}

/// What the cluster holds of a sandbox.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Live {
    /// How it is.
    pub state: LiveState,
    /// Why it is unknown, or what is wrong with it.
    pub problem: Option<String>,
    /// The namespace's uid.
    pub uid: Option<String>,
    /// When the namespace was made.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub since: Option<Timestamp>,
    /// The release that was applied in full; null while none was.
    pub release: Option<String>,
    /// The commit that it came from.
    pub commit: Option<String>,
    /// Whether that release is the one that is wanted; null where either is not known.
    pub as_planned: Option<bool>,
    /// Its objects, by kind.
    pub kinds: Vec<KindCount>,
    /// The objects that are not as wanted.
    pub differing: Vec<Differing>,
}

/// How a sandbox lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LiveState {
    /// It has a namespace of its own.
    Lives,
    /// There is no such namespace.
    #[default]
    Absent,
    /// A namespace of that name is there and belongs to somebody else.
    Foreign,
    /// Its namespace is being deleted.
    Ending,
    /// The cluster could not be read.
    Unknown,
}

/// How many objects of a kind there are to be, and how many are as wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KindCount {
    /// The kind, such as `Deployment`.
    pub kind: String,
    /// How many are wanted.
    pub wanted: usize,
    /// How many of them are there as they are wanted.
    pub as_wanted: usize,
}

/// An object that is not as wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Differing {
    /// The object, such as `Deployment/app`.
    pub object: String,
    /// How it differs: `drifted`, `missing`, `outdated`, `unwanted`, `foreign`, `ending`, `lost`.
    pub how: String,
    /// What there is to say of it.
    pub detail: Option<String>,
}

/// When a sandbox's time is over.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Expiry {
    /// After this instant; null for never.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub at: Option<Timestamp>,
    /// The same without a pin.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub natural: Option<Timestamp>,
    /// By which rule: `never`, `3d after its file's last change`, `at a date of its own`.
    pub rule: String,
    /// What its time is counted from; null where it is counted from nothing, or from before the history that is here.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub counted_from: Option<Timestamp>,
    /// Whether it is over.
    pub over: bool,
    /// The exception to it.
    pub pin: Option<Pin>,
}

/// A pin.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Pin {
    /// Until when.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub until: Timestamp,
    /// Who wants it.
    pub owner: String,
    /// What for.
    pub reason: String,
    /// Whether it keeps the sandbox past its natural expiry.
    pub counts: bool,
    /// What it does, in words.
    pub effect: String,
}

/// A sandbox's place among the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// How many sandboxes live.
    pub live: usize,
    /// How many may.
    pub limit: Option<usize>,
    /// How many of them are its owner's.
    pub of_owner: Option<usize>,
    /// How many may be.
    pub owner_limit: Option<usize>,
}

/// Why a sandbox is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Held {
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// What a run will do.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Next {
    /// From this instant on; the first is now.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// In which namespace.
    pub namespace: String,
    /// What.
    pub action: Action,
    /// Why.
    pub reason: String,
    /// What to do about it, where it is held or refused.
    pub remedy: Option<String>,
    /// The files that made it so.
    pub causes: Vec<CauseShown>,
    /// What is done to which object, and why.
    pub steps: Vec<StepTold>,
}

/// What is done to one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepTold {
    /// What.
    pub action: Action,
    /// To which object, such as `Deployment/app`.
    pub object: String,
    /// Why.
    pub reason: String,
}

/// The JSON Schema of [`Story`], kept in `src/report/why.schema.json`.
pub fn story_schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Story>()
}

/// A commit's first digits, for the report.
pub fn short_commit(commit: &str) -> &str {
    words::short(commit)
}
