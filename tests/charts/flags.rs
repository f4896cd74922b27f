//! What commonly stands beside `helm template`: flags that name, write, change and debug, and those that are refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::compare::helm;

/// A chart with objects, hooks, definitions and a file that makes two objects.
const CHART: &[(&str, &str)] = &[
    ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
    ("values.yaml", "a: 1\n"),
    ("crds/d.yaml", "kind: CustomResourceDefinition\nmetadata: {name: d}\n"),
    (
        "templates/a.yaml",
        "kind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\n\
         ---\nkind: Secret\nmetadata: {name: b}\ndata: {a: {{ .Values.a | quote }}, up: {{ .Release.IsUpgrade }}}\n",
    ),
    ("templates/deep/b.yaml", "{{- if .Values.a }}\nkind: Service\nmetadata: {name: s}\n{{- end }}\n"),
    ("templates/empty.yaml", "{{- if false }}x{{ end }}\n"),
    (
        "templates/hook.yaml",
        "kind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n---\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n",
    ),
];

/// A text that is no YAML, behind one that is a hook. Of several files Helm prints one or the other first.
const BROKEN: &[(&str, &str)] = &[
    ("Chart.yaml", "apiVersion: v2\nname: broken\nversion: 1.0.0\n"),
    ("templates/b.yaml", "kind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n---\nkind: [\n"),
];
const FAILS: &[(&str, &str)] =
    &[("Chart.yaml", "apiVersion: v2\nname: fails\nversion: 1.0.0\n"), ("templates/a.yaml", "{{ fail \"no\" }}\n")];

/// Command lines that both take, or refuse with the same words.
const LINES: &[&[&str]] = &[
    &["./c"],
    &["./c", "-g"],
    &["./c", "--generate-name"],
    &["demo", "./c", "-g"],
    &["demo", "./c", "--name-template", "x"],
    &["./c", "--name-template", ""],
    &["./c", "--name-template", "{{ upper \"a\" | lower }}-{{ add 1 2 }}"],
    &["./c", "--name-template", "Not A Name"],
    &["./c", "--name-template", "{{ nope }}"],
    &["./c", "--name-template", "{{ fail \"no\" }}"],
    &["./c", "--name-template", "{{"],
    &["demo", "./c", "more", "and-more"],
    &["demo", "./c", "--set-literal", "a=b,c={d}"],
    &["demo", "./c", "--is-upgrade", "-n", "space"],
    &["demo", "./c", "--dependency-update", "--devel"],
    &["demo", "./c", "--version", "9.9.9"],
    &["demo", "./c", "--repo", "https://charts.example.com"],
    &["demo", "./c", "--username", "u", "--password", "p", "--insecure-skip-tls-verify", "--plain-http"],
    &["demo", "./c", "--wait", "--atomic", "--timeout", "5m", "--create-namespace", "--description", "x", "-l", "a=b"],
    &[
        "demo",
        "./c",
        "--wait=false",
        "--force",
        "--replace",
        "--hide-notes",
        "--kube-context",
        "x",
        "--skip-crds",
        "--include-crds",
    ],
    &["demo", "./c", "--dry-run"],
    &["demo", "./c", "--dry-run=client"],
    &["demo", "./c", "--dry-run=nonsense"],
    &["demo", "./c", "--debug"],
    &["demo", "./c", "--debug=false"],
    &["demo", "./broken"],
    &["demo", "./broken", "--debug"],
    &["demo", "./broken", "--debug", "--no-hooks"],
    &["demo", "./broken", "--debug", "-s", "templates/b.yaml"],
    &["demo", "./fails", "--debug"],
    &["demo", "./c", "--debug", "-s", "templates/no.yaml"],
    &["demo", "./c", "--post-renderer", "cat"],
    &["demo", "./c", "--post-renderer", "./up", "--include-crds"],
    &["demo", "./c", "--post-renderer", "sed", "--post-renderer-args", "s/kind/KIND/", "--post-renderer-args", "-n"],
    &["demo", "./c", "--post-renderer", "sed", "--post-renderer-args", "s/kind/KIND/"],
    &["demo", "./c", "--post-renderer", "./fails-with"],
    &["demo", "./c", "--post-renderer", "nowhere-there"],
    &["demo", "./c", "--post-renderer", "./nowhere"],
    &["demo", "./c", "--post-renderer", "./c"],
    &["demo", "./c", "--post-renderer", ""],
    &["demo", "./c", "--output-dir", "out"],
    &["demo", "./c", "--output-dir", "out/"],
    &["demo", "./c", "--output-dir", "out/deep/down", "--release-name"],
    &["demo", "./c", "--output-dir", "./out", "--release-name", "--include-crds", "--skip-tests"],
    &["demo", "./c", "--output-dir", "out", "--no-hooks", "--set", "a=0"],
    &["demo", "./c", "--output-dir", "out", "-s", "templates/a.yaml"],
    &["demo", "./c", "--output-dir", "c/Chart.yaml"],
    &["demo", "./broken", "--output-dir", "out"],
    &["demo", "./broken", "--output-dir", "out", "--debug"],
    &["demo", "./c", "--output-dir", "", "--release-name"],
];

/// What a command line came to: its status, what it printed, what it said is wrong, and the files below `out`.
type Came = (bool, String, String, BTreeMap<PathBuf, String>);

fn run(program: &Path, args: &[&str], env: &[(&str, &str)]) -> Came {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, files) in [("c", CHART), ("broken", BROKEN), ("fails", FAILS)] {
        for (path, text) in files {
            write(&folder.path().join(name).join(path), text, false);
        }
    }
    write(&folder.path().join("up"), "#!/bin/sh\ntr a-z A-Z\n", true);
    write(&folder.path().join("fails-with"), "#!/bin/sh\necho it will not >&2\nexit 3\n", true);
    let output = Command::new(program)
        .arg("template")
        .args(args)
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path().join("home"))
        .env("KUBECONFIG", folder.path().join("no-kubeconfig"))
        .envs(env.iter().copied())
        .output()
        .expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*folder.path().to_string_lossy(), "FOLDER");
    let told = text(&output.stderr);
    let told = told.find("Error: ").and_then(|at| told.get(at..)).unwrap_or_default();
    // Below --debug Helm goes on with where in its own source it was.
    let told = if args.contains(&"--debug") { told.split("\nhelm.go").next().unwrap_or_default() } else { told };
    let mut files = BTreeMap::new();
    below(&folder.path().join("out"), Path::new(""), &mut files);
    (output.status.success(), text(&output.stdout), told.trim().to_owned(), files)
}

fn write(path: &Path, text: &str, is_program: bool) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
    if is_program {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be made a program");
    }
}

fn below(folder: &Path, name: &Path, files: &mut BTreeMap<PathBuf, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let (path, name) = (entry.path(), name.join(entry.file_name()));
        if path.is_dir() {
            below(&path, &name, files);
        } else {
            files.insert(name, fs::read_to_string(&path).expect("it can be read"));
        }
    }
}

fn ours() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_reconcile"))
}

#[test]
fn what_stands_beside_a_chart_means_what_it_means_to_helm() {
    let Some(helm) = helm() else { return };
    let different: Vec<String> = LINES
        .iter()
        .filter_map(|line| {
            let (theirs, ours) = (run(&helm, line, &[]), run(ours(), line, &[]));
            (theirs != ours).then(|| format!("{line:?}\nhelm: {theirs:#?}\nours: {ours:#?}"))
        })
        .collect();
    assert!(different.is_empty(), "{} of {}:\n{}", different.len(), LINES.len(), different.join("\n\n"));
}

#[test]
fn helms_environment_counts() {
    let Some(helm) = helm() else { return };
    let line = ["demo", "./c"];
    for env in [("HELM_NAMESPACE", "space"), ("HELM_NAMESPACE", ""), ("HELM_DEBUG", "1"), ("HELM_DEBUG", "no")] {
        assert_eq!(run(&helm, &line, &[env]), run(ours(), &line, &[env]), "{env:?}");
    }
    let env = [("HELM_NAMESPACE", "space")];
    let over = ["demo", "./c", "-n", "other"];
    assert_eq!(run(&helm, &over, &env), run(ours(), &over, &env));
}

#[test]
fn what_would_need_a_network_or_a_cluster_is_refused_with_what_to_do() {
    for (line, said) in [
        (&["demo", "./c", "--validate"][..], "kubectl apply --dry-run=server -f -"),
        (&["demo", "./c", "--verify"], "helm verify"),
        (&["demo", "./c", "--enable-dns"], "names are not looked up"),
        (&["demo", "./c", "--dry-run=server"], "--dry-run=client"),
        (&["demo", "oci://registry.example.com/c"], "helm pull oci://registry.example.com/c"),
        (&["demo", "https://charts.example.com/c-1.0.0.tgz"], "helm pull https://charts.example.com/c-1.0.0.tgz"),
        (&["demo", "c1", "--repo", "https://charts.example.com"], "helm pull c1 --repo https://charts.example.com"),
        (&["demo", "./c", "-f", "https://example.com/values.yaml"], "values are not fetched: name a file"),
    ] {
        let (done, printed, told, files) = run(ours(), line, &[]);
        assert!(!done && printed.is_empty() && files.is_empty() && told.contains(said), "{line:?}: {told}");
    }
}
