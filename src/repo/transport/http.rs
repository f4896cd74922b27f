//! git's smart protocol over HTTPS: a GET for what there is, a POST for each round (gitprotocol-http).

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Request, Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::super::address::HttpAddress;
use super::credentials::{Login, Logins};
use super::{Access, Problem};

/// How often the first answer may lead elsewhere.
const REDIRECTS: usize = 5;

/// One conversation with one repository.
pub(super) struct Http {
    session: Arc<Session>,
}

struct Session {
    agent: Agent,
    access: Arc<Access>,
    state: Mutex<State>,
}

struct State {
    address: HttpAddress,
    logins: Logins,
    login: Option<Login>,
}

impl Http {
    pub fn new(address: HttpAddress, access: Arc<Access>) -> Http {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // We follow them ourselves: on the first request, and to the same host alone.
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_recv_response(Some(Duration::from_secs(300)))
            .timeout_per_read(Some(Duration::from_secs(300)))
            .user_agent(concat!("git/2.0 (reconcile ", env!("CARGO_PKG_VERSION"), ")"))
            .build()
            .new_agent();
        let state = State { address, logins: Logins::new(), login: None };
        Http { session: Arc::new(Session { agent, access, state: Mutex::new(state) }) }
    }
}

impl SmartSubtransport for Http {
    fn action(&self, _url: &str, action: Service) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let (service, first) = match action {
            Service::UploadPackLs => ("git-upload-pack", true),
            Service::UploadPack => ("git-upload-pack", false),
            Service::ReceivePackLs => ("git-receive-pack", true),
            Service::ReceivePack => ("git-receive-pack", false),
        };
        let mut round = Round { session: Arc::clone(&self.session), service, asked: Vec::new(), answer: None };
        if first {
            let answer = self.session.advertised(service).map_err(|problem| self.session.access.fail(problem))?;
            round.answer = Some(Box::new(answer));
        }
        Ok(Box::new(round))
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

/// One round: what is written is sent when the answer is first read.
struct Round {
    session: Arc<Session>,
    service: &'static str,
    asked: Vec<u8>,
    answer: Option<Box<dyn Read + Send>>,
}

impl Write for Round {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.asked.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Round {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let answer = match &mut self.answer {
            Some(answer) => answer,
            empty => {
                let asked = std::mem::take(&mut self.asked);
                let answer = self
                    .session
                    .posted(self.service, &asked)
                    .map_err(|problem| self.session.access.fail_io(problem))?;
                empty.insert(Box::new(answer))
            }
        };
        answer.read(out).map_err(|error| self.session.access.fail_io(Problem::other(error.to_string())))
    }
}

impl Session {
    /// What the other side has: the first request, which settles redirects and login.
    fn advertised(&self, service: &str) -> Result<impl Read + Send + use<>, Problem> {
        for _ in 0..REDIRECTS {
            let ending = format!("/info/refs?service={service}");
            let answer = self.request(&ending, None)?;
            if !answer.status().is_redirection() {
                return expect(answer, &format!("application/x-{service}-advertisement"));
            }
            self.redirect(&answer, &ending)?;
        }
        Err(Problem::other("it leads from one address to the next without end"))
    }

    fn posted(&self, service: &str, asked: &[u8]) -> Result<impl Read + Send + use<>, Problem> {
        let answer = self.request(&format!("/{service}"), Some((service, asked)))?;
        expect(answer, &format!("application/x-{service}-result"))
    }

    /// Sends a request; where a login is wanted, tries those that there are.
    fn request(&self, ending: &str, body: Option<(&str, &[u8])>) -> Result<Response<Body>, Problem> {
        loop {
            let (url, login) = {
                let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                (format!("{}{ending}", state.address.url), state.login.clone())
            };
            let answer = self.send(&url, login.as_ref(), body)?;
            if answer.status() != StatusCode::UNAUTHORIZED {
                return Ok(answer);
            }
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let State { address, logins, login } = &mut *state;
            *login = Some(logins.next(address, &self.access.env).ok_or(Problem::Login)?);
        }
    }

    fn send(&self, url: &str, login: Option<&Login>, body: Option<(&str, &[u8])>) -> Result<Response<Body>, Problem> {
        let mut request = Request::builder().uri(url);
        if let Some(login) = login {
            let pair = STANDARD.encode(format!("{}:{}", login.user, login.password));
            request = request.header(AUTHORIZATION, format!("Basic {pair}"));
        }
        let sent = match body {
            None => request.body(()).map(|request| self.agent.run(request)),
            Some((service, bytes)) => request
                .method("POST")
                .header(CONTENT_TYPE, format!("application/x-{service}-request"))
                .header(ACCEPT, format!("application/x-{service}-result"))
                .body(bytes)
                .map(|request| self.agent.run(request)),
        };
        let sent = sent.map_err(|_| Problem::other("its address is no URL"))?;
        sent.map_err(|error| Problem::other(error.to_string()))
    }

    /// Goes on at the address that an answer names, where that is on the same host.
    fn redirect(&self, answer: &Response<Body>, ending: &str) -> Result<(), Problem> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let target = if location.starts_with('/') {
            format!("{}{location}", origin(&state.address.url))
        } else {
            location.to_owned()
        };
        // A login that stands in the target is not ours to use, or to show.
        if origin(&target).contains('@') {
            return Err(Problem::other("it leads to an address with a login in it"));
        }
        let Some(base) = target.strip_suffix(ending) else {
            // What stands behind a question mark may be a ticket.
            return Err(Problem::Elsewhere(target.split('?').next().unwrap_or_default().to_owned()));
        };
        let (old, new) = (origin(&state.address.url), origin(base));
        let upgraded = old.starts_with("http://") && new.starts_with("https://") && host(old) == host(new);
        if old != new && !upgraded {
            return Err(Problem::Elsewhere(base.to_owned()));
        }
        base.clone_into(&mut state.address.url);
        Ok(())
    }
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> &str {
    let after = url.find("://").map_or(0, |at| at + 3);
    let length = url.get(after..).unwrap_or_default().find('/').map_or(url.len(), |at| after + at);
    url.get(..length).unwrap_or(url)
}

fn host(origin: &str) -> &str {
    let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// The body of an answer that is what git's protocol says.
fn expect(answer: Response<Body>, kind: &str) -> Result<impl Read + Send + use<>, Problem> {
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::FORBIDDEN => return Err(Problem::Login),
        StatusCode::NOT_FOUND => return Err(Problem::other("there is no such repository, or it is not shown to us")),
        status => return Err(Problem::other(format!("it answers {status}"))),
    }
    let found = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if found != kind {
        return Err(Problem::other(format!("it does not speak git's smart protocol (its answer is {found:?})")));
    }
    Ok(answer.into_body().into_with_config().limit(u64::MAX).reader())
}
