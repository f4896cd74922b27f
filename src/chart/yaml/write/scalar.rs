//! The styles of a scalar, and their bytes, as libyaml's emitter chooses and writes them.

use super::emit::Emitter;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    /// A block after `|`.
    Literal,
}

/// What a text allows.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one text")]
pub(super) struct Facts {
    /// It holds a line break, of any kind.
    pub(super) multiline: bool,
    /// Letters and digits, with what may stand anywhere between them.
    pub(super) word: bool,
    plain: bool,
    single: bool,
    block: bool,
}

impl Facts {
    /// Looks at every character once. A block may hold tabs where `tabs` says so.
    pub(super) fn of(text: &str, tabs: bool) -> Self {
        if text.is_empty() {
            return Self { multiline: false, word: false, plain: true, single: true, block: false };
        }
        if is_word(text.as_bytes()) {
            return Self { multiline: false, word: true, plain: true, single: true, block: true };
        }
        let mut scan = Scan { indicators: text.starts_with("---") || text.starts_with("..."), ..Scan::default() };
        let mut after_blank = true;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let before_blank = chars.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
            scan.indicators |= match c {
                '#' => first || after_blank,
                ':' => before_blank,
                '-' | '?' => first && before_blank,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => first,
                _ => false,
            };
            if tabs && c == '\t' {
                scan.tabs = true;
            } else {
                scan.special |= !is_printable(c);
            }
            scan.step(c, first, chars.peek().is_none());
            after_blank = matches!(c, ' ' | '\t' | '\0') || is_break(c);
            first = false;
        }
        scan.facts()
    }

    /// The style for a text, given the one that its meaning asks for.
    pub(super) fn style(self, wish: Style, simple_key: bool) -> Style {
        let mut style = wish;
        if simple_key && self.multiline {
            style = Style::Double;
        }
        if style == Style::Plain && !self.plain {
            style = Style::Single;
        }
        if style == Style::Single && !self.single {
            style = Style::Double;
        }
        if style == Style::Literal && (!self.block || simple_key) {
            style = Style::Double;
        }
        style
    }
}

/// Where spaces and breaks meet in a text.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one text")]
struct Scan {
    indicators: bool,
    special: bool,
    tabs: bool,
    breaks: bool,
    /// A space or break at an end.
    edge: bool,
    trailing_space: bool,
    break_space: bool,
    space_break: bool,
    previous_space: bool,
    previous_break: bool,
}

impl Scan {
    fn step(&mut self, c: char, first: bool, last: bool) {
        let (space, line_break) = (c == ' ', is_break(c));
        self.edge |= (space || line_break) && (first || last);
        self.trailing_space |= space && last;
        self.breaks |= line_break;
        self.break_space |= space && self.previous_break;
        self.space_break |= line_break && self.previous_space;
        self.previous_space = space;
        self.previous_break = line_break;
    }

    fn facts(&self) -> Facts {
        let odd = self.space_break || self.special;
        Facts {
            multiline: self.breaks,
            word: false,
            plain: !(self.edge || self.break_space || odd || self.tabs || self.breaks || self.indicators),
            single: !(self.break_space || odd || self.tabs),
            block: !(self.trailing_space || odd),
        }
    }
}

impl Emitter {
    pub(super) fn write_plain(&mut self, text: &str, may_fold: bool) {
        self.separate();
        self.flow_text(text, may_fold, |_, _| {});
        self.whitespace = false;
        self.indention = false;
    }

    pub(super) fn write_single(&mut self, text: &str, may_fold: bool) {
        self.indicator("'", true, false);
        self.flow_text(text, may_fold, |emitter, c| {
            if c == '\'' {
                emitter.push('\'');
            }
        });
        self.indicator("'", false, false);
    }

    /// The body of a plain or single-quoted scalar; `before` runs ahead of each character that is not blank.
    fn flow_text(&mut self, text: &str, may_fold: bool, before: impl Fn(&mut Self, char)) {
        let (mut spaces, mut breaks) = (false, false);
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let inner = !first && chars.peek().is_some_and(|next| *next != ' ');
            first = false;
            if c == ' ' {
                if may_fold && !spaces && self.is_full() && inner {
                    self.write_indent();
                } else {
                    self.push(c);
                }
                spaces = true;
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.line_break();
                }
                self.text_break(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                before(self, c);
                self.push(c);
                self.indention = false;
                spaces = false;
                breaks = false;
            }
        }
    }

    pub(super) fn write_double(&mut self, text: &str, may_fold: bool) {
        self.indicator("\"", true, false);
        // libyaml asks whether the text, not the character, begins with a byte order mark.
        let all = text.starts_with('\u{feff}');
        let mut spaces = false;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            if all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.push_str(&escape(c));
                spaces = false;
            } else if c == ' ' {
                let next = chars.peek();
                if may_fold && !spaces && self.is_full() && !first && next.is_some() {
                    self.write_indent();
                    if next == Some(&' ') {
                        self.push('\\');
                    }
                } else {
                    self.push(c);
                }
                spaces = true;
            } else {
                self.push(c);
                spaces = false;
            }
            first = false;
        }
        self.indicator("\"", false, false);
    }

    pub(super) fn write_literal(&mut self, text: &str) {
        self.indicator("|", true, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.push('2');
        }
        let mut ends = text.chars().rev();
        match (ends.next().is_some_and(is_break), ends.next()) {
            (false, _) => self.push('-'),
            (true, None) => self.push('+'),
            (true, Some(c)) if is_break(c) => self.push('+'),
            (true, Some(_)) => {}
        }
        self.line_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.text_break(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                self.push(c);
                self.indention = false;
                breaks = false;
            }
        }
    }
}

/// Whether a text needs no closer look: it can be written as it is, and nothing in it can be folded.
fn is_word(text: &[u8]) -> bool {
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'-' | b'_');
    text.first().is_some_and(|first| first.is_ascii_alphanumeric() || *first == b'/') && text.iter().all(inner)
}

/// The line breaks of YAML 1.1.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What go-yaml writes as it is: nothing outside the basic plane, so that emoji are escaped.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && c != '\u{feff}'
}

/// A character's escape within double quotes.
fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(c) {
                code @ 0..=0xff => format!("\\x{code:02X}"),
                code @ 0x100..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}
