//! Public charts with all the values of their own CI.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::compare::{Case, Verdict, compare, helm};

/// Renders that are known to differ, as a part of what is shown of one, with the reason.
const KNOWN: &[(&str, &str)] = &[(
    "issue-9027",
    "a template is given as a file of values: go-yaml quotes the mapping that cannot be a key, in Go's own syntax",
)];

#[test]
fn public_charts_render_as_helm_does() {
    let Some(helm) = helm() else { return };
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts/modules.txt");
    let list = fs::read_to_string(list).expect("the list is there");
    let (mut charts, mut values) = (0, 0);
    let mut cases = Vec::new();
    for line in list.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (module, sum) = line.split_once(' ').expect("a module and its checksum");
        let Some(folder) = fetched(module, sum) else { continue };
        let mut found = Vec::new();
        find(&folder, module.starts_with("helm.sh/"), &mut found);
        assert!(!found.is_empty(), "{module} has no chart");
        for chart in found {
            let files = values_of(&chart);
            charts += 1;
            values += files.len();
            let case = |more: &[&str]| {
                let name = chart.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
                let folder = chart.parent().expect("a folder around it").to_owned();
                let args = ["demo", &format!("./{name}")].iter().chain(more).map(ToString::to_string).collect();
                Case { folder, args }
            };
            cases.push(case(&[]));
            cases.push(case(&[
                "--include-crds",
                "-n",
                "space",
                "--kube-version",
                "1.29",
                "-a",
                "monitoring.coreos.com/v1",
            ]));
            cases.push(case(&["--no-hooks", "--skip-tests", "--is-upgrade", "--set", "nameOverride=other"]));
            cases.extend(files.iter().map(|file| case(&["-f", file.to_str().expect("UTF-8")])));
        }
    }
    let mut outcome = compare(&helm, &cases);
    let is_known = |shown: &String| KNOWN.iter().any(|(part, _)| shown.contains(part));
    let known = outcome.different.extract_if(.., |shown| is_known(shown)).count();
    let count = |verdict| outcome.counts.get(&verdict).copied().unwrap_or_default();
    let _ = writeln!(
        std::io::stderr(),
        "public charts: {charts} charts, {values} files of values, {} renders: {} equal, {} with the same error, {} equal but \
         for what is random, {known} known to differ, {} different",
        cases.len(),
        count(Verdict::Equal),
        count(Verdict::SameError),
        count(Verdict::SameShape),
        outcome.different.len(),
    );
    assert!(outcome.different.is_empty(), "{}", outcome.different.join("\n\n"));
}

/// A module's folder in the module cache, its files those of the checksum.
fn fetched(module: &str, sum: &str) -> Option<PathBuf> {
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new("go")
        .args(["mod", "download", "-json", module])
        .current_dir(elsewhere.path())
        .output()
        .expect("go starts, as it has built helm");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    if let Some(error) = told["Error"].as_str() {
        let _ = writeln!(std::io::stderr(), "LEFT OUT: the charts of {module}: {error}");
        assert_ne!(std::env::var("REQUIRE_CLUSTER").as_deref(), Ok("1"), "REQUIRE_CLUSTER=1 is set");
        return None;
    }
    assert_eq!(told["Sum"], sum, "{module} is not what it was");
    Some(PathBuf::from(told["Dir"].as_str().expect("a folder")))
}

/// The charts in a folder: folders with a Chart.yaml, and archives beside them. Charts for tests count in Helm's own module
/// alone.
fn find(folder: &Path, with_tests: bool, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && (with_tests || name != "testdata") {
            if path.join("Chart.yaml").is_file() {
                found.push(path.clone());
            }
            find(&path, with_tests, found);
        } else if with_tests && path.extension().is_some_and(|ending| ending == "tgz") {
            found.push(path);
        }
    }
}

/// The files of values that a chart has for its own CI, and those beside its values.yaml.
fn values_of(chart: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [chart.join("ci"), chart.to_owned()] {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let is_values = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
            path.is_file() && is_yaml && (folder.ends_with("ci") || name.starts_with("values"))
        };
        found.extend(entries.map(|entry| entry.expect("an entry").path()).filter(is_values));
    }
    found.sort();
    found
}
