//! Templates of text: `<<name>>` is a value.

/// The template with its values. A name without a value stays as it is, which a test would see.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("<<") {
        out.push_str(before);
        let value = after.split_once(">>").and_then(|(name, tail)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, tail))
        });
        match value {
            Some((value, tail)) => {
                out.push_str(value);
                rest = tail;
            }
            None => {
                out.push_str("<<");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn a_value_is_no_template() {
        assert_eq!(fill("a <<x>> b <<y>>", &[("x", "<<y>>"), ("y", "2")]), "a <<y>> b 2");
        assert_eq!(fill("cat <<EOF; <<x>> <<", &[("x", "1")]), "cat <<EOF; 1 <<");
    }
}
