//! Comparisons, with Go's rules about which types go together.

use super::{Call, Func, Ty};
use crate::chart::template::{Fault, Value};
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
        _ => {
            if a.is_nil() || b.is_nil() {
                return Ok(a.is_nil() == b.is_nil());
            }
            if a.kind_name() != b.kind_name() {
                return Err(format!(
                    "non-comparable types {}: {}, {}: {}",
                    shown(a),
                    a.type_name(),
                    b.type_name(),
                    shown(b)
                )
                .into());
            }
            return Err(format!("non-comparable type {}: {}", shown(b), b.type_name()).into());
        }
    })
}

/// What `%s` prints of a `reflect.Value`.
fn shown(value: &Value) -> String {
    let text = crate::chart::template::sprintf(b"%s", std::slice::from_ref(value), 1 << 16);
    String::from_utf8_lossy(&text.unwrap_or_default()).into_owned()
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
