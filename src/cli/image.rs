//! `reconcile image`: what an image is called that CI should build.

use super::args::{Args, Image};
use super::desired::{Desired, of_repo};
use super::failure::{Exit, Failure};
use super::print::Printer;
use crate::fleet::slug;
use crate::repo::App;

/// How many digits of a commit stand in a tag.
const SHORT: usize = 7;

/// Prints it.
///
/// # Errors
/// Where the branch or its commit is not known, or no repository is named for the image.
pub fn image(args: &Args, options: &Image, printer: &Printer) -> Result<u8, Failure> {
    // With branch and repository no fleet has to be there.
    let needs_fleet = options.name.is_some() || options.repository.is_none();
    let desired = if needs_fleet { Some(Desired::of_branch(&args.source, printer)?) } else { None };
    let app = App::around().map_err(|error| of_repo(&error))?;
    let (branch, own) = match (&options.name, &desired) {
        (Some(name), Some(desired)) => {
            desired.named(std::slice::from_ref(name))?;
            let Some(sandbox) = desired.fleet.sandboxes.get(name) else {
                let message = format!("the file of sandbox {name} cannot be used");
                return Err(Failure::new(Exit::Failed, message, "mend it: reconcile check shows the place"));
            };
            (sandbox.branch.clone(), sandbox.image.as_ref())
        }
        (_, desired) => {
            let default = desired.as_ref().and_then(|desired| desired.fleet.settings.defaults.image.as_ref());
            (of_app(options, app.as_ref())?, default)
        }
    };
    let repository = options.repository.clone().or_else(|| own.map(|image| image.repository.clone()));
    let repository = repository.ok_or_else(|| {
        let hint = "--repository, or image = \"…\" in the sandbox's file, or below [defaults] in fleet.toml";
        Failure::new(Exit::Failed, "no image is named whose repository it could be", hint)
    })?;
    let commit = commit(options, app.as_ref(), &branch)?;
    let short: String = commit.chars().take(SHORT).collect();
    printer.answer(&format!("{repository}:{}-{short}\n", slug(&branch)))?;
    Ok(0)
}

fn of_app(options: &Image, app: Option<&App>) -> Result<String, Failure> {
    if let Some(branch) = &options.branch {
        crate::fleet::check_branch(branch)
            .map_err(|why| Failure::new(Exit::Usage, format!("--branch: {why}"), "such as feature/x"))?;
        return Ok(branch.clone());
    }
    app.and_then(|app| app.branch.clone()).ok_or_else(|| {
        let hint = "name a sandbox, or the branch with --branch";
        Failure::new(Exit::Failed, "no branch is checked out around this folder", hint)
    })
}

fn commit(options: &Image, app: Option<&App>, branch: &str) -> Result<String, Failure> {
    match (&options.commit, app) {
        (Some(commit), app) => {
            let is_hash = (SHORT..=64).contains(&commit.len()) && commit.bytes().all(|b| b.is_ascii_hexdigit());
            let found = app.and_then(|app| app.commit(commit));
            found.or_else(|| is_hash.then(|| commit.to_ascii_lowercase())).ok_or_else(|| {
                let message = format!("{commit} is no commit of the repository around this folder");
                Failure::new(
                    Exit::Failed,
                    message,
                    "name a commit by its hash, or run this in the application's repository",
                )
            })
        }
        (None, Some(app)) => app.head_of(branch).ok_or_else(|| {
            let message = format!("branch {branch} is not in the repository around this folder");
            let hint = "run this in the application's repository, fetch the branch, or name the commit with --commit";
            Failure::new(Exit::Failed, message, hint)
        }),
        (None, None) => Err(Failure::new(
            Exit::Failed,
            "this folder is in no git repository",
            "run this in the application's repository, or name the commit with --commit",
        )),
    }
}
