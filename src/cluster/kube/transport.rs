//! One place through which every request goes: the bound on requests in flight, the deadline, and what is tried again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::header::{ACCEPT, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use kube::Client;
use kube::client::Body;
use prost::bytes::Bytes;
use rand::Rng as _;
use tokio::sync::Semaphore;

use crate::cluster::{Error, ErrorKind};

/// Requests in flight at once, over all sandboxes: enough to keep an API server busy (measured with server-side apply),
/// few beside the 400 that one lets in by default.
const IN_FLIGHT: usize = 32;
/// The longest that one answer may take, body included.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often a request is sent at most.
const ATTEMPTS: u32 = 5;
/// How often it is sent at most where nobody can be reached.
const CONNECT_ATTEMPTS: u32 = 3;
/// The first pause between two attempts; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// A server that asks for more patience than this is given up, and its wish is passed on.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) method: Method,
    /// Path and query.
    pub(super) path: String,
    pub(super) accept: &'static str,
    /// The body's type; empty where there is no body.
    pub(super) content_type: &'static str,
    pub(super) body: Bytes,
    pub(super) repeat: Repeat,
}

/// When a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// A second time changes nothing more.
    Safe,
    /// Only where the first time surely did nothing: no connection, or turned away at the door (429).
    IfNotBegun,
}

impl Ask {
    /// A GET.
    pub(super) fn get(path: String, accept: &'static str) -> Self {
        let (method, body) = (Method::GET, Bytes::new());
        Self { method, path, accept, content_type: "", body, repeat: Repeat::Safe }
    }
}

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: String,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Bytes,
}

/// The way to one API server.
pub(super) struct Transport {
    client: Client,
    permits: Semaphore,
    /// The server's clock when it was last heard, and ours then.
    heard: Mutex<Option<(Timestamp, Instant)>>,
}

enum Fault {
    /// No connection was made.
    Connect(String),
    /// The answer did not come, or not whole.
    Lost(String),
    /// The credentials cannot be had.
    Credentials(String),
}

impl Transport {
    pub(super) fn new(client: Client) -> Self {
        Self { client, permits: Semaphore::new(IN_FLIGHT), heard: Mutex::new(None) }
    }

    /// The server's clock, as far as it has been heard.
    pub(super) fn clock(&self) -> Option<Timestamp> {
        let (said, at) = (*self.heard.lock().unwrap_or_else(PoisonError::into_inner))?;
        said.checked_add(SignedDuration::try_from(at.elapsed()).ok()?).ok()
    }

    /// Sends a request, again where that is safe and may help. Any status is an answer.
    pub(super) async fn send(&self, ask: &Ask, what: &str) -> Result<Answer, Error> {
        let mut attempt = 1;
        loop {
            let outcome = self.once(ask).await;
            let Some(pause) = again(&outcome, ask.repeat, attempt) else {
                return outcome.map_err(|fault| fault.error(what));
            };
            tracing::debug!(what, attempt, ?pause, "sent again after a pause");
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// The client, for what it does itself: websockets. They last, so they are not among the requests in flight.
    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Sends a request whose answer comes bit by bit, for as long as it takes: its status and type, and what comes. It is
    /// sent again only where nobody answered.
    pub(super) async fn begin(&self, ask: &Ask, what: &str) -> Result<((StatusCode, String), Body), Error> {
        let mut attempt = 1;
        loop {
            match self.head(ask).await {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    let content_type = header(&head.headers, CONTENT_TYPE).unwrap_or_default().to_owned();
                    return Ok(((head.status, content_type), body));
                }
                Err(fault) => match after(&fault).and_then(|when| pause(when, ask.repeat, attempt)) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(fault.error(what)),
                },
            }
            attempt += 1;
        }
    }

    async fn head(&self, ask: &Ask) -> Result<Response<Body>, Fault> {
        tracing::debug!(method = %ask.method, path = ask.path, "asked");
        let response = tokio::time::timeout(DEADLINE, self.client.send(request(ask)?))
            .await
            .map_err(|_| Fault::Lost(format!("no answer within {} s", DEADLINE.as_secs())))?
            .map_err(fault)?;
        self.hear(response.headers());
        Ok(response)
    }

    async fn once(&self, ask: &Ask) -> Result<Answer, Fault> {
        let request = request(ask)?;
        let Ok(_permit) = self.permits.acquire().await else {
            return Err(Fault::Lost("the client is closed".into()));
        };
        tracing::debug!(method = %ask.method, path = ask.path, "asked");
        let whole = async {
            let (head, body) = self.client.send(request).await?.into_parts();
            Ok(Response::from_parts(head, body.collect_bytes().await?))
        };
        let response = tokio::time::timeout(DEADLINE, whole)
            .await
            .map_err(|_| Fault::Lost(format!("no whole answer within {} s", DEADLINE.as_secs())))?
            .map_err(fault)?;
        let (head, body) = response.into_parts();
        self.hear(&head.headers);
        Ok(Answer {
            status: head.status,
            content_type: header(&head.headers, CONTENT_TYPE).unwrap_or_default().to_owned(),
            retry_after: header(&head.headers, RETRY_AFTER).and_then(|s| s.parse().ok()).map(Duration::from_secs),
            body,
        })
    }

    #[expect(clippy::disallowed_methods, reason = "the server's clock goes on between two answers")]
    fn hear(&self, headers: &HeaderMap) {
        let date = header(headers, DATE).and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        if let Some(date) = date {
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some((date.timestamp(), Instant::now()));
        }
    }
}

fn request(ask: &Ask) -> Result<Request<Body>, Fault> {
    let mut request = Request::builder().method(ask.method.clone()).uri(&ask.path).header(ACCEPT, ask.accept);
    if !ask.content_type.is_empty() {
        request = request.header(CONTENT_TYPE, ask.content_type);
    }
    request.body(Body::from(ask.body.clone())).map_err(|error| Fault::Lost(format!("no request: {error}")))
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// How often it may be sent at most, whether the first time surely did nothing, and what pause the server asks for.
type When = (u32, bool, Option<Duration>);

/// How long to wait before the next attempt; `None` for no more.
fn again(outcome: &Result<Answer, Fault>, repeat: Repeat, attempt: u32) -> Option<Duration> {
    let when = match outcome {
        Ok(answer) => match answer.status.as_u16() {
            429 => (ATTEMPTS, true, answer.retry_after),
            502..=504 => (ATTEMPTS, false, answer.retry_after),
            500 if answer.retry_after.is_some() => (ATTEMPTS, false, answer.retry_after),
            _ => return None,
        },
        Err(fault) => after(fault)?,
    };
    pause(when, repeat, attempt)
}

fn after(fault: &Fault) -> Option<When> {
    match fault {
        Fault::Connect(_) => Some((CONNECT_ATTEMPTS, true, None)),
        Fault::Lost(_) => Some((CONNECT_ATTEMPTS, false, None)),
        Fault::Credentials(_) => None,
    }
}

fn pause((limit, not_begun, asked): When, repeat: Repeat, attempt: u32) -> Option<Duration> {
    if attempt >= limit || (repeat == Repeat::IfNotBegun && !not_begun) {
        return None;
    }
    let pause = PAUSE * 2_u32.pow(attempt - 1);
    let jitter = pause.mul_f64(rand::rng().random_range(0.0..0.5));
    let pause = asked.unwrap_or_default().max(pause) + jitter;
    (pause <= PATIENCE).then_some(pause)
}

/// What went wrong with a connection that the client made itself.
pub(super) fn failure(error: kube::Error, what: &str) -> Error {
    fault(error).error(what)
}

fn fault(error: kube::Error) -> Fault {
    match error {
        kube::Error::Auth(error) => Fault::Credentials(super::config::auth_words(&error)),
        kube::Error::Service(error) => {
            if let Some(auth) = error.downcast_ref::<kube::client::AuthError>() {
                return Fault::Credentials(super::config::auth_words(auth));
            }
            let words = chain(error.as_ref());
            match error.downcast_ref::<hyper_util::client::legacy::Error>() {
                Some(legacy) if legacy.is_connect() => Fault::Connect(words),
                _ => Fault::Lost(words),
            }
        }
        other => Fault::Lost(chain(&other)),
    }
}

/// An error and its sources in one line; those that a wrapper repeats are said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        source = error.source();
    }
    // A proxy's address may hold a password.
    super::url::without_login(&words)
}

impl Fault {
    fn error(self, what: &str) -> Error {
        match self {
            Self::Connect(words) | Self::Lost(words) => Error::new(ErrorKind::Unreachable, what, words),
            Self::Credentials(words) => Error::new(ErrorKind::Unauthorized, what, words),
        }
    }
}
