//! URLs.

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
    let url = Url::parse(&text)
        .map_err(|error| Fault::from(format!("unable to parse url: parse {}: {error}", go_quote(&text))))?;
    let hostname = match url.host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        Some((inner, _)) => inner.to_owned(),
        None => url.host.rsplit_once(':').map_or(url.host.as_str(), |(name, _)| name).to_owned(),
    };
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
        url.user = user_info(&user);
    }
    Ok(url.to_text().into())
}

fn user_info(text: &str) -> Option<(String, Option<String>)> {
    let (name, password) = match text.split_once(':') {
        Some((name, password)) => (name, Some(unescape(password, Part::User).ok()?)),
        None => (text, None),
    };
    Some((unescape(name, Part::User).ok()?, password))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    User,
    Host,
    Fragment,
}

impl Url {
    fn parse(text: &str) -> Result<Self, String> {
        if text.bytes().any(|b| b < b' ' || b == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = Self { fragment: unescape(fragment, Part::Fragment)?, ..Self::default() };
        if text.is_empty() {
            return Ok(url);
        }
        let (scheme, rest) = scheme(rest)?;
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
            let end = after.find('/').unwrap_or(after.len());
            let (authority, path) = after.split_at(end);
            rest = path;
            let (user, host) = match authority.rsplit_once('@') {
                Some((user, host)) => (Some(user), host),
                None => (None, authority),
            };
            url.host = host_of(host)?;
            if let Some(user) = user {
                let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
                if !user.bytes().all(allowed) {
                    return Err("net/url: invalid userinfo".to_owned());
                }
                url.user = user_info(user);
            }
        }
        url.path = unescape(rest, Part::Path)?;
        Ok(url)
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
            let path = escape(&self.path, Part::Path);
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

fn host_of(host: &str) -> Result<String, String> {
    let port = if host.starts_with('[') {
        let Some(close) = host.rfind(']') else {
            return Err("missing ']' in host".to_owned());
        };
        host.get(close + 1..).unwrap_or("")
    } else {
        host.rfind(':').and_then(|at| host.get(at..)).unwrap_or("")
    };
    let fits = port.starts_with(':') && port.bytes().skip(1).all(|b| b.is_ascii_digit());
    if !port.is_empty() && !fits {
        return Err(format!("invalid port {} after host", go_quote(port)));
    }
    unescape(host, Part::Host)
}

fn unescape(text: &str, part: Part) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(byte) = bytes.get(i) {
        if *byte == b'%' {
            let digits = bytes.get(i + 1..i + 3).and_then(|d| std::str::from_utf8(d).ok());
            let Some(value) = digits.and_then(|d| u8::from_str_radix(d, 16).ok()) else {
                let shown = text.get(i..(i + 3).min(text.len())).unwrap_or("%");
                return Err(format!("invalid URL escape {}", go_quote(shown)));
            };
            out.push(value);
            i += 3;
            continue;
        }
        if part == Part::Host && byte.is_ascii() && !may_stand(*byte, part) {
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
        Part::Host => b"!$&'()*+,;=:[]<>\"".contains(&byte),
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
