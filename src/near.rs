//! A name that is not quite one of those there are.

/// The nearest of the known names, where one is near enough that it may have been meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|other| (strsim::damerau_levenshtein(name, other), other));
    let near = scored.filter(|(distance, other)| *distance <= name.len().div_ceil(3) && *other != name);
    near.min().map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn what_is_far_is_not_meant() {
        assert_eq!(nearest("preview-ap", ["odoo-dev-sandbox", "preview-app"]), Some("preview-app"));
        assert_eq!(nearest("cii", ["ci", "local"]), Some("ci"));
        assert_eq!(nearest("nowhere", ["hello"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }
}
