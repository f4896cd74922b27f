//! Logins as docker's configuration has them: in the file, or with a helper. None is ever shown.

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Place, RegistryError};

/// What one logs in with.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    /// A user and a password.
    Password { user: String, password: String },
    /// A token that is exchanged for another.
    Identity(String),
    /// A token that is sent as it is.
    Registry(String),
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(..)")
    }
}

/// Asks the program `docker-credential-NAME` for the login of a registry: what it prints, or `None` where it has none.
pub type Helper = fn(name: &str, registry: &str) -> Result<Option<String>, String>;

/// Docker's configuration.
#[derive(Clone)]
pub struct Logins {
    config: Value,
    helper: Helper,
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Logins(..)")
    }
}

impl Logins {
    /// No login at all.
    pub fn none() -> Self {
        Self { config: Value::Null, helper: |_, _| Ok(None) }
    }

    /// Of a file; one that is not there has none.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(file: &Path, helper: Helper) -> Result<Self, RegistryError> {
        let odd = |why: String| RegistryError::Config { file: file.to_owned(), why };
        let text = match std::fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self { helper, ..Self::none() }),
            Err(error) => return Err(odd(error.to_string())),
        };
        // What serde says of a place in the file is no secret; it quotes nothing of it.
        let config: Value = serde_json::from_slice(&text)
            .map_err(|error| odd(format!("it is no JSON at line {}, column {}", error.line(), error.column())))?;
        Ok(Self { config, helper })
    }

    /// The login for a registry, where there is one. A helper for it goes before the file, as with Docker.
    pub(super) fn of(&self, place: &Place) -> Result<Option<Login>, RegistryError> {
        let key = place.login_key();
        let named = |name: &str| self.config.get(name).and_then(Value::as_str);
        let own = self.config.get("credHelpers").and_then(|helpers| {
            [key, place.host.as_str()].iter().find_map(|name| helpers.get(*name)).and_then(Value::as_str)
        });
        if let Some(helper) = own.or(named("credsStore")).filter(|name| !name.is_empty()) {
            let failed = |why: String| RegistryError::Helper { name: helper.to_owned(), why };
            let said = (self.helper)(helper, key).map_err(failed)?;
            let found = said.map(|said| of_helper(&said).ok_or_else(|| failed("what it prints is no login".into())));
            match found.transpose()? {
                Some(login) => return Ok(Some(login)),
                // A file may have what the store has not.
                None if own.is_some() => return Ok(None),
                None => {}
            }
        }
        let entries = self.config.get("auths").and_then(Value::as_object);
        let matches = |name: &str| name == key || host_of(name) == host_of(key);
        let exact = entries.and_then(|entries| entries.get(key));
        let entry = exact.or_else(|| entries?.iter().find(|(name, _)| matches(name)).map(|(_, entry)| entry));
        Ok(entry.and_then(of_entry))
    }
}

/// The host in a key of `auths`, which may be a URL, as old versions wrote it.
fn host_of(key: &str) -> &str {
    let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    rest.split('/').next().unwrap_or(rest)
}

fn of_entry(entry: &Value) -> Option<Login> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(token) = text("registrytoken") {
        return Some(Login::Registry(token.to_owned()));
    }
    if let Some(token) = text("identitytoken") {
        return Some(Login::Identity(token.to_owned()));
    }
    if let Some(auth) = text("auth") {
        let plain = String::from_utf8(STANDARD.decode(auth.trim()).ok()?).ok()?;
        let (user, password) = plain.split_once(':')?;
        let password = password.trim_end_matches('\0').to_owned();
        return Some(Login::Password { user: user.to_owned(), password });
    }
    let (user, password) = (text("username")?.to_owned(), text("password")?.to_owned());
    Some(Login::Password { user, password })
}

fn of_helper(said: &str) -> Option<Login> {
    let value: Value = serde_json::from_str(said).ok()?;
    let (user, secret) = (value.get("Username")?.as_str()?, value.get("Secret")?.as_str()?.to_owned());
    Some(match user {
        "<token>" => Login::Identity(secret),
        user => Login::Password { user: user.to_owned(), password: secret },
    })
}

/// Runs a helper: the registry goes in, a login comes out.
///
/// # Errors
/// Why it did not work, without what it printed on standard output.
pub fn run_helper(name: &str, registry: &str) -> Result<Option<String>, String> {
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        return Err("that is no name of a program".into());
    }
    let mut child = Command::new(format!("docker-credential-{name}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("it does not start: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // One that has heard enough says so by its status.
        let _ = input.write_all(registry.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(Some(said));
    }
    // By these words, and on standard output, helpers say that they have none.
    if said.to_ascii_lowercase().contains("credentials not found") {
        return Ok(None);
    }
    let why = String::from_utf8_lossy(&output.stderr);
    let why = why.trim().lines().next().unwrap_or_default();
    Err(format!(
        "it ended with {}{}{}",
        output.status,
        if why.is_empty() { "" } else { ": " },
        crate::report::safe(why)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn login(config: Value, image: &str) -> Option<Login> {
        let helper: Helper = |name, registry| match (name, registry) {
            ("store", "https://index.docker.io/v1/") => Ok(Some(r#"{"Username": "ada", "Secret": "store"}"#.into())),
            ("gcr", "r.example.com") => Ok(Some(r#"{"Username": "<token>", "Secret": "t"}"#.into())),
            _ => Ok(None),
        };
        Logins { config, helper }.of(&Place::of(&image.parse().unwrap())).unwrap()
    }

    fn password(user: &str, password: &str) -> Login {
        Login::Password { user: user.into(), password: password.into() }
    }

    #[test]
    fn logins_are_found_as_docker_files_them() {
        let auth = json!({"auth": STANDARD.encode("ada:p:w")});
        for key in ["r.example.com", "https://r.example.com", "https://r.example.com/v2/"] {
            assert_eq!(
                login(json!({"auths": {key: auth}}), "r.example.com/a/b"),
                Some(password("ada", "p:w")),
                "{key}"
            );
        }
        assert_eq!(
            login(json!({"auths": {"https://index.docker.io/v1/": auth}}), "odoo:18.0"),
            Some(password("ada", "p:w"))
        );
        assert_eq!(login(json!({"auths": {"r.example.com": auth}}), "r.example.com:5000/a"), None);
        assert_eq!(login(json!({"auths": {"r.example.com": {}}}), "r.example.com/a"), None);
        assert_eq!(login(json!({"auths": {"r.example.com": {"auth": "%"}}}), "r.example.com/a"), None);
        let identity = json!({"auths": {"r.example.com": {"auth": "", "identitytoken": "x"}}});
        assert_eq!(login(identity, "r.example.com/a"), Some(Login::Identity("x".into())));
    }

    #[test]
    fn helpers_go_first() {
        let auth = json!({"auth": STANDARD.encode("ada:file")});
        let both =
            json!({"credsStore": "store", "auths": {"https://index.docker.io/v1/": auth, "r.example.com": auth}});
        assert_eq!(login(both.clone(), "odoo"), Some(password("ada", "store")));
        assert_eq!(login(both, "r.example.com/a"), Some(password("ada", "file")));
        let own = json!({"credHelpers": {"r.example.com": "gcr"}, "credsStore": "store"});
        assert_eq!(login(own, "r.example.com/a"), Some(Login::Identity("t".into())));
    }
}
