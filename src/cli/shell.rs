//! `reconcile completions` and `reconcile man`: what is made of the command line's types.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, roman};

use super::args::{Args, Completions, Man};
use super::complete;
use super::failure::Failure;
use super::print::Printer;

/// Prints a shell's completions.
///
/// # Errors
/// Where standard output cannot be written.
pub fn completions(options: Completions, printer: &Printer) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Args::command(), "reconcile", &mut script);
    let script = complete::with_names(options.shell, String::from_utf8_lossy(&script).into_owned());
    printer.answer(&script)?;
    Ok(0)
}

/// Prints the program's page, or writes one for each command.
///
/// # Errors
/// Where a page cannot be written.
pub fn man(options: &Man, printer: &Printer) -> Result<u8, Failure> {
    let mut whole = Args::command();
    whole.build();
    let Some(folder) = &options.dir else {
        let page = page(&whole).map_err(|error| Failure::of(&error))?;
        printer.answer(&String::from_utf8_lossy(&page))?;
        return Ok(0);
    };
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    for command in with_all_below(&whole) {
        let file = folder.join(format!("{}.1", name(command)));
        let page = page(command).map_err(|error| Failure::of(&error))?;
        fs::write(&file, page).map_err(|error| unwritable(&file, &error))?;
    }
    Ok(0)
}

/// A command, and all below it that are shown.
fn with_all_below(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|command| !command.is_hide_set()).flat_map(with_all_below);
    std::iter::once(command).chain(below).collect()
}

/// `reconcile-audit-verify`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let source = concat!("reconcile ", env!("CARGO_PKG_VERSION"));
    let man = Page::new(command.clone()).manual("reconcile").source(source);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|command| !command.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(text) = command.get_after_help() {
        examples(&text.to_string()).to_writer(&mut page)?;
    }
    Ok(page)
}

/// What stands below the help, line for line: as running text it could not be read.
fn examples(text: &str) -> Roff {
    let mut roff = Roff::new();
    let lines = match text.strip_prefix("Examples:\n") {
        Some(rest) => {
            roff.control("SH", ["EXAMPLES"]);
            rest
        }
        None => {
            roff.control("SH", ["NOTES"]);
            text
        }
    };
    roff.control("nf", []);
    for line in lines.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::of(error);
    Failure { message: format!("{} cannot be written: {}", path.display(), failure.message), ..failure }
}
