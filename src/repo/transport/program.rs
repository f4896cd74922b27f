//! git's protocol with a program beside us: how a push reaches a repository on this machine.
//!
//! libgit2 would write there itself, and pass over the hooks that may refuse a push. `git receive-pack` runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream};

use super::ssh::Talk;
use super::{Access, Problem};

/// What git calls the repository that a process is in: not the one that is talked to.
const OF_THIS_ONE: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
];

/// One conversation with one repository.
pub(super) struct Program {
    place: PathBuf,
    access: Arc<Access>,
}

impl Program {
    pub fn new(url: &str, access: Arc<Access>) -> Program {
        let place = Path::new(url.strip_prefix("file://").unwrap_or(url)).to_owned();
        Program { place, access }
    }
}

impl SmartSubtransport for Program {
    fn action(&self, _url: &str, action: Service) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let service = match action {
            Service::UploadPackLs | Service::UploadPack => "upload-pack",
            Service::ReceivePackLs | Service::ReceivePack => "receive-pack",
        };
        let mut command = Command::new("git");
        for name in OF_THIS_ONE {
            command.env_remove(name);
        }
        let started = command
            .arg(service)
            .arg(&self.place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| self.access.fail(Problem::other(format!("git does not start: {error}"))))?;
        Ok(Box::new(Talk::over(started, "git", Arc::clone(&self.access))))
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}
