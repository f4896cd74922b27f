//! git's protocol through the program `ssh`, as git itself runs it.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use git2::Config;
use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream};

use super::super::address::SshAddress;
use super::{Access, Problem};

/// How much of what a program says is kept for an error, in bytes.
const SAID: u64 = 4096;

/// One conversation with one repository.
pub(super) struct Ssh {
    address: SshAddress,
    access: Arc<Access>,
}

impl Ssh {
    pub fn new(address: SshAddress, access: Arc<Access>) -> Ssh {
        Ssh { address, access }
    }

    fn command(&self, service: &str) -> Command {
        let env = &self.access.env;
        let configured = || Config::open_default().ok().and_then(|config| config.get_string("core.sshCommand").ok());
        let shell = env.ssh_command.clone().or_else(|| env.ssh_program.is_none().then(configured).flatten());
        let mut command = match (shell, &env.ssh_program) {
            (Some(line), _) => {
                let mut shell = Command::new("sh");
                shell.arg("-c").arg(format!("{line} \"$@\"")).arg(line);
                shell
            }
            (None, Some(program)) => Command::new(program),
            (None, None) => {
                let mut ssh = Command::new("ssh");
                if !env.terminal {
                    // Nobody could answer a question.
                    ssh.args(["-o", "BatchMode=yes"]);
                }
                ssh
            }
        };
        if let Some(port) = self.address.port {
            command.arg("-p").arg(port.to_string());
        }
        let target = match &self.address.user {
            Some(user) => format!("{user}@{}", self.address.host),
            None => self.address.host.clone(),
        };
        command.arg(target).arg(format!("{service} {}", quoted(&self.address.path)));
        command
    }
}

/// A word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

impl SmartSubtransport for Ssh {
    fn action(&self, _url: &str, action: Service) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let service = match action {
            Service::UploadPackLs | Service::UploadPack => "git-upload-pack",
            Service::ReceivePackLs | Service::ReceivePack => "git-receive-pack",
        };
        let started = self
            .command(service)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| self.access.fail(Problem::other(format!("ssh does not start: {error}"))))?;
        Ok(Box::new(Talk::over(started, "ssh", Arc::clone(&self.access))))
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

/// A running program at the other end of git's protocol.
pub(super) struct Talk {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    said: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
    access: Arc<Access>,
}

impl Talk {
    pub(super) fn over(mut child: Child, name: &'static str, access: Arc<Access>) -> Talk {
        let said = Arc::new(Mutex::new(Vec::new()));
        let listener = child.stderr.take().map(|mut stderr| {
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                let mut first = Vec::new();
                let _ = stderr.by_ref().take(SAID).read_to_end(&mut first);
                *said.lock().unwrap_or_else(PoisonError::into_inner) = first;
                // The rest is read away, so that it does not wait for us.
                let _ = io::copy(&mut stderr, &mut io::sink());
            })
        });
        Talk { name, input: child.stdin.take(), output: child.stdout.take(), child, said, listener, access }
    }

    /// The conversation broke off: what the program said of it.
    fn broken(&mut self, why: &str) -> io::Error {
        drop(self.input.take());
        drop(self.output.take());
        let status = self.child.wait();
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let why = match (lines.is_empty(), status) {
            (false, _) => lines.join("; "),
            (true, Ok(status)) if !status.success() => format!("{} ended with {status}", self.name),
            _ => why.to_owned(),
        };
        self.access.fail_io(Problem::other(why))
    }
}

impl Read for Talk {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.output {
            Some(output) => output.read(out),
            None => Ok(0),
        };
        match read {
            Ok(0) if !out.is_empty() => Err(self.broken("the other side hung up")),
            Ok(count) => Ok(count),
            Err(error) => Err(self.broken(&error.to_string())),
        }
    }
}

impl Write for Talk {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = match &mut self.input {
            Some(input) => input.write(data),
            None => return Err(self.broken("the other side hung up")),
        };
        written.map_err(|error| self.broken(&error.to_string()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.output.take());
        // It ends by itself once nobody listens; one that does not is ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}
