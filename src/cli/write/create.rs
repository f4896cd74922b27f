//! `reconcile create` and `reconcile up`.

use super::super::args::{Committing, Create, Up, Wish};
use super::super::failure::{Exit, Failure};
use super::super::owner;
use super::super::place;
use super::desk::{Desk, Edit, Landed, State};
use super::{Then, Work, local, told};
use crate::fleet::{self, Assignment, check_name, name_for_branch};

/// Writes a sandbox's file, commits and pushes it, and with `--apply` makes the sandbox.
///
/// # Errors
/// Where it cannot be made, or is there already.
pub fn create(work: Work<'_>, options: &Create) -> Result<u8, Failure> {
    let branch = place::branch_here(options.wish.branch.as_deref())?;
    work.finish((&options.commit, &options.then), &|_, state| {
        let name = name_of(state, options.name.as_deref(), &branch);
        is_free(state, &name, &branch)?;
        new(state, &name, &branch, &options.wish)
    })
}

/// Makes the current branch's sandbox, or uses the one there is, and applies it.
///
/// # Errors
/// As [`create`].
pub fn up(work: Work<'_>, options: &Up) -> Result<u8, Failure> {
    let then = Then { target: &options.target, how: &options.how, removal: false };
    let desk = Desk::open(work.args, work.printer)?.applying(Some(then));
    let branch = place::branch_here(options.wish.branch.as_deref())?;
    let commit = Committing { message: options.message.clone(), dry_run: false };
    let landed: Option<Landed> = desk.commit(&commit, &|state| {
        if place::all_of_branch(&state.fleet, &branch).next().is_some() {
            let name = place::of_branch(&state.fleet, &branch)?;
            return again(&desk, state, &name, &options.wish);
        }
        let name = name_of(state, None, &branch);
        is_free(state, &name, &branch)?;
        new(state, &name, &branch, &options.wish)
    })?;
    let Some(landed) = landed else { return Ok(0) };
    if landed.is_new {
        work.printer.progress(&told::committed(&landed));
        told::notes(&landed, work.printer);
    }
    work.apply(&landed, &then)
}

/// The sandbox that is there already, with what the command line asks for; awake, and with time left.
fn again(desk: &Desk<'_>, state: &State, name: &str, wish: &Wish) -> Result<Edit, Failure> {
    let mut text = state.text(name)?;
    let sandbox = state.sandbox(name)?;
    let mut assignments = of_wish(state, wish)?;
    if sandbox.asleep {
        assignments.push(Assignment { key: vec!["asleep".to_owned()], value: None });
    }
    text = fleet::edited(&text, &assignments).map_err(|invalid| told::invalid(&invalid))?;
    if super::extend::is_over(desk, state, name)? {
        let ttl = super::extend::own_ttl(sandbox, &state.fleet.settings)?;
        text = fleet::extended(&text, &ttl, desk.now).map_err(|invalid| told::invalid(&invalid))?;
    }
    Ok(Edit { name: name.to_owned(), text: Some(text), message: format!("Bring sandbox {name} up") })
}

fn new(state: &State, name: &str, branch: &str, wish: &Wish) -> Result<Edit, Failure> {
    let mut assignments = vec![assigned("branch", branch)];
    assignments.extend(of_wish(state, wish)?);
    if wish.owner.is_none()
        && let Some(owner) = owner::owner()
    {
        assignments.insert(1, assigned("owner", &owner));
    }
    let text = fleet::written(&assignments).map_err(|invalid| told::invalid(&invalid))?;
    Ok(Edit { name: name.to_owned(), text: Some(text), message: format!("Create sandbox {name} for {branch}") })
}

fn assigned(key: &str, text: &str) -> Assignment {
    Assignment { key: vec![key.to_owned()], value: Some(text.into()) }
}

/// What the command line asks for beside the branch.
fn of_wish(state: &State, wish: &Wish) -> Result<Vec<Assignment>, Failure> {
    let texts = [
        ("image", wish.image.as_deref()),
        ("ttl", wish.ttl.as_ref().map(|ttl| ttl.text.as_str())),
        ("chart", wish.chart.as_deref()),
        ("profile", wish.profile.as_deref()),
        ("owner", wish.owner.as_deref()),
    ];
    let mut all: Vec<Assignment> = texts.into_iter().filter_map(|(key, text)| Some(assigned(key, text?))).collect();
    if wish.profile.as_deref() == Some(local::PROFILE) {
        let chart = wish.chart.as_deref().or(state.fleet.settings.defaults.chart.as_deref()).unwrap_or_default();
        all.extend(local::folders(state, chart)?);
    }
    all.extend(wish.set.iter().cloned());
    Ok(all)
}

fn name_of(state: &State, named: Option<&str>, branch: &str) -> String {
    let holder = |name: &str| match (state.fleet.sandboxes.get(name), state.fleet.broken.get(name)) {
        (Some(sandbox), _) => Some(sandbox.branch.clone()),
        // Whose it is cannot be read.
        (None, Some(_)) => Some(String::new()),
        (None, None) => None,
    };
    named.map_or_else(|| name_for_branch(branch, &holder), str::to_owned)
}

fn is_free(state: &State, name: &str, branch: &str) -> Result<(), Failure> {
    check_name(name, &state.fleet.settings.namespace_prefix).map_err(|invalid| told::invalid(&invalid))?;
    if let Some(broken) = state.fleet.broken.get(name) {
        let hint = "mend it (reconcile check shows what is wrong), or choose another name";
        return Err(Failure::new(Exit::Failed, format!("{} is there already, and cannot be read", broken.path), hint));
    }
    match state.fleet.sandboxes.get(name) {
        None => Ok(()),
        Some(sandbox) if sandbox.branch == branch => Err(Failure::new(
            Exit::Failed,
            format!("sandbox {name} shows branch {branch} already"),
            format!("change it: reconcile set {name} …; give it time: reconcile extend {name}; apply it: reconcile up"),
        )),
        Some(sandbox) => Err(Failure::new(
            Exit::Failed,
            format!("the name {name} is taken by branch {}", sandbox.branch),
            "choose another name; without one it is made from the branch",
        )),
    }
}
