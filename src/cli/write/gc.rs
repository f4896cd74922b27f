//! `reconcile gc`.

use std::cell::RefCell;

use super::super::args::{Gc, WriteFormat};
use super::super::failure::Failure;
use super::desk::{Desk, State};
use super::{Work, extend, told};
use crate::fleet::{SANDBOXES, human};
use crate::repo::{Change, Committed};
use crate::report::answers;
use crate::report::changes::{Collected, Over};

/// Takes out the files of sandboxes whose time has long been over.
///
/// # Errors
/// Where they cannot be dated, or the change cannot be committed.
pub fn gc(work: Work<'_>, options: &Gc) -> Result<u8, Failure> {
    let desk = Desk::open(work.args, work.printer)?;
    let found = |state: &State| -> Result<Vec<(String, jiff::Timestamp)>, Failure> {
        let mut ended = extend::ended(&desk, state)?;
        ended.retain(|(_, at)| desk.now.duration_since(*at) >= options.older_than);
        Ok(ended)
    };
    let first = found(&desk.state()?)?;
    if first.is_empty() || options.commit.dry_run {
        return answer(work, &desk, &first, None, options);
    }
    // What goes with the commit, which is made anew where others push between.
    let going = RefCell::new(first);
    let committed = desk.commit_files(&|state| {
        let gone = found(state)?;
        going.replace(gone.clone());
        let names: Vec<&str> = gone.iter().map(|(name, _)| name.as_str()).collect();
        let files = names.iter().map(|name| (format!("{SANDBOXES}{name}.toml"), None)).collect();
        let message = match names.as_slice() {
            [only] => format!("Collect the file of sandbox {only}, which has expired"),
            several => {
                format!("Collect the files of {} sandboxes that have expired\n\n{}", several.len(), names.join("\n"))
            }
        };
        Ok(Change { files, message: options.commit.message.clone().unwrap_or(message) })
    })?;
    let gone = going.into_inner();
    let committed = (!gone.is_empty()).then_some(committed);
    let status = answer(work, &desk, &gone, committed.as_ref(), options)?;
    let Some(committed) = committed else { return Ok(status) };
    let paths: Vec<String> = gone.iter().map(|(name, _)| format!("{SANDBOXES}{name}.toml")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    told::notes_of_files(&desk, &committed, &paths, work.printer);
    Ok(status)
}

fn answer(
    work: Work<'_>,
    desk: &Desk<'_>,
    found: &[(String, jiff::Timestamp)],
    committed: Option<&Committed>,
    options: &Gc,
) -> Result<u8, Failure> {
    let (branch, remote) = desk.place();
    let commit = committed.map(|committed| committed.commit().id.clone());
    if options.answer.format == WriteFormat::Json {
        let collected = found.iter().map(|(name, at)| Over { name: name.clone(), expired: *at }).collect();
        let (fleet_branch, remote) = (branch.to_owned(), remote.map(str::to_owned));
        let answer = Collected { version: answers::version(), collected, commit, fleet_branch, remote };
        work.printer.answer(&answers::text(&answer))?;
        return Ok(0);
    }
    let mut text = String::new();
    for (name, at) in found {
        text.push_str(&format!("{SANDBOXES}{name}.toml: expired {at}, {}\n", human::relative(*at, desk.now)));
    }
    match committed {
        Some(committed) => {
            let pushed = remote.map(|remote| format!(", pushed to {remote}")).unwrap_or_default();
            let short = &committed.commit().short;
            text.push_str(&format!("{} removed by commit {short} on {branch}{pushed}\n", count(found.len())));
        }
        None if found.is_empty() => text.push_str("there is no file to collect\n"),
        None => text.push_str(&format!("{} would be removed\n", count(found.len()))),
    }
    work.printer.answer(&text)?;
    Ok(0)
}

fn count(number: usize) -> String {
    if number == 1 { "1 file".to_owned() } else { format!("{number} files") }
}
