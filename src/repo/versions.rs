//! The versions that one file had, along the first parents.

use std::sync::Arc;

use git2::Oid;

use super::error::RepoError;
use super::object::{self, ReadError};
use super::open::Repo;
use super::scout::Feed;
use super::tree::{CommitInfo, LARGEST};

/// One version of a file: what a commit made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The commit.
    pub commit: CommitInfo,
    /// The file as the commit leaves it; `None` where the commit took it out.
    pub text: Option<Arc<[u8]>>,
}

/// The versions of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// The newest first. A merge counts when it landed.
    pub versions: Vec<Version>,
    /// The commit at which a shallow history ends: what was before is not known.
    pub cut_off: Option<String>,
}

impl Repo {
    /// The versions of a file below `sandboxes/`, by its path below the fleet's root, up to so many.
    ///
    /// # Errors
    /// Where the history cannot be read.
    pub fn versions(&self, path: &str, most: usize) -> Result<Versions, RepoError> {
        let Some(start) = self.commit else { return Ok(Versions::default()) };
        let odb = self.odb()?;
        let unread = |why| RepoError::object(why, self.partial);
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let home = format!("{}{folder}", self.root);
        let ends = self.shallow_ends()?;
        let file = |folder: Option<Oid>| -> Result<Option<Oid>, ReadError> {
            folder.map_or(Ok(None), |folder| object::file(&odb, folder, name))
        };
        let mut found: Vec<(Oid, Option<Oid>)> = Vec::new();
        let mut cut_off = None;
        std::thread::scope(|scope| {
            let mut feed = Feed::start(scope, self.git.commondir(), start, &home);
            let mut newer = feed.next()?;
            let mut blob = file(newer.folder)?;
            loop {
                if ends.contains(&newer.id) {
                    cut_off = Some(newer.id.to_string());
                    if blob.is_some() {
                        found.push((newer.id, blob));
                    }
                    return Ok(());
                }
                if newer.commit.first_parent.is_none() {
                    if blob.is_some() {
                        found.push((newer.id, blob));
                    }
                    return Ok(());
                }
                let older = feed.next()?;
                if older.folder != newer.folder {
                    let was = file(older.folder)?;
                    if was != blob {
                        found.push((newer.id, blob));
                        blob = was;
                    }
                }
                if found.len() >= most {
                    return Ok(());
                }
                newer = older;
            }
        })
        .map_err(unread)?;
        let versions = found.into_iter().map(|(commit, blob)| {
            let text = blob.map(|blob| self.blob(blob)).transpose()?;
            Ok(Version { commit: self.info(commit)?, text })
        });
        Ok(Versions { versions: versions.collect::<Result<_, RepoError>>()?, cut_off })
    }

    /// A file as a commit has it, by its path below the fleet's root.
    ///
    /// # Errors
    /// Where the revision is not known, or cannot be read.
    pub fn file_at(&self, rev: &str, path: &str) -> Result<Version, RepoError> {
        let id = super::open::find_commit(&self.git, Some(rev))?;
        let odb = self.odb()?;
        let unread = |why| RepoError::object(why, self.partial);
        let tree = object::commit(&odb, id).map_err(unread)?.tree;
        let blob = object::file(&odb, tree, &format!("{}{path}", self.root)).map_err(unread)?;
        Ok(Version { commit: self.info(id)?, text: blob.map(|blob| self.blob(blob)).transpose()? })
    }

    fn blob(&self, id: Oid) -> Result<Arc<[u8]>, RepoError> {
        let blob = self.git.find_blob(id).map_err(RepoError::git("reading a file"))?;
        // What is larger is no sandbox's file.
        Ok(blob.content().get(..LARGEST).unwrap_or(blob.content()).into())
    }

    /// The same repository and commit once more.
    ///
    /// # Errors
    /// Where it cannot be opened any more.
    pub fn reopened(&self) -> Result<Repo, RepoError> {
        let git =
            git2::Repository::open_bare(self.git.commondir()).map_err(RepoError::git("opening the repository"))?;
        Ok(Repo {
            git,
            source: self.source.clone(),
            commit: self.commit,
            root: self.root.clone(),
            worktree: false,
            partial: self.partial,
        })
    }

    /// The same repository at another revision.
    ///
    /// # Errors
    /// Where that is not known.
    pub fn at_rev(&self, rev: &str) -> Result<Repo, RepoError> {
        let commit = super::open::find_commit(&self.git, Some(rev))?;
        Ok(Repo { commit: Some(commit), ..self.reopened()? })
    }
}
