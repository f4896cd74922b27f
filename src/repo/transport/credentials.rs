//! Logins for HTTPS: those of the URL, of the environment, of git's credential helpers, in this order.

use git2::{Config, CredentialHelper};

use super::super::address::HttpAddress;
use super::super::env::Env;

/// A user and a password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub user: String,
    pub password: String,
}

/// Where logins are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Url,
    Token,
    Helper,
}

/// The logins for one address, each handed out once.
pub(super) struct Logins {
    left: Vec<Place>,
}

impl Logins {
    pub fn new() -> Logins {
        Logins { left: vec![Place::Helper, Place::Token, Place::Url] }
    }

    /// The next one that there is; it is asked for when the other side wants a login, not before.
    pub fn next(&mut self, address: &HttpAddress, env: &Env) -> Option<Login> {
        while let Some(place) = self.left.pop() {
            let found = match place {
                Place::Url => of_url(address),
                Place::Token => of_token(address, env),
                Place::Helper => of_helper(address),
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

fn of_url(address: &HttpAddress) -> Option<Login> {
    let password = address.password.clone()?;
    Some(Login { user: address.user.clone().unwrap_or_default(), password })
}

/// The token is a password; hosts that do not care for the user take any, and GitHub documents this one.
fn of_token(address: &HttpAddress, env: &Env) -> Option<Login> {
    let password = env.token.clone().filter(|_| is_private(&address.url))?;
    let user = address.user.clone().unwrap_or_else(|| "x-access-token".to_owned());
    Some(Login { user, password })
}

/// Whether nobody on the way can listen: a token must not go over plain HTTP to another machine.
fn is_private(url: &str) -> bool {
    if url.starts_with("https://") {
        return true;
    }
    let authority = url.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let host = authority.map(|authority| match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    });
    matches!(host, Some("localhost" | "127.0.0.1" | "::1"))
}

fn of_helper(address: &HttpAddress) -> Option<Login> {
    let config = Config::open_default().ok()?;
    let mut helper = CredentialHelper::new(&address.url);
    helper.username(address.user.as_deref()).config(&config);
    let (user, password) = helper.execute()?;
    Some(Login { user, password })
}
