//! The profile `local`: the sandbox mounts folders of this checkout.

use toml_edit::Value;

use super::super::failure::{Exit, Failure};
use super::desk::State;
use crate::fleet::Assignment;
use crate::release::{Charts, checkout};
use crate::repo::App;

/// The profile's name.
pub(super) const PROFILE: &str = "local";

/// The values of a chart that name folders of this checkout, each with the folder's absolute path. Folders that are not
/// there are left out, but one has to be.
pub(super) fn folders(state: &State, chart: &str) -> Result<Vec<Assignment>, Failure> {
    let without = "leave out --profile local";
    let charts = Charts::load(&state.tree.files, std::iter::once(chart));
    let declared = checkout(&charts, chart)
        .map_err(|fault| Failure::new(Exit::Failed, fault.message, fault.hint).hint(Some("nothing was committed")))?;
    if declared.is_empty() {
        let message = format!("chart {chart} does not say which folders of a checkout it mounts");
        return Err(Failure::new(
            Exit::Failed,
            message,
            "its Chart.yaml does by the annotation reconcile.dev/checkout",
        )
        .hint(Some(without)));
    }
    let top = App::around()?.and_then(|app| app.folder()?.canonicalize().ok());
    let Some(top) = top else {
        let message = "there is no checkout here whose folders could be mounted";
        return Err(Failure::new(Exit::Failed, message, "run this in the checkout").hint(Some(without)));
    };
    let mut all = Vec::new();
    for (key, folder) in &declared {
        let place = top.join(folder);
        if !place.is_dir() {
            continue;
        }
        let Some(path) = place.to_str() else {
            let message = format!("{} is not UTF-8, and cannot be written down", place.display());
            return Err(Failure::new(Exit::Failed, message, "move the checkout"));
        };
        let key = std::iter::once("values").chain(key.split('.')).map(str::to_owned).collect();
        all.push(Assignment { key, value: Some(Value::from(path)) });
    }
    if all.is_empty() {
        let folders: Vec<&str> = declared.values().map(String::as_str).collect();
        let message =
            format!("{} has none of the folders that chart {chart} mounts: {}", top.display(), folders.join(", "));
        return Err(Failure::new(Exit::Failed, message, "run this in the checkout of the app").hint(Some(without)));
    }
    Ok(all)
}
