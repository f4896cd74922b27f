//! The quick reader against the whole one: what it reads, it reads alike, and it reads what charts are made of.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use reconcile::chart::yaml::{Numbers, read, read_quick, read_strict, read_tree};
use serde_json::Value;

/// Asserts that both read a text alike, if the quick one reads it at all; says whether it does.
fn is_alike(text: &str) -> bool {
    let whole = read_strict(text, Numbers::Exact);
    let Some(quick) = read_quick(text) else {
        assert_eq!(read_tree(text).map(|tree| tree.to_value()), whole, "{text}");
        return false;
    };
    assert_eq!(Ok(quick.to_value()), whole, "{text}");
    let mut json = String::new();
    quick.write_json(&mut json);
    assert_eq!(json, quick.to_value().to_string(), "{text}");
    for numbers in [Numbers::Float64, Numbers::Exact, Numbers::Spelt] {
        let (read, whole) = (read(text, numbers), read_strict(text, numbers));
        assert_eq!(format!("{read:?}"), format!("{whole:?}"), "{text}");
    }
    true
}

#[test]
fn what_is_common_is_read_quickly() {
    let common = [
        "a: 1\nb: two words # and a comment\nc:\n  d: [x, 'y', \"z\\n\"]\n  e: {}\n# end\n",
        "- a: 1\n  b:\n  - c\n  - d: 8080:80\n-\n  e: image:tag\n- -1\n- --flag=x\n",
        "script: |\n  #!/bin/sh\n\n  if true; then\n    echo \"é\"\n  fi\nnext: |-\n  a\n\n\nlast: |+\n  b\n\n",
        "\"quoted\": 'it''s'\n'other': \"\\\"x\\\" \\\\ \\t\"\nempty:\nnothing: ~\nbool: yes\nbig: 18446744073709551615\n",
        "a: {\"apiVersion\":\"v1\",\"items\":[{\"a\":1.5},{\"b\":null}]}",
        "cidr: ::/0\ncidrs:\n- ::1\n- ::/0 # all\n",
        "command: [pg_isready, --host=127.0.0.1, --username=odoo]\nargs: [-c, --x, a-b]\n",
        "a: {b: 100m, c: \"1\", d: {e: f g, h: v1/x}}\n",
        "",
        "# nothing\n",
    ];
    let unread: Vec<&&str> = common.iter().filter(|text| !is_alike(text)).collect();
    assert!(unread.is_empty(), "{unread:#?}");
}

#[test]
fn goldens_are_read_quickly() {
    let mut all = 0;
    let mut quick = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for part in reconcile::chart::split(&text).into_iter().skip(1) {
            all += 1;
            quick += usize::from(is_alike(part.text));
        }
    }
    assert!(all > 50 && quick * 10 >= all * 8, "{quick} of {all}");
}

/// What documents are put together from; much of it fits nowhere.
const PIECES: &[&str] = &[
    "a",
    "b: ",
    "c:",
    "a: 1",
    "::/0",
    ":x",
    "--",
    "--x",
    "- ",
    "-",
    "- x",
    "- a: 1",
    "\n",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "\n ",
    " ",
    "  ",
    "\t",
    "#",
    " # x",
    "# y\n",
    "|",
    "|-",
    "|+",
    "|2",
    ">",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "\\\"",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ",",
    ": ",
    ":",
    "?",
    "? ",
    "&x ",
    "*x",
    "!t ",
    "~",
    "null",
    "yes",
    "no",
    "true",
    "1",
    "-1",
    "0x1F",
    "010",
    "1.5",
    "1e3",
    "-0.0",
    "18446744073709551615",
    "9007199254740993",
    ".5",
    ".inf",
    ".nan",
    "1_000",
    "2020-01-02",
    "12:30",
    "<<",
    "<<: ",
    "---",
    "...",
    "%",
    "@",
    "é",
    "\u{85}",
    "\u{2028}",
    "x y",
    "x: y",
    "k: {a: b}",
    "k: [1, 2]",
    "k: \"v\"",
    "k: 'v'",
    "k: |\n  text",
    "\n\n",
    "apiVersion: v1",
    "/",
    ".",
    "\r\n",
    "\u{7f}",
    "18446744073709551616",
    "-9223372036854775809",
    "+",
    "=",
    "(",
    ";",
];

fn document() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(PIECES);
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// A value, written as block YAML by hand in one of the many ways there are.
fn block(value: &Value, indent: usize, odd: bool, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let _ = write!(out, "\n{pad}{key}:");
                if odd && value.is_array() {
                    block(value, indent, odd, out);
                } else {
                    block(value, indent + 2, odd, out);
                }
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let _ = write!(out, "\n{pad}-");
                block(item, indent + 1 + usize::from(odd), odd, out);
            }
        }
        scalar => {
            let _ = write!(out, " {scalar}");
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(&["a", "b/c", "d.e", "f-g", "yes", "8080", "x y"][..]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from),
        "[ -~é\\n]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(word.clone().prop_map(str::to_owned), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn whatever_it_reads_it_reads_alike(text in document()) {
        is_alike(&text);
    }

    #[test]
    fn blocks_are_read_alike(value in value(), odd: bool) {
        let mut text = String::new();
        block(&value, 0, odd, &mut text);
        is_alike(text.trim());
    }
}
