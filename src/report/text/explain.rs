//! Where the objects of a sandbox come from, as text.

use crate::release::{Explained, Line, Used};

/// Longer values are cut.
const WIDEST: usize = 40;

/// One object: its template, the values that reached it, and its lines.
pub fn explained(object: &Explained) -> String {
    let Explained { object, file, line, values, lines } = object;
    let mut out = format!("{object}\n  made by {file}:{line}\n");
    if !values.is_empty() {
        out.push_str("  values:\n");
    }
    let rows: Vec<(&Used, String)> = values.iter().map(|used| (used, value(used))).collect();
    let paths = rows.iter().map(|(used, _)| used.path.chars().count()).max().unwrap_or_default();
    let widest = rows.iter().map(|(_, value)| value.chars().count()).max().unwrap_or_default();
    for (Used { path, layer, file, .. }, value) in &rows {
        out.push_str(&format!("    {path:paths$}  {value:widest$}  {}, {file}\n", layer.word()));
    }
    out.push_str("  lines:\n");
    let places: Vec<String> = lines.iter().map(|line| place(line, file)).collect();
    let widest = places.iter().map(|place| place.chars().count()).max().unwrap_or_default();
    for (Line { text, .. }, place) in lines.iter().zip(&places) {
        out.push_str(format!("    {place:>widest$}  {text}").trim_end());
        out.push('\n');
    }
    out
}

/// A line of the object's own template by its number, others with their file, from their chart's folder.
fn place(line: &Line, own: &str) -> String {
    let Line { file, line, .. } = line;
    let short = |file: &str| file.splitn(3, '/').nth(2).unwrap_or(file).to_owned();
    if file == own { line.to_string() } else { format!("{}:{line}", short(file)) }
}

fn value(used: &Used) -> String {
    let text = match &used.value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() <= WIDEST {
        return if text.is_empty() { "\"\"".to_owned() } else { text };
    }
    text.chars().take(WIDEST - 1).chain(['…']).collect()
}
