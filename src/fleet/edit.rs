//! Edits of a sandbox's file that keep its comments and its layout.

use jiff::Timestamp;
use toml_edit::{Decor, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::assign::Assignment;
use super::diagnostic::Invalid;

/// The first line of a file that a command writes: editors find its schema by it.
const SCHEMA: &str = "#:schema ./sandbox.schema.json\n";
/// What a life that was extended without another change says of it.
const EXTENDED: &str = "extended ";

/// A file for a new sandbox, from what is set in it.
///
/// # Errors
/// As [`edited`].
pub fn written(assignments: &[Assignment]) -> Result<String, Invalid> {
    Ok(format!("{SCHEMA}{}", edited("", assignments)?))
}

/// The text with these keys set, or taken out.
///
/// # Errors
/// Where the text is no TOML, or a key leads through something that is no table.
pub fn edited(text: &str, assignments: &[Assignment]) -> Result<String, Invalid> {
    let mut file = parse(text)?;
    for Assignment { key, value } in assignments {
        match value {
            Some(value) => set(&mut file, key, value.clone())?,
            None => remove(&mut file, key),
        }
    }
    Ok(shown(&file, text))
}

/// The text with a life that starts anew: `ttl`, which counts from the commit that changes the file. Where it was that already,
/// a word behind it makes the change.
///
/// # Errors
/// As [`edited`].
pub fn extended(text: &str, ttl: &str, now: Timestamp) -> Result<String, Invalid> {
    let mut file = parse(text)?;
    remove(&mut file, &["expires".to_owned()]);
    set(&mut file, &["ttl".to_owned()], Value::from(ttl))?;
    if shown(&file, text) == text
        && let Some(value) = file.get_mut("ttl").and_then(Item::as_value_mut)
    {
        let suffix = value.decor().suffix().and_then(|raw| raw.as_str()).unwrap_or_default().to_owned();
        let kept = match suffix.find(EXTENDED) {
            Some(at) => suffix.get(..at).unwrap_or_default(),
            None if suffix.trim().is_empty() => "  # ",
            None => &format!("{}, ", suffix.trim_end()),
        };
        value.decor_mut().set_suffix(format!("{kept}{EXTENDED}{now}"));
    }
    Ok(shown(&file, text))
}

/// The text with a pin, or without one.
///
/// # Errors
/// As [`edited`].
pub fn pinned(text: &str, pin: Option<(Timestamp, &str, &str)>) -> Result<String, Invalid> {
    let mut file = parse(text)?;
    let Some((until, owner, reason)) = pin else {
        remove(&mut file, &["pin".to_owned()]);
        return Ok(shown(&file, text));
    };
    let until: toml_edit::Datetime =
        until.to_string().parse().map_err(|_| Invalid::new(format!("{until} cannot be written down")))?;
    for (key, value) in [("until", Value::from(until)), ("owner", Value::from(owner)), ("reason", Value::from(reason))]
    {
        set(&mut file, &["pin".to_owned(), key.to_owned()], value)?;
    }
    Ok(shown(&file, text))
}

/// The file as text, with the ends of lines and the byte order mark that it had.
fn shown(file: &DocumentMut, before: &str) -> String {
    const MARK: char = '\u{feff}';
    let text = file.to_string();
    let text = text.strip_prefix(MARK).unwrap_or(&text);
    let mark = if before.starts_with(MARK) { "\u{feff}" } else { "" };
    let of_windows = before.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    if of_windows {
        format!("{mark}{}", text.replace("\r\n", "\n").replace('\n', "\r\n"))
    } else {
        format!("{mark}{text}")
    }
}

fn parse(text: &str) -> Result<DocumentMut, Invalid> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        Invalid::new(format!("the file cannot be edited as it is: {}", error.to_string().trim()))
            .hint("mend it by hand, or write it anew: reconcile destroy, reconcile create")
    })
}

/// Sets a key; tables on the way are made where they are missing.
fn set(file: &mut DocumentMut, key: &[String], value: Value) -> Result<(), Invalid> {
    let Some((last, way)) = key.split_last() else { return Ok(()) };
    let mut table: &mut dyn TableLike = file.as_table_mut();
    for (depth, part) in way.iter().enumerate() {
        let item = table.entry(part).or_insert_with(|| Item::Table(new_table(depth)));
        if item.is_none() {
            *item = Item::Table(new_table(depth));
        }
        table = match item {
            Item::Value(Value::InlineTable(table)) => table as &mut dyn TableLike,
            Item::Table(table) => {
                // A table that only others were below gets a place of its own.
                if depth == 0 && depth + 1 == way.len() {
                    table.set_implicit(false);
                }
                table
            }
            _ => {
                let path = key.get(..=depth).unwrap_or_default().join(".");
                return Err(Invalid::new(format!("`{path}` is no table, and `{}` would be in it", key.join(".")))
                    .hint(format!("take it out first: {path}=")));
            }
        };
    }
    match table.get_mut(last) {
        Some(Item::Value(old)) => {
            let decor: Decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        Some(item) => *item = Item::Value(value),
        None => {
            table.insert(last, Item::Value(value));
        }
    }
    Ok(())
}

/// A table at the top has a heading; one below it is written with dots.
fn new_table(depth: usize) -> Table {
    let mut table = Table::new();
    table.set_dotted(depth > 0);
    table
}

/// Takes a key out, and the tables that are empty then.
fn remove(file: &mut DocumentMut, key: &[String]) {
    fn from(table: &mut dyn TableLike, key: &[String]) {
        let Some((first, rest)) = key.split_first() else { return };
        if rest.is_empty() {
            table.remove(first);
            return;
        }
        let below: Option<&mut dyn TableLike> = match table.get_mut(first) {
            Some(Item::Table(table)) => Some(table),
            Some(Item::Value(Value::InlineTable(table))) => Some(table as &mut InlineTable),
            _ => None,
        };
        if let Some(below) = below {
            from(below, rest);
            if below.is_empty() {
                table.remove(first);
            }
        }
    }
    from(file.as_table_mut(), key);
}
