//! The template engine, against what the real helm made of the same snippets.

#[path = "template/functions.rs"]
mod cases;
#[path = "template/engine.rs"]
mod engine;
#[path = "template/snippets.rs"]
mod snippets;

use reconcile::chart::template::{Capabilities, Files, Object, Session, Templates, Value};
use reconcile::chart::yaml::{self, Numbers};
use snippets::{Fixture, Snippet};
use std::sync::Arc;

/// What this engine makes of a snippet: its output, or `Error: ` and the message.
fn render(fixture: &Fixture, snippet: &Snippet) -> String {
    let files = fixture.files_with(snippet);
    let templates = files.iter().filter(|(path, _)| path.starts_with("templates/"));
    let named: Vec<(String, &str)> = templates.map(|(path, text)| (format!("c/{path}"), text.as_str())).collect();
    let parsed = match Templates::parse(named.iter().map(|(name, text)| (name.as_str(), *text))) {
        Ok(parsed) => parsed,
        Err(error) => return format!("Error: {error}"),
    };
    let data = data(&files);
    let rendered = parsed.render("c/templates/t.yaml", &data, &mut Session::default());
    match rendered {
        Ok(text) => snippets::decode(&text),
        Err(error) => format!("Error: {error}"),
    }
}

fn data(files: &[(String, String)]) -> Value {
    let text = |name: &str| files.iter().find(|(path, _)| path == name).map_or("", |(_, text)| text);
    let read = |name: &str| yaml::read(text(name), Numbers::Float64).expect("a fixture is YAML");
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
    Value::data([
        ("Values", Value::values(&read("values.yaml"))),
        ("Chart", Object::chart(&read("Chart.yaml"), true).into()),
        ("Release", release),
        ("Capabilities", Object::capabilities(&capabilities).into()),
        ("Files", Object::Files(Arc::new(Files::new(other))).into()),
        ("Subcharts", Value::data([])),
        ("Template", Value::data([("Name", "c/templates/t.yaml".into()), ("BasePath", "c/templates".into())])),
    ])
}

#[test]
fn snippets_render_as_in_helm() {
    let fixture = Fixture::load();
    let all = fixture.snippets();
    assert!(all.len() > 100, "only {} snippets were found", all.len());
    let mut wrong = String::new();
    for snippet in &all {
        let got = render(&fixture, snippet);
        if got != snippet.expected {
            wrong += &format!(
                "\n== {} ({})\n{}\n-- helm\n{}\n-- here\n{got}\n",
                snippet.title, snippet.file, snippet.template, snippet.expected
            );
        }
    }
    let count = wrong.matches("\n== ").count();
    assert!(wrong.is_empty(), "{count} of {} snippets differ:{wrong}", all.len());
}

#[test]
#[ignore = "needs the real helm, named by HELM"]
fn snippets_expect_as_helm_does() {
    let helm = std::env::var("HELM").expect("HELM names the binary");
    let disagreements = Fixture::load().disagreements(std::path::Path::new(&helm));
    let told: String = disagreements
        .iter()
        .map(|(snippet, got)| {
            format!("\n== {} ({})\n{}\n-- helm now\n{got}\n", snippet.title, snippet.file, snippet.template)
        })
        .collect();
    assert!(disagreements.is_empty(), "{} expectations are not helm's:{told}", disagreements.len());
}

/// Writes what helm makes of every snippet into the snippets: `HELM=… cargo test -- --ignored ask_helm`.
#[test]
#[ignore = "it asks the helm that HELM names, and rewrites the snippets"]
fn ask_helm() {
    let helm = std::env::var("HELM").expect("HELM names the binary");
    Fixture::load().record(std::path::Path::new(&helm));
}

#[test]
fn every_function_has_cases() {
    let files: Vec<String> = cases::all().into_iter().map(|(function, _)| function).collect();
    assert_eq!(files, reconcile::chart::functions::names());
}

#[test]
fn functions_are_as_in_helm() {
    let mut wrong = String::new();
    let mut count = 0;
    for case in cases::all().into_iter().flat_map(|(_, cases)| cases) {
        let got = engine::render(&case.call, None).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        count += 1;
        if got != case.outcome {
            wrong += &format!("\n{}\n  wanted {:?}\n  got    {got:?}", case.call, case.outcome);
        }
    }
    assert!(count > 1000, "only {count} cases were found");
    assert!(wrong.is_empty(), "of {count} calls these differ:{wrong}");
}
