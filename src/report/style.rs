//! Colours, and text that others wrote made safe to print.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::plan::Action;

/// Names.
pub(super) const BOLD: Style = Style::new().bold();
/// What matters least.
pub(super) const DIM: Style = Style::new().dimmed();
/// What is made, and lines that come.
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
/// What goes or went wrong, and lines that go.
pub(super) const RED: Style = AnsiColor::Red.on_default();
/// What waits for somebody.
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Where in a diff.
pub(super) const CYAN: Style = AnsiColor::Cyan.on_default();

/// The colour of an action.
pub(super) fn of(action: Action) -> Style {
    match action {
        Action::Create => GREEN,
        Action::Update | Action::Correct | Action::Adopt | Action::Replace => CYAN,
        Action::Keep => DIM,
        Action::Expire | Action::Remove | Action::Failed | Action::Refused => RED,
        Action::Held => YELLOW,
    }
}

/// `text` in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

/// The same text without its styles.
pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Text from a repository or a cluster, with what steers a terminal written out: a field manager's name or a value in
/// a diff must not be able to move the cursor, hide a line or turn it round. Tabs and line ends stay.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) {
            // Writing to a String cannot fail.
            let _ = write!(safe, "{}", c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

fn steers(c: char) -> bool {
    let bidi = matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    bidi || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}') || (c.is_control() && c != '\n' && c != '\t')
}

/// What takes no place and joins nothing, so that two texts can look alike, or one say what nobody sees.
fn is_invisible(c: char) -> bool {
    let tag = matches!(c, '\u{e0000}'..='\u{e007f}');
    tag || matches!(c, '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}
