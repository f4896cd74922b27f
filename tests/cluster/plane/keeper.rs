//! Processes that cannot outlive the test process: see `keeper.sh`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

/// The pipe to a `keeper.sh`; dropping it stops all that was started.
pub struct Keeper {
    folder: PathBuf,
    pipe: ChildStdin,
}

impl Keeper {
    /// A keeper over an existing folder, which it removes at the end.
    pub fn start(folder: &Path) -> std::io::Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/plane/keeper.sh");
        let mut child = Command::new("sh")
            .arg(script)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Of its own, so that a Ctrl-C on the terminal reaches the tests alone and the keeper can still tidy up.
            .process_group(0)
            .spawn()?;
        let pipe = child.stdin.take().expect("the pipe was asked for above");
        Ok(Self { folder: folder.to_owned(), pipe })
    }

    /// Starts a program as the part `name`.
    pub fn run(&mut self, name: &str, program: &Path, flags: &[String]) -> std::io::Result<()> {
        let mut script = format!("exec {}", quoted(&program.display().to_string()));
        for flag in flags {
            script.push_str(" \\\n  ");
            script.push_str(&quoted(flag));
        }
        script.push('\n');
        fs::write(self.folder.join(format!("{name}.run")), script)?;
        writeln!(self.pipe, "{name}")?;
        self.pipe.flush()
    }

    /// The first part that has ended, with the end of its log.
    pub fn ended(&self) -> Option<String> {
        let entries = fs::read_dir(&self.folder).ok()?;
        let exit = entries
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == "exit"))?;
        let status = fs::read_to_string(&exit).unwrap_or_default();
        Some(format!(
            "{} ended with {}: {}",
            exit.file_stem().unwrap_or_default().display(),
            status.trim(),
            self.log_tail(&exit.with_extension("log"))
        ))
    }

    /// The ends of all logs, for the message of a boot that did not come up.
    pub fn logs(&self) -> String {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return String::new();
        };
        let mut all = String::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == "log") {
                let _ = writeln!(all, "--- {}\n{}", path.display(), self.log_tail(&path));
            }
        }
        all
    }

    fn log_tail(&self, log: &Path) -> String {
        let text = fs::read_to_string(self.folder.join(log)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

/// A loopback port that was free a moment ago. Another process may still take it: booting tries again.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
