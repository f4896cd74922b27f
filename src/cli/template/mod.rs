//! `reconcile template`: a chart as `helm template` prints it.

mod folder;
mod values;
mod world;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::args::Template;
use super::failure::Failure;
use super::print::Printer;
use crate::chart::outside::World;
use crate::chart::{AFTER_A_RENDER, Capabilities, Chart, Manner, Parts, ReleaseInfo, RenderInput, dependencies};

/// What Helm calls a release that nobody named.
const UNNAMED: &str = "release-name";

/// Prints it.
///
/// # Errors
/// Where standard output cannot be written. What is wrong with the chart is said as Helm says it.
pub fn template(options: &Template, printer: &Printer) -> Result<u8, Failure> {
    match rendered(options, printer) {
        Ok(text) => {
            printer.answer(&text)?;
            Ok(0)
        }
        Err(message) => {
            printer.helms_error(&message);
            Ok(1)
        }
    }
}

/// What is printed, or what Helm would say is wrong: in its order, for of several faults it tells the first.
fn rendered(options: &Template, printer: &Printer) -> Result<String, String> {
    let shown = &options.shown;
    let capabilities = Capabilities::of(shown.kube_version.as_deref(), &shown.api_versions)?;
    let (name, place) = match options.name_and_chart.as_slice() {
        [chart] => (UNNAMED, chart),
        [name, chart] => (name.as_str(), chart),
        [_, _, more @ ..] => {
            return Err(format!("expected at most two arguments, unexpected arguments: {}", more.join(", ")));
        }
        [] => return Err("a chart is wanted".to_owned()),
    };
    let place = located(place)?;
    let values = values::merged(&options.values)?;
    let chart = load(&place)?;
    chart.installable().map_err(|error| error.in_helm())?;
    if chart.metadata().deprecated {
        printer.plain("WARNING: This chart is deprecated");
    }
    chart.complete().map_err(|error| error.in_helm()).inspect_err(|_| {
        let read = |folder: &str| std::fs::read(Path::new(folder).join("Chart.yaml")).ok();
        if let Some(circle) = dependencies::circle(&place.to_string_lossy(), &read) {
            let circle = circle.join(", which needs ");
            printer.plain(&format!("WARNING: the dependencies have no end: {circle}"));
        }
    })?;
    check_name(name)?;
    let release = ReleaseInfo { is_install: !shown.is_upgrade, ..ReleaseInfo::install(name, &options.namespace) };
    let input = RenderInput { release: &release, values: &values, capabilities: &capabilities };
    let manner =
        Manner { world: World(Some(Arc::new(world::Here))), skip_schema: shown.skip_schema_validation, traced: false };
    let texts = chart.texts_in(&input, &manner).map_err(|error| error.in_helm())?;
    for warning in texts.warnings() {
        printer.plain(&format!("warning: {warning}"));
    }
    let parts = Parts {
        crds: shown.include_crds,
        no_hooks: shown.no_hooks,
        no_tests: shown.skip_tests,
        only: shown.show_only.clone(),
    };
    let listing = texts.listing(&parts).map_err(|error| match error {
        crate::chart::ListingError::Yaml { .. } => format!("{error}{AFTER_A_RENDER}"),
        crate::chart::ListingError::NoTemplate(_) => error.to_string(),
    })?;
    for note in &listing.notes {
        printer.plain(&format!("info: {note}"));
    }
    Ok(listing.text)
}

/// Where a chart is. Helm would look for it elsewhere too; here nothing is fetched.
fn located(named: &str) -> Result<std::path::PathBuf, String> {
    let named = named.trim();
    let path = Path::new(named);
    if path.exists() {
        return std::path::absolute(path).map_err(|error| error.to_string());
    }
    if path.is_absolute() || named.starts_with('.') {
        return Err(format!("path {} not found", crate::chart::quoted(named)));
    }
    if named.contains("://") {
        let why = "is not on this machine, and charts are not fetched";
        return Err(format!("{named} {why}: helm pull {named}, then name the file"));
    }
    Err(match named.split_once('/') {
        Some((repository, _)) => format!("repo {repository} not found"),
        None => format!("non-absolute URLs should be in form of repo_name/path_to_chart, got: {named}"),
    })
}

/// Loads a folder or an archive.
fn load(path: &Path) -> Result<Chart, String> {
    if path.is_dir() {
        let files = folder::files(path)?;
        return Chart::load(&files).map_err(|error| error.to_string());
    }
    let bytes = folder::archive(path)?;
    Chart::load_archive(&bytes).map_err(|error| match error.to_string() {
        header if header == "gzip: invalid header" => {
            format!("file '{}' does not appear to be a valid chart file (details: {header})", path.display())
        }
        other => other,
    })
}

/// The pattern of a release's name.
const NAME: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

fn check_name(name: &str) -> Result<(), String> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
        Regex::new(NAME).unwrap()
    });
    let quoted = crate::chart::quoted(name);
    if name.is_empty() {
        return Err(format!("release name {quoted}: no name provided"));
    }
    if name.len() > 53 || !PATTERN.is_match(name) {
        return Err(format!(
            "release name {quoted}: invalid release name, must match regex {NAME} and the length must not be longer than 53"
        ));
    }
    Ok(())
}
