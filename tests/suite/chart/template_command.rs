//! `reconcile template`, without Helm beside it: what the command line itself does.

use std::fs;
use std::process::{Command, Output, Stdio};

use super::fixture::folder;

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reconcile"))
        .arg("template")
        .args(args)
        .current_dir(folder(""))
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(args: &[&str]) -> (i32, String) {
    let output = run(args);
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn it_prints_what_the_golden_files_hold() {
    for (chart, values) in [("web", "web-values"), ("family", "family-values")] {
        for case in super::fixture::cases(&folder(values), "yaml") {
            let golden = fs::read_to_string(case.with_extension("golden")).unwrap();
            let output = run(&["demo", chart, "-n", "space", "-f", case.to_str().unwrap()]);
            if golden == "refused\n" {
                assert_eq!(output.status.code(), Some(1), "{}", case.display());
            } else {
                assert_eq!(String::from_utf8(output.stdout).unwrap(), golden, "{}", case.display());
            }
        }
    }
}

/// Go writes how long the program ran by then, until a zone is set or a part is taken off.
#[test]
fn the_moment_is_written_as_go_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("templates")).unwrap();
    fs::write(folder.path().join("Chart.yaml"), "name: a\nversion: 1.0.0\n").unwrap();
    let template = "a: {{ now }}\nb: {{ dateModify \"1h\" now }}\nc: {{ (now).UTC }}\nd: {{ (now).Round 0 }}\n\
                    e: {{ (now).AddDate 0 0 1 }}\n";
    fs::write(folder.path().join("templates/a.yaml"), template).unwrap();
    let (status, told) = said(&["demo", folder.path().to_str().unwrap()]);
    assert_eq!(status, 0, "{told}");
    let behind = |key: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(key)).expect("a line");
        line.split_once("+0000 UTC").expect("a zone").1.to_owned()
    };
    let is_running = |text: &str, since: &str| {
        let nanos = text.strip_prefix(since).and_then(|rest| rest.split_once('.')).map(|(_, nanos)| nanos);
        nanos.is_some_and(|nanos| nanos.len() == 9 && nanos.parse::<u32>().is_ok())
    };
    assert!(is_running(&behind("a: "), " m=+"), "{told}");
    assert!(is_running(&behind("b: "), " m=+36"), "{told}");
    assert_eq!(["c: ", "d: ", "e: "].map(behind), ["", "", ""]);
}

#[test]
fn what_is_odd_about_values_is_told_where_a_template_stumbles_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    fs::create_dir(folder.path().join("templates")).unwrap();
    write("Chart.yaml", "name: a\nversion: 1.0.0\n");
    write("values.yaml", "image: {tag: {name: x}}\n");
    write("templates/a.yaml", "a: {{ .Values.image.tag.name }}\n");
    let (status, told) = said(&["demo", folder.path().to_str().unwrap(), "--set", "image.tag=1"]);
    assert_eq!(status, 1, "{told}");
    let warning = told.lines().next().unwrap_or_default();
    assert_eq!(warning, "warning: cannot overwrite table with non table for a.image.tag");
    assert!(told.contains("\nError: template: a/templates/a.yaml:1:"), "{told}");
}

#[test]
fn random_values_are_made_and_differ() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("Chart.yaml", "name: a\nversion: 1.0.0\n");
    let template = "a: {{ randAlphaNum 12 }}\nb: {{ uuidv4 }}\nc: {{ htpasswd \"u\" \"p\" | quote }}\nd: {{ now | date \"2006\" }}\n\
                    {{ $ca := genCA \"ca\" 5 }}{{ $c := genSignedCert \"cn\" (list \"10.0.0.1\") (list \"x.y\") 5 $ca -}}\n\
                    e: {{ $c.Cert | quote }}\nf: {{ decryptAES \"k\" (encryptAES \"k\" \"plain\") }}\n\
                    g: {{ derivePassword 1 \"long\" \"password\" \"user\" \"example.com\" }}\n";
    write("templates/a.yaml", template);
    let chart = folder.path().to_str().unwrap();
    let (status, one) = said(&["demo", chart]);
    let (_, two) = said(&["demo", chart]);
    assert_eq!(status, 0, "{one}");
    assert_ne!(one, two);
    let line = |text: &str, key: &str| {
        text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("{key} {text}")).to_owned()
    };
    assert_eq!(line(&one, "a: ").len(), 12);
    assert_eq!(line(&one, "b: ").len(), 36);
    assert!(line(&one, "c: ").starts_with("\"u:$2a$10$"), "{one}");
    assert!(line(&one, "e: ").starts_with("\"-----BEGIN CERTIFICATE-----\\n"), "{one}");
    assert_eq!(line(&one, "f: "), "plain");
    assert_eq!(line(&one, "g: "), "ZedaFaxcZaso9*");
}

#[test]
fn a_helper_that_asks_chance_is_asked_each_time() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("templates")).unwrap();
    fs::write(folder.path().join("Chart.yaml"), "name: a\nversion: 1.0.0\n").unwrap();
    let template = "{{ define \"word\" }}{{ randAlphaNum 24 }}{{ end }}{{ define \"twice\" }}{{ include \"word\" . }}{{ end -}}\n\
                    a: {{ include \"twice\" . }}\nb: {{ include \"twice\" . }}\n";
    fs::write(folder.path().join("templates/a.yaml"), template).unwrap();
    let (status, text) = said(&["demo", folder.path().to_str().unwrap()]);
    let word = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
    assert_eq!((status, word("a: ").map_or(0, |word| word.len())), (0, 24), "{text}");
    assert_ne!(word("a: "), word("b: "), "{text}");
}

#[test]
fn what_is_no_chart_is_an_error_of_one_line() {
    let expected = [
        (&["demo", "./none"][..], "Error: path \"./none\" not found\n"),
        (
            &["demo", "oci://example.com/a"],
            "Error: oci://example.com/a is not on this machine, and charts are not fetched: helm pull \
                                            oci://example.com/a, then name the file\n",
        ),
        (
            &["demo", "web", "--kube-version", "x"],
            "Error: invalid kube version 'x': could not parse \"x\" as version\n",
        ),
        (&["demo", "web", "--set", "a"], "Error: failed parsing --set data: key \"a\" has no value\n"),
    ];
    for (args, expected) in expected {
        assert_eq!(said(args), (1, expected.to_owned()));
    }
    assert_eq!(said(&[]).0, 64);
    // Helm's own --repo, which a chart that is here needs not; and one of ours.
    assert_eq!(said(&["demo", "web", "--repo", "https://charts.example.com"]).0, 0);
    assert_eq!(said(&["demo", "web", "--rev", "x"]).0, 64);
}

#[cfg(unix)]
#[test]
fn a_folder_that_holds_itself_has_no_end() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Chart.yaml"), "name: a\nversion: 1.0.0\n").unwrap();
    fs::create_dir(folder.path().join("charts")).unwrap();
    std::os::unix::fs::symlink("..", folder.path().join("charts/a")).unwrap();
    let (status, text) = said(&["demo", folder.path().to_str().unwrap()]);
    assert_eq!(status, 1);
    assert!(text.contains("charts/a is a link that leads back to a folder around it"), "{text}");
}
