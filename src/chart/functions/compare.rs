//! Comparisons, with Go's rules about which types go together.

use super::{Call, Func, Ty};
use crate::chart::template::{CHART, Fault, Object, Value, reflected, to_text};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("eq", &[Ty::Reflect], |call| Ok(Value::Bool(equal_any(call)?))).rest(Ty::Reflect),
    Func::new("ne", &[Ty::Reflect, Ty::Reflect], |call| Ok(Value::Bool(!equal_any(call)?))),
    Func::new("lt", &[Ty::Reflect, Ty::Reflect], |call| Ok(Value::Bool(less(call)?))),
    Func::new("le", &[Ty::Reflect, Ty::Reflect], |call| Ok(Value::Bool(less(call)? || equal_any(call)?))),
    Func::new("gt", &[Ty::Reflect, Ty::Reflect], |call| Ok(Value::Bool(!(less(call)? || equal_any(call)?)))),
    Func::new("ge", &[Ty::Reflect, Ty::Reflect], |call| Ok(Value::Bool(!less(call)?))),
];

/// The kinds that Go compares with each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Complex,
    Int,
    Uint,
    Float,
    String,
    Other,
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Bool(_) => Kind::Bool,
        Value::Complex(..) => Kind::Complex,
        Value::Int(_, kind) if kind.is_unsigned() => Kind::Uint,
        Value::Int(..) => Kind::Int,
        Value::Float(_) => Kind::Float,
        Value::Str(_) => Kind::String,
        _ => Kind::Other,
    }
}

fn incompatible(a: &Value, b: &Value) -> Fault {
    format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()).into()
}

fn equal_any(call: &mut Call<'_, '_, '_>) -> Result<bool, Fault> {
    let first = call.value(0);
    let others = call.rest(1);
    if others.is_empty() {
        return Err("missing argument for comparison".into());
    }
    for other in others {
        if equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[allow(clippy::float_cmp)] // Go's own comparison
fn equal(a: &Value, b: &Value) -> Result<bool, Fault> {
    let (ka, kb) = (kind(a), kind(b));
    if ka != kb {
        return match (ka, kb) {
            (Kind::Int, Kind::Uint) | (Kind::Uint, Kind::Int) => Ok(int(a) == int(b)),
            _ if a.is_nil() || b.is_nil() => Ok(false),
            _ => Err(incompatible(a, b)),
        };
    }
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Complex(a, c), Value::Complex(b, d)) => a == b && c == d,
        (Value::Int(a, _), Value::Int(b, _)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        _ => return same(a, b),
    })
}

/// What is no number, text or truth is compared with nil, and as a pointer or a struct.
fn same(a: &Value, b: &Value) -> Result<bool, Fault> {
    if !a.is_nil() && !b.is_nil() && a.kind_name() != b.kind_name() {
        let (a_type, b_type) = (a.type_name(), b.type_name());
        let shown_b = String::from_utf8_lossy(&to_text(b, SHOWN)?).into_owned();
        return Err(format!("non-comparable types {}: {a_type}, {b_type}: {shown_b}", shown(a)?).into());
    }
    let is_nil = |value: &Value| {
        value.is_nil()
            || match value {
                Value::List(list) => list.is_nil(),
                Value::Map(map) => map.is_nil(),
                _ => false,
            }
    };
    if is_nil(a) || is_nil(b) {
        return Ok(is_nil(a) == is_nil(b));
    }
    let (Value::Object(a), Value::Object(b)) = (a, b) else {
        return Err(not_comparable(b)?);
    };
    match (a, b) {
        (_, Object::Record(record)) if record.type_name == CHART => Err(not_comparable(&Value::Object(b.clone()))?),
        (Object::Record(a), Object::Record(b)) if b.is_pointer() => Ok(std::rc::Rc::ptr_eq(a, b)),
        (Object::Record(a), Object::Record(b)) => Ok(a.type_name == b.type_name && a.same_fields(b)),
        (Object::Time(a), Object::Time(b)) => Ok(a.moment() == b.moment() && a.zone().is(b.zone())),
        (Object::Zone(a), Object::Zone(b)) => Ok(a.is(b)),
        (_, Object::Files(_) | Object::Versions(_)) => Err(not_comparable(&Value::Object(b.clone()))?),
        _ => Ok(false),
    }
}

/// A message shows at most so much of a value.
const SHOWN: usize = 1 << 20;

fn not_comparable(value: &Value) -> Result<Fault, Fault> {
    Ok(format!("non-comparable type {}: {}", shown(value)?, value.type_name()).into())
}

/// What `%s` prints of a `reflect.Value`.
fn shown(value: &Value) -> Result<String, Fault> {
    Ok(String::from_utf8_lossy(&reflected(value, SHOWN)?).into_owned())
}

fn int(value: &Value) -> i64 {
    match value {
        Value::Int(i, _) => *i,
        _ => 0,
    }
}

fn less(call: &mut Call<'_, '_, '_>) -> Result<bool, Fault> {
    let (a, b) = (call.value(0), call.value(1));
    let (ka, kb) = (kind(a), kind(b));
    if ka == Kind::Other || kb == Kind::Other {
        return Err("invalid type for comparison".into());
    }
    let order = match (a, b) {
        (Value::Int(a, _), Value::Int(b, _)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Str(a), Value::Str(b)) => Some(a.bytes().cmp(b.bytes())),
        _ if ka == kb => return Err("invalid type for comparison".into()),
        _ => return Err(incompatible(a, b)),
    };
    Ok(order == Some(Ordering::Less))
}
