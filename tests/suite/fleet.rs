//! Reading a fleet's files: what is good, and every error of what is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use insta::assert_snapshot;
use proptest::prelude::*;
use reconcile::fleet::{Broken, Diagnostic, Fleet, Level, Life, Odd, fleet_schema, sandbox_schema};

const FLEET: &str = "name = \"demo\"\nid = \"demo-1\"\ndomain = \"example.com\"\n[defaults]\nchart = \"app\"\n";

type Files = BTreeMap<String, Arc<[u8]>>;

fn files(list: &[(&str, &str)]) -> Files {
    let fleet = std::iter::once(("fleet.toml", FLEET));
    fleet
        .chain(list.iter().copied())
        .map(|(name, text)| (format!("sandboxes/{name}"), Arc::from(text.as_bytes())))
        .collect()
}

fn parse(list: &[(&str, &str)]) -> Fleet {
    Fleet::parse(&files(list), &BTreeMap::new()).unwrap()
}

fn shown<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> String {
    let all: Vec<String> = diagnostics.into_iter().map(|found| found.render(false)).collect();
    all.join("\n\n")
}

fn messages(broken: &Broken) -> Vec<String> {
    broken.diagnostics.iter().map(ToString::to_string).collect()
}

/// One input, as a fleet's settings or as a sandbox, by its name.
fn outcome(stem: &str, text: &str) -> String {
    if stem.starts_with("fleet") {
        return match Fleet::parse(&files(&[("fleet.toml", text)]), &BTreeMap::new()) {
            Ok(fleet) => serde_json::to_string_pretty(&fleet.settings).unwrap(),
            Err(unusable) => shown(&unusable.diagnostics),
        };
    }
    let fleet = parse(&[(&format!("{stem}.toml"), text)]);
    match fleet.sandboxes.get(stem) {
        Some(sandbox) => serde_json::to_string_pretty(sandbox).unwrap(),
        None => shown(&fleet.broken[stem].diagnostics),
    }
}

#[test]
fn inputs() {
    insta::glob!("fleet_inputs/*.toml", |path| {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => true }, {
            assert_snapshot!(outcome(stem, &text));
        });
    });
}

#[test]
fn colour_is_asked_for() {
    let fleet = parse(&[("x.toml", "brnch = 1\n")]);
    let found = &fleet.broken["x"].diagnostics[0];
    assert!(!found.render(false).contains('\u{1b}'));
    assert!(found.render(true).contains('\u{1b}'));
}

#[test]
fn a_broken_file_breaks_its_own_sandbox_alone() {
    let fleet = parse(&[("good.toml", "branch = \"a\"\n"), ("bad.toml", "branch =\n")]);
    assert_eq!(fleet.sandboxes.keys().collect::<Vec<_>>(), ["good"]);
    assert_eq!(fleet.broken.keys().collect::<Vec<_>>(), ["bad"]);
}

#[test]
fn a_broken_fleet_holds_everything_and_tells_every_error_of_every_file() {
    let all = files(&[("fleet.toml", "nam = 1\n"), ("a.toml", "brnch = 1\n"), ("b.toml", "branch = \"b\"\n")]);
    let unusable = Fleet::parse(&all, &BTreeMap::new()).unwrap_err();
    let paths: Vec<&str> = unusable.diagnostics.iter().map(|found| found.path.as_str()).collect();
    assert!(paths.contains(&"sandboxes/fleet.toml") && paths.contains(&"sandboxes/a.toml"), "{paths:?}");
    assert!(!paths.contains(&"sandboxes/b.toml"));
}

#[test]
fn a_missing_fleet_is_an_error_and_not_an_empty_fleet() {
    let unusable = Fleet::parse(&BTreeMap::new(), &BTreeMap::new()).unwrap_err();
    assert!(unusable.diagnostics[0].hint.as_ref().unwrap().contains("write one"));
}

#[test]
fn what_is_no_file_is_held_by_its_name() {
    let odd = BTreeMap::from([
        ("sandboxes/link.toml".to_owned(), Odd::Symlink("x".to_owned())),
        ("sandboxes/sub.toml".to_owned(), Odd::Submodule),
        ("sandboxes/large.toml".to_owned(), Odd::TooLarge(1 << 30)),
        ("sandboxes/socket.toml".to_owned(), Odd::Special),
    ]);
    let large = "x".repeat(2 * 1024 * 1024);
    let all = files(&[("folder.toml/inside", ""), ("SHOUTED.TOML", ""), ("huge.toml", &large), ("Bad_Name.toml", "")]);
    let fleet = Fleet::parse(&all, &odd).unwrap();
    let names: Vec<&str> = fleet.broken.keys().map(String::as_str).collect();
    assert_eq!(names, ["Bad_Name", "SHOUTED", "folder", "huge", "large", "link", "socket", "sub"]);
    assert!(fleet.sandboxes.is_empty());
}

#[test]
fn what_is_not_utf8_is_held_with_its_place() {
    let mut all = files(&[]);
    all.insert("sandboxes/latin.toml".to_owned(), Arc::from(&b"branch = \"a\"\nowner = \"M\xfcller\"\n"[..]));
    let fleet = Fleet::parse(&all, &BTreeMap::new()).unwrap();
    assert_eq!(
        messages(&fleet.broken["latin"]),
        ["sandboxes/latin.toml:2:11: this file is not UTF-8 from here on (save it as UTF-8)"]
    );
}

#[test]
fn other_files_are_warned_of_and_some_belong_there() {
    let fleet = parse(&[
        ("note.txt", ""),
        ("old/x.toml", ""),
        ("old/y.toml", ""),
        ("README.md", ""),
        (".gitkeep", ""),
        ("lock.toml", ""),
        ("fleet.schema.json", ""),
    ]);
    let paths: Vec<&str> = fleet.warnings.iter().map(|found| found.path.as_str()).collect();
    assert_eq!(paths, ["sandboxes/note.txt", "sandboxes/old"]);
    assert!(fleet.warnings.iter().all(|found| found.level == Level::Warning));
    assert!(fleet.broken.is_empty());
}

#[test]
fn a_name_that_is_too_long_with_the_prefix_tells_by_how_much() {
    let name = "a".repeat(53);
    let fleet = parse(&[(&format!("{name}.toml"), "branch = \"a\"\n")]);
    let found = messages(&fleet.broken[&name]);
    assert!(found[0].contains("2 characters too long (65 of at most 63)"), "{found:?}");
    let name = "a".repeat(51);
    let fleet = parse(&[(&format!("{name}.toml"), "branch = \"a\"\n")]);
    assert_eq!(fleet.sandboxes[&name].namespace.len(), 63);
}

#[test]
fn defaults_come_from_the_fleet() {
    let fleet = parse(&[("x.toml", "branch = \"Feature/X\"\n")]);
    let sandbox = &fleet.sandboxes["x"];
    assert_eq!(sandbox.chart, "app");
    assert_eq!(sandbox.life, Life::For(jiff::SignedDuration::from_hours(7 * 24)));
    assert_eq!(sandbox.slug, "feature-x");
    assert_eq!(sandbox.namespace, "dev-sandbox-x");
    assert_eq!(sandbox.host.as_deref(), Some("x.example.com"));
    assert_eq!(sandbox.url.as_deref(), Some("https://x.example.com"));
    assert_eq!(fleet.settings.limits.max_sandboxes, 5);
    assert_eq!(fleet.settings.limits.max_pins, 3);
    assert_eq!(fleet.settings.limits.max_pin.0, jiff::SignedDuration::from_hours(48));
}

#[test]
fn without_a_domain_there_is_no_host() {
    let all = files(&[
        ("fleet.toml", "name = \"f\"\nid = \"f\"\n[defaults]\nchart = \"c\"\n"),
        ("x.toml", "branch = \"x\"\n"),
    ]);
    let fleet = Fleet::parse(&all, &BTreeMap::new()).unwrap();
    assert_eq!((&fleet.sandboxes["x"].host, &fleet.sandboxes["x"].url), (&None, &None));
}

#[test]
fn without_a_chart_a_sandbox_is_broken() {
    let all = files(&[("fleet.toml", "name = \"f\"\nid = \"f\"\n"), ("x.toml", "branch = \"x\"\n")]);
    let fleet = Fleet::parse(&all, &BTreeMap::new()).unwrap();
    assert!(messages(&fleet.broken["x"])[0].contains("no chart is named"));
}

#[test]
fn two_sandboxes_under_one_host_are_warned_of() {
    let all = files(&[
        (
            "fleet.toml",
            "name = \"f\"\nid = \"f\"\ndomain = \"d\"\nhost = \"{branch}.{domain}\"\n[defaults]\nchart = \"c\"\n",
        ),
        ("x.toml", "branch = \"same\"\n"),
        ("y.toml", "branch = \"same\"\n"),
    ]);
    let fleet = Fleet::parse(&all, &BTreeMap::new()).unwrap();
    assert_eq!(fleet.sandboxes.len(), 2);
    assert!(fleet.warnings[0].message.contains("is that of `x` too"));
}

#[test]
fn line_ends_and_marks_of_other_systems_are_read() {
    let fleet = parse(&[("x.toml", "branch = \"a\"\r\nttl = \"3d\"\r\n")]);
    assert_eq!(fleet.sandboxes["x"].branch, "a");
    let fleet = parse(&[("x.toml", "\u{feff}branch = \"a\"\n")]);
    assert_eq!(fleet.sandboxes["x"].branch, "a");
    let fleet = parse(&[("x.toml", "branch = \"a\"\r\nttll = 1\r\n")]);
    assert_eq!(messages(&fleet.broken["x"]), ["sandboxes/x.toml:2:1: unknown key `ttll` (did you mean `ttl`?)"]);
}

/// `BLESS=1 cargo test` writes the schemas anew.
#[test]
fn the_schemas_are_current() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sandboxes");
    for (name, wanted) in [("fleet.schema.json", fleet_schema()), ("sandbox.schema.json", sandbox_schema())] {
        let path = folder.join(name);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "sandboxes/{name} is not what the types say: BLESS=1 cargo test schemas writes it");
    }
}

/// The reader and the schema are made from different code: here they meet.
#[test]
fn the_schema_knows_the_keys_that_the_reader_knows() {
    for (schema, file, base) in
        [(sandbox_schema(), "x.toml", "branch = \"a\"\n"), (fleet_schema(), "fleet.toml", "name = \"f\"\nid = \"f\"\n")]
    {
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        for key in &keys {
            // A date is the wrong type for most keys, and never an unknown key.
            let text = format!("{key} = 1979-05-27T07:32:00Z\n");
            let text = if base.contains(&format!("{key} =")) { text } else { format!("{base}{text}") };
            let said = match Fleet::parse(&files(&[(file, &text)]), &BTreeMap::new()) {
                Ok(fleet) => shown(fleet.diagnostics()),
                Err(unusable) => shown(&unusable.diagnostics),
            };
            assert!(!said.contains("unknown key"), "{key}: {said}");
        }
        let hint = match Fleet::parse(&files(&[(file, "zzz = 1\n")]), &BTreeMap::new()) {
            Ok(fleet) => shown(fleet.diagnostics()),
            Err(unusable) => shown(&unusable.diagnostics),
        };
        for key in keys {
            assert!(hint.contains(key.as_str()), "{key} is not among the known keys: {hint}");
        }
        assert_eq!(schema["additionalProperties"], serde_json::Value::Bool(false));
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    for text in [
        format!("branch = \"a\"\n[values]\nx = {}", "[".repeat(200_000)),
        format!("branch = \"a\"\n[values]\nx = {}", "{ y = ".repeat(150_000)),
        format!("branch = \"a\"\n[values]\n{} = 1", vec!["y"; 200_000].join(".")),
        format!("branch = \"a\"\n[values.{}]", vec!["y"; 200_000].join(".")),
        "[[a]]\n".repeat(100_000),
    ] {
        assert!(parse(&[("x.toml", &text)]).broken.contains_key("x"));
    }
}

proptest! {
    /// Pieces of TOML in any order: whatever they make is read, or told with a place that is there.
    #[test]
    fn no_text_breaks_the_reader(pieces in proptest::collection::vec(PIECES, 0..24)) {
        let text = pieces.concat();
        let fleet = parse(&[("x.toml", &text)]);
        prop_assert!(fleet.sandboxes.contains_key("x") != fleet.broken.contains_key("x"));
        for found in fleet.diagnostics() {
            found.render(true);
            let at = found.at.as_ref();
            prop_assert!(at.is_none_or(|at| at.source.get(at.span.clone()).is_some()));
        }
        let _ = Fleet::parse(&files(&[("fleet.toml", &text)]), &BTreeMap::new());
    }
}

/// A regular expression for a piece of a file.
const PIECES: &str = "branch|ttl|pin|values|[.=\"'\\[\\]{},#\n\r\t\\\\ ]| = |\"a\"|\"3d\"|\n|\\[pin\\]\n|\\[values\\]\n|1|2026-12-01T00:00:00Z|true|nan|é|\u{1F600}|\u{0}|\"\"\"";
