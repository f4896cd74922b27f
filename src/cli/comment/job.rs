//! What the job of a forge says about the pull request that it is run for. The environment comes in as a function.

use std::path::PathBuf;

use serde_json::Value;

use crate::forge::{Kind, Token};

/// The environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Whose job this is.
pub fn forge(env: Environment<'_>) -> Option<Kind> {
    let is = |name: &str| env(name).as_deref() == Some("true");
    // Gitea's jobs have GitHub's variables as well.
    if is("GITEA_ACTIONS") || is("FORGEJO_ACTIONS") {
        return Some(Kind::Gitea);
    }
    if is("GITHUB_ACTIONS") {
        return Some(Kind::Github);
    }
    if is("GITLAB_CI") {
        return Some(Kind::Gitlab);
    }
    let named =
        [("GITHUB_REPOSITORY", Kind::Github), ("CI_PROJECT_ID", Kind::Gitlab), ("GITEA_REPOSITORY", Kind::Gitea)];
    named.into_iter().find_map(|(name, kind)| env(name).map(|_| kind))
}

/// The address of the API; none where there is no public one.
pub fn api(kind: Kind, env: Environment<'_>) -> Option<String> {
    let api = match kind {
        Kind::Github => env("GITHUB_API_URL").or(Some("https://api.github.com".to_owned())),
        Kind::Gitlab => env("CI_API_V4_URL").or(Some("https://gitlab.com/api/v4".to_owned())),
        Kind::Gitea => {
            let server = env("GITEA_SERVER_URL").map(|server| format!("{}/api/v1", server.trim_end_matches('/')));
            let of_job = || env("GITHUB_API_URL").filter(|_| forge(env) == Some(Kind::Gitea));
            env("GITEA_API_URL").or(server).or_else(of_job)
        }
    };
    api.map(|api| api.trim_end_matches('/').to_owned())
}

/// The repository of the pull request. At GitLab a merge request from a fork lies in the project that it goes to.
pub fn repository(kind: Kind, env: Environment<'_>) -> Option<String> {
    let names: &[&str] = match kind {
        Kind::Github => &["GITHUB_REPOSITORY"],
        Kind::Gitlab => &["CI_MERGE_REQUEST_PROJECT_ID", "CI_PROJECT_ID"],
        Kind::Gitea => &["GITEA_REPOSITORY", "GITHUB_REPOSITORY"],
    };
    names.iter().find_map(|name| env(name))
}

/// The number of the pull request.
pub fn number(kind: Kind, env: Environment<'_>) -> Option<u64> {
    if kind == Kind::Gitlab {
        return env("CI_MERGE_REQUEST_IID")?.parse().ok();
    }
    let of_event = || env("GITHUB_EVENT_PATH").and_then(|path| of_event(&PathBuf::from(path)));
    let reference = env("GITHUB_REF").and_then(|name| name.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok());
    reference.or_else(of_event)
}

/// The number in the file that tells of the event.
fn of_event(path: &std::path::Path) -> Option<u64> {
    let event: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let places = ["/pull_request/number", "/issue/number", "/number"];
    places.iter().find_map(|place| event.pointer(place)?.as_u64())
}

/// The token.
pub fn token(kind: Kind, env: Environment<'_>) -> Option<Token> {
    let variables: &[&'static str] = match kind {
        Kind::Github => &["RECONCILE_FORGE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"],
        Kind::Gitlab => &["RECONCILE_FORGE_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN"],
        // A job of Gitea's has its token under both names.
        Kind::Gitea if forge(env) == Some(Kind::Gitea) => &["RECONCILE_FORGE_TOKEN", "GITEA_TOKEN", "GITHUB_TOKEN"],
        Kind::Gitea => &["RECONCILE_FORGE_TOKEN", "GITEA_TOKEN"],
    };
    let found = variables.iter().find_map(|variable| env(variable).map(|secret| (secret, *variable)));
    found.map(|(secret, variable)| Token { secret: secret.trim().to_owned(), variable })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn a_job_of_github() {
        let env = with(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "team/app"),
            ("GITHUB_REF", "refs/pull/12/merge"),
            ("GITHUB_TOKEN", "secret"),
        ]);
        assert_eq!(forge(&env), Some(Kind::Github));
        assert_eq!(api(Kind::Github, &env).as_deref(), Some("https://api.github.com"));
        assert_eq!(
            (repository(Kind::Github, &env).as_deref(), number(Kind::Github, &env)),
            (Some("team/app"), Some(12))
        );
        assert_eq!(format!("{:?}", token(Kind::Github, &env)), "Some(Token(GITHUB_TOKEN))");
    }

    #[test]
    fn a_job_of_gitlab() {
        let env = with(&[
            ("GITLAB_CI", "true"),
            ("CI_API_V4_URL", "https://git.example.com/api/v4"),
            ("CI_PROJECT_ID", "7"),
            ("CI_MERGE_REQUEST_PROJECT_ID", "8"),
            ("CI_MERGE_REQUEST_IID", "12"),
            ("CI_JOB_TOKEN", "secret"),
        ]);
        assert_eq!(forge(&env), Some(Kind::Gitlab));
        assert_eq!(api(Kind::Gitlab, &env).as_deref(), Some("https://git.example.com/api/v4"));
        assert_eq!((repository(Kind::Gitlab, &env).as_deref(), number(Kind::Gitlab, &env)), (Some("8"), Some(12)));
        assert!(token(Kind::Gitlab, &env).is_some_and(|token| token.is_of_a_job()));
    }

    #[test]
    fn a_job_of_gitea() {
        let env = with(&[
            ("GITEA_ACTIONS", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_API_URL", "https://git.example.com/api/v1/"),
            ("GITHUB_REPOSITORY", "team/app"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_TOKEN", "secret"),
        ]);
        assert_eq!(forge(&env), Some(Kind::Gitea));
        assert_eq!(api(Kind::Gitea, &env).as_deref(), Some("https://git.example.com/api/v1"));
        assert_eq!(number(Kind::Gitea, &env), None);
        assert!(token(Kind::Gitea, &env).is_some());
        // The token of another forge goes nowhere else.
        let elsewhere = with(&[("GITHUB_ACTIONS", "true"), ("GITHUB_TOKEN", "secret")]);
        assert!(token(Kind::Gitea, &elsewhere).is_none() && api(Kind::Gitea, &elsewhere).is_none());
    }
}
