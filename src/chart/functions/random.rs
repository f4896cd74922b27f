//! Random values: each call gives a token that stands for a value which the cluster will hold.

use super::{Call, Func, Outcome, Ty};
use crate::chart::generated::RandomKind;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("randAlphaNum", &[Ty::Int], |call| sized(call, RandomKind::AlphaNum)),
    Func::new("randAlpha", &[Ty::Int], |call| sized(call, RandomKind::Alpha)),
    Func::new("randNumeric", &[Ty::Int], |call| sized(call, RandomKind::Numeric)),
    Func::new("randAscii", &[Ty::Int], |call| sized(call, RandomKind::Ascii)),
    Func::new("randBytes", &[Ty::Int], |call| sized(call, RandomKind::Bytes)),
    Func::new("uuidv4", &[], |call| Ok(call.run.session.tokens.random(RandomKind::Uuid).into())),
    Func::new("randInt", &[Ty::Int, Ty::Int], |call| {
        call.not_hermetic("it is random; randNumeric is generated in the cluster")
    }),
];

/// The longest value that is generated.
const MAX_SIZE: usize = 64 << 10;

fn sized(call: &mut Call<'_, '_, '_>, kind: fn(usize) -> RandomKind) -> Outcome {
    match usize::try_from(call.int(0)) {
        Ok(0) | Err(_) => Ok("".into()),
        Ok(size) if size > MAX_SIZE => Err(format!("a generated value has at most {MAX_SIZE} characters").into()),
        Ok(size) => Ok(call.run.session.tokens.random(kind(size)).into()),
    }
}
