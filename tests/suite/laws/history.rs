//! Generated histories: editions of a fleet, one after the other, and what others do in between.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::fleet::{Bounds, Fleet, NAMES, Sandbox, bounds, fleet, sandbox};
use super::meddling::{Meddling, meddling};

/// A fleet, and what happens to it.
#[derive(Clone, Debug)]
pub struct History {
    pub fleet: Fleet,
    pub steps: Vec<Step>,
}

/// What happens before one run.
#[derive(Clone, Debug)]
pub struct Step {
    /// How many hours pass.
    pub hours: i64,
    pub edits: Vec<Edit>,
    pub meddling: Vec<Meddling>,
}

/// A change of the files.
#[derive(Clone, Debug)]
pub enum Edit {
    Write(&'static str, Box<Sandbox>),
    Remove(Index),
    RemoveAll,
    Rename(Index, &'static str),
    Owner(Index, Option<&'static str>),
    Break(Index, bool),
    Bounds(Box<Bounds>),
    Layout(u8),
}

impl Edit {
    /// Makes the next edition, at some hour.
    pub fn make(&self, fleet: &mut Fleet, now: i64) {
        let name = |index: &Index| {
            let names: Vec<&String> = fleet.sandboxes.keys().collect();
            (!names.is_empty()).then(|| (*index.get(&names)).clone())
        };
        match self {
            Edit::Write(name, sandbox) => {
                fleet.sandboxes.insert((*name).to_owned(), Sandbox { since: now, ..(**sandbox).clone() });
            }
            Edit::Remove(index) => {
                name(index).and_then(|name| fleet.sandboxes.remove(&name));
            }
            Edit::RemoveAll => fleet.sandboxes.clear(),
            Edit::Rename(index, to) => {
                if let Some(sandbox) = name(index).and_then(|name| fleet.sandboxes.remove(&name)) {
                    fleet.sandboxes.insert((*to).to_owned(), sandbox);
                }
            }
            Edit::Owner(index, owner) => {
                if let Some(sandbox) = name(index).and_then(|name| fleet.sandboxes.get_mut(&name)) {
                    (sandbox.owner, sandbox.since) = (*owner, now);
                }
            }
            Edit::Break(index, broken) => {
                if let Some(sandbox) = name(index).and_then(|name| fleet.sandboxes.get_mut(&name)) {
                    sandbox.broken = *broken;
                }
            }
            Edit::Bounds(bounds) => fleet.bounds = (**bounds).clone(),
            Edit::Layout(layout) => fleet.layout = *layout,
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    prop_oneof![
        8 => (select(&NAMES[..]), sandbox(0)).prop_map(|(name, sandbox)| Edit::Write(name, Box::new(sandbox))),
        5 => index().prop_map(Edit::Remove),
        1 => Just(Edit::RemoveAll),
        4 => (index(), select(&NAMES[..])).prop_map(|(index, name)| Edit::Rename(index, name)),
        2 => (index(), select(&[None, Some("ada"), Some("bob")][..])).prop_map(|(index, owner)| Edit::Owner(index, owner)),
        3 => (index(), any::<bool>()).prop_map(|(index, broken)| Edit::Break(index, broken)),
        2 => (0_u8..4).prop_map(Edit::Layout),
    ]
}

/// A history whose limits never change, where they are given, and are tight or not otherwise.
pub fn history(fixed: Option<&Bounds>) -> BoxedStrategy<History> {
    let begun = match fixed {
        Some(fixed) => Just(fixed.clone()).boxed(),
        None => bounds().boxed(),
    };
    let edit = match fixed {
        Some(_) => edit().boxed(),
        None => prop_oneof![10 => edit(), 1 => bounds().prop_map(|bounds| Edit::Bounds(Box::new(bounds)))].boxed(),
    };
    let edits = proptest::collection::vec(edit, 0..5);
    let step = (0_i64..40, edits, proptest::collection::vec(meddling(), 0..5))
        .prop_map(|(hours, edits, meddling)| Step { hours, edits, meddling });
    (fleet(begun), proptest::collection::vec(step, 1..4)).prop_map(|(fleet, steps)| History { fleet, steps }).boxed()
}
