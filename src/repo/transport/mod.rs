//! How libgit2 reaches repositories over HTTPS and ssh: by transports of our own.
//!
//! libgit2's would need OpenSSL and libssh2. Here HTTPS goes through `ureq` and rustls, and ssh through the program
//! `ssh`, as in git. Both hang on one scheme of our own, whose URLs are numbers: so no URL that libgit2 sees,
//! stores or prints holds a password, and git's own schemes stay as they are.

mod credentials;
mod http;
mod program;
mod ssh;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use git2::Remote;
use git2::transport::Transport;

use super::address::Address;
use super::env::Env;

/// The scheme of our URLs.
pub(super) const SCHEME: &str = "reconcile";

/// What stood in the way of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// The other side wants a login, and none that we have is good.
    Login,
    /// The other side leads elsewhere, to this URL.
    Elsewhere(String),
    /// Anything else, in words.
    Other(String),
}

impl Problem {
    fn other(why: impl Into<String>) -> Problem {
        Problem::Other(why.into())
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Problem::Login => f.write_str("it wants a login"),
            Problem::Elsewhere(url) => write!(f, "it leads elsewhere, to {url}"),
            Problem::Other(why) => f.write_str(why),
        }
    }
}

/// One repository elsewhere while it is talked to.
pub(super) struct Access {
    address: Address,
    env: Env,
    problem: Mutex<Option<Problem>>,
}

impl Access {
    /// Notes what went wrong, for the caller of libgit2: of an error on its way through C only words are left.
    fn fail(&self, problem: Problem) -> git2::Error {
        let error = git2::Error::from_str(&problem.to_string());
        let mut slot = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(problem);
        error
    }

    fn fail_io(&self, problem: Problem) -> std::io::Error {
        std::io::Error::other(self.fail(problem).message().to_owned())
    }

    /// What went wrong first, if anything did.
    pub fn problem(&self) -> Option<Problem> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

static NUMBER: AtomicU64 = AtomicU64::new(0);
static OPEN: Mutex<BTreeMap<u64, Arc<Access>>> = Mutex::new(BTreeMap::new());

/// An address made known to libgit2, as long as this lives.
pub(super) struct Route {
    number: u64,
    /// What became of it.
    pub access: Arc<Access>,
}

impl Route {
    /// Makes an address known.
    pub fn to(address: &Address, env: &Env) -> Route {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let access = Arc::new(Access { address: address.clone(), env: env.clone(), problem: Mutex::new(None) });
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&access));
        Route { number, access }
    }

    /// The URL to give to libgit2. It reaches files by itself.
    pub fn url(&self) -> String {
        match &self.access.address {
            Address::File(url) => url.clone(),
            _ => self.own_url(),
        }
    }

    /// The URL to give to libgit2 for a push. Files are reached through git, whose hooks may refuse it.
    pub fn push_url(&self) -> String {
        self.own_url()
    }

    fn own_url(&self) -> String {
        format!("{SCHEME}://{}/", self.number)
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

/// libgit2 asks for the transport of one of our URLs.
pub(super) fn open(remote: &Remote<'_>) -> Result<Transport, git2::Error> {
    let access = remote
        .url()
        .ok()
        .and_then(|url| url.strip_prefix(SCHEME)?.strip_prefix("://")?.trim_end_matches('/').parse().ok())
        .and_then(|number: u64| OPEN.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned())
        .ok_or_else(|| git2::Error::from_str("no such route"))?;
    match &access.address {
        Address::Http(address) => {
            let http = http::Http::new(address.clone(), Arc::clone(&access));
            Transport::smart(remote, true, http)
        }
        Address::Ssh(address) => {
            let ssh = ssh::Ssh::new(address.clone(), Arc::clone(&access));
            Transport::smart(remote, false, ssh)
        }
        Address::File(url) => {
            let program = program::Program::new(url, Arc::clone(&access));
            Transport::smart(remote, false, program)
        }
    }
}
