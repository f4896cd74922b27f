//! Where a repository elsewhere is: the forms of URL that git takes.

use std::fmt;

use sha2::{Digest, Sha256};

use super::error::RepoError;

/// The address of a repository elsewhere. It is shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// `file:///…`
    File(String),
    /// `http://…`, `https://…`
    Http(HttpAddress),
    /// `ssh://…`, `git@host:path`
    Ssh(SshAddress),
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct HttpAddress {
    /// The URL without user and password, and without a `/` at its end.
    pub url: String,
    pub user: Option<String>,
    pub password: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct SshAddress {
    pub user: Option<String>,
    pub host: String,
    pub port: Option<u16>,
    pub path: String,
}

/// Whether `--repo` names a repository elsewhere. A folder of that name, and anything with a `/` before
/// its first colon, is a path, as git has it.
pub(super) fn is_url(text: &str) -> bool {
    if text.contains("://") {
        return true;
    }
    match text.split_once(':') {
        Some((host, _)) => !host.is_empty() && !host.contains('/') && !std::path::Path::new(text).exists(),
        None => false,
    }
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// Where its scheme is not known, or it would be taken for an option by `ssh`.
    pub fn parse(text: &str) -> Result<Address, RepoError> {
        let bad = |why: &'static str| RepoError::BadUrl { url: shown(text), why };
        let Some((scheme, rest)) = text.split_once("://") else {
            return scp(text).ok_or_else(|| bad("it names no host and path"));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "file" => Ok(Address::File(text.to_owned())),
            scheme @ ("http" | "https") => http(scheme, rest).ok_or_else(|| bad("it names no host")),
            "ssh" | "git+ssh" | "ssh+git" => ssh(rest).ok_or_else(|| bad("it names no host and path")),
            _ => Err(bad("only file, http, https and ssh are known")),
        }
    }

    /// The name of its mirror: equal for equal repositories, whoever asks.
    pub fn key(&self) -> String {
        let digest = Sha256::digest(self.to_string().as_bytes());
        digest
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(u32::from(digit), 16))
            .collect()
    }
}

fn http(scheme: &str, rest: &str) -> Option<Address> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, host) = match authority.rsplit_once('@') {
        Some((login, host)) => (Some(login), host),
        None => (None, authority),
    };
    let (user, password) = match login.and_then(|login| login.split_once(':')) {
        Some((user, password)) => (Some(user), Some(password)),
        None => (login, None),
    };
    let decoded = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(decode);
    (!host.is_empty()).then(|| {
        Address::Http(HttpAddress {
            url: format!("{scheme}://{host}/{path}").trim_end_matches('/').to_owned(),
            user: decoded(user),
            password: decoded(password),
        })
    })
}

fn ssh(rest: &str) -> Option<Address> {
    let (authority, path) = rest.split_once('/')?;
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user.split(':').next().unwrap_or(user)), host),
        None => (None, authority),
    };
    let (host, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => match host.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host, None),
        },
    };
    let port = match port.filter(|port| !port.is_empty()) {
        Some(port) => Some(port.parse().ok()?),
        None => None,
    };
    // `ssh://host/~user/x` means the home of a user, as in git.
    let path = if path.starts_with('~') { path.to_owned() } else { format!("/{path}") };
    safe(SshAddress { user: user.map(decode), host: host.to_owned(), port, path: decode(&path) })
}

fn scp(text: &str) -> Option<Address> {
    let (host, path) = text.split_once(':')?;
    let (user, host) = match host.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, host),
    };
    safe(SshAddress { user, host: host.to_owned(), port: None, path: path.to_owned() })
}

/// What would reach `ssh` as an option is no address (CVE-2017-1000117).
fn safe(address: SshAddress) -> Option<Address> {
    let dangerous = |text: &str| text.is_empty() || text.starts_with('-') || text.contains(char::is_control);
    let user = address.user.as_deref().is_some_and(dangerous);
    let good = !user && !dangerous(&address.host) && !dangerous(&address.path);
    good.then_some(Address::Ssh(address))
}

/// Another URL, where git's configuration says so (`url.BASE.insteadOf`); the longest match counts, as in git.
pub(super) fn instead_of(url: &str) -> String {
    let mut best: Option<(usize, String)> = None;
    let config = git2::Config::open_default();
    if let Ok(entries) =
        config.as_ref().map_err(drop).and_then(|c| c.entries(Some("url\\..*\\.insteadof")).map_err(drop))
    {
        // A list that breaks off has named no further one.
        let _ = entries.for_each(|entry| {
            let base = entry.name().ok().and_then(|name| name.strip_prefix("url.")?.strip_suffix(".insteadof"));
            let (Some(base), Ok(start)) = (base, entry.value()) else { return };
            if url.starts_with(start) && best.as_ref().is_none_or(|(length, _)| *length < start.len()) {
                best = Some((start.len(), base.to_owned()));
            }
        });
    }
    match best {
        Some((length, base)) => format!("{base}{}", url.get(length..).unwrap_or_default()),
        None => url.to_owned(),
    }
}

/// Undoes percent-encoding; what is none stays as it is.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let coded = tail
            .get(..2)
            .filter(|hex| *first == b'%' && hex.iter().all(u8::is_ascii_hexdigit))
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(coded.unwrap_or(*first));
        rest = if coded.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A URL that could not be read, without what may be a login.
fn shown(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}/{path}")
        }
        None => text.to_owned(),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::File(url) => f.write_str(url),
            Address::Http(http) => f.write_str(&http.url),
            Address::Ssh(ssh) => {
                f.write_str("ssh://")?;
                if let Some(user) = &ssh.user {
                    write!(f, "{user}@")?;
                }
                f.write_str(&ssh.host)?;
                if let Some(port) = ssh.port {
                    write!(f, ":{port}")?;
                }
                let slash = if ssh.path.starts_with('/') { "" } else { "/" };
                write!(f, "{slash}{}", ssh.path)
            }
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
