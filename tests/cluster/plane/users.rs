//! Who may talk to the API server: tokens made before it starts, handed out one to a test.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::canary::CORE;

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything.
    Admin,
    /// Get, list and watch, as a reviewer's token in CI: no dry run either, since that needs `patch`.
    ReadOnly,
    /// Nothing until the test grants it something.
    Nothing,
}

impl Rights {
    const ALL: [Self; 3] = [Self::Admin, Self::ReadOnly, Self::Nothing];

    /// The group that its users are in; `parts::FIRST_OBJECTS` binds `readers` to a role.
    fn group(self) -> &'static str {
        match self {
            Self::Admin => "system:masters",
            Self::ReadOnly => "readers",
            Self::Nothing => "strangers",
        }
    }

    fn stem(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::ReadOnly => "reader",
            Self::Nothing => "stranger",
        }
    }
}

/// A user with a kubeconfig of its own.
#[derive(Clone, Debug)]
pub struct User {
    /// As RBAC and the audit log know it.
    pub name: String,
    /// The path of its kubeconfig, with one context, `test`.
    pub kubeconfig: PathBuf,
}

/// The tokens that are left.
pub struct Users {
    server: String,
    folder: PathBuf,
    spare: Vec<(Rights, String, String)>,
    rows: String,
}

impl Users {
    /// More than the suite has tests: the API server reads its token file only once.
    const OF_EACH: usize = 300;

    pub fn new(server: &str, folder: &Path) -> Self {
        let mut users =
            Self { server: server.to_owned(), folder: folder.to_owned(), spare: Vec::new(), rows: String::new() };
        for rights in Rights::ALL {
            for number in (0..Self::OF_EACH).rev() {
                let name = format!("{}-{number}", rights.stem());
                let token = users.add(&name, rights.group());
                users.spare.push((rights, name, token));
            }
        }
        users
    }

    /// A further row of the token file, for a part of the control plane.
    pub fn add(&mut self, name: &str, group: &str) -> String {
        // Planted: no run may print it.
        let token = format!("{CORE}-{:032x}", rand::random::<u128>());
        writeln!(self.rows, "{token},{name},{name},\"{group}\"").expect("a String takes any text");
        token
    }

    /// What `--token-auth-file` reads.
    pub fn token_file(&self) -> &str {
        &self.rows
    }

    /// The next user with these rights.
    pub fn take(&mut self, rights: Rights) -> std::io::Result<User> {
        let place = self.spare.iter().rposition(|spare| spare.0 == rights);
        let place = place.ok_or_else(|| std::io::Error::other("no token is left: raise OF_EACH"))?;
        let (_, name, token) = self.spare.remove(place);
        let kubeconfig = self.write_kubeconfig(&name, &token)?;
        Ok(User { name, kubeconfig })
    }

    /// Writes `NAME.kubeconfig`. The certificate is the one that the API server makes for itself when it starts.
    pub fn write_kubeconfig(&self, name: &str, token: &str) -> std::io::Result<PathBuf> {
        let file = self.folder.join(format!("{name}.kubeconfig"));
        let authority = self.folder.join("certs/apiserver.crt");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
             clusters:\n- name: test\n  cluster:\n    server: {}\n    certificate-authority: {}\n\
             users:\n- name: test\n  user:\n    token: {token}\n\
             contexts:\n- name: test\n  context:\n    cluster: test\n    user: test\n",
            self.server,
            authority.display(),
        );
        std::fs::write(&file, text)?;
        Ok(file)
    }
}
