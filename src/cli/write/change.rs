//! `reconcile set`.

use super::super::args::Set;
use super::super::failure::{Exit, Failure};
use super::desk::{Edit, State};
use super::{Work, told};
use crate::fleet::{self, Assignment};

/// Sets keys of a sandbox's file.
///
/// # Errors
/// Where it cannot be used then.
pub fn set(work: Work<'_>, options: &Set) -> Result<u8, Failure> {
    let assignments: Vec<Assignment> = options.keys.iter().chain(&options.set).cloned().collect();
    work.finish((&options.commit, &options.then), &|_, state| {
        let text = state.text(&options.name)?;
        let text = fleet::edited(&text, &life(&assignments)).map_err(|invalid| told::invalid(&invalid))?;
        Ok(Edit { name: options.name.clone(), text: Some(text), message: message(&options.name, &assignments) })
    })
}

/// A file says its life by one of two keys: one that is set takes the other's place.
fn life(assignments: &[Assignment]) -> Vec<Assignment> {
    let sets = |key: &str| assignments.iter().any(|one| one.value.is_some() && one.key == [key]);
    let other = match (sets("ttl"), sets("expires")) {
        (true, false) => Some("expires"),
        (false, true) => Some("ttl"),
        _ => None,
    };
    let gone = other.map(|key| Assignment { key: vec![key.to_owned()], value: None });
    gone.into_iter().chain(assignments.iter().cloned()).collect()
}

fn message(name: &str, assignments: &[Assignment]) -> String {
    let keys: Vec<String> = assignments.iter().map(|one| one.key.join(".")).collect();
    format!("Set {} of sandbox {name}", keys.join(", "))
}

/// An edit that changes nothing but what it is told to, of a sandbox that must be there.
pub(super) fn assigned(
    state: &State,
    name: &str,
    assignments: &[Assignment],
    message: String,
) -> Result<Edit, Failure> {
    let text = state.text(name)?;
    if assignments.is_empty() {
        return Err(Failure::new(
            Exit::Failed,
            format!("there is nothing to change in {name}"),
            "nothing was committed",
        ));
    }
    let text = fleet::edited(&text, assignments).map_err(|invalid| told::invalid(&invalid))?;
    Ok(Edit { name: name.to_owned(), text: Some(text), message })
}
