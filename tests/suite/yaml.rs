//! YAML in and out, against what the real `helm` gave.

mod any;
pub mod helm;
mod quick;
mod rules;
pub mod samples;

use std::{fs, path::PathBuf};

use reconcile::chart::yaml::{Numbers, read, to_yaml};
use serde_json::{Value, json};

const WRITTEN: &str = "tests/suite/yaml/written.json";
const READ: &str = "tests/suite/yaml/read.json";

fn helm() -> PathBuf {
    PathBuf::from(std::env::var_os("HELM").expect("HELM names the helm binary"))
}

fn golden(path: &str) -> Vec<Value> {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn writes_what_helm_wrote() {
    let cases = golden(WRITTEN);
    assert!(cases.len() >= 300);
    for case in cases {
        assert_eq!(to_yaml(&case["value"]), case["yaml"], "{}", case["value"]);
    }
}

#[test]
fn reads_what_helm_read() {
    let cases = golden(READ);
    let refused = cases.iter().filter(|case| case["refused"] == true).count();
    assert!(refused >= 100 && cases.len() - refused >= 100);
    for case in cases {
        let text = case["text"].as_str().unwrap();
        match read(text, Numbers::Float64) {
            Err(_) => assert_eq!(case["refused"], true, "{text:?}"),
            Ok(value) => assert!(helm::same(&value, &case["value"]), "{text:?} is {value}"),
        }
    }
}

#[test]
#[ignore = "needs the real helm, named by HELM"]
fn writes_as_helm_does() {
    for seed in 1..=2 {
        let values = samples::values(seed * 0x5eed, 5_000);
        assert_eq!(helm::writing_differences(&helm(), &values), [], "seed {seed}");
    }
}

#[test]
#[ignore = "needs the real helm, named by HELM"]
fn reads_as_helm_does() {
    for seed in 1..=2 {
        let texts = samples::documents(seed * 0xfeed, 5_000);
        assert_eq!(helm::reading_differences(&helm(), &texts), [], "seed {seed}");
    }
}

/// Writes the golden files anew.
#[test]
#[ignore = "needs the real helm, named by HELM"]
fn record() {
    let write = |path: &str, cases: Vec<Value>| {
        let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
        fs::write(path, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
    };
    let values = samples::values(0x601d, 400);
    let yaml = helm::evaluate(&helm(), ".sample | toYaml", &values);
    let cases = values.iter().zip(yaml);
    write(WRITTEN, cases.map(|(value, yaml)| json!({ "value": value, "yaml": yaml })).collect());
    let texts = samples::documents(0x601d, 400);
    let cases = texts.iter().zip(helm::read_texts(&helm(), &texts));
    let cases = cases.filter_map(|(text, answer)| match answer {
        helm::Answer::Value(value) => Some(json!({ "text": text, "value": value })),
        helm::Answer::Refused => Some(json!({ "text": text, "refused": true })),
        helm::Answer::NoMapping => None,
    });
    write(READ, cases.collect());
}
