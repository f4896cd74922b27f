//! What a release is called.

use std::sync::LazyLock;

use regex::Regex;

use super::super::args::Template;
use crate::chart::outside::World;
use crate::chart::template::{Session, Value, render_text_as_go};

/// What Helm calls a release that nobody named.
const UNNAMED: &str = "release-name";

/// The name and the chart that a command line gives.
pub(super) fn name_and_chart(options: &Template, world: &World) -> Result<(String, String), String> {
    let named = &options.named;
    match options.name_and_chart.as_slice() {
        [chart] => match named.name_template.as_deref().filter(|template| !template.is_empty()) {
            None => Ok((UNNAMED.to_owned(), chart.clone())),
            Some(template) => {
                let mut session = Session::in_world(world.clone());
                let name = render_text_as_go(template, "name-template", &Value::Absent, &mut session);
                Ok((name.map_err(|error| error.without_marks())?, chart.clone()))
            }
        },
        [_, _] if named.generate_name => Err("cannot set --generate-name and also specify a name".to_owned()),
        [_, _] if named.name_template.as_ref().is_some_and(|template| !template.is_empty()) => {
            Err("cannot set --name-template and also specify a name".to_owned())
        }
        [name, chart] => Ok((name.clone(), chart.clone())),
        [_, _, more @ ..] => Err(format!("expected at most two arguments, unexpected arguments: {}", more.join(", "))),
        [] => Err("a chart is wanted".to_owned()),
    }
}

/// The pattern of a release's name.
const NAME: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// Whether a release may be called so.
pub(super) fn check(name: &str) -> Result<(), String> {
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
