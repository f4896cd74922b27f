//! `reconcile rollback`.

use super::super::args::Rollback;
use super::super::failure::{Exit, Failure};
use super::Work;
use super::desk::{Edit, State};
use crate::repo::Version;

/// Brings a sandbox's file back as an earlier commit has it, by a new one.
///
/// # Errors
/// Where there is no such version.
pub fn rollback(work: Work<'_>, options: &Rollback) -> Result<u8, Failure> {
    let to = options.to.as_deref();
    work.finish((&options.commit, &options.then), &|_, state| restored(state, &options.name, to))
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
