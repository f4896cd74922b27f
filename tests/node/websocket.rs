//! A websocket as a browser opens it: the upgrade, and one ping with its pong.

use std::io::{Read, Write};

use crate::http;

/// The status of the upgrade and, where that was 101, what came back for a ping.
pub fn ping(host: &str, cookies: &str) -> Result<(u16, Vec<u8>), String> {
    let words = |error: std::io::Error| error.to_string();
    let mut stream = http::connect()?;
    let request = format!(
        "GET /websocket HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookies}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).map_err(words)?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let (status, start) = loop {
        if let Some((status, _, start)) = http::head(&bytes) {
            break (status, start);
        }
        match stream.read(&mut buffer).map_err(words)? {
            0 => return Err(format!("closed after {}", String::from_utf8_lossy(&bytes))),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    };
    if status != 101 {
        return Ok((status, Vec::new()));
    }
    // RFC 6455: a client masks what it sends, a server does not.
    let mask = [1, 2, 3, 4];
    let masked = b"here".iter().zip(mask).map(|(byte, mask)| byte ^ mask);
    let frame: Vec<u8> = [0x89, 0x84].into_iter().chain(mask).chain(masked).collect();
    stream.write_all(&frame).map_err(words)?;
    let mut answer = bytes.split_off(start);
    while answer.len() < 6 {
        match stream.read(&mut buffer).map_err(words)? {
            0 => break,
            read => answer.extend_from_slice(&buffer[..read]),
        }
    }
    Ok((status, answer))
}

/// The frame that answers [`ping`].
pub const PONG: &[u8] = b"\x8a\x04here";
