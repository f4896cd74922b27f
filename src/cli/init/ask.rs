//! What a new fleet has to know: from the command line, from whoever sits at the terminal, else by default.

use std::path::Path;

use clap::ValueEnum as _;
use rand::TryRngCore as _;
use rand::rngs::OsRng;

use super::super::args::{Init, WhyFormat};
use super::super::failure::{Exit, Failure};
use super::super::print::{Printer, somebody_is_there};
use crate::fleet::{Diagnostic, slug};
use crate::init::{CHARTS, Chart, Choices, Ci, chart, faults, id};
use crate::repo::{Ground, default_branch};

/// What is chosen.
///
/// # Errors
/// Where an answer is not given, or something that was given cannot be.
pub fn choose(options: &Init, folder: &Path, ground: Option<&Ground>, printer: &Printer) -> Result<Choices, Failure> {
    let branch = branch(options, ground)?;
    let name = options.name.clone().unwrap_or_else(|| name_of(folder));
    let mut random = [0; 6];
    OsRng.try_fill_bytes(&mut random).map_err(|error| Failure::of(&error))?;
    let in_a_folder = ground.is_some_and(|ground| !ground.root.is_empty());
    if in_a_folder && options.ci.is_some_and(|ci| ci != Ci::None) {
        return Err(Failure::new(
            Exit::Usage,
            "a forge looks for its workflows at the top of a repository, and this is a folder in one",
            "leave out --ci, or begin the fleet in a repository of its own",
        ));
    }
    let mut choices = Choices {
        id: options.id.clone().unwrap_or_else(|| id(&name, random)),
        name,
        domain: options.domain.clone().filter(|domain| !domain.is_empty()),
        context: options.context.clone().filter(|context| !context.is_empty()),
        chart: options.chart.as_deref().and_then(chart).unwrap_or(&CHARTS[0]),
        ci: options.ci.unwrap_or_else(|| if in_a_folder { Ci::None } else { forge(ground) }),
        branch,
    };
    refuse(&choices, printer)?;
    if !options.yes && options.format == WhyFormat::Text && somebody_is_there() {
        ask(options, &mut choices, (random, in_a_folder), printer)?;
    }
    Ok(choices)
}

fn branch(options: &Init, ground: Option<&Ground>) -> Result<String, Failure> {
    let Some(ground) = ground else {
        let branch = options.branch.clone().unwrap_or_else(default_branch);
        // git would not take it, and the file would not either.
        return match crate::fleet::check_branch(&branch) {
            Ok(()) if !branch.is_empty() => Ok(branch),
            Ok(()) => Err(Failure::new(Exit::Usage, "--branch is empty", "leave it out")),
            Err(why) => Err(Failure::new(Exit::Usage, format!("--branch: {why}"), "such as main")),
        };
    };
    match &options.branch {
        Some(branch) if *branch != ground.branch => Err(Failure::new(
            Exit::Usage,
            format!("the repository at {} is at branch {}, not {branch}", ground.workdir.display(), ground.branch),
            format!("leave out --branch, or check it out first: git switch {branch}"),
        )),
        _ => Ok(ground.branch.clone()),
    }
}

/// A fleet's name is a DNS label; a folder's often is.
fn name_of(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    if name.is_empty() {
        return "sandboxes".to_owned();
    }
    // These are no names of sandboxes, but may well be a fleet's.
    if crate::fleet::RESERVED.contains(&name.as_str()) { name } else { slug(&name) }
}

/// The forge that a remote's address names.
fn forge(ground: Option<&Ground>) -> Ci {
    match ground.and_then(|ground| ground.origin.as_deref()) {
        Some(origin) if origin.contains("gitlab") => Ci::Gitlab,
        _ => Ci::Github,
    }
}

/// What cannot be is shown as it would stand in the files.
fn refuse(choices: &Choices, printer: &Printer) -> Result<(), Failure> {
    let found = faults(choices);
    if found.is_empty() {
        return Ok(());
    }
    let mut failure = Failure::new(Exit::Usage, "such a fleet could not be read", "nothing was made");
    failure.findings = found.iter().map(|fault| fault.render(printer.colours_errors())).collect();
    Err(failure)
}

/// Asks for what the command line did not say.
fn ask(
    options: &Init,
    choices: &mut Choices,
    (random, in_a_folder): ([u8; 6], bool),
    printer: &Printer,
) -> Result<(), Failure> {
    if options.name.is_none() {
        *choices = answered(printer, "Name of the fleet", &choices.name, |answer| {
            let name = answer.to_owned();
            let id = options.id.clone().unwrap_or_else(|| id(&name, random));
            readable(Choices { name, id, ..choices.clone() })
        })?;
    }
    if options.chart.is_none() {
        for known in &CHARTS {
            printer.note(&format!("  {:<18}{}", known.name, known.about));
        }
        choices.chart = answered(printer, "Chart", choices.chart.name, |answer| {
            chart(answer).ok_or_else(|| format!("there are {}", CHARTS.map(|Chart { name, .. }| name).join(" and ")))
        })?;
    }
    if options.domain.is_none() {
        *choices = answered(printer, "Domain of the sandboxes' addresses, or nothing", "", |answer| {
            let domain = Some(answer.to_owned()).filter(|domain| !domain.is_empty());
            readable(Choices { domain, ..choices.clone() })
        })?;
    }
    if options.ci.is_none() && !in_a_folder {
        let default = choices.ci.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        choices.ci = answered(printer, "CI that runs it: github, gitlab or none", &default, |answer| {
            Ci::from_str(answer, true).map_err(|_| "expected github, gitlab or none".to_owned())
        })?;
    }
    Ok(())
}

fn readable(choices: Choices) -> Result<Choices, String> {
    match faults(&choices).as_slice() {
        [] => Ok(choices),
        [Diagnostic { message, .. }, ..] => Err(message.clone()),
    }
}

/// Asks until the answer can be taken.
fn answered<T>(
    printer: &Printer,
    question: &str,
    default: &str,
    take: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Failure> {
    loop {
        let Some(answer) = printer.question(question, default) else {
            return Err(Failure::new(Exit::Failed, "nothing was made", "--yes takes the defaults"));
        };
        match take(&answer) {
            Ok(value) => return Ok(value),
            Err(why) => printer.error(&why),
        }
    }
}
