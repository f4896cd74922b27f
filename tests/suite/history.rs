//! Which commit changed a file last, and what differs from an older one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reconcile::repo::{LastChange, Repo, RepoArgs};

use crate::repo_git::{EPOCH, Git, HOUR, clone, open};

const FOO: &str = "sandboxes/foo.toml";

/// The message of the commit that changed a file last, or how else it is answered.
fn last(repo: &Repo, path: &str, since: Option<&str>) -> String {
    let asked = BTreeMap::from([(path.to_owned(), since.map(str::to_owned))]);
    match repo.last_changes(&asked).unwrap().remove(path).unwrap() {
        LastChange::By(info) => info.summary,
        LastChange::Before(_) => "cut off".to_owned(),
        LastChange::None => "none".to_owned(),
        LastChange::Unknown(why) => why,
    }
}

/// The paths that differ from an older commit, and whether each was there.
fn changed(repo: &Repo, commit: &str) -> Vec<(String, bool)> {
    let tree = repo.tree().unwrap();
    let older = repo.changed_since(commit, &tree, &|_| true).unwrap();
    older.into_iter().map(|(path, was)| (path, was.is_some())).collect()
}

fn pair(path: &str, was: bool) -> (String, bool) {
    (path.to_owned(), was)
}

#[test]
fn the_last_commit_that_changed_a_file_is_found() {
    let git = Git::with_fleet();
    git.write("charts/app/templates/a.yaml", "a: 1\n");
    git.commit(EPOCH + HOUR, "a template");
    git.write(FOO, "branch = \"other\"\n");
    git.commit(EPOCH + 2 * HOUR, "foo");
    git.write("README", "unrelated\n");
    git.commit(EPOCH + 3 * HOUR, "unrelated");
    let repo = git.open();
    assert_eq!(last(&repo, FOO, None), "foo");
    assert_eq!(last(&repo, "charts/app/templates/a.yaml", None), "a template");
    assert_eq!(last(&repo, "charts/app/Chart.yaml", None), "a fleet");
}

#[test]
fn a_removal_names_who_removed_it() {
    let git = Git::with_fleet();
    let applied = git.run(&["rev-parse", "HEAD"]).trim().to_owned();
    git.run(&["rm", "-q", FOO]);
    git.commit(EPOCH + HOUR, "gone");
    git.write("README", "unrelated\n");
    git.commit(EPOCH + 2 * HOUR, "unrelated");
    let repo = git.open();
    assert_eq!(last(&repo, FOO, Some(&applied)), "gone");
    assert_eq!(last(&repo, "sandboxes/never.toml", None), "none");
    assert_eq!(last(&repo, "sandboxes/never.toml", Some(&applied)), "none");
}

#[test]
fn a_merge_counts_when_it_landed() {
    let git = Git::with_fleet();
    git.run(&["checkout", "-q", "-b", "side"]);
    git.write(FOO, "branch = \"side\"\n");
    git.commit(EPOCH + HOUR, "on the side");
    git.run(&["checkout", "-q", "main"]);
    git.write("README", "unrelated\n");
    git.commit(EPOCH + 2 * HOUR, "meanwhile");
    git.run_at(EPOCH + 3 * HOUR, &["merge", "-q", "--no-ff", "-m", "landed", "side"]);
    assert_eq!(last(&git.open(), FOO, None), "landed");
}

/// A merge can undo what its second parent had: then the merge is what changed the file.
#[test]
fn a_merge_that_drops_a_change_is_named() {
    let git = Git::with_fleet();
    git.run(&["checkout", "-q", "-b", "side"]);
    git.write(FOO, "branch = \"side\"\n");
    let applied = git.commit(EPOCH + HOUR, "on the side");
    git.run(&["checkout", "-q", "main"]);
    git.write("README", "unrelated\n");
    git.commit(EPOCH + 2 * HOUR, "meanwhile");
    git.run_at(EPOCH + 3 * HOUR, &["merge", "-q", "-s", "ours", "-m", "not that", "side"]);
    git.write("README", "unrelated, too\n");
    let here = git.commit(EPOCH + 4 * HOUR, "later");
    let repo = git.open();
    assert_eq!(changed(&repo, &applied), [pair(FOO, true)]);
    let first = git.run(&["rev-list", "--max-parents=0", "HEAD"]).trim().to_owned();
    let time = |hours| Timestamp::from_second(EPOCH + hours * HOUR).unwrap();
    assert_eq!(repo.merged((&first, time(0)), &applied).unwrap().summary, "not that");
    assert_eq!(repo.merged((&here, time(4)), &applied), None);
    assert_eq!(repo.merged((&here, time(4)), &first), None);
}

#[test]
fn a_change_of_mode_does_not_count() {
    let git = Git::with_fleet();
    let before = git.run(&["rev-parse", "HEAD"]).trim().to_owned();
    git.run(&["update-index", "--chmod=+x", FOO]);
    git.run_at(EPOCH + HOUR, &["commit", "-q", "-m", "mode"]);
    let repo = git.open();
    assert_eq!(last(&repo, FOO, None), "a fleet");
    assert_eq!(changed(&repo, &before), []);
}

#[test]
fn a_rename_is_one_file_gone_and_one_come() {
    let git = Git::with_fleet();
    let before = git.run(&["rev-parse", "HEAD"]).trim().to_owned();
    git.run(&["mv", FOO, "sandboxes/bar.toml"]);
    git.commit(EPOCH + HOUR, "renamed");
    let repo = git.open();
    assert_eq!(changed(&repo, &before), [pair("sandboxes/bar.toml", false), pair(FOO, true)]);
    assert_eq!(last(&repo, FOO, Some(&before)), "renamed");
    assert_eq!(last(&repo, "sandboxes/bar.toml", None), "renamed");
}

#[test]
fn what_changed_back_has_not_changed() {
    let git = Git::with_fleet();
    let before = git.run(&["rev-parse", "HEAD"]).trim().to_owned();
    git.write(FOO, "branch = \"x\"\n");
    git.commit(EPOCH + HOUR, "there");
    let between = git.run(&["rev-parse", "HEAD"]).trim().to_owned();
    git.write(FOO, "branch = \"foo\"\n");
    git.commit(EPOCH + 2 * HOUR, "and back");
    let repo = git.open();
    assert_eq!(changed(&repo, &before), []);
    assert_eq!(changed(&repo, &between), [pair(FOO, true)]);
}

#[test]
fn only_the_fleets_own_folders_are_compared() {
    let git = Git::with_fleet();
    let before = git.run(&["rev-parse", "HEAD"]).trim().to_owned();
    git.write("src/main.py", "x = 1\n");
    git.write("charts/app/templates/deep/a.yaml", "a: 1\n");
    git.commit(EPOCH + HOUR, "both");
    assert_eq!(changed(&git.open(), &before), [pair("charts/app/templates/deep/a.yaml", false)]);
}

#[test]
fn a_fleet_below_the_top_has_paths_of_its_own() {
    let git = Git::new();
    git.write("team/sandboxes/fleet.toml", crate::repo_git::FLEET);
    git.write("team/sandboxes/foo.toml", "branch = \"foo\"\n");
    let before = git.commit(EPOCH, "a fleet");
    git.write("team/sandboxes/foo.toml", "branch = \"x\"\n");
    git.write("sandboxes/foo.toml", "another fleet's\n");
    git.commit(EPOCH + HOUR, "edited");
    let repo = git.try_open(&RepoArgs { path: Some("team".to_owned()), ..RepoArgs::default() }).unwrap();
    assert_eq!(changed(&repo, &before), [pair(FOO, true)]);
    assert_eq!(last(&repo, FOO, None), "edited");
}

#[test]
fn a_shallow_clone_says_where_it_ends() {
    let git = Git::with_fleet();
    git.write("README", "unrelated\n");
    git.commit(EPOCH + HOUR, "unrelated");
    let (_folder, path) = clone(git.path(), &["--depth", "1"]);
    let repo = open(&path, &RepoArgs::default()).unwrap();
    assert_eq!(last(&repo, FOO, None), "cut off");
}

#[test]
fn an_uncommitted_change_differs_from_every_commit() {
    let git = Git::with_fleet();
    let before = git.run(&["rev-parse", "HEAD"]).trim().to_owned();
    git.write(FOO, "branch = \"x\"\n");
    git.commit(EPOCH + HOUR, "there");
    let worktree = RepoArgs { worktree: true, ..RepoArgs::default() };
    git.write("sandboxes/bar.toml", "branch = \"bar\"\n");
    assert_eq!(
        changed(&git.try_open(&worktree).unwrap(), &before),
        [pair("sandboxes/bar.toml", false), pair(FOO, true)]
    );
    // Put back by hand, it is as it was.
    git.write(FOO, "branch = \"foo\"\n");
    assert_eq!(changed(&git.try_open(&worktree).unwrap(), &before), [pair("sandboxes/bar.toml", false)]);
}
