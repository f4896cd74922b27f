//! The audit: its chain, what breaks it, and what runs leave that are stopped.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reconcile::audit::{self, Broken, Draft, Line, Log, Object, Outcome, Said, Verified, What, Who, verify};
use reconcile::cluster::{About, Apply, Audited, Cluster, ErrorKind, Propagation, Target, dir::Dir};
use reconcile::manifest::{Hash, Kind, MANAGER, ObjectId, builtin};
use serde_json::{Value, json};

use super::json_schema::fits;
use super::report_plans::key;
use super::scenario::{Stage, text_of};
use super::schemas::assert_current;

fn who() -> Who {
    Who { user: Some("ada".into()), host: Some("ci-1".into()), actor: None, job: None }
}

fn run(number: u32) -> String {
    format!("{number:032x}")
}

fn draft(name: &str) -> Draft {
    Draft {
        account: Some("system:serviceaccount:reconcile-system:reconcile".into()),
        fleet: "demo".into(),
        fleet_id: "demo-1".into(),
        commit: Some("1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d".into()),
        cluster: "staging (https://k8s.example.com)".into(),
        sandbox: Some("main".into()),
        verb: "apply".into(),
        manager: Some(MANAGER.into()),
        object: Object {
            api_version: "v1".into(),
            kind: "ConfigMap".into(),
            namespace: Some("dev-sandbox-main".into()),
            name: name.into(),
        },
        before: None,
    }
}

fn done() -> Said {
    Said { after: Some(Hash::of(b"after").to_string()), outcome: Outcome::Done, error: None }
}

/// A file in a folder of its own.
struct File {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("audit.jsonl");
        Self { folder, path }
    }

    fn open(&self, number: u32) -> Log {
        Log::open(&self.path, &run(number), &who()).expect("it can be written")
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).expect("it is there")
    }

    fn verified(&self) -> Result<Verified, Broken> {
        of(self.text().as_bytes())
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn of(bytes: &[u8]) -> Result<Verified, Broken> {
    verify(bytes, None).expect("memory can be read")
}

async fn write(log: &Log, number: u32, name: &str) {
    let ticket = log.begin(&run(number), &who(), draft(name)).await.expect("it is noted");
    ticket.settle(done()).await.expect("it is noted");
}

/// An audit of three writes.
async fn three() -> File {
    let file = File::new();
    let log = file.open(1);
    for name in ["a", "b", "c"] {
        write(&log, 1, name).await;
    }
    drop(log);
    file
}

#[tokio::test]
async fn each_line_names_the_one_before_it() {
    let file = three().await;
    let text = file.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines[0]["prev"], "0".repeat(64));
    for (line, next) in text.lines().zip(&lines[1..]) {
        assert_eq!(next["prev"], Hash::of(line.as_bytes()).as_str());
    }
    let numbers: Vec<&Value> = lines.iter().map(|line| &line["number"]).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let head = Hash::of(text.lines().last().expect("three lines").as_bytes());
    let whole = Verified { lines: 3, writes: 3, unknown: 0, torn: Vec::new(), head, has: false };
    assert_eq!(file.verified(), Ok(whole));
    assert_eq!(file.names(), ["audit.jsonl"], "nothing is left beside it");
    // The next run goes on.
    write(&file.open(2), 2, "d").await;
    assert_eq!(file.verified().map(|found| found.lines), Ok(4));
    assert!(verify(file.text().as_bytes(), Some(&head)).expect("read").is_ok_and(|found| found.has));
    assert_eq!(of(b"").map(|found| (found.lines, found.head)), Ok((0, Hash::NOTHING)));
}

#[tokio::test]
async fn a_line_is_as_the_schema_says() {
    let file = three().await;
    let mut torn = file.text();
    torn.truncate(torn.len() - 9);
    fs::write(&file.path, torn).expect("written");
    drop(file.open(2));
    let schema = serde_json::to_value(audit::schema()).expect("JSON");
    for line in file.text().lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let named = |key: &str| schema.to_string().contains(&format!("\"{key}\""));
        let keys = line.as_object().expect("an object").keys();
        keys.for_each(|key| assert!(named(key), "{key} is not in the schema"));
        let read: Line = serde_json::from_value(line.clone()).expect("a line");
        assert!(matches!(read.what, What::Write(_) | What::Torn(_)));
        fits(&line["who"], &schema["$defs"]["Who"]);
    }
    let documented = include_str!("../../src/audit/README.md");
    let fields = ["/properties", "/$defs/Write/properties", "/$defs/Torn/properties", "/$defs/Who/properties"];
    for fields in fields.iter().filter_map(|at| schema.pointer(at)?.as_object()) {
        fields.keys().for_each(|key| assert!(documented.contains(&format!("`{key}`")), "{key} is not documented"));
    }
    let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    assert_current("src/audit/line.schema.json", &text);
}

/// Whatever somebody does to a line is found, and in which.
#[tokio::test]
async fn what_was_changed_is_found() {
    let text = three().await.text();
    let lines: Vec<&str> = text.lines().collect();
    let broken = |lines: &[&str]| of((lines.join("\n") + "\n").as_bytes()).map_err(|broken| broken.line);
    for number in 0..3 {
        // One bit of any byte.
        for at in 0..lines[number].len() {
            let mut bytes = text.clone().into_bytes();
            let start: usize = lines[..number].iter().map(|line| line.len() + 1).sum();
            bytes[start + at] ^= 1;
            let found = of(&bytes).map_err(|broken| broken.line);
            assert_eq!(found, Err(number as u64 + 1), "byte {at} of line {}", number + 1);
        }
    }
    assert_eq!(broken(&[lines[1], lines[2]]), Err(1), "the first was taken out");
    assert_eq!(broken(&[lines[0], lines[2]]), Err(2), "the second was taken out");
    assert_eq!(broken(&[lines[0], lines[1], lines[1], lines[2]]), Err(3), "one was doubled");
    assert_eq!(broken(&[lines[0], lines[2], lines[1]]), Err(2), "two were swapped");
    assert_eq!(broken(&[lines[0], "", lines[1], lines[2]]), Err(2), "an empty one was put in");
    assert_eq!(broken(&[lines[0], "{}", lines[1], lines[2]]), Err(2), "another one was put in");
    // That is what the hash of the last line is for.
    let cut = lines[..2].join("\n") + "\n";
    let head = Hash::of(lines[2].as_bytes());
    assert!(verify(cut.as_bytes(), Some(&head)).expect("read").is_ok_and(|found| !found.has));
}

/// A run that is stopped while it writes a line leaves any part of it. The next one notes that, and takes nothing away.
#[tokio::test]
async fn a_line_cut_anywhere_is_noted_and_kept() {
    let text = three().await.text();
    let whole: usize = text.lines().take(2).map(|line| line.len() + 1).sum();
    for end in (whole + 1)..text.len() - 1 {
        let file = File::new();
        fs::write(&file.path, &text[..end]).expect("written");
        let found = file.verified().expect_err("it is cut short");
        assert!(found.line == 3 && found.why.contains("cut short"), "{found:?}");
        let log = file.open(2);
        assert!(log.torn);
        write(&log, 2, "d").await;
        drop(log);
        assert!(file.text().starts_with(&text[..end]), "what was there is there");
        let found = file.verified().expect("it is whole again");
        assert_eq!((found.lines, found.writes, found.torn.as_slice()), (5, 3, &[3][..]));
        assert!(!file.open(3).torn, "once is enough");
    }
    // Only its end is missing: it is whole.
    let file = File::new();
    fs::write(&file.path, text.trim_end()).expect("written");
    assert_eq!(file.verified().map(|found| found.lines), Ok(3));
    let log = file.open(2);
    assert!(!log.torn);
    write(&log, 2, "d").await;
    drop(log);
    assert_eq!(file.verified().map(|found| (found.lines, found.torn)), Ok((4, Vec::new())));
}

#[tokio::test]
async fn the_note_of_a_cut_line_excuses_no_other() {
    let text = three().await.text();
    let file = File::new();
    fs::write(&file.path, &text[..text.len() - 30]).expect("written");
    drop(file.open(2));
    let noted = file.text();
    let lines: Vec<&str> = noted.lines().collect();
    assert_eq!(of(noted.as_bytes()).map(|found| found.torn), Ok(vec![3]));
    // Another end of the line that is said to be cut.
    let longer = format!("{}\n{}\n{}x\n{}\n", lines[0], lines[1], lines[2], lines[3]);
    assert_eq!(of(longer.as_bytes()).map_err(|broken| broken.line), Err(3));
    // A line before it was taken out.
    let fewer = format!("{}\n{}\n{}\n", lines[0], lines[2], lines[3]);
    assert_eq!(of(fewer.as_bytes()).map_err(|broken| broken.line), Err(2));
}

#[tokio::test]
async fn what_is_no_audit_is_not_added_to() {
    let refuses = |path: &Path| Log::open(path, &run(1), &who()).expect_err("it is none").to_string();
    let file = File::new();
    for text in ["name = \"demo\"\n", "{}\n", "\n"] {
        fs::write(&file.path, text).expect("written");
        assert!(refuses(&file.path).contains("of its last line"), "{text}");
        assert_eq!(file.text(), text);
    }
    let mut tampered = three().await.text();
    tampered = tampered.replace("\"verb\":\"apply\"", "\"verb\":\"patch\"");
    fs::write(&file.path, &tampered).expect("written");
    assert!(refuses(&file.path).contains("it was changed"));
    assert_eq!(file.text(), tampered);
    assert!(refuses(file.folder.path()).contains("it is a folder"));
    assert!(!refuses(&file.folder.path().join("none/audit")).is_empty());
    #[cfg(unix)]
    assert!(refuses(Path::new("/dev/null")).contains("no ordinary file"));
}

/// Two runs at once, of one process or two: each line is there once, in one chain.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_keep_one_chain() {
    let file = Arc::new(File::new());
    let logs: Vec<Arc<Log>> = (1..=3).map(|number| Arc::new(file.open(number))).collect();
    let mut tasks = Vec::new();
    for (number, log) in (1..=3).zip(&logs) {
        for task in 0..8 {
            let log = Arc::clone(log);
            tasks.push(tokio::spawn(async move {
                for each in 0..5 {
                    write(&log, number, &format!("{number}-{task}-{each}")).await;
                }
            }));
        }
    }
    for task in tasks {
        task.await.expect("it ends");
    }
    drop(logs);
    assert_eq!(file.verified().map(|found| (found.lines, found.writes)), Ok((120, 120)));
    assert_eq!(file.names(), ["audit.jsonl"]);
    let text = file.text();
    for number in 1..=3 {
        assert_eq!(text.matches(&format!("\"name\":\"{number}-")).count(), 40);
    }
}

/// A write that was sent by a run that was killed stands in the audit as one of which nobody knows how it ended.
#[tokio::test]
async fn what_a_killed_run_had_sent_is_noted_by_the_next() {
    let file = File::new();
    let log = file.open(1);
    write(&log, 1, "a").await;
    let open = log.begin(&run(1), &who(), draft("b")).await.expect("it is noted");
    // While it lives nobody takes its notes for those of a dead one.
    let beside = file.open(2);
    assert_eq!(beside.recovered, 0);
    write(&beside, 2, "c").await;
    // As if it were killed.
    std::mem::forget(open);
    drop(log);
    assert_eq!(file.names().len(), 3, "{:?}", file.names());
    let next = file.open(3);
    assert_eq!(next.recovered, 1);
    drop((next, beside));
    assert_eq!(file.verified().map(|found| (found.lines, found.unknown)), Ok((3, 1)));
    let last: Value = serde_json::from_str(file.text().lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["run"], &last["noted_by"]), (&Value::from(run(1)), &Value::from(run(3))));
    assert_eq!((&last["object"]["name"], &last["outcome"]), (&Value::from("b"), &Value::from("unknown")));
    assert_eq!(file.names(), ["audit.jsonl"]);
    assert_eq!(file.open(4).recovered, 0);
}

/// As of a request that took too long, or of the end of a run.
#[tokio::test]
async fn where_nobody_waits_for_the_answer_that_is_noted() {
    let file = File::new();
    let log = file.open(1);
    drop(log.begin(&run(1), &who(), draft("a")).await.expect("it is noted"));
    drop(log);
    assert_eq!(file.verified().map(|found| (found.lines, found.unknown)), Ok((1, 1)));
    assert!(file.text().contains("nobody waited for the answer"));
    assert_eq!(file.names(), ["audit.jsonl"]);
}

fn config_map(name: &str, hash: &str) -> (Kind, ObjectId, Value) {
    let kind = Kind::new("v1", "ConfigMap");
    let id = ObjectId::new(&kind, Some("a"), name);
    let body = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "a", "annotations": {"reconcile.dev/hash": hash}},
        "data": {"password": "hunter2"},
    });
    (kind, id, body)
}

/// A folder as a cluster, with a namespace, of which each write is noted.
async fn audited(file: &File) -> Audited {
    let inner = Dir::open(&file.folder.path().join("cluster")).expect("a folder");
    let (kind, resource) = reconcile::manifest::namespaces();
    let id = ObjectId::namespace("a");
    let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
    inner.create(&Target { kind: &kind, resource: &resource, id: &id }, &body, MANAGER).await.expect("made");
    let about = About {
        run: run(1),
        who: who(),
        fleet: "demo".into(),
        fleet_id: "demo-1".into(),
        commit: None,
        sandboxes: [("a".to_owned(), "alpha".to_owned())].into(),
        key: key(),
    };
    Audited::new(Arc::new(inner), file.open(1), about)
}

#[tokio::test]
async fn each_write_has_its_line_and_nothing_else_has() {
    let file = File::new();
    let cluster = audited(&file).await;
    let (kind, id, body) = config_map("one", "1111");
    let resource = builtin(&kind).expect("a kind of Kubernetes' own");
    let target = Target { kind: &kind, resource: &resource, id: &id };
    let apply = |body, dry_run| Apply { body, manager: MANAGER, uid: None, resource_version: None, dry_run };
    cluster.apply(&target, &apply(&body, true)).await.expect("tried");
    assert!(cluster.metadata(&target).await.expect("asked").is_none());
    assert_eq!(file.text(), "");

    cluster.apply(&target, &apply(&body, false)).await.expect("made");
    let (_, _, changed) = config_map("one", "2222");
    cluster.apply(&target, &apply(&changed, false)).await.expect("changed");
    let patch = json!([{"op": "remove", "path": "/metadata/annotations/reconcile.dev~1hash"}]);
    cluster.try_patch(&target, &patch, MANAGER).await.expect("tried");
    cluster.patch(&target, &patch, MANAGER).await.expect("patched");
    let twice = cluster.create(&target, &body, MANAGER).await.expect_err("it is there");
    assert_eq!(twice.kind, ErrorKind::Conflict);
    let uid = cluster.metadata(&target).await.expect("asked").expect("it is there").uid;
    cluster.delete(&target, "another", Propagation::Background).await.expect_err("it is another one");
    cluster.delete(&target, &uid, Propagation::Background).await.expect("deleted");
    drop(cluster);

    let lines: Vec<Value> = file.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let told: Vec<[&Value; 4]> =
        lines.iter().map(|line| ["verb", "before", "after", "outcome"].map(|key| &line[key])).collect();
    let expected = json!([
        ["apply", null, "1111", "done"],
        ["apply", "1111", "2222", "done"],
        ["patch", "2222", null, "done"],
        ["create", null, null, "failed"],
        ["delete", null, null, "failed"],
        ["delete", null, null, "done"],
    ]);
    assert_eq!(json!(told), expected);
    assert!(lines.iter().all(|line| line["sandbox"] == "alpha" && line["object"]["name"] == "one"), "{lines:#?}");
    assert!(lines[3]["error"].as_str().is_some_and(|error| error.contains("already exists")), "{}", lines[3]);
    assert!(!file.text().contains("hunter2"));
    assert!(file.verified().is_ok());
}

#[test]
fn a_run_learns_before_its_first_write_that_it_cannot_note_it() {
    let file = File::new();
    // Where the run's own file would be, something else is.
    fs::create_dir(file.folder.path().join(format!("audit.jsonl.{}.pending", run(1)))).expect("made");
    Log::open(&file.path, &run(1), &who()).expect_err("it cannot note what it sends");
}

/// The disk fills up while a run writes: whatever the cluster has by then stands in the audit, and the next run goes on.
const RUN: &str = "reconcile --cluster dir:cluster --now 2030-01-01T00:10:00Z --quiet --audit ../audit";

#[test]
fn what_cannot_be_noted_is_not_sent() {
    // So large may a file be, in blocks of 512 bytes.
    for blocks in [4, 8, 9, 11, 13, 17] {
        let (said, _) = cut_short("for name in one two three; do sandbox $name; done; commit three", blocks, "");
        assert!(said.contains("note in the audit") && said.contains("nothing is, without the audit"), "{said}");
        assert!(!said.contains("removed again"), "a sandbox is not to blame: {said}");
    }
}

#[test]
fn an_answer_that_could_not_be_noted_is_noted_by_the_next() {
    let stage = Stage::bare();
    let output = stage.shell(&format!("sandbox one; commit one; {RUN}"));
    assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
    let audit = fs::read_to_string(stage.home.path().join("audit")).expect("it is there");
    // The actor fills the line so far that the whole line, with its answer, is one byte too long, and what was noted
    // before the write was sent is not.
    let first = audit.lines().next().expect("it was made");
    let read: Value = serde_json::from_str(first).expect("JSON");
    let others = first.len() - read["who"]["actor"].to_string().len() + "\"\"".len();
    let blocks = others / 512 + 1;
    let actor = "a".repeat(blocks * 512 + 1 - others);
    let (said, unknown) = cut_short("sandbox one; commit one", blocks, &actor);
    assert!(said.contains("what came of a write cannot be noted in the audit"), "{said}");
    assert_eq!(unknown, 1);
}

/// Applies what `made` commits with an audit that may be no longer than `blocks`, then without a limit, and answers
/// with what the first said and how many writes the audit does not know the end of.
fn cut_short(made: &str, blocks: usize, actor: &str) -> (String, u64) {
    let stage = Stage::bare();
    let output = stage.shell(made);
    assert!(output.status.success());
    let actor = if actor.is_empty() { String::new() } else { format!("export GITHUB_TRIGGERING_ACTOR={actor}; ") };
    let output = stage.shell(&format!("{actor}trap '' XFSZ; ulimit -f {blocks}; {RUN}"));
    let said = text_of(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(4), "{blocks}: {said}");

    let audit = stage.home.path().join("audit");
    let verified = || of(&fs::read(&audit).expect("it is there")).expect("it is whole");
    verified();
    let output = stage.shell(RUN);
    assert_eq!(output.status.code(), Some(0), "{blocks}: {}", text_of(&output));
    let text = fs::read_to_string(&audit).expect("it is there");
    let noted: BTreeSet<String> =
        text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["object"].to_string()).collect();
    let made = stage.shell("ls -d cluster/dev-sandbox-*/*.yaml | wc -l");
    assert_eq!(text_of(&made).trim(), noted.len().to_string(), "{blocks}");
    (said, verified().unknown)
}
