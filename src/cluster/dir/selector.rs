//! Label selectors, as far as they are written with `=`, `!=`, `in` and names alone.

use std::collections::BTreeMap;

/// A parsed selector; every part has to hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selector<'a>(Vec<Part<'a>>);

#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Is(&'a str, &'a str),
    IsNot(&'a str, &'a str),
    Has(&'a str),
    HasNot(&'a str),
    IsIn(&'a str, Vec<&'a str>),
}

impl<'a> Selector<'a> {
    /// Parses `a=b,c!=d,e,!f,g in (h,i)`.
    ///
    /// # Errors
    /// A part of another form.
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        let mut depth = 0_usize;
        let parts = text.split(|character| {
            match character {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            character == ',' && depth == 0
        });
        parts.map(str::trim).filter(|part| !part.is_empty()).map(part).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|part| match part {
            Part::Is(key, value) => labels.get(*key).is_some_and(|label| label == value),
            Part::IsNot(key, value) => labels.get(*key).is_none_or(|label| label != value),
            Part::Has(key) => labels.contains_key(*key),
            Part::HasNot(key) => !labels.contains_key(*key),
            Part::IsIn(key, values) => labels.get(*key).is_some_and(|label| values.contains(&label.as_str())),
        })
    }
}

fn part(text: &str) -> Result<Part<'_>, String> {
    let set = text.split_once(" in (").and_then(|(key, rest)| Some((key, rest.strip_suffix(')')?)));
    if let Some((key, values)) = set.filter(|(key, values)| !key.contains(' ') && !values.contains([' ', '(', ')'])) {
        return Ok(Part::IsIn(key, values.split(',').collect()));
    }
    if text.contains([' ', '(', ')']) {
        return Err(format!("label selector: {text:?} is not understood (a=b, a!=b, a in (b,c), a and !a are)"));
    }
    Ok(
        match text.split_once("!=").map(|pair| (false, pair)).or_else(|| text.split_once('=').map(|pair| (true, pair)))
        {
            Some((true, (key, value))) => Part::Is(key, value.trim_start_matches('=')),
            Some((false, (key, value))) => Part::IsNot(key, value),
            None => text.strip_prefix('!').map_or(Part::Has(text), Part::HasNot),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selecting() {
        let labels = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let selects = |text: &str| Selector::parse(text).unwrap().selects(&labels);
        for text in ["", "a=b", "a==b", "a", "!c", "a!=c", "c!=d", "a=b,!c", "a in (b)", "a=b,a in (c,b),!c"] {
            assert!(selects(text), "{text}");
        }
        for text in ["a=c", "c", "!a", "a!=b", "a=b,c", "a in (c,d)", "b in (b)", "a in ()"] {
            assert!(!selects(text), "{text}");
        }
        for text in ["a in b", "a notin (b)", "a in (b", "a in ((b))", "a b in (c)"] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
    }
}
