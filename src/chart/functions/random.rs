//! Random values: each call gives a token that stands for a value which the cluster will hold, or the value itself where the
//! render may ask chance.

use std::sync::Arc;

use super::{Call, Func, Outcome, Ty};
use crate::chart::generated::RandomKind;
use crate::chart::outside::{Outside, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("randAlphaNum", &[Ty::Int], |call| sized(call, RandomKind::AlphaNum)),
    Func::new("randAlpha", &[Ty::Int], |call| sized(call, RandomKind::Alpha)),
    Func::new("randNumeric", &[Ty::Int], |call| sized(call, RandomKind::Numeric)),
    Func::new("randAscii", &[Ty::Int], |call| sized(call, RandomKind::Ascii)),
    Func::new("randBytes", &[Ty::Int], |call| sized(call, RandomKind::Bytes)),
    Func::new("uuidv4", &[], |call| random(call, RandomKind::Uuid)),
    Func::new("randInt", &[Ty::Int, Ty::Int], |call| {
        let Some(outside) = call.run.session.outside() else {
            return call.not_hermetic("it is random; randNumeric is generated in the cluster");
        };
        let (low, high) = (call.int(0), call.int(1));
        match high.checked_sub(low).and_then(|span| u64::try_from(span).ok()).filter(|span| *span > 0) {
            Some(span) => {
                let above = i64::try_from(World::below(&*outside, span)).unwrap_or_default();
                Ok(crate::chart::template::Value::int(low + above))
            }
            None => Err("invalid argument to Intn".into()),
        }
    }),
];

/// The longest value that is generated.
const MAX_SIZE: usize = 64 << 10;

fn sized(call: &mut Call<'_, '_, '_>, kind: fn(usize) -> RandomKind) -> Outcome {
    match usize::try_from(call.int(0)) {
        Ok(0) | Err(_) => Ok("".into()),
        Ok(size) if size > MAX_SIZE => Err(format!("a generated value has at most {MAX_SIZE} characters").into()),
        Ok(size) => random(call, kind(size)),
    }
}

fn random(call: &mut Call<'_, '_, '_>, kind: RandomKind) -> Outcome {
    let Some(outside) = call.run.session.outside() else {
        return Ok(call.run.session.tokens.random(kind).into());
    };
    call.run.step(1 << 8)?;
    Ok(made(&outside, &kind).into())
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";

/// A value of a kind, from chance.
fn made(outside: &Arc<dyn Outside>, kind: &RandomKind) -> String {
    let pick = |from: &[u8]| {
        let at = usize::try_from(World::below(&**outside, from.len() as u64)).unwrap_or_default();
        from.get(at).copied().map_or('0', char::from)
    };
    let text = |from: &[u8], size: usize| -> String { (0..size).map(|_| pick(from)).collect() };
    match kind {
        RandomKind::Alpha(size) => text(LETTERS, *size),
        RandomKind::Numeric(size) => text(DIGITS, *size),
        RandomKind::Ascii(size) => text(&(b' '..=b'~').collect::<Vec<u8>>(), *size),
        RandomKind::AlphaNum(size) => {
            let mut text = text(&[LETTERS, DIGITS].concat(), *size);
            if !text.contains(|c: char| c.is_ascii_digit()) {
                // Helm's has a digit always.
                let at = usize::try_from(World::below(&**outside, text.len() as u64)).unwrap_or_default();
                text.replace_range(at..=at, &pick(DIGITS).to_string());
            }
            text
        }
        RandomKind::Bytes(size) => {
            let mut bytes = vec![0; *size];
            outside.fill(&mut bytes);
            STANDARD.encode(bytes)
        }
        RandomKind::Uuid => {
            let mut bytes = [0; 16];
            outside.fill(&mut bytes);
            let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | (4 << 76) | (2 << 62);
            let hex = format!("{number:032x}");
            let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
            format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
        }
        // Functions of their own make these.
        RandomKind::Key(_) | RandomKind::CertificateKey | RandomKind::Made(_) => String::new(),
    }
}
