//! The charts of this repository, as a user's sandboxes: every pod meets `restricted` and fits the quota.

use super::case::{Case, file};

#[test]
fn our_own_charts_install_become_ready_and_settle() {
    let Some(case) = Case::start("charts") else { return };
    case.repo.copy("charts/odoo-dev-sandbox").copy("charts/preview-app");
    case.settings("domain = \"sandboxes.example.com\"\naccess.groups = [\"developers\"]");
    let odoo = "chart = \"odoo-dev-sandbox\"\nvalues.database = true";
    case.repo.write(&file("plain"), "branch = \"plain\"\nimage = \"odoo:18.0\"\nchart = \"odoo-dev-sandbox\"\n");
    case.repo.write(
        &file("full"),
        "branch = \"full\"\nimage = \"odoo:18.0\"\nchart = \"odoo-dev-sandbox\"\nprofile = \"ci\"\n\
         values.pgadmin.enabled = true\nvalues.code.addon = \"website\"\nvalues.odoo.workers = 2\n",
    );
    case.repo.write(&file("preview"), "branch = \"p\"\nimage = \"nginx:1\"\nchart = \"preview-app\"\n");
    let _ = odoo;
    case.commit("both charts");
    let run = case.run(0, &[]);
    for (name, claims) in [("plain", 2), ("full", 3), ("preview", 0)] {
        assert_eq!(run.came_of(name), ("done", ""), "{name}");
        let ready = case.field(name, "pods", ".items[*].status.conditions[?(@.type==\"Ready\")].status");
        assert!(!ready.is_empty() && ready.split(' ').all(|status| status == "True"), "{name}: {ready}");
        let bound = case.field(name, "pvc", ".items[*].status.phase");
        assert!(bound.split_whitespace().all(|phase| phase == "Bound"), "{name}: {bound}");
        assert!(bound.split_whitespace().count() >= claims.min(2), "{name}: {bound}");
        let refused = case.field(name, "events", ".items[?(@.type==\"Warning\")].message");
        assert!(!refused.contains("forbidden"), "{name}: {refused}");
        let quota = case.field(name, "resourcequota", ".items[*].status.used");
        assert!(quota.contains("pods"), "{name}: {quota}");
    }
    case.assert_settled();

    // An update runs beside what it replaces, or after it, within the quota.
    case.repo.edit(&file("full"), "odoo:18.0", "odoo:18.0-20990101").edit(&file("preview"), "nginx:1", "nginx:2");
    case.commit("new images");
    let run = case.run(0, &[]);
    assert_eq!((run.came_of("full").0, run.came_of("preview").0, run.action("plain")), ("done", "done", "keep"));
    case.assert_settled();
}
