//! The `ServiceAccount` that the chart `charts/reconcile` makes, with the rights that it gives it: what a fleet has that
//! runs in its cluster. The whole live suite runs as such accounts; `RECONCILE_TEST_ACCOUNT=admin` runs it as
//! administrators.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::plane::{ControlPlane, User};
use crate::wait::wait_until;

/// The namespace that the chart is installed in.
pub const NAMESPACE: &str = "reconcile-system";
/// What else the chart has to be told.
const MORE: [&str; 3] = [
    "--set=repository.url=https://git.example.com/sandboxes.git",
    "--set=image.repository=registry.example.com/reconcile",
    "--set=suspend=true",
];
/// What helm sees of a server that has admission policies.
const POLICIES: &str = "--api-versions=admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy";

/// Whether the live suite runs as such accounts.
pub fn is_asked_for() -> bool {
    std::env::var("RECONCILE_TEST_ACCOUNT").map_or(true, |account| account != "admin")
}

/// What `fleet.toml` says of a user that is such an account.
pub fn setting(user: &User) -> String {
    let account = user.name.strip_prefix("system:serviceaccount:").and_then(|name| name.split_once(':'));
    account.map(|(namespace, name)| format!("service_account = \"{namespace}/{name}\"\n")).unwrap_or_default()
}

/// One fleet's account.
pub struct Account {
    plane: &'static ControlPlane,
    /// As whom it talks to the API server.
    pub user: User,
    /// How many shards it is for.
    shards: Option<u8>,
    /// The rights that it has, as they were printed.
    rights: Mutex<String>,
}

impl Account {
    /// The account of a fleet, which may do nothing yet.
    pub fn new(plane: &'static ControlPlane, id: &str) -> Self {
        let name = format!("account-{id}");
        for what in [vec!["namespace", NAMESPACE], vec!["serviceaccount", &name, "--namespace", NAMESPACE]] {
            let made = plane.kubectl(&[&["create"], what.as_slice()].concat());
            let said = String::from_utf8_lossy(&made.stderr);
            assert!(made.status.success() || said.contains("already exists"), "{what:?}: {said}");
        }
        Self { plane, user: plane.account(NAMESPACE, &name), shards: None, rights: Mutex::default() }
    }

    /// The same for a fleet that so many shards share.
    pub fn for_shards(plane: &'static ControlPlane, id: &str, shards: u8) -> Self {
        Self { shards: Some(shards), ..Self::new(plane, id) }
    }

    /// Installs the chart with the rights that the repository's head needs, where they are others than before: what
    /// whoever runs a fleet does when its charts make something new.
    pub fn follow(&self, repo: &Path) {
        let mut rights = self.rights.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = rights.is_empty();
        let Some(values) = self.needed(repo, is_first).filter(|values| *values != *rights) else { return };
        let manifests = self.template(&values);
        self.plane.apply("helm", &manifests);
        *rights = values;
        // The server hears of them a moment later.
        wait_until("the account has its rights", Duration::from_secs(60), || {
            let asked = self.plane.kubectl_as(&self.user, &["auth", "can-i", "list", "namespaces"]).output();
            if asked.is_ok_and(|asked| asked.status.success()) { Ok(()) } else { Err("it may not".to_owned()) }
        });
    }

    /// The chart's values for a repository.
    pub fn values(&self, repo: &Path) -> String {
        self.needed(repo, false).expect("all that it needs can be told")
    }

    /// The chart's values, as `reconcile rbac` makes them. Whoever prepares this is an administrator. `None` where not
    /// all of them can be told, unless any will do.
    fn needed(&self, repo: &Path, any: bool) -> Option<String> {
        let output = Command::new(env!("CARGO_BIN_EXE_reconcile"))
            .args(["rbac", "--format=values", "--live"])
            .args(self.shards.map(|shards| format!("--shards={shards}")))
            .current_dir(repo)
            .env("KUBECONFIG", self.plane.kubeconfig())
            .output()
            .expect("the binary starts");
        // A sandbox that does not render needs nothing.
        assert!(matches!(output.status.code(), Some(0 | 1 | 4)), "reconcile rbac: {}", said(&output));
        // Nor does whoever runs it take rights away because a server of an API group does not answer.
        let words = said(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        let is_made = output.status.code() != Some(1) && (any || !words.contains("is left out"));
        is_made.then(|| String::from_utf8(output.stdout).expect("reconcile writes UTF-8"))
    }

    /// The chart as helm renders it for this server.
    fn template(&self, values: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("rbac.yaml");
        fs::write(&file, values).expect("the values can be written");
        let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/reconcile");
        let output = Command::new(self.plane.program("helm"))
            .args(["template", self.user.name.rsplit(':').next().unwrap_or_default()])
            .arg(chart)
            .args(["--namespace", NAMESPACE])
            .arg("--values")
            .arg(&file)
            .args(MORE)
            .args(self.plane.admits_by("ValidatingAdmissionPolicy").then_some(POLICIES))
            .args(["--kube-version", self.plane.version()])
            .stdin(Stdio::null())
            .output()
            .expect("helm starts");
        assert!(output.status.success(), "helm template: {}", said(&output));
        String::from_utf8(output.stdout).expect("helm writes UTF-8")
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
