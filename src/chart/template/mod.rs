//! The template engine: Go's text/template as Helm configures it, with Helm's functions.
//!
//! A set of files is parsed once into [`Templates`], which threads share; each render brings its own
//! data and [`Session`]. A missing key is nothing and prints as nothing; an unknown function or
//! variable is an error when parsing. Errors read as Helm's do, and carry their place.

#![allow(clippy::single_match_else, reason = "both arms weigh the same")]

mod call;
mod error;
mod eval;
mod exec;
mod files;
mod float;
mod format;
mod formattime;
mod glob;
mod globbuild;
mod globmatch;
mod item;
mod key;
mod known;
mod lex;
mod map;
mod memo;
mod methods;
mod node;
mod number;
mod object;
mod operand;
mod parse;
mod printable;
mod printf;
mod quote;
mod run;
mod time;
mod trace;
mod value;
mod verbs;
mod watch;

pub use error::{ErrorKind, Fault, Place, TemplateError};
pub use files::Files;
pub use key::Key;
pub use map::{Entries, List, ListKind, Map, MapKind};
pub(crate) use memo::Memo;
pub(crate) use object::CHART;
pub use object::{Capabilities, Field, Object, Record};
pub use run::{Limits, Run, Session};
pub use time::{Time, Zone};
pub use trace::{Inner, Mark, Origin, Read, Trace};
pub use value::{IntKind, Str, Value};

pub(crate) use error::{WARN_END, WARN_START};
pub(crate) use float::format_float;
pub(crate) use format::{reflected, to_text};
pub(crate) use number::{parse_float, parse_signed};
pub(crate) use printable::is_print;
pub(crate) use printf::sprintf;
pub(crate) use quote::{Keep, go_quote, push_quoted, quote_rune, quote_with};
pub(crate) use time::{Civil, Parts as DateParts, is_date};

use run::{Set, Texts};
use std::sync::Arc;

/// A parsed set of templates: the files of a chart and of its subcharts.
pub struct Templates {
    set: Set,
    texts: Texts,
    order: Vec<String>,
    /// Whether a file had bytes that are no UTF-8, each replaced by U+FFFD.
    mended: bool,
}

impl Templates {
    /// Parses files, given as name (`chart/templates/service.yaml`) and text. The order does not
    /// matter: as in Helm, deep paths come first, so that of two `define`s of one name the one nearer
    /// the parent chart's root wins.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, TemplateError> {
        let mut files: Vec<_> = files.into_iter().collect();
        let depth = |name: &str| name.matches('/').count();
        files.sort_by(|(a, _), (b, _)| (depth(b), b).cmp(&(depth(a), a)));
        let mut set = Set::default();
        for (name, text) in &files {
            set.add(parse::parse(name, text).map_err(TemplateError::into_helms)?);
        }
        let order = files.into_iter().map(|(name, _)| name.to_owned()).collect();
        Ok(Self { set, texts: Texts::default(), order, mended: false })
    }

    /// Says that bytes of the files were no UTF-8, and were replaced by U+FFFD: a text that shows one is an error.
    #[must_use]
    pub(crate) fn mended(self) -> Self {
        Self { mended: true, ..self }
    }

    /// The names of the files in the order in which Helm renders them. Files whose name starts with
    /// `_` are among them, though they are only there to be included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }

    /// Renders one file over its data: a map with `Values`, `Release`, `Chart`, `Template` and so on.
    /// Templates change what they are given (`set .Values …`), and later files of the release see it.
    pub fn render(&self, name: &str, data: &Value, session: &mut Session) -> Result<Arc<str>, TemplateError> {
        let text = render_in((&self.set, &self.texts), name, data, session).map_err(TemplateError::into_helms)?;
        if self.mended && text.contains(char::REPLACEMENT_CHARACTER) {
            return Err(run::not_utf8(name));
        }
        Ok(text)
    }
}

/// Renders a text that belongs to no chart. `name` stands for it in errors.
pub fn render_text(text: &str, name: &str, data: &Value, session: &mut Session) -> Result<String, TemplateError> {
    render_text_as_go(text, name, data, session).map_err(TemplateError::into_helms)
}

/// The same with errors as Go tells them, which Helm does not go over.
pub fn render_text_as_go(text: &str, name: &str, data: &Value, session: &mut Session) -> Result<String, TemplateError> {
    let mut set = Set::default();
    set.add(parse::parse(name, text)?);
    render_in((&set, &Texts::default()), name, data, session).map(|text| text.to_string())
}

fn render_in(
    (set, texts): (&Set, &Texts),
    name: &str,
    data: &Value,
    session: &mut Session,
) -> Result<Arc<str>, TemplateError> {
    let mut run = Run::new(set, texts, session);
    let Some(template) = run.lookup(name) else {
        let name_quoted = go_quote(name);
        let message = format!("no template {name_quoted} associated with template \"gotpl\"");
        return Err(TemplateError {
            kind: ErrorKind::Execute,
            place: Place { template: name.to_owned(), line: 1, column: None },
            text: format!("template: {message}"),
            message,
        });
    };
    // Helm gives a template its data as `chartutil.Values`, too.
    let data = match data {
        Value::Map(map) => &Value::Map(map.seen_as(MapKind::Values)),
        other => other,
    };
    run.session.memo.begin(data);
    let text = run.known_or_executed(&template, data)?;
    run.end_of_file(&text);
    match run::without_no_value(text) {
        Str::Text(text) => {
            session.written += text.len();
            Ok(text)
        }
        Str::Raw(_) => Err(run::not_utf8(&template.source.name)),
    }
}

/// Runs a step of a recursion with enough stack below it, whatever thread this is.
pub(in crate::chart) fn deep<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(128 << 10, 1 << 20, step)
}
