//! Whether an audit is whole.

use std::io::{self, BufRead};

use schemars::JsonSchema;
use serde::Serialize;

use super::line::{Line, Outcome, Torn, What};
use crate::manifest::Hash;

/// A whole audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many lines it has.
    pub lines: u64,
    /// How many of them tell of writes.
    pub writes: u64,
    /// Writes of which nobody knows how they ended.
    pub unknown: u64,
    /// The numbers of lines that are cut short, which the line after each says.
    pub torn: Vec<u64>,
    /// The hash of its last line: kept elsewhere, it shows whether lines were taken away.
    pub head: Hash,
    /// Whether the hash that was asked for is that of one of its lines.
    pub has: bool,
}

/// The first line that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Broken {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong.
    pub why: String,
    /// Whether it is the last one, cut short: the next run that writes notes that, and goes on.
    pub is_cut: bool,
}

/// A line that may be one that is cut short.
struct Suspect {
    line: u64,
    why: &'static str,
    torn: Torn,
}

/// Reads an audit from its first line on. `wanted` is a hash that one of its lines has to have.
///
/// # Errors
/// Where it cannot be read.
pub fn verify(mut audit: impl BufRead, wanted: Option<&Hash>) -> io::Result<Result<Verified, Broken>> {
    let mut found = Verified { lines: 0, writes: 0, unknown: 0, torn: Vec::new(), head: Hash::NOTHING, has: false };
    let mut suspect: Option<Suspect> = None;
    let mut raw = Vec::new();
    loop {
        raw.clear();
        if audit.read_until(b'\n', &mut raw)? == 0 {
            break;
        }
        let ends = raw.last() == Some(&b'\n');
        if ends {
            raw.pop();
        }
        found.lines += 1;
        let here = Hash::of(&raw);
        let read = Line::read(&raw).and_then(|line| {
            let is_next = line.prev == found.head;
            is_next.then_some(line).ok_or("the line before it is not the one that it was chained to")
        });
        match (read, suspect.take()) {
            (Ok(line), None) => count(&line, &mut found),
            (Ok(line), Some(before)) => match &line.what {
                What::Torn(torn) if *torn == before.torn => found.torn.push(before.line),
                _ => return Ok(Err(before.broken())),
            },
            (Err(_), Some(before)) => return Ok(Err(before.broken())),
            (Err(_), None) if !ends => {
                let why = "it is cut short: a run was stopped while it wrote it".into();
                return Ok(Err(Broken { line: found.lines, why, is_cut: true }));
            }
            (Err(why), None) => {
                let bytes = u64::try_from(raw.len()).unwrap_or(u64::MAX);
                let torn = Torn { bytes, torn: here, behind: found.head };
                suspect = Some(Suspect { line: found.lines, why, torn });
            }
        }
        found.head = here;
        found.has |= wanted == Some(&here);
    }
    Ok(match suspect {
        Some(suspect) => Err(suspect.broken()),
        None => Ok(found),
    })
}

impl Suspect {
    fn broken(self) -> Broken {
        Broken { line: self.line, why: self.why.into(), is_cut: false }
    }
}

fn count(line: &Line, found: &mut Verified) {
    if let What::Write(write) = &line.what {
        found.writes += 1;
        found.unknown += u64::from(write.said.outcome == Outcome::Unknown);
    }
}
