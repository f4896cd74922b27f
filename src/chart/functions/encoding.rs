//! Base64 and base32.

use super::{Call, Func, Outcome, Ty};
use crate::chart::template::Value;
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("b64enc", &[Ty::Str], encode64).pass(),
    Func::new("b64dec", &[Ty::Str], decode64).pass(),
    Func::new("b32enc", &[Ty::Str], |call| {
        call.room(call.bytes(0).len().saturating_mul(2))?;
        Ok(encode32(call.bytes(0)).into())
    }),
    Func::new("b32dec", &[Ty::Str], |call| {
        Ok(match decode32(call.bytes(0)) {
            Ok(bytes) => Value::Str(bytes.into()),
            Err(at) => format!("illegal base32 data at input byte {at}").into(),
        })
    }),
];

/// Go's decoder takes any bits in the padding.
const DECODER: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

fn encode64(call: &mut Call<'_, '_, '_>) -> Outcome {
    let bytes = call.bytes(0);
    call.room(bytes.len().saturating_mul(2))?;
    if call.run.session.tokens.are_in(bytes) {
        return Ok(call.run.session.tokens.base64(&call.text(0)).into());
    }
    Ok(general_purpose::STANDARD.encode(bytes).into())
}

fn decode64(call: &mut Call<'_, '_, '_>) -> Outcome {
    let bytes = call.bytes(0);
    let tokens = &call.run.session.tokens;
    if tokens.are_in(bytes) {
        let text = tokens.decoded(&call.text(0));
        return text.map(Value::from).ok_or_else(|| crate::chart::generated::refusal(call.name));
    }
    match decode(bytes) {
        Ok(bytes) => Ok(Value::Str(bytes.into())),
        Err(at) => Ok(format!("illegal base64 data at input byte {at}").into()),
    }
}

/// What base64 holds, or where Go stops reading it.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<u8>, usize> {
    // Line breaks do not count.
    let packed: Vec<u8> = bytes.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    DECODER.decode(&packed).map_err(|_| stray(bytes))
}

/// Where Go's base64 decoder stops.
fn stray(bytes: &[u8]) -> usize {
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
    let mut quantum = 0;
    let mut quantum_start = 0;
    let mut iter = bytes.iter().copied().enumerate().filter(|(_, b)| !matches!(b, b'\n' | b'\r'));
    while let Some((i, byte)) = iter.next() {
        if quantum == 0 {
            quantum_start = i;
        }
        if is_digit(byte) {
            quantum = (quantum + 1) % 4;
            continue;
        }
        if byte != b'=' || quantum < 2 {
            return i;
        }
        if quantum == 2 {
            match iter.next() {
                Some((_, b'=')) => {}
                Some((at, _)) => return at - usize::from(at > 0),
                None => return bytes.len(),
            }
        }
        return iter.next().map_or(bytes.len(), |(at, _)| at);
    }
    // The text ends within a group of four.
    let _ = quantum_start;
    bytes.len() - quantum
}

const DIGITS32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn encode32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 8 / 5 + 8);
    for chunk in bytes.chunks(5) {
        let mut bits = 0_u64;
        for i in 0..5 {
            bits = bits << 8 | u64::from(chunk.get(i).copied().unwrap_or(0));
        }
        let count = (chunk.len() * 8).div_ceil(5);
        for i in 0..8 {
            // Five bits index thirty-two digits.
            let digit = DIGITS32[usize::try_from(bits >> (35 - 5 * i) & 31).unwrap_or(0)];
            out.push(if i < count { char::from(digit) } else { '=' });
        }
    }
    out
}

/// The bytes, or where the text goes wrong.
fn decode32(text: &[u8]) -> Result<Vec<u8>, usize> {
    let packed: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let mut out = Vec::with_capacity(packed.len() * 5 / 8);
    let mut chunks = packed.chunks(8).enumerate().peekable();
    while let Some((i, chunk)) = chunks.next() {
        let start = i * 8;
        let count = chunk.iter().position(|b| *b == b'=').unwrap_or(chunk.len());
        let mut bits = 0_u64;
        for (j, byte) in chunk.iter().take(count).enumerate() {
            let digit = DIGITS32.iter().position(|d| d == byte).ok_or(start + j)?;
            bits |= (digit as u64) << (35 - 5 * j);
        }
        let ends_well = chunk.len() == 8 && chunk.iter().skip(count).all(|b| *b == b'=');
        if !ends_well || !matches!(count, 2 | 4 | 5 | 7 | 8) || (count < 8 && chunks.peek().is_some()) {
            return Err(start + count.min(chunk.len()));
        }
        let bytes = bits.to_be_bytes();
        out.extend_from_slice(bytes.get(3..3 + count * 5 / 8).unwrap_or_default());
    }
    Ok(out)
}
