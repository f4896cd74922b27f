//! What is wrong with values, found by going through them beside their schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::words::{self, pointer, quoted};
use super::{circles, elsewhere, format};
use crate::chart::template::go_quote;

/// Schemas within schemas deeper than this are left.
const MAX_DEPTH: usize = 200;

/// Something that is wrong.
#[derive(Debug)]
pub(super) struct Wrong {
    at: Vec<String>,
    said: String,
    kind: Kind,
    because: Vec<Wrong>,
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Kind {
    One,
    /// Several things at one place.
    Group,
    /// Behind a reference.
    Reference,
}

/// Whether a value is as a schema says.
pub(super) type Verdict = Result<(), Box<Wrong>>;

/// Goes through values.
pub(super) struct Teller<'s> {
    /// The document of the schema that judges, and what it is called.
    document: &'s Value,
    called: String,
    /// The document that the look began with.
    root: &'s Value,
    draft: u16,
    depth: usize,
    at: Vec<String>,
    /// The schemas that the look has come through.
    through: Vec<Step>,
    /// The keyword that leads to the next one, where it is a reference.
    by: &'static str,
}

/// A schema on the way.
struct Step {
    /// What tells it from others.
    address: usize,
    by: &'static str,
    /// How deep in the values it judges.
    depth: usize,
}

/// What is wrong at one place.
#[derive(Default)]
pub(super) struct Wrongs(Vec<Wrong>);

impl Wrongs {
    pub(super) fn add(&mut self, verdict: Verdict) {
        if let Err(wrong) = verdict {
            self.0.push(*wrong);
        }
    }
}

#[expect(clippy::unnecessary_box_returns, reason = "what is wrong travels boxed, for verdicts are mostly fine")]
impl<'s> Teller<'s> {
    /// By a chart's schema.
    pub(super) fn new(document: &'s Value, draft: u16) -> Self {
        Self::of_schemas(document, draft, elsewhere::OWN)
    }

    /// By a schema that is called so.
    pub(super) fn of_schemas(document: &'s Value, draft: u16, called: &str) -> Self {
        let called = called.to_owned();
        Self { document, called, root: document, draft, depth: 0, at: Vec::new(), through: Vec::new(), by: "" }
    }

    /// What is wrong, in lines; nothing where nothing is found.
    pub(super) fn tell(mut self, values: &Value) -> Option<String> {
        let document = self.document;
        let wrong = self.check(document, values).err()?;
        let mut out = String::new();
        let because = if wrong.kind == Kind::Group { wrong.because } else { vec![*wrong] };
        for wrong in &because {
            wrong.write(&mut out, 1);
        }
        out.push('\n');
        // The first line has no line before it.
        Some(out.strip_prefix('\n').unwrap_or(&out).to_owned())
    }

    pub(super) fn wrong(&self, said: impl Into<String>) -> Box<Wrong> {
        self.because(said, Kind::One, Vec::new())
    }

    fn because(&self, said: impl Into<String>, kind: Kind, because: Vec<Wrong>) -> Box<Wrong> {
        Box::new(Wrong { at: self.at.clone(), said: said.into(), kind, because })
    }

    pub(super) fn draft(&self) -> u16 {
        self.draft
    }

    /// Checks a value below this one.
    pub(super) fn below(&mut self, schema: &Value, value: &Value, name: &str) -> Verdict {
        self.at.push(name.to_owned());
        let verdict = self.check(schema, value);
        self.at.pop();
        verdict
    }

    /// Checks a value by itself, for a verdict alone.
    pub(super) fn fits(&mut self, schema: &Value, value: &Value) -> bool {
        self.check(schema, value).is_ok()
    }

    pub(super) fn check(&mut self, schema: &Value, value: &Value) -> Verdict {
        if self.depth >= MAX_DEPTH {
            return Ok(());
        }
        self.depth += 1;
        let address = std::ptr::from_ref(schema).addr();
        let (by, depth) = (std::mem::take(&mut self.by), self.at.len());
        let before = self.through.iter().rposition(|step| step.depth != depth).map_or(0, |at| at + 1);
        let again = self.through.iter().skip(before).rposition(|step| step.address == address).map(|at| before + at);
        self.through.push(Step { address, by, depth });
        let verdict = match (schema, again) {
            (Value::Bool(false), _) => Err(self.wrong("false schema")),
            (Value::Object(_), Some(again)) => Err(self.round(again)),
            (Value::Object(schema), None) => self.by(schema, value),
            _ => Ok(()),
        };
        self.through.pop();
        self.depth -= 1;
        verdict
    }

    /// The schemas have led back to one of them.
    fn round(&self, again: usize) -> Box<Wrong> {
        let places = circles::places(self.document);
        let place = |step: &Step| places.get(&step.address).map_or("", String::as_str);
        let way = |last: usize| -> String {
            let pairs = self.through.iter().zip(self.through.iter().skip(1)).take(last);
            let pieces = pairs.map(|(before, step)| match step.by {
                "" => place(step).strip_prefix(place(before)).unwrap_or(place(step)).to_owned(),
                by => format!("/{by}"),
            });
            pieces.collect()
        };
        let last = self.through.len().saturating_sub(1);
        let at = self.through.get(again).map_or("", place);
        let called = go_quote(&format!("{}#{at}", self.called));
        self.wrong(format!("both {} and {} resolve to {called} causing reference cycle", way(last), way(again)))
    }

    fn by(&mut self, schema: &Map<String, Value>, value: &Value) -> Verdict {
        let mut wrongs = Wrongs::default();
        let reference = schema.get("$ref").and_then(Value::as_str);
        // Up to draft 7 nothing stands beside a reference.
        if let Some(reference) = reference.filter(|_| self.draft < 2019) {
            return self.referred("$ref", reference, value);
        }
        self.first(schema, value)?;
        if let Some(reference) = reference {
            wrongs.add(self.referred("$ref", reference, value));
        }
        match value {
            Value::Object(map) => self.object(schema, map, &mut wrongs),
            Value::Array(items) => self.array(schema, items, &mut wrongs),
            Value::String(text) => self.text(schema, text, &mut wrongs),
            Value::Number(number) => self.number(schema, number, &mut wrongs),
            Value::Null | Value::Bool(_) => {}
        }
        for keyword in ["$recursiveRef", "$dynamicRef"] {
            if let Some(reference) = schema.get(keyword).and_then(Value::as_str) {
                wrongs.add(self.referred(keyword, reference, value));
            }
        }
        self.conditions(schema, value, &mut wrongs);
        self.unevaluated(schema, value, &mut wrongs);
        let mut wrongs = wrongs.0;
        match (wrongs.pop(), wrongs.is_empty()) {
            (None, _) => Ok(()),
            (Some(one), true) => Err(Box::new(one)),
            (Some(last), false) => {
                wrongs.push(last);
                Err(self.because("validation failed", Kind::Group, wrongs))
            }
        }
    }

    /// What ends the look at a value: its type, and the values it may have.
    fn first(&mut self, schema: &Map<String, Value>, value: &Value) -> Verdict {
        const TYPES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];
        let wanted: Vec<&str> = match schema.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(some)) => some.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let kind = words::kind(value);
        let is_whole = value.as_f64().is_some_and(|number| number.fract() == 0.0);
        let fits = wanted.is_empty() || wanted.contains(&kind) || (is_whole && wanted.contains(&"integer"));
        if !fits {
            let wanted: Vec<&str> = TYPES.into_iter().filter(|name| wanted.contains(name)).collect();
            return Err(self.wrong(format!("got {kind}, want {}", wanted.join(" or "))));
        }
        if let Some(only) = schema.get("const").filter(|_| self.draft != 4)
            && !equal(value, only)
        {
            let is_plain = !only.is_array() && !only.is_object();
            let said =
                if is_plain { format!("value must be {}", words::shown(only)) } else { "'const' failed".to_owned() };
            return Err(self.wrong(said));
        }
        if let Some(Value::Array(some)) = schema.get("enum")
            && !some.iter().any(|item| equal(value, item))
        {
            let all: Vec<String> = some.iter().map(words::shown).collect();
            return Err(self.wrong(match all.as_slice() {
                _ if some.iter().any(|item| item.is_array() || item.is_object()) => "'enum' failed".to_owned(),
                [one] => format!("value must be {one}"),
                all => format!("value must be one of {}", all.join(", ")),
            }));
        }
        if let (Some(Value::String(name)), Value::String(text)) = (schema.get("format"), value)
            && (self.draft < 2019 || (name == "regex" && self.called != elsewhere::OWN))
            && let Some(why) = format::wrong(name, text)
        {
            return Err(self.wrong(format!("{} is not valid {name}: {why}", quoted(text))));
        }
        Ok(())
    }

    /// Checks by what a reference leads to.
    fn referred(&mut self, keyword: &'static str, reference: &str, value: &Value) -> Verdict {
        let mut verdict = Ok(());
        self.within_target(keyword, reference, &mut |teller, target| verdict = teller.check(target, value));
        match verdict {
            Ok(()) => Ok(()),
            Err(wrong) if wrong.kind == Kind::Group => {
                Err(self.because("validation failed", Kind::Reference, wrong.because))
            }
            Err(wrong) => Err(self.because("validation failed", Kind::Reference, vec![*wrong])),
        }
    }

    /// Does something with what a reference leads to, in the document that it is in.
    pub(super) fn within_target(
        &mut self,
        keyword: &'static str,
        reference: &str,
        act: &mut dyn FnMut(&mut Self, &'s Value),
    ) {
        let Some((target, document, called)) = self.target(keyword, reference) else { return };
        let outer = (self.document, std::mem::replace(&mut self.called, called));
        self.document = document;
        self.by = keyword;
        act(self, target);
        self.by = "";
        (self.document, self.called) = outer;
    }

    /// What a reference leads to, the document that it is in, and what that is called.
    fn target(&self, keyword: &str, reference: &str) -> Option<(&'s Value, &'s Value, String)> {
        let (base, local) = reference.split_once('#').unwrap_or((reference, ""));
        let own = self.document.get("$id").and_then(Value::as_str).unwrap_or_default().trim_end_matches('#');
        let called =
            || referencing::uri::resolve_against(&referencing::uri::from_str(&self.called).ok()?.borrow(), base).ok();
        let (document, called) = if base.is_empty() || base == own {
            (self.document, self.called.clone())
        } else {
            let called = called()?.as_str().to_owned();
            if called == self.called { (self.document, called) } else { (elsewhere::specification(&called)?, called) }
        };
        let local = percent_encoding::percent_decode_str(local).decode_utf8().ok()?;
        let found = if local.is_empty() || local.starts_with('/') {
            document.pointer(&local)?
        } else {
            named(document, &local, 0)?
        };
        // What may lead elsewhere leads to where the look began, if that may be led to.
        let anchor = match keyword {
            "$dynamicRef" => {
                found.get("$dynamicAnchor").is_some() && self.root.get("$dynamicAnchor") == Some(&(*local).into())
            }
            "$recursiveRef" => {
                [found, self.root].iter().all(|one| one.get("$recursiveAnchor") == Some(&Value::Bool(true)))
            }
            _ => false,
        };
        if anchor {
            let called = self.root.get("$id").and_then(Value::as_str).unwrap_or(&self.called).to_owned();
            return Some((self.root, self.root, called));
        }
        Some((found, document, called))
    }

    fn conditions(&mut self, schema: &Map<String, Value>, value: &Value, wrongs: &mut Wrongs) {
        if let Some(not) = schema.get("not")
            && self.fits(not, value)
        {
            wrongs.add(Err(self.wrong("'not' failed")));
        }
        let list = |key: &str| schema.get(key).and_then(Value::as_array).filter(|list| !list.is_empty());
        if let Some(all) = list("allOf") {
            let wrong: Vec<Wrong> =
                all.iter().filter_map(|one| self.check(one, value).err()).map(|wrong| *wrong).collect();
            if !wrong.is_empty() {
                wrongs.add(Err(self.because("'allOf' failed", Kind::One, wrong)));
            }
        }
        if let Some(any) = list("anyOf") {
            let wrong: Vec<Wrong> =
                any.iter().filter_map(|one| self.check(one, value).err()).map(|wrong| *wrong).collect();
            if wrong.len() == any.len() {
                wrongs.add(Err(self.because("'anyOf' failed", Kind::One, wrong)));
            }
        }
        if let Some(one) = list("oneOf") {
            let verdicts: Vec<Verdict> = one.iter().map(|one| self.check(one, value)).collect();
            let mut fitting = verdicts.iter().enumerate().filter(|(_, verdict)| verdict.is_ok()).map(|(at, _)| at);
            match (fitting.next(), fitting.next()) {
                (Some(first), Some(second)) => {
                    let said = format!("'oneOf' failed, subschemas {first}, {second} matched");
                    wrongs.add(Err(self.wrong(said)));
                }
                (Some(_), None) => {}
                (None, _) => {
                    let wrong = verdicts.into_iter().filter_map(Result::err).map(|wrong| *wrong).collect();
                    wrongs.add(Err(self.because("'oneOf' failed, none matched", Kind::One, wrong)));
                }
            }
        }
        if self.draft >= 7
            && let Some(condition) = schema.get("if")
        {
            let key = if self.fits(condition, value) { "then" } else { "else" };
            if let Some(schema) = schema.get(key) {
                wrongs.add(self.check(schema, value));
            }
        }
    }

    /// A name that is no value itself, by the schema for names.
    pub(super) fn check_name(&mut self, schema: &Value, name: &str) -> Verdict {
        let outer = std::mem::take(&mut self.at);
        let verdict = self.check(schema, &Value::String(name.to_owned()));
        self.at = outer;
        verdict.map_err(|wrong| {
            let because = if wrong.kind == Kind::Group { wrong.because } else { vec![*wrong] };
            self.because(format!("invalid propertyName {}", quoted(name)), Kind::One, because)
        })
    }

    /// The items that a schema for some of them asks for.
    pub(super) fn matching(&mut self, schema: &Value, items: &[Value]) -> (Vec<usize>, Vec<Wrong>) {
        let (mut fitting, mut wrong) = (Vec::new(), Vec::new());
        for (at, item) in items.iter().enumerate() {
            match self.below(schema, item, &at.to_string()) {
                Ok(()) => fitting.push(at),
                Err(why) => wrong.push(*why),
            }
        }
        (fitting, wrong)
    }

    pub(super) fn none_matching(&self, said: String, wrong: Vec<Wrong>) -> Box<Wrong> {
        self.because(said, Kind::One, wrong)
    }
}

impl Wrong {
    fn write(&self, out: &mut String, indent: usize) {
        let is_hidden = self.kind == Kind::Reference && self.because.len() == 1;
        let mut inner = indent;
        if !is_hidden {
            out.push('\n');
            out.push_str(&"  ".repeat(indent - 1));
            out.push_str(&format!("- at {}: {}", quoted(&pointer(&self.at)), self.said));
            inner += 1;
        }
        for wrong in &self.because {
            wrong.write(out, inner);
        }
    }
}

/// Whether two values are equal, numbers by what they are worth.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().all(|key| match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => equal(a, b),
                _ => false,
            })
        }
        (a, b) => a == b,
    }
}

/// The schema with an anchor.
fn named<'s>(schema: &'s Value, name: &str, depth: usize) -> Option<&'s Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match schema {
        Value::Object(map) => {
            let is_it =
                ["$anchor", "$dynamicAnchor"].iter().any(|key| map.get(*key).is_some_and(|anchor| anchor == name))
                    || ["$id", "id"].iter().any(|key| {
                        map.get(*key).and_then(Value::as_str).and_then(|id| id.strip_prefix('#')) == Some(name)
                    });
            if is_it { Some(schema) } else { map.values().find_map(|below| named(below, name, depth + 1)) }
        }
        Value::Array(items) => items.iter().find_map(|below| named(below, name, depth + 1)),
        _ => None,
    }
}
