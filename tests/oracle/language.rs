//! The language itself: texts generated over its grammar, and near it.

use super::dice::{Dice, count};
use super::helm::Snippet;
use super::verdict;

/// Writes templates.
struct Writer<'d> {
    dice: &'d mut Dice,
    /// Variables in scope.
    vars: Vec<String>,
    in_loop: bool,
}

const LITERALS: &[&str] = &[
    "1", "0", "-3", "1.5", "\"s\"", "\"\"", "`raw`", "'c'", "true", "false", "nil", "0x1F", "0b11", "0o17", "1_000",
    "1e3", "017",
];

const PATHS: &[&str] = &[
    ".",
    "$",
    ".Values",
    ".Values.str",
    ".Values.int",
    ".Values.list",
    ".Values.ints",
    ".Values.map",
    ".Values.nil",
    ".Values.nope",
    ".Values.nope.deeper",
    ".Values.deep.one.two.three",
    ".Values.deep.x.y",
    ".Values.str.x",
    "$.Values.map",
    ".Values.items",
    ".name",
    ".port",
    ".a",
    ".Release.Name",
    ".Release.Nope",
    ".Chart.Name",
    ".Chart.Nope",
    ".Chart.Maintainers",
    ".Capabilities.KubeVersion",
    ".Capabilities.KubeVersion.Minor",
    ".Capabilities.Nope",
    ".Files",
    ".Template.Name",
    ".Template.BasePath",
    ".Values.emptyList",
    ".Values.emptyMap",
    ".Values.empty",
    ".Values.mixed",
];

const CALLS: &[(&str, usize)] = &[
    ("len", 1),
    ("print", 2),
    ("printf \"%v-%v\"", 2),
    ("quote", 1),
    ("default", 2),
    ("eq", 2),
    ("ne", 2),
    ("not", 1),
    ("and", 2),
    ("or", 2),
    ("index", 2),
    ("list", 2),
    ("dict \"a\"", 1),
    ("toYaml", 1),
    ("toJson", 1),
    ("upper", 1),
    ("first", 1),
    ("add", 2),
    ("lt", 2),
    ("kindOf", 1),
    ("typeOf", 1),
    ("include \"dot\"", 1),
    ("include \"labels\"", 1),
    ("include \"boom\"", 1),
    ("include \"nope\"", 1),
    ("tpl \"<{{ . }}>\"", 1),
    ("tpl \"{{ .Values.str }}\"", 1),
    ("tpl \"{{ nope }}\"", 1),
    ("tpl \"{{ .x.y }}\"", 1),
    ("required \"it is wanted\"", 1),
    ("fail", 1),
    ("ternary 1 2", 1),
    ("empty", 1),
    ("hasKey .Values", 1),
    ("set (dict) \"z\"", 1),
    ("get .Values", 1),
    ("until", 1),
    ("keys", 1),
    ("slice", 2),
    ("call", 1),
    ("html", 1),
    ("trim", 1),
    ("int", 1),
    ("toString", 1),
    (".Files.Get", 1),
    (".Capabilities.APIVersions.Has", 1),
    ("coalesce", 2),
    ("dig \"a\" \"b\" 1", 1),
    ("has 1", 1),
    ("lookup \"v1\" \"Pod\" \"\"", 1),
];

const TEXTS: &[&str] = &["text", " ", "\n", "a: b\n", "  x\n\n", "\t", "{", "}", "{ {", "é", "}}", "- "];

impl Writer<'_> {
    fn open(&mut self) -> &'static str {
        self.dice.pick(&["{{", "{{ ", "{{ ", "{{- ", "{{-\n"])
    }

    fn close(&mut self) -> &'static str {
        self.dice.pick(&["}}", " }}", " }}", " -}}", "\n-}}"])
    }

    fn action(&mut self, inside: &str) -> String {
        format!("{}{inside}{}", self.open(), self.close())
    }

    fn operand(&mut self, depth: usize) -> String {
        match self.dice.below(12) {
            0..=2 => self.dice.pick(LITERALS).to_owned(),
            3..=6 => self.dice.pick(PATHS).to_owned(),
            7..=8 if !self.vars.is_empty() => {
                let var = self.vars[self.dice.below(self.vars.len())].clone();
                var + self.dice.pick(&["", "", "", ".a", ".Values.str", ".x.y"])
            }
            9..=11 if depth > 0 => {
                let inside = self.pipeline(depth - 1);
                format!("({inside}){}", self.dice.pick(&["", "", "", ".a", ".Values", ".b.c"]))
            }
            _ => self.dice.pick(PATHS).to_owned(),
        }
    }

    fn command(&mut self, depth: usize, piped: bool) -> String {
        if !piped && self.dice.below(3) == 0 {
            return self.operand(depth);
        }
        let (name, arity) = CALLS[self.dice.below(CALLS.len())];
        let mut text = name.to_owned();
        let arity = if self.dice.one_in(12) { self.dice.below(4) } else { arity };
        for _ in usize::from(piped)..arity {
            text.push(' ');
            text += &self.operand(depth);
        }
        text
    }

    fn pipeline(&mut self, depth: usize) -> String {
        let mut text = self.command(depth, false);
        for _ in 0..[0, 0, 0, 1, 1, 2][self.dice.below(6)] {
            text += self.dice.pick(&[" | ", "|", "\n| "]);
            text += &self.command(depth, true);
        }
        text
    }

    fn list(&mut self, depth: usize) -> String {
        let mark = self.vars.len();
        let text: String = (0..=self.dice.below(3)).map(|_| self.node(depth)).collect();
        self.vars.truncate(mark);
        text
    }

    fn node(&mut self, depth: usize) -> String {
        match self.dice.below(if depth == 0 { 6 } else { 13 }) {
            0 | 1 => self.dice.pick(TEXTS).to_owned(),
            2 | 3 => {
                let inside = self.pipeline(2);
                self.action(&inside)
            }
            4 => {
                let inside = self.pipeline(1);
                let name = self.dice.pick(&["$a", "$b", "$x1"]);
                let known = self.vars.iter().any(|var| var == name);
                let sign = if known && self.dice.one_in(2) { "=" } else { ":=" };
                self.vars.push(name.to_owned());
                self.action(&format!("{name} {sign} {inside}"))
            }
            5 => self.dice.pick(&["{{/* c */}}", "{{- /* c\n}} */ -}}", "{{- /**/}}", "{{/* a */ -}}"]).to_owned(),
            6..=8 => self.branch(depth),
            9 | 10 => self.range(depth),
            11 => {
                let argument = self.operand(1);
                let name = self.dice.pick(&["\"dot\"", "\"plain\"", "\"labels\"", "\"nope\"", "`dot`", "\"own\""]);
                let argument = self.dice.pick(&["", &argument, &argument]).to_owned();
                self.action(&format!("template {name} {argument}"))
            }
            _ if self.in_loop => {
                let word = self.dice.pick(&["break", "continue"]);
                self.action(word)
            }
            _ => {
                let (outer, list) = (std::mem::take(&mut self.vars), self.list(depth - 1));
                self.vars = outer;
                let argument = self.operand(1);
                format!("{}{list}{}", self.action(&format!("block \"own\" {argument}")), self.action("end"))
            }
        }
    }

    fn branch(&mut self, depth: usize) -> String {
        let word = self.dice.pick(&["if", "with"]);
        let mark = self.vars.len();
        let mut condition = self.pipeline(1);
        if self.dice.one_in(4) {
            condition = format!("$v := {condition}");
            self.vars.push("$v".to_owned());
        }
        let mut text = self.action(&format!("{word} {condition}"));
        text += &self.list(depth - 1);
        for _ in 0..[0, 0, 0, 1, 2][self.dice.below(5)] {
            let condition = self.pipeline(1);
            text += &self.action(&format!("else {word} {condition}"));
            text += &self.list(depth - 1);
        }
        if self.dice.one_in(2) {
            text += &self.action("else");
            text += &self.list(depth - 1);
        }
        text += &self.action("end");
        self.vars.truncate(mark);
        text
    }

    fn range(&mut self, depth: usize) -> String {
        let mark = self.vars.len();
        let over = match self.dice.below(3) {
            0 => self.pipeline(1),
            _ => self
                .dice
                .pick(&[
                    ".Values.list",
                    ".Values.map",
                    ".Values.items",
                    ".Values.ints",
                    "until 3",
                    "2",
                    ".Values.nil",
                    ".Values.emptyList",
                    ".Values.str",
                    "dict \"a\" 1 \"b\" nil",
                    "list 1 nil \"x\"",
                    ".Chart.Maintainers",
                    ".Files.Lines \"plain.txt\"",
                    ".Values.mixed",
                ])
                .to_owned(),
        };
        let decl = self.dice.pick(&["", "", "$e := ", "$i, $e := ", "$e = ", "$i, $e = "]);
        for name in ["$i", "$e"] {
            if decl.contains(name) && decl.contains(":=") {
                self.vars.push(name.to_owned());
            }
        }
        let mut text = self.action(&format!("range {decl}{over}"));
        let outer = std::mem::replace(&mut self.in_loop, true);
        text += &self.list(depth - 1);
        self.in_loop = outer;
        if self.dice.one_in(4) {
            text += &self.action("else");
            text += &self.list(depth - 1);
        }
        self.vars.truncate(mark);
        text + &self.action("end")
    }
}

fn template(dice: &mut Dice) -> String {
    let mut writer = Writer { dice, vars: Vec::new(), in_loop: false };
    (0..=writer.dice.below(4)).map(|_| writer.node(3)).collect()
}

/// Templates that mostly parse.
#[test]
fn over_the_grammar() {
    let mut dice = Dice::new(4);
    let snippets: Vec<Snippet> = (0..count(15_000)).map(|_| Snippet::new("grammar", template(&mut dice))).collect();
    verdict::judge("language, over the grammar", &snippets, &[]);
}

/// Pieces that break a template when they are put in, taken out, or put in the place of others.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    "{{ ",
    " }}",
    "{{-}}",
    "{{ - }}",
    "/*",
    "*/",
    "{{/*",
    "*/}}",
    "{{ /* x */ }}",
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "block",
    "template",
    "break",
    "continue",
    "else if",
    "else with",
    "{{ end }}",
    "{{ else }}",
    "{{ break }}",
    "{{ continue }}",
    "{{ define \"x\" }}",
    "nil",
    "true",
    "$x",
    "$",
    ":=",
    "=",
    ",",
    "|",
    "||",
    "(",
    ")",
    ".",
    "..",
    ".Values",
    ".x",
    ".1",
    "\"a\"",
    "\"a",
    "`raw",
    "'c'",
    "'",
    "''",
    "'ab'",
    "'\\n'",
    "\"\\q\"",
    "\"\\x4\"",
    "1",
    "-1",
    "+1",
    "0x",
    "0x1f",
    "08",
    "1.5",
    "1.5.5",
    "1e9",
    "1e",
    "1e400",
    "1i",
    "1+2i",
    "9223372036854775808",
    "99999999999999999999",
    "1_0",
    "1__0",
    "0b12",
    "0x1p4",
    "abc",
    "nope",
    "len",
    "#",
    "@",
    "\\",
    "\n",
    "\t",
    "\r\n",
    " ",
    "é",
    "\u{a0}",
    "\u{feff}",
    "\u{0}",
    "%",
    "^",
    "&",
    "!",
    "?",
    "[",
    "]",
    "{",
    "}",
    "~",
    ";",
    ":",
    "<",
    "\u{200b}",
    "$x :=",
    "$x, $y :=",
    "$x = 1",
    "$.x",
    ".Values.a-b",
    "a.b",
    "(1).x",
    "\"s\".x",
    "1.x",
    "nil.x",
    "true.x",
    "$x.y",
    ".x.(y)",
    "().x",
];

/// Templates with a few things wrong.
#[test]
fn near_the_grammar() {
    let mut dice = Dice::new(5);
    let mut snippets = Vec::new();
    for _ in 0..count(25_000) {
        let mut text = if dice.one_in(3) {
            let some: String =
                (0..dice.below(8)).map(|_| format!("{}{}", dice.pick(PIECES), dice.pick(&["", " "]))).collect();
            format!("{{{{ {some} }}}}")
        } else {
            template(&mut dice)
        };
        for _ in 0..=dice.below(2) {
            let mut at = dice.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let to = text[at..].char_indices().nth(dice.below(4)).map_or(text.len(), |(i, _)| at + i);
            let piece = if dice.one_in(4) { "" } else { dice.pick(PIECES) };
            text.replace_range(at..to, piece);
        }
        snippets.push(Snippet::new("broken", text));
    }
    verdict::judge("language, near the grammar", &snippets, &[]);
}
