//! GitHub, GitLab and Gitea as far as comments go: their addresses, logins, paging, limits and words, on loopback.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: u64,
    pub author: String,
    pub body: String,
}

/// An answer that is given instead of the right one, once.
pub struct Fault {
    /// The method that it is given to.
    pub method: &'static str,
    /// Whether the request is carried out all the same.
    pub is_done: bool,
    pub status: u16,
    pub headers: &'static str,
    pub body: &'static str,
}

pub struct State {
    pub comments: Vec<Comment>,
    /// What was asked: method and address.
    pub asked: Vec<String>,
    pub faults: Vec<Fault>,
    /// The most comments in one page, whatever is asked for.
    pub page: usize,
    /// Whether a page names the next one.
    pub is_linked: bool,
    /// Where the next page is said to be, instead.
    pub elsewhere: Option<String>,
    /// The account of the token; none where it may not be asked for.
    pub account: Option<&'static str>,
    /// Whether there is nothing to ask it of.
    pub is_mute: bool,
    /// The most characters of a comment.
    pub longest: usize,
    next: u64,
}

/// Which forge is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plays {
    Github,
    Gitlab,
    Gitea,
}

pub const ALL: [Plays; 3] = [Plays::Github, Plays::Gitlab, Plays::Gitea];

pub struct Server {
    pub plays: Plays,
    pub address: String,
    state: Arc<Mutex<State>>,
}

impl Plays {
    pub fn word(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Gitea => "gitea",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Github => "",
            Self::Gitlab => "/api/v4",
            Self::Gitea => "/api/v1",
        }
    }

    fn login(self, token: &str) -> (&'static str, String) {
        match self {
            Self::Github => ("authorization", format!("Bearer {token}")),
            Self::Gitlab => ("private-token", token.to_owned()),
            Self::Gitea => ("authorization", format!("token {token}")),
        }
    }
}

impl Server {
    /// One with a pull request 12 in `team/app`, for this token.
    pub fn start(plays: Plays, token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}{}", listener.local_addr().expect("an address"), plays.prefix());
        let state = Arc::new(Mutex::new(State {
            comments: Vec::new(),
            asked: Vec::new(),
            faults: Vec::new(),
            page: 100,
            is_linked: true,
            elsewhere: None,
            account: Some("robot"),
            is_mute: false,
            longest: 65_536,
            next: 1000,
        }));
        let (shared, login, base) = (Arc::clone(&state), plays.login(token), address.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else { continue };
                let answer = answer(plays, &base, &login, &mut shared.lock().expect("a state"), &request);
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { plays, address, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a state")
    }

    /// Puts a comment there.
    pub fn write(&self, author: &str, body: &str) -> u64 {
        self.state().make(author, body).id
    }

    /// Puts so many comments of others there.
    pub fn talk(&self, count: usize) {
        for _ in 0..count {
            self.write("ada", "talk");
        }
    }

    /// What was asked since the last time, by its methods.
    pub fn methods(&self) -> String {
        let asked = std::mem::take(&mut self.state().asked);
        asked.iter().filter_map(|line| line.split(' ').next()).collect::<Vec<_>>().join(" ")
    }
}

impl State {
    fn make(&mut self, author: &str, body: &str) -> Comment {
        self.next += 1;
        let made = Comment { id: self.next, author: author.to_owned(), body: body.to_owned() };
        self.comments.push(made.clone());
        made
    }
}

struct Request {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn read(stream: &TcpStream) -> Option<Request> {
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
    let mut words = lines.first()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned()));
    let headers: Vec<(String, String)> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path: path.to_owned(), query: pairs.collect(), headers, body })
}

/// What a request comes to: a status, more headers, and a body.
type Said = (u16, String, Value);

fn answer(plays: Plays, base: &str, login: &(&str, String), state: &mut State, request: &Request) -> String {
    state.asked.push(format!("{} {}", request.method, request.path));
    let fault = state.faults.iter().position(|fault| fault.method == request.method);
    let fault = fault.map(|at| state.faults.remove(at));
    let known = request.headers.iter().any(|(name, value)| *name == login.0 && *value == login.1);
    let mut right = || {
        if known {
            carried_out(plays, base, state, request)
        } else {
            (401, String::new(), json!({"message": "Bad credentials"}))
        }
    };
    let (status, headers, body) = match fault {
        Some(Fault { is_done, status, headers, body, .. }) => {
            if is_done {
                right();
            }
            (status, headers.to_owned(), json!({ "message": body }))
        }
        None => right(),
    };
    let body = if status == 204 { String::new() } else { body.to_string() };
    format!(
        "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn carried_out(plays: Plays, base: &str, state: &mut State, request: &Request) -> Said {
    let path = request.path.strip_prefix(plays.prefix()).unwrap_or_default();
    let none = || (404, String::new(), json!({"message": "Not Found"}));
    if path == "/user" && state.is_mute {
        return none();
    }
    if path == "/user" {
        let name = if plays == Plays::Gitlab { "username" } else { "login" };
        return match state.account {
            Some(account) => (200, String::new(), json!({ name: account })),
            None => (403, String::new(), json!({"message": "Resource not accessible by integration"})),
        };
    }
    let (all, one) = match plays {
        Plays::Github | Plays::Gitea => ("/repos/team/app/issues/12/comments", "/repos/team/app/issues/comments/"),
        Plays::Gitlab => {
            ("/projects/team%2Fapp/merge_requests/12/notes", "/projects/team%2Fapp/merge_requests/12/notes/")
        }
    };
    let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let body = sent["body"].as_str().unwrap_or_default();
    if body.chars().count() > state.longest {
        return (
            422,
            String::new(),
            json!({"message": "Validation Failed", "errors": [{"message": "body is too long"}]}),
        );
    }
    if path == all {
        return match request.method.as_str() {
            "GET" => page(plays, base, state, request),
            "POST" => {
                let author = state.account.unwrap_or("some-app[bot]");
                let made = state.make(author, body);
                (201, String::new(), shown(plays, &made))
            }
            _ => none(),
        };
    }
    let id = path.strip_prefix(one).and_then(|id| id.parse::<u64>().ok());
    let Some(at) = state.comments.iter().position(|comment| Some(comment.id) == id) else { return none() };
    let edits = if plays == Plays::Gitlab { "PUT" } else { "PATCH" };
    match request.method.as_str() {
        "DELETE" => {
            state.comments.remove(at);
            (204, String::new(), Value::Null)
        }
        method if method == edits => {
            body.clone_into(&mut state.comments[at].body);
            (200, String::new(), shown(plays, &state.comments[at]))
        }
        _ => (405, String::new(), json!({"message": "Method Not Allowed"})),
    }
}

/// GitHub and Gitea link the next page, GitLab names its number; an old Gitea does neither.
fn page(plays: Plays, base: &str, state: &State, request: &Request) -> Said {
    let asked = |name: &str| {
        let value = request.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.and_then(|value| percent_decode_str(value).decode_utf8_lossy().parse::<usize>().ok())
    };
    let size = asked(if plays == Plays::Gitea { "limit" } else { "per_page" }).unwrap_or(30).min(state.page);
    let number = asked("page").unwrap_or(1);
    let shown: Vec<Value> =
        state.comments.iter().skip((number - 1) * size).take(size).map(|c| shown(plays, c)).collect();
    let is_more = state.comments.len() > number * size;
    let url = state.elsewhere.clone().unwrap_or_else(|| base.to_owned());
    let next =
        format!("{url}{}?page={}&per_page={size}&limit={size}", &request.path[plays.prefix().len()..], number + 1);
    let headers = match plays {
        _ if !state.is_linked => String::new(),
        Plays::Gitlab => format!("X-Next-Page: {}\r\n", if is_more { (number + 1).to_string() } else { String::new() }),
        _ if is_more => format!("Link: <{next}>; rel=\"next\"\r\n"),
        Plays::Gitea => format!("X-Total-Count: {}\r\n", state.comments.len()),
        Plays::Github => String::new(),
    };
    (200, headers, Value::Array(shown))
}

fn shown(plays: Plays, comment: &Comment) -> Value {
    let Comment { id, author, body } = comment;
    match plays {
        Plays::Github | Plays::Gitea => json!({
            "id": id, "body": body, "html_url": format!("https://forge.example.com/team/app/pull/12#issuecomment-{id}"),
            "user": {"login": author, "type": if author.ends_with("[bot]") { "Bot" } else { "User" }},
        }),
        Plays::Gitlab => json!({"id": id, "body": body, "system": false, "author": {"username": author}}),
    }
}
