//! What a registry wants before it answers: the header `WWW-Authenticate` (RFC 9110, 11.6.1).

use std::collections::BTreeMap;

/// How one is to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// With user and password.
    Basic,
    /// With a token that is to be had elsewhere.
    Bearer {
        /// Where.
        realm: String,
        /// For whom.
        service: Option<String>,
        /// For what.
        scope: Option<String>,
    },
}

impl Challenge {
    /// Reads the header. Of several ways the token is taken.
    pub fn parse(header: &str) -> Option<Self> {
        let all = schemes(header);
        let bearer = all.iter().find(|(scheme, _)| scheme == "bearer").and_then(|(_, parameters)| {
            let of = |name: &str| parameters.get(name).cloned();
            Some(Self::Bearer { realm: of("realm")?, service: of("service"), scope: of("scope") })
        });
        bearer.or_else(|| all.iter().any(|(scheme, _)| scheme == "basic").then_some(Self::Basic))
    }
}

type Parameters = BTreeMap<String, String>;

/// Every scheme with its parameters, names in lower case.
fn schemes(header: &str) -> Vec<(String, Parameters)> {
    let mut found: Vec<(String, Parameters)> = Vec::new();
    let mut rest = header.trim();
    while !rest.is_empty() {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        let end = rest.find([' ', '=', ',']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() && after == rest {
            // No word where one should be: the rest is not to be read.
            if !rest.is_empty() {
                return found;
            }
            break;
        }
        match after.strip_prefix('=') {
            Some(value) => {
                let (value, left) = value_of(value);
                if let Some((_, parameters)) = found.last_mut() {
                    parameters.insert(word.to_ascii_lowercase(), value);
                }
                rest = left;
            }
            None => {
                found.push((word.to_ascii_lowercase(), Parameters::new()));
                rest = after;
            }
        }
    }
    found
}

/// A value, quoted or not, and what stands behind it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
            Some(Challenge::Bearer {
                realm: realm.into(),
                service: service.map(Into::into),
                scope: scope.map(Into::into),
            })
        };
        assert_eq!(
            Challenge::parse(r#"Bearer realm="https://a.example.com/t",service="r",scope="repository:a/b:pull,push""#),
            bearer("https://a.example.com/t", Some("r"), Some("repository:a/b:pull,push"))
        );
        assert_eq!(Challenge::parse(r#"Basic realm="x", bearer realm=y"#), bearer("y", None, None));
        assert_eq!(Challenge::parse("BASIC realm=\"a, b\""), Some(Challenge::Basic));
        assert_eq!(Challenge::parse("Basic"), Some(Challenge::Basic));
        for odd in ["", "Negotiate abc", "Bearer service=x", "=", "\"", "Bearer realm=\"open"] {
            let found = Challenge::parse(odd);
            assert!(found.is_none() || odd.ends_with("open"), "{odd}: {found:?}");
        }
    }
}
