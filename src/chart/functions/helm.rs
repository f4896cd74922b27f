//! Helm's own: `include`, `tpl`, `required`, `fail`, `lookup`.

use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Map, Value, WARN_END, WARN_START};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("include", &[Ty::Str, Ty::Any], |call| {
        let data = call.value(1).clone().dug();
        Ok(Value::Str(call.run.include(&call.text(0), &data)?))
    })
    .pass(),
    Func::new("tpl", &[Ty::Str, Ty::Any], |call| {
        let data = call.value(1).clone().dug();
        match call.string(0) {
            Some(text) => Ok(Value::Str(call.run.tpl(text, &data)?)),
            None => Ok(Value::from("")),
        }
    })
    .pass(),
    Func::new("required", &[Ty::Str, Ty::Any], required).pass(),
    Func::new("fail", &[Ty::Str], |call| Err(warning(&call.text(0)))),
    // A render knows no cluster, as `helm template` knows none.
    Func::new("lookup", &[Ty::Str, Ty::Str, Ty::Str, Ty::Str], |_| Ok(Value::Map(Map::from_iter([])))),
    // Helm gives an empty name unless DNS is asked for.
    Func::new("getHostByName", &[Ty::Str], |_| Ok(Value::from(""))),
];

/// An error whose text is all that Helm shows.
fn warning(text: &str) -> crate::chart::template::Fault {
    format!("{WARN_START}{text}{WARN_END}").into()
}

fn required(call: &mut Call<'_, '_, '_>) -> Outcome {
    match call.value(1) {
        Value::Absent | Value::Nil => Err(warning(&call.text(0))),
        Value::Str(text) if text.is_empty() => Err(warning(&call.text(0))),
        value => Ok(value.clone()),
    }
}
