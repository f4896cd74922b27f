//! Repositories elsewhere: file, https, ssh, and the mirror that is kept of them.

use std::fs;
use std::path::{Path, PathBuf};

use reconcile::repo::{Env, Repo, RepoArgs, RepoError, Source};
use tempfile::TempDir;

use crate::repo_git::{EPOCH, Git, HOUR, git};
use crate::repo_server::{Login, Server};

/// A cache of its own for each test.
struct Cache(TempDir);

impl Cache {
    fn new() -> Cache {
        Cache(TempDir::new().unwrap())
    }

    fn env(&self) -> Env {
        Env { cache: Some(self.0.path().to_owned()), ..Env::default() }
    }

    fn open(&self, url: &str) -> Result<Repo, RepoError> {
        open(url, &self.env())
    }

    /// What lies in the folder of mirrors.
    fn mirrors(&self) -> Vec<PathBuf> {
        let Ok(found) = fs::read_dir(self.0.path().join("reconcile/mirrors")) else { return Vec::new() };
        let mut paths: Vec<_> = found.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
        paths.sort();
        paths
    }

    /// All bytes of all files below it.
    fn holds(&self, text: &str) -> bool {
        holds(self.0.path(), text.as_bytes())
    }
}

fn holds(path: &Path, text: &[u8]) -> bool {
    if path.is_dir() {
        return fs::read_dir(path).unwrap().any(|entry| holds(&entry.unwrap().path(), text));
    }
    fs::read(path).unwrap().windows(text.len()).any(|window| window == text)
}

fn open(url: &str, env: &Env) -> Result<Repo, RepoError> {
    Repo::open_in(&RepoArgs { repo: Some(url.to_owned()), ..RepoArgs::default() }, env)
}

fn file_url(git: &Git) -> String {
    format!("file://{}", git.path().display())
}

fn branch_of_foo(repo: &Repo) -> String {
    String::from_utf8(repo.tree().unwrap().files["sandboxes/foo.toml"].to_vec()).unwrap()
}

#[test]
fn a_mirror_follows_the_other_side() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let url = file_url(&git);
    assert_eq!(branch_of_foo(&cache.open(&url).unwrap()), "branch = \"foo\"\n");
    git.write("sandboxes/foo.toml", "branch = \"new\"\n");
    let id = git.commit(EPOCH + HOUR, "edit");
    let repo = cache.open(&url).unwrap();
    assert_eq!(branch_of_foo(&repo), "branch = \"new\"\n");
    assert_eq!(repo.tree().unwrap().commit.unwrap().id, id);
    assert_eq!(repo.source(), &Source::Url(url));
    assert_eq!(cache.mirrors().len(), 1);
}

#[test]
fn a_rewritten_and_a_removed_branch_are_followed() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let url = file_url(&git);
    git.run(&["branch", "topic"]);
    let topic = RepoArgs { repo: Some(url.clone()), rev: Some("topic".to_owned()), ..RepoArgs::default() };
    Repo::open_in(&topic, &cache.env()).unwrap();
    git.write("sandboxes/foo.toml", "branch = \"amended\"\n");
    git.run(&["add", "-A"]);
    git.run(&["commit", "-q", "--amend", "-m", "amended"]);
    git.run(&["branch", "-D", "topic"]);
    assert_eq!(branch_of_foo(&cache.open(&url).unwrap()), "branch = \"amended\"\n");
    let error = Repo::open_in(&topic, &cache.env()).unwrap_err();
    assert!(matches!(error, RepoError::UnknownRev { .. }), "{error}");
}

#[test]
fn another_default_branch_is_followed() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let url = file_url(&git);
    cache.open(&url).unwrap();
    git.run(&["checkout", "-q", "-b", "trunk"]);
    git.write("sandboxes/foo.toml", "branch = \"trunk\"\n");
    git.commit(EPOCH + HOUR, "on trunk");
    assert_eq!(branch_of_foo(&cache.open(&url).unwrap()), "branch = \"trunk\"\n");
}

#[test]
fn what_cannot_be_reached_is_an_error_and_not_the_last_answer() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let url = file_url(&git);
    cache.open(&url).unwrap();
    fs::rename(git.path().join(".git"), git.path().join("away")).unwrap();
    let error = cache.open(&url).unwrap_err();
    assert!(matches!(error, RepoError::Fetch { .. }), "{error}");
    fs::rename(git.path().join("away"), git.path().join(".git")).unwrap();
    cache.open(&url).unwrap();
}

#[test]
fn a_first_copy_that_fails_leaves_nothing() {
    let cache = Cache::new();
    let error = cache.open("file:///nowhere/at/all").unwrap_err();
    assert!(matches!(error, RepoError::Fetch { .. }), "{error}");
    assert!(cache.mirrors().is_empty(), "{:?}", cache.mirrors());
}

#[test]
fn what_a_killed_first_copy_left_is_not_taken_for_a_mirror() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let url = file_url(&git);
    cache.open(&url).unwrap();
    let place = cache.mirrors().remove(0);
    fs::rename(&place, place.with_extension("unfinished")).unwrap();
    fs::remove_dir_all(place.with_extension("unfinished").join("refs")).unwrap();
    assert_eq!(branch_of_foo(&cache.open(&url).unwrap()), "branch = \"foo\"\n");
    assert_eq!(cache.mirrors(), [place]);
}

#[test]
fn two_runs_at_once_share_a_mirror() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let url = file_url(&git);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| branch_of_foo(&cache.open(&url).unwrap()))).collect();
        for run in runs {
            assert_eq!(run.join().unwrap(), "branch = \"foo\"\n");
        }
    });
    assert_eq!(cache.mirrors().len(), 1);
}

#[test]
fn an_empty_repository_is_an_error() {
    let error = Cache::new().open(&file_url(&Git::new())).unwrap_err();
    assert!(matches!(error, RepoError::NoDefaultBranch { .. } | RepoError::Unborn { .. }), "{error:?}");
}

#[test]
fn a_mirror_has_the_whole_history() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    for hour in 1..20 {
        git.write("README", &hour.to_string());
        git.commit(EPOCH + hour * HOUR, "unrelated");
    }
    let server = Server::start(git.path(), None);
    for url in [file_url(&git), server.url("/.git")] {
        let repo = cache.open(&url).unwrap();
        let query = reconcile::repo::DateQuery { path: "sandboxes/foo.toml".to_owned(), oldest: None };
        let dates = repo.dates(&[query]).unwrap();
        let date = dates["sandboxes/foo.toml"].as_ref().unwrap();
        let reconcile::repo::FileDate::At { time, .. } = date else { panic!("{date:?}") };
        assert_eq!(time.as_second(), EPOCH);
    }
}

#[test]
fn http_is_fetched_and_fetched_again() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let server = Server::start(git.path(), None);
    let url = server.url("/.git");
    assert_eq!(branch_of_foo(&cache.open(&url).unwrap()), "branch = \"foo\"\n");
    git.write("sandboxes/foo.toml", "branch = \"new\"\n");
    git.commit(EPOCH + HOUR, "edit");
    assert_eq!(branch_of_foo(&cache.open(&url).unwrap()), "branch = \"new\"\n");
    // And once more, with nothing new on the other side.
    assert_eq!(branch_of_foo(&cache.open(&url).unwrap()), "branch = \"new\"\n");
    drop(server);
    let error = cache.open(&url).unwrap_err();
    assert!(matches!(error, RepoError::Fetch { .. }), "{error}");
}

#[test]
fn a_login_is_taken_from_the_url_and_kept_nowhere() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let server = Server::start(git.path(), Some(Login { user: "ada", password: "s3cr%t" }));
    let with_login = server.url("/.git").replace("://", "://ada:s3cr%25t@");
    let repo = cache.open(&with_login).unwrap();
    assert_eq!(branch_of_foo(&repo), "branch = \"foo\"\n");
    assert!(!format!("{repo:?}").contains("s3cr"));
    assert!(!cache.holds("s3cr"));
    let wrong = server.url("/.git").replace("://", "://ada:wr0ng@");
    let error = cache.open(&wrong).unwrap_err();
    assert!(matches!(error, RepoError::Login { .. }), "{error}");
    assert!(!format!("{error:?} {error}").contains("wr0ng"));
}

#[test]
fn a_login_is_taken_from_the_environment() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let server = Server::start(git.path(), Some(Login { user: "x-access-token", password: "t0ken" }));
    let error = cache.open(&server.url("/.git")).unwrap_err();
    assert!(matches!(error, RepoError::Login { .. }), "{error}");
    assert!(error.hint().unwrap().contains("RECONCILE_GIT_TOKEN"));
    let env = Env { token: Some("t0ken".to_owned()), ..cache.env() };
    assert!(!format!("{env:?}").contains("t0ken"));
    assert_eq!(branch_of_foo(&open(&server.url("/.git"), &env).unwrap()), "branch = \"foo\"\n");
}

#[test]
fn a_redirect_is_followed_on_the_same_host_alone() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let server = Server::start(git.path(), None);
    let moved = cache.open(&server.url("/moved/.git")).unwrap();
    assert_eq!(branch_of_foo(&moved), "branch = \"foo\"\n");
    let error = cache.open(&server.url("/elsewhere/.git")).unwrap_err();
    assert!(matches!(error, RepoError::Elsewhere { .. }), "{error}");
    let error = cache.open(&server.url("/circle/.git")).unwrap_err();
    assert!(matches!(error, RepoError::Fetch { .. }), "{error}");
}

#[test]
fn what_is_no_git_server_is_an_error() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let server = Server::start(git.path(), None);
    for path in ["/nothing/here", "/page/.git", "/cut/.git", "/garbage/.git"] {
        let error = cache.open(&server.url(path)).unwrap_err();
        assert!(matches!(error, RepoError::Fetch { .. }), "{path}: {error}");
        assert!(cache.mirrors().is_empty());
    }
}

/// A stand-in for `ssh`: it notes its arguments, and runs the command here.
fn fake_ssh(folder: &Path) -> String {
    let script = folder.join("fake-ssh");
    let text = "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$(dirname \"$0\")/args\"\nfor last; do :; done\neval \"$last\"\n";
    fs::write(&script, text).unwrap();
    format!("sh {}", script.display())
}

#[test]
fn ssh_runs_a_program_and_fetches_through_it() {
    let (git, cache) = (Git::with_fleet(), Cache::new());
    let env = Env { ssh_command: Some(fake_ssh(cache.0.path())), ..cache.env() };
    let path = git.path().display();
    let args = || fs::read_to_string(cache.0.path().join("args")).unwrap();
    let repo = open(&format!("ssh://git@example.com:2222{path}"), &env).unwrap();
    assert_eq!(branch_of_foo(&repo), "branch = \"foo\"\n");
    assert_eq!(args(), format!("-p\n2222\ngit@example.com\ngit-upload-pack '{path}'\n"));
    git.write("sandboxes/foo.toml", "branch = \"new\"\n");
    git.commit(EPOCH + HOUR, "edit");
    let repo = open(&format!("git@example.com:{path}"), &env).unwrap();
    assert_eq!(branch_of_foo(&repo), "branch = \"new\"\n");
    assert_eq!(args(), format!("git@example.com\ngit-upload-pack '{path}'\n"));
    let again = open(&format!("git@example.com:{path}"), &env).unwrap();
    assert_eq!(branch_of_foo(&again), "branch = \"new\"\n");
}

#[test]
fn what_ssh_says_is_told() {
    let cache = Cache::new();
    let refuse = "sh -c 'echo Permission denied, sorry. >&2; exit 255'".to_owned();
    let env = Env { ssh_command: Some(refuse), ..cache.env() };
    let error = open("git@example.com:x", &env).unwrap_err();
    assert_eq!(error.to_string(), "ssh://git@example.com/x cannot be fetched: Permission denied, sorry.");
    let env = Env { ssh_program: Some("/nowhere/ssh".to_owned()), ..cache.env() };
    let error = open("git@example.com:x", &env).unwrap_err();
    assert!(error.to_string().contains("ssh does not start"), "{error}");
}

#[test]
fn an_address_that_ssh_would_take_for_an_option_is_refused() {
    for url in ["ssh://-oProxyCommand=x/y", "-oProxyCommand=x:y", "ssh://host/", "gopher://x/y"] {
        let error = Cache::new().open(url).unwrap_err();
        let refused = matches!(error, RepoError::BadUrl { .. } | RepoError::NotARepository { .. });
        assert!(refused || url == "ssh://host/", "{url}: {error}");
    }
}

#[test]
fn a_path_is_no_url() {
    let git = Git::with_fleet();
    let bare = TempDir::new().unwrap();
    let target = bare.path().join("a:b.git").display().to_string();
    crate::repo_git::git(bare.path(), EPOCH, &["clone", "-q", "--bare", &file_url(&git), &target]);
    let repo = Cache::new().open(&target).unwrap();
    assert!(matches!(repo.source(), Source::Path(_)));
    assert_eq!(branch_of_foo(&repo), "branch = \"foo\"\n");
}

#[test]
fn a_mirror_that_is_damaged_says_how_to_get_rid_of_it() {
    let (source, cache) = (Git::with_fleet(), Cache::new());
    let url = file_url(&source);
    cache.open(&url).unwrap();
    let place = cache.mirrors().remove(0);
    fs::remove_file(place.join("HEAD")).unwrap();
    let error = cache.open(&url).unwrap_err();
    assert!(matches!(error, RepoError::Mirror { .. }), "{error}");
    assert!(error.hint().unwrap().contains(&place.display().to_string()));
    git(source.path(), EPOCH, &["status"]);
}
