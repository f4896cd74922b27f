//! The template engine, against what the real helm made of the same snippets.

#[path = "template/functions.rs"]
mod cases;
#[path = "template/engine.rs"]
mod engine;
#[path = "template/snippets.rs"]
mod snippets;

use reconcile::chart::template::{Session, Templates, Value};
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

/// The data of one chart, as files get them one after another.
fn about(name: &str, data: &Value) -> Value {
    let Value::Map(root) = data else { panic!("data are a map") };
    root.insert("Template", Value::data([("Name", Value::from(name))]));
    data.clone()
}

#[test]
fn what_was_included_before_is_the_same_in_another_file_but_for_its_name() {
    let helpers = "{{ define \"word\" }}{{ .Values.word }}{{ end }}\
        {{ define \"place\" }}{{ .Template.Name }}{{ end }}\
        {{ define \"both\" }}{{ include \"word\" . }} in {{ include \"place\" . }}{{ end }}\
        {{ define \"whole\" }}{{ len (toJson .Template) }}{{ end }}";
    let text =
        "{{ include \"both\" . }}, {{ include \"both\" . }}, {{ include \"place\" . }}, {{ include \"whole\" . }}";
    let files = [("c/templates/_h.tpl", helpers), ("c/templates/a", text), ("c/templates/long", text)];
    let templates = Templates::parse(files).expect("they parse");
    let data = Value::data([("Values", Value::values(&serde_json::json!({"word": "one"})))]);
    let mut session = Session::default();
    let mut render = |name: &str| templates.render(name, &about(name, &data), &mut session).expect("it renders");
    for _ in 0..2 {
        assert_eq!(&*render("c/templates/a"), "one in c/templates/a, one in c/templates/a, c/templates/a, 24");
        let long = "c/templates/long";
        assert_eq!(&*render(long), format!("one in {long}, one in {long}, {long}, 27"));
    }
}

#[test]
fn another_release_in_the_same_session_is_not_taken_for_the_first() {
    let text = "{{ define \"word\" }}{{ .Values.word }}{{ end }}{{ include \"word\" . }}{{ include \"word\" . }}";
    let templates = Templates::parse([("c/templates/a", text)]).expect("it parses");
    let mut session = Session::default();
    for word in ["one", "two", "three"] {
        let data = Value::data([("Values", Value::values(&serde_json::json!({"word": word})))]);
        assert_eq!(&*templates.render("c/templates/a", &data, &mut session).expect("it renders"), word.repeat(2));
    }
}

#[test]
fn what_is_known_makes_no_nesting_deeper_than_it_may_be() {
    let down = "{{ define \"down\" }}{{ if gt (int .) 0 }}{{ include \"down\" (sub (int .) 1) }}{{ end }}{{ end }}";
    let render = |text: &str| {
        let templates = Templates::parse([("c/templates/_h.tpl", down), ("c/templates/a", text)]).expect("they parse");
        templates.render("c/templates/a", &Value::Nil, &mut Session::default()).map_err(|error| error.to_string())
    };
    let at_once = render("{{ include \"down\" 1100 }}").expect_err("it is too deep");
    assert!(at_once.contains("rendering template has a nested reference name: down"), "{at_once:.200}");
    let after = render("{{ include \"down\" 600 }}{{ include \"down\" 1100 }}").expect_err("it is too deep");
    assert!(after.contains("rendering template has a nested reference name: down"), "{after:.200}");
    assert_eq!(render("{{ include \"down\" 900 }}{{ include \"down\" 950 }}").as_deref(), Ok(""));
}

#[test]
fn each_generated_value_is_another_whoever_asks() {
    let text = "{{ define \"word\" }}{{ randAlphaNum 8 }}{{ end }}{{ define \"twice\" }}{{ include \"word\" . }}{{ end }}\
        {{ include \"twice\" . }} {{ include \"twice\" . }}";
    let templates = Templates::parse([("c/templates/a", text)]).expect("it parses");
    let text = templates.render("c/templates/a", &Value::Nil, &mut Session::default()).expect("it renders");
    let (one, other) = text.split_once(' ').expect("two");
    assert_ne!(one, other);
}
