//! `merge` and its kin: maps into maps, in place.

use super::defaults::empty;
use super::{Call, Func, Outcome, Ty};
use crate::chart::template::{Fault, Map, Value};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("merge", &[Ty::Map], |call| merge(call, false)).rest(Ty::Map).pass(),
    Func::new("mustMerge", &[Ty::Map], |call| merge(call, false)).rest(Ty::Map).pass(),
    Func::new("mergeOverwrite", &[Ty::Map], |call| merge(call, true)).rest(Ty::Map).pass(),
    Func::new("mustMergeOverwrite", &[Ty::Map], |call| merge(call, true)).rest(Ty::Map).pass(),
];

fn merge(call: &mut Call<'_, '_, '_>, overwrite: bool) -> Outcome {
    let target = match call.map(0) {
        Some(map) => map.clone(),
        None => Map::from_iter([]),
    };
    for source in call.rest(1) {
        if let Value::Map(source) = source {
            into(call, &target, source, (overwrite, 0))?;
        }
    }
    Ok(Value::Map(target))
}

/// Merges one map into another. Without `overwrite` only what is empty in the target is filled; with it
/// the source wins wherever it is not nil. Maps that both have are merged, not replaced.
fn into(
    call: &mut Call<'_, '_, '_>,
    target: &Map,
    source: &Map,
    (overwrite, depth): (bool, usize),
) -> Result<(), Fault> {
    if depth > 500 {
        return Err(Fault::bound("the values are nested too deeply to be merged"));
    }
    if target.same(source) {
        return Ok(());
    }
    for (key, value) in source.snapshot() {
        call.run.step(1)?;
        let old = target.get(&key);
        if value.is_nil() {
            if overwrite {
                call.run.put(target, key, value);
            }
            continue;
        }
        match (&old, &value) {
            (Some(Value::Map(old)), Value::Map(new)) => {
                into(call, old, new, (overwrite, depth + 1))?;
                if !old.is_empty() {
                    continue;
                }
            }
            (Some(old), Value::List(_)) if !empty(old) && !overwrite => continue,
            _ => {}
        }
        if overwrite || old.as_ref().is_none_or(empty) {
            call.run.put(target, key, value);
        }
    }
    Ok(())
}
