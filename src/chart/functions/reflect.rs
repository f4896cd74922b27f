//! Types and kinds by name.

use super::{Func, Ty};
use crate::chart::template::Value;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("typeOf", &[Ty::Any], |call| Ok(Value::from(call.value(0).type_name()))).pass(),
    Func::new("typeIs", &[Ty::Str, Ty::Any], |call| Ok(Value::Bool(call.text(0) == call.value(1).type_name()))).pass(),
    Func::new("typeIsLike", &[Ty::Str, Ty::Any], |call| {
        let (wanted, is) = (call.text(0), call.value(1).type_name());
        Ok(Value::Bool(wanted == is || is.strip_prefix('*').is_some_and(|is| wanted == is)))
    })
    .pass(),
    Func::new("kindOf", &[Ty::Any], |call| Ok(Value::from(call.value(0).kind_name()))).pass(),
    Func::new("kindIs", &[Ty::Str, Ty::Any], |call| Ok(Value::Bool(call.text(0) == call.value(1).kind_name()))).pass(),
    Func::new("deepEqual", &[Ty::Any, Ty::Any], |call| {
        let same = super::lists::deep_equal(call.run, call.value(0), call.value(1), 0)?;
        Ok(Value::Bool(same))
    })
    .refuse_deep(),
];
