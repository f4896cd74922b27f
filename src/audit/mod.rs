//! The audit: a file with a line for each write to the cluster, each line chained to the one before it by sha256.
//!
//! A write is noted twice. Before it is sent, in a file of this run's beside the audit (`FILE.RUN.pending`), so that none
//! is forgotten by a run that is killed; when its answer is there, as a line of the audit. What a killed run left in
//! its file the next run adds to the audit, as a write of which nobody knows how it ended. Both files are on the disk
//! (fsync) before anybody goes on, and where that cannot be done, no write is sent.

mod chain;
mod file;
mod line;
mod log;
mod pending;
mod verify;

pub use line::{Draft, Line, Object, Outcome, Said, Torn, What, Who, Write, cut, schema};
pub use log::{Log, Ticket, Unwritten};
pub use verify::{Broken, Verified, verify};
