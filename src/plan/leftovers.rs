//! What a sandbox that is gone has left in the cluster: objects in no namespace, of a removal that was ended half-way or
//! that something kept.

use std::collections::BTreeMap;

use super::going::{end_of, removal};
use super::live::Observed;
use super::safety::hold;
use super::sandbox::{HANGS, Held, is_definition};
use super::state::{Input, Source};
use super::types::{Action, Hold, SandboxPlan, Step};
use super::words;
use crate::manifest::ANNOTATION_CRDS;

/// Plans the end of what is left; a sandbox of which a file says that it is to be sees to its own.
pub(super) fn leftovers(plans: &mut Vec<SandboxPlan>, input: &Input) {
    let mut left: BTreeMap<&str, Vec<&Observed>> = BTreeMap::new();
    let is_left = |observed: &&Observed| {
        observed.ours && observed.label_is_ours && !observed.sandbox.is_empty() && !observed.kept
    };
    for observed in input.live.objects.outside().filter(is_left) {
        left.entry(&observed.sandbox).or_default().push(observed);
    }
    for (name, objects) in left {
        let lives = input.live.namespaces.values().any(|namespace| namespace.sandbox() == name);
        let is_over = |source: &Source| source.wanted().is_some_and(|wanted| wanted.is_over(input.now));
        let source = input.sources.get(name);
        if lives || source.is_some_and(|source| !is_over(source)) {
            continue;
        }
        let namespace = source.map(Source::namespace).unwrap_or_default();
        plans.retain(|plan| plan.name != name || !plan.steps.is_empty());
        plans.push(of_one(name, namespace, &objects, input));
    }
}

fn of_one(name: &str, namespace: &str, objects: &[&Observed], input: &Input) -> SandboxPlan {
    let names: Vec<String> = objects.iter().map(|observed| observed.id.to_string()).collect();
    let reason = format!("it is gone, and has left {}", words::some(&names));
    let mut plan = SandboxPlan { action: Action::Remove, reason, ..SandboxPlan::blank(name, namespace) };
    let (going, staying): (Vec<&Observed>, Vec<&Observed>) = objects.iter().partition(|o| o.deleting.is_some());
    // The record that told what was of `crds/` went with the namespace.
    let (definitions, staying): (Vec<&Observed>, Vec<&Observed>) = staying.iter().partition(|o| is_definition(&o.id));
    for observed in staying {
        let Some((kind, resource)) = input.live.served(&observed.id) else { continue };
        plan.steps.push(removal(kind.clone(), resource.clone(), &plan.reason, observed));
    }
    let ends: Vec<Step> = plan.steps.iter().filter_map(end_of).collect();
    plan.steps.extend(ends);
    if let [first, ..] = definitions.as_slice() {
        let names: Vec<String> = definitions.iter().map(|observed| observed.id.to_string()).collect();
        let names = words::some(&names);
        let stays = format!(
            "{names} stays: nothing tells any more whether it is of crds/, and all objects of its kind go with it"
        );
        let name = &first.id.name;
        if plan.steps.is_empty() && going.is_empty() {
            let remedy = format!(
                "kubectl delete crd {name}; or, to keep it: kubectl annotate crd {name} {ANNOTATION_CRDS}='left alone once it is there'"
            );
            hold(&mut plan, Held::new(Hold::Policy, format!("it is gone, and {stays}"), remedy));
            return plan;
        }
        plan.notes.push(stays);
    }
    if plan.steps.is_empty() {
        let keepers: Vec<String> = going.iter().map(|observed| kept(observed, input)).collect();
        let hangs = going.iter().filter_map(|o| o.deleting).any(|since| input.now.duration_since(since) > HANGS);
        let kind = if hangs { Hold::Broken } else { Hold::Policy };
        let reason = format!("it is gone but for {}", words::some(&keepers));
        hold(
            &mut plan,
            Held::new(kind, reason, "see to whoever has to take the finalizer off; nothing else is left to do"),
        );
    }
    plan
}

fn kept(observed: &Observed, input: &Input) -> String {
    let since = observed.deleting.unwrap_or(input.now);
    let by = match observed.finalizers.as_slice() {
        [] => String::new(),
        finalizers => format!(", kept by finalizer {}", finalizers.join(", ")),
    };
    format!("{}, which is being deleted for {}, since {since}{by}", observed.id, words::span(since, input.now))
}
