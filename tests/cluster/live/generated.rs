//! Passwords that are made in the cluster, once: they live as long as their sandbox, and leave it in no output.

use std::fmt::Write as _;

use super::case::{Case, applying, file};

/// base64 of a Secret's key, as the cluster has it.
fn value(case: &Case, name: &str, key: &str) -> String {
    case.field(name, "secret/database", &format!(".data.{key}"))
}

fn plain(encoded: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).expect("a Secret's data is base64");
    String::from_utf8(bytes).expect("a generated password is text")
}

const TEMPLATE: &str = "charts/app/templates/database.yaml";

/// What happens to the chart from one run to the next.
fn edits() -> Vec<Box<dyn Fn(&Case)>> {
    let edit = |from: &'static str, to: &'static str| -> Box<dyn Fn(&Case)> {
        Box::new(move |case| drop(case.repo.edit(TEMPLATE, from, to)))
    };
    vec![
        Box::new(|case| drop(case.repo.edit(&file("one"), "one:1", "one:2"))),
        edit("  user: app\n", "  user: app2\n"),
        // The keys in another order, so that the other one asks first.
        edit("  password: {{ $password | quote }}\n  url:", "  zzz: last\n  url:"),
        edit("  zzz: last\n", "  zzz: last\n  password: {{ $password | quote }}\n"),
        // Another password before it.
        edit("{{- $password :=", "{{- $admin := randAlphaNum 32 }}\n{{- $password :="),
        edit("  zzz: last\n", "  admin: {{ $admin | quote }}\n"),
        // A Secret before it, in a file that sorts first.
        Box::new(|case| {
            let text =
                "apiVersion: v1\nkind: Secret\nmetadata:\n  name: aaa\nstringData:\n  token: {{ randAlphaNum 24 }}\n";
            case.repo.write("charts/app/templates/aaa.yaml", text);
        }),
        // The same Secret from another file.
        Box::new(|case| {
            let text = std::fs::read_to_string(case.repo.path().join(TEMPLATE)).expect("the chart has it");
            case.repo.remove(TEMPLATE).write("charts/app/templates/zz-database.yaml", &text);
        }),
        Box::new(|case| drop(case.repo.edit("charts/app/values.yaml", "greeting: hello", "greeting: bye"))),
        Box::new(|case| {
            case.kubectl("one", &["label", "secret/database", "reconcile.dev/fleet-"]);
        }),
    ]
}

#[test]
fn a_password_survives_ten_runs_of_chart_edits_and_appears_in_no_output() {
    let Some(case) = Case::start("password") else { return };
    case.sandbox("one", "values.database = true").commit("one");
    let mut said = String::new();
    let mut run = |args: &[&str], status: i32| {
        let output = case.tool().command(args).env("RECONCILE_LOG", "trace").output().expect("the binary starts");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        write!(said, "{out}{err}").expect("a String takes it");
        assert_eq!(output.status.code(), Some(status), "{args:?}: {out}{err}");
    };
    run(&applying(&[]), 0);
    let [password, url] = ["password", "url"].map(|key| value(&case, "one", key));
    assert_eq!(plain(&password).len(), 24);
    assert_eq!(plain(&url), format!("postgres://app:{}@database/app", plain(&password)), "one value in both keys");

    let edits = edits();
    assert_eq!(edits.len(), 10);
    for (number, edit) in edits.iter().enumerate() {
        edit(&case);
        case.commit(&format!("edit {number}"));
        run(&["--plan", "-v"], 2);
        run(&["--plan", "--format=json", "--diff=local"], 2);
        run(&["--yes", "-vv", "--timeout=0s"], 0);
        // The second key may go for a while; the password is never another one.
        let now = value(&case, "one", "password");
        assert!(now == password || (now.is_empty() && number == 2), "edit {number} changed the password");
        assert_eq!(value(&case, "one", "url"), url, "edit {number} changed the URL");
    }
    run(&applying(&[]), 0);
    run(&["--plan", "-vv"], 0);
    let [admin, token] = [value(&case, "one", "admin"), case.field("one", "secret/aaa", ".data.token")];
    assert_eq!((plain(&admin).len(), plain(&token).len()), (32, 24));
    for secret in [&password, &url, &admin, &token] {
        assert!(!said.contains(secret.as_str()) && !said.contains(&plain(secret)), "a generated value was printed");
    }
    assert!(said.contains("<generated in the cluster>") && said.contains("<hidden"), "nothing of it was shown");
    case.assert_settled();
}

#[test]
fn a_lost_password_holds_its_sandbox_while_a_volume_lives() {
    let Some(case) = Case::start("lost") else { return };
    let remove_key = r#"--patch=[{"op": "remove", "path": "/data/password"}]"#;
    for name in ["whole", "key", "restored"] {
        case.sandbox(name, "values.database = true");
    }
    case.commit("three databases");
    case.run(0, &[]);
    let password = value(&case, "restored", "password");
    let claims = ["whole", "key"].map(|name| case.field(name, "pvc/data-database-0", ".metadata.uid"));
    case.kubectl("whole", &["delete", "secret", "database"]);
    case.kubectl("restored", &["delete", "secret", "database"]);
    case.kubectl("key", &["patch", "secret/database", "--type=json", remove_key]);

    let run = case.run(3, &[]);
    for name in ["whole", "key", "restored"] {
        assert_eq!(run.action(name), "held", "{name}");
        assert!(
            run.reason(name).contains("Secret/database") && run.reason(name).contains("volume"),
            "{}",
            run.reason(name)
        );
    }
    assert!(!case.has("whole", "secret/database"), "another password was made for the old volume");
    assert_eq!(value(&case, "key", "password"), "");
    assert_eq!(["whole", "key"].map(|name| case.field(name, "pvc/data-database-0", ".metadata.uid")), claims);

    // The first remedy: the old value comes back.
    let url = format!("postgres://app:{}@database/app", plain(&password));
    let [literal, url] = [format!("--from-literal=password={}", plain(&password)), format!("--from-literal=url={url}")];
    case.kubectl("restored", &["create", "secret", "generic", "database", &literal, &url]);
    // The second: the data goes as well.
    for name in ["whole", "key"] {
        case.kubectl(name, &["delete", "statefulset", "database", "--wait=true"]);
        case.kubectl(name, &["delete", "pod", "database-0", "--ignore-not-found", "--wait=true"]);
        case.kubectl(name, &["delete", "pvc", "data-database-0", "--wait=true"]);
    }
    let run = case.run(0, &[]);
    for name in ["whole", "key", "restored"] {
        assert_eq!(run.came_of(name), ("done", ""), "{name}");
    }
    assert_eq!(value(&case, "restored", "password"), password);
    assert_eq!(value(&case, "restored", "user"), "YXBw");
    for name in ["whole", "key"] {
        let made = plain(&value(&case, name, "password"));
        assert!(made.len() == 24 && made != plain(&password), "{name}");
    }
    case.assert_settled();
}

#[test]
fn a_lost_password_without_a_volume_is_made_anew() {
    let Some(case) = Case::start("volatile") else { return };
    case.sandbox("one", "values.database = true").commit("one");
    let text = std::fs::read_to_string(case.repo.path().join(TEMPLATE)).expect("the chart has it");
    let secret = text.split_inclusive("---\n").next().expect("the Secret is its first document");
    case.repo.write(TEMPLATE, &(secret.replace("---\n", "") + "{{- end }}\n"));
    case.commit("a Secret alone");
    case.run(0, &[]);
    let before = value(&case, "one", "password");
    for object in ["secret/database", "key"] {
        let remove_key =
            r#"--patch=[{"op": "remove", "path": "/data/password"}, {"op": "remove", "path": "/data/url"}]"#;
        match object {
            "key" => case.kubectl("one", &["patch", "secret/database", "--type=json", remove_key]),
            object => case.kubectl("one", &["delete", object]),
        };
        let run = case.run(0, &[]);
        assert_eq!(run.action("one"), "correct", "{:#}", run.0);
        let made = value(&case, "one", "password");
        assert!(plain(&made).len() == 24 && made != before, "{object}");
        assert!(plain(&value(&case, "one", "url")).contains(&plain(&made)), "one value in both keys");
    }
    case.assert_settled();
}

#[test]
fn a_password_that_somebody_changed_is_theirs_and_noted() {
    let Some(case) = Case::start("changed") else { return };
    case.sandbox("one", "values.database = true").commit("one");
    case.run(0, &[]);
    // "rotated by hand", base64.
    let rotated = "cm90YXRlZCBieSBoYW5k";
    case.kubectl("one", &["patch", "secret/database", &format!(r#"--patch={{"data": {{"password": "{rotated}"}}}}"#)]);
    let plan = case.plan(0, &[]);
    let notes = plan.notes("one").join("\n");
    assert!(notes.contains("password") && notes.contains("kubectl-patch") && !notes.contains("rotated"), "{notes}");
    case.assert_settled();
    case.repo.edit(TEMPLATE, "user: app", "user: another");
    case.commit("the user has another name");
    case.run(0, &[]);
    assert_eq!(value(&case, "one", "password"), rotated);
    case.assert_settled();
}

#[test]
fn a_dropped_generated_key_goes() {
    let Some(case) = Case::start("dropped") else { return };
    case.sandbox("one", "values.database = true").commit("one");
    case.run(0, &[]);
    let password = value(&case, "one", "password");
    case.repo.edit(TEMPLATE, "  url: {{ printf \"postgres://app:%s@database/app\" $password | quote }}\n", "");
    case.commit("no URL");
    case.run(0, &[]);
    assert_eq!((value(&case, "one", "password"), value(&case, "one", "url")), (password, String::new()));
    case.assert_settled();
}
