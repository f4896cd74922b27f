//! Why a comment is not there, and which right is missing.

use http::StatusCode;

use super::{Kind, PullRequest, Token};

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ForgeError {
    /// What.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl ForgeError {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }

    /// No answer at all.
    pub(super) fn unreached(pull_request: &PullRequest, token: &Token, why: &str) -> Self {
        let message = format!("{} does not answer: {}", pull_request.origin(), token.hidden_in(why));
        Self::new(message, "see whether it can be reached from here, or name it with --api URL")
    }

    /// An answer that is no success.
    pub(super) fn answered(
        pull_request: &PullRequest,
        token: &Token,
        doing: &str,
        (status, said): (StatusCode, Option<String>),
    ) -> Self {
        let said = said.map(|said| format!(": {}", crate::report::safe(&token.hidden_in(&said)))).unwrap_or_default();
        let message = format!("{doing}: {} answers {status}{said}", pull_request.origin());
        Self { message, hint: Some(hint(pull_request, token, status)) }
    }
}

fn hint(pull_request: &PullRequest, token: &Token, status: StatusCode) -> String {
    let PullRequest { kind, repository, number, .. } = pull_request;
    let variable = token.variable;
    match (status, kind) {
        (_, Kind::Gitlab) if token.is_of_a_job() && status.is_client_error() => {
            "the token of a job may write no notes: set GITLAB_TOKEN to a project access token with the scope api and the \
             role Reporter"
                .to_owned()
        }
        (StatusCode::UNAUTHORIZED, _) => {
            format!("the token in {variable} is not valid here, or its time is over: make a new one")
        }
        (StatusCode::FORBIDDEN, Kind::Github) => format!(
            "the token in {variable} may not write comments: in a workflow `permissions: pull-requests: write` (a pull \
             request from a fork never has it), of a fine-grained token the right 'Pull requests: write'"
        ),
        (StatusCode::FORBIDDEN, Kind::Gitlab) => {
            format!("the token in {variable} needs the scope api, and the role Reporter or above in {repository}")
        }
        (StatusCode::FORBIDDEN, Kind::Gitea) => {
            format!("the token in {variable} needs the scope write:issue, and the right to write in {repository}")
        }
        (StatusCode::NOT_FOUND, _) => format!(
            "there is no pull request {number} in {repository}, or the token in {variable} is not shown it: see \
             --repository and --number, and the token's rights"
        ),
        (StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST, _) => {
            "the forge does not take the comment as it is: --dry-run prints it".to_owned()
        }
        (StatusCode::GONE, _) => "comments are switched off there".to_owned(),
        (StatusCode::TOO_MANY_REQUESTS, _) => "too much was asked with this token: run it again later".to_owned(),
        (status, _) if status.is_redirection() => {
            "it was moved: name it as it is called now, with --repository or --api".to_owned()
        }
        (status, _) if status.is_server_error() => "the forge has trouble: run it again later".to_owned(),
        _ => "see what the forge says, and --repository, --number and --api".to_owned(),
    }
}
