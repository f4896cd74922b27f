//! Metrics as a file for `node_exporter`'s textfile collector: replaced whole, so that it never reads half of one.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::failure::Failure;
use crate::manifest::Shard;
use crate::report::metrics::{self, Earlier, Ended, Family, Label, NotOurs};

/// What a run tells.
pub struct Told {
    /// The fleet's name; `None` where the run ended before it was known.
    pub fleet: Option<String>,
    /// The part of it that the run was for.
    pub shard: Option<Shard>,
    /// How it ended.
    pub ended: Ended,
    /// What the plan and its outcome come to; `None` where there is no plan.
    pub plan: Option<Vec<Family>>,
}

impl Told {
    /// As text.
    pub fn text(&self) -> String {
        let mut families = metrics::of_run(&self.ended);
        families.extend(self.plan.iter().flatten().cloned());
        let fleet = self.fleet.iter().map(|fleet| ("fleet", fleet.clone()));
        let whose: Vec<Label> = fleet.chain(self.shard.map(|shard| ("shard", shard.to_string()))).collect();
        metrics::text(&families, &whose)
    }

    /// With what an earlier run has told, where this one does not know it.
    fn after(&self, earlier: Earlier) -> Self {
        let success = self.ended.success.or(earlier.success);
        Self {
            fleet: self.fleet.clone().or(earlier.fleet),
            shard: self.shard,
            ended: Ended { success, ..self.ended.clone() },
            plan: self.plan.clone(),
        }
    }
}

/// Writes the file, and answers with what stands in it. When a run last succeeded is kept from the file that is there, where this one did not.
///
/// # Errors
/// Where it cannot be, in words; what is there then stays.
pub fn write(file: &Path, told: &Told) -> Result<Told, String> {
    let all = told.after(earlier(file, told)?);
    let cannot = |error: std::io::Error| format!("{}: {error}", file.display());
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::metadata(folder).map_err(cannot)?;
    // The collector reads what ends in .prom, and as another user.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".reconcile-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut temporary = builder.tempfile_in(folder).map_err(cannot)?;
    temporary.write_all(all.text().as_bytes()).map_err(cannot)?;
    temporary.as_file().sync_all().map_err(cannot)?;
    temporary.persist(file).map_err(|error| cannot(error.error))?;
    Ok(all)
}

/// What an earlier run has told there.
fn earlier(file: &Path, told: &Told) -> Result<Earlier, String> {
    let name = file.display();
    let refused = |why: &str| Err(format!("{name}: {why}, and is not overwritten"));
    match fs::metadata(file) {
        Ok(there) if there.is_dir() => return refused("it is a folder"),
        Ok(there) if !there.is_file() => return refused("it is no ordinary file"),
        _ => {}
    }
    let text = match fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        // What was told there is in the way of nothing, and with it goes nothing that this run does not know.
        Err(_) if told.ended.success.is_some() => String::new(),
        Err(error) => return Err(format!("{name}: {}", Failure::of(&error).message)),
    };
    match metrics::last_success(&text, told.fleet.as_deref(), told.shard) {
        Ok(earlier) => Ok(earlier),
        // The file's name was given to another fleet, or another shard.
        Err(NotOurs::Fleet(_)) => Ok(Earlier::default()),
        Err(error @ NotOurs::Another) => refused(&error.to_string()),
    }
}
