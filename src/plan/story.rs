//! One sandbox's whole story, as `reconcile why` tells it: what is wanted and by whom, what lives, and what the next
//! runs will do.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::cause::{Cause, CauseShown};
use super::forecast::Ahead;
use super::state::{Input, Source, Wanted};
use super::story_live::live;
use super::types::{Action, Plan, SandboxPlan, Step};
use super::words;
use crate::fleet::{FLEET_FILE, Fleet, Life, Lifetime, PinState, Sandbox, write_span};
use crate::manifest::Manifest;
use crate::release::Charts;

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

/// What a story is told from.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// The sandbox's name.
    pub name: &'a str,
    /// The fleet.
    pub fleet: &'a Fleet,
    /// Its charts.
    pub charts: &'a Charts,
    /// What the repository asks for.
    pub sources: &'a BTreeMap<String, Source>,
    /// The instant.
    pub now: Timestamp,
    /// The commit that is read.
    pub commit: Option<String>,
    /// The cluster, for people.
    pub cluster: String,
    /// Its file, with who changed it last.
    pub asked: Option<Cause>,
    /// What is known of the cluster.
    pub live: LiveKnown<'a>,
}

/// What is known of the cluster.
#[derive(Clone, Debug)]
pub enum LiveKnown<'a> {
    /// All that is asked.
    Read {
        /// Both states.
        input: &'a Input,
        /// The plan of all.
        plan: &'a Plan,
        /// When the sandbox's namespace was made.
        since: Option<Timestamp>,
        /// What later runs will do.
        ahead: Vec<Ahead>,
    },
    /// Nothing: why.
    Unread(String),
}

/// Tells it.
pub fn story(known: &Known<'_>) -> Story {
    let source = known.sources.get(known.name);
    let sandbox = known.fleet.sandboxes.get(known.name);
    let wanted = match source {
        Some(Source::Wanted(wanted)) => Some(&**wanted),
        _ => None,
    };
    let own = own_plans(known);
    let main = own.iter().find(|plan| source.is_none_or(|source| source.namespace() == plan.namespace)).copied();
    let namespace = source
        .map(|source| source.namespace().to_owned())
        .or_else(|| main.map(|plan| plan.namespace.clone()))
        .unwrap_or_default();
    let (live, notes) = live(known, wanted, &namespace);
    Story {
        version: STORY_VERSION,
        name: known.name.to_owned(),
        fleet: known.fleet.settings.name.clone(),
        commit: known.commit.clone(),
        cluster: known.cluster.clone(),
        now: known.now,
        desired: desired(known, source, sandbox, main),
        rendered: sandbox.and_then(|sandbox| rendered(sandbox, wanted?, known)),
        expiry: sandbox.and_then(|sandbox| Some(expiry(sandbox, wanted?, known))),
        place: place(known, sandbox),
        held: main
            .filter(|plan| matches!(plan.action, Action::Held | Action::Refused))
            .map(|plan| Held { reason: plan.reason.clone(), remedy: plan.remedy.clone() }),
        notes,
        url: wanted.and_then(|wanted| wanted.url.clone()),
        port_forward: wanted.filter(|wanted| wanted.url.is_none()).and_then(port_forward),
        next: next(known, &own),
        live,
        namespace,
    }
}

fn own_plans<'k>(known: &Known<'k>) -> Vec<&'k SandboxPlan> {
    match &known.live {
        LiveKnown::Read { plan, .. } => plan.sandboxes.iter().filter(|plan| plan.name == known.name).collect(),
        LiveKnown::Unread(_) => Vec::new(),
    }
}

fn desired(
    known: &Known<'_>,
    source: Option<&Source>,
    sandbox: Option<&Sandbox>,
    main: Option<&SandboxPlan>,
) -> Desired {
    let (problem, remedy) = match source {
        Some(Source::Broken { reason, remedy, .. }) => (Some(reason.clone()), Some(remedy.clone())),
        _ => (None, None),
    };
    let removed_by = || main.and_then(|plan| plan.causes.first());
    Desired {
        asked_for: source.is_some(),
        cause: known.asked.as_ref().or_else(removed_by).map(CauseShown::from),
        branch: sandbox.map(|sandbox| sandbox.branch.clone()),
        owner: sandbox.and_then(|sandbox| sandbox.owner.clone()),
        problem,
        remedy,
    }
}

fn rendered(sandbox: &Sandbox, wanted: &Wanted, known: &Known<'_>) -> Option<Rendered> {
    let chart = &sandbox.chart;
    let mut values = vec![format!("charts/{chart}/values.yaml")];
    values.extend(sandbox.profile.as_ref().map(|profile| format!("charts/{chart}/values-{profile}.yaml")));
    if !known.fleet.settings.defaults.values.is_empty() {
        values.push(FLEET_FILE.to_owned());
    }
    if !sandbox.values.is_empty() {
        values.push(sandbox.path.clone());
    }
    let is_read = matches!(known.live, LiveKnown::Read { .. });
    Some(Rendered {
        chart: chart.clone(),
        chart_version: known.charts.version(chart).map(str::to_owned),
        profile: sandbox.profile.clone(),
        values,
        image: sandbox.image.as_ref().map(ToString::to_string),
        release: is_read.then(|| wanted.release.hash.to_string()),
        objects: wanted.release.manifests.len(),
    })
}

fn expiry(sandbox: &Sandbox, wanted: &Wanted, known: &Known<'_>) -> Expiry {
    let terms = sandbox.terms(&known.fleet.settings);
    let life = Lifetime::at(known.now, wanted.since.unwrap_or(Timestamp::MIN), &terms);
    let counted_from = wanted.since.filter(|_| matches!(sandbox.life, Life::For(_)));
    let rule = match sandbox.life {
        Life::Never => "never".to_owned(),
        Life::For(span) => format!("{} after the last change of {}", write_span(span), sandbox.path),
        Life::Until(_) => format!("at the date in {}", sandbox.path),
    };
    let pin = sandbox.pin.as_ref().map(|pin| Pin {
        until: pin.until,
        owner: pin.owner.clone(),
        reason: pin.reason.clone(),
        counts: life.pin.counts(),
        effect: match life.pin {
            PinState::None | PinState::Idle => "it changes nothing: the sandbox lives longer by itself".to_owned(),
            PinState::Expired => "it has ended, and counts for nothing any more".to_owned(),
            PinState::Keeps => "it keeps the sandbox past its expiry".to_owned(),
            PinState::TooLong { latest } => format!("it is longer than the fleet allows, and counts until {latest}"),
        },
    });
    Expiry { at: life.expiry, natural: life.natural, rule, counted_from, over: life.is_over(known.now), pin }
}

fn place(known: &Known<'_>, sandbox: Option<&Sandbox>) -> Option<Place> {
    let LiveKnown::Read { input, .. } = &known.live else { return None };
    let lives = |name: &str| {
        let of_fleet = input.live.namespaces.values().filter(|n| n.observed.ours || n.observed.was_ours);
        of_fleet.into_iter().any(|namespace| namespace.observed.sandbox == name)
    };
    let names: std::collections::BTreeSet<&str> = input
        .live
        .namespaces
        .values()
        .filter(|n| n.observed.ours || n.observed.was_ours)
        .map(|n| n.observed.sandbox.as_str())
        .collect();
    let owner = sandbox.and_then(|sandbox| sandbox.owner.as_deref());
    let of_owner = owner.map(|owner| {
        known.fleet.sandboxes.values().filter(|s| s.owner.as_deref() == Some(owner) && lives(&s.name)).count()
    });
    let policy = &input.policy;
    Some(Place {
        live: names.len(),
        limit: policy.max_sandboxes,
        of_owner,
        owner_limit: policy.max_per_owner.filter(|_| owner.is_some()),
    })
}

/// The first Service's first port.
fn port_forward(wanted: &Wanted) -> Option<String> {
    let is_service = |manifest: &&Manifest| manifest.kind.group.is_empty() && manifest.kind.kind == "Service";
    let service = wanted.release.manifests.iter().find(is_service)?;
    let body = service.body();
    let port = body.pointer("/spec/ports/0/port")?.as_u64()?;
    let local = if port < 1024 { 8000 + port } else { port };
    Some(format!("kubectl -n {} port-forward service/{} {local}:{port}", wanted.namespace, service.id.name))
}

fn next(known: &Known<'_>, own: &[&SandboxPlan]) -> Vec<Next> {
    let LiveKnown::Read { ahead, .. } = &known.live else { return Vec::new() };
    let mut next: Vec<Next> = own.iter().map(|plan| told(known.now, plan)).collect();
    next.extend(ahead.iter().map(|ahead| told(ahead.at, &ahead.plan)));
    next
}

fn told(at: Timestamp, plan: &SandboxPlan) -> Next {
    let shown = |step: &&Step| !step.quiet && step.work.is_change();
    let step = |step: &Step| StepTold { action: step.action, object: step.id.to_string(), reason: step.reason.clone() };
    Next {
        at,
        namespace: plan.namespace.clone(),
        action: plan.action,
        reason: plan.reason.clone(),
        remedy: plan.remedy.clone(),
        causes: plan.causes.iter().map(CauseShown::from).collect(),
        steps: plan.steps.iter().filter(shown).map(step).collect(),
    }
}

/// The JSON Schema of [`Story`], kept in `src/report/why.schema.json`.
pub fn story_schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Story>()
}

/// A commit's first digits, for the report.
pub fn short_commit(commit: &str) -> &str {
    words::short(commit)
}
