//! A release as files below a folder, each below its template's name.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::folder::reason;
use crate::chart::{Listing, Printed, clean_path};

/// Where they go.
pub(super) struct Files<'f> {
    pub folder: &'f str,
    /// A folder more, for all but the definitions.
    pub release: Option<&'f str>,
    /// Something is no object: then what is told of the objects is their text, and the hooks alone are written.
    pub is_broken: bool,
    /// What is told behind an error of the objects'.
    pub behind: &'f str,
}

impl Files<'_> {
    /// Writes them, and tells each; what is not written is given back.
    pub(super) fn write(&self, listing: &Listing<'_>, out: &mut String) -> Result<String, String> {
        let mut written = BTreeSet::new();
        let below = match self.release {
            Some(release) => clean_path(&format!("{}/{release}", self.folder)),
            None => self.folder.to_owned(),
        };
        if !self.is_broken {
            for printed in &listing.objects {
                let folder = if printed.is_definition { self.folder } else { &below };
                let is_next = !written.insert(printed.template);
                write(folder, printed, is_next, out).map_err(|why| format!("{why}{}", self.behind))?;
            }
        }
        for printed in &listing.hooks {
            // Here Helm looks whether the file is there, whoever wrote it.
            let is_next = Path::new(&below).join(printed.template).exists();
            write(&below, printed, is_next, out)?;
        }
        Ok(if self.is_broken { listing.objects() } else { String::new() })
    }
}

fn write(folder: &str, printed: &Printed<'_>, is_next: bool, out: &mut String) -> Result<(), String> {
    let name = format!("{folder}/{}", printed.template);
    let path = Path::new(&name);
    let wrong = |what: &str, at: &Path, error: &std::io::Error| format!("{what} {}: {}", at.display(), reason(error));
    if let Some(above) = path.parent() {
        if let Err(error) = above.metadata()
            && error.kind() != ErrorKind::NotFound
        {
            return Err(wrong("stat", above, &error));
        }
        fs::create_dir_all(above).map_err(|error| wrong("mkdir", above, &error))?;
    }
    let file = if is_next { OpenOptions::new().append(true).open(path) } else { File::create(path) };
    let mut file = file.map_err(|error| wrong("open", path, &error))?;
    let mut text = String::new();
    printed.print(&mut text);
    file.write_all(text.as_bytes()).map_err(|error| wrong("write", path, &error))?;
    out.push_str(&format!("wrote {name}\n"));
    Ok(())
}
