//! `reconcile open NAME`: where a sandbox answers.

use std::io::{self, IsTerminal as _};
use std::process::{Command, Stdio};

use super::args::{Args, Open};
use super::desired::Desired;
use super::failure::{Exit, Failure};
use super::place;
use super::print::Printer;

/// Prints its address; on a terminal a browser is opened there too.
///
/// # Errors
/// Where there is no such sandbox, or it has no address.
pub fn open(args: &Args, options: &Open, printer: &Printer) -> Result<u8, Failure> {
    let desired = Desired::of_branch(&args.source, printer)?;
    let name = &place::name(&desired.fleet, options.name.as_deref())?;
    desired.named(std::slice::from_ref(name))?;
    let Some(sandbox) = desired.fleet.sandboxes.get(name) else {
        let hint = format!("reconcile why {name} shows what is wrong with it");
        return Err(Failure::new(Exit::Failed, format!("the file of {name} cannot be read"), hint));
    };
    let Some(url) = &sandbox.url else {
        let message = format!("{name} has no host: the fleet has no domain");
        return Err(Failure::new(Exit::Failed, message, format!("reach it by: reconcile port-forward {name}")));
    };
    printer.answer(&format!("{url}\n"))?;
    // Only what begins so is for a browser: a fleet's template may make anything of it.
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !options.print && io::stdout().is_terminal() && is_web && !browse(url) {
        printer.note("no browser could be started; set BROWSER to one");
    }
    Ok(0)
}

/// Starts a browser; whether one was found.
fn browse(url: &str) -> bool {
    let own = std::env::var("BROWSER").ok().filter(|browser| !browser.is_empty());
    let known: &[&str] = if cfg!(target_os = "macos") { &["open"] } else { &["xdg-open", "open"] };
    let candidates = own.iter().flat_map(|list| list.split(':')).chain(known.iter().copied().filter(|_| own.is_none()));
    let start = |line: &str| {
        let mut words = line.split_whitespace();
        let Some(program) = words.next() else { return false };
        let mut arguments: Vec<String> = words.map(|word| word.replace("%s", url)).collect();
        if !arguments.iter().any(|argument| argument.contains(url)) {
            arguments.push(url.to_owned());
        }
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().is_ok()
    };
    candidates.into_iter().any(start)
}
