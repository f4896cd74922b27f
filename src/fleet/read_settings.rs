//! Reading `fleet.toml`.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::budget::{Budget, Budgeted};
use super::check;
use super::diagnostic::Invalid;
use super::host::{HOST_PLACEHOLDERS, URL_PLACEHOLDERS, check_template};
use super::life::Ttl;
use super::limits::{Limits, MaxRemovals};
use super::name::{check_domain, check_label};
use super::quantity::Quantity;
use super::read::{self, Node, Reader, Section};
use super::schedule::schedule;
use super::settings::{Access, Defaults, NamespaceSettings, Settings, default_host, default_prefix, default_url};
use super::values::values;

/// The keys at the top of `fleet.toml` that are no tables.
const TOP: [&str; 10] =
    ["name", "id", "context", "namespace_prefix", "domain", "host", "url", "copy_secrets", "service_account", "extras"];

/// Reads the tree. What is wrong is in the reader, and then the answer is not to be relied on.
pub(super) fn settings(reader: &mut Reader<'_>, tree: &Spanned<DeTable<'_>>) -> Option<Settings> {
    let mut top = Section::top(tree);
    let name = top.required(reader, "name", "\"my-team\"", |r, n| {
        read::checked(r, n, |text| check_label(text).map(|()| text.to_owned()))
    });
    let id = top.required(reader, "id", "\"my-team-4f9c2e71\"", |r, n| read::checked(r, n, check::label_value));
    let context = top.optional(reader, "context", read::string);
    let namespace_prefix = top.optional(reader, "namespace_prefix", prefix);
    let domain =
        top.optional(reader, "domain", |r, n| read::checked(r, n, |text| check_domain(text).map(|()| text.to_owned())));
    let host = top.optional(reader, "host", |r, n| template(r, n, &HOST_PLACEHOLDERS));
    let url = top.optional(reader, "url", |r, n| template(r, n, &URL_PLACEHOLDERS));
    let copy_secrets = top.optional(reader, "copy_secrets", |r, n| read::list(r, n, read::parsed));
    let service_account = top.optional(reader, "service_account", read::parsed);
    let extras = top.optional(reader, "extras", read::parsed);
    let namespace = namespace(reader, &mut top);
    let defaults = defaults(reader, &mut top);
    let schedule = schedule(reader, &mut top, &TOP);
    let limits = limits(reader, &mut top);
    let budget = budget(reader, &mut top);
    let access = access(reader, &mut top);
    let ignore = top.optional(reader, "ignore", ignore);
    top.finish(reader, &[]);
    Some(Settings {
        name: name?,
        id: id?,
        context,
        namespace_prefix: namespace_prefix.unwrap_or_else(default_prefix),
        domain,
        host: host.unwrap_or_else(default_host),
        url: url.unwrap_or_else(default_url),
        namespace,
        defaults,
        schedule,
        limits,
        budget,
        copy_secrets: copy_secrets.unwrap_or_default(),
        service_account,
        access,
        extras: extras.unwrap_or_default(),
        ignore: ignore.unwrap_or_default(),
    })
}

fn namespace(reader: &mut Reader<'_>, top: &mut Section<'_, '_>) -> NamespaceSettings {
    let Some(mut section) = top.section(reader, "namespace", "[namespace]") else {
        return NamespaceSettings::default();
    };
    let labels = section.optional(reader, "labels", labels).unwrap_or_default();
    section.finish(reader, &TOP);
    NamespaceSettings { labels }
}

fn labels(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<BTreeMap<String, String>> {
    let mut out = BTreeMap::new();
    for (key, node) in read::table(reader, node)? {
        let name: &str = key.get_ref();
        if let Err(why) = check::label_key(name) {
            reader.error(key.span(), why);
        }
        // An empty value is legal in a label, so `read::string` is no help.
        match node.get_ref().as_str() {
            Some("") => {
                out.insert(name.to_owned(), String::new());
            }
            _ => {
                if let Some(value) = read::checked(reader, node, check::label_value) {
                    out.insert(name.to_owned(), value);
                }
            }
        }
    }
    Some(out)
}

fn defaults(reader: &mut Reader<'_>, top: &mut Section<'_, '_>) -> Defaults {
    let mut out = Defaults::default();
    let Some(mut section) = top.section(reader, "defaults", "[defaults]") else {
        return out;
    };
    out.chart = section.optional(reader, "chart", |r, n| read::checked(r, n, check::chart));
    if let Some(ttl) = section.optional(reader, "ttl", ttl) {
        out.ttl = ttl;
    }
    out.profile = section.optional(reader, "profile", |r, n| read::checked(r, n, check::profile));
    out.image = section.optional(reader, "image", read::parsed);
    if let Some(found) = section.optional(reader, "values", values) {
        out.values = found;
    }
    section.finish(reader, &TOP);
    out
}

fn limits(reader: &mut Reader<'_>, top: &mut Section<'_, '_>) -> Limits {
    let mut out = Limits::default();
    let Some(mut section) = top.section(reader, "limits", "[limits]") else {
        return out;
    };
    if let Some(count) = section.optional(reader, "max_sandboxes", read::count) {
        out.max_sandboxes = count;
    }
    out.max_per_owner = section.optional(reader, "max_per_owner", read::count);
    if let Some(count) = section.optional(reader, "max_pins", read::count) {
        out.max_pins = count;
    }
    if let Some(span) = section.optional(reader, "max_pin", read::parsed) {
        out.max_pin = span;
    }
    if let Some(ceiling) = section.optional(reader, "max_removals", max_removals) {
        out.max_removals = ceiling;
    }
    section.finish(reader, &TOP);
    out
}

fn budget(reader: &mut Reader<'_>, top: &mut Section<'_, '_>) -> Budget {
    let mut out = Budget::default();
    let Some(mut section) = top.section(reader, "budget", "[budget]") else {
        return out;
    };
    for what in Budgeted::ALL {
        *out.of_mut(what) = section.optional(reader, what.name(), quantity);
    }
    section.finish(reader, &TOP);
    out
}

/// A quantity: a string, or a number where it needs no unit. A decimal is read as it is written.
fn quantity(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Quantity> {
    let read: Result<Quantity, Invalid> = match node.get_ref() {
        DeValue::Float(number) => number.as_str().parse(),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(whole) => whole.to_string().parse(),
            Err(_) => number.as_str().parse(),
        },
        DeValue::String(_) => return read::parsed(reader, node),
        _ => {
            read::wrong_type(reader, node, "a quantity, such as 16 or \"64Gi\"");
            return None;
        }
    };
    read.map_err(|why| reader.error(node.span(), why)).ok()
}

fn max_removals(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<MaxRemovals> {
    match node.get_ref() {
        DeValue::Integer(_) => read::count(reader, node).map(MaxRemovals::Count),
        _ => read::parsed(reader, node),
    }
}

fn access(reader: &mut Reader<'_>, top: &mut Section<'_, '_>) -> Access {
    let Some(mut section) = top.section(reader, "access", "[access]") else {
        return Access::default();
    };
    let groups = section.optional(reader, "groups", |r, n| read::list(r, n, |r, n| read::checked(r, n, check::line)));
    section.finish(reader, &TOP);
    Access { groups: groups.unwrap_or_default() }
}

fn ignore(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<BTreeMap<String, Vec<String>>> {
    let mut out = BTreeMap::new();
    for (kind, node) in read::table(reader, node)? {
        let paths = read::list(reader, node, |r, n| read::checked(r, n, check::field_path));
        out.insert(kind.get_ref().to_string(), paths.unwrap_or_default());
    }
    Some(out)
}

fn prefix(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<String> {
    // Without any prefix a namespace is called as its sandbox is.
    if node.get_ref().as_str() == Some("") {
        return Some(String::new());
    }
    read::checked(reader, node, check::prefix)
}

fn template(reader: &mut Reader<'_>, node: &Node<'_>, known: &[&str]) -> Option<String> {
    read::checked(reader, node, |text| check_template(text, known).map(|()| text.to_owned()))
}

/// A time to live: a string, or the number 0.
pub(super) fn ttl(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Ttl> {
    let DeValue::Integer(number) = node.get_ref() else {
        return read::parsed(reader, node);
    };
    if i64::from_str_radix(number.as_str(), number.radix()) == Ok(0) {
        return Some(Ttl::Never);
    }
    let why = Invalid::new("a time to live needs its unit").hint(format!("write \"{}d\" for days", number.as_str()));
    reader.error(node.span(), why);
    None
}
