//! libgit2's settings for the whole process: the one place where this crate is unsafe.
//!
//! They are functions of a C library's global state, unsynchronised, which git2 marks unsafe for that reason alone. Here they
//! are called once, behind a lock, before this process does anything else with libgit2.
#![allow(unsafe_code)]

use std::sync::OnceLock;

use git2::opts;

use super::transport;

/// How much of a pack is mapped at a time, and at most in all, in bytes: a large pack stays out of memory.
const WINDOW: usize = 1024 * 1024;
const MAPPED: usize = 24 * 1024 * 1024;

/// Prepares libgit2; every entry to this module comes through here. What failed is told each time.
pub(super) fn prepare() -> Result<(), git2::Error> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    let done = DONE.get_or_init(|| set().map_err(|error| error.message().to_owned()));
    done.clone().map_err(|why| git2::Error::from_str(&why))
}

fn set() -> Result<(), git2::Error> {
    // Every object is read once; a cache of them would only cost memory.
    opts::enable_caching(false);
    // What came by a fetch was hashed then. A walk over a long history has no time to hash it all again, and neither has
    // git's; zlib's checksum guards against a bad disk.
    opts::strict_hash_verification(false);
    // SAFETY: these write global settings of libgit2 without synchronisation. `prepare` lets one thread in, once, and
    // nothing in this crate calls libgit2 before it.
    unsafe {
        opts::set_mwindow_size(WINDOW)?;
        opts::set_mwindow_mapped_limit(MAPPED)?;
        // A partial clone can be read as long as nothing is asked for that it lacks.
        opts::set_extensions(&["partialclone"])?;
        git2::transport::register(transport::SCHEME, transport::open)?;
    }
    Ok(())
}
