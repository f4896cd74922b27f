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

/// What happens between one run and the next, and whether there is anything to do then.
type Edit = (fn(&Case), bool);

const EDITS: [Edit; 10] = [
    (|case| edit(case, &file("one"), "one:1", "one:2"), true),
    (|case| edit(case, TEMPLATE, "  user: app\n", "  user: app2\n"), true),
    // The first of two keys with one value goes, and comes back as the last.
    (|case| edit(case, TEMPLATE, "  password: {{ $password | quote }}\n  url:", "  zzz: last\n  url:"), true),
    (|case| edit(case, TEMPLATE, "  zzz: last\n", "  zzz: last\n  password: {{ $password | quote }}\n"), true),
    // Another one is made before it, at first for nobody.
    (|case| edit(case, TEMPLATE, "{{- $password :=", "{{- $admin := randAlphaNum 32 }}\n{{- $password :="), false),
    (|case| edit(case, TEMPLATE, "  zzz: last\n", "  admin: {{ $admin | quote }}\n"), true),
    // And one in a Secret whose template comes first.
    (
        |case| {
            let text =
                "apiVersion: v1\nkind: Secret\nmetadata:\n  name: aaa\nstringData:\n  token: {{ randAlphaNum 24 }}\n";
            case.repo.write("charts/app/templates/aaa.yaml", text);
        },
        true,
    ),
    // The same Secret, from a template of another name.
    (
        |case| {
            let text = std::fs::read_to_string(case.repo.path().join(TEMPLATE)).expect("the chart has it");
            case.repo.remove(TEMPLATE).write("charts/app/templates/zz-database.yaml", &text);
        },
        false,
    ),
    (|case| edit(case, "charts/app/values.yaml", "greeting: hello", "greeting: bye"), true),
    (|case| drop(case.kubectl("one", &["label", "secret/database", "reconcile.dev/fleet-"])), true),
];

fn edit(case: &Case, path: &str, from: &str, to: &str) {
    case.repo.edit(path, from, to);
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

    for (number, (edit, differs)) in EDITS.iter().enumerate() {
        edit(&case);
        case.commit(&format!("edit {number}"));
        let status = if *differs { 2 } else { 0 };
        run(&["--plan", "-v"], status);
        run(&["--plan", "--format=json", "--diff=local"], status);
        run(&["--yes", "-vv", "--timeout=240s"], 0);
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

const REMOVE_PASSWORD: &str = r#"--patch=[{"op": "remove", "path": "/data/password"}]"#;
const REMOVE_BOTH: &str =
    r#"--patch=[{"op": "remove", "path": "/data/password"}, {"op": "remove", "path": "/data/url"}]"#;

#[test]
fn a_lost_password_holds_its_sandbox_while_a_volume_lives() {
    let Some(case) = Case::start("lost") else { return };
    let names = ["whole", "keys", "restored"];
    for name in names {
        case.sandbox(name, "values.database = true");
    }
    case.commit("three databases");
    case.run(0, &[]);
    let password = value(&case, "restored", "password");
    let claims = || ["whole", "keys"].map(|name| case.field(name, "pvc/data-database-0", ".metadata.uid"));
    let before = claims();
    case.kubectl("whole", &["delete", "secret", "database"]);
    case.kubectl("restored", &["delete", "secret", "database"]);
    case.kubectl("keys", &["patch", "secret/database", "--type=json", REMOVE_BOTH]);

    // Whether something else of it changes as well makes no difference.
    for changed in [false, true] {
        if changed {
            edit(&case, TEMPLATE, "  user: app\n", "  user: app2\n");
            case.commit("another user");
        }
        let run = case.run(3, &[]);
        for name in names {
            assert_eq!(run.action(name), "held", "{name}");
            let reason = run.reason(name);
            assert!(reason.contains("Secret/database") && reason.contains("volume"), "{name}: {reason}");
            let remedy = run.sandbox(name)["remedy"].as_str().unwrap_or_default();
            assert!(remedy.contains(&case.namespace(name)), "{name}: {remedy}");
        }
        assert!(!case.has("whole", "secret/database"), "another password was made for the old volume");
        assert_eq!(value(&case, "keys", "password"), "");
        assert_eq!(claims(), before);
    }

    // The first remedy: the old value comes back, and with it what is made of it.
    let literal = format!("--from-literal=password={}", plain(&password));
    case.kubectl("restored", &["create", "secret", "generic", "database", &literal]);
    // The second: the data goes as well.
    for name in ["whole", "keys"] {
        case.kubectl(name, &["delete", "statefulset", "database", "--wait=true"]);
        case.kubectl(name, &["delete", "pod", "database-0", "--ignore-not-found", "--wait=true"]);
        case.kubectl(name, &["delete", "pvc", "data-database-0", "--wait=true"]);
    }
    let run = case.run(0, &[]);
    for name in names {
        assert_eq!(run.came_of(name), ("done", ""), "{name}");
        let made = plain(&value(&case, name, "password"));
        assert_eq!(made == plain(&password), name == "restored", "{name}");
        assert_eq!(plain(&value(&case, name, "url")), format!("postgres://app:{made}@database/app"), "{name}");
        assert_eq!(plain(&value(&case, name, "user")), "app2", "{name}");
    }
    case.assert_settled();
}

#[test]
fn a_lost_key_is_made_again_from_another_that_holds_the_same_value() {
    let Some(case) = Case::start("copy") else { return };
    case.sandbox("one", "values.database = true").commit("one");
    case.run(0, &[]);
    let before = value(&case, "one", "password");
    case.kubectl("one", &["patch", "secret/database", "--type=json", REMOVE_PASSWORD]);
    let run = case.run(0, &[]);
    assert_eq!(run.steps("one"), ["correct Secret/database"]);
    assert_eq!(value(&case, "one", "password"), before);
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
        match object {
            "key" => case.kubectl("one", &["patch", "secret/database", "--type=json", REMOVE_BOTH]),
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
