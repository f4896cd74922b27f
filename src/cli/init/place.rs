//! Files put in their places: all of them, or none.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::init::NewFile;

/// What was made, and goes again unless it is [kept](Placed::keep).
#[derive(Debug, Default)]
pub struct Placed {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Placed {
    /// Puts files below a folder that is there.
    ///
    /// # Errors
    /// The file or folder that could not be made, and why; what was made before goes with the value.
    pub fn below(&mut self, root: &Path, files: &[&NewFile]) -> Result<(), (PathBuf, io::Error)> {
        for file in files {
            let path = root.join(&file.path);
            self.folders_above(&path)?;
            self.file(&path, file).map_err(|error| (path, error))?;
        }
        Ok(())
    }

    /// A folder with all that is going to be in it.
    pub fn folder(&mut self, path: PathBuf) {
        self.folders.push(path);
    }

    fn folders_above(&mut self, path: &Path) -> Result<(), (PathBuf, io::Error)> {
        let missing: Vec<&Path> = path.ancestors().skip(1).take_while(|folder| !folder.exists()).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).map_err(|error| (folder.to_owned(), error))?;
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, file: &NewFile) -> io::Result<()> {
        let mut options = OpenOptions::new();
        // Never one that is there, nor through a link.
        options.write(true).create_new(true);
        #[cfg(unix)]
        if file.is_program {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o777);
        }
        let mut open = options.open(path)?;
        self.files.push(path.to_owned());
        open.write_all(&file.bytes)
    }

    /// It stays.
    pub fn keep(mut self) {
        self.files.clear();
        self.folders.clear();
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        for file in self.files.drain(..) {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.drain(..).rev() {
            // All below is ours: it was not there when we made it.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// What stands in the way: files that are there, and files where a folder would have to be. By their paths.
pub fn in_the_way(root: &Path, files: &[&NewFile]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for file in files {
        let path = Path::new(&file.path);
        let mut parts: Vec<&Path> = path.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
        parts.reverse();
        let blocks = |part: &&&Path| {
            let there = root.join(part);
            // A link counts as what it is, also one that leads nowhere.
            fs::symlink_metadata(&there).is_ok_and(|_| **part == path || !there.is_dir())
        };
        if let Some(part) = parts.iter().find(blocks) {
            let part = part.to_string_lossy().into_owned();
            if !found.contains(&part) {
                found.push(part);
            }
        }
    }
    found
}
