//! Semantic versions and constraints on them, as the Masterminds library reads both.

use super::constraint::Constraints;
use super::version::Version;
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Field, IntKind, Object, Record, Value};
use std::rc::Rc;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("semver", &[Ty::Str], |call| {
        let version = Version::parse(&call.text(0))?;
        Ok(object(&version))
    }),
    Func::new("semverCompare", &[Ty::Str, Ty::Str], |call| {
        let constraints = Constraints::parse(&call.text(0))?;
        let version = Version::parse(&call.text(1))?;
        Ok(Value::Bool(constraints.allow(&version)))
    }),
];

/// Methods of a `semver.Version`.
const METHODS: &[Func] = &[
    Func::new("Major", &[], |call| part(call, 0)),
    Func::new("Minor", &[], |call| part(call, 1)),
    Func::new("Patch", &[], |call| part(call, 2)),
    Func::new("Prerelease", &[], |call| Ok(version(call)?.prerelease.into())),
    Func::new("Metadata", &[], |call| Ok(version(call)?.metadata.into())),
    Func::new("String", &[], |call| Ok(version(call)?.to_string().into())),
    Func::new("IncMajor", &[], |call| Ok(by_value(&version(call)?.next(0)))),
    Func::new("IncMinor", &[], |call| Ok(by_value(&version(call)?.next(1)))),
    Func::new("IncPatch", &[], |call| Ok(by_value(&version(call)?.next(2)))),
    Func::new("SetPrerelease", &[Ty::Str], |call| {
        let text = call.text(1).into_owned();
        super::version::check_prerelease(&text)?;
        Ok(by_value(&version(call)?.with(|version| version.prerelease = text)))
    }),
    Func::new("SetMetadata", &[Ty::Str], |call| {
        let text = call.text(1).into_owned();
        if !text.is_empty() && !super::version::valid_words(&text) {
            return Err("invalid metadata string".into());
        }
        Ok(by_value(&version(call)?.with(|version| version.metadata = text)))
    }),
];

/// Methods that a `*semver.Version` has besides.
const POINTER_METHODS: &[Func] = &[
    Func::new("Original", &[], |call| Ok(version(call)?.original.into())),
    Func::new("Compare", &[Ty::Named(POINTER)], |call| {
        let order = version(call)?.cmp_precedence(&other(call)?);
        Ok(Value::int(order as i64))
    }),
    Func::new("Equal", &[Ty::Named(POINTER)], |call| {
        Ok(Value::Bool(version(call)?.cmp_precedence(&other(call)?).is_eq()))
    }),
    Func::new("LessThan", &[Ty::Named(POINTER)], |call| {
        Ok(Value::Bool(version(call)?.cmp_precedence(&other(call)?).is_lt()))
    }),
    Func::new("GreaterThan", &[Ty::Named(POINTER)], |call| {
        Ok(Value::Bool(version(call)?.cmp_precedence(&other(call)?).is_gt()))
    }),
    Func::new("LessThanEqual", &[Ty::Named(POINTER)], |call| {
        Ok(Value::Bool(version(call)?.cmp_precedence(&other(call)?).is_le()))
    }),
    Func::new("GreaterThanEqual", &[Ty::Named(POINTER)], |call| {
        Ok(Value::Bool(version(call)?.cmp_precedence(&other(call)?).is_ge()))
    }),
];

const POINTER: &str = "*semver.Version";

fn object(version: &Version) -> Value {
    typed(version, POINTER)
}

/// The version that nobody has set.
pub(super) fn zero(type_name: &'static str) -> Value {
    let numbers = [0; 3];
    let none = Version { numbers, prerelease: String::new(), metadata: String::new(), original: String::new() };
    typed(&none, type_name)
}

fn by_value(version: &Version) -> Value {
    typed(version, "semver.Version")
}

fn typed(version: &Version, type_name: &'static str) -> Value {
    let field = |name, value| Field { name, json: "", omit_empty: false, value };
    let number = |n: usize| Value::Int(i64::try_from(version.numbers[n]).unwrap_or(i64::MAX), IntKind::Uint64);
    let text = |text: &str| Value::from(text);
    Value::Object(Object::Record(Rc::new(Record {
        type_name,
        // No template sees them by name; `printf` with an odd verb shows them. The last one says all.
        fields: vec![
            field("major", number(0)),
            field("minor", number(1)),
            field("patch", number(2)),
            field("pre", text(&version.prerelease)),
            field("metadata", text(&version.metadata)),
            field("original", text(&version.original)),
        ],
        methods: if type_name == POINTER { &[METHODS, POINTER_METHODS] } else { &[METHODS] },
        text: Some(version.to_string().into()),
        text_is_json: true,
    })))
}

fn read(value: &Value) -> Result<Version, crate::chart::template::Fault> {
    let original = match value {
        Value::Object(Object::Record(record)) => record.fields.last().map(|field| field.value.clone()),
        _ => None,
    };
    match original {
        Some(Value::Str(text)) => Ok(Version::parse(&text.text())?),
        _ => Err("not a version".into()),
    }
}

fn version(call: &Call<'_, '_, '_>) -> Result<Version, crate::chart::template::Fault> {
    read(call.value(0))
}

fn other(call: &Call<'_, '_, '_>) -> Result<Version, crate::chart::template::Fault> {
    read(call.value(1))
}

fn part(call: &Call<'_, '_, '_>, n: usize) -> Outcome {
    let number = version(call)?.numbers[n];
    Ok(Value::Int(i64::try_from(number).unwrap_or(i64::MAX), IntKind::Uint64))
}
