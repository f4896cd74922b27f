//! `format`: what is wrong with a text that is none of its kind.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::chart::functions::regexes;

/// Why a text is not of a format; nothing where it is, or where the format is not one that is looked at here.
pub(super) fn wrong(format: &str, text: &str) -> Option<String> {
    match format {
        "ipv4" => ipv4(text),
        "ipv6" => ipv6(text),
        "hostname" => hostname(text),
        "email" => email(text),
        "uri" => uri(text),
        "regex" => regexes::wrong(text),
        "date-time" => (text.len() < 20).then(|| "less than 20 characters long".to_owned()),
        _ => None,
    }
}

fn ipv4(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() != 4 {
        return Some("expected four decimals".to_owned());
    }
    for part in &parts {
        if part.len() > 1 && part.starts_with('0') {
            return Some("leading zeros".to_owned());
        }
        match part.parse::<i64>() {
            Ok(0..=255) => {}
            Ok(_) => return Some("decimal must be between 0 and 255".to_owned()),
            Err(_) => {
                let part = crate::chart::template::go_quote(part);
                return Some(format!("strconv.Atoi: parsing {part}: invalid syntax"));
            }
        }
    }
    text.parse::<Ipv4Addr>().is_err().then(|| "invalid address".to_owned())
}

fn ipv6(text: &str) -> Option<String> {
    if !text.contains(':') {
        return Some("missing colon".to_owned());
    }
    if text.contains('%') {
        return Some("zone id is not a part of ipv6 address".to_owned());
    }
    text.parse::<Ipv6Addr>()
        .is_err()
        .then(|| format!("ParseAddr({}): unable to parse IP", crate::chart::template::go_quote(text)))
}

fn hostname(text: &str) -> Option<String> {
    let host = text.strip_suffix('.').unwrap_or(text);
    if host.len() > 253 {
        return Some("more than 253 characters long".to_owned());
    }
    for label in host.split('.') {
        let why = if label.is_empty() || label.len() > 63 {
            "label must be 1 to 63 characters long".to_owned()
        } else if label.starts_with('-') {
            "label starts with hyphen".to_owned()
        } else if label.ends_with('-') {
            "label ends with hyphen".to_owned()
        } else {
            match label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
                Some(c) => {
                    format!(
                        "invalid character {}",
                        crate::chart::template::quote_rune(c, crate::chart::template::Keep::Printable)
                    )
                }
                None => continue,
            }
        };
        return Some(why);
    }
    None
}

fn email(text: &str) -> Option<String> {
    if text.len() > 255 {
        return Some("more than 255 characters long".to_owned());
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return Some("missing @".to_owned());
    };
    if local.len() > 64 {
        return Some("local part more than 64 characters long".to_owned());
    }
    if !local.starts_with('"') {
        if local.starts_with('.') {
            return Some("starts with dot".to_owned());
        }
        if local.ends_with('.') {
            return Some("ends with dot".to_owned());
        }
        if local.contains("..") {
            return Some("consecutive dots".to_owned());
        }
        let fits = |c: &char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(*c);
        if let Some(c) = local.chars().find(|c| !fits(c)) {
            let c = crate::chart::template::quote_rune(c, crate::chart::template::Keep::Printable);
            return Some(format!("invalid character {c}"));
        }
    }
    if domain.starts_with('[') {
        return None;
    }
    hostname(domain).map(|why| format!("invalid domain: {why}"))
}

fn uri(text: &str) -> Option<String> {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    (!scheme.is_some_and(is_scheme)).then(|| "relative url".to_owned())
}
