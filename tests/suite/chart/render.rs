//! Whole charts, object by object and byte by byte as `helm template` gives them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reconcile::chart::{
    Capabilities, Chart, Document, ReleaseInfo, RenderInput, Rendered,
    yaml::{Numbers, read, read_strict},
};
use serde_json::Value;

use super::fixture::{cases, files, folder, helm_template, namespace_of};

/// The charts here that have golden renderings beside them.
const CHARTS: &[&str] = &["web", "family"];

/// A chart as this library renders it.
pub fn render(chart: &Path, values: &str) -> Result<Rendered, String> {
    let release = ReleaseInfo::install("demo", namespace_of(chart));
    let chart = Chart::load(&files(chart)).map_err(|error| error.to_string())?;
    let values = read(values, Numbers::Float64).map_err(|error| error.to_string())?;
    let capabilities = Capabilities::default();
    let input = RenderInput { release: &release, values: &values, capabilities: &capabilities };
    chart.render(&input).map_err(|error| error.to_string())
}

/// Asserts that a rendering is what `helm template` printed: byte by byte, except for objects with values that are
/// generated, which are compared without these, and digests, which are made of them.
pub fn assert_same(rendered: &Rendered, printed: &str, what: &str) {
    let hooks = rendered.hooks.iter().map(|(document, _)| document);
    let documents: Vec<&Document> = rendered.manifests.iter().chain(hooks).collect();
    let theirs = theirs(printed);
    let names = |(template, _): &(String, String)| template.clone();
    let ours: Vec<&str> = documents.iter().map(|document| document.template.as_str()).collect();
    assert_eq!(ours, theirs.iter().map(names).collect::<Vec<_>>(), "{what}");
    for (document, (template, text)) in documents.into_iter().zip(theirs) {
        let name = document.value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let generated = rendered.generated.get(name).filter(|_| document.value["kind"] == "Secret");
        let Some(generated) = generated else {
            let shown = |text: &str| if rendered.generated.is_empty() { text.to_owned() } else { masked(text) };
            assert_eq!(shown(&document.text), shown(&text), "{what}: {template}");
            continue;
        };
        let mut value = read_strict(&text, Numbers::Exact).unwrap();
        let data = value["data"].as_object_mut().unwrap();
        for key in generated {
            assert!(data.remove(&key.key).is_some_and(|value| value != ""), "{what}: {template}: {}", key.key);
        }
        if data.is_empty() {
            value.as_object_mut().unwrap().remove("data");
        }
        assert_eq!(document.value, value, "{what}: {template}");
    }
}

/// A text without its SHA-256 digests.
fn masked(text: &str) -> String {
    let words = text.split_inclusive(|c: char| !c.is_ascii_hexdigit());
    words
        .map(|word| if word.trim_end_matches(|c: char| !c.is_ascii_hexdigit()).len() == 64 { "digest" } else { word })
        .collect()
}

/// Template and text of what `helm template` printed. Files of comments alone make no object, and are left out.
fn theirs(printed: &str) -> Vec<(String, String)> {
    let parts = format!("\n{printed}");
    let parts = parts.split("\n---\n# Source: ").skip(1);
    let parts = parts.map(|part| part.split_once('\n').unwrap_or((part, "")));
    let parts = parts.filter(|(_, text)| read_strict(text, Numbers::Exact) != Ok(Value::Null));
    parts.map(|(source, text)| (source.to_owned(), text.trim_end_matches('\n').to_owned())).collect()
}

fn all() -> Vec<(PathBuf, PathBuf)> {
    let charts = CHARTS.iter().map(|chart| (folder(chart), folder(&format!("{chart}-values"))));
    charts
        .flat_map(|(chart, values)| cases(&values, "yaml").into_iter().map(move |case| (chart.clone(), case)))
        .collect()
}

#[test]
fn charts_render_as_helm_rendered_them() {
    assert!(all().len() >= 9);
    for (chart, case) in all() {
        let golden = fs::read_to_string(case.with_extension("golden")).unwrap();
        match render(&chart, &fs::read_to_string(&case).unwrap()) {
            Ok(rendered) => assert_same(&rendered, &golden, &case.display().to_string()),
            Err(error) => assert!(golden.starts_with("refused"), "{}: {error}", case.display()),
        }
    }
}

#[test]
#[ignore = "needs the real helm, named by HELM"]
fn record() {
    for (chart, case) in all() {
        let golden = helm_template(&chart, &[&case]).unwrap_or_else(|_| "refused\n".to_owned());
        fs::write(case.with_extension("golden"), golden).unwrap();
    }
}

/// The charts of this repository, with each of their profiles.
fn own() -> Vec<(PathBuf, Vec<PathBuf>)> {
    let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("charts");
    let charts = fs::read_dir(charts).unwrap().map(|entry| entry.unwrap().path());
    let charts = charts.filter(|path| path.join("Chart.yaml").is_file());
    let with = charts.flat_map(|chart| {
        let profiles = cases(&chart, "yaml")
            .into_iter()
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("values-")));
        let none = (chart.clone(), Vec::new());
        std::iter::once(none).chain(profiles.map(move |profile| (chart.clone(), vec![profile]))).collect::<Vec<_>>()
    });
    with.collect()
}

#[test]
#[ignore = "needs the real helm, named by HELM"]
fn own_charts_render_as_helm_does() {
    for (chart, values) in own() {
        let text = values.first().map_or(String::new(), |path| fs::read_to_string(path).unwrap());
        let paths: Vec<&Path> = values.iter().map(PathBuf::as_path).collect();
        let what = format!("{} {paths:?}", chart.display());
        match (render(&chart, &text), helm_template(&chart, &paths)) {
            (Ok(rendered), Ok(printed)) => assert_same(&rendered, &printed, &what),
            // One that needs values has none of its own to render with.
            (Err(ours), Err(theirs)) => assert!(ours.contains("is missing"), "{what}: {ours}; {theirs}"),
            (Err(ours), Ok(_)) => panic!("only we refuse {what}: {ours}"),
            (Ok(_), Err(theirs)) => panic!("only helm refuses {what}: {theirs}"),
        }
    }
}

/// Compares with helm over charts from elsewhere: every folder with a Chart.yaml below `CHARTS`, with its default
/// values and with each file of its `ci/`.
#[test]
#[ignore = "needs the real helm, named by HELM, and a folder of charts, named by CHARTS"]
fn charts_from_elsewhere_render_alike() {
    let root = PathBuf::from(std::env::var_os("CHARTS").expect("CHARTS names a folder of charts"));
    let (mut equal, mut different) = (0, 0);
    for path in files(&root).into_keys().filter(|path| path.ends_with("/Chart.yaml") && !path.contains("/charts/")) {
        let chart = root.join(path.trim_end_matches("/Chart.yaml"));
        let ci = chart.join("ci");
        let values = if ci.is_dir() { cases(&ci, "yaml") } else { Vec::new() };
        for values in std::iter::once(None).chain(values.iter().map(Some)) {
            let text = values.map_or(String::new(), |path| fs::read_to_string(path).unwrap());
            let paths: Vec<&Path> = values.into_iter().map(PathBuf::as_path).collect();
            let what = format!("{} {paths:?}", chart.display());
            let outcome = std::panic::catch_unwind(|| match (render(&chart, &text), helm_template(&chart, &paths)) {
                (Ok(rendered), Ok(printed)) => assert_same(&rendered, &printed, &what),
                (Err(ours), Err(theirs)) => println!("both refuse {what}\n  {ours}\n  {theirs}"),
                (Err(ours), Ok(_)) => panic!("only we refuse {what}: {ours}"),
                (Ok(_), Err(theirs)) => panic!("only helm refuses {what}: {theirs}"),
            });
            match outcome {
                Ok(()) => equal += 1,
                Err(_) => different += 1,
            }
        }
    }
    println!("{equal} equal, {different} different");
    assert_eq!(different, 0);
}
