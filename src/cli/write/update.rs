//! `reconcile update`: which digest each tag stands for, locked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::super::args::{Update, WriteFormat};
use super::super::failure::{Exit, Failure};
use super::desk::{Desk, State};
use super::{Work, told};
use crate::fleet::{Fleet, Image, LOCK_FILE, Lock, Locked, Sandbox};
use crate::registry::{Client, Logins, RegistryError, run_helper};
use crate::repo::{App, Change, Committed};
use crate::report::{answers, unified};
use crate::web::Web;

/// What was found of one sandbox.
struct Found {
    name: String,
    image: Image,
    /// What it is locked at by now.
    was: Option<String>,
    locked: Result<Locked, RegistryError>,
}

/// Locks the images of sandboxes, by one commit.
///
/// # Errors
/// Where there is no such sandbox, no image could be resolved, or the lock cannot be committed.
pub fn update(work: Work<'_>, options: &Update) -> Result<u8, Failure> {
    let desk = Desk::open(work.args, work.printer)?;
    let state = desk.state()?;
    let open = unlocked(&state)?;
    let names = named(&state, &open, &options.names)?;
    let old = lock_of(&state, options)?;
    let found = resolve(&open, &names, &old)?;
    for one in &found {
        if let Err(error) = &one.locked {
            work.printer.error(&format!("sandbox {}: {error}", one.name));
            error.hint().iter().for_each(|hint| work.printer.hint(hint));
        }
    }
    let failed = found.iter().filter(|one| one.locked.is_err()).count();
    if failed > 0 && failed == found.len() {
        let hint = "sandboxes/lock.toml stays as it is";
        return Err(Failure::new(Exit::Failed, "no image could be resolved", hint));
    }
    let change = |state: &State| change(state, &found, options);
    let committed = if options.commit.dry_run {
        let change = change(&state)?;
        let text = |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let before = text(state.tree.files.get(LOCK_FILE).map(AsRef::as_ref));
        let after = text(change.files.get(LOCK_FILE).and_then(Option::as_deref));
        let names = (format!("a/{LOCK_FILE}"), format!("b/{LOCK_FILE}"));
        let diff = unified(before.as_deref(), after.as_deref(), (&names.0, &names.1));
        if options.answer.format == WriteFormat::Text {
            work.printer.answer(&diff)?;
            if diff.is_empty() {
                work.printer.note("there is nothing to change");
            }
            return Ok(if failed > 0 { 4 } else { 0 });
        }
        None
    } else {
        Some(desk.commit_files(&change)?)
    };
    work.printer.answer(&said(&desk, &found, committed.as_ref(), options.answer.format))?;
    if let Some(committed) = &committed {
        told::notes_of_files(&desk, committed, &[LOCK_FILE], work.printer);
    }
    Ok(if failed > 0 { 4 } else { 0 })
}

/// The fleet as its files say, without what is locked.
fn unlocked(state: &State) -> Result<Fleet, Failure> {
    let mut files = state.tree.files.clone();
    files.remove(LOCK_FILE);
    let mut odd = state.tree.odd.clone();
    odd.remove(LOCK_FILE);
    Fleet::parse(&files, &odd).map_err(|unusable| Failure::of(&unusable))
}

/// The sandboxes that are meant and can be used.
fn named(state: &State, open: &Fleet, names: &[String]) -> Result<BTreeSet<String>, Failure> {
    if names.is_empty() {
        return Ok(open.sandboxes.keys().cloned().collect());
    }
    for name in names {
        if !open.sandboxes.contains_key(name) {
            state.sandbox(name)?;
        }
    }
    Ok(names.iter().cloned().collect())
}

/// What is locked now. One that cannot be read is written anew where all of it is.
fn lock_of(state: &State, options: &Update) -> Result<Lock, Failure> {
    let Some(bytes) = state.tree.files.get(LOCK_FILE) else { return Ok(Lock::default()) };
    match Lock::read(&String::from_utf8_lossy(bytes)) {
        Ok(lock) => Ok(lock),
        Err(_) if options.names.is_empty() => Ok(Lock::default()),
        Err(_) => {
            let hint = "without a NAME all of it is written anew: reconcile update";
            Err(Failure::new(Exit::Failed, format!("{LOCK_FILE} cannot be read"), hint))
        }
    }
}

fn resolve(open: &Fleet, names: &BTreeSet<String>, old: &Lock) -> Result<Vec<Found>, Failure> {
    let of_registry = |error: &RegistryError| Failure::of(error).hint(error.hint());
    let logins = config().map_or_else(|| Ok(Logins::none()), |file| Logins::read(&file, run_helper));
    let client = Client::new(Web::new(super::super::clock), logins.map_err(|error| of_registry(&error))?);
    // Where this is called in the application's repository, its branches are known.
    let app = App::around().ok().flatten();
    let mut known: BTreeMap<String, Result<String, RegistryError>> = BTreeMap::new();
    let mut found = Vec::new();
    for sandbox in names.iter().filter_map(|name| open.sandboxes.get(name)) {
        let Sandbox { name, branch, .. } = sandbox;
        let Some(image) = sandbox.image.as_ref().filter(|image| image.digest.is_none()) else { continue };
        let digest = known.entry(image.to_string());
        let digest = digest.or_insert_with(|| client.resolve(image).map(|resolved| resolved.digest)).clone();
        let commit = app.as_ref().and_then(|app| app.head_of(branch));
        let kept = || old.0.get(name).filter(|locked| locked.image == *image)?.commit.clone();
        let was = old.digest(name, image).map(str::to_owned);
        let locked = digest.map(|digest| Locked { image: image.clone(), digest, commit: commit.or_else(kept) });
        found.push(Found { name: name.clone(), image: image.clone(), was, locked });
    }
    Ok(found)
}

/// Docker's configuration: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
fn config() -> Option<PathBuf> {
    let named = std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = named.or_else(|| std::env::home_dir().map(|home| home.join(".docker")))?;
    Some(folder.join("config.json"))
}

/// The lock with what was found, of a fleet that may have changed meanwhile.
fn change(state: &State, found: &[Found], options: &Update) -> Result<Change, Failure> {
    let open = unlocked(state)?;
    let mut lock = lock_of(state, options)?;
    let names_it = |name: &str, image: &Image| {
        let sandbox = open.sandboxes.get(name);
        // Of a file that is broken nothing is known, so nothing is forgotten.
        open.broken.contains_key(name) || sandbox.and_then(|sandbox| sandbox.image.as_ref()) == Some(image)
    };
    for (one, locked) in found.iter().filter_map(|one| Some((one, one.locked.as_ref().ok()?))) {
        lock.0.insert(one.name.clone(), locked.clone());
    }
    lock.0.retain(|name, locked| names_it(name, &locked.image));
    let text = (!lock.0.is_empty()).then(|| lock.text().into_bytes());
    let moved: Vec<&str> = found.iter().filter(|one| one.is_changed()).map(|one| one.name.as_str()).collect();
    let message = match moved.as_slice() {
        [] => "Bring the lock up to date".to_owned(),
        [only] => format!("Lock the image of sandbox {only}"),
        several => format!("Lock the images of {} sandboxes\n\n{}", several.len(), several.join("\n")),
    };
    let message = options.commit.message.clone().unwrap_or(message);
    Ok(Change { files: BTreeMap::from([(LOCK_FILE.to_owned(), text)]), message })
}

impl Found {
    fn is_changed(&self) -> bool {
        self.locked.as_ref().is_ok_and(|locked| self.was.as_deref() != Some(locked.digest.as_str()))
    }

    fn resolved(&self) -> Option<answers::Resolved> {
        let locked = self.locked.as_ref().ok()?;
        Some(answers::Resolved {
            name: self.name.clone(),
            image: self.image.to_string(),
            digest: locked.digest.clone(),
            was: self.was.clone(),
            commit: locked.commit.clone(),
            changed: self.is_changed(),
        })
    }

    fn unresolved(&self) -> Option<answers::Unresolved> {
        let error = self.locked.as_ref().err()?;
        let (name, image) = (self.name.clone(), self.image.to_string());
        Some(answers::Unresolved { name, image, error: error.to_string(), hint: error.hint() })
    }

    fn line(&self) -> Option<String> {
        let (name, image, locked) = (&self.name, &self.image, self.locked.as_ref().ok()?);
        let digest = short(&locked.digest);
        Some(match &self.was {
            Some(_) if !self.is_changed() => format!("{name}: {image} is {digest} still\n"),
            Some(was) => format!("{name}: {image} is {digest} now, and was {}\n", short(was)),
            None => format!("{name}: {image} is {digest}\n"),
        })
    }
}

/// Enough of a digest to tell it from others.
fn short(digest: &str) -> &str {
    digest.get(.."sha256:".len() + 12).unwrap_or(digest)
}

fn said(desk: &Desk<'_>, found: &[Found], committed: Option<&Committed>, format: WriteFormat) -> String {
    let (branch, remote) = desk.place();
    let commit = committed.map(Committed::commit);
    if format == WriteFormat::Json {
        let sandboxes = found.iter().filter_map(Found::resolved).collect();
        let failed = found.iter().filter_map(Found::unresolved).collect();
        return answers::text(&answers::Updated {
            version: answers::version(),
            sandboxes,
            failed,
            commit: commit.map(|commit| commit.id.clone()),
            fleet_branch: branch.to_owned(),
            remote: remote.map(str::to_owned),
        });
    }
    let mut text: String = found.iter().filter_map(Found::line).collect();
    match committed {
        Some(Committed::New(commit)) => {
            let pushed = remote.map(|remote| format!(", pushed to {remote}")).unwrap_or_default();
            text.push_str(&format!("{LOCK_FILE}: written by commit {} on {branch}{pushed}\n", commit.short));
        }
        Some(Committed::Unchanged(commit)) => {
            text.push_str(&format!("{LOCK_FILE} is so already, on {branch} at commit {}\n", commit.short));
        }
        None => {}
    }
    text
}
