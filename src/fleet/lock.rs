//! `lock.toml`: which digest each sandbox's tag stood for when `reconcile update` looked, and where its branch was.
//!
//! What is locked is what runs: a tag that is moved changes nothing until the lock is, which is a commit. An entry is for
//! one image as it is written; where the sandbox names another by now, it says nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::Spanned;
use toml::de::DeTable;

use super::diagnostic::{Diagnostic, Invalid};
use super::image::Image;
use super::read::{self, Node, Reader, Section};

/// The file, below the fleet's root.
pub const LOCK_FILE: &str = "sandboxes/lock.toml";

const HEADER: &str = "\
# Which digest each tag stood for when `reconcile update` looked. It writes this file; what is here is what runs.
";

/// What is locked, by the sandboxes' names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock(pub BTreeMap<String, Locked>);

/// What is locked of one sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The image, as the sandbox's file or the fleet's names it.
    pub image: Image,
    /// The digest that it stood for.
    pub digest: String,
    /// The newest commit of the sandbox's branch then, where it was known.
    pub commit: Option<String>,
}

impl Lock {
    /// Reads the file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(text: &str) -> Result<Lock, Vec<Diagnostic>> {
        let (mut reader, tree) = Reader::open(LOCK_FILE, text);
        let lock = all(&mut reader, &tree);
        let found = reader.finish();
        if found.is_empty() { Ok(lock) } else { Err(found) }
    }

    /// The digest of a sandbox's image, where that one is locked.
    pub fn digest(&self, sandbox: &str, image: &Image) -> Option<&str> {
        let locked = self.0.get(sandbox)?;
        (locked.image == *image).then_some(locked.digest.as_str())
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let mut out = String::from(HEADER);
        for (name, locked) in &self.0 {
            // Writing to a String cannot fail.
            let _ = write!(out, "\n[{name}]\nimage = \"{}\"\ndigest = \"{}\"\n", locked.image, locked.digest);
            if let Some(commit) = &locked.commit {
                let _ = writeln!(out, "commit = \"{commit}\"");
            }
        }
        out
    }
}

fn all(reader: &mut Reader<'_>, tree: &Spanned<DeTable<'_>>) -> Lock {
    let mut lock = Lock::default();
    for (name, node) in tree.get_ref() {
        let name: &str = name.get_ref();
        if let Some(locked) = one(reader, node) {
            lock.0.insert(name.to_owned(), locked);
        }
    }
    lock
}

fn one(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Locked> {
    let mut section = Section::of(reader, node, "a sandbox")?;
    let image: Option<Image> = section.required(reader, "image", "\"app:main\"", read::parsed);
    let digest = section.required(reader, "digest", "\"sha256:…\"", |r, n| read::checked(r, n, digest));
    let commit = section.optional(reader, "commit", |r, n| read::checked(r, n, commit));
    section.finish(reader, &[]);
    Some(Locked { image: image?, digest: digest?, commit })
}

fn digest(text: &str) -> Result<String, Invalid> {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Ok(text.to_owned());
    }
    Err(Invalid::new(format!("`{text}` is no digest")).hint("reconcile update writes it anew"))
}

fn commit(text: &str) -> Result<String, Invalid> {
    if (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(text.to_owned());
    }
    Err(Invalid::new(format!("`{text}` is no commit")).hint("reconcile update writes it anew"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(image: &str, commit: Option<&str>) -> Locked {
        let digest = format!("sha256:{}", "a1".repeat(32));
        Locked { image: image.parse().unwrap(), digest, commit: commit.map(str::to_owned) }
    }

    #[test]
    fn what_is_written_is_read() {
        let lock = Lock(BTreeMap::from([
            ("one".to_owned(), locked("r.example.com/app:main", Some("0123456789abcdef0123456789abcdef01234567"))),
            ("two".to_owned(), locked("odoo:18.0", None)),
        ]));
        assert_eq!(Lock::read(&lock.text()).unwrap(), lock);
        assert_eq!(Lock::read("").unwrap(), Lock::default());
        let digest = format!("sha256:{}", "a1".repeat(32));
        assert_eq!(lock.digest("two", &"odoo:18.0".parse().unwrap()), Some(digest.as_str()));
        assert_eq!(lock.digest("two", &"odoo:19.0".parse().unwrap()), None);
        assert_eq!(lock.digest("three", &"odoo:18.0".parse().unwrap()), None);
    }

    #[test]
    fn what_is_wrong_is_found_at_its_place() {
        let text = "one = 1\n[two]\nimage = \"a b\"\ndigest = \"sha256:1\"\nmore = 1\n[three]\ncommit = \"x\"\n";
        let found = Lock::read(text).unwrap_err();
        let lines: Vec<usize> = found.iter().filter_map(|found| found.at.as_ref().map(|at| at.line)).collect();
        assert_eq!(lines, [1, 3, 4, 5, 6, 6, 7], "{found:#?}");
    }
}
