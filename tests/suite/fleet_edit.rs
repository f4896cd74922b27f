//! Edits of sandbox files: what is set is set, and all else stays as it was written.

use jiff::Timestamp;
use proptest::prelude::*;
use reconcile::fleet::{Assignment, compared, edited, extended, pinned, written};

const FILE: &str = "\
# What the shop team shows.
branch = \"shop\"   # theirs
image = 'registry.example.com/shop:1'

ttl = \"3d\"   # short

[values]
# Two are enough.
odoo.workers = 2
\"a.b\" = { c = [1, 2] }  # odd
";

fn value(text: &str) -> Assignment {
    Assignment::of_value(text).unwrap()
}

fn key(text: &str) -> Assignment {
    Assignment::of_file(text).unwrap()
}

/// The lines that differ, as a diff has them.
fn changed(before: &str, after: &str) -> Vec<String> {
    let diff = similar::TextDiff::from_lines(before, after);
    let lines = diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
    lines.map(|change| format!("{}{}", change.tag(), change.value().trim_end_matches('\n'))).collect()
}

#[test]
fn one_key_is_one_line() {
    let cases = [
        (
            key("image=registry.example.com/shop:2"),
            "-image = 'registry.example.com/shop:1'",
            "+image = \"registry.example.com/shop:2\"",
        ),
        (key("ttl=5d"), "-ttl = \"3d\"   # short", "+ttl = \"5d\"   # short"),
        (value("odoo.workers=4"), "-odoo.workers = 2", "+odoo.workers = 4"),
        (value("a\\.b.c={x,7,true}"), "-\"a.b\" = { c = [1, 2] }  # odd", "+\"a.b\" = { c = [\"x\", 7, true] }  # odd"),
        (value("a\\.b.c=[]"), "-\"a.b\" = { c = [1, 2] }  # odd", "+\"a.b\" = { c = [] }  # odd"),
    ];
    for (assignment, before, after) in cases {
        let text = edited(FILE, &[assignment]).unwrap();
        assert_eq!(changed(FILE, &text), [before, after]);
    }
}

#[test]
fn what_was_not_there_gets_its_place() {
    let text = edited(FILE, &[key("owner=ada"), value("new.deep=yes"), key("values.odoo.db=x")]).unwrap();
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["owner"].as_str(), Some("ada"));
    assert_eq!(table["values"]["new"]["deep"].as_str(), Some("yes"));
    assert_eq!(table["values"]["odoo"]["db"].as_str(), Some("x"));
    assert!(changed(FILE, &text).iter().all(|line| line.starts_with('+')), "{text}");
    let text = edited("branch = \"a\"\n", &[value("odoo.workers=2"), key("schedule.awake=Mon 08:00-09:00")]).unwrap();
    assert_eq!(text, "branch = \"a\"\n\n[values]\nodoo.workers = 2\n\n[schedule]\nawake = \"Mon 08:00-09:00\"\n");
}

/// As editors of Windows write files.
#[test]
fn ends_of_lines_and_a_byte_order_mark_stay() {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let edits: [&dyn Fn(&str) -> String; 4] = [
        &|text| edited(text, &[key("ttl=5d"), value("new.deep=yes"), key("owner=ada")]).unwrap(),
        &|text| extended(text, "3d", now).unwrap(),
        &|text| pinned(text, Some((now, "qa", "a demo"))).unwrap(),
        &|text| edited(text, &[value("odoo.workers="), value("a\\.b.c=")]).unwrap(),
    ];
    let windows = |text: &str| text.replace('\n', "\r\n");
    let marked = |text: &str| format!("\u{feff}{text}");
    for edit in edits {
        let plain = edit(FILE);
        assert_ne!(plain, FILE);
        assert_eq!(edit(&windows(FILE)), windows(&plain));
        assert_eq!(edit(&marked(FILE)), marked(&plain));
        assert_eq!(edit(&marked(&windows(FILE))), marked(&windows(&plain)));
    }
    assert_eq!(extended(&windows(FILE), "3d", now).unwrap().matches("extended").count(), 1);
}

#[test]
fn what_is_taken_out_is_gone_with_its_empty_tables() {
    let text = edited(FILE, &[key("ttl="), key("values.odoo.workers=null")]).unwrap();
    let table: toml::Table = text.parse().unwrap();
    assert!(!table.contains_key("ttl"));
    assert!(!table["values"].as_table().unwrap().contains_key("odoo"));
    assert_eq!(edited(FILE, &[key("owner=")]).unwrap(), FILE, "what is not there is gone already");
}

#[test]
fn values_are_read_as_helm_reads_them() {
    let cases = [
        ("a=1", "1"),
        ("a=-5", "-5"),
        ("a=007", "\"007\""),
        ("a=1.5", "\"1.5\""),
        ("a=true", "true"),
        ("a=True", "\"True\""),
        ("a=x=y", "\"x=y\""),
        ("a={}", "[]"),
        ("a={a\\,b,c}", "[\"a,b\", \"c\"]"),
        ("a=99999999999999999999", "\"99999999999999999999\""),
    ];
    for (text, wanted) in cases {
        assert_eq!(value(text).value.unwrap().to_string(), wanted, "{text}");
    }
}

#[test]
fn what_cannot_be_is_told() {
    for text in ["a", "=1", "a..b=1", "a[0]=1", ".=1", "a={1", "a\\=1"] {
        assert!(Assignment::of_value(text).is_err(), "{text}");
    }
    let told = |text: &str| Assignment::of_file(text).unwrap_err();
    assert_eq!(told("imag=x").hint.unwrap(), "did you mean `image`?");
    assert!(told("odoo.workers=2").hint.unwrap().contains("--set odoo.workers"));
    let error = edited(FILE, &[value("odoo.workers.more=1")]).unwrap_err();
    assert_eq!(error.message, "`values.odoo.workers` is no table, and `values.odoo.workers.more` would be in it");
    assert!(edited("branch = ", &[]).is_err());
}

#[test]
fn a_life_that_is_as_it_was_starts_anew() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (first, second) = (at("2030-01-01T00:00:00Z"), at("2030-01-02T00:00:00Z"));
    let once = extended(FILE, "3d", first).unwrap();
    assert_eq!(
        changed(FILE, &once),
        ["-ttl = \"3d\"   # short", "+ttl = \"3d\"   # short, extended 2030-01-01T00:00:00Z"]
    );
    let twice = extended(&once, "3d", second).unwrap();
    assert_eq!(
        changed(FILE, &twice),
        ["-ttl = \"3d\"   # short", "+ttl = \"3d\"   # short, extended 2030-01-02T00:00:00Z"]
    );
    let bare = extended("branch = \"a\"\nttl = \"3d\"\n", "3d", first).unwrap();
    assert_eq!(bare, "branch = \"a\"\nttl = \"3d\"  # extended 2030-01-01T00:00:00Z\n");
    let dated = extended("branch = \"a\"\nexpires = 2030-01-01T00:00:00Z\n", "3d", first).unwrap();
    assert_eq!(dated, "branch = \"a\"\nttl = \"3d\"\n");
}

#[test]
fn a_pin_comes_and_goes() {
    let until = "2030-01-01T00:00:00Z".parse().unwrap();
    let with = pinned(FILE, Some((until, "qa", "a \"demo\""))).unwrap();
    assert!(with.ends_with("\n[pin]\nuntil = 2030-01-01T00:00:00Z\nowner = \"qa\"\nreason = 'a \"demo\"'\n"), "{with}");
    let table: toml::Table = with.parse().unwrap();
    assert_eq!(table["pin"]["reason"].as_str(), Some("a \"demo\""));
    assert_eq!(pinned(&with, None).unwrap(), FILE);
}

#[test]
fn versions_are_compared_key_by_key() {
    let new = edited(FILE, &[key("image=x"), value("password=hunter2"), key("ttl=")]).unwrap();
    let lines: Vec<String> =
        compared(Some(FILE), Some(&new)).unwrap().iter().map(reconcile::fleet::KeyChange::line).collect();
    assert_eq!(
        lines,
        ["image: \"registry.example.com/shop:1\" → \"x\"", "ttl: \"3d\" → nothing", "values.password: …",]
    );
    let other = edited(&new, &[value("password=other")]).unwrap();
    assert_eq!(compared(Some(&new), Some(&other)).unwrap()[0].line(), "values.password: changed");
    assert_eq!(compared(Some("= ="), Some(FILE)), None);
    assert_eq!(compared(Some(FILE), Some(&FILE.replace("# short", ""))), Some(vec![]));
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_.=\\[\\]{}, \"'#\u{e4}-]{1,8}"
}

proptest! {
    /// Whatever is set can be read back as it was set, beside all that was there.
    #[test]
    fn what_is_set_is_read_back(parts in prop::collection::vec(name(), 1..4), text in ".{1,20}") {
        let assignment = Assignment { key: [vec!["values".to_owned()], parts.clone()].concat(), value: Some(text.as_str().into()) };
        let Ok(after) = edited(FILE, std::slice::from_ref(&assignment)) else { return Ok(()) };
        let table: toml::Table = after.parse().expect("it is TOML still");
        let mut at = &table["values"];
        for part in &parts {
            at = &at[part.as_str()];
        }
        prop_assert_eq!(at.as_str(), Some(text.as_str()));
        prop_assert!(after.contains("# What the shop team shows.\nbranch = \"shop\"   # theirs\n"));
        prop_assert!(after.contains("# Two are enough.\n"));
        let again = edited(&after, &[assignment]).unwrap();
        prop_assert_eq!(again, after);
    }

    /// A new file says what it was made of.
    #[test]
    fn a_new_file_says_what_it_was_made_of(branch in ".{1,30}", image in ".{1,30}") {
        let made = |key: &str, text: &str| Assignment { key: vec![key.to_owned()], value: Some(text.into()) };
        let file = written(&[made("branch", &branch), made("image", &image)]).unwrap();
        let table: toml::Table = file.parse().unwrap();
        prop_assert_eq!(table["branch"].as_str(), Some(branch.as_str()));
        prop_assert_eq!(table["image"].as_str(), Some(image.as_str()));
        prop_assert!(file.starts_with("#:schema "));
    }

    /// Nothing that is typed makes a panic.
    #[test]
    fn anything_is_read_or_refused(text in ".{0,40}") {
        let _ = Assignment::of_value(&text);
        let _ = Assignment::of_file(&text);
        let _ = edited(&text, &[]);
        let _ = compared(Some(&text), None);
    }
}
