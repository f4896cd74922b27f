//! Texts in and out: YAML, JSON and TOML.

use super::dice::{Dice, count};
use super::helm::Snippet;
use super::samples;
use super::verdict;
use serde_json::json;

/// Values from the values file, written in each form.
#[test]
fn written() {
    let mut snippets = Vec::new();
    let seed = u64::try_from(Dice::new(6).below(1 << 30)).expect("30 bits");
    for value in samples::values(seed | 1, count(3000)) {
        for name in ["toYaml", "toYamlPretty", "toJson", "toPrettyJson", "toRawJson", "toToml"] {
            let name = (name, format!("{{{{ {name} .Values.x }}}}"));
            snippets.push(Snippet::with(name.0, name.1, json!({ "x": value })));
        }
    }
    verdict::judge("text, written", &snippets, &[]);
}

/// Texts that are YAML, or nearly so, read and written again.
#[test]
fn yaml_read() {
    let mut snippets = Vec::new();
    let seed = u64::try_from(Dice::new(7).below(1 << 30)).expect("30 bits");
    for text in samples::documents(seed | 1, count(12_000)) {
        let values = json!({ "x": text });
        snippets.push(Snippet::with("fromYaml", "{{ fromYaml .Values.x | toJson }}", values.clone()));
        snippets.push(Snippet::with(
            "fromYamlArray",
            "{{ fromYamlArray (print \"- \" (.Values.x | indent 2 | trim)) | toJson }}",
            values,
        ));
    }
    verdict::judge("text, YAML read", &snippets, &[]);
}

const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\n",
    "\"a\"",
    "\"b\"",
    "\"\\n\"",
    "\"\\u00e9\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "\"\\x\"",
    "\"",
    "1",
    "-1",
    "1.5",
    "1e3",
    "1E400",
    "01",
    "-",
    ".5",
    "1.",
    "+1",
    "true",
    "false",
    "null",
    "nul",
    "tru",
    "True",
    "NaN",
    "é",
    "\t",
    "\u{1}",
    "{\"a\":1}",
    "[1,2]",
    "\"a\":",
    "/",
    "\\",
    "12345678901234567890",
    "0.1",
    "1e21",
    "1e-7",
    "-0",
    "'a'",
];

#[test]
fn json_read() {
    let mut dice = Dice::new(8);
    let mut snippets = Vec::new();
    for _ in 0..count(6000) {
        let text: String = (0..=dice.below(7)).map(|_| dice.pick(JSON)).collect();
        let text = match dice.below(3) {
            0 => text,
            1 => format!("{{\"k\":{text}}}"),
            _ => format!("[{text}]"),
        };
        for name in ["fromJson", "fromJsonArray", "mustFromJson"] {
            snippets.push(Snippet::with(name, format!("{{{{ {name} .Values.x | toJson }}}}"), json!({ "x": text })));
        }
    }
    verdict::judge("text, JSON read", &snippets, &[]);
}

const TOML: &[&str] = &[
    "a = 1\n",
    "b = \"x\"\n",
    "[t]\n",
    "[[l]]\n",
    "[t.u]\n",
    "a.b = 2\n",
    "\"q k\" = 'lit'\n",
    "# c\n",
    "=",
    "\n",
    " ",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "a",
    "b",
    "1",
    "1.5",
    "1e3",
    "inf",
    "-nan",
    "true",
    "false",
    "0x1F",
    "0o7",
    "0b1",
    "1_000",
    "1__0",
    "_1",
    "01",
    "+1",
    "\"",
    "'",
    "\"\"\"a\nb\"\"\"",
    "'''x'''",
    "\"\\u00e9\"",
    "\"\\q\"",
    "1979-05-27",
    "1979-05-27T07:32:00Z",
    "1979-05-27T07:32:00",
    "07:32:00",
    "[1, 2]",
    "[1, \"a\"]",
    "{x = 1}",
    "{x = 1, y = {z = 2}}",
    "c = [ {a = 1}, {a = 2} ]\n",
    "d = 1979-05-27T00:32:00.999999-07:00\n",
    "é = 1\n",
    "k = ",
    "k = 1",
    "\r\n",
    "\t",
    "x",
    "99999999999999999999",
    "1e400",
    "nan",
];

#[test]
fn toml_read() {
    let mut dice = Dice::new(9);
    let mut snippets = Vec::new();
    for _ in 0..count(8000) {
        let text: String = (0..=dice.below(6)).map(|_| dice.pick(TOML)).collect();
        snippets.push(Snippet::with("fromToml", "{{ fromToml .Values.x | toJson }}", json!({ "x": text })));
    }
    verdict::judge("text, TOML read", &snippets, &[]);
}
