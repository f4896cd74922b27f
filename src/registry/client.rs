//! Which digest a tag stands for: one HEAD, with the login that the registry asks for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use http::{Method, StatusCode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::challenge::Challenge;
use super::login::Login;
use super::{Logins, Place, RegistryError};
use crate::fleet::Image;
use crate::web::{Answer, Ask, Web, escaped, is_private};

/// Indexes first: a tag for several platforms is one, and its digest is the one that stays.
const TYPES: [(&str, bool); 4] = [
    ("application/vnd.oci.image.index.v1+json", true),
    ("application/vnd.docker.distribution.manifest.list.v2+json", true),
    ("application/vnd.oci.image.manifest.v1+json", false),
    ("application/vnd.docker.distribution.manifest.v2+json", false),
];

/// What a tag stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// `sha256:…`.
    pub digest: String,
    /// Whether it is an index over the images of several platforms.
    pub is_index: bool,
}

/// A client of any registry.
#[derive(Debug)]
pub struct Client {
    web: Web,
    logins: Logins,
}

impl Client {
    /// With the logins that there are.
    pub fn new(web: Web, logins: Logins) -> Self {
        Self { web, logins }
    }

    /// What an image's tag, or digest, stands for; without either it is `latest`.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn resolve(&self, image: &Image) -> Result<Resolved, RegistryError> {
        let place = Place::of(image);
        let reference = image.digest.as_deref().or(image.tag.as_deref()).unwrap_or("latest");
        let asked = Asked { place, reference: reference.to_owned(), client: self };
        let (answer, login) = asked.manifest(&Method::HEAD, None)?;
        let good = asked.good(&answer, login.is_some())?;
        let digest = match answer.header("docker-content-digest").filter(|_| good) {
            Some(digest) => digest.to_owned(),
            // Some say it only with the manifest, or not at all: then it is the hash of that.
            None => {
                let (whole, _) = asked.manifest(&Method::GET, login)?;
                asked.good(&whole, true)?;
                return asked.resolved(&whole, &hash(&whole.body));
            }
        };
        asked.resolved(&answer, &digest)
    }
}

/// A manifest that is asked for.
struct Asked<'a> {
    place: Place,
    reference: String,
    client: &'a Client,
}

type Header = (HeaderName, String);

impl Asked<'_> {
    /// Asks for the manifest, and logs in where that is wanted; and the login, for the next time.
    fn manifest(&self, method: &Method, login: Option<Header>) -> Result<(Answer, Option<Header>), RegistryError> {
        let first = self.ask(method, login.as_ref())?;
        if first.status != StatusCode::UNAUTHORIZED || login.is_some() {
            return Ok((first, login));
        }
        let wanted = first.headers.get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok());
        let challenge = Challenge::parse(&wanted.collect::<Vec<_>>().join(", "));
        let Some(login) = challenge.map(|challenge| self.login(challenge)).transpose()?.flatten() else {
            return Ok((first, None));
        };
        Ok((self.ask(method, Some(&login))?, Some(login)))
    }

    fn ask(&self, method: &Method, login: Option<&Header>) -> Result<Answer, RegistryError> {
        let Place { repository, .. } = &self.place;
        let url = format!("{}/v2/{repository}/manifests/{}", self.place.api(), self.reference);
        let accept = TYPES.map(|(name, _)| name).join(", ");
        let headers = std::iter::once((ACCEPT, accept)).chain(login.cloned()).collect();
        self.send(&Ask { method: method.clone(), url, headers, body: None })
    }

    fn send(&self, ask: &Ask) -> Result<Answer, RegistryError> {
        let host = self.place.host.clone();
        self.client.web.send(ask).map_err(|why| RegistryError::Unreached { host, why })
    }

    /// The header to log in with; none where there is no login for what is wanted.
    fn login(&self, challenge: Challenge) -> Result<Option<Header>, RegistryError> {
        let known = self.client.logins.of(&self.place)?;
        let bearer = |token: String| Some((AUTHORIZATION, format!("Bearer {token}")));
        match (challenge, known) {
            (_, Some(Login::Registry(token))) => Ok(bearer(token)),
            (Challenge::Basic, Some(Login::Password { user, password })) => Ok(Some(basic(&user, &password))),
            (Challenge::Basic, _) => Ok(None),
            (Challenge::Bearer { realm, service, scope }, known) => {
                if !is_private(&realm) {
                    return Err(self.odd(format!("it sends logins to {}, for all to read", without_query(&realm))));
                }
                let scope = scope.unwrap_or_else(|| format!("repository:{}:pull", self.place.repository));
                self.token(&realm, (service.as_deref(), &scope), known).map(bearer)
            }
        }
    }

    /// A token for a scope, of whoever we are.
    fn token(
        &self,
        realm: &str,
        (service, scope): (Option<&str>, &str),
        known: Option<Login>,
    ) -> Result<String, RegistryError> {
        let mut pairs: Vec<(&str, &str)> = service.map(|service| ("service", service)).into_iter().collect();
        pairs.push(("scope", scope));
        let is_known = known.is_some();
        let ask = match known {
            Some(Login::Identity(token)) => {
                pairs.extend([
                    ("grant_type", "refresh_token"),
                    ("client_id", "reconcile"),
                    ("refresh_token", token.as_str()),
                ]);
                Ask {
                    method: Method::POST,
                    url: realm.to_owned(),
                    headers: vec![(CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned())],
                    body: Some(form(&pairs).into_bytes()),
                }
            }
            known => {
                let joint = if realm.contains('?') { '&' } else { '?' };
                let login = match &known {
                    Some(Login::Password { user, password }) => vec![basic(user, password)],
                    _ => Vec::new(),
                };
                Ask { method: Method::GET, url: format!("{realm}{joint}{}", form(&pairs)), headers: login, body: None }
            }
        };
        let answer = self.send(&ask)?;
        self.good(&answer, is_known)?;
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let token = ["token", "access_token"].iter().find_map(|name| value.get(name)?.as_str());
        token.map(str::to_owned).ok_or_else(|| self.odd(format!("{} gives no token", without_query(realm))))
    }

    /// Whether an answer is the manifest; not so is one that will have nothing of the method.
    fn good(&self, answer: &Answer, is_known: bool) -> Result<bool, RegistryError> {
        let (host, repository) = (self.place.host.clone(), self.place.repository.clone());
        Err(match answer.status {
            status if status.is_success() => return Ok(true),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => return Ok(false),
            StatusCode::UNAUTHORIZED => RegistryError::Login { host, repository, is_known },
            StatusCode::FORBIDDEN => RegistryError::Forbidden { host, repository },
            StatusCode::NOT_FOUND => {
                let joint = if self.reference.contains(':') { '@' } else { ':' };
                RegistryError::NotFound { host, reference: format!("{repository}{joint}{}", self.reference) }
            }
            StatusCode::TOO_MANY_REQUESTS => RegistryError::TooMany { host },
            status => self.odd(format!("it answers {status}")),
        })
    }

    fn resolved(&self, answer: &Answer, digest: &str) -> Result<Resolved, RegistryError> {
        if !answer.status.is_success() {
            return Err(self.odd(format!("it answers {}", answer.status)));
        }
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(self.odd(format!("{digest:?} is no digest")));
        }
        if self.reference.contains(':') && self.reference != digest {
            return Err(self.odd(format!("it was asked for {}, and has {digest}", self.reference)));
        }
        let kind =
            answer.header(CONTENT_TYPE.as_str()).unwrap_or_default().split(';').next().unwrap_or_default().trim();
        match TYPES.iter().find(|(name, _)| *name == kind) {
            Some((_, is_index)) => Ok(Resolved { digest: digest.to_owned(), is_index: *is_index }),
            None => Err(self.odd(format!("{kind:?} is no manifest of an image"))),
        }
    }

    fn odd(&self, why: String) -> RegistryError {
        RegistryError::Odd { host: self.place.host.clone(), why }
    }
}

fn basic(user: &str, password: &str) -> Header {
    (AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

fn form(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

fn hash(body: &[u8]) -> String {
    let digits: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// What stands behind a question mark may be a ticket.
fn without_query(url: &str) -> String {
    crate::cluster::without_login(url.split('?').next().unwrap_or_default())
}
