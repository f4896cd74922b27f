//! One test's fleet: repository, user, program and namespaces that no other test has.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::plan::Printed;
use crate::account::{self, Account};
use crate::fleet_repo::FleetRepo;
use crate::plane::{ControlPlane, Rights, User};
use crate::tool::{Run, Tool};

/// How long a run may wait for readiness. Ample: nothing is judged by it, a run that needs it has failed.
const PATIENCE: &str = "--timeout=240s";
/// The same for another run.
const LOCK: &str = "--lock-timeout=240s";

/// What somebody else does between a plan and its application.
pub struct Meanwhile {
    /// The sandbox that it is done to.
    pub name: &'static str,
    /// By which calls.
    pub kubectl: &'static [&'static [&'static str]],
    /// What the run has to say of it.
    pub says: &'static str,
}

/// A fleet whose charts are `app` (see `app/` beside this file) and whatever a test adds.
pub struct Case {
    /// The control plane.
    pub plane: &'static ControlPlane,
    /// The fleet's repository; nothing is committed yet.
    pub repo: FleetRepo,
    /// Who runs `reconcile`.
    pub user: User,
    tool: Tool,
    account: Option<Arc<Account>>,
    /// The fleet's id, and with a hyphen the prefix of its namespaces.
    pub id: String,
}

impl Case {
    /// A fleet with a [`Self::least`] account, or where the suite is asked to with an administrator; `None` where there is
    /// no control plane.
    pub fn start(stem: &str) -> Option<Self> {
        Self::with(stem, Rights::Admin)
    }

    /// A fleet that so many shards share; its account has the rights that these need.
    pub fn sharded(stem: &str, shards: u8) -> Option<Self> {
        let plane = ControlPlane::start()?;
        let id = plane.unique(stem);
        if !account::is_asked_for() {
            return Some(Self::of(plane, plane.user(Rights::Admin), &id));
        }
        Some(Self::with_account(plane, &id, Account::for_shards(plane, &id, shards)))
    }

    /// A fleet with an administrator, whatever the suite is asked: for tests about what other accounts may not.
    pub fn admin(stem: &str) -> Option<Self> {
        let plane = ControlPlane::start()?;
        Some(Self::of(plane, plane.user(Rights::Admin), &plane.unique(stem)))
    }

    /// A fleet whose user may do so much.
    pub fn with(stem: &str, rights: Rights) -> Option<Self> {
        let plane = ControlPlane::start()?;
        let id = plane.unique(stem);
        if rights == Rights::Admin && account::is_asked_for() {
            return Some(Self::least(plane, &id));
        }
        Some(Self::of(plane, plane.user(rights), &id))
    }

    /// A fleet whose user is a `ServiceAccount` with the rights that the chart `reconcile` gives it, and no others.
    pub fn least(plane: &'static ControlPlane, id: &str) -> Self {
        Self::with_account(plane, id, Account::new(plane, id))
    }

    fn with_account(plane: &'static ControlPlane, id: &str, account: Account) -> Self {
        let account = Arc::new(account);
        let user = account.user.clone();
        let repo = FleetRepo::new();
        let tool = Tool::new(&repo, &user);
        Self::begun(Self { plane, tool, repo, user, account: Some(account), id: id.to_owned() })
    }

    /// A fleet of this user and id.
    pub fn of(plane: &'static ControlPlane, user: User, id: &str) -> Self {
        let repo = FleetRepo::new();
        Self::begun(Self { plane, tool: Tool::new(&repo, &user), repo, user, account: None, id: id.to_owned() })
    }

    fn begun(case: Self) -> Self {
        case.settings("");
        case.repo_copy("app", "charts/app");
        case
    }

    /// Whether its user has the rights of the chart `reconcile` alone.
    pub fn is_least(&self) -> bool {
        self.account.is_some()
    }

    /// The same fleet in a clone that has its last commit alone.
    pub fn shallow(&self) -> Self {
        let repo = FleetRepo::shallow(&self.repo);
        let user = User { name: self.user.name.clone(), kubeconfig: self.user.kubeconfig.clone() };
        Self { plane: self.plane, tool: Tool::new(&repo, &user), repo, user, account: None, id: self.id.clone() }
    }

    /// Writes `fleet.toml`, with more keys (and tables) in it.
    pub fn settings(&self, more: &str) -> &Self {
        let id = &self.id;
        let account = account::setting(&self.user);
        let text = format!(
            "name = \"live\"\nid = \"{id}\"\n{account}namespace_prefix = \"{id}-\"\ndefaults.chart = \"app\"\n\
             defaults.ttl = \"never\"\nnamespace.labels.\"pod-security.kubernetes.io/enforce\" = \"restricted\"\n{more}\n"
        );
        let limits = if more.contains("limits") { "" } else { "[limits]\nmax_sandboxes = 50\n" };
        self.repo.write("sandboxes/fleet.toml", &(text + limits));
        self
    }

    /// Copies a folder beside this file into the repository.
    pub fn repo_copy(&self, from: &str, to: &str) -> &Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/live").join(from);
        for file in files_below(&from) {
            let text = fs::read_to_string(from.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            self.repo.write(&format!("{to}/{file}"), &text);
        }
        self
    }

    /// Writes a sandbox's file: image `registry.example.com/NAME:1`, and more keys. Without a database unless `more`
    /// asks for one: volumes take time.
    pub fn sandbox(&self, name: &str, more: &str) -> &Self {
        let database = if more.contains("database") { "" } else { "values.database = false\n" };
        let text = format!("branch = \"{name}\"\nimage = \"registry.example.com/{name}:1\"\n{database}{more}\n");
        self.repo.write(&file(name), &text);
        self
    }

    /// Commits everything now.
    pub fn commit(&self, message: &str) -> String {
        self.commit_ago(message, 0)
    }

    /// Commits everything at a time ago.
    pub fn commit_ago(&self, message: &str, hours: i64) -> String {
        let commit = self.repo.commit(message, Timestamp::now() - SignedDuration::from_hours(hours));
        if let Some(account) = &self.account {
            account.follow(self.repo.path());
        }
        commit
    }

    /// A sandbox's namespace.
    pub fn namespace(&self, name: &str) -> String {
        format!("{}-{name}", self.id)
    }

    /// Plans and applies; the exit status must be this one.
    pub fn run(&self, status: i32, more: &[&str]) -> Printed {
        Printed::read(&self.tool.expect(status, &applying(more)))
    }

    /// Plans; the exit status must be this one.
    pub fn plan(&self, status: i32, more: &[&str]) -> Printed {
        Printed::read(&self.tool.expect(status, &[&["--plan", "--format=json"], more].concat()))
    }

    /// Runs it as it is called here.
    pub fn tool(&self) -> &Tool {
        &self.tool
    }

    /// Starts a run that plans and applies.
    pub fn start_run(&self) -> Child {
        self.tool.start(&applying(&[]))
    }

    /// The end of a run that was started, which must be one of these.
    pub fn end_of(run: Child, allowed: &[i32]) -> Printed {
        let run = Run::of(run);
        assert!(allowed.contains(&run.status), "{run:?}");
        Printed::read(&run.stdout)
    }

    /// Asserts that nothing is left to do, and that a further run writes nothing at all.
    pub fn assert_settled(&self) {
        let plan = self.plan(0, &[]);
        assert!(plan.is_empty(), "{:#}", plan.0);
        let mark = self.plane.mark();
        self.run(0, &[]);
        let writes = self.plane.writes(mark, &self.user);
        assert!(writes.is_empty(), "{writes:#?}");
    }

    /// kubectl in a sandbox's namespace, which must succeed.
    pub fn kubectl(&self, name: &str, args: &[&str]) -> String {
        let namespace = format!("--namespace={}", self.namespace(name));
        self.plane.must(&[&[namespace.as_str()], args].concat())
    }

    /// A field of an object (`deployment/web`) by its JSON path, as text.
    pub fn field(&self, name: &str, object: &str, path: &str) -> String {
        self.kubectl(name, &["get", object, &format!("--output=jsonpath={{{path}}}")])
    }

    /// Whether an object is there.
    pub fn has(&self, name: &str, object: &str) -> bool {
        !self.kubectl(name, &["get", object, "--ignore-not-found", "--output=name"]).is_empty()
    }

    /// Whether a sandbox's namespace is there, perhaps on its way out.
    pub fn has_namespace(&self, name: &str) -> bool {
        let namespace = format!("namespace/{}", self.namespace(name));
        !self.plane.must(&["get", &namespace, "--ignore-not-found", "--output=name"]).is_empty()
    }

    /// Whether a sandbox's namespace is there and not on its way out.
    pub fn lives(&self, name: &str) -> bool {
        let namespace = format!("namespace/{}", self.namespace(name));
        let path = "--output=jsonpath={.status.phase}";
        self.plane.must(&["get", &namespace, "--ignore-not-found", path]) == "Active"
    }

    /// What tells one state of a sandbox from another: the uid of each object, and its version, or where the cluster
    /// itself keeps a status its generation.
    pub fn state(&self, name: &str) -> String {
        let columns = |last: &str| format!("--output=custom-columns=:kind,:metadata.name,:metadata.uid{last}");
        let [version, generation, uid] = [",:metadata.resourceVersion", ",:metadata.generation", ""].map(columns);
        let quiet = "configmaps,secrets,services,serviceaccounts,networkpolicies";
        [
            self.plane.must(&["get", "namespace", &self.namespace(name), &version]),
            self.kubectl(name, &["get", quiet, &version]),
            self.kubectl(name, &["get", "deployments,statefulsets", &generation]),
            self.kubectl(name, &["get", "resourcequotas,persistentvolumeclaims", &uid]),
        ]
        .concat()
    }
}

/// The path of a sandbox's file.
pub fn file(name: &str) -> String {
    format!("sandboxes/{name}.toml")
}

/// The arguments of a run that applies.
pub fn applying<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["--yes", "--format=json"];
    if !more.iter().any(|arg| arg.starts_with("--timeout")) {
        args.push(PATIENCE);
    }
    if !more.iter().any(|arg| arg.starts_with("--lock-timeout")) {
        args.push(LOCK);
    }
    args.extend(more);
    args
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let entry = entry.expect("a readable entry");
        let name = entry.file_name().into_string().expect("our own names are UTF-8");
        if entry.path().is_dir() {
            files.extend(files_below(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            files.push(name);
        }
    }
    files
}
