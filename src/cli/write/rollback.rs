//! `reconcile rollback`.

use super::super::args::Rollback;
use super::super::failure::{Exit, Failure};
use super::desk::{Desk, Edit, State};
use super::{Then, Work, told};
use crate::repo::Version;

/// Brings a sandbox's file back as an earlier commit has it, by a new one.
///
/// # Errors
/// Where there is no such version.
pub fn rollback(work: Work<'_>, options: &Rollback) -> Result<u8, Failure> {
    let then = Then::asked(&options.then);
    let desk = Desk::open(work.args, work.printer)?.applying(then);
    let landed = desk.commit(&options.commit, &|state| restored(state, &options.name, options.to.as_deref()))?;
    let Some(landed) = landed else { return Ok(0) };
    work.printer.answer(&told::landed(&landed, desk.now, &options.then))?;
    told::notes(&landed, work.printer);
    then.map_or(Ok(0), |then| work.apply(&landed, &then))
}

fn restored(state: &State, name: &str, to: Option<&str>) -> Result<Edit, Failure> {
    let path = format!("{}{name}.toml", crate::fleet::SANDBOXES);
    let (short, text) = match to {
        Some(rev) => {
            let Version { commit, text } = state.repo.file_at(rev, &path)?;
            let missing = || {
                let hint = format!("the commits that changed it: reconcile history {name}");
                Failure::new(Exit::Usage, format!("commit {} has no {path}", commit.short), hint)
            };
            (commit.short.clone(), text.ok_or_else(missing)?)
        }
        None => {
            let history = state.repo.versions(&path, usize::MAX)?;
            let former = history.versions.iter().skip(1).find_map(|version| Some((version, version.text.clone()?)));
            let Some((version, text)) = former else {
                if history.versions.is_empty() {
                    // Names what there is.
                    state.text(name)?;
                }
                let hint = match history.cut_off {
                    Some(_) => "this clone is shallow: git fetch --unshallow",
                    None => "it has one version only",
                };
                return Err(Failure::new(Exit::Failed, format!("{path} has no earlier version"), hint));
            };
            (version.commit.short.clone(), text)
        }
    };
    let text = String::from_utf8(text.to_vec()).map_err(|_| {
        Failure::new(Exit::Failed, format!("{path} was not UTF-8 at commit {short}"), "name another commit with --to")
    })?;
    Ok(Edit { name: name.to_owned(), text: Some(text), message: format!("Roll sandbox {name} back to {short}") })
}
