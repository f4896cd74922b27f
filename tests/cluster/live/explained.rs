//! Each line says why: who changed what from which value to which, and which commit asked for it.

use serde_json::Value;

use super::case::Case;

/// One change by somebody else, and how it is told.
struct Told {
    /// The sandbox's name.
    name: &'static str,
    /// What somebody else does.
    kubectl: &'static [&'static str],
    /// The object, and the end of the field's path.
    place: [&'static str; 2],
    /// The field manager's name begins so; empty where nobody owns the field any more.
    manager: &'static str,
    /// What is declared, and what is found; empty where it is gone.
    values: [&'static str; 2],
}

const TOLD: &[Told] = &[
    Told {
        name: "replicas",
        kubectl: &["scale", "deployment/web", "--replicas=3"],
        place: ["Deployment/web", ".spec.replicas"],
        manager: "kubectl",
        values: ["2", "3"],
    },
    Told {
        name: "image",
        kubectl: &["set", "image", "deployment/web", "web=example.com/other:1"],
        place: ["Deployment/web", "].image"],
        manager: "kubectl-set",
        values: ["registry.example.com/image:1", "example.com/other:1"],
    },
    Told {
        name: "level",
        kubectl: &["set", "env", "deployment/web", "LEVEL=debug"],
        place: ["Deployment/web", r#".env[name="LEVEL"].value"#],
        manager: "kubectl-set",
        values: ["info", "debug"],
    },
    Told {
        name: "greeting",
        kubectl: &["patch", "configmap/settings", r#"--patch={"data": {"greeting": "good\nbye"}}"#],
        place: ["ConfigMap/settings", ".data.greeting"],
        manager: "kubectl-patch",
        values: ["hello", "2 lines"],
    },
    Told {
        name: "gone",
        kubectl: &[
            "patch",
            "configmap/settings",
            "--type=json",
            r#"--patch=[{"op": "remove", "path": "/data/greeting"}]"#,
        ],
        place: ["ConfigMap/settings", ".data.greeting"],
        manager: "",
        values: ["hello", ""],
    },
];

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn each_drift_names_who_changed_it_when_and_from_what_to_what() {
    let Some(case) = Case::start("explained") else { return };
    for told in TOLD {
        case.sandbox(told.name, "");
    }
    case.sandbox("secret", "values.database = true").commit("a sandbox for each change");
    case.run(0, &["--timeout=0s"]);
    for told in TOLD {
        case.kubectl(told.name, told.kubectl);
    }
    case.kubectl("secret", &["patch", "secret/database", r#"--patch={"data": {"user": "bWFsbG9yeQ=="}}"#]);
    let plan = case.plan(2, &[]);
    for told in TOLD {
        let [object, path] = told.place;
        let step = plan.step(told.name, object);
        let drift = step["drift"].as_array().and_then(|drift| drift.iter().find(|d| text(&d["path"]).ends_with(path)));
        let drift = drift.unwrap_or_else(|| panic!("{}: {step:#}", told.name));
        assert_eq!([text(&drift["wanted"]), text(&drift["found"])], told.values, "{}", told.name);
        assert!(text(&drift["manager"]).starts_with(told.manager), "{drift:#}");
        assert_eq!(drift["manager"].is_null(), told.manager.is_empty(), "{drift:#}");
        // Of what came through the scale subresource the API server keeps no time.
        let has_no_time = told.manager.is_empty() || told.kubectl.contains(&"scale");
        assert_eq!(drift["time"].is_null(), has_no_time, "{drift:#}");
        let reason = text(&step["reason"]);
        let said = match told.values {
            [_, ""] => "was removed, by whom is not recorded".to_owned(),
            [wanted, found] => format!("{wanted} → {found}"),
        };
        assert!(reason.contains(&said), "{reason}");
    }
    let step = plan.step("secret", "Secret/database");
    let (wanted, found) = (text(&step["drift"][0]["wanted"]), text(&step["drift"][0]["found"]));
    assert!(wanted.starts_with("<hidden ") && found.starts_with("<hidden ") && wanted != found, "{step:#}");
}

#[test]
fn why_tells_the_story_and_writes_nothing() {
    let Some(case) = Case::start("story") else { return };
    case.sandbox("one", "ttl = \"3d\"").commit("sandbox one");
    case.run(0, &[]);
    case.kubectl("one", &["scale", "deployment/web", "--replicas=5"]);
    let mark = case.plane.mark();
    let story: Value = serde_json::from_str(&case.tool().expect(0, &["why", "one", "--format=json"])).expect("JSON");
    assert_eq!(story["live"]["state"], "lives");
    let uid = case.field("one", &format!("namespace/{}", case.namespace("one")), ".metadata.uid");
    assert_eq!(story["live"]["uid"], uid);
    assert_eq!(story["live"]["differing"][0]["object"], "Deployment/web");
    assert_eq!(story["desired"]["cause"]["path"], "sandboxes/one.toml");
    assert_eq!(story["next"][0]["action"], "correct");
    assert_eq!(story["next"][1]["action"], "expire");
    assert_eq!(story["next"][1]["at"], story["expiry"]["at"]);
    let writes = case.plane.writes(mark, &case.user);
    assert!(writes.is_empty(), "{writes:#?}");
    let text = case.tool().expect(0, &["why", "one"]);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    case.tool().expect(64, &["why", "nobody"]);
}
