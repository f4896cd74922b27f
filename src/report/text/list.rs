//! The sandboxes of a fleet as a table.

use anstyle::Style;

use super::table::{Cell, Column, table};
use crate::fleet::human;
use crate::plan::{Listed, Listing, Standing};
use crate::report::style::{CYAN, DIM, GREEN, RED, YELLOW, paint};

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListOptions {
    /// Columns that few need, too, and nothing shortened.
    pub wide: bool,
    /// How many columns the terminal has; `None` where there is none.
    pub width: Option<usize>,
}

/// The table, styled.
pub fn list(listing: &Listing, options: &ListOptions) -> String {
    let column = |title, turn, least, cell: &dyn Fn(&Listed) -> Cell| Column {
        title,
        turn,
        least,
        cells: listing.sandboxes.iter().map(cell).collect(),
    };
    let text = |text: Option<&String>| text.map_or_else(none, |text| Cell::new(text));
    let mut columns = vec![
        column("NAME", 0, None, &|one| Cell::new(&one.name)),
        column("BRANCH", 2, Some(12), &|one| text(one.branch.as_ref())),
        column("IMAGE", 4, Some(16), &|one| match &one.image {
            Some(image) if !options.wide => Cell::new(&image_at_a_glance(image)),
            image => text(image.as_ref()),
        }),
        column("STATE", 0, None, &|one| Cell::styled(one.state.word(), of(one.state))),
        column("READY", 0, None, &|one| ready(one, listing)),
        column("AGE", 0, None, &|one| age(one, listing)),
        column("EXPIRES IN", 0, None, &|one| expires(one, listing)),
        column("OWNER", 3, None, &|one| text(one.owner.as_ref())),
        column("URL", 1, None, &|one| text(one.url.as_ref())),
    ];
    if options.wide {
        columns.push(column("NAMESPACE", 0, None, &|one| Cell::new(&one.namespace)));
        columns.push(column("COMMIT", 0, None, &|one| {
            one.commit.as_ref().map_or_else(none, |commit| Cell::new(crate::plan::short_commit(commit)))
        }));
    }
    let (mut text, left) = table(&columns, options.width.filter(|_| !options.wide));
    if !left.is_empty() {
        let line = format!("no room for {} (--format wide)", left.join(", ").to_lowercase());
        text.push_str(&paint(DIM, &line));
        text.push('\n');
    }
    text
}

/// An image with no more of its digest than tells it from others.
fn image_at_a_glance(image: &str) -> String {
    const DIGITS: usize = 12;
    match image.split_once("@sha256:") {
        Some((name, digest)) if digest.len() > DIGITS => {
            format!("{name}@{}", digest.chars().take(DIGITS).collect::<String>())
        }
        _ => image.to_owned(),
    }
}

fn none() -> Cell {
    Cell::styled("-", DIM)
}

fn ready(one: &Listed, listing: &Listing) -> Cell {
    match one.ready {
        Some(ready) if ready.wanted == 0 => none(),
        Some(ready) => {
            let style = if ready.ready < ready.wanted { YELLOW } else { Style::new() };
            Cell::styled(&format!("{}/{}", ready.ready, ready.wanted), style)
        }
        // What could not be read is not nothing.
        None if !listing.unread.is_empty() => Cell::styled("?", YELLOW),
        None => none(),
    }
}

fn age(one: &Listed, listing: &Listing) -> Cell {
    one.created.map_or_else(none, |created| Cell::new(&human::short(listing.now.duration_since(created))))
}

fn expires(one: &Listed, listing: &Listing) -> Cell {
    match one.expires {
        Some(at) if at < listing.now => Cell::styled("over", RED),
        Some(at) => {
            let style = if one.state == Standing::Expiring { YELLOW } else { Style::new() };
            Cell::styled(&human::short(at.duration_since(listing.now)), style)
        }
        None if one.never_expires => Cell::new("never"),
        None => none(),
    }
}

/// The colour of a state.
pub(super) fn of(state: Standing) -> Style {
    match state {
        Standing::Lives | Standing::Create => GREEN,
        Standing::Update | Standing::Correct | Standing::Adopt | Standing::Replace => CYAN,
        Standing::Expiring | Standing::Held | Standing::Unknown | Standing::Ending => YELLOW,
        Standing::Expire | Standing::Remove | Standing::Refused | Standing::Failed => RED,
        Standing::Broken | Standing::Foreign => RED,
        Standing::Over | Standing::Asleep => DIM,
    }
}
