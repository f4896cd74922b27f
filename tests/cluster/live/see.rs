//! What people see of sandboxes: lists, and how one is.

use serde_json::Value;

use super::case::{Case, file};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON ({error}): {text}"))
}

/// The words of `list`, by name: state and what is ready.
fn listed(case: &Case) -> Vec<(String, String, Value)> {
    let list = json(&case.tool().expect(0, &["list", "--format=json"]));
    let line = |one: &Value| {
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        (text("name"), text("state"), one["ready"].clone())
    };
    list["sandboxes"].as_array().expect("a list").iter().map(line).collect()
}

#[test]
fn a_list_joins_git_with_what_lives_and_its_requests_do_not_grow() {
    let Some(case) = Case::start("listed") else { return };
    case.sandbox("one", "values.database = true").commit("one");
    case.run(0, &[]);
    let requests = || {
        let mark = case.plane.mark();
        case.tool().expect(0, &["list"]);
        let all = case.plane.requests(mark, &case.user).into_iter();
        let mut asked: Vec<String> =
            all.map(|request| format!("{} {}", request.verb, request.object_ref.resource)).collect();
        asked.sort();
        asked
    };
    let of_one = requests();
    assert_eq!(of_one, ["list deployments", "list namespaces", "list statefulsets"]);
    for name in ["two", "three", "goes"] {
        case.sandbox(name, "owner = \"ada\"");
    }
    case.commit("three more");
    case.run(0, &[]);
    assert_eq!(requests(), of_one);

    case.repo.remove(&file("goes")).edit(&file("two"), "two:1", "two:2");
    case.sandbox("new", "").commit("changes");
    case.kubectl("one", &["scale", "deployment/web", "--replicas=0"]);
    let all = listed(&case);
    let states: Vec<(&str, &str)> = all.iter().map(|(name, state, _)| (name.as_str(), state.as_str())).collect();
    let expected = [("goes", "remove"), ("new", "create"), ("one", "lives"), ("three", "lives"), ("two", "update")];
    assert_eq!(states, expected);
    assert_eq!(all[2].2, serde_json::json!({"ready": 2, "wanted": 2}));
    assert_eq!(all[1].2, Value::Null, "it does not live");

    let mine = case.tool().run(&["list", "--mine"]);
    assert_eq!(mine.status, 1, "{mine:?}");
    assert!(mine.stderr.contains("git config --global reconcile.owner"), "{mine:?}");
}

#[test]
fn a_status_tells_services_pods_volumes_quota_and_events() {
    let Some(case) = Case::start("status") else { return };
    case.sandbox("one", "owner = \"ada\"\nvalues.database = true").commit("one");
    case.run(0, &[]);
    let mark = case.plane.mark();
    let status = json(&case.tool().expect(0, &["status", "one", "--format=json"]));
    assert!(case.plane.writes(mark, &case.user).is_empty());
    assert_eq!((&status["state"], &status["healthy"]), (&Value::from("lives"), &Value::from(true)), "{status:#}");
    assert_eq!(status["namespace"], case.namespace("one"));
    assert_eq!(status["generation"]["as_planned"], true);
    assert_eq!((&status["branch"], &status["owner"]), (&Value::from("one"), &Value::from("ada")));
    let services = status["services"].as_array().expect("a list");
    let services: Vec<(&str, &str)> =
        services.iter().filter_map(|one| Some((one["name"].as_str()?, one["health"].as_str()?))).collect();
    assert_eq!(services, [("database", "ready"), ("web", "ready")]);
    assert_eq!(status["pods"].as_array().map(Vec::len), Some(3));
    assert_eq!(status["volumes"][0]["phase"], "Bound");
    let quota = status["quota"].as_array().expect("a list");
    assert!(quota.iter().any(|line| line["used"] != "0" && line["hard"] != "0"), "{quota:?}");
    assert!(!status["events"].as_array().expect("a list").is_empty());

    // As a person reads it, in a terminal's width; and of one that does not come up, why.
    case.repo.edit(&file("one"), "one:1", "no-such-image:1");
    case.commit("an image that is not there");
    case.run(4, &["--timeout=5s", "--keep-failed"]);
    case.kubectl("one", &["set", "image", "deployment/web", "web=registry.example.com/no-such-image:2"]);
    crate::wait::wait_until("a pod cannot be pulled", std::time::Duration::from_secs(60), || {
        let text = case.tool().expect(0, &["status", "one"]);
        assert!(text.lines().all(|line| line.chars().count() <= 80 || !line.trim().contains(' ')), "{text}");
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let says_why = line.contains("container web: ImagePullBackOff: Back-off pulling image");
        if says_why && line.contains("web waiting 1 of 2 replicas updated") { Ok(()) } else { Err(text) }
    });
    case.tool().expect(64, &["status", "oen"]);
}

#[test]
fn an_account_that_sees_one_namespace_is_told_what_it_may_see() {
    let Some(case) = Case::admin("narrow") else { return };
    case.sandbox("one", "").commit("one");
    case.run(0, &[]);
    let user = case.plane.user(crate::plane::Rights::Nothing);
    case.kubectl("one", &["create", "role", "looks", "--verb=get,list", "--resource=pods,events,deployments"]);
    case.kubectl("one", &["create", "rolebinding", "looks", "--role=looks", &format!("--user={}", user.name)]);
    let tool = crate::tool::Tool::new(&case.repo, &user);
    let run = tool.run(&["status", "one", "--format=json"]);
    assert_eq!(run.status, 1, "{run:?}");
    let status = json(&run.stdout);
    assert_eq!((&status["state"], &status["healthy"]), (&Value::from("unknown"), &Value::Null));
    assert_eq!(status["services"][0]["name"], "web");
    let unread = status["unread"].to_string();
    assert!(unread.contains("list resourcequotas") && unread.contains("a Role in"), "{unread}");
    let list = tool.run(&["list"]);
    assert_eq!(list.status, 1, "{list:?}");
    assert!(list.stdout.contains("unknown") && list.stderr.contains("list namespaces"), "{list:?}");
}
