//! `reconcile template`: a chart as `helm template` prints it.

mod files;
mod folder;
mod name;
mod post;
mod refused;
mod values;
mod world;

use std::path::Path;
use std::sync::Arc;

use files::Files;
use post::PostRenderer;

use super::args::Template;
use super::failure::Failure;
use super::print::Printer;
use crate::chart::outside::World;
use crate::chart::{
    AFTER_A_RENDER, Capabilities, Chart, Listing, Manner, Parts, ReleaseInfo, RenderInput, dependencies,
};

/// Prints it.
///
/// # Errors
/// Where standard output cannot be written. What is wrong with the chart is said as Helm says it.
pub fn template(options: &Template, repository: Option<&str>, printer: &Printer) -> Result<u8, Failure> {
    let mut out = String::new();
    let told = rendered(options, repository, &mut out, printer);
    printer.answer(&out)?;
    match told {
        Ok(()) => Ok(0),
        Err(message) => {
            printer.helms_error(&message);
            Ok(1)
        }
    }
}

/// Writes what is printed, and tells what Helm would say is wrong: in its order, for of several faults it tells the first.
fn rendered(options: &Template, repository: Option<&str>, out: &mut String, printer: &Printer) -> Result<(), String> {
    let shown = &options.shown;
    let post = PostRenderer::find(&options.written)?;
    let capabilities = Capabilities::of(shown.kube_version.as_deref(), &shown.api_versions)?;
    let world = World(Some(Arc::new(world::Here::new())));
    let (name, place) = name::name_and_chart(options, &world)?;
    refused::check(&options.beside)?;
    let place = located(&place, repository.filter(|repository| repository.contains("://")))?;
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
        if options.beside.dependency_update {
            let place = place.display();
            printer.plain(&format!("--dependency-update fetches nothing here: helm dependency update {place}"));
        }
    })?;
    refused::check_dry_run(&options.beside)?;
    name::check(&name)?;
    let namespace = if options.namespace.is_empty() { "default" } else { &options.namespace };
    let release = ReleaseInfo { is_install: !shown.is_upgrade, ..ReleaseInfo::install(&name, namespace) };
    let input = RenderInput { release: &release, values: &values, capabilities: &capabilities };
    let manner = Manner { world, skip_schema: shown.skip_schema_validation, traced: false };
    let debug = options.written.debug;
    let mut warn = |warning: &String| printer.plain(&format!("warning: {warning}"));
    let texts = chart.texts_in(&input, &manner).map_err(|error| {
        // What is odd about the values may be why.
        chart.warnings(&values).iter().for_each(&mut warn);
        let message = error.in_helm();
        match message.strip_suffix(AFTER_A_RENDER) {
            // There is a release by then, without a text.
            Some(bare) if debug => {
                out.push('\n');
                bare.to_owned()
            }
            _ => message,
        }
    })?;
    texts.warnings().iter().for_each(warn);
    let parts = Parts { crds: shown.include_crds, no_hooks: shown.no_hooks, no_tests: shown.skip_tests };
    let (listing, broken) = match texts.listing(&parts) {
        Ok(listing) => (listing, None),
        Err(error) if debug => (texts.broken(&parts), Some(error.to_string())),
        Err(error) => return Err(format!("{error}{AFTER_A_RENDER}")),
    };
    for note in &listing.notes {
        printer.plain(&format!("info: {note}"));
    }
    let folder = options.written.output_dir.as_ref().filter(|folder| !folder.is_empty());
    let files = folder.map(|folder| Files {
        folder,
        release: options.written.release_name.then_some(name.as_str()),
        is_broken: broken.is_some(),
        behind: if debug { "" } else { AFTER_A_RENDER },
    });
    let text = match &files {
        None => {
            let objects = listing.objects();
            let objects = match post.as_ref().filter(|_| broken.is_none()) {
                None => objects,
                Some(post) => {
                    post.run(&objects).map_err(|why| if debug { why } else { format!("{why}{AFTER_A_RENDER}") })?
                }
            };
            listing.text(&objects, &shown.show_only)
        }
        Some(files) => {
            let objects = files.write(&listing, out)?;
            Listing::default().text(&objects, &shown.show_only)
        }
    };
    out.push_str(&text.map_err(|error| error.to_string())?);
    broken.map_or(Ok(()), Err)
}

/// Where a chart is. Helm would look for it elsewhere too; here nothing is fetched.
fn located(named: &str, repository: Option<&str>) -> Result<std::path::PathBuf, String> {
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
    if let Some(repository) = repository {
        let why = "charts are not fetched";
        return Err(format!(
            "chart {named} of {repository}: {why}: helm pull {named} --repo {repository} --untar, then name the folder"
        ));
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
