//! The tree of a commit, and what stands in the way of reading one.

use std::fs;

use reconcile::fleet::Odd;
use reconcile::repo::Contains::{No, Unknown, Yes};
use reconcile::repo::{Contains, RepoArgs, RepoError, Tree};

use crate::repo_git::{EPOCH, FLEET, Git, HOUR, clone, git, open};

fn args() -> RepoArgs {
    RepoArgs::default()
}

fn at_rev(rev: &str) -> RepoArgs {
    RepoArgs { rev: Some(rev.to_owned()), ..args() }
}

fn worktree() -> RepoArgs {
    RepoArgs { worktree: true, ..args() }
}

fn text(tree: &Tree, path: &str) -> String {
    String::from_utf8(tree.files[path].to_vec()).unwrap()
}

fn paths(tree: &Tree) -> Vec<&str> {
    tree.files.keys().map(String::as_str).collect()
}

#[test]
fn only_the_fleets_folders_are_read() {
    let git = Git::with_fleet();
    git.write("src/main.rs", "");
    git.write("sandboxes.toml", "");
    let id = git.commit(EPOCH + HOUR, "more\n\nwith a body");
    let tree = git.open().tree().unwrap();
    assert_eq!(paths(&tree), ["charts/app/Chart.yaml", "sandboxes/fleet.toml", "sandboxes/foo.toml"]);
    let commit = tree.commit.unwrap();
    assert_eq!((commit.id.as_str(), commit.short.as_str()), (id.as_str(), &id[..7]));
    assert_eq!((commit.author.as_str(), commit.summary.as_str()), ("Ada", "more"));
    assert_eq!(commit.time.as_second(), EPOCH + HOUR);
    assert!(tree.dirty.is_empty());
}

#[test]
fn the_working_directory_is_not_read_but_told_of() {
    let git = Git::with_fleet();
    git.write("sandboxes/foo.toml", "branch = \"changed\"\n");
    git.write("sandboxes/new.toml", "branch = \"new\"\n");
    git.write("charts/app/templates/x.yaml", "");
    git.write("charts/app/Chart.yaml", "name: staged\n");
    git.run(&["add", "charts/app/Chart.yaml"]);
    git.write("README", "elsewhere\n");
    let tree = git.open().tree().unwrap();
    assert_eq!(text(&tree, "sandboxes/foo.toml"), "branch = \"foo\"\n");
    assert_eq!(
        tree.dirty,
        ["charts/app/Chart.yaml", "charts/app/templates/x.yaml", "sandboxes/foo.toml", "sandboxes/new.toml"]
    );
    fs::remove_file(git.path().join("sandboxes/foo.toml")).unwrap();
    let tree = git.open().tree().unwrap();
    assert!(tree.files.contains_key("sandboxes/foo.toml"));
    assert!(tree.dirty.contains(&"sandboxes/foo.toml".to_owned()));
}

#[test]
fn the_working_directory_is_read_when_asked_for() {
    let git = Git::with_fleet();
    git.write(".gitignore", "*.bak\n");
    git.write("sandboxes/gone.toml", "branch = \"gone\"\n");
    git.commit(EPOCH + HOUR, "more");
    git.write("sandboxes/foo.toml", "branch = \"changed\"\n");
    git.write("sandboxes/new.toml", "branch = \"new\"\n");
    git.write("sandboxes/old.toml.bak", "");
    fs::remove_file(git.path().join("sandboxes/gone.toml")).unwrap();
    let tree = git.try_open(&worktree()).unwrap().tree().unwrap();
    assert_eq!(text(&tree, "sandboxes/foo.toml"), "branch = \"changed\"\n");
    assert_eq!(
        paths(&tree),
        ["charts/app/Chart.yaml", "sandboxes/fleet.toml", "sandboxes/foo.toml", "sandboxes/new.toml"]
    );
}

#[test]
fn a_working_directory_before_the_first_commit_can_be_read() {
    let git = Git::new();
    git.write("sandboxes/fleet.toml", FLEET);
    let error = git.try_open(&args()).unwrap_err();
    assert!(matches!(&error, RepoError::Unborn { branch } if branch == "main"), "{error}");
    let repo = git.try_open(&worktree()).unwrap();
    let tree = repo.tree().unwrap();
    assert_eq!((paths(&tree), &tree.commit), (vec!["sandboxes/fleet.toml"], &None));
}

#[test]
fn line_ends_that_git_changes_change_nothing() {
    let git = Git::with_fleet();
    git.write(".gitattributes", "*.toml text eol=crlf\n");
    git.commit(EPOCH + HOUR, "line ends");
    git.run(&["rm", "-q", "--cached", "-r", "sandboxes"]);
    git.run(&["reset", "-q", "--hard"]);
    assert!(fs::read_to_string(git.path().join("sandboxes/foo.toml")).unwrap().ends_with("\r\n"));
    let tree = git.try_open(&worktree()).unwrap().tree().unwrap();
    assert_eq!(text(&tree, "sandboxes/foo.toml"), "branch = \"foo\"\n");
}

#[test]
fn what_is_no_regular_file_is_told_apart() {
    let git = Git::with_fleet();
    #[cfg(unix)]
    std::os::unix::fs::symlink("foo.toml", git.path().join("sandboxes/link.toml")).unwrap();
    git.run(&["add", "-A"]);
    let head = git.run(&["rev-parse", "HEAD"]);
    git.run(&["update-index", "--add", "--cacheinfo", &format!("160000,{},charts/sub", head.trim())]);
    git.run(&["commit", "-q", "-m", "odd"]);
    let tree = git.open().tree().unwrap();
    assert_eq!(tree.odd["sandboxes/link.toml"], Odd::Symlink("foo.toml".to_owned()));
    assert_eq!(tree.odd["charts/sub"], Odd::Submodule);
    assert!(!tree.files.contains_key("sandboxes/link.toml"));
    let tree = git.try_open(&worktree()).unwrap().tree().unwrap();
    assert_eq!(tree.odd["sandboxes/link.toml"], Odd::Symlink("foo.toml".to_owned()));
}

#[test]
fn equal_files_share_their_bytes() {
    let git = Git::with_fleet();
    git.write("sandboxes/copy.toml", "branch = \"foo\"\n");
    git.commit(EPOCH, "copy");
    let tree = git.open().tree().unwrap();
    assert!(std::sync::Arc::ptr_eq(&tree.files["sandboxes/foo.toml"], &tree.files["sandboxes/copy.toml"]));
}

#[test]
fn a_fleet_below_a_folder() {
    let git = Git::new();
    git.write("teams/a/sandboxes/fleet.toml", FLEET);
    git.write("teams/a/charts/app/Chart.yaml", "");
    git.write("charts/other/Chart.yaml", "");
    git.commit(EPOCH, "below");
    for path in ["teams/a", "teams/a/", "./teams//a"] {
        let repo = git.try_open(&RepoArgs { path: Some(path.to_owned()), ..args() }).unwrap();
        assert_eq!(repo.root(), "teams/a/");
        assert_eq!(paths(&repo.tree().unwrap()), ["charts/app/Chart.yaml", "sandboxes/fleet.toml"]);
    }
    for path in ["/teams/a", "../x", "teams/../.."] {
        let error = git.try_open(&RepoArgs { path: Some(path.to_owned()), ..args() }).unwrap_err();
        assert!(matches!(error, RepoError::BadPath { .. }), "{path}: {error}");
    }
    let error = git.open().tree().unwrap_err();
    assert!(matches!(error, RepoError::NoFleet { .. }), "{error}");
    assert_eq!(error.hint().unwrap(), "there is one below: --path teams/a");
    let error = git.try_open(&RepoArgs { path: Some("nowhere".to_owned()), ..args() }).unwrap().tree().unwrap_err();
    assert!(error.to_string().starts_with("there is no nowhere/sandboxes/fleet.toml at commit "), "{error}");
}

#[test]
fn no_fleet_is_an_error_and_not_an_empty_fleet() {
    let git = Git::new();
    git.write("README", "");
    git.commit(EPOCH, "nothing");
    let error = git.open().tree().unwrap_err();
    assert!(error.hint().unwrap().contains("reconcile init"), "{error}");
}

#[test]
fn a_bare_repository_is_read() {
    let git = Git::with_fleet();
    let (_keep, path) = clone(git.path(), &["--bare"]);
    let tree = open(&path, &args()).unwrap().tree().unwrap();
    assert_eq!(tree.files.len(), 3);
    let error = open(&path, &worktree()).unwrap_err();
    assert!(matches!(error, RepoError::NoWorktree { .. }), "{error}");
}

#[test]
fn a_linked_worktree_has_its_own_head() {
    let source = Git::with_fleet();
    source.run(&["branch", "topic"]);
    let folder = tempfile::TempDir::new().unwrap();
    let linked = folder.path().join("linked");
    source.run(&["worktree", "add", "-q", &linked.display().to_string(), "topic"]);
    fs::write(linked.join("sandboxes/foo.toml"), "branch = \"topic\"\n").unwrap();
    git(&linked, EPOCH + HOUR, &["commit", "-q", "-am", "on topic"]);
    let tree = open(&linked, &args()).unwrap().tree().unwrap();
    assert_eq!(text(&tree, "sandboxes/foo.toml"), "branch = \"topic\"\n");
    assert_eq!(text(&source.open().tree().unwrap(), "sandboxes/foo.toml"), "branch = \"foo\"\n");
}

#[test]
fn a_folder_inside_the_repository_finds_it() {
    let git = Git::with_fleet();
    let tree = open(&git.path().join("charts/app"), &args()).unwrap().tree().unwrap();
    assert_eq!(tree.files.len(), 3);
}

#[test]
fn revisions() {
    let git = Git::with_fleet();
    git.run(&["tag", "-a", "v1", "-m", "a tag"]);
    git.run(&["branch", "release"]);
    git.write("sandboxes/foo.toml", "branch = \"new\"\n");
    let id = git.commit(EPOCH + HOUR, "edit");
    let foo = |rev: &str| text(&git.try_open(&at_rev(rev)).unwrap().tree().unwrap(), "sandboxes/foo.toml");
    for rev in ["v1", "release", "HEAD~1", "HEAD^", "refs/heads/release"] {
        assert_eq!(foo(rev), "branch = \"foo\"\n", "{rev}");
    }
    for rev in ["HEAD", "main", &id, &id[..8]] {
        assert_eq!(foo(rev), "branch = \"new\"\n", "{rev}");
    }
    let error = git.try_open(&at_rev("relaese")).unwrap_err();
    assert!(matches!(error, RepoError::UnknownRev { .. }), "{error}");
    assert_eq!(error.hint().unwrap(), "did you mean `release`?");
    let error = git.try_open(&at_rev("HEAD:sandboxes")).unwrap_err();
    assert!(matches!(error, RepoError::NotACommit { .. }), "{error}");
    for rev in ["", "HEAD~99", "^", "@{", "-x", "a b", "0000000000000000000000000000000000000000"] {
        let error = git.try_open(&at_rev(rev)).unwrap_err();
        assert!(matches!(error, RepoError::UnknownRev { .. }), "{rev:?}: {error:?}");
    }
    let both = RepoArgs { worktree: true, ..at_rev("main") };
    assert!(matches!(git.try_open(&both).unwrap_err(), RepoError::WorktreeOrRev));
}

#[test]
fn an_ambiguous_revision_is_told_apart_from_an_unknown_one() {
    let git = Git::with_fleet();
    // Two commits of a thousand share their first four digits sooner or later.
    let mut seen = std::collections::BTreeSet::new();
    let prefix = (0..5_000).find_map(|count| {
        let id = git.run(&["commit-tree", "HEAD^{tree}", "-m", &count.to_string()]);
        (!seen.insert(id[..4].to_owned())).then(|| id[..4].to_owned())
    });
    let error = git.try_open(&at_rev(&prefix.unwrap())).unwrap_err();
    assert!(matches!(error, RepoError::Ambiguous { .. }), "{error}");
}

#[test]
fn an_empty_folder_is_no_repository() {
    let folder = tempfile::TempDir::new().unwrap();
    let error = open(folder.path(), &args()).unwrap_err();
    assert!(matches!(error, RepoError::NotARepository { .. }), "{error}");
    assert!(error.hint().unwrap().contains("--repo"));
    let error = open(&folder.path().join("nowhere"), &args()).unwrap_err();
    assert!(matches!(error, RepoError::NotARepository { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_repository_of_someone_else_is_refused_with_its_remedy() {
    let git = Git::with_fleet();
    let given = std::os::unix::fs::chown(git.path(), Some(12_345), None)
        .and_then(|()| std::os::unix::fs::chown(git.path().join(".git"), Some(12_345), None));
    if given.is_err() {
        // Only root can give its files away.
        return;
    }
    let error = git.try_open(&args()).unwrap_err();
    assert!(matches!(error, RepoError::NotOwned { .. }), "{error:?}");
    let hint = error.hint().unwrap();
    let wanted = format!("safe.directory {}", git.path().canonicalize().unwrap().display());
    assert!(hint.ends_with(&wanted), "{hint}");
}

#[test]
fn a_partial_clone_without_blobs_says_so() {
    let git = Git::with_fleet();
    git.run(&["config", "uploadpack.allowFilter", "true"]);
    let (_keep, path) = clone(git.path(), &["--filter=blob:none", "--bare"]);
    let error = open(&path, &args()).unwrap().tree().unwrap_err();
    assert!(matches!(error, RepoError::Partial { .. }), "{error:?}");
    crate::repo_git::git(&path, EPOCH, &["config", "extensions.partialClone", "origin"]);
    crate::repo_git::git(&path, EPOCH, &["config", "core.repositoryformatversion", "1"]);
    let error = open(&path, &args()).unwrap().tree().unwrap_err();
    assert!(matches!(error, RepoError::Partial { .. }), "{error:?}");
    // What the hint says is what helps.
    let remedy = error.hint().unwrap();
    let words: Vec<&str> = remedy.split_once("git ").unwrap().1.split(' ').collect();
    crate::repo_git::git(&path, EPOCH, &words);
    assert_eq!(open(&path, &args()).unwrap().tree().unwrap().files.len(), 3);
}

#[test]
fn a_damaged_repository_is_an_error() {
    let git = Git::with_fleet();
    let blob = git.run(&["rev-parse", "HEAD:sandboxes/foo.toml"]);
    let (folder, file) = blob.trim().split_at(2);
    fs::remove_file(git.path().join(".git/objects").join(folder).join(file)).unwrap();
    let error = git.open().tree().unwrap_err();
    assert!(matches!(error, RepoError::Damaged { .. }), "{error:?}");
}

#[test]
fn what_a_commit_contains() {
    let git = Git::with_fleet();
    let first = git.run(&["rev-parse", "HEAD"]).trim().to_owned();
    git.run(&["checkout", "-q", "-b", "side"]);
    let side = git.commit(EPOCH + HOUR, "side");
    git.run(&["checkout", "-q", "main"]);
    let second = git.commit(EPOCH + 2 * HOUR, "second");
    git.run_at(EPOCH + 3 * HOUR, &["merge", "-q", "side"]);
    let head = git.run(&["rev-parse", "HEAD"]).trim().to_owned();
    let later = git.commit(EPOCH + 4 * HOUR, "later");
    let fork = git.run(&["commit-tree", "HEAD^{tree}", "-m", "fork"]).trim().to_owned();
    let missing = "1".repeat(40);
    let all = [&first, &side, &second, &head, &later, &fork, &missing].map(String::as_str);
    let short = &first[..8];
    let contains = |rev: &str| {
        let repo = git.try_open(&at_rev(rev)).unwrap();
        let answers = repo.contains(all.into_iter().chain([short, "rubbish", ""])).unwrap();
        all.map(|id| answers[id])
    };
    assert_eq!(contains("HEAD~1"), [Yes, Yes, Yes, Yes, No, No, Unknown]);
    assert_eq!(contains("side"), [Yes, Yes, No, No, No, No, Unknown]);
    assert_eq!(contains(&first), [Yes, No, No, No, No, No, Unknown]);
    let answers = git.open().contains([short, "rubbish"]).unwrap();
    assert_eq!((answers[short], answers["rubbish"]), (Unknown, Unknown));
}

#[test]
fn a_shallow_clone_does_not_know_what_it_contains() {
    let git = Git::with_fleet();
    let first = git.run(&["rev-parse", "HEAD"]).trim().to_owned();
    let second = git.commit(EPOCH + HOUR, "second");
    let (_keep, path) = clone(git.path(), &["--depth", "1"]);
    let answers = open(&path, &args()).unwrap().contains([first.as_str(), second.as_str()]).unwrap();
    assert_eq!((answers[&first], answers[&second]), (Contains::Unknown, Contains::Yes));
}
