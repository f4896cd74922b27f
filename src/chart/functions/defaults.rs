//! Values in place of missing ones.

use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Object, Value};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("default", &[Ty::Any], default).rest(Ty::Any).pass(),
    Func::new("empty", &[Ty::Any], |call| Ok(Value::Bool(empty(call.value(0))))).pass(),
    Func::new("coalesce", &[], |call| {
        let found = call.args.iter().find(|value| !empty(value));
        Ok(found.cloned().unwrap_or(Value::Absent))
    })
    .rest(Ty::Any)
    .pass(),
    Func::new("all", &[], |call| Ok(Value::Bool(!call.args.iter().any(empty)))).rest(Ty::Any).pass(),
    Func::new("any", &[], |call| Ok(Value::Bool(call.args.iter().any(|v| !empty(v))))).rest(Ty::Any).pass(),
    Func::new("ternary", &[Ty::Any, Ty::Any, Ty::Bool], |call| {
        let truth = matches!(call.value(2), Value::Bool(true));
        Ok(call.value(usize::from(!truth)).clone())
    })
    .pass(),
];

fn default(call: &mut Call<'_, '_, '_>) -> Outcome {
    Ok(match call.args.get(1) {
        Some(given) if !empty(given) => given.clone(),
        _ => call.value(0).clone(),
    })
}

/// Whether sprig takes a value for unset: zero, false, nothing, or of no length. Structs never are.
pub(super) fn empty(value: &Value) -> bool {
    match value {
        Value::Object(Object::Record(_) | Object::Time(_) | Object::Zone(_)) => false,
        other => !other.truth(),
    }
}
