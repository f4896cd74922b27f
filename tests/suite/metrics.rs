//! A run in numbers: the whole text, and that Prometheus takes it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use insta::assert_snapshot;
use jiff::Timestamp;
use reconcile::fleet::Budgeted;
use reconcile::plan::{BudgetSum, SandboxResult};
use reconcile::report::metrics::{self, Earlier, Ended, Label, NotOurs, Numbers};
use regex::Regex;

use super::report_plans::{at, every_action, every_result};

const NOW: &str = "2026-11-21T13:31:00Z";

fn ended(success: Option<&str>) -> Ended {
    Ended { at: at(NOW), status: 4, took: Duration::from_millis(61_234), success: success.map(at) }
}

fn numbers() -> Numbers {
    let took = |(name, millis): (&str, u64)| (name.to_owned(), Duration::from_millis(millis));
    Numbers {
        planning: Duration::from_millis(1500),
        applying: Some(Duration::from_secs(59)),
        sandboxes: BTreeMap::from([("corrected", 2250), ("main", 58_999)].map(took)),
    }
}

fn labels(fleet: &str) -> [Label; 1] {
    [("fleet", fleet.to_owned())]
}

/// After a run that carried out a plan with one sandbox of each sort.
fn whole() -> String {
    let (plan, mut outcome) = (every_action(), every_result());
    for came in &mut outcome.sandboxes {
        // As a run puts it: the step before the reason.
        if let SandboxResult::Failed { reason } | SandboxResult::Stale { reason } = &mut came.result {
            reason.insert_str(0, "Deployment/odoo: ");
        }
    }
    let mut families = metrics::of_run(&ended(Some("2026-11-21T13:00:00Z")));
    families.extend(metrics::of_plan(&plan, Some(&outcome), &numbers()));
    metrics::text(&families, &labels("demo"))
}

#[test]
fn a_run_that_applied() {
    assert_snapshot!(whole());
}

#[test]
fn a_plan_alone() {
    let mut families = metrics::of_run(&ended(None));
    families.extend(metrics::of_plan(&every_action(), None, &Numbers { applying: None, ..numbers() }));
    assert_snapshot!(metrics::text(&families, &labels("demo")));
}

/// By the rules of <https://prometheus.io/docs/instrumenting/exposition_formats/>: what is not so is refused whole.
#[test]
fn prometheus_takes_it() {
    let text = whole();
    assert!(text.ends_with('\n') && !text.contains("\n\n"));
    let name = Regex::new("^[a-z][a-z0-9_]*$").expect("a regular expression");
    let sample =
        Regex::new(r#"^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[0-9.]+)$"#).expect("one, too");
    let (mut helped, mut typed, mut seen) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (metric, help) = rest.split_once(' ').expect("a name and a text");
            assert!(name.is_match(metric) && metric.starts_with("reconcile_") && !help.is_empty(), "{line}");
            assert!(helped.insert(metric), "{metric} has two");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let metric = rest.strip_suffix(" gauge").expect("all are gauges");
            assert!(helped.contains(metric) && typed.insert(metric), "{line}");
        } else {
            let found = sample.captures(line).unwrap_or_else(|| panic!("no sample: {line}"));
            assert!(typed.contains(&found[1]), "{line} before its type");
            let series = line.rsplit_once(' ').map_or(line, |(series, _)| series);
            assert!(seen.insert(series), "{series} is there twice");
            assert!(series.contains("{fleet=\"demo\""), "{line}: two fleets on one machine are told apart");
            let is_time = found[1].ends_with("_timestamp_seconds");
            assert_eq!(is_time, found[3].parse::<f64>().is_ok_and(|value| value > 1e9), "{line}");
        }
    }
    assert!(typed.len() > 15, "{typed:?}");
}

#[test]
fn labels_are_escaped_and_read_back() {
    let mut plan = every_action();
    plan.cluster = "a \"b\" \\ c\nd".into();
    let fleet = "te\"am\\ 1\n,fleet=\"x\"} 7";
    let mut families = metrics::of_run(&ended(Some("2026-11-21T13:00:00Z")));
    families.extend(metrics::of_plan(&plan, None, &numbers()));
    let text = metrics::text(&families, &labels(fleet));
    assert!(text.contains(r#"cluster="a \"b\" \\ c\nd""#), "{text}");
    let earlier = Earlier { fleet: Some(fleet.into()), success: Some(at("2026-11-21T13:00:00Z")) };
    assert_eq!(metrics::last_success(&text, Some(fleet), None), Ok(earlier.clone()));
    assert_eq!(metrics::last_success(&text, None, None), Ok(earlier));
}

#[test]
fn of_an_earlier_run_its_success_is_read_and_nothing_else_is_taken_for_one() {
    let text = whole();
    let success = Some(at("2026-11-21T13:00:00Z"));
    assert_eq!(metrics::last_success(&text, Some("demo"), None).map(|earlier| earlier.success), Ok(success));
    assert_eq!(metrics::last_success(&text, Some("other"), None), Err(NotOurs::Fleet("demo".into())));
    assert_eq!(metrics::last_success("", Some("demo"), None), Ok(Earlier::default()));
    assert_eq!(metrics::last_success("name = \"demo\"\n", None, None), Err(NotOurs::Another));
    // No run has succeeded yet: whose they are is known all the same.
    let first = metrics::text(&metrics::of_run(&ended(None)), &labels("demo"));
    let none = Earlier { fleet: Some("demo".into()), success: None };
    assert_eq!(metrics::last_success(&first, Some("demo"), None), Ok(none));
    // As others may write such a file.
    for (line, expected) in [
        ("reconcile_last_success_timestamp_seconds 1.7e9", Timestamp::from_second(1_700_000_000).ok()),
        ("reconcile_last_success_timestamp_seconds{a=\"b\", } 5 17", Timestamp::from_second(5).ok()),
        ("reconcile_last_success_timestamp_seconds{a=\"b\"", None),
        ("reconcile_last_success_timestamp_seconds_more 5", None),
        ("reconcile_last_success_timestamp_seconds soon", None),
    ] {
        assert_eq!(metrics::last_success(line, None, None).map(|earlier| earlier.success), Ok(expected), "{line}");
    }
}

#[test]
fn only_a_run_that_left_nothing_undone_has_succeeded() {
    let (mut plan, mut outcome) = (every_action(), every_result());
    assert!(!metrics::is_success(&plan, Some(&outcome), 4));
    assert!(!metrics::is_success(&plan, None, 0), "somebody said no");
    assert!(metrics::is_success(&plan, Some(&outcome), 0));
    plan.sandboxes.retain(|sandbox| sandbox.steps.is_empty());
    outcome.sandboxes.clear();
    assert!(metrics::is_success(&plan, None, 0), "there was nothing to do");
}

/// The table in ci/README.md has each of them, and none that is not there.
#[test]
fn every_metric_is_documented() {
    let documented = include_str!("../../ci/README.md");
    let name = Regex::new("`(reconcile_[a-z_]+)`").expect("a regular expression");
    let table = documented.lines().filter(|line| line.starts_with("| `reconcile_")).collect::<Vec<_>>().join("\n");
    let told: BTreeSet<&str> = name.captures_iter(&table).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    let mut plan = every_action();
    let (taken, limit) = ("12".parse().expect("a quantity"), "16".parse().expect("a quantity"));
    plan.budget = vec![BudgetSum { what: Budgeted::Cpu, taken, limit, unknown: Vec::new() }];
    let mut families = metrics::of_run(&ended(Some(NOW)));
    families.extend(metrics::of_plan(&plan, Some(&every_result()), &numbers()));
    let are: BTreeSet<&str> = families.iter().map(|family| family.name).collect();
    assert_eq!(told, are);
    let text = metrics::text(&families, &labels("demo"));
    assert!(text.contains("reconcile_budget_limit{fleet=\"demo\",resource=\"cpu\"} 16\n"), "{text}");
    // Each word of a label, too.
    let words = Regex::new("(?:state|reason|outcome|mode)=\"([a-z]+)\"").expect("a regular expression");
    for word in words.captures_iter(&text) {
        assert!(table.contains(&format!("`{}`", &word[1])), "{} is not in the table", &word[1]);
    }
}
