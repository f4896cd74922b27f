//! Where an image lies: which host, and how it is called there.

use crate::fleet::Image;

/// Docker's own registry, as images name it, as its API is reached, and as its login is filed.
const DOCKER: &str = "docker.io";
const DOCKER_API: &str = "registry-1.docker.io";
const DOCKER_LOGIN: &str = "https://index.docker.io/v1/";

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The registry, as images name it: a host, and a port where there is one.
    pub host: String,
    /// The repository there.
    pub repository: String,
}

impl Place {
    /// Of an image: what stands before the first slash is a host if it looks like one, as Docker reads it.
    pub fn of(image: &Image) -> Self {
        let name = &image.repository;
        let is_host =
            |part: &str| part.contains(['.', ':']) || part == "localhost" || part.chars().any(char::is_uppercase);
        match name.split_once('/') {
            Some((host, rest)) if is_host(host) => {
                let host = if host == "index.docker.io" { DOCKER } else { host };
                let rest =
                    if host == DOCKER && !rest.contains('/') { format!("library/{rest}") } else { rest.to_owned() };
                Self { host: host.to_owned(), repository: rest }
            }
            Some(_) => Self { host: DOCKER.to_owned(), repository: name.clone() },
            None => Self { host: DOCKER.to_owned(), repository: format!("library/{name}") },
        }
    }

    /// The address of its API. On this machine it is plain HTTP, as Docker has it.
    pub(super) fn api(&self) -> String {
        let host = if self.host == DOCKER { DOCKER_API } else { self.host.as_str() };
        let plain = format!("http://{host}");
        if crate::web::is_private(&plain) { plain } else { format!("https://{host}") }
    }

    /// How its login is filed in docker's configuration.
    pub(super) fn login_key(&self) -> &str {
        if self.host == DOCKER { DOCKER_LOGIN } else { &self.host }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(image: &str) -> (String, String, String) {
        let place = Place::of(&image.parse().unwrap());
        (place.host.clone(), place.repository.clone(), place.api())
    }

    #[test]
    fn places() {
        let docker = |name: &str| ("docker.io".into(), name.into(), "https://registry-1.docker.io".into());
        assert_eq!(place("odoo:18.0"), docker("library/odoo"));
        assert_eq!(place("docker.io/odoo"), docker("library/odoo"));
        assert_eq!(place("pgvector/pgvector:pg15"), docker("pgvector/pgvector"));
        let there = |host: &str, api: &str| (host.into(), "a/b".into(), api.into());
        assert_eq!(place("r.example.com/a/b:1"), there("r.example.com", "https://r.example.com"));
        assert_eq!(place("r.example.com:5000/a/b"), there("r.example.com:5000", "https://r.example.com:5000"));
        assert_eq!(place("localhost:5000/a/b"), there("localhost:5000", "http://localhost:5000"));
        assert_eq!(place("127.0.0.1:5000/a/b"), there("127.0.0.1:5000", "http://127.0.0.1:5000"));
    }
}
