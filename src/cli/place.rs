//! Which sandbox is meant: the one that is named, or that of the branch that is checked out.

use super::failure::{Exit, Failure};
use crate::fleet::{Fleet, Sandbox};
use crate::repo::App;

/// The sandbox that is named, else the one of the branch that is checked out.
///
/// # Errors
/// Where no branch is checked out, or it has no sandbox, or several.
pub fn name(fleet: &Fleet, named: Option<&str>) -> Result<String, Failure> {
    match named {
        Some(name) => Ok(name.to_owned()),
        None => of_branch(fleet, &branch_here(None)?),
    }
}

/// The sandbox of a branch.
///
/// # Errors
/// Where there is none, or several.
pub fn of_branch(fleet: &Fleet, branch: &str) -> Result<String, Failure> {
    let names: Vec<&str> = all_of_branch(fleet, branch).collect();
    match names.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(Failure::new(
            Exit::Usage,
            format!("branch {branch} has no sandbox"),
            "name one, or make one: reconcile create",
        )),
        several => Err(Failure::new(
            Exit::Usage,
            format!("branch {branch} has several sandboxes: {}", several.join(", ")),
            "name one of them",
        )),
    }
}

/// The sandboxes that show a branch.
pub fn all_of_branch<'f>(fleet: &'f Fleet, branch: &str) -> impl Iterator<Item = &'f str> {
    let of = move |sandbox: &&Sandbox| sandbox.branch == branch;
    fleet.sandboxes.values().filter(of).map(|sandbox| sandbox.name.as_str())
}

/// The branch that is meant: the one that is named, else the one that is checked out.
///
/// # Errors
/// Where no branch is checked out.
pub fn branch_here(named: Option<&str>) -> Result<String, Failure> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let nowhere = || Failure::new(Exit::Usage, "this folder is in no git repository", "name the branch with --branch");
    let app = App::around()?.ok_or_else(nowhere)?;
    app.branch.ok_or_else(|| {
        Failure::new(Exit::Usage, "no branch is checked out here, only a commit", "name the branch with --branch")
    })
}
