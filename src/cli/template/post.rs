//! A program that changes the objects before they are printed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::args::TemplateWritten;

/// The program.
pub(super) struct PostRenderer {
    program: PathBuf,
    args: Vec<String>,
}

impl PostRenderer {
    /// The one that a command line names.
    pub(super) fn find(options: &TemplateWritten) -> Result<Option<Self>, String> {
        let Some(named) = options.post_renderer.as_deref().filter(|named| !named.is_empty()) else { return Ok(None) };
        let refused = |why: String| {
            let flag = "invalid argument";
            format!(
                "{flag} {} for \"--post-renderer\" flag: unable to find binary at {named}: {why}",
                crate::chart::quoted(named)
            )
        };
        let found = if named.contains('/') {
            is_program(Path::new(named)).map_err(|why| {
                let why = format!("exec: {}: {why}", crate::chart::quoted(named));
                refused(why)
            })?;
            PathBuf::from(named)
        } else {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let mut places = std::env::split_paths(&path).map(|folder| folder.join(named));
            places.find(|place| is_program(place).is_ok()).ok_or_else(|| {
                let quoted = crate::chart::quoted(named);
                refused(format!("exec: {quoted}: executable file not found in $PATH"))
            })?
        };
        let program = std::path::absolute(found).map_err(|error| error.to_string())?;
        Ok(Some(Self { program, args: options.post_renderer_args.clone() }))
    }

    /// What it makes of the objects.
    pub(super) fn run(&self, objects: &str) -> Result<String, String> {
        let shown = self.program.display();
        let wrong = |why: &str, told: &[u8]| {
            let told = String::from_utf8_lossy(told);
            format!(
                "error while running post render on files: error while running command {shown}. error output:\n{told}: {why}"
            )
        };
        let mut command = Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| wrong(&super::folder::reason(&error), b""))?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || {
                // One that ends before it has read all of it wants no more.
                stdin.map(|mut stdin| stdin.write_all(objects.as_bytes()))
            });
            child.wait_with_output()
        });
        let output = output.map_err(|error| wrong(&super::folder::reason(&error), b""))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let why = match output.status.code() {
            Some(code) => format!("exit status {code}"),
            None => output.status.to_string(),
        };
        Err(wrong(&why, &output.stderr))
    }
}

fn is_program(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let shown = path.display();
    match path.metadata() {
        Err(error) => Err(format!("stat {shown}: {}", super::folder::reason(&error))),
        Ok(found) if found.is_dir() => Err("is a directory".to_owned()),
        Ok(found) if found.permissions().mode() & 0o111 == 0 => Err("permission denied".to_owned()),
        Ok(_) => Ok(()),
    }
}
