//! `NAME.toml`: one sandbox, as its file has it and as its fleet makes it.

use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::DeTable;

use super::check;
use super::diagnostic::Invalid;
use super::host::fill;
use super::image::Image;
use super::life::{Life, Terms, Ttl};
use super::name::{check_branch, check_domain, check_name, slug};
use super::read::{self, Node, Reader, Section};
use super::read_settings::ttl;
use super::schedule::{Rest, Schedule, rest, schedule};
use super::settings::Settings;
use super::values::{RESERVED_VALUES, values};

/// One sandbox: a branch, an image, a time to live. The file's stem is its name.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, title = "A sandbox", extend("not" = {"required": ["ttl", "expires"]}))]
pub struct SandboxFile {
    /// The branch that it shows.
    pub branch: String,
    /// The image that it runs.
    pub image: Option<Image>,
    /// The chart: a folder below `charts/`. By default the fleet's.
    pub chart: Option<String>,
    /// How long it lives, from the commit that last changed this file. By default the fleet's; not together with
    /// `expires`.
    pub ttl: Option<Ttl>,
    /// When it expires, whatever changes in this file. Not together with `ttl`.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires: Option<Timestamp>,
    /// The profile: `values-PROFILE.yaml` of the chart, over its `values.yaml`. By default the fleet's.
    pub profile: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Whether objects that hold data may be deleted and made again, where a change cannot be made in place: `refuse`
    /// (by default), or `allow`.
    pub replace: Option<Replace>,
    /// Whether nothing of it runs; its data is kept.
    #[schemars(default)]
    pub asleep: bool,
    /// When it is awake. By default the fleet's.
    pub schedule: Option<Schedule>,
    /// Keeps it past its expiry.
    pub pin: Option<Pin>,
    /// Values over the chart's and the fleet's.
    #[schemars(default, extend("propertyNames" = {"not": {"enum": RESERVED_VALUES}}))]
    pub values: Map<String, Value>,
}

/// What is done where an object that holds data cannot be changed in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Replace {
    /// The sandbox is held.
    #[default]
    Refuse,
    /// The object is deleted with what it holds, and made again.
    Allow,
}

impl FromStr for Replace {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "allow" => Ok(Self::Allow),
            other => Err(Invalid::new(format!("`{other}` says nothing about replacing"))
                .hint("write \"refuse\", or \"allow\" where what the objects hold may be lost")),
        }
    }
}

/// `[pin]`: a dated, owned, reasoned exception to the expiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Pin {
    /// Until when: a date with its time and offset.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub until: Timestamp,
    /// Who wants it.
    pub owner: String,
    /// What for.
    pub reason: String,
}

/// The keys at the top of a sandbox's file that are no tables.
const TOP: [&str; 9] = ["branch", "image", "chart", "ttl", "expires", "profile", "owner", "replace", "asleep"];

impl SandboxFile {
    /// Reads the tree. What is wrong is in the reader, and then the answer is not to be relied on.
    pub(super) fn read(reader: &mut Reader<'_>, tree: &Spanned<DeTable<'_>>) -> Option<SandboxFile> {
        let mut top = Section::top(tree);
        let branch = top.required(reader, "branch", "\"feature/…\"", |r, n| {
            read::checked(r, n, |text| check_branch(text).map(|()| text.to_owned()))
        });
        let image = top.optional(reader, "image", read::parsed);
        let chart = top.optional(reader, "chart", |r, n| read::checked(r, n, check::chart));
        let life = (top.get("ttl"), top.get("expires"));
        let (ttl, expires) = exactly_one(reader, life);
        let profile = top.optional(reader, "profile", |r, n| read::checked(r, n, check::profile));
        let owner = top.optional(reader, "owner", |r, n| read::checked(r, n, check::line));
        let replace = top.optional(reader, "replace", read::parsed);
        let asleep = top.optional(reader, "asleep", read::boolean);
        let schedule = schedule(reader, &mut top, &TOP);
        let pin = pin(reader, &mut top);
        let values = top.optional(reader, "values", values);
        top.finish(reader, &[]);
        Some(SandboxFile {
            branch: branch?,
            image,
            chart,
            ttl,
            expires,
            profile,
            owner,
            replace,
            asleep: asleep.unwrap_or_default(),
            schedule,
            pin,
            values: values.unwrap_or_default(),
        })
    }
}

type Found<'t, 'i> = Option<&'t Node<'i>>;

fn exactly_one(reader: &mut Reader<'_>, life: (Found<'_, '_>, Found<'_, '_>)) -> (Option<Ttl>, Option<Timestamp>) {
    let ttl = life.0.and_then(|node| ttl(reader, node));
    let expires = life.1.and_then(|node| read::date(reader, node));
    if let (Some(_), Some(second)) = life {
        let why = Invalid::new("both `ttl` and `expires` are given").hint("keep one of them");
        reader.error(second.span(), why);
    }
    (ttl, expires)
}

fn pin(reader: &mut Reader<'_>, top: &mut Section<'_, '_>) -> Option<Pin> {
    let mut section = top.section(reader, "pin", "[pin]")?;
    let until = section.required(reader, "until", "2026-12-01T18:00:00+08:00", read::date);
    let owner = section.required(reader, "owner", "\"who wants it\"", |r, n| read::checked(r, n, check::line));
    let reason = section.required(reader, "reason", "\"what for\"", |r, n| read::checked(r, n, check::line));
    section.finish(reader, &TOP);
    Some(Pin { until: until?, owner: owner?, reason: reason? })
}

/// One sandbox with all that its fleet adds: what the other parts work with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sandbox {
    /// Its name: the stem of its file.
    pub name: String,
    /// Its file, relative to the fleet's root.
    pub path: String,
    /// Its namespace: the fleet's prefix and the name.
    pub namespace: String,
    /// Its branch.
    pub branch: String,
    /// The branch as a name, by the slug rule.
    pub slug: String,
    /// The image, its own or the fleet's.
    pub image: Option<Image>,
    /// The chart, its own or the fleet's.
    pub chart: String,
    /// The profile, its own or the fleet's.
    pub profile: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Its life, its own or the fleet's.
    pub life: Life,
    /// Whether objects that hold data may be replaced.
    pub replace: Replace,
    /// Whether its file has it asleep.
    pub asleep: bool,
    /// When it is awake, its own hours or the fleet's; always, where there are none.
    pub schedule: Option<Schedule>,
    /// The exception to its expiry.
    pub pin: Option<Pin>,
    /// Its host name, where the fleet has a domain.
    pub host: Option<String>,
    /// Its address, where it has a host name.
    pub url: Option<String>,
    /// Its own values; the fleet's lie in its settings.
    pub values: Map<String, Value>,
}

impl Sandbox {
    /// What its fleet makes of a file; what cannot be is told without a place.
    pub(super) fn new(name: &str, path: &str, file: SandboxFile, settings: &Settings) -> Result<Sandbox, Invalid> {
        check_name(name, &settings.namespace_prefix)?;
        let defaults = &settings.defaults;
        let chart = file.chart.or_else(|| defaults.chart.clone()).ok_or_else(|| {
            Invalid::new("no chart is named, here or in fleet.toml")
                .hint("add `chart = \"…\"` here, or below [defaults] in fleet.toml")
        })?;
        let life = match (file.ttl, file.expires) {
            (_, Some(until)) => Life::Until(until),
            (Some(ttl), None) => ttl.into(),
            (None, None) => defaults.ttl.into(),
        };
        let slug = slug(&file.branch);
        let (host, url) = address(name, &slug, settings)?;
        Ok(Sandbox {
            name: name.to_owned(),
            path: path.to_owned(),
            namespace: format!("{}{name}", settings.namespace_prefix),
            branch: file.branch,
            slug,
            image: file.image.or_else(|| defaults.image.clone()),
            chart,
            profile: file.profile.or_else(|| defaults.profile.clone()),
            owner: file.owner,
            life,
            replace: file.replace.unwrap_or_default(),
            asleep: file.asleep,
            schedule: file.schedule.or_else(|| settings.schedule.clone()),
            pin: file.pin,
            host,
            url,
            values: file.values,
        })
    }

    /// Why nothing of it runs at an instant; `None` where it is awake.
    pub fn rest(&self, now: Timestamp) -> Option<Rest> {
        rest(self.asleep, self.schedule.as_ref(), now)
    }

    /// What decides about its life.
    pub fn terms(&self, settings: &Settings) -> Terms {
        Terms {
            life: self.life,
            pinned_until: self.pin.as_ref().map(|pin| pin.until),
            max_pin: settings.limits.max_pin.0,
        }
    }
}

fn address(name: &str, slug: &str, settings: &Settings) -> Result<(Option<String>, Option<String>), Invalid> {
    let mut facts = vec![
        ("name", Some(name)),
        ("branch", Some(slug)),
        ("domain", settings.domain.as_deref()),
        ("fleet", Some(settings.name.as_str())),
    ];
    let Some(host) = fill(&settings.host, &facts)? else {
        return Ok((None, None));
    };
    check_domain(&host)
        .map_err(|why| Invalid::new(format!("its host cannot be: {}", why.message)).hint("see `host` in fleet.toml"))?;
    facts.push(("host", Some(&host)));
    let url = fill(&settings.url, &facts)?;
    Ok((Some(host), url))
}
