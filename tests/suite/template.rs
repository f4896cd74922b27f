//! The template engine, against what the real helm made of the same snippets.

#[path = "template/functions.rs"]
mod cases;
#[path = "template/engine.rs"]
mod engine;
#[path = "template/snippets.rs"]
mod snippets;

use reconcile::chart::template::{Session, Templates};
use snippets::{Fixture, Snippet};

/// What this engine makes of a snippet: its output, or `Error: ` and the message.
fn render(fixture: &Fixture, snippet: &Snippet) -> String {
    let files = fixture.files_with(snippet);
    let templates = files.iter().filter(|(path, _)| path.starts_with("templates/"));
    let named: Vec<(String, &str)> = templates.map(|(path, text)| (format!("c/{path}"), text.as_str())).collect();
    let parsed = match Templates::parse(named.iter().map(|(name, text)| (name.as_str(), *text))) {
        Ok(parsed) => parsed,
        Err(error) => return format!("Error: {error}"),
    };
    let data = engine::data(&files, None);
    let rendered = parsed.render("c/templates/t.yaml", &data, &mut Session::default());
    match rendered {
        Ok(text) => snippets::decode(&text),
        Err(error) => format!("Error: {error}"),
    }
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
