//! The file clock: when a sandbox's time starts.

use std::path::Path;

use jiff::Timestamp;
use reconcile::repo::{DateError, DateQuery, FileDate, Repo, RepoArgs};

use crate::repo_git::{EPOCH, Git, HOUR, clone, open};

fn date_of(repo: &Repo, name: &str, oldest: Option<i64>) -> Result<FileDate, DateError> {
    let path = format!("sandboxes/{name}.toml");
    let query = DateQuery { path: path.clone(), oldest: oldest.map(|time| Timestamp::from_second(time).unwrap()) };
    repo.dates(&[query]).unwrap().remove(&path).unwrap()
}

/// The hours after [`EPOCH`] at which a sandbox's time starts.
fn hours(repo: &Repo, name: &str) -> i64 {
    match date_of(repo, name, None) {
        Ok(FileDate::At { time, .. } | FileDate::Behind { time, .. }) => (time.as_second() - EPOCH) / HOUR,
        other => panic!("{other:?}"),
    }
}

fn open_plain(path: &Path) -> Repo {
    open(path, &RepoArgs::default()).unwrap()
}

#[test]
fn the_last_change_of_the_blob_starts_it() {
    let git = Git::with_fleet();
    git.write("sandboxes/foo.toml", "branch = \"other\"\n");
    let id = git.commit(EPOCH + HOUR, "edit foo");
    git.write("README", "unrelated\n");
    git.commit(EPOCH + 2 * HOUR, "unrelated");
    git.write("sandboxes/bar.toml", "branch = \"bar\"\n");
    git.commit(EPOCH + 3 * HOUR, "a neighbour");
    let repo = git.open();
    let time = Timestamp::from_second(EPOCH + HOUR).unwrap();
    assert_eq!(date_of(&repo, "foo", None), Ok(FileDate::At { time, commit: id }));
    assert_eq!(hours(&repo, "bar"), 3);
    assert_eq!(hours(&repo, "fleet"), 0);
}

#[test]
fn a_change_back_counts() {
    let git = Git::with_fleet();
    git.write("sandboxes/foo.toml", "branch = \"x\"\n");
    git.commit(EPOCH + HOUR, "there");
    git.write("sandboxes/foo.toml", "branch = \"foo\"\n");
    git.commit(EPOCH + 2 * HOUR, "and back");
    assert_eq!(hours(&git.open(), "foo"), 2);
}

#[test]
fn a_mode_change_does_not_count() {
    let git = Git::with_fleet();
    git.run(&["update-index", "--chmod=+x", "sandboxes/foo.toml"]);
    git.run_at(EPOCH + HOUR, &["commit", "-q", "-m", "mode"]);
    assert_eq!(hours(&git.open(), "foo"), 0);
}

#[test]
fn a_rename_alone_does_not_count() {
    let git = Git::with_fleet();
    git.run(&["mv", "sandboxes/foo.toml", "sandboxes/moved.toml"]);
    git.commit(EPOCH + HOUR, "rename");
    git.run(&["mv", "sandboxes/moved.toml", "sandboxes/again.toml"]);
    git.commit(EPOCH + 2 * HOUR, "rename again");
    assert_eq!(hours(&git.open(), "again"), 0);
}

#[test]
fn moving_the_whole_fleet_does_not_count() {
    let git = Git::with_fleet();
    git.write("sandboxes/bar.toml", "branch = \"bar\"\n");
    git.commit(EPOCH + HOUR, "bar");
    std::fs::create_dir(git.path().join("team")).unwrap();
    git.run(&["mv", "sandboxes", "team/sandboxes"]);
    git.commit(EPOCH + 2 * HOUR, "move");
    let repo = git.try_open(&RepoArgs { path: Some("team".to_owned()), ..RepoArgs::default() }).unwrap();
    assert_eq!((hours(&repo, "foo"), hours(&repo, "bar")), (0, 1));
}

#[test]
fn a_rename_with_a_change_counts() {
    let git = Git::with_fleet();
    git.run(&["mv", "sandboxes/foo.toml", "sandboxes/moved.toml"]);
    git.write("sandboxes/moved.toml", "branch = \"foo\"\nttl = \"1d\"\n");
    git.commit(EPOCH + HOUR, "rename and edit");
    assert_eq!(hours(&git.open(), "moved"), 1);
}

#[test]
fn a_copy_is_a_new_sandbox() {
    let git = Git::with_fleet();
    git.write("sandboxes/copy.toml", "branch = \"foo\"\n");
    git.commit(EPOCH + HOUR, "copy");
    let repo = git.open();
    assert_eq!((hours(&repo, "foo"), hours(&repo, "copy")), (0, 1));
}

#[test]
fn one_removed_file_is_the_source_of_one_rename() {
    let git = Git::with_fleet();
    git.run(&["rm", "-q", "sandboxes/foo.toml"]);
    git.write("sandboxes/one.toml", "branch = \"foo\"\n");
    git.write("sandboxes/two.toml", "branch = \"foo\"\n");
    git.commit(EPOCH + HOUR, "one becomes two");
    let repo = git.open();
    assert_eq!((hours(&repo, "one"), hours(&repo, "two")), (0, 1));
}

#[test]
fn removed_and_made_again_counts_from_then() {
    let git = Git::with_fleet();
    git.run(&["rm", "-q", "sandboxes/foo.toml"]);
    git.commit(EPOCH + HOUR, "gone");
    git.write("sandboxes/foo.toml", "branch = \"foo\"\n");
    git.commit(EPOCH + 2 * HOUR, "back");
    assert_eq!(hours(&git.open(), "foo"), 2);
}

#[test]
fn a_merge_counts_when_it_landed_and_a_fast_forward_when_written() {
    let git = Git::with_fleet();
    git.run(&["checkout", "-q", "-b", "topic"]);
    git.write("sandboxes/bar.toml", "branch = \"bar\"\n");
    git.commit(EPOCH + HOUR, "on the topic");
    git.run(&["checkout", "-q", "main"]);
    git.run(&["merge", "-q", "--ff-only", "topic"]);
    assert_eq!(hours(&git.open(), "bar"), 1);
    git.run(&["checkout", "-q", "-b", "topic2"]);
    git.write("sandboxes/bar.toml", "branch = \"bar\"\nttl = \"1d\"\n");
    git.commit(EPOCH + 2 * HOUR, "on the second topic");
    git.run(&["checkout", "-q", "main"]);
    git.run_at(EPOCH + 5 * HOUR, &["merge", "-q", "--no-ff", "topic2"]);
    assert_eq!(hours(&git.open(), "bar"), 5);
}

#[test]
fn what_the_main_line_changed_before_a_merge_keeps_its_time() {
    let git = Git::with_fleet();
    git.run(&["checkout", "-q", "-b", "topic"]);
    git.write("other", "x\n");
    git.commit(EPOCH + HOUR, "on the topic");
    git.run(&["checkout", "-q", "main"]);
    git.write("sandboxes/bar.toml", "branch = \"bar\"\n");
    git.commit(EPOCH + 2 * HOUR, "on main");
    git.run_at(EPOCH + 3 * HOUR, &["merge", "-q", "topic"]);
    assert_eq!(hours(&git.open(), "bar"), 2);
}

#[test]
fn an_older_revision_has_its_own_clock() {
    let git = Git::with_fleet();
    git.write("sandboxes/foo.toml", "branch = \"x\"\n");
    git.commit(EPOCH + HOUR, "edit");
    let repo = git.try_open(&RepoArgs { rev: Some("HEAD~1".to_owned()), ..RepoArgs::default() }).unwrap();
    assert_eq!(hours(&repo, "foo"), 0);
}

#[test]
fn the_walk_ends_where_no_life_is_left() {
    let git = Git::with_fleet();
    for hour in 1..100 {
        git.commit(EPOCH + hour * HOUR, "empty");
    }
    let repo = git.open();
    let oldest = EPOCH + 99 * HOUR;
    let Ok(FileDate::Before(before)) = date_of(&repo, "foo", Some(oldest)) else { panic!() };
    // The latest that it can be, and yet before what was asked with.
    assert!(before.as_second() < oldest && before.as_second() >= EPOCH);
    assert_eq!(hours(&repo, "foo"), 0);
}

#[test]
fn one_wrong_clock_does_not_end_the_walk() {
    let git = Git::with_fleet();
    git.write("sandboxes/foo.toml", "branch = \"x\"\n");
    let id = git.commit(EPOCH + 50 * HOUR, "edit");
    git.commit(EPOCH - 9999 * HOUR, "a wrong clock");
    let time = Timestamp::from_second(EPOCH + 50 * HOUR).unwrap();
    let got = date_of(&git.open(), "foo", Some(EPOCH + 40 * HOUR));
    assert_eq!(got, Ok(FileDate::At { time, commit: id }));
}

#[test]
fn a_commit_dated_well_before_its_parent_is_told_with_the_parents_time() {
    let git = Git::with_fleet();
    git.commit(EPOCH + 50 * HOUR, "empty");
    for (early, is_behind) in [(300, false), (301, true)] {
        git.write("sandboxes/foo.toml", &format!("branch = \"x\"\n# {early}\n"));
        git.commit(EPOCH + 50 * HOUR, "the right clock");
        git.write("sandboxes/foo.toml", &format!("branch = \"y\"\n# {early}\n"));
        let commit = git.commit(EPOCH + 50 * HOUR - early, "another clock");
        let at = |seconds: i64| Timestamp::from_second(EPOCH + 50 * HOUR + seconds).unwrap();
        let time = at(-early);
        let wanted =
            if is_behind { FileDate::Behind { time, commit, follows: at(0) } } else { FileDate::At { time, commit } };
        assert_eq!(date_of(&git.open(), "foo", None), Ok(wanted));
    }
}

#[test]
fn a_shallow_clone_says_so_and_never_guesses() {
    let git = Git::with_fleet();
    git.commit(EPOCH + HOUR, "empty");
    git.write("sandboxes/bar.toml", "branch = \"bar\"\n");
    git.commit(EPOCH + 2 * HOUR, "bar");
    let (_keep, path) = clone(git.path(), &["--depth", "2"]);
    let repo = open_plain(&path);
    assert_eq!(hours(&repo, "bar"), 2);
    let error = date_of(&repo, "foo", None).unwrap_err();
    assert!(matches!(error, DateError::Shallow { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("--unshallow"));
    // The clone ends at hour 1: what is asked for from hour 1 on may be in what was cut off.
    assert!(date_of(&repo, "foo", Some(EPOCH + HOUR)).is_err());
    let known = date_of(&repo, "foo", Some(EPOCH + HOUR + 1));
    assert_eq!(known, Ok(FileDate::Before(Timestamp::from_second(EPOCH + HOUR).unwrap())));
}

#[test]
fn a_partial_clone_without_trees_says_so() {
    let git = Git::with_fleet();
    git.write("README", "more\n");
    git.commit(EPOCH + HOUR, "unrelated");
    git.run(&["config", "uploadpack.allowFilter", "true"]);
    let (_keep, path) = clone(git.path(), &["--filter=tree:0"]);
    let error = date_of(&open_plain(&path), "foo", None).unwrap_err();
    assert!(matches!(error, DateError::Partial { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("--refetch"));
}

#[test]
fn a_partial_clone_without_old_blobs_is_enough() {
    let git = Git::with_fleet();
    git.write("sandboxes/foo.toml", "branch = \"x\"\n");
    git.commit(EPOCH + HOUR, "edit");
    git.run(&["config", "uploadpack.allowFilter", "true"]);
    let (_keep, path) = clone(git.path(), &["--filter=blob:none"]);
    assert_eq!(hours(&open_plain(&path), "foo"), 1);
}

#[test]
fn an_uncommitted_file_starts_now() {
    let git = Git::with_fleet();
    git.write("sandboxes/foo.toml", "branch = \"x\"\n");
    git.write("sandboxes/new.toml", "branch = \"new\"\n");
    let repo = git.try_open(&RepoArgs { worktree: true, ..RepoArgs::default() }).unwrap();
    assert_eq!(date_of(&repo, "foo", None), Ok(FileDate::Uncommitted));
    assert_eq!(date_of(&repo, "new", None), Ok(FileDate::Uncommitted));
    assert_eq!(hours(&repo, "fleet"), 0);
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let error = date_of(&Git::with_fleet().open(), "nobody", None).unwrap_err();
    assert!(matches!(error, DateError::NoSuchFile { .. }));
}

#[test]
fn a_time_in_the_future_is_told_as_it_is() {
    let git = Git::with_fleet();
    git.write("sandboxes/foo.toml", "branch = \"x\"\n");
    git.commit(EPOCH + 20_000 * HOUR, "far ahead");
    assert_eq!(hours(&git.open(), "foo"), 20_000);
}

#[test]
fn a_linked_worktree_has_the_same_history() {
    let git = Git::with_fleet();
    git.run(&["branch", "topic"]);
    let folder = tempfile::TempDir::new().unwrap();
    let linked = folder.path().join("linked");
    git.run(&["worktree", "add", "-q", &linked.display().to_string(), "topic"]);
    assert_eq!(hours(&open_plain(&linked), "foo"), 0);
}

#[test]
fn a_packed_history_of_many_versions_is_dated_exactly() {
    let git = Git::with_fleet();
    let mut wanted = std::collections::BTreeMap::new();
    // Files that come, go, grow and change in turn; the numbers only look random.
    for hour in 1..150 {
        let name = format!("s{}", (hour * 7919) % 23);
        let path = format!("sandboxes/{name}.toml");
        if hour % 5 == 0 && git.path().join(&path).exists() {
            std::fs::remove_file(git.path().join(&path)).unwrap();
            wanted.remove(&name);
        } else {
            let filler = "x".repeat(usize::try_from(hour).unwrap() % 40);
            git.write(&path, &format!("branch = \"{name}\"\n# {hour} {filler}\n"));
            wanted.insert(name, hour);
        }
        git.commit(EPOCH + hour * HOUR, "change");
    }
    git.run(&["gc", "-q"]);
    let repo = git.open();
    let queries: Vec<DateQuery> = wanted
        .keys()
        .chain([&"foo".to_owned()])
        .map(|name| DateQuery { path: format!("sandboxes/{name}.toml"), oldest: None })
        .collect();
    let dates = repo.dates(&queries).unwrap();
    for (name, hour) in wanted.into_iter().chain([("foo".to_owned(), 0)]) {
        let date = &dates[&format!("sandboxes/{name}.toml")];
        let Ok(FileDate::At { time, .. }) = date else { panic!("{name}: {date:?}") };
        assert_eq!(time.as_second(), EPOCH + hour * HOUR, "{name}");
        assert_eq!(hours(&repo, &name), hour, "{name} alone");
    }
}
