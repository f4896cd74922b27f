//! `reconcile audit verify FILE`: whether an audit is whole.

use std::fs::File;
use std::io::BufReader;

use super::args::{Audit, AuditCommand, Verify, WhyFormat};
use super::failure::{Exit, Failure};
use super::print::Printer;
use crate::audit::{Broken, Verified, verify};
use crate::report::answers;
use crate::report::changes::Verification;

/// What is asked of an audit.
///
/// # Errors
/// Where it cannot be read.
pub fn audit(options: &Audit, printer: &Printer) -> Result<u8, Failure> {
    match &options.command {
        AuditCommand::Verify(options) => verify_file(options, printer),
    }
}

fn verify_file(options: &Verify, printer: &Printer) -> Result<u8, Failure> {
    let name = options.file.display();
    let cannot = |error: std::io::Error| {
        let message = format!("{name} cannot be read: {error}");
        Failure { message, ..Failure::of(&error) }
    };
    let file = File::open(&options.file).map_err(cannot)?;
    // Nobody adds to it meanwhile, so that no line is seen half; a copy may lie where there are no locks.
    let _ = file.lock_shared();
    let found = verify(BufReader::new(file), options.head.as_ref()).map_err(cannot)?;
    let missing = options.head.filter(|_| found.as_ref().is_ok_and(|found| !found.has));
    if options.format == WhyFormat::Json {
        let verification = verification(found, missing.is_some());
        printer.answer(&answers::text(&verification))?;
        return Ok(u8::from(!verification.whole));
    }
    match (found, missing) {
        (Err(Broken { line, why, is_cut }), _) => {
            let hint = if is_cut {
                "the lines before it are whole; the next run that writes notes it, and goes on behind it"
            } else {
                "the lines before it are whole; what stands from it on cannot be relied on"
            };
            Err(Failure::new(Exit::Failed, format!("{name}:{line}: {why}"), hint))
        }
        (Ok(found), Some(head)) => {
            let message = format!("{name}: no line has the hash {head}: lines were taken away from its end");
            Err(Failure::new(
                Exit::Failed,
                message,
                format!("its last line is line {} now, with {}", found.lines, found.head),
            ))
        }
        (Ok(found), None) => {
            printer.answer(&whole(&found))?;
            Ok(0)
        }
    }
}

fn whole(found: &Verified) -> String {
    let counted = |count: u64, noun: &str| if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") };
    let mut text = format!("whole: {}, {}\n", counted(found.lines, "line"), counted(found.writes, "write"));
    if found.unknown > 0 {
        text.push_str(&format!("unknown is how {} ended\n", counted(found.unknown, "write")));
    }
    for line in &found.torn {
        text.push_str(&format!("line {line} is cut short, and the next one says so: a run was stopped there\n"));
    }
    text.push_str(&format!("sha256 of the last line: {}\n", found.head));
    text
}

fn verification(found: Result<Verified, Broken>, is_missing: bool) -> Verification {
    let version = answers::version();
    let (found, broken) = found.map_or_else(|broken| (None, Some(broken)), |found| (Some(found), None));
    Verification {
        version,
        whole: found.is_some() && !is_missing,
        lines: found.as_ref().map(|found| found.lines),
        writes: found.as_ref().map(|found| found.writes),
        unknown: found.as_ref().map(|found| found.unknown),
        head: found.as_ref().map(|found| found.head.to_string()),
        torn: found.map(|found| found.torn),
        broken,
    }
}
