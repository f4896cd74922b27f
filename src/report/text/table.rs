//! Tables: columns side by side, as wide as what is in them, and narrower where a terminal has no room for it all.

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::report::style::{BOLD, paint, safe};

/// Between two columns.
const GAP: usize = 2;

/// A cell.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// One line of text; what steers a terminal is written out, line ends too.
    pub(super) fn new(text: &str) -> Self {
        Self { text: safe(text).replace(['\n', '\t'], " "), style: Style::new() }
    }

    pub(super) fn styled(text: &str, style: Style) -> Self {
        Self { style, ..Self::new(text) }
    }
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// What stands above it.
    pub title: &'static str,
    /// When it is given room: the lowest first. Those of 0 always have it.
    pub turn: u8,
    /// How narrow it may become by leaving out what stands at its beginning; `None` for not at all.
    pub least: Option<usize>,
    /// What is in it, from top to bottom.
    pub cells: Vec<Cell>,
}

impl Column {
    fn width(&self) -> usize {
        self.cells.iter().map(|cell| cell.text.width()).chain([self.title.width()]).max().unwrap_or_default()
    }
}

/// The table; and where there was no room for all of it, the titles of the columns that are left out.
pub(super) fn table(columns: &[Column], width: Option<usize>) -> (String, Vec<&'static str>) {
    let widths = fitted(columns, width);
    let shown: Vec<(&Column, usize)> =
        columns.iter().zip(&widths).filter_map(|(column, width)| Some((column, (*width)?))).collect();
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or_default();
    let mut text = row(shown.iter().map(|(column, width)| (column.title.to_owned(), BOLD, *width)));
    for at in 0..rows {
        let cells = shown.iter().filter_map(|(column, width)| {
            let cell = column.cells.get(at)?;
            Some((shortened(&cell.text, *width), cell.style, *width))
        });
        text.push_str(&row(cells));
    }
    let left = columns.iter().zip(&widths).filter(|(_, width)| width.is_none()).map(|(column, _)| column.title);
    (text, left.collect())
}

/// The width of each column; `None` for one without room.
fn fitted(columns: &[Column], width: Option<usize>) -> Vec<Option<usize>> {
    let Some(width) = width else { return columns.iter().map(|column| Some(column.width())).collect() };
    let mut widths: Vec<Option<usize>> =
        columns.iter().map(|column| (column.turn == 0).then(|| column.width())).collect();
    let mut turns: Vec<(usize, &Column)> = columns.iter().enumerate().filter(|(_, column)| column.turn > 0).collect();
    turns.sort_by_key(|(_, column)| column.turn);
    for (at, column) in turns {
        let taken: usize = widths.iter().flatten().map(|width| width + GAP).sum();
        let room = width.saturating_sub(taken);
        let whole = column.width();
        let given = if whole <= room { Some(whole) } else { column.least.filter(|least| *least <= room).map(|_| room) };
        if let Some(place) = widths.get_mut(at) {
            *place = given;
        }
    }
    widths
}

/// Without spaces at the end of the line.
fn row(cells: impl Iterator<Item = (String, Style, usize)>) -> String {
    let mut line = String::new();
    let mut owed = 0;
    for (text, style, width) in cells {
        line.extend(std::iter::repeat_n(' ', owed));
        owed = width.saturating_sub(text.width()) + GAP;
        line.push_str(&paint(style, &text));
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

/// The end of a text is what tells it from others: a tag, the last words of a branch.
fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut room = width.saturating_sub(1);
    for c in text.chars().rev() {
        let own = unicode_width::UnicodeWidthChar::width(c).unwrap_or_default();
        if own > room {
            break;
        }
        room -= own;
        kept.insert(0, c);
    }
    format!("…{kept}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(title: &'static str, turn: u8, least: Option<usize>, cells: &[&str]) -> Column {
        Column { title, turn, least, cells: cells.iter().map(|text| Cell::new(text)).collect() }
    }

    fn shown(width: Option<usize>) -> (String, Vec<&'static str>) {
        let columns = [
            column("NAME", 0, None, &["one", "second"]),
            column("IMAGE", 2, Some(6), &["registry.example.com/hello:1", "hello:2"]),
            column("URL", 1, None, &["https://one", "-"]),
        ];
        let (text, left) = table(&columns, width);
        (crate::report::plain(&text), left)
    }

    #[test]
    fn without_a_width_nothing_is_left_out() {
        let (text, left) = shown(None);
        assert_eq!(
            text,
            "NAME    IMAGE                         URL\n\
             one     registry.example.com/hello:1  https://one\n\
             second  hello:2                       -\n"
        );
        assert!(left.is_empty());
    }

    #[test]
    fn what_may_be_shortened_is_and_what_has_no_room_is_named() {
        let (text, left) = shown(Some(32));
        assert_eq!(
            text,
            "NAME    IMAGE        URL\n\
             one     …om/hello:1  https://one\n\
             second  hello:2      -\n"
        );
        assert!(left.is_empty());
        let (text, left) = shown(Some(24));
        assert_eq!(text, "NAME    URL\none     https://one\nsecond  -\n");
        assert_eq!(left, ["IMAGE"]);
        assert_eq!(shown(Some(3)).0, "NAME\none\nsecond\n", "what always has room has it");
    }

    #[test]
    fn a_cell_is_one_line_that_steers_nothing() {
        let (text, _) = table(&[column("A", 0, None, &["x\ny\u{1b}[2J"])], None);
        assert_eq!(crate::report::plain(&text), "A\nx y\\u{1b}[2J\n");
    }
}
