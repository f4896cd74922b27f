//! What the real `helm` makes of values and templates, for comparison.

use std::{fmt::Write, fs, path::Path, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// Renders a template once per sample, which is `.sample` there, and gives the bytes of each.
/// `template` is an expression, such as `.sample | toYaml`.
pub fn evaluate(helm: &Path, expression: &str, samples: &[Value]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("templates")).unwrap();
    fs::write(
        root.join("Chart.yaml"),
        "apiVersion: v2\nname: oracle\nversion: 1.0.0\n",
    )
    .unwrap();
    let body = format!(
        "kind: Oracle\nlines:\n{{{{- range .Values.samples }}}}\n- {{{{ {expression} | toString | b64enc | quote }}}}\n{{{{- end }}}}\n"
    );
    fs::write(root.join("templates/oracle.yaml"), body).unwrap();
    let wrapped: Vec<Value> = samples
        .iter()
        .map(|sample| json!({ "sample": sample }))
        .collect();
    fs::write(
        root.join("input.json"),
        ascii(&json!({ "samples": wrapped })),
    )
    .unwrap();
    let output = Command::new(helm)
        .args(["template", "oracle", "."])
        .args(["-f", "input.json"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
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
pub fn differences(helm: &Path, samples: &[Value]) -> Vec<(Value, String, String)> {
    let theirs = evaluate(helm, ".sample | toYaml", samples);
    assert_eq!(theirs.len(), samples.len());
    let mut out = Vec::new();
    for (sample, theirs) in samples.iter().zip(theirs) {
        let ours = reconcile::chart::yaml::to_yaml(sample);
        // Go's order of keys is not a total one, and its maps come in any order: helm has several answers.
        let again = || evaluate(helm, ".sample | toYaml", &vec![sample.clone(); 50]);
        if ours != theirs && !again().contains(&ours) {
            out.push((sample.clone(), ours, theirs));
        }
    }
    out
}

/// The texts that `helm` reads in another way: text, ours, theirs. Where both refuse one, they agree.
pub fn reading_differences(helm: &Path, texts: &[String]) -> Vec<(String, String, String)> {
    let samples: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    let theirs = evaluate(helm, ".sample | fromYaml | toJson", &samples);
    assert_eq!(theirs.len(), texts.len());
    let mut out = Vec::new();
    for (text, theirs) in texts.iter().zip(theirs) {
        let theirs: Value = serde_json::from_str(&theirs).unwrap_or_default();
        let refused = theirs.get("Error").and_then(Value::as_str);
        match (
            reconcile::chart::yaml::read(text, reconcile::chart::yaml::Numbers::Float64),
            refused,
        ) {
            (Err(_), Some(_)) => {}
            // Go wants a mapping here.
            (Ok(ours), Some(message))
                if !ours.is_object() && message.contains("json: cannot unmarshal") => {}
            (Ok(Value::Null), None) if theirs == json!({}) => {}
            (Ok(ours), None) if same(&ours, &theirs) => {}
            (ours, _) => {
                let ours = ours.map_or_else(|error| error.to_string(), |value| value.to_string());
                out.push((text.clone(), ours, theirs.to_string()));
            }
        }
    }
    out
}

/// Equality that does not ask how a number is stored.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            // serde_json, which reads helm's answer, is one digit off at times.
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= a.abs() * 1e-15
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}
