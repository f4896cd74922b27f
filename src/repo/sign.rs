//! Signatures of commits, made by the program that git would ask: gpg, gpgsm or ssh-keygen.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use git2::Config;
use tempfile::NamedTempFile;

use super::error::RepoError;

/// The signature of a commit's text, where git's configuration (`commit.gpgSign`) wants one. `committer` is `NAME <EMAIL>`,
/// whose key is taken where none is configured.
pub(super) fn sign(config: &Config, text: &[u8], committer: &str) -> Result<Option<String>, RepoError> {
    let wanted = config.get_bool("commit.gpgsign").unwrap_or(false);
    if !wanted {
        return Ok(None);
    }
    let key = config.get_string("user.signingkey").ok().filter(|key| !key.is_empty());
    let format = config.get_string("gpg.format").unwrap_or_else(|_| "openpgp".to_owned());
    let signed = match format.as_str() {
        "openpgp" => {
            let program = first(config, &["gpg.openpgp.program", "gpg.program"]).unwrap_or_else(|| "gpg".to_owned());
            gpg(&program, key.as_deref().unwrap_or(committer), text)
        }
        "x509" => {
            let program = first(config, &["gpg.x509.program"]).unwrap_or_else(|| "gpgsm".to_owned());
            gpg(&program, key.as_deref().unwrap_or(committer), text)
        }
        "ssh" => {
            let program = first(config, &["gpg.ssh.program"]).unwrap_or_else(|| "ssh-keygen".to_owned());
            match key.map_or_else(|| default_key(config), Ok) {
                Ok(key) => ssh(&program, &key, text),
                Err(why) => Err(why),
            }
        }
        other => Err(format!("gpg.format is {other}, and only openpgp, x509 and ssh are known")),
    };
    signed.map(Some).map_err(|why| RepoError::Unsigned { why })
}

fn first(config: &Config, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| config.get_string(name).ok())
}

fn gpg(program: &str, key: &str, text: &[u8]) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(["--status-fd=2", "-bsau", key]);
    let output = fed(&mut command, program, text)?;
    let said = String::from_utf8_lossy(&output.stderr);
    // As git has it: gpg may end well without a signature.
    if !said.lines().any(|line| line.starts_with("[GNUPG:] SIG_CREATED ")) {
        let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("[GNUPG:]")).collect();
        return Err(format!("{program} made no signature: {}", said.join("; ")));
    }
    signature(&output)
}

fn ssh(program: &str, key: &str, text: &[u8]) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(["-Y", "sign", "-n", "git", "-f"]);
    let literal = key.strip_prefix("key::").or_else(|| key.starts_with("ssh-").then_some(key));
    // It lives until the program has ended.
    let mut file = None;
    match literal {
        Some(literal) => {
            let made = NamedTempFile::new().and_then(|mut file| file.write_all(literal.as_bytes()).map(|()| file));
            let made = made.map_err(|error| format!("the key cannot be written down: {error}"))?;
            // The private key is with the agent.
            command.arg(made.path()).arg("-U");
            file = Some(made);
        }
        None => {
            command.arg(expanded(key));
        }
    }
    let output = fed(&mut command, program, text)?;
    drop(file);
    signature(&output)
}

/// The first key that `gpg.ssh.defaultKeyCommand` names.
fn default_key(config: &Config) -> Result<String, String> {
    let Ok(line) = config.get_string("gpg.ssh.defaultkeycommand") else {
        return Err("neither user.signingKey nor gpg.ssh.defaultKeyCommand names a key".to_owned());
    };
    let output = Command::new("sh").arg("-c").arg(&line).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{line} does not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let key = said.lines().find(|key| key.starts_with("ssh-") || key.starts_with("key::"));
    key.map(str::to_owned).ok_or_else(|| format!("{line} names no key"))
}

/// `~/` at the start is the user's home.
fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(path).to_owned(),
    }
}

/// Runs a program with this text as its standard input.
fn fed(command: &mut Command, program: &str, text: &[u8]) -> Result<Output, String> {
    let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = started.map_err(|error| format!("{program} does not start: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // Why it does not listen is told by how it ends.
        let _ = input.write_all(text);
    }
    let output = child.wait_with_output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("[GNUPG:]") && !line.is_empty()).collect();
    Err(format!("{program} ended with {}: {}", output.status, said.join("; ")))
}

fn signature(output: &Output) -> Result<String, String> {
    let text = String::from_utf8(output.stdout.clone()).map_err(|_| "the signature is no text".to_owned())?;
    Ok(text.replace("\r\n", "\n"))
}
