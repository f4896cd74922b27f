//! Requests to other people's servers: bounded, sent again where the answer is 'later', and no login in an error.

use std::time::Duration;

use http::header::{HeaderMap, HeaderName, RETRY_AFTER};
use http::{Method, Request, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use crate::cluster::without_login;

/// How long one request may take, all of it.
const LIMIT: Duration = Duration::from_secs(30);
/// How often one is sent at most.
const TRIES: u32 = 5;
/// How often where there is no answer at all.
const TRIES_ALONE: u32 = 3;
/// The longest that is waited before it is sent again.
const PATIENCE: Duration = Duration::from_secs(120);
/// The most of an answer that is read, in bytes.
const MOST: u64 = 32 * 1024 * 1024;

/// A request.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Its method.
    pub method: Method,
    /// Its address.
    pub url: String,
    /// Its headers, a login among them.
    pub headers: Vec<(HeaderName, String)>,
    /// What is sent.
    pub body: Option<Vec<u8>>,
}

/// An answer, of whatever status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// The address of the next page, by the header `Link` (RFC 8288).
    pub fn next(&self) -> Option<String> {
        let links = self.headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
        links.flat_map(|link| link.split(',')).find_map(|link| {
            let (url, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
            let is_next = parameters.split(';').map(str::trim).any(|p| matches!(p, "rel=\"next\"" | "rel=next"));
            is_next.then(|| url.to_owned())
        })
    }
}

/// A client. It goes nowhere else than it is told, as a login goes with it.
#[derive(Clone, Debug)]
pub struct Web {
    agent: Agent,
    /// What the clock says, for answers that name a time.
    now: fn() -> Timestamp,
}

impl Web {
    /// One that reads the time from `now`.
    pub fn new(now: fn() -> Timestamp) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(LIMIT))
            .user_agent(concat!("reconcile/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self { agent, now }
    }

    /// Sends a request, again where the server asks for it, or (unless it makes something) where it fails.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub fn send(&self, ask: &Ask) -> Result<Answer, String> {
        let is_safe = ask.method != Method::POST;
        let mut tried = 1;
        loop {
            let answered = self.once(ask);
            let wait = match &answered {
                Ok(answer) => self.later(answer, is_safe, tried),
                // A server that is not there is seldom there soon.
                Err(_) if is_safe && tried < TRIES_ALONE => Some(pause(tried)),
                Err(_) => None,
            };
            match wait {
                Some(wait) if tried < TRIES && wait <= PATIENCE => {
                    tracing::debug!(url = without_login(&ask.url), ?wait, "sent again");
                    std::thread::sleep(wait);
                    tried += 1;
                }
                _ => return answered,
            }
        }
    }

    fn once(&self, ask: &Ask) -> Result<Answer, String> {
        let mut request = Request::builder().method(&ask.method).uri(&ask.url);
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        let said = |error: &ureq::Error| without_login(&error.to_string());
        let wrong = |_| "its address is no URL, or a login cannot be sent".to_owned();
        let sent = match &ask.body {
            Some(body) => self.agent.run(request.body(body.as_slice()).map_err(wrong)?),
            None => self.agent.run(request.body(()).map_err(wrong)?),
        };
        let (head, body) = sent.map_err(|error| said(&error))?.into_parts();
        let body = body.into_with_config().limit(MOST).read_to_vec().map_err(|error| said(&error))?;
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// How long to wait where an answer says 'later'.
    fn later(&self, answer: &Answer, is_safe: bool, tried: u32) -> Option<Duration> {
        let told = self.told(answer);
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => Some(told.unwrap_or_else(|| pause(tried))),
            // GitHub's limits come as 403, and then say when.
            StatusCode::FORBIDDEN => told,
            status if status.is_server_error() && is_safe && status != StatusCode::NOT_IMPLEMENTED => {
                Some(told.unwrap_or_else(|| pause(tried)))
            }
            _ => None,
        }
    }

    /// When to come again, by the answer's own words.
    fn told(&self, answer: &Answer) -> Option<Duration> {
        if let Some(after) = answer.header(RETRY_AFTER.as_str()) {
            if let Ok(seconds) = after.parse() {
                return Some(Duration::from_secs(seconds));
            }
            let at = rfc2822::parse(after).ok()?.timestamp();
            return Some(self.until(at));
        }
        let is_used_up = answer.header("x-ratelimit-remaining") == Some("0");
        let reset = answer.header("x-ratelimit-reset").filter(|_| is_used_up)?;
        Timestamp::from_second(reset.parse().ok()?).ok().map(|at| self.until(at))
    }

    fn until(&self, at: Timestamp) -> Duration {
        Duration::try_from(at.duration_since((self.now)())).unwrap_or_default()
    }
}

/// Twice as long each time.
fn pause(tried: u32) -> Duration {
    Duration::from_millis(500 << tried.min(6))
}

/// A text as a part of an address: all but what needs no escape (RFC 3986, 2.3).
pub fn escaped(text: &str) -> String {
    const REST: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, REST).to_string()
}

/// Whether nobody on the way can listen: a login does not go over plain HTTP to another machine.
pub fn is_private(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_here)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)]) -> Answer {
        let pairs = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        Answer { status: StatusCode::from_u16(status).unwrap(), headers: pairs.collect(), body: Vec::new() }
    }

    fn noon() -> Timestamp {
        "2030-01-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn later_is_when_the_server_says() {
        let web = Web::new(noon);
        let seconds = |answer: &Answer, safe| web.later(answer, safe, 1).map(|wait| wait.as_secs());
        assert_eq!(seconds(&answer(429, &[("retry-after", "7")]), false), Some(7));
        assert_eq!(seconds(&answer(503, &[("retry-after", "Tue, 01 Jan 2030 12:00:30 GMT")]), true), Some(30));
        assert_eq!(seconds(&answer(503, &[("retry-after", "Tue, 01 Jan 2030 11:00:00 GMT")]), true), Some(0));
        assert_eq!(seconds(&answer(503, &[]), true), Some(1));
        // What may have been made is not made twice.
        assert_eq!(seconds(&answer(503, &[]), false), None);
        assert_eq!(seconds(&answer(429, &[]), false), Some(1));
        assert_eq!(seconds(&answer(403, &[]), true), None);
        let limited = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1893499205")];
        assert_eq!(seconds(&answer(403, &limited), true), Some(5));
        assert_eq!(seconds(&answer(200, &limited), true), None);
    }

    #[test]
    fn the_next_page_is_linked() {
        let linked = answer(200, &[("link", "<https://h/a?page=1>; rel=\"prev\", <https://h/a?page=3>; rel=\"next\"")]);
        assert_eq!(linked.next().as_deref(), Some("https://h/a?page=3"));
        assert_eq!(answer(200, &[("link", "<https://h/a?page=1>; rel=\"first\"")]).next(), None);
        assert_eq!(answer(200, &[("link", "rel=next")]).next(), None);
    }

    #[test]
    fn a_login_goes_where_nobody_listens() {
        for url in ["https://h/", "http://localhost:1/", "http://127.0.0.1:80", "http://[::1]:3/x"] {
            assert!(is_private(url), "{url}");
        }
        for url in ["http://h/", "http://127.0.0.1.example.com/", "ftp://localhost/", "nothing", "http://10.0.0.1/"] {
            assert!(!is_private(url), "{url}");
        }
    }
}
