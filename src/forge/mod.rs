//! Forges (GitHub, GitLab, Gitea): one comment on a pull request, kept up to date.
//!
//! The comment is found by a hidden mark at its beginning and by its author: what others wrote is left alone, whatever
//! it begins with. Where there are several, the oldest stays.

mod api;
mod error;
mod keep;

pub use error::ForgeError;
pub use keep::{Done, Forge, Kept};

/// Which forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// GitHub, its own or on premises.
    Github,
    /// GitLab.
    Gitlab,
    /// Gitea, and Forgejo.
    Gitea,
}

impl Kind {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Gitlab => "GitLab",
            Self::Gitea => "Gitea",
        }
    }

    /// The most bytes of a comment. There are never more characters than bytes.
    pub fn limit(self) -> usize {
        match self {
            // 65,536 characters; Gitea has no bound of its own.
            Self::Github | Self::Gitea => 65_536,
            Self::Gitlab => 1_000_000,
        }
    }

    /// Whether a repository's name may be that: two parts, at GitLab also more, or its number.
    pub fn takes(self, repository: &str) -> bool {
        let parts: Vec<&str> = repository.split('/').collect();
        let is_part = |part: &&str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let count = match self {
            Self::Github | Self::Gitea => parts.len() == 2,
            Self::Gitlab => parts.len() >= 2 || repository.bytes().all(|b| b.is_ascii_digit()),
        };
        count && parts.iter().all(is_part)
    }
}

/// A pull request.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// Where.
    pub kind: Kind,
    /// The address of its API, without a slash at the end.
    pub api: String,
    /// The repository: `owner/name`, at GitLab also its number.
    pub repository: String,
    /// Its number.
    pub number: u64,
}

impl PullRequest {
    /// Scheme, host and port of the API.
    fn origin(&self) -> &str {
        let after = self.api.find("://").map_or(0, |at| at + 3);
        let length = self.api.get(after..).and_then(|rest| rest.find('/')).map_or(self.api.len(), |at| after + at);
        self.api.get(..length).unwrap_or(&self.api)
    }
}

/// What lets us in. It is never shown.
#[derive(Clone)]
pub struct Token {
    /// The token itself.
    pub secret: String,
    /// The environment variable that it comes from.
    pub variable: &'static str,
}

impl Token {
    /// Whether it is the token of a job of GitLab's, which is sent, and may do, otherwise.
    pub fn is_of_a_job(&self) -> bool {
        self.variable == "CI_JOB_TOKEN"
    }

    /// A text without it.
    pub fn hidden_in(&self, text: &str) -> String {
        if self.secret.is_empty() { text.to_owned() } else { text.replace(&self.secret, "<hidden>") }
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({})", self.variable)
    }
}
