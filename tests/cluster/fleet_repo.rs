//! A git repository with a fleet, made for one test: every commit has its time and its author from the test.

use std::fs;
use std::path::{Path, PathBuf};

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature, Time};
use jiff::Timestamp;
use tempfile::TempDir;

/// A repository on the branch `main`, gone when it is dropped.
pub struct FleetRepo {
    folder: TempDir,
    git: Repository,
}

impl FleetRepo {
    /// An empty one, without a commit.
    pub fn new() -> Self {
        let folder =
            tempfile::Builder::new().prefix("reconcile-fleet-").tempdir().expect("a temporary folder can be made");
        let mut options = RepositoryInitOptions::new();
        options.initial_head("main").external_template(false);
        let git = Repository::init_opts(folder.path(), &options).expect("a repository can be made");
        Self { folder, git }
    }

    /// A clone of another that has its last commit alone.
    pub fn shallow(of: &FleetRepo) -> Self {
        let folder =
            tempfile::Builder::new().prefix("reconcile-fleet-").tempdir().expect("a temporary folder can be made");
        let url = format!("file://{}", of.path().display());
        let cloned = std::process::Command::new("git")
            .args(["clone", "--quiet", "--depth=1", &url, "."])
            .current_dir(folder.path())
            .output()
            .expect("git starts");
        assert!(cloned.status.success(), "{cloned:?}");
        let git = Repository::open(folder.path()).expect("it is a repository");
        Self { folder, git }
    }

    /// Its working directory.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the working directory, with the folders above it.
    pub fn write(&self, path: &str, text: &str) -> &Self {
        let file = self.path().join(path);
        let above = file.parent().expect("a file of the repository has a folder");
        fs::create_dir_all(above).expect("the folder can be made");
        fs::write(&file, text).unwrap_or_else(|error| panic!("{path}: {error}"));
        self
    }

    /// Changes a file of the working directory: every `from` in it becomes `to`.
    ///
    /// # Panics
    /// Where there is no `from`, so that a test cannot edit nothing unseen.
    pub fn edit(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        self.write(path, &text.replace(from, to))
    }

    /// Gives a file another name.
    pub fn rename(&self, from: &str, to: &str) -> &Self {
        fs::rename(self.path().join(from), self.path().join(to)).unwrap_or_else(|error| panic!("{from}: {error}"));
        self
    }

    /// Removes a file of the working directory.
    pub fn remove(&self, path: &str) -> &Self {
        fs::remove_file(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        self
    }

    /// Copies a folder of this package, such as `charts/preview-app`, to the same place.
    pub fn copy(&self, folder: &str) -> &Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        copy_all(&from, &self.path().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        self
    }

    /// Commits the whole working directory at a time, and returns the commit.
    pub fn commit(&self, message: &str, at: Timestamp) -> String {
        self.try_commit(message, at).unwrap_or_else(|error| panic!("{message}: {error}"))
    }

    fn try_commit(&self, message: &str, at: Timestamp) -> Result<String, git2::Error> {
        let mut index = self.git.index()?;
        index.add_all(["*"], IndexAddOption::DEFAULT, None)?;
        // Additions and changes come by the line above, removals by this one.
        index.update_all(["*"], None)?;
        index.write()?;
        let tree = self.git.find_tree(index.write_tree()?)?;
        let who = Signature::new("Test", "test@example.com", &Time::new(at.as_second(), 0))?;
        let parent = self.git.head().ok().map(|head| head.peel_to_commit()).transpose()?;
        let parents: Vec<_> = parent.iter().collect();
        let commit = self.git.commit(Some("HEAD"), &who, &who, message, &tree, &parents)?;
        Ok(commit.to_string())
    }
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target: PathBuf = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
