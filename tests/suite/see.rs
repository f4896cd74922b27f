//! What people are told of sandboxes: lists and single ones, as text and as JSON.

use reconcile::plan::{LISTING_VERSION, Listed, Listing, Ready, Standing, listing_schema, status_schema};
use reconcile::report::junit::{Suite, TestCase, Verdict, junit};
use reconcile::report::plain;
use reconcile::report::test_result::TestResult;
use reconcile::report::text::{ListOptions, list};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::json_schema::fits;
use super::schemas::assert_current;

const STATES: [Standing; 18] = [
    Standing::Lives,
    Standing::Asleep,
    Standing::Expiring,
    Standing::Create,
    Standing::Update,
    Standing::Correct,
    Standing::Adopt,
    Standing::Replace,
    Standing::Expire,
    Standing::Remove,
    Standing::Held,
    Standing::Refused,
    Standing::Failed,
    Standing::Broken,
    Standing::Ending,
    Standing::Foreign,
    Standing::Over,
    Standing::Unknown,
];

/// A sandbox in every state.
fn every_state() -> Listing {
    let now = "2030-01-03T00:00:00Z".parse().expect("a time");
    let one = |(number, state): (usize, Standing)| Listed {
        name: format!("sandbox-{number}"),
        namespace: format!("dev-sandbox-sandbox-{number}"),
        branch: Some(format!("feature/number-{number}")),
        image: Some(format!("registry.example.com/woow-odoo-dev:feature-number-{number}-1a2b3c4")),
        owner: (number % 2 == 0).then(|| "ada".to_owned()),
        state,
        reason: Some("why".to_owned()),
        remedy: None,
        ready: (number % 3 != 0).then_some(Ready { ready: number % 2, wanted: 2 }),
        created: (number % 2 == 0).then(|| "2030-01-01T20:00:00Z".parse().expect("a time")),
        expires: (number % 4 != 0).then(|| "2030-01-04T02:00:00Z".parse().expect("a time")),
        never_expires: number % 4 == 0,
        url: Some(format!("https://sandbox-{number}.dev.example.com")),
        commit: Some("1a2b3c4d".repeat(5)),
    };
    Listing {
        version: LISTING_VERSION,
        fleet: "team".to_owned(),
        commit: Some("1a2b3c4d".repeat(5)),
        cluster: "test".to_owned(),
        now,
        unread: Vec::new(),
        sandboxes: STATES.into_iter().enumerate().map(one).collect(),
    }
}

fn schema(schema: &schemars::Schema) -> String {
    format!("{}\n", serde_json::to_string_pretty(schema).expect("JSON"))
}

#[test]
fn the_schema_of_a_list_is_current() {
    assert_current("src/report/list.schema.json", &schema(&listing_schema()));
}

#[test]
fn the_schema_of_a_status_is_current() {
    assert_current("src/report/status.schema.json", &schema(&status_schema()));
}

#[test]
fn the_schema_of_credentials_is_current() {
    assert_current("src/report/credentials.schema.json", &schema(&reconcile::report::logins::logins_schema()));
}

#[test]
fn a_list_fits_its_schema_and_each_state_is_the_word_that_is_shown() {
    let listing = serde_json::to_value(every_state()).expect("JSON");
    fits(&listing, &serde_json::to_value(listing_schema()).expect("JSON"));
    let words: Vec<&str> =
        listing["sandboxes"].as_array().into_iter().flatten().filter_map(|s| s["state"].as_str()).collect();
    assert_eq!(words, STATES.map(Standing::word));
}

/// What `plan` calls an action, `list` calls a state.
#[test]
fn the_words_are_those_of_a_plan() {
    let schema = serde_json::to_value(reconcile::report::json::schema()).expect("JSON");
    let actions = schema["$defs"]["Action"]["oneOf"].as_array().expect("a list");
    let mut seen = 0;
    for action in actions.iter().filter_map(|action| action["const"].as_str()).filter(|action| *action != "keep") {
        assert!(STATES.iter().any(|state| state.word() == action), "{action}");
        seen += 1;
    }
    assert_eq!(seen, 10);
}

#[test]
fn a_table_fits_its_terminal_and_says_what_it_leaves_out() {
    for width in [80, 100, 120, 200] {
        let text = plain(&list(&every_state(), &ListOptions { wide: false, width: Some(width) }));
        let widest = text.lines().map(UnicodeWidthStr::width).max().unwrap_or_default();
        assert!(widest <= width, "{widest} > {width}\n{text}");
        for title in ["name", "state", "ready", "age", "expires in", "owner", "url", "branch", "image"] {
            let is_shown = text.lines().next().unwrap_or_default().contains(&title.to_uppercase());
            let is_named = text.lines().last().unwrap_or_default().contains(title);
            assert!(is_shown || is_named, "{title} at {width}\n{text}");
        }
    }
    insta::assert_snapshot!(plain(&list(&every_state(), &ListOptions { wide: false, width: Some(80) })));
}

#[test]
fn what_could_not_be_read_is_no_nothing() {
    let mut listing = every_state();
    listing.unread.push("the workloads".to_owned());
    let text = plain(&list(&listing, &ListOptions { wide: false, width: None }));
    assert!(text.lines().any(|line| line.contains(" ? ")), "{text}");
}

/// A status as JSON, which scenarios print, fits too.
#[test]
fn a_status_fits_its_schema() {
    let printed = include_str!("scenarios/status/transcript.snap");
    let (_, json) = printed.split_once("--format json | grep -v '\"created\"'\n").expect("the step");
    let (json, _) = json.split_once("\n$ ").expect("the step after it");
    let mut status: Value = serde_json::from_str(json).expect("JSON");
    status["created"] = Value::Null;
    fits(&status, &serde_json::to_value(status_schema()).expect("JSON"));
}

/// Whatever a test writes: the report is XML that a reader takes, with the same counts.
#[test]
fn a_report_of_tests_is_read_whatever_they_wrote() {
    let everything: String =
        (0..0x300).chain(0xd000..0xe010).chain(0xfff0..0x10010).filter_map(char::from_u32).collect();
    for text in [everything.as_str(), "]]>", "<![CDATA[", "&amp;", "\u{1b}[31m", "--> <!--", ""] {
        let case = |verdict| TestCase { class: text.to_owned(), name: text.to_owned(), seconds: Some(1.5), verdict };
        let verdicts = [
            Verdict::Passed,
            Verdict::Failed(text.to_owned()),
            Verdict::Error(text.to_owned()),
            Verdict::Skipped(text.to_owned()),
        ];
        let suite = Suite {
            name: text.to_owned(),
            began: "2030-01-01T00:00:00Z".parse().expect("a time"),
            seconds: 6.0,
            cases: verdicts.into_iter().map(case).collect(),
            output: text.to_owned(),
        };
        let read = TestResult::parse(&junit(&suite)).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!((read.passed, read.failed, read.errors, read.skipped), (1, 1, 1, 1), "{text:?}");
    }
}
