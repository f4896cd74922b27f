//! Values that try the YAML writer, generated from a seed, the same on every machine.

use serde_json::{Map, Value, json};

/// A small generator of its own (xorshift), so that the samples never change with a dependency.
struct Seed(u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const WORDS: &[&str] = &[
    "a",
    "word",
    "longer-word",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "Y",
    "null",
    "~",
    "true",
    "False",
    "0",
    "1",
    "12",
    "0777",
    "0o17",
    "0x1F",
    "0b101",
    "1_000",
    "1.5",
    ".5",
    "1e3",
    "1e+06",
    "-1",
    "+1",
    "12:30:45",
    "1:2",
    "2001-01-01",
    "2001-1-1T1:2:3Z",
    "2001-12-14 21:59:43.10",
    ".inf",
    "-.inf",
    ".nan",
    "<<",
    "=",
    "item2",
    "item10",
    "http://example.com:80/x?y=z#f",
    "a: b",
    "a #b",
    "#",
    "- x",
    "-",
    "?",
    "? x",
    ":",
    ": x",
    "x:",
    "{a}",
    "[b]",
    "{{ tpl }}",
    "&x",
    "*x",
    "!x",
    "|",
    ">",
    "'",
    "''",
    "\"",
    "\\",
    "%",
    "@",
    "`",
    ",",
    "---",
    "--- x",
    "...",
    "\t",
    "é",
    "日本語",
    "🚀",
    "\u{7f}",
    "\u{1}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{fffe}",
    "\r",
    "\0",
    "\u{1b}",
    "lorem ipsum dolor sit amet consectetur adipiscing elit",
];

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

const GLUE: &[&str] = &[
    "", " ", " ", "  ", "\n", "\n", "\n\n", " \n", "\n ", "\n  ", ":", ": ", " #", "-", ".", "_", ",", "\t", "'", "\"",
    "\\",
];

/// A string put together from words that mean something to YAML.
fn text(seed: &mut Seed) -> String {
    let parts = [0, 1, 1, 1, 2, 2, 3, 5, 12, 30][seed.below(10)];
    let quiet = seed.below(3) == 0;
    let mut text = String::new();
    for _ in 0..parts {
        if quiet {
            text.push_str(seed.pick(&WORDS[..3]));
            text.push(' ');
        } else {
            text.push_str(seed.pick(WORDS));
            text.push_str(seed.pick(GLUE));
        }
    }
    text
}

fn number(seed: &mut Seed) -> Value {
    let digits = 1 + seed.below(15); // what a double holds, for Helm's values are doubles
    let whole: String = (0..digits).map(|_| seed.pick(DIGITS)).collect();
    let sign = seed.pick(&["", "-"]);
    let whole: i64 = format!("{sign}{whole}").parse().unwrap();
    let part = seed.pick(&[".5", ".001953125", ".25e-5", "e-9", "e9", "e22", "e-5"]);
    let double: f64 = format!("{whole}{part}").parse().unwrap();
    if seed.below(2) == 0 { json!(whole) } else { json!(double) }
}

/// A value of any kind, at most `depth` collections deep.
fn value(seed: &mut Seed, depth: usize) -> Value {
    let kind = seed.below(if depth == 0 { 6 } else { 11 });
    match kind {
        0 => Value::Null,
        1 => json!(seed.below(2) == 0),
        2 => number(seed),
        3..=5 => json!(text(seed)),
        6..=7 => Value::Array((0..seed.below(4)).map(|_| value(seed, depth - 1)).collect()),
        _ => {
            let keys = seed.below(5);
            Value::Object((0..keys).map(|_| (text(seed), value(seed, depth - 1))).collect::<Map<_, _>>())
        }
    }
}

/// So many values from one seed.
pub fn values(seed: u64, count: usize) -> Vec<Value> {
    let mut seed = Seed(seed);
    (0..count).map(|i| value(&mut seed, [0, 0, 1, 2, 4][i % 5])).collect()
}

const PIECES: &[&str] = &[
    "a",
    "b",
    "c",
    "key",
    "1",
    "1.5",
    "yes",
    "~",
    "null",
    "0777",
    "1e3",
    "word word",
    "x:y",
    "http://a:1/b#c",
    ": ",
    ":",
    ":\n",
    ": ",
    ":\n  ",
    "- ",
    "-",
    "\n",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "\n- ",
    "\n  - ",
    " ",
    "  ",
    "\t",
    " # c",
    "#",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ",",
    "?",
    "? ",
    "|",
    "|\n",
    "|-\n  ",
    "|+\n  ",
    ">\n  ",
    ">-\n ",
    "|2\n   ",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "\\x41",
    "\\u00e9",
    "\"q\"",
    "'s'",
    "&a ",
    "&b ",
    "*a",
    "*b",
    "<<: ",
    "!!str ",
    "!!int ",
    "!!binary ",
    "!!float ",
    "!t ",
    "! ",
    "!<x> ",
    "---\n",
    "--- ",
    "...\n",
    "%YAML 1.1\n",
    "%TAG !e! tag:e\n",
    "@",
    "`",
    "%",
    "é",
    "🚀",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{a0}",
    "{{ x }}",
    "[a, b]",
    "{a: 1, b: 2}",
    "{a: &a 1, b: *a}",
];

/// So many texts from one seed.
pub fn documents(seed: u64, count: usize) -> Vec<String> {
    let mut seed = Seed(seed);
    (0..count).map(|_| document(&mut seed)).collect()
}

/// A text that is YAML, or nearly so: pieces of it in any order, or a document with a few of them put in.
fn document(seed: &mut Seed) -> String {
    if seed.below(3) > 0 {
        let depth = 1 + seed.below(3);
        let value = Value::Object((0..3).map(|i| (format!("k{i}"), value(seed, depth))).collect());
        let mut text = reconcile::chart::yaml::write(&value);
        for _ in 0..seed.below(4) {
            let mut at = seed.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            match seed.below(3) {
                0 => text.insert_str(at, seed.pick(PIECES)),
                1 if at < text.len() => {
                    text.remove(at);
                }
                _ => {
                    let to = text[at..].char_indices().nth(3).map_or(text.len(), |(i, _)| at + i);
                    text.replace_range(at..to, seed.pick(PIECES));
                }
            }
        }
        return text;
    }
    let mut text = "k: ".to_owned();
    for _ in 0..seed.below(14) {
        text.push_str(seed.pick(PIECES));
    }
    text
}
