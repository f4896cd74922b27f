//! What is told of one thing: a column of labels, and beside each what there is to say.

use anstyle::Style;

use super::wrap::wrap;
use crate::report::style::{BOLD, paint, safe};

/// Where what is said begins.
pub(super) const COLUMN: usize = 14;

/// The page, as it grows.
pub(super) struct Page {
    pub text: String,
    pub width: usize,
}

impl Page {
    pub(super) fn line(&mut self, label: &str, text: &str) {
        self.styled(label, text, Style::new());
    }

    pub(super) fn styled(&mut self, label: &str, text: &str, style: Style) {
        let wrapped = wrap(safe(text).trim_end(), self.width, COLUMN, COLUMN);
        self.label(label);
        self.text.push_str(&format!("{}\n", paint(style, &wrapped)));
    }

    /// Lines that are laid out already, such as a table.
    pub(super) fn block(&mut self, label: &str, lines: &str) {
        for (number, line) in lines.lines().enumerate() {
            self.label(if number == 0 { label } else { "" });
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// How many columns a block may have.
    pub(super) fn room(&self) -> usize {
        self.width.saturating_sub(COLUMN)
    }

    fn label(&mut self, label: &str) {
        self.text.push_str(&paint(BOLD, &format!("{label:<COLUMN$}")));
    }
}
