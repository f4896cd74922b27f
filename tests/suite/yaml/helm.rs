//! What the real `helm` makes of values and templates, for comparison.

use std::{fmt::Write, fs, path::Path, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use reconcile::chart::yaml::{Numbers, read, to_yaml};
use serde_json::{Value, json};

/// Renders a template once per sample, which is `.sample` there, and gives the bytes of each.
/// `template` is an expression, such as `.sample | toYaml`.
pub fn evaluate(helm: &Path, expression: &str, samples: &[Value]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("templates")).unwrap();
    fs::write(root.join("Chart.yaml"), "apiVersion: v2\nname: oracle\nversion: 1.0.0\n").unwrap();
    let body = format!(
        "kind: Oracle\nlines:\n{{{{- range .Values.samples }}}}\n- {{{{ {expression} | toString | b64enc | quote }}}}\n{{{{- end }}}}\n"
    );
    fs::write(root.join("templates/oracle.yaml"), body).unwrap();
    let wrapped: Vec<Value> = samples.iter().map(|sample| json!({ "sample": sample })).collect();
    fs::write(root.join("input.json"), ascii(&json!({ "samples": wrapped }))).unwrap();
    let output = Command::new(helm)
        .args(["template", "oracle", "."])
        .args(["-f", "input.json"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("- \"")?.strip_suffix('"'))
        .map(|line| String::from_utf8(STANDARD.decode(line).unwrap()).unwrap())
        .collect()
}

/// JSON in ASCII alone, with YAML's escapes: YAML refuses some characters where they are not escaped.
fn ascii(value: &Value) -> String {
    let mut out = String::new();
    for c in serde_json::to_string(value).unwrap().chars() {
        if matches!(c, ' '..='~') {
            out.push(c);
        } else {
            write!(out, "\\U{:08x}", u32::from(c)).unwrap();
        }
    }
    out
}

/// The samples whose YAML differs between `helm` and this library: sample, ours, theirs.
pub fn writing_differences(helm: &Path, samples: &[Value]) -> Vec<(Value, String, String)> {
    let theirs = evaluate(helm, ".sample | toYaml", samples);
    assert_eq!(theirs.len(), samples.len());
    let mut out = Vec::new();
    for (sample, theirs) in samples.iter().zip(theirs) {
        let ours = to_yaml(sample);
        // Go's order of keys is not a total one, and its maps come in any order: helm has several answers.
        let again = || evaluate(helm, ".sample | toYaml", &vec![sample.clone(); 50]);
        if ours != theirs && !again().contains(&ours) {
            out.push((sample.clone(), ours, theirs));
        }
    }
    out
}

/// What `helm` makes of a text.
pub enum Answer {
    Value(Value),
    Refused,
    /// YAML, but not the mapping that the function in question wants.
    NoMapping,
}

pub fn read_texts(helm: &Path, texts: &[String]) -> Vec<Answer> {
    let samples: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    let answers = evaluate(helm, ".sample | fromYaml | toJson", &samples);
    assert_eq!(answers.len(), texts.len());
    let answers = answers.into_iter();
    let answers = answers.map(|answer| serde_json::from_str::<Value>(&answer).unwrap_or_default());
    answers
        .map(|answer| match answer.get("Error").and_then(Value::as_str) {
            Some(message) if message.contains("json: cannot unmarshal") => Answer::NoMapping,
            Some(_) => Answer::Refused,
            None => Answer::Value(answer),
        })
        .collect()
}

/// The texts that `helm` reads in another way: text, ours, theirs. Where both refuse one, they agree.
pub fn reading_differences(helm: &Path, texts: &[String]) -> Vec<(String, String, String)> {
    let mut out = Vec::new();
    for (text, answer) in texts.iter().zip(read_texts(helm, texts)) {
        let ours = read(text, Numbers::Float64);
        let theirs = match (&ours, answer) {
            (Err(_), Answer::Refused) => continue,
            (Ok(ours), Answer::NoMapping) if !ours.is_object() => continue,
            (Ok(Value::Null), Answer::Value(theirs)) if theirs == json!({}) => continue,
            (Ok(ours), Answer::Value(theirs)) if same(ours, &theirs) => continue,
            (_, Answer::Refused) => "refused".to_owned(),
            (_, Answer::NoMapping) => "no mapping".to_owned(),
            (_, Answer::Value(theirs)) => theirs.to_string(),
        };
        let ours = ours.map_or_else(|error| error.to_string(), |value| value.to_string());
        out.push((text.clone(), ours, theirs));
    }
    out
}

/// Equality that does not ask how a number is stored.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            // serde_json, which reads helm's answer, is one digit off at times.
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= a.abs() * 1e-15
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}
