//! The functions that templates can call: Go's own, Helm's, and those of the sprig library, by family.
//! A function is found by name when a template is parsed, and called by pointer.

#![allow(
    clippy::unnecessary_wraps,
    clippy::trivially_copy_pass_by_ref,
    reason = "the functions of templates have one signature, whether they can fail or not"
)]
#![allow(clippy::single_match_else, clippy::similar_names, reason = "what is alike is named alike")]

mod builtin;
mod call;
mod certificates;
mod compare;
mod constraint;
mod convert;
mod crypto;
pub(crate) mod dates;
mod decimal;
mod defaults;
mod der;
mod dicts;
mod digest;
mod encoding;
mod escape;
mod godate;
mod godateread;
mod goduration;
mod helm;
mod issued;
pub(crate) mod json;
mod jsonread;
mod jsonwrite;
mod keys;
mod letters;
mod lists;
pub mod making;
mod math;
mod merge;
mod password;
mod paths;
mod pem;
mod random;
mod reflect;
pub(crate) mod regexes;
mod regexsyntax;
mod semver;
mod strings;
pub(crate) mod times;
mod toml;
mod tomllex;
mod tomlnumber;
mod tomlread;
mod tomlscalar;
mod tomltable;
mod urls;
mod version;
mod words;
mod x509;
mod yamlpretty;
mod yamls;

pub use call::{Call, Outcome};
pub(crate) use paths::clean as clean_path;

use super::template::Fault;
use foldhash::HashMap;
use std::sync::LazyLock;

/// The type that a parameter has in Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ty {
    /// `interface {}`
    Any,
    /// `reflect.Value`: anything, nothing included.
    Reflect,
    /// `string`
    Str,
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `uint32`
    Uint32,
    /// `float64`
    Float,
    /// `bool`
    Bool,
    /// `map[string]interface {}`
    Map,
    /// A type known by its name only.
    Named(&'static str),
}

impl Ty {
    /// The Go type's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Reflect => "reflect.Value",
            Self::Str => "string",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Float => "float64",
            Self::Bool => "bool",
            Self::Map => "map[string]interface {}",
            Self::Named(name) => name,
        }
    }

    /// Whether nil is a value of it.
    pub(crate) fn can_be_nil(self) -> bool {
        match self {
            Self::Named(name) => name.starts_with(['*', '[']) || name == "io.Writer",
            _ => matches!(self, Self::Any | Self::Reflect | Self::Map),
        }
    }
}

/// `and` and `or` evaluate as few of their arguments as they can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lazy {
    /// An ordinary function.
    No,
    /// Stops at what is false.
    And,
    /// Stops at what is true.
    Or,
}

/// What a function may do with a text that holds a generated value, which is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Pass it on.
    Pass,
    /// Nothing: it would look into the text.
    Refuse,
    /// Nothing, nor with one deep inside a list or map.
    RefuseDeep,
}

/// A function or method of templates.
pub struct Func {
    /// Its name in templates.
    pub name: &'static str,
    /// The fixed parameters; a method's receiver is not among them.
    pub params: &'static [Ty],
    /// The type of any number of further arguments.
    pub rest: Option<Ty>,
    /// Whether all arguments are evaluated.
    pub lazy: Lazy,
    /// What it may do with generated values.
    pub secrets: Secrets,
    /// Why Go calls it not, where it has more results than a template can take.
    pub unfit: Option<&'static str>,
    /// Its body.
    pub run: fn(&mut Call<'_, '_, '_>) -> Outcome,
    /// The same where nothing becomes of what it gives but the next piece of the output: it writes that there.
    pub print: Option<Print>,
}

/// Writes at the end of the output.
pub(crate) type Print = fn(&mut Call<'_, '_, '_>) -> Result<(), Fault>;

impl std::fmt::Debug for Func {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Func {
    /// A function that refuses generated values.
    pub(crate) const fn new(
        name: &'static str,
        params: &'static [Ty],
        run: fn(&mut Call<'_, '_, '_>) -> Outcome,
    ) -> Self {
        Self { name, params, rest: None, lazy: Lazy::No, secrets: Secrets::Refuse, unfit: None, run, print: None }
    }

    /// With any number of further arguments.
    const fn rest(mut self, ty: Ty) -> Self {
        self.rest = Some(ty);
        self
    }

    /// That can write what it gives.
    const fn print(mut self, print: Print) -> Self {
        self.print = Some(print);
        self
    }

    /// That passes generated values on.
    pub(crate) const fn pass(mut self) -> Self {
        self.secrets = Secrets::Pass;
        self
    }

    /// That refuses generated values deep inside its arguments too.
    const fn refuse_deep(mut self) -> Self {
        self.secrets = Secrets::RefuseDeep;
        self
    }

    /// That cannot be called, and why.
    const fn unfit(mut self, why: &'static str) -> Self {
        self.unfit = Some(why);
        self
    }

    const fn lazy(mut self, lazy: Lazy) -> Self {
        self.lazy = lazy;
        self
    }

    /// The type of the nth argument.
    pub(crate) fn param(&self, n: usize) -> Ty {
        self.params.get(n).copied().or(self.rest).unwrap_or(Ty::Any)
    }
}

static FUNCTIONS: LazyLock<HashMap<&'static str, &'static Func>> = LazyLock::new(|| {
    let families: [&'static [Func]; 25] = [
        builtin::FUNCTIONS,
        compare::FUNCTIONS,
        convert::FUNCTIONS,
        crypto::FUNCTIONS,
        dates::FUNCTIONS,
        defaults::FUNCTIONS,
        dicts::FUNCTIONS,
        digest::FUNCTIONS,
        encoding::FUNCTIONS,
        escape::FUNCTIONS,
        helm::FUNCTIONS,
        json::FUNCTIONS,
        lists::FUNCTIONS,
        math::FUNCTIONS,
        merge::FUNCTIONS,
        paths::FUNCTIONS,
        random::FUNCTIONS,
        reflect::FUNCTIONS,
        regexes::FUNCTIONS,
        semver::FUNCTIONS,
        strings::FUNCTIONS,
        toml::FUNCTIONS,
        urls::FUNCTIONS,
        words::FUNCTIONS,
        yamls::FUNCTIONS,
    ];
    families.into_iter().flatten().map(|func| (func.name, func)).collect()
});

/// The function of a name.
pub(crate) fn find(name: &str) -> Option<&'static Func> {
    FUNCTIONS.get(name).copied()
}

/// Whether a version lies in a range, as Helm asks it of charts and of Kubernetes: not where either cannot be read.
pub(in crate::chart) fn satisfies(version: &str, range: &str) -> bool {
    let constraints = constraint::Constraints::parse(range);
    constraints.is_ok_and(|range| version::Version::parse(version).is_ok_and(|version| range.allow(&version)))
}

/// The names of all functions, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = FUNCTIONS.keys().copied().collect();
    names.sort_unstable();
    names
}
