//! PEM: blocks of base64 between lines that name them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A block.
pub(super) fn encode(kind: &str, content: &[u8]) -> String {
    let text = STANDARD.encode(content);
    let mut out = format!("-----BEGIN {kind}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str(&format!("-----END {kind}-----\n"));
    out
}

/// The first block of a text: what it is called, and its content.
pub(super) fn decode(text: &str) -> Option<(String, Vec<u8>)> {
    let (_, after) = text.split_once("-----BEGIN ")?;
    let (kind, after) = after.split_once("-----")?;
    let (body, _) = after.split_once(&format!("-----END {kind}-----"))?;
    // Headers stand before an empty line.
    let body = body.split_once("\n\n").map_or(body, |(_, body)| body);
    let packed: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    Some((kind.to_owned(), STANDARD.decode(packed).ok()?))
}
