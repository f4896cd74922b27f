//! DER, as far as a certificate and its keys take it.

/// A value under a tag.
pub(super) fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..0x80) => out.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            // A length has eight bytes at most.
            out.push(0x80 | u8::try_from(length.len()).unwrap_or(8));
            out.extend(length);
        }
    }
    out.extend_from_slice(content);
    out
}

/// A SEQUENCE.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

/// An INTEGER that is not negative.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if digits.first().is_none_or(|first| first & 0x80 != 0) {
        digits.insert(0, 0);
    }
    tagged(0x02, &digits)
}

/// A BIT STRING whose last bits are not used.
pub(super) fn bits(content: &[u8], unused: u8) -> Vec<u8> {
    tagged(0x03, &[&[unused], content].concat())
}

/// The first value of some bytes: its tag, its content, all of it, and what follows.
pub(super) struct Read<'b> {
    pub tag: u8,
    pub content: &'b [u8],
    pub whole: &'b [u8],
    pub rest: &'b [u8],
}

/// Reads one value.
pub(super) fn read(bytes: &[u8]) -> Option<Read<'_>> {
    let (tag, after) = bytes.split_first()?;
    let (first, after) = after.split_first()?;
    let (length, after) = if *first < 0x80 {
        (usize::from(*first), after)
    } else {
        let (digits, after) = after.split_at_checked(usize::from(first & 0x7f))?;
        let length = digits.iter().try_fold(0_usize, |sum, byte| sum.checked_mul(256)?.checked_add((*byte).into()))?;
        (length, after)
    };
    let (content, rest) = after.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some(Read { tag: *tag, content, whole, rest })
}

/// The values one after another; none where the bytes are not that.
pub(super) fn all(mut bytes: &[u8]) -> Option<Vec<Read<'_>>> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let next = read(bytes)?;
        bytes = next.rest;
        out.push(next);
    }
    Some(out)
}
