//! `reconcile doctor` on a real API server: what it says of accounts that may do all, what is needed, and nothing.

use serde_json::Value;

use super::case::Case;
use crate::plane::{ControlPlane, Rights, User};
use crate::tool::Tool;

/// What was found, by name: each status and message.
fn findings(case: &Case, user: &User, status: i32) -> Vec<(String, String, String, String)> {
    let mark = case.plane.mark();
    let tool = Tool::new(&case.repo, user);
    let text = tool.expect(status, &["doctor"]);
    let printed = tool.expect(status, &["doctor", "--format=json"]);
    assert!(case.plane.writes(mark, user).is_empty(), "it changed something");
    let value: Value = serde_json::from_str(&printed).expect("it prints JSON");
    let word = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let checks = value["checks"].as_array().expect("a list of checks");
    let found: Vec<_> =
        checks.iter().map(|c| (word(c, "name"), word(c, "status"), word(c, "message"), word(c, "remedy"))).collect();
    for (name, health, ..) in &found {
        assert!(text.contains(name) && text.contains(health), "{name} is not in {text}");
    }
    found
}

fn of<'f>(found: &'f [(String, String, String, String)], name: &str) -> Vec<(&'f str, &'f str, &'f str)> {
    let own = found.iter().filter(|(own, ..)| own == name);
    own.map(|(_, health, says, remedy)| (health.as_str(), says.as_str(), remedy.as_str())).collect()
}

#[test]
fn it_tells_what_each_account_lacks() {
    let Some(plane) = ControlPlane::start() else { return };
    let case = Case::least(plane, &plane.unique("doctor"));
    case.sandbox("one", "values.database = true").sandbox("two", "").commit("two");
    let before = findings(&case, &case.user, 0);
    assert!(of(&before, "bindings")[0].1.contains("no sandbox lives"), "{before:?}");
    case.run(0, &[]);

    let found = findings(&case, &case.user, 0);
    let wrong: Vec<_> = found.iter().filter(|(name, health, ..)| health != "ok" && name != "admission").collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let (health, says) = if plane.admits_by("ValidatingAdmissionPolicy") {
        ("ok", "a policy keeps this account to the namespaces of its fleet")
    } else {
        ("warning", "this server has no ValidatingAdmissionPolicy")
    };
    let admission = of(&found, "admission");
    assert!(admission[0].0 == health && admission[0].1.contains(says), "{found:?}");
    assert!(of(&found, "version")[0].1.contains(plane.version()), "{found:?}");
    assert!(of(&found, "bindings")[0].1.contains("each of 2 sandboxes"), "{found:?}");
    assert!(of(&found, "connection")[0].1.contains(&case.user.name), "{found:?}");

    // A binding that was lost, and a role that lacks something.
    case.kubectl("one", &["delete", "rolebinding/reconcile"]);
    let found = findings(&case, &case.user, 0);
    assert_eq!(of(&found, "bindings")[0].0, "warning", "{found:?}");
    assert!(of(&found, "bindings")[0].1.contains(&case.namespace("one")), "{found:?}");
    case.run(0, &[]);
    let role = format!("reconcile-{}-sandbox", case.id);
    let patch = r#"--patch=[{"op": "remove", "path": "/rules/0"}]"#;
    plane.must(&["patch", "clusterrole", &role, "--type=json", patch]);
    let found = findings(&case, &case.user, 1);
    let (health, says, remedy) = of(&found, "bindings")[0];
    assert!(health == "failed" && says.contains("are missing in") && remedy.contains("- {apiGroups:"), "{found:?}");

    // Nobody.
    let nobody = plane.user(Rights::Nothing);
    let found = findings(&case, &nobody, 1);
    let (health, _, remedy) = of(&found, "rights")[0];
    assert_eq!(health, "failed", "{found:?}");
    // What it prints is a role that mends it.
    let rules = remedy.split_once(":\n").expect("rules follow").1.replace('\n', "\n  ");
    let yaml = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {0}-mended}}\nrules:\n  {rules}\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: {0}-mended}}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {0}-mended}}\n\
         subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {1}}}]\n",
        case.id, nobody.name
    );
    plane.apply("test", &yaml);
    crate::wait::wait_until("RBAC knows", std::time::Duration::from_secs(30), || {
        let found = findings(&case, &nobody, 1);
        if of(&found, "rights")[0].0 == "ok" { Ok(()) } else { Err(format!("{found:?}")) }
    });
}
