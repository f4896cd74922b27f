//! Metrics pushed to a Prometheus Pushgateway: <https://github.com/prometheus/pushgateway>.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, Uri};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::failure::{Exit, Failure};
use super::http::{agent, words};
use crate::manifest::Shard;

/// How long a push may take, all of it.
const LIMIT: Duration = Duration::from_secs(10);
/// The version of the text format, which a gateway wants to know.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A Pushgateway.
pub struct Pushgateway {
    /// Scheme, host and the path before `/metrics`, without a login.
    base: String,
    login: Option<String>,
}

impl Pushgateway {
    /// Reads a URL, of which nothing is shown. An empty one is none: a CI that has no such secret passes it on so.
    ///
    /// # Errors
    /// Where it is no URL of a gateway.
    pub fn parse(text: &str) -> Result<Option<Self>, Failure> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let wrong = |why: &str| Failure::new(Exit::Usage, format!("--pushgateway: {why}"), "http://HOST:9091");
        let uri: Uri = text.trim().parse().map_err(|_| wrong("this is no URL"))?;
        let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme));
        let Some((scheme, authority)) = scheme.zip(uri.authority()) else {
            return Err(wrong("expected a URL that begins with http:// or https://"));
        };
        if uri.query().is_some() {
            return Err(wrong("expected a URL without a question mark"));
        }
        let (login, host) = match authority.as_str().rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority.as_str()),
        };
        if uri.host().is_none_or(str::is_empty) {
            return Err(wrong("it names no host"));
        }
        let login = login.map(|login| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let plain: Vec<u8> = percent_decode_str(user).chain([b':']).chain(percent_decode_str(password)).collect();
            format!("Basic {}", STANDARD.encode(plain))
        });
        Ok(Some(Self { base: format!("{scheme}://{host}{}", uri.path().trim_end_matches('/')), login }))
    }

    /// Sends metrics, as all that there is of a fleet or a shard of it (PUT), or (POST) in the place of those of the same
    /// names.
    ///
    /// # Errors
    /// Why they were not taken, in words.
    pub fn push(&self, (fleet, shard): (&str, Option<Shard>), text: &str, is_all: bool) -> Result<(), String> {
        let shard = shard.map(|shard| format!("/{}", grouping("shard", &shard.to_string()))).unwrap_or_default();
        let url = format!("{}/metrics/job/reconcile/{}{shard}", self.base, grouping("fleet", fleet));
        let failed = |why: String| format!("{}: {why}", self.base);
        let method = if is_all { Method::PUT } else { Method::POST };
        let mut request = Request::builder().method(method).uri(url).header(CONTENT_TYPE, TEXT);
        if let Some(login) = &self.login {
            request = request.header(AUTHORIZATION, login);
        }
        let request = request.body(text.as_bytes()).map_err(|error| failed(error.to_string()))?;
        let answer = agent(LIMIT).run(request).map_err(|error| failed(words(&error)))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        // A gateway says in one line what is wrong with what it was sent.
        let said = answer.into_body().with_config().limit(4096).read_to_string().unwrap_or_default();
        let said = said.lines().next().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('<'));
        Err(failed(said.map_or_else(|| format!("it answers {status}"), |said| format!("it answers {status}: {said}"))))
    }
}

/// A label of the group, as the path has it. What cannot stand in a path goes as base64.
fn grouping(name: &str, value: &str) -> String {
    if value.is_empty() {
        format!("{name}@base64/=")
    } else if value.contains('/') {
        format!("{name}@base64/{}", URL_SAFE.encode(value))
    } else {
        format!("{name}/{}", utf8_percent_encode(value, NON_ALPHANUMERIC))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(url: &str) -> Pushgateway {
        Pushgateway::parse(url).unwrap().unwrap()
    }

    #[test]
    fn a_login_is_taken_out_of_the_url() {
        let found = gateway("https://ada:p%40ss@push.example.com:9091/prometheus/");
        assert_eq!(found.base, "https://push.example.com:9091/prometheus");
        assert_eq!(found.login.as_deref(), Some("Basic YWRhOnBAc3M="), "ada:p@ss");
        let found = gateway("http://[::1]:9091");
        assert_eq!((found.base.as_str(), found.login), ("http://[::1]:9091", None));
    }

    #[test]
    fn what_is_no_url_is_not_shown() {
        for url in ["push.example.com", "ftp://ada:hunter2@host", "http://", "http://ada:hunter2@h/?a=b", "hunter2"] {
            let failure = Pushgateway::parse(url).err().unwrap_or_else(|| panic!("{url} was taken"));
            assert_eq!(failure.exit, Exit::Usage);
            assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
        }
        assert!(Pushgateway::parse(" ").unwrap().is_none());
    }

    #[test]
    fn a_fleet_of_any_name_has_a_group() {
        assert_eq!(grouping("fleet", "demo"), "fleet/demo");
        assert_eq!(grouping("fleet", "a b"), "fleet/a%20b");
        assert_eq!(grouping("fleet", "a/b"), "fleet@base64/YS9i");
        assert_eq!(grouping("fleet", ""), "fleet@base64/=");
    }
}
