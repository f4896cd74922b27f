//! The charts of this folder, and `helm` to try them with.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

/// A folder's files, by their path below it.
pub fn files(folder: &Path) -> BTreeMap<String, Arc<[u8]>> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                out.insert(name, fs::read(&path).unwrap().into());
            }
        }
    }
    out
}

/// A folder beside this file.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/chart").join(name)
}

/// The real helm, which the tests that are left out by default need.
pub fn helm() -> PathBuf {
    PathBuf::from(std::env::var_os("HELM").expect("HELM names the helm binary"))
}

/// The namespace that a chart is rendered for. That of `reconcile` itself is the one where its example has its account.
pub fn namespace_of(chart: &Path) -> &'static str {
    if chart.ends_with("charts/reconcile") { "reconcile-system" } else { "space" }
}

/// What `helm template` prints for a chart as release `demo` in [`namespace_of`] it, or its error.
pub fn helm_template(chart: &Path, values: &[&Path]) -> Result<String, String> {
    let mut command = Command::new(helm());
    command.args(["template", "demo", "--namespace", namespace_of(chart)]).arg(chart);
    for file in values {
        command.arg("-f").arg(file);
    }
    let output = command.output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

/// The files with an extension in a folder, in order.
pub fn cases(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    cases.sort();
    cases
}
