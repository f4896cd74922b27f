//! Snippets in this engine, with the data that `tests/cluster/helm/oracle` gives them in Helm's.

use reconcile::chart::template::{Capabilities, Files, Object, Session, Templates, Value};
use reconcile::chart::yaml::{self, Numbers};
use serde_json::Value as Json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// The chart that snippets are put in: the files of `tests/suite/template/chart`, but for the one that includes others.
pub fn chart() -> &'static [(String, String)] {
    static CHART: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let mut files = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/template/chart");
        read_folder(&root, "", &mut files);
        files.retain(|(path, _)| path != "templates/t.yaml");
        files
    });
    &CHART
}

fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            read_folder(&path, &format!("{name}/"), files);
        } else {
            files.push((name, std::fs::read_to_string(&path).expect("a text file")));
        }
    }
    files.sort();
}

/// The output of a template, or the error: over the chart's own values, or others.
pub fn render(template: &str, values: Option<&Json>) -> Result<Vec<u8>, String> {
    let rendered = catch_unwind(AssertUnwindSafe(|| render_one(template, values)));
    rendered.unwrap_or_else(|_| Err("PANIC".to_owned()))
}

fn render_one(template: &str, values: Option<&Json>) -> Result<Vec<u8>, String> {
    const NAME: &str = "c/templates/t.yaml";
    let mut named: Vec<(String, &str)> = Vec::new();
    for (path, text) in chart().iter().filter(|(path, _)| path.starts_with("templates/")) {
        named.push((format!("c/{path}"), text));
    }
    named.push((NAME.to_owned(), template));
    let parsed = Templates::parse(named.iter().map(|(name, text)| (name.as_str(), *text)));
    let parsed = parsed.map_err(|error| error.to_string())?;
    let text =
        parsed.render(NAME, &data(chart(), values), &mut Session::default()).map_err(|error| error.to_string())?;
    Ok(text.as_bytes().to_vec())
}

/// What a template is given in a chart of these files, with its own values or others.
pub fn data(files: &[(String, String)], values: Option<&Json>) -> Value {
    let text = |name: &str| files.iter().find(|(path, _)| path == name).map_or("", |(_, text)| text);
    let read = |name: &str| yaml::read(text(name), Numbers::Float64).expect("the chart's file is YAML");
    let own = ["Chart.yaml", "values.yaml"];
    let other = files.iter().filter(|(path, _)| !path.starts_with("templates/") && !own.contains(&path.as_str()));
    let other = other.map(|(path, text)| (path.as_str().into(), text.as_bytes().into())).collect();
    let capabilities = Capabilities {
        kube_version: "v1.33.0".to_owned(),
        major: "1".to_owned(),
        minor: "33".to_owned(),
        api_versions: Arc::from(["v1".to_owned(), "apps/v1".to_owned(), "batch/v1".to_owned()]),
        helm_version: "v3.22.0".to_owned(),
    };
    let release = serde_json::json!({ "Name": "rel", "Namespace": "ns", "Service": "Helm", "IsInstall": true, "IsUpgrade": false });
    let release = Value::from(&release);
    if let Value::Map(map) = &release {
        map.insert("Revision", Value::int(1));
    }
    let values = values.map_or_else(|| Value::values(&read("values.yaml")), Value::values);
    Value::data([
        ("Values", values),
        ("Chart", Object::chart(&read("Chart.yaml"), true).into()),
        ("Release", release),
        ("Capabilities", Object::capabilities(&capabilities).into()),
        ("Files", Object::Files(Arc::new(Files::new(other))).into()),
        ("Subcharts", Value::data([])),
        ("Template", Value::values(&serde_json::json!({ "Name": "c/templates/t.yaml", "BasePath": "c/templates" }))),
    ])
}
