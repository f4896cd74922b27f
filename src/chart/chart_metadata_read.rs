//! Reading Chart.yaml as Go's JSON does: keys in any case, unknown ones passed over, and Go's words for what does not fit.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{
    chart_metadata::{Dependency, Maintainer, Metadata},
    json_type::Misfit,
    template::{go_quote, is_print},
};

/// Reads what YAML gave over what was read before: a key that is there replaces it.
pub(super) fn read(value: &Value, into: &mut Metadata) -> Result<(), String> {
    let mut misfit = Misfit::default();
    let map = match value {
        Value::Null => return Ok(()),
        Value::Object(map) => map,
        other => {
            misfit.whole(other, "chart.Metadata");
            return misfit.done();
        }
    };
    for (key, value) in map {
        let key = key.to_ascii_lowercase();
        let field = |name: &str| format!("Metadata.{name}");
        let mut text = |into: &mut String, name: &str| {
            if let Some(text) = misfit.text(value, &field(name)) {
                *into = text;
            }
        };
        match key.as_str() {
            "name" => text(&mut into.name, "name"),
            "home" => text(&mut into.home, "home"),
            "version" => text(&mut into.version, "version"),
            "description" => text(&mut into.description, "description"),
            "icon" => text(&mut into.icon, "icon"),
            "apiversion" => text(&mut into.api_version, "apiVersion"),
            "condition" => text(&mut into.condition, "condition"),
            "tags" => text(&mut into.tags, "tags"),
            "appversion" => text(&mut into.app_version, "appVersion"),
            "kubeversion" => text(&mut into.kube_version, "kubeVersion"),
            "type" => text(&mut into.kind, "type"),
            "sources" => texts(value, &mut into.sources, &field("sources"), &mut misfit),
            "keywords" => texts(value, &mut into.keywords, &field("keywords"), &mut misfit),
            "deprecated" => truth(value, &mut into.deprecated, &field("deprecated"), &mut misfit),
            "annotations" => match value {
                Value::Null => {}
                Value::Object(map) => {
                    for (key, value) in map {
                        let text = misfit.text(value, &field("annotations")).unwrap_or_default();
                        into.annotations.insert(key.clone(), text);
                    }
                }
                other => misfit.field(other, &field("annotations"), "map[string]string"),
            },
            "maintainers" => {
                if let Some(items) = misfit.items(value, &field("maintainers"), "[]*chart.Maintainer") {
                    into.maintainers = items.iter().filter_map(|item| maintainer(item, &mut misfit)).collect();
                    into.holds_null |= items.iter().any(Value::is_null);
                }
            }
            "dependencies" => {
                if let Some(items) = misfit.items(value, &field("dependencies"), "[]*chart.Dependency") {
                    into.dependencies = items.iter().filter_map(|item| dependency(item, &mut misfit)).collect();
                    into.lacks_dependency |= items.iter().any(Value::is_null);
                }
            }
            _ => {}
        }
    }
    misfit.done()
}

fn texts(value: &Value, into: &mut Vec<String>, field: &str, misfit: &mut Misfit) {
    if let Some(items) = misfit.items(value, field, "[]string") {
        *into = items.iter().map(|item| misfit.text(item, field).unwrap_or_default()).collect();
    }
}

fn truth(value: &Value, into: &mut bool, field: &str, misfit: &mut Misfit) {
    match value {
        Value::Null => {}
        Value::Bool(value) => *into = *value,
        other => misfit.field(other, field, "bool"),
    }
}

fn maintainer(item: &Value, misfit: &mut Misfit) -> Option<Maintainer> {
    let mut out = Maintainer::default();
    let Value::Object(map) = item else {
        if !item.is_null() {
            misfit.field(item, "Metadata.maintainers", "chart.Maintainer");
        }
        return None;
    };
    for (key, value) in map {
        let key = key.to_ascii_lowercase();
        let into = match key.as_str() {
            "name" => &mut out.name,
            "email" => &mut out.email,
            "url" => &mut out.url,
            _ => continue,
        };
        if let Some(text) = misfit.text(value, &format!("Maintainer.maintainers.{key}")) {
            *into = text;
        }
    }
    Some(out)
}

fn dependency(item: &Value, misfit: &mut Misfit) -> Option<Dependency> {
    let mut out = Dependency::default();
    let Value::Object(map) = item else {
        if !item.is_null() {
            misfit.field(item, "Metadata.dependencies", "chart.Dependency");
        }
        return None;
    };
    for (key, value) in map {
        let key = key.to_ascii_lowercase();
        let field = format!("Dependency.dependencies.{key}");
        let into = match key.as_str() {
            "name" => &mut out.name,
            "version" => &mut out.version,
            "repository" => &mut out.repository,
            "condition" => &mut out.condition,
            "alias" => &mut out.alias,
            "tags" => {
                texts(value, &mut out.tags, &field, misfit);
                continue;
            }
            "enabled" => {
                truth(value, &mut out.enabled, &field, misfit);
                continue;
            }
            "import-values" => {
                if let Some(items) = misfit.items(value, &field, "[]interface {}") {
                    out.import_values = items.to_vec();
                }
                continue;
            }
            _ => continue,
        };
        if let Some(text) = misfit.text(value, &field) {
            *into = text;
        }
    }
    Some(out)
}

/// Cleans the texts, and says what Helm finds wrong with them.
pub(super) fn validate(metadata: &mut Metadata) -> Result<(), String> {
    let Metadata { name, description, home, icon, condition, tags, app_version, kube_version, .. } = metadata;
    for text in [name, description, home, icon, condition, tags, app_version, kube_version] {
        clean(text);
    }
    metadata.sources.iter_mut().chain(&mut metadata.keywords).for_each(clean);
    let name = &metadata.name;
    if name.is_empty() {
        return Err("chart.metadata.name is required".to_owned());
    }
    if name == "." || name == ".." {
        return Err(format!("chart.metadata.name {} is not allowed", go_quote(name)));
    }
    if name.contains('/') {
        return Err(format!("chart.metadata.name {} is invalid", go_quote(name)));
    }
    if metadata.version.is_empty() {
        return Err("chart.metadata.version is required".to_owned());
    }
    if !is_version(&metadata.version) {
        return Err(format!("chart.metadata.version {} is invalid", go_quote(&metadata.version)));
    }
    if !matches!(&*metadata.kind, "" | "application" | "library") {
        return Err("chart.metadata.type must be application or library".to_owned());
    }
    if metadata.holds_null {
        return Err("maintainers must not contain empty or null nodes".to_owned());
    }
    for Maintainer { name, email, url } in &mut metadata.maintainers {
        [name, email, url].into_iter().for_each(clean);
    }
    if metadata.lacks_dependency {
        return Err("dependencies must not contain empty or null nodes".to_owned());
    }
    let mut seen: Vec<&str> = Vec::new();
    for dependency in &mut metadata.dependencies {
        let Dependency { name, version, repository, condition, tags, alias, .. } = dependency;
        [&mut *name, version, repository, condition].into_iter().chain(tags).for_each(clean);
        if !alias.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
            return Err(format!("dependency {} has disallowed characters in the alias", go_quote(name)));
        }
        let key: &str = if alias.is_empty() { name } else { alias };
        if seen.contains(&key) {
            return Err(format!("more than one dependency with name or alias {}", go_quote(key)));
        }
        seen.push(key);
    }
    Ok(())
}

/// Whether a text is a version as Helm takes them: one to three numbers after an optional `v`, and the two tails
/// of a semantic version.
fn is_version(text: &str) -> bool {
    static VERSION: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
        Regex::new(concat!(
            r"^v?[0-9]+(\.[0-9]+)?(\.[0-9]+)?",
            r"(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$"
        ))
        .unwrap()
    });
    VERSION.is_match(text)
}

/// Helm's cleaning of text: any white space becomes a space, and what cannot be printed goes.
fn clean(text: &mut String) {
    if text.chars().any(|c| c != ' ' && (c.is_whitespace() || !is_print(c))) {
        let kept = text.chars().filter(|c| c.is_whitespace() || is_print(*c));
        *text = kept.map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    }
}
