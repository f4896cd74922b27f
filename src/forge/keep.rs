//! One comment, kept up to date.

use http::{Method, StatusCode};
use serde_json::Value;

use super::api::{Comment, PAGE, headers, login, said, sent};
use super::{ForgeError, Kind, PullRequest, Token};
use crate::web::{Answer, Ask, Web};

/// How many pages of comments are read at most.
const PAGES: usize = 500;
/// How often a comment is sent whose making ended with an error of the server's.
const TRIES: usize = 3;

/// A pull request, and what lets us in.
#[derive(Debug)]
pub struct Forge {
    /// The client.
    pub web: Web,
    /// The pull request.
    pub pull_request: PullRequest,
    /// The token.
    pub token: Token,
    /// The login that the token is of, where it cannot be asked for.
    pub account: Option<String>,
}

/// What was done about the comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was not there.
    Made,
    /// It said something else.
    Updated,
    /// It said so already.
    Unchanged,
}

/// The one comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What was done about it.
    pub done: Done,
    /// Its number.
    pub id: u64,
    /// Where people read it.
    pub url: Option<String>,
    /// How many more of its kind there were, which are gone.
    pub removed: usize,
}

/// Whose comments are ours.
enum Own {
    Login(String),
    /// Some program's: the token is one of an app, which may not ask who it is.
    Bot,
    /// Whoever's: the forge has no such thing to ask, and only the mark is left to go by.
    Anyone,
}

impl Own {
    fn wrote(&self, comment: &Comment) -> bool {
        match self {
            Self::Login(login) => comment.author.eq_ignore_ascii_case(login),
            Self::Bot => comment.is_bots,
            Self::Anyone => true,
        }
    }
}

impl Forge {
    /// Sees to it that there is one comment that begins with a mark, and that it is this text. The text has the mark.
    ///
    /// # Errors
    /// What the forge says, and which right is missing.
    pub fn keep(&self, mark: &str, body: &str) -> Result<Kept, ForgeError> {
        let own = self.own()?;
        let mut tried = 0;
        let made = loop {
            let found = self.found(&own, mark)?;
            if let Some((first, rest)) = found.split_first() {
                return self.settle(first, rest, body);
            }
            let answer = self.ask(Method::POST, self.pull_request.of_all(), Some(body));
            tried += 1;
            match answer {
                // It may have been made all the same: that is looked for first.
                Ok(answer) if answer.status.is_server_error() && tried < TRIES => {}
                Err(_) if tried < TRIES => {}
                answer => break self.good("making the comment", answer?)?,
            }
            std::thread::sleep(std::time::Duration::from_secs(1 << tried));
        };
        let made = read(&made.body).and_then(|value| Comment::of(self.pull_request.kind, &value));
        let made = made.ok_or_else(|| self.odd("making the comment"))?;
        // Another job may have made one at the same time: then the older one stays, for both.
        let found = self.found(&own, mark)?;
        match found.split_first() {
            Some((first, rest)) if !rest.is_empty() => self.settle(first, rest, body),
            _ => Ok(Kept { done: Done::Made, id: made.id, url: made.url, removed: 0 }),
        }
    }

    /// Brings the first of the comments up to date, and takes the others away.
    fn settle(&self, first: &Comment, rest: &[Comment], body: &str) -> Result<Kept, ForgeError> {
        let (mut done, mut url) = (Done::Unchanged, first.url.clone());
        if !is_same(&first.body, body) {
            let method = if self.pull_request.kind == Kind::Gitlab { Method::PUT } else { Method::PATCH };
            let answer = self.ask(method, self.pull_request.comment(first.id), Some(body))?;
            let answer = self.good("editing the comment", answer)?;
            let edited = read(&answer.body).and_then(|value| Comment::of(self.pull_request.kind, &value));
            url = edited.and_then(|edited| edited.url).or(url);
            done = Done::Updated;
        }
        for other in rest {
            let answer = self.ask(Method::DELETE, self.pull_request.comment(other.id), None)?;
            // Somebody else may have taken it away meanwhile.
            if answer.status != StatusCode::NOT_FOUND {
                self.good("taking away a second comment", answer)?;
            }
        }
        Ok(Kept { done, id: first.id, url, removed: rest.len() })
    }

    /// Our comments with the mark, the oldest first.
    fn found(&self, own: &Own, mark: &str) -> Result<Vec<Comment>, ForgeError> {
        let doing = "reading the comments";
        let mut found: Vec<Comment> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        let mut url = self.pull_request.comments(1);
        for page in 1..=PAGES {
            let answer = self.ask(Method::GET, url, None)?;
            let answer = self.good(doing, answer)?;
            let Some(Value::Array(items)) = read(&answer.body) else { return Err(self.odd(doing)) };
            let ids = items.iter().filter_map(|item| item.get("id")?.as_u64());
            let new = ids.filter(|id| seen.insert(*id)).count();
            let comments = items.iter().filter_map(|item| Comment::of(self.pull_request.kind, item));
            let is_ours = |comment: &Comment| {
                comment.body.trim_start().starts_with(mark)
                    && own.wrote(comment)
                    && !found.iter().any(|known| known.id == comment.id)
            };
            let ours: Vec<Comment> = comments.filter(is_ours).collect();
            found.extend(ours);
            match self.after(&answer, (items.len(), new, seen.len()), page)? {
                Some(next) => url = next,
                None => {
                    found.sort_by_key(|comment| comment.id);
                    return Ok(found);
                }
            }
        }
        Err(ForgeError::new("there are more comments than can be read", "make a new pull request"))
    }

    /// The address of the page behind one, where there may be one.
    /// `counts` are the comments on it, those of them that are new, and all that were seen.
    fn after(&self, answer: &Answer, counts: (usize, usize, usize), page: usize) -> Result<Option<String>, ForgeError> {
        let (items, new, seen) = counts;
        if let Some(next) = answer.next() {
            // The token goes along.
            let origin = self.pull_request.origin();
            return if next.starts_with('/') && !next.starts_with("//") {
                Ok(Some(format!("{origin}{next}")))
            } else if next.strip_prefix(origin).is_some_and(|rest| rest.starts_with('/')) {
                Ok(Some(next))
            } else {
                Err(ForgeError::new(
                    format!("the next page of comments is elsewhere, at {}", crate::cluster::without_login(&next)),
                    "if that is the forge's API: --api URL",
                ))
            };
        }
        let is_last = match answer.header("x-next-page") {
            Some(next) => next.is_empty(),
            None if answer.headers.contains_key("link") => true,
            // Gitea cuts a page to what it likes, and an old one does not say how many there are.
            None if self.pull_request.kind == Kind::Gitea => {
                let total = answer.header("x-total-count").and_then(|count| count.parse::<usize>().ok());
                new == 0 || total.is_some_and(|total| seen >= total)
            }
            None => items < PAGE || new == 0,
        };
        Ok(if is_last { None } else { Some(self.pull_request.comments(page + 1)) })
    }

    /// Whose comments are ours.
    fn own(&self) -> Result<Own, ForgeError> {
        if let Some(account) = &self.account {
            return Ok(Own::Login(account.clone()));
        }
        let answer = self.ask(Method::GET, self.pull_request.account(&self.token), None)?;
        // GitHub does not let an app's token ask, that of a workflow neither.
        if self.pull_request.kind == Kind::Github && answer.status == StatusCode::FORBIDDEN {
            return Ok(Own::Bot);
        }
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Own::Anyone);
        }
        if answer.status == StatusCode::FORBIDDEN {
            let hint = "give the token the right to read its own user too, or name its account: --account LOGIN";
            let refused = self.good("asking whose the token is", answer).err();
            return Err(ForgeError { hint: Some(hint.to_owned()), ..refused.unwrap_or_else(|| self.odd("asking")) });
        }
        let answer = self.good("asking whose the token is", answer)?;
        let login = read(&answer.body).as_ref().and_then(login);
        login.map(Own::Login).ok_or_else(|| self.odd("asking whose the token is"))
    }

    fn ask(&self, method: Method, url: String, body: Option<&str>) -> Result<Answer, ForgeError> {
        let headers = headers(self.pull_request.kind, &self.token);
        let ask = Ask { method, url, headers, body: body.map(sent) };
        self.web.send(&ask).map_err(|why| ForgeError::unreached(&self.pull_request, &self.token, &why))
    }

    fn good(&self, doing: &str, answer: Answer) -> Result<Answer, ForgeError> {
        if answer.status.is_success() {
            return Ok(answer);
        }
        let said = (answer.status, said(&answer.body));
        Err(ForgeError::answered(&self.pull_request, &self.token, doing, said))
    }

    fn odd(&self, doing: &str) -> ForgeError {
        let name = self.pull_request.kind.name();
        let message = format!("{doing}: the answer is not {name}'s");
        ForgeError::new(message, "see --forge and --api: the address of its API, such as https://HOST/api/v1")
    }
}

fn read(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

/// Whether two texts are the same to their reader: a forge may change line ends, and take blanks from the end.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    plain(one) == plain(other)
}
