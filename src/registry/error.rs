//! Why a digest is not known, and what to do.

use std::path::PathBuf;

/// Why it is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Docker's configuration cannot be read.
    #[error("{} cannot be read: {why}", .file.display())]
    Config {
        /// The file.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// A helper for logins does not work.
    #[error("docker-credential-{name} gives no login: {why}")]
    Helper {
        /// Its name in the configuration.
        name: String,
        /// Why.
        why: String,
    },
    /// The registry does not answer.
    #[error("{host} does not answer: {why}")]
    Unreached {
        /// The registry.
        host: String,
        /// Why.
        why: String,
    },
    /// It wants a login, or another one.
    #[error("{host} wants {}login for {repository}", if *.is_known { "another " } else { "a " })]
    Login {
        /// The registry.
        host: String,
        /// The repository there.
        repository: String,
        /// Whether one was sent.
        is_known: bool,
    },
    /// The login may not read.
    #[error("{host} does not let this login read {repository}")]
    Forbidden {
        /// The registry.
        host: String,
        /// The repository there.
        repository: String,
    },
    /// There is no such image.
    #[error("{host} has no {reference}")]
    NotFound {
        /// The registry.
        host: String,
        /// The repository, with the tag or digest.
        reference: String,
    },
    /// Too much was asked.
    #[error("{host} has been asked too often")]
    TooMany {
        /// The registry.
        host: String,
    },
    /// It answers with something else.
    #[error("{host}: {why}")]
    Odd {
        /// The registry.
        host: String,
        /// What.
        why: String,
    },
}

impl RegistryError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Config { .. } => "mend it, or name another folder with DOCKER_CONFIG".to_owned(),
            Self::Helper { name, .. } => {
                format!(
                    "install docker-credential-{name}, or take it out of docker's configuration: docker login writes one"
                )
            }
            Self::Unreached { .. } => "see whether it can be reached from here, and is called so".to_owned(),
            Self::Login { host, is_known: false, .. } => format!("docker login {host}"),
            Self::Login { host, is_known: true, .. } => {
                format!("the login in docker's configuration is not taken, or its time is over: docker login {host}")
            }
            Self::Forbidden { .. } => "ask for the right to pull, or log in as somebody who has it".to_owned(),
            Self::NotFound { .. } => {
                "see how it is spelled, and whether CI has pushed it; a registry hides what a login may not see"
                    .to_owned()
            }
            Self::TooMany { .. } => {
                "log in (docker login), which lets one ask more often, or ask again later".to_owned()
            }
            Self::Odd { .. } => return None,
        })
    }
}
