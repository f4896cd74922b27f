//! Repositories for the tests, made by `git` itself, with pinned times and identity.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use reconcile::repo::{Repo, RepoArgs, RepoError};
use tempfile::TempDir;

/// 2026-01-01T00:00:00Z, from which the tests count.
pub const EPOCH: i64 = 1_767_225_600;
/// An hour, in seconds.
pub const HOUR: i64 = 3_600;

/// A fleet's settings, the least there can be.
pub const FLEET: &str = "name = \"demo\"\nid = \"demo-1\"\n[defaults]\nchart = \"app\"\n";

/// A repository in a folder of its own, gone with it.
pub struct Git {
    folder: TempDir,
}

impl Git {
    /// An empty repository with a working directory, on branch `main`.
    pub fn new() -> Git {
        let git = Git { folder: TempDir::new().unwrap() };
        git.run(&["init", "-q", "-b", "main"]);
        git
    }

    /// A repository with a fleet of one sandbox, `foo`, committed at [`EPOCH`].
    pub fn with_fleet() -> Git {
        let git = Git::new();
        git.write("sandboxes/fleet.toml", FLEET);
        git.write("sandboxes/foo.toml", "branch = \"foo\"\n");
        git.write("charts/app/Chart.yaml", "name: app\nversion: 1.0.0\n");
        git.commit(EPOCH, "a fleet");
        git
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs git in it and returns what it printed.
    pub fn run(&self, args: &[&str]) -> String {
        git(self.path(), EPOCH, args)
    }

    /// Runs git in it as of a time.
    pub fn run_at(&self, time: i64, args: &[&str]) -> String {
        git(self.path(), time, args)
    }

    /// Commits all that the working directory holds, at a time; the commit's id.
    pub fn commit(&self, time: i64, message: &str) -> String {
        self.run(&["add", "-A"]);
        self.run_at(time, &["commit", "-q", "--allow-empty", "-m", message]);
        self.run(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Opens it as the program would.
    pub fn open(&self) -> Repo {
        self.try_open(&RepoArgs::default()).unwrap()
    }

    /// Opens it with further arguments.
    pub fn try_open(&self, args: &RepoArgs) -> Result<Repo, RepoError> {
        open(self.path(), args)
    }
}

/// Opens the repository at a path.
pub fn open(path: &Path, args: &RepoArgs) -> Result<Repo, RepoError> {
    Repo::open(&RepoArgs { repo: Some(path.display().to_string()), ..args.clone() })
}

/// Runs git in a folder, as of a time, away from the configuration of whoever runs the tests.
pub fn git(folder: &Path, time: i64, args: &[&str]) -> String {
    let date = format!("{time} +0000");
    let out = Command::new("git")
        .args(args)
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "protocol.file.allow")
        .env("GIT_CONFIG_VALUE_0", "always")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.com")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.com")
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .unwrap();
    assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// Clones a repository into a new folder, with further arguments.
pub fn clone(from: &Path, args: &[&str]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let to = folder.path().join("clone");
    let url = format!("file://{}", from.display());
    let mut all = vec!["clone", "-q"];
    all.extend_from_slice(args);
    let target = to.display().to_string();
    all.extend_from_slice(&[&url, &target]);
    git(folder.path(), EPOCH, &all);
    (folder, to)
}
