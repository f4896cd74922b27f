//! URLs, as Go's `net/url` reads and writes them.

use super::builtin::new_map;
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Fault, Value, go_quote};
use std::fmt::Write as _;

pub(super) const FUNCTIONS: &[Func] =
    &[Func::new("urlParse", &[Ty::Str], parse), Func::new("urlJoin", &[Ty::Map], join).refuse_deep()];

/// The pieces of a URL, decoded.
#[derive(Default)]
struct Url {
    scheme: String,
    opaque: String,
    user: Option<(String, Option<String>)>,
    host: String,
    path: String,
    query: String,
    fragment: String,
}

fn parse(call: &mut Call<'_, '_, '_>) -> Outcome {
    let text = call.text(0);
    let url = Url::parse(&text).map_err(|error| Fault::from(format!("unable to parse url: {error}")))?;
    let hostname = hostname(&url.host).to_owned();
    let user = url.user_text();
    let text = |text: String| Value::from(text);
    Ok(new_map([
        ("scheme", text(url.scheme)),
        ("host", text(url.host)),
        ("hostname", text(hostname)),
        ("path", text(url.path)),
        ("query", text(url.query)),
        ("opaque", text(url.opaque)),
        ("fragment", text(url.fragment)),
        ("userinfo", text(user)),
    ]))
}

/// A host without its port and brackets.
fn hostname(host: &str) -> &str {
    let colon = host.rfind(':').filter(|at| host.get(*at..).is_some_and(is_port));
    let name = colon.and_then(|at| host.get(..at)).unwrap_or(host);
    name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name)
}

fn join(call: &mut Call<'_, '_, '_>) -> Outcome {
    let get = |key: &str| match call.map(0).and_then(|map| map.get(key)) {
        None => Ok(String::new()),
        Some(Value::Str(text)) => Ok(text.text().into_owned()),
        Some(other) => {
            let kind = other.kind_name();
            Err(Fault::from(format!("unable to parse {key} key, must be of type string, but {kind} found")))
        }
    };
    let mut url = Url {
        scheme: get("scheme")?,
        host: get("host")?,
        path: get("path")?,
        query: get("query")?,
        opaque: get("opaque")?,
        fragment: get("fragment")?,
        user: None,
    };
    let user = get("userinfo")?;
    if !user.is_empty() {
        let whole = Url::parse(&format!("proto://{user}@host"));
        url.user = whole.map_err(|error| Fault::from(format!("unable to parse userinfo in dict: {error}")))?.user;
    }
    Ok(url.to_text().into())
}

fn user_info(text: &str) -> Result<(String, Option<String>), String> {
    let (name, password) = match text.split_once(':') {
        Some((name, password)) => (name, Some(password)),
        None => (text, None),
    };
    let name = unescape(name, Part::User)?;
    Ok((name, password.map(|password| unescape(password, Part::User)).transpose()?))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    User,
    Host,
    /// What follows `%25` in an address of IPv6.
    Zone,
    Fragment,
}

impl Url {
    fn parse(text: &str) -> Result<Self, String> {
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let at = |shown: &str, error: &str| format!("parse {}: {error}", go_quote(shown));
        let mut url = Self::without_fragment(before).map_err(|error| at(before, &error))?;
        url.fragment = unescape(fragment, Part::Fragment).map_err(|error| at(text, &error))?;
        Ok(url)
    }

    fn without_fragment(text: &str) -> Result<Self, String> {
        if text.bytes().any(|b| b < b' ' || b == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        if text == "*" {
            text.clone_into(&mut url.path);
            return Ok(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        query.clone_into(&mut url.query);
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            if rest.split('/').next().is_some_and(|first| first.contains(':')) {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        if let Some(after) = rest.strip_prefix("//")
            && (!url.scheme.is_empty() || !rest.starts_with("///"))
        {
            let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
            rest = path;
            url.authority(authority)?;
        }
        url.path = unescape(rest, Part::Path)?;
        Ok(url)
    }

    fn authority(&mut self, authority: &str) -> Result<(), String> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.host = host_of(&self.scheme, host)?;
        if let Some(user) = user {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
            if !user.bytes().all(allowed) {
                return Err("net/url: invalid userinfo".to_owned());
            }
            self.user = Some(user_info(user)?);
        }
        Ok(())
    }

    fn user_text(&self) -> String {
        let Some((name, password)) = &self.user else {
            return String::new();
        };
        let mut out = escape(name, Part::User);
        if let Some(password) = password {
            out.push(':');
            out.push_str(&escape(password, Part::User));
        }
        out
    }

    fn to_text(&self) -> String {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            let _ = write!(out, "{}:", self.scheme);
        }
        if self.opaque.is_empty() {
            if !self.scheme.is_empty() || !self.host.is_empty() || self.user.is_some() {
                if !(self.host.is_empty() && self.path.is_empty() && self.user.is_none()) {
                    out.push_str("//");
                }
                if self.user.is_some() {
                    let _ = write!(out, "{}@", self.user_text());
                }
                out.push_str(&escape(&self.host, Part::Host));
            }
            let path = if self.path == "*" { "*".to_owned() } else { escape(&self.path, Part::Path) };
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                out.push('/');
            }
            if out.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
                out.push_str("./");
            }
            out.push_str(&path);
        } else {
            out.push_str(&self.opaque);
        }
        if !self.query.is_empty() {
            let _ = write!(out, "?{}", self.query);
        }
        if !self.fragment.is_empty() {
            let _ = write!(out, "#{}", escape(&self.fragment, Part::Fragment));
        }
        out
    }
}

fn scheme(text: &str) -> Result<(&str, &str), String> {
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if i > 0 => {}
            b':' if i == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((text.get(..i).unwrap_or(""), text.get(i + 1..).unwrap_or(""))),
            _ => break,
        }
    }
    Ok(("", text))
}

/// Nothing, or a colon and digits.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

fn host_of(scheme: &str, host: &str) -> Result<String, String> {
    let checked = |port: &str| {
        if is_port(port) { Ok(()) } else { Err(format!("invalid port {} after host", go_quote(port))) }
    };
    match host.rfind('[') {
        Some(0) => {
            let Some((inside, port)) = host.get(1..).and_then(|rest| rest.rsplit_once(']')) else {
                return Err("missing ']' in host".to_owned());
            };
            checked(port)?;
            return Ok(format!("[{}]{}", literal(inside)?, unescape(port, Part::Host)?));
        }
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    // Of several colons the first begins the port of a web address, and the last that of any other.
    let is_web = scheme == "http" || scheme == "https";
    let colon = if is_web { host.find(':') } else { host.rfind(':') };
    checked(colon.and_then(|at| host.get(at..)).unwrap_or_default())?;
    unescape(host, Part::Host)
}

/// What stands between brackets: an address of IPv6, and its zone.
fn literal(text: &str) -> Result<String, String> {
    let (address, zone) = text.split_at(text.find("%25").unwrap_or(text.len()));
    let address = unescape(address, Part::Host)?;
    let zone = unescape(zone, Part::Zone)?;
    let whole = format!("{address}{zone}");
    if address.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("invalid IP-literal".to_owned());
    }
    if address.parse::<std::net::Ipv6Addr>().is_err() || zone == "%" {
        return Err(format!("invalid host: ParseAddr({}): unable to parse IP", go_quote(&whole)));
    }
    Ok(whole)
}

fn unescape(text: &str, part: Part) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(byte) = bytes.get(i) {
        if *byte == b'%' {
            let digits = bytes.get(i + 1..i + 3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
            let value = digits.and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| u8::from_str_radix(d, 16).ok());
            let is_percent = value == Some(b'%');
            let fits = match (value, part) {
                (Some(value), Part::Host) => is_percent || value >= 0x80,
                (Some(value), Part::Zone) => is_percent || value == b' ' || may_stand(value, Part::Host),
                (value, _) => value.is_some(),
            };
            let Some(value) = value.filter(|_| fits) else {
                let shown = bytes.get(i..(i + 3).min(bytes.len())).unwrap_or_default();
                let shown = crate::chart::template::quote_with(shown, '"', crate::chart::template::Keep::Printable);
                return Err(format!("invalid URL escape {shown}"));
            };
            out.push(value);
            i += 3;
            continue;
        }
        if matches!(part, Part::Host | Part::Zone) && byte.is_ascii() && !may_stand(*byte, part) {
            let shown = go_quote(&char::from(*byte).to_string());
            return Err(format!("invalid character {shown} in host name"));
        }
        out.push(*byte);
        i += 1;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn may_stand(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return true;
    }
    match part {
        Part::Path => b"$&+,/:;=@".contains(&byte),
        Part::User => b"$&+,;=".contains(&byte),
        Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::Fragment => b"$&+,/:;=?@!()*".contains(&byte),
    }
}

fn escape(text: &str, part: Part) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if may_stand(byte, part) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
