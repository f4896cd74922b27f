//! Registries: which digest a tag stands for. They are played by a server here, which knows the three ways to log in.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reconcile::registry::{Client, Logins, RegistryError, Resolved};
use reconcile::web::Web;
use serde_json::json;
use sha2::{Digest as _, Sha256};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const BODY: &str = r#"{"schemaVersion": 2}"#;

/// How a registry lets one in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Open,
    Basic,
    Bearer,
}

/// A registry that has `team/app:main`.
pub struct Registry {
    pub address: String,
    pub state: Arc<Mutex<State>>,
}

pub struct State {
    pub door: Door,
    /// The type that it says the image is.
    pub kind: String,
    pub body: String,
    /// Whether HEAD says the digest, is not there at all, or the header is wrong.
    pub digest: Option<String>,
    pub has_head: bool,
    /// Statuses that come before the right answer, each once.
    pub faults: Vec<(u16, &'static str)>,
    /// Where tokens are said to be had.
    pub realm: Option<String>,
    /// What was asked: method, address, and the login.
    pub asked: Vec<String>,
}

pub fn digest_of(body: &str) -> String {
    format!("sha256:{}", Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

impl Registry {
    pub fn start(door: Door) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::new(Mutex::new(State {
            door,
            kind: INDEX.into(),
            body: BODY.into(),
            digest: Some(digest_of(BODY)),
            has_head: true,
            faults: Vec::new(),
            realm: None,
            asked: Vec::new(),
        }));
        let (shared, base) = (Arc::clone(&state), address.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = serve(&stream, &mut shared.lock().expect("a state"), &base);
            }
        });
        Self { address, state }
    }

    fn image(&self) -> String {
        format!("{}/team/app:main", self.address)
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().expect("a state").asked)
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().expect("a state"));
    }
}

fn serve(stream: &TcpStream, state: &mut State, base: &str) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header = |name: &str| {
        lines
            .iter()
            .find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)))
            .map(|(_, v)| v)
    };
    let login = header("authorization").unwrap_or("-").to_owned();
    let mut sent = vec![0; header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut sent).ok()?;
    let mut words = lines.first()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let form = String::from_utf8_lossy(&sent).into_owned();
    state.asked.push(format!("{method} {target} {login} {form}").trim_end().to_owned());
    let (status, headers, body) = answer(state, base, (method, target), (&login, &form));
    let shown = if method == "HEAD" { "" } else { &body };
    let length = body.len();
    let text =
        format!("HTTP/1.1 {status} Said\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{shown}");
    (&*stream).write_all(text.as_bytes()).ok()
}

fn basic() -> String {
    format!("Basic {}", STANDARD.encode("ada:secret"))
}

fn answer(
    state: &mut State,
    base: &str,
    (method, target): (&str, &str),
    (login, form): (&str, &str),
) -> (u16, String, String) {
    let none = || (404, String::new(), json!({"errors": [{"code": "MANIFEST_UNKNOWN"}]}).to_string());
    if target.starts_with("/token") {
        let is_asked = target.contains("service=played") && target.contains("scope=repository%3Ateam%2Fapp%3Apull");
        let is_renewed = form.contains("grant_type=refresh_token") && form.contains("refresh_token=identity");
        return match login {
            "-" if is_asked => (200, String::new(), json!({"token": "anonymous"}).to_string()),
            "-" if method == "POST" && is_renewed => (200, String::new(), json!({"access_token": "ada"}).to_string()),
            login if login == basic() && is_asked => (200, String::new(), json!({"token": "ada"}).to_string()),
            _ => (401, String::new(), String::new()),
        };
    }
    if !state.faults.is_empty() {
        let (status, headers) = state.faults.remove(0);
        return (status, headers.to_owned(), String::new());
    }
    let wants = match state.door {
        Door::Open => None,
        Door::Basic => (login != basic()).then(|| "WWW-Authenticate: Basic realm=\"here\"\r\n".to_owned()),
        Door::Bearer => (!["Bearer ada", "Bearer anonymous"].contains(&login)).then(|| {
            let realm = state.realm.clone().unwrap_or_else(|| format!("http://{base}/token"));
            let scope = "repository:team/app:pull";
            format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"played\",scope=\"{scope}\"\r\n")
        }),
    };
    if let Some(wants) = wants {
        return (401, wants, String::new());
    }
    if method == "HEAD" && !state.has_head {
        return (405, String::new(), String::new());
    }
    let of = digest_of(&state.body);
    if target != "/v2/team/app/manifests/main" && target != format!("/v2/team/app/manifests/{of}") {
        return none();
    }
    let digest = state.digest.as_ref().map(|digest| format!("Docker-Content-Digest: {digest}\r\n")).unwrap_or_default();
    (200, format!("Content-Type: {}\r\n{digest}", state.kind), state.body.clone())
}

fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().expect("a time")
}

fn resolve(image: &str, config: &serde_json::Value) -> Result<Resolved, RegistryError> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.json");
    fs::write(&file, config.to_string()).expect("written");
    let helper = |name: &str, registry: &str| match name {
        "works" => Ok(Some(json!({"ServerURL": registry, "Username": "ada", "Secret": "secret"}).to_string())),
        "none" => Ok(None),
        _ => Err("it does not start".to_owned()),
    };
    let logins = Logins::read(&file, helper)?;
    Client::new(Web::new(now), logins).resolve(&image.parse().expect("an image"))
}

fn hint(error: &RegistryError) -> String {
    error.hint().unwrap_or_default()
}

#[test]
fn a_tag_has_a_digest() {
    let registry = Registry::start(Door::Open);
    let found = resolve(&registry.image(), &json!({})).expect("resolved");
    assert_eq!(found, Resolved { digest: digest_of(BODY), is_index: true });
    assert_eq!(registry.asked(), ["HEAD /v2/team/app/manifests/main -"]);
    registry.set(|state| state.kind = format!("{MANIFEST}; charset=utf-8"));
    assert!(!resolve(&registry.image(), &json!({})).expect("resolved").is_index);
    // So has a digest, itself.
    let pinned = format!("{}/team/app@{}", registry.address, digest_of(BODY));
    assert_eq!(resolve(&pinned, &json!({})).expect("resolved").digest, digest_of(BODY));
}

#[test]
fn what_head_does_not_say_is_in_the_manifest() {
    let registry = Registry::start(Door::Open);
    registry.set(|state| state.digest = None);
    assert_eq!(resolve(&registry.image(), &json!({})).expect("resolved").digest, digest_of(BODY));
    registry.set(|state| state.has_head = false);
    assert_eq!(resolve(&registry.image(), &json!({})).expect("resolved").digest, digest_of(BODY));
    let bearer = Registry::start(Door::Bearer);
    bearer.set(|state| state.has_head = false);
    assert_eq!(resolve(&bearer.image(), &json!({})).expect("resolved").digest, digest_of(BODY));
}

#[test]
fn three_ways_to_log_in() {
    let file = |registry: &Registry| json!({"auths": {&registry.address: {"auth": STANDARD.encode("ada:secret")}}});
    let basic_door = Registry::start(Door::Basic);
    resolve(&basic_door.image(), &file(&basic_door)).expect("resolved");
    let helpers = json!({"credHelpers": {&basic_door.address: "works"}});
    resolve(&basic_door.image(), &helpers).expect("resolved");
    let store =
        json!({"credsStore": "none", "auths": {&basic_door.address: {"username": "ada", "password": "secret"}}});
    resolve(&basic_door.image(), &store).expect("resolved");

    let bearer = Registry::start(Door::Bearer);
    resolve(&bearer.image(), &json!({})).expect("resolved");
    let asked = bearer.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[1].starts_with("GET /token?") && asked[2].ends_with("Bearer anonymous"), "{asked:?}");
    resolve(&bearer.image(), &file(&bearer)).expect("resolved");
    assert!(bearer.asked()[2].ends_with("Bearer ada"));
    let identity = json!({"auths": {&bearer.address: {"identitytoken": "identity"}}});
    resolve(&bearer.image(), &identity).expect("resolved");
    assert!(bearer.asked()[1].starts_with("POST /token - "));
    let registry_token = json!({"auths": {&bearer.address: {"registrytoken": "ada"}}});
    resolve(&bearer.image(), &registry_token).expect("resolved");
}

#[test]
fn what_is_wrong_is_said() {
    let closed = Registry::start(Door::Basic);
    let error = resolve(&closed.image(), &json!({})).expect_err("no login");
    assert_eq!(error.to_string(), format!("{} wants a login for team/app", closed.address));
    assert_eq!(hint(&error), format!("docker login {}", closed.address));
    let wrong = json!({"auths": {&closed.address: {"auth": STANDARD.encode("ada:wrong")}}});
    let error = resolve(&closed.image(), &wrong).expect_err("a wrong login");
    assert!(error.to_string().contains("wants another login") && hint(&error).contains("is not taken"), "{error}");
    let error = resolve(&Registry::start(Door::Bearer).image(), &json!({"credsStore": "gone"})).expect_err("no helper");
    assert!(error.to_string().contains("docker-credential-gone gives no login: it does not start"), "{error}");

    let registry = Registry::start(Door::Open);
    let missing = format!("{}/team/app:gone", registry.address);
    let error = resolve(&missing, &json!({})).expect_err("no tag");
    assert_eq!(error.to_string(), format!("{} has no team/app:gone", registry.address));
    registry.set(|state| state.faults = vec![(403, "")]);
    let error = resolve(&registry.image(), &json!({})).expect_err("forbidden");
    assert!(error.to_string().contains("does not let this login read team/app"), "{error}");
    registry.set(|state| state.faults = vec![(429, "Retry-After: 0\r\n"), (503, "Retry-After: 0\r\n")]);
    resolve(&registry.image(), &json!({})).expect("later");
    registry.set(|state| state.faults = vec![(429, "Retry-After: 3600\r\n")]);
    let error = resolve(&registry.image(), &json!({})).expect_err("too many");
    assert!(error.to_string().contains("asked too often") && hint(&error).contains("docker login"), "{error}");
    registry.set(|state| state.faults = vec![(302, "Location: http://elsewhere.example.com/\r\n")]);
    let error = resolve(&registry.image(), &json!({})).expect_err("elsewhere");
    assert!(error.to_string().contains("302"), "{error}");
}

#[test]
fn what_is_no_image_is_none() {
    let registry = Registry::start(Door::Open);
    registry.set(|state| state.kind = "text/html".into());
    assert!(
        resolve(&registry.image(), &json!({})).expect_err("a page").to_string().contains("no manifest of an image")
    );
    registry.set(|state| (state.kind, state.digest) = (INDEX.into(), Some("sha256:short".into())));
    assert!(resolve(&registry.image(), &json!({})).expect_err("no digest").to_string().contains("is no digest"));
    let pinned = format!("{}/team/app@{}", registry.address, digest_of(BODY));
    registry.set(|state| state.digest = Some(digest_of("another")));
    assert!(resolve(&pinned, &json!({})).expect_err("another").to_string().contains("it was asked for"), "pinned");
}

/// A login goes where nobody listens, and nowhere else.
#[test]
fn a_login_is_not_sent_in_the_clear() {
    let registry = Registry::start(Door::Bearer);
    registry.set(|state| state.realm = Some("http://tokens.example.com/t?ticket=1".into()));
    let config = json!({"auths": {&registry.address: {"auth": STANDARD.encode("ada:secret")}}});
    let error = resolve(&registry.image(), &config).expect_err("in the clear");
    assert!(error.to_string().contains("it sends logins to http://tokens.example.com/t, for all to read"), "{error}");
    assert!(registry.asked().iter().all(|asked| asked.ends_with(" -")));
}

#[test]
fn a_configuration_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.json");
    let read = || Logins::read(&file, |_, _| Ok(None));
    read().expect("none is no error");
    fs::write(&file, "{\"auths\": secret").expect("written");
    let error = read().expect_err("no JSON");
    assert!(error.to_string().contains("no JSON at line 1") && !error.to_string().contains("secret"), "{error}");
}
