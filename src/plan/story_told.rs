//! How a sandbox's story is put together: from both states, the plan and what lies ahead.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::cause::{Cause, CauseShown};
use super::forecast::Ahead;
use super::state::{Input, LiveNamespace, Source, Wanted};
use super::story::{Desired, Expiry, Held, Next, Pin, Place, Rendered, STORY_VERSION, StepTold, Story};
use super::story_live::live;
use super::types::{Action, Plan, SandboxPlan, Step};
use crate::fleet::{FLEET_FILE, Fleet, Life, Lifetime, PinState, Sandbox, write_span};
use crate::manifest::Manifest;
use crate::release::Charts;

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
        rendered: sandbox.and_then(|sandbox| Some(rendered(sandbox, wanted?, known))),
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

fn rendered(sandbox: &Sandbox, wanted: &Wanted, known: &Known<'_>) -> Rendered {
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
    Rendered {
        chart: chart.clone(),
        chart_version: known.charts.version(chart).map(str::to_owned),
        profile: sandbox.profile.clone(),
        values,
        image: sandbox.image.as_ref().map(ToString::to_string),
        release: is_read.then(|| wanted.release.hash.to_string()),
        objects: wanted.release.manifests.len(),
    }
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
        of_fleet.into_iter().any(|namespace| namespace.sandbox() == name)
    };
    let names: BTreeSet<&str> = input
        .live
        .namespaces
        .values()
        .filter(|n| n.observed.ours || n.observed.was_ours)
        .map(LiveNamespace::sandbox)
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
    let port = service.body().pointer("/spec/ports/0/port")?.as_u64()?;
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
