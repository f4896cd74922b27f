//! Image references: `[registry[:port]/]path[:tag][@digest]`, by the grammar of the distribution project.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::diagnostic::Invalid;

/// An image reference, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// Registry and path, as written: `registry.example.com/team/app`.
    pub repository: String,
    /// The tag, where one is written.
    pub tag: Option<String>,
    /// The digest, where one is written: `sha256:…`.
    pub digest: Option<String>,
}

/// The longest repository, in characters.
const REPOSITORY_LENGTH: usize = 255;

impl FromStr for Image {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Image, Invalid> {
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(
                Invalid::new(format!("`{text}` is no image reference")).hint(format!("leave out `{scheme}://`"))
            );
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash is that of the registry's port.
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (rest, None),
        };
        let because = |why: Invalid| Invalid {
            message: format!("`{text}` is no image reference: {}", why.message),
            hint: why.hint,
        };
        check_repository(repository).map_err(because)?;
        tag.map_or(Ok(()), check_tag).map_err(because)?;
        digest.map_or(Ok(()), check_digest).map_err(because)?;
        Ok(Image { repository: repository.to_owned(), tag: tag.map(str::to_owned), digest: digest.map(str::to_owned) })
    }
}

fn check_repository(repository: &str) -> Result<(), Invalid> {
    if repository.is_empty() {
        return Err(Invalid::new("the repository is empty"));
    }
    if repository.len() > REPOSITORY_LENGTH {
        let excess = repository.len() - REPOSITORY_LENGTH;
        return Err(Invalid::new(format!("the repository is {excess} characters too long")));
    }
    let path = match repository.split_once('/') {
        Some((first, path)) if is_registry(first) => {
            check_registry(first)?;
            path
        }
        _ => repository,
    };
    path.split('/').try_for_each(check_component)
}

/// Docker's rule for telling a registry from a first folder.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':', '[']) || first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase())
}

fn check_registry(registry: &str) -> Result<(), Invalid> {
    let bad = || Invalid::new(format!("`{registry}` is no registry"));
    let (host, port) = match registry.strip_prefix('[') {
        Some(v6) => {
            let (address, port) = v6.split_once(']').ok_or_else(bad)?;
            address.parse::<std::net::Ipv6Addr>().map_err(|_| bad())?;
            (None, port.strip_prefix(':').or((!port.is_empty()).then_some("")))
        }
        None => match registry.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(registry), None),
        },
    };
    let label = |label: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(inner)
    };
    let host_good = host.is_none_or(|host| host.split('.').all(label));
    let port_good = port.is_none_or(|port| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()));
    if host_good && port_good { Ok(()) } else { Err(bad()) }
}

/// One folder of the path: runs of `[a-z0-9]`, joined by `.`, `_`, `__` or any number of `-`.
fn check_component(component: &str) -> Result<(), Invalid> {
    let alnum = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if component.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(Invalid::new("a repository is written in lower case")
            .hint(format!("write `{}`", component.to_ascii_lowercase())));
    }
    let ends = component.starts_with(alnum) && component.ends_with(alnum);
    let joints = component
        .split(alnum)
        .filter(|joint| !joint.is_empty())
        .all(|joint| matches!(joint, "." | "_" | "__") || joint.chars().all(|c| c == '-'));
    if ends && joints {
        return Ok(());
    }
    Err(Invalid::new(match component {
        "" => "a part of its path is empty".to_owned(),
        part => format!("`{part}` cannot be part of a repository"),
    }))
}

fn check_tag(tag: &str) -> Result<(), Invalid> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if tag.is_empty() {
        return Err(Invalid::new("the tag is empty"));
    }
    if tag.len() > 128 {
        return Err(Invalid::new("the tag is longer than 128 characters"));
    }
    if tag.starts_with(['.', '-']) || !tag.chars().all(inner) {
        return Err(
            Invalid::new(format!("`{tag}` is no tag")).hint("a tag is made of letters, digits, `_`, `.` and `-`")
        );
    }
    Ok(())
}

/// `algorithm:hex`; of the registered algorithms also the length is known.
fn check_digest(digest: &str) -> Result<(), Invalid> {
    let bad =
        || Invalid::new(format!("`{digest}` is no digest")).hint("a digest is `sha256:` and 64 hexadecimal digits");
    let (algorithm, hex) = digest.split_once(':').ok_or_else(bad)?;
    let algorithm_good = algorithm.split(['+', '.', '_', '-']).all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    });
    let length_good = match algorithm {
        "sha256" => hex.len() == 64,
        "sha512" => hex.len() == 128,
        _ => hex.len() >= 32,
    };
    let hex_good = hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    if algorithm_good && length_good && hex_good { Ok(()) } else { Err(bad()) }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl Serialize for Image {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Image {
    fn schema_name() -> Cow<'static, str> {
        "Image".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An image reference: [registry[:port]/]path[:tag][@digest].",
            "type": "string",
            "minLength": 1,
        })
    }
}
