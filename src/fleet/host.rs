//! Host names made from a template: `{name}.{domain}`.

use super::diagnostic::Invalid;
use super::read::nearest;

/// The placeholders of `host` in `fleet.toml`.
pub const HOST_PLACEHOLDERS: [&str; 4] = ["name", "branch", "domain", "fleet"];
/// The placeholders of `url` in `fleet.toml`.
pub const URL_PLACEHOLDERS: [&str; 5] = ["host", "name", "branch", "domain", "fleet"];

/// A piece of a template.
enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

fn pieces<'a>(template: &'a str, known: &[&str]) -> Result<Vec<Piece<'a>>, Invalid> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| Invalid::new(format!("`{template}` opens a `{{` that it does not close")))?;
        if !known.contains(&name) {
            return Err(Invalid::new(format!("unknown placeholder `{{{name}}}`")).hint(nearest(name, known)));
        }
        out.push(Piece::Text(before));
        out.push(Piece::Placeholder(name));
        rest = after;
    }
    if rest.contains('}') {
        return Err(Invalid::new(format!("`{template}` closes a `}}` that it does not open")));
    }
    out.push(Piece::Text(rest));
    Ok(out)
}

/// Checks a template's placeholders.
pub fn check_template(template: &str, known: &[&str]) -> Result<(), Invalid> {
    pieces(template, known).map(drop)
}

/// Fills a template in. `None` where it names something that is not there.
pub fn fill(template: &str, facts: &[(&str, Option<&str>)]) -> Result<Option<String>, Invalid> {
    let known: Vec<&str> = facts.iter().map(|(name, _)| *name).collect();
    let filled = pieces(template, &known)?
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Placeholder(name) => facts.iter().find(|(fact, _)| *fact == name).and_then(|(_, value)| *value),
        })
        .collect();
    Ok(filled)
}
