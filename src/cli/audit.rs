//! `reconcile audit verify FILE`: whether an audit is whole.

use std::fs::File;
use std::io::BufReader;

use serde_json::json;

use super::args::{Audit, AuditCommand, Verify, WhyFormat};
use super::failure::{Exit, Failure};
use super::print::Printer;
use crate::audit::{Broken, Verified, verify};

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
        let text = serde_json::to_string_pretty(&as_json(&found, missing.is_some())).map_err(|e| Failure::of(&e))?;
        printer.answer(&format!("{text}\n"))?;
        return Ok(u8::from(found.is_err() || missing.is_some()));
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

fn as_json(found: &Result<Verified, Broken>, is_missing: bool) -> serde_json::Value {
    match found {
        Ok(found) => json!({
            "whole": !is_missing, "lines": found.lines, "writes": found.writes, "unknown": found.unknown,
            "torn": found.torn, "head": found.head, "broken": null,
        }),
        Err(broken) => json!({"whole": false, "broken": broken}),
    }
}
