//! Golden renderings, which lie beside the fleet's files and change nothing of what is rendered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType};

use super::error::RepoError;
use super::open::Repo;

impl Repo {
    /// The files right below a folder of the fleet's root, by name: of the commit that is read, or of the working
    /// directory where that is read. Empty where there is no such folder.
    ///
    /// # Errors
    /// Where the folder is there and cannot be read.
    pub fn goldens(&self, folder: &str) -> Result<BTreeMap<String, Vec<u8>>, RepoError> {
        if self.worktree {
            return Ok(self.folder().map(|root| on_disk(&root.join(folder))).unwrap_or_default());
        }
        let failed = RepoError::git("reading the golden renderings");
        let Some(commit) = self.commit else { return Ok(BTreeMap::new()) };
        let tree = self.git.find_commit(commit).and_then(|commit| commit.tree()).map_err(&failed)?;
        let entry = match tree.get_path(Path::new(&format!("{}{folder}", self.root))) {
            Ok(entry) => entry,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut files = BTreeMap::new();
        let Ok(tree) = self.git.find_tree(entry.id()) else { return Ok(files) };
        for entry in tree.iter().filter(|entry| entry.kind() == Some(ObjectType::Blob)) {
            if let Ok(name) = entry.name() {
                let blob = self.git.find_blob(entry.id()).map_err(&failed)?;
                files.insert(name.to_owned(), blob.content().to_vec());
            }
        }
        Ok(files)
    }

    /// The fleet's root in the working directory; `None` for a bare repository.
    pub fn folder(&self) -> Option<PathBuf> {
        self.git.workdir().map(|workdir| workdir.join(&self.root))
    }
}

fn on_disk(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.to_owned(), std::fs::read(entry.path()).ok()?)))
        .collect()
}
