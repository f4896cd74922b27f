//! As little of HTTP as a browser needs to log in, over the node's ingress controller.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::node::NODE;

/// Names and values, in their order.
type Headers = Vec<(String, String)>;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Headers,
    pub body: String,
}

impl Answer {
    /// The cookies that it sets, as they are sent back.
    pub fn cookies(&self) -> String {
        let set = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case("set-cookie"));
        let pairs: Vec<&str> = set.filter_map(|(_, value)| value.split(';').next()).collect();
        pairs.join("; ")
    }
}

/// A connection to the ingress controller.
pub fn connect() -> Result<TcpStream, String> {
    let address = std::env::var("RECONCILE_E2E_INGRESS").unwrap_or_else(|_| format!("{NODE}:80"));
    let address: SocketAddr = address.parse().map_err(|error| format!("{address}: {error}"))?;
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(|error| error.to_string())?;
    Ok(stream)
}

/// `GET`, with further headers.
pub fn get(host: &str, path: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
    ask("GET", host, path, headers, "")
}

/// `POST` of a form.
pub fn post(host: &str, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Result<Answer, String> {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let fields: Vec<String> = form.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
    let headers = [headers, &[("Content-Type", "application/x-www-form-urlencoded")]].concat();
    ask("POST", host, path, &headers, &fields.join("&"))
}

fn ask(method: &str, host: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, String> {
    let mut stream = connect()?;
    let more: String = headers.iter().map(|(key, value)| format!("{key}: {value}\r\n")).collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    parse(&bytes).ok_or_else(|| format!("no answer of HTTP: {}", String::from_utf8_lossy(&bytes)))
}

/// The status line and the headers, and where the body begins.
pub fn head(bytes: &[u8]) -> Option<(u16, Headers, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": ")).map(|(key, value)| (key.to_owned(), value.to_owned()));
    Some((status, headers.collect(), end + 4))
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let (status, headers, start) = head(bytes)?;
    let rest = bytes.get(start..)?;
    let chunked =
        headers.iter().any(|(key, value)| key.eq_ignore_ascii_case("transfer-encoding") && value == "chunked");
    let body = if chunked { unchunk(rest)? } else { rest.to_vec() };
    Some(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(bytes.get(..line)?).ok()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(line + 2..line + 2 + size)?);
        bytes = bytes.get(line + 2 + size + 2..)?;
    }
}

/// Logs in as a person does by the login page. The session's cookies, where it was let in.
pub fn login(host: &str, user: &str, password: &str) -> Result<Option<String>, String> {
    let page = get(host, "/web/login", &[])?;
    let token = page.body.split("name=\"csrf_token\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1));
    let token = token.and_then(|rest| rest.split('"').next()).ok_or_else(|| format!("no csrf_token: {}", page.body))?;
    let form = [("login", user), ("password", password), ("csrf_token", token)];
    let answer = post(host, "/web/login", &[("Cookie", &page.cookies())], &form)?;
    // It stays on the page where it is refused, and goes on where it is let in.
    match answer.status {
        302 | 303 => Ok(Some(answer.cookies())),
        200 if answer.body.contains("name=\"password\"") => Ok(None),
        other => Err(format!("{other}: {}", answer.body)),
    }
}
