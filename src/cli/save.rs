//! Saved plans as files: written whole or not at all, never over something else, and read with care.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

use super::args::{Args, ClusterName, DiffBy};
use super::failure::{Exit, Failure};
use super::planning::{Planning, Request};
use crate::plan::{
    Basis, Chosen, DriftMode, FORMAT, Making, NotSaved, Saved, SavedPolicy, Version, is_saved_plan, plan_id,
};

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// More than the plan of ten thousand sandboxes takes, in bytes.
const LARGEST: u64 = 512 * 1024 * 1024;

/// Saves a plan.
///
/// # Errors
/// Where the cluster cannot be told from others, or the file not be written.
pub async fn save(file: &Path, planning: &Planning, request: &Request) -> Result<(), Failure> {
    let Planning { desired, cluster, input, plan, .. } = planning;
    let Some(commit) = plan.commit.clone() else {
        return Err(Failure::new(Exit::Usage, "there is no commit to bind a saved plan to", "commit, and plan anew"));
    };
    let basis = Basis {
        fleet: plan.fleet.clone(),
        fleet_id: plan.fleet_id.clone(),
        commit,
        path: desired.repo.root().to_owned(),
        cluster: plan.cluster.clone(),
        cluster_id: cluster.identity().await.map_err(|error| Failure::of(&error))?,
        now: plan.now,
        policy: policy(request),
        copied: copied(planning),
        local: planning.local.clone(),
    };
    let id = plan_id(rand::random());
    let making = Making { reconcile: VERSION.to_owned(), id, made: super::clock(), basis };
    write(file, &Saved::new(plan, &input.live, making).text())
}

/// The Secrets that are copied into what the plan writes.
fn copied(planning: &Planning) -> std::collections::BTreeSet<Version> {
    let steps = planning.plan.sandboxes.iter().flat_map(|sandbox| &sandbox.steps);
    let secrets: Vec<&str> = steps.filter(|s| s.id.is_secret()).map(|s| s.id.name.as_str()).collect();
    planning.copied.iter().filter(|version| secrets.contains(&version.name.as_str())).cloned().collect()
}

fn policy(request: &Request) -> SavedPolicy {
    SavedPolicy {
        only: request.chosen.only.clone(),
        shard: request.chosen.shard,
        allow_removals: request.allow_removals,
        allow_rewind: request.allow_rewind,
        diff_local: request.diff == DiffBy::Local,
        skip_drift: request.drift == DriftMode::Skip,
    }
}

/// How a saved plan is planned anew. Which sandboxes it was limited to is a matter of what is carried out.
pub fn request(saved: &Saved) -> Request {
    let policy = &saved.basis.policy;
    Request {
        now: saved.basis.now,
        chosen: Chosen::default(),
        allow_removals: policy.allow_removals,
        allow_rewind: policy.allow_rewind,
        diff: if policy.diff_local { DiffBy::Local } else { DiffBy::Server },
        local: saved.basis.local.clone(),
        // It was planned with what was known to have failed then.
        retry: true,
        going: None,
        back: std::collections::BTreeMap::new(),
        drift: if policy.skip_drift { DriftMode::Skip } else { DriftMode::Detect },
    }
}

/// What to do with the file.
pub fn next(file: &Path, args: &Args) -> String {
    let mut command = String::from("reconcile apply");
    let mut say = |option: &str, value: &str| command.push_str(&format!(" {option} {}", quoted(value)));
    if let Some(repo) = &args.source.repo {
        say("--repo", repo);
    }
    if let cluster @ ClusterName::Dir(_) = &args.target.cluster {
        say("--cluster", &cluster.to_string());
    }
    if let Some(kubeconfig) = &args.target.kubeconfig {
        say("--kubeconfig", &kubeconfig.to_string_lossy());
    }
    if let Some(context) = &args.target.context {
        say("--context", context);
    }
    let name = file.to_string_lossy();
    let name = if name.starts_with('-') { format!("./{name}") } else { name.into_owned() };
    format!("saved to {name}; to apply it:\n  {command} {}", quoted(&name))
}

/// As a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,~".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Whether a file may be written: where something is, it must be a saved plan.
///
/// # Errors
/// Where it may not, or what is there cannot be read.
pub fn may_write(file: &Path) -> Result<(), Failure> {
    let name = file.display();
    let metadata = match fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return folder_is_there(file),
        Err(error) => return Err(failed(file, "looked at", &error)),
    };
    let refused = |what: &str| {
        Err(Failure::new(Exit::Failed, format!("{name} is {what}, and is not overwritten"), "name another file"))
    };
    if metadata.is_dir() {
        return refused("a folder");
    }
    if !metadata.is_file() {
        return refused("no ordinary file");
    }
    let mut start = Vec::new();
    let read = File::open(file).and_then(|open| open.take(64).read_to_end(&mut start));
    read.map_err(|error| failed(file, "read", &error))?;
    let is_ours = start.is_empty() || is_saved_plan(&String::from_utf8_lossy(&start));
    if is_ours { Ok(()) } else { refused("not a saved plan") }
}

fn folder_is_there(file: &Path) -> Result<(), Failure> {
    let folder = folder_of(file);
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(Failure::new(Exit::Failed, format!("{} is not a folder", folder.display()), "name another file")),
        Err(error) => Err(failed(folder, "looked at", &error)),
    }
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// For its owner alone (mode 0600), and all of it at once.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    may_write(file)?;
    let cannot = |error: std::io::Error| failed(file, "written", &error);
    let mut temporary = tempfile::Builder::new().prefix(".reconcile-").tempfile_in(folder_of(file)).map_err(cannot)?;
    temporary.write_all(text.as_bytes()).map_err(cannot)?;
    temporary.as_file().sync_all().map_err(cannot)?;
    temporary.persist(file).map_err(|error| cannot(error.error))?;
    Ok(())
}

/// Reads a saved plan.
///
/// # Errors
/// What is wrong with the file, and what to do.
pub fn read(file: &Path) -> Result<Saved, Failure> {
    let cannot = |error: std::io::Error| failed(file, "read", &error);
    if fs::metadata(file).map_err(cannot)?.is_dir() {
        return Err(Failure::new(Exit::Failed, format!("{} is a folder", file.display()), MAKE));
    }
    let mut bytes = Vec::new();
    File::open(file).and_then(|open| open.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(cannot)?;
    let wrong = |why: String, hint: &str| {
        Err(Failure::new(Exit::Failed, format!("{} cannot be applied: {why}", file.display()), hint))
    };
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        return wrong("it is too large to be a saved plan".to_owned(), MAKE);
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return wrong(NotSaved::Another(String::new()).to_string(), MAKE);
    };
    match Saved::parse(&text) {
        Ok(saved) => Ok(saved),
        Err(NotSaved::Format(format)) if format > u64::from(FORMAT) => {
            wrong(NotSaved::Format(format).to_string(), "apply it with the program that made it, or plan anew")
        }
        Err(why) => wrong(why.to_string(), MAKE),
    }
}

/// What to do where a file is none, or no good any more.
pub const MAKE: &str = "make one: reconcile --plan --out FILE";

fn failed(path: &Path, what: &str, error: &std::io::Error) -> Failure {
    let hint = (error.kind() == ErrorKind::NotFound).then_some("see whether the path is right");
    Failure { message: format!("{} cannot be {what}: {error}", path.display()), ..Failure::of(error) }.hint(hint)
}
