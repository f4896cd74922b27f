//! What the three APIs have apart: addresses, headers, and how a comment is written down.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use serde_json::{Value, json};

use super::{Kind, PullRequest, Token};
use crate::web::escaped;

/// How many comments are asked for at once.
pub(super) const PAGE: usize = 100;

/// A comment, of whomever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    pub id: u64,
    pub body: String,
    /// The login of who wrote it.
    pub author: String,
    /// Whether a program of the forge's wrote it.
    pub is_bots: bool,
    /// Where people read it.
    pub url: Option<String>,
}

impl Comment {
    /// Of what the forge answers; `None` for what nobody wrote, or what is no comment.
    pub fn of(kind: Kind, value: &Value) -> Option<Self> {
        let (author, login) = match kind {
            Kind::Github | Kind::Gitea => (value.get("user"), "login"),
            Kind::Gitlab => (value.get("author"), "username"),
        };
        if value.get("system").and_then(Value::as_bool) == Some(true) {
            return None;
        }
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let is_bot = author.and_then(|author| author.get("type")).and_then(Value::as_str) == Some("Bot");
        let author = text(author.and_then(|author| author.get(login))).unwrap_or_default();
        Some(Self {
            id: value.get("id")?.as_u64()?,
            body: text(value.get("body"))?,
            // No user of GitHub's can be called so.
            is_bots: is_bot || (kind == Kind::Github && author.ends_with("[bot]")),
            author,
            url: text(value.get("html_url")),
        })
    }
}

impl PullRequest {
    /// The address of a page of its comments.
    pub(super) fn comments(&self, page: usize) -> String {
        let size = if self.kind == Kind::Gitea { "limit" } else { "per_page" };
        // GitLab begins with the newest unless it is told.
        let order = if self.kind == Kind::Gitlab { "&sort=asc&order_by=created_at" } else { "" };
        format!("{}?{size}={PAGE}&page={page}{order}", self.of_all())
    }

    /// The address that new ones are sent to.
    pub(super) fn of_all(&self) -> String {
        match self.kind {
            Kind::Github | Kind::Gitea => format!("{}/issues/{}/comments", self.project(), self.number),
            Kind::Gitlab => format!("{}/merge_requests/{}/notes", self.project(), self.number),
        }
    }

    /// The address of one of its comments.
    pub(super) fn comment(&self, id: u64) -> String {
        match self.kind {
            Kind::Github | Kind::Gitea => format!("{}/issues/comments/{id}", self.project()),
            Kind::Gitlab => format!("{}/{id}", self.of_all()),
        }
    }

    /// The address of the account that a token is of.
    pub(super) fn account(&self, token: &Token) -> String {
        // A job's token may not ask for the user, but for the job, which has a user.
        let what = if token.is_of_a_job() { "job" } else { "user" };
        format!("{}/{what}", self.api)
    }

    fn project(&self) -> String {
        match self.kind {
            Kind::Github | Kind::Gitea => format!("{}/repos/{}", self.api, self.repository),
            Kind::Gitlab => {
                format!("{}/projects/{}", self.api, escaped(&self.repository))
            }
        }
    }
}

/// The login in what the forge says of an account, or of a job.
pub(super) fn login(value: &Value) -> Option<String> {
    let of = |value: &Value| {
        let login = value.get("login").or_else(|| value.get("username"))?;
        login.as_str().filter(|login| !login.is_empty()).map(str::to_owned)
    };
    of(value).or_else(|| of(value.get("user")?))
}

/// What goes with every request.
pub(super) fn headers(kind: Kind, token: &Token) -> Vec<(HeaderName, String)> {
    let accept = if kind == Kind::Github { "application/vnd.github+json" } else { "application/json" };
    let login = match kind {
        Kind::Github => (AUTHORIZATION, format!("Bearer {}", token.secret)),
        Kind::Gitea => (AUTHORIZATION, format!("token {}", token.secret)),
        Kind::Gitlab if token.is_of_a_job() => (HeaderName::from_static("job-token"), token.secret.clone()),
        Kind::Gitlab => (HeaderName::from_static("private-token"), token.secret.clone()),
    };
    let mut headers = vec![(ACCEPT, accept.to_owned()), (CONTENT_TYPE, "application/json".to_owned()), login];
    if kind == Kind::Github {
        headers.push((HeaderName::from_static("x-github-api-version"), "2022-11-28".to_owned()));
    }
    headers
}

/// A comment's text, as it is sent.
pub(super) fn sent(body: &str) -> Vec<u8> {
    json!({ "body": body }).to_string().into_bytes()
}

/// What a forge says of a failure, in one line.
pub(super) fn said(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let message = ["message", "error_description", "error"].iter().find_map(|key| value.get(key))?;
    let mut said = match message {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let details = value.get("errors").and_then(Value::as_array).into_iter().flatten();
    for detail in details.filter_map(|detail| detail.get("message").and_then(Value::as_str).or(detail.as_str())) {
        said.push_str(": ");
        said.push_str(detail);
    }
    let line: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
    (!line.is_empty()).then_some(line)
}
