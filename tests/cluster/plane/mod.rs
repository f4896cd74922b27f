//! A real control plane, once per test process: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, and
//! kwok in the place of the kubelet, whose pods become Ready but run nothing.

mod keeper;
mod listener;
mod parts;
mod users;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::audit::{self, Mark, Request};
use crate::binaries;
use crate::gate;
use keeper::Keeper;
use parts::Layout;
use users::Users;
pub use users::{Rights, User};

/// Ample for a busy machine of two cores; a quiet one boots in a tenth of it.
const BOOT: Duration = Duration::from_secs(120);

/// A running control plane. Tests share it: each takes users, fleet ids and namespaces of its own.
pub struct ControlPlane {
    layout: Layout,
    users: Mutex<Users>,
    harness: User,
    serial: AtomicUsize,
    /// How long it took from nothing to a Ready node.
    pub booted_in: Duration,
    keeper: Mutex<Keeper>,
    version: OnceLock<String>,
    admission: OnceLock<String>,
}

impl ControlPlane {
    /// The control plane of this test process, booted by the first test that asks. `None` where its programs cannot be
    /// had: the test then returns, and the reason has been printed (see [`binaries::folder`]).
    ///
    /// # Panics
    /// When it does not boot.
    pub fn start() -> Option<&'static Self> {
        // The failure is kept as well: the tests after the first are not to boot three times each.
        static PLANE: OnceLock<Result<Option<ControlPlane>, String>> = OnceLock::new();
        match PLANE.get_or_init(Self::booted) {
            Ok(plane) => plane.as_ref(),
            Err(reason) => panic!("the control plane did not boot: {reason}"),
        }
    }

    /// One of its own for a test that is no good for others: it ends with the test process.
    ///
    /// # Panics
    /// When it does not boot.
    pub fn alone() -> Option<&'static Self> {
        let plane = Self::booted().unwrap_or_else(|reason| panic!("the control plane did not boot: {reason}"));
        plane.map(|plane| &*Box::leak(Box::new(plane)))
    }

    fn booted() -> Result<Option<Self>, String> {
        let Some(binaries) = binaries::folder() else {
            return Ok(None);
        };
        let mut last = String::new();
        // A port that was free may be taken by the time a server binds it.
        for _ in 0..3 {
            match Self::boot(binaries) {
                Ok(plane) => return Ok(Some(plane)),
                Err(reason) => last = reason,
            }
        }
        Err(last)
    }

    /// Kills the process of a part (`kube-apiserver` or `etcd`), and waits until it is gone.
    pub fn kill(&self, part: &str) {
        let process = fs::read_to_string(self.layout.folder.join(format!("{part}.pid"))).expect("it was started");
        let process: i32 = process.trim().parse().expect("a process id");
        let process = rustix::process::Pid::from_raw(process).expect("a process id");
        rustix::process::kill_process(process, rustix::process::Signal::KILL).expect("it runs");
        let exit = self.layout.folder.join(format!("{part}.exit"));
        crate::wait::wait_until("it is gone", BOOT, || if exit.exists() { Ok(()) } else { Err(String::new()) });
        // That it ended is no surprise.
        fs::remove_file(exit).expect("it was written");
    }

    /// Starts a part that was killed, over what it has left on the disk.
    ///
    /// # Panics
    /// When the API server does not answer again.
    pub fn revive(&self, part: &str) {
        let again = match part {
            "etcd" => parts::etcd(&self.layout),
            _ => parts::api_server(&self.layout),
        };
        self.keeper().run(again.name, &again.program, &again.flags).expect("the keeper lives as long as this process");
        self.await_answer(Instant::now() + BOOT, &["get", "--raw", "/readyz"]).expect("it answers again");
    }

    fn boot(binaries: &Path) -> Result<Self, String> {
        let started = Instant::now();
        let words = |error: std::io::Error| error.to_string();
        let folder = tempfile::Builder::new().prefix("reconcile-cluster-").tempdir().map_err(words)?.keep();
        let mut keeper = Keeper::start(&folder).map_err(words)?;
        let mut layout = Layout::new(binaries, &folder).map_err(words)?;
        layout.inside_port = listener::listen().map_err(words)?;
        let mut users = Users::new(&layout.server, &folder);
        parts::write_files(&layout, &mut users).map_err(words)?;
        let harness = users.take(Rights::Admin).map_err(words)?;

        for part in [parts::etcd(&layout), parts::api_server(&layout)] {
            keeper.run(part.name, &part.program, &part.flags).map_err(words)?;
        }
        let mut plane = Self {
            users: Mutex::new(users),
            harness,
            serial: AtomicUsize::new(0),
            booted_in: Duration::ZERO,
            layout,
            keeper: Mutex::new(keeper),
            version: OnceLock::new(),
            admission: OnceLock::new(),
        };
        let limit = started + BOOT;
        plane.await_answer(limit, &["get", "--raw", "/readyz"])?;

        let later =
            [parts::controller_manager(&plane.layout), parts::scheduler(&plane.layout), parts::kwok(&plane.layout)];
        for part in later {
            plane.keeper().run(part.name, &part.program, &part.flags).map_err(words)?;
        }
        let first_objects = plane.layout.folder.join(parts::FIRST_OBJECTS);
        plane.await_answer(limit, &["apply", "--server-side", "-f", &first_objects.display().to_string()])?;
        plane.await_answer(limit, &["wait", "--for=condition=Ready", "node", "--all", "--timeout=5s"])?;
        // Pods are refused until their namespace has it.
        plane.await_answer(limit, &["get", "serviceaccount", "default", "--namespace=default"])?;
        plane.booted_in = started.elapsed();
        Ok(plane)
    }

    fn await_answer(&self, limit: Instant, args: &[&str]) -> Result<(), String> {
        loop {
            let output = self.kubectl(args);
            if output.status.success() {
                return Ok(());
            }
            if let Some(end) = self.keeper().ended() {
                return Err(end);
            }
            if Instant::now() > limit {
                let answer = String::from_utf8_lossy(&output.stderr).into_owned();
                return Err(format!("kubectl {args:?}: {answer}\n{}", self.keeper().logs()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn keeper(&self) -> MutexGuard<'_, Keeper> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's version, such as `v1.36.3`.
    pub fn version(&self) -> &str {
        self.version.get_or_init(|| {
            let answer: serde_json::Value =
                serde_json::from_str(&self.must(&["get", "--raw", "/version"])).expect("it answers in JSON");
            answer["gitVersion"].as_str().expect("it has a version").to_owned()
        })
    }

    /// Whether the server has a kind of admission, such as `ValidatingAdmissionPolicy` (from 1.30 on).
    pub fn admits_by(&self, kind: &str) -> bool {
        let kinds =
            self.admission.get_or_init(|| self.must(&["get", "--raw", "/apis/admissionregistration.k8s.io/v1"]));
        kinds.contains(&format!("\"{kind}\""))
    }

    /// Says what cannot be tried on this server, past the capture of test output.
    pub fn left_out(&self, what: &str) {
        let _ = writeln!(std::io::stderr(), "LEFT OUT on Kubernetes {}: {what}", self.version());
    }

    /// Starts `kubectl proxy` as a user, and returns its port, once it listens there.
    pub fn start_proxy(&self, user: &User) -> u16 {
        let port = keeper::free_port().expect("a loopback port is free");
        let flags =
            ["proxy".to_owned(), format!("--port={port}"), format!("--kubeconfig={}", user.kubeconfig.display())];
        let name = self.unique("proxy");
        let started = self.keeper().run(&name, &self.program("kubectl"), &flags);
        started.expect("the keeper lives as long as this process");
        gate::await_port(port);
        port
    }

    /// A user nobody else has, so that a test finds its own requests in the audit log.
    pub fn user(&self, rights: Rights) -> User {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.take(rights).expect("the kubeconfig can be written")
    }

    /// A `ServiceAccount` that is there already, by a token of its own.
    pub fn account(&self, namespace: &str, name: &str) -> User {
        let token = self.must(&["create", "token", name, "--namespace", namespace, "--duration=24h"]);
        let users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let kubeconfig = users.write_kubeconfig(&format!("{namespace}-{name}"), token.trim());
        let kubeconfig = kubeconfig.expect("the kubeconfig can be written");
        User { name: format!("system:serviceaccount:{namespace}:{name}"), kubeconfig }
    }

    /// `stem-N`, for fleets and namespaces: unique in this control plane, a DNS label where the stem is one.
    pub fn unique(&self, stem: &str) -> String {
        format!("{stem}-{}", self.serial.fetch_add(1, Ordering::Relaxed))
    }

    /// The program `name` of the folder that `tests/cluster/build` made, such as `helm`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.layout.binaries.join(name)
    }

    /// Adds a line to the log of a pod of this name (see `parts::WRITE`), as a container runtime writes it; `before` for
    /// that of the container before the last restart.
    pub fn writes_log(&self, pod: &str, line: &str, before: bool) {
        let ending = if before { "previous.log" } else { "log" };
        let file = self.layout.folder.join(parts::LOGS).join(format!("{pod}.{ending}"));
        let mut log = fs::OpenOptions::new().append(true).open(file).expect("one of those that have a log");
        let now = jiff::Timestamp::now();
        writeln!(log, "{} stdout F {line}", now.strftime("%Y-%m-%dT%H:%M:%S%.9fZ")).expect("the log can be written");
    }

    /// Where a program runs that is executed in a pod.
    pub fn files(&self) -> PathBuf {
        self.layout.folder.join(parts::FILES)
    }

    /// The kubeconfig of the harness.
    pub fn kubeconfig(&self) -> &Path {
        &self.harness.kubeconfig
    }

    /// kubectl as the harness, whose requests no test counts.
    pub fn kubectl(&self, args: &[&str]) -> Output {
        self.kubectl_as(&self.harness, args).stdin(Stdio::null()).output().expect("kubectl starts")
    }

    /// kubectl's output, for what has to succeed.
    ///
    /// # Panics
    /// Where it does not.
    pub fn must(&self, args: &[&str]) -> String {
        let output = self.kubectl(args);
        assert!(output.status.success(), "kubectl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("kubectl writes UTF-8")
    }

    /// `kubectl apply` of YAML text, by server-side apply under the given field manager.
    ///
    /// # Panics
    /// Where it does not succeed.
    pub fn apply(&self, manager: &str, yaml: &str) {
        let file = self.layout.folder.join(self.unique("apply")).with_extension("yaml");
        // Older ones take what begins with a brace for JSON.
        fs::write(&file, format!("---\n{yaml}")).expect("the manifest can be written");
        let manager = format!("--field-manager={manager}");
        self.must(&["apply", "--server-side", "--force-conflicts", &manager, "-f", &file.display().to_string()]);
    }

    /// An object as the API server has it.
    ///
    /// # Panics
    /// Where there is none.
    pub fn object(&self, kind: &str, namespace: &str, name: &str) -> serde_json::Value {
        let text = self.must(&["get", kind, name, "--namespace", namespace, "--output=json", "--show-managed-fields"]);
        serde_json::from_str(&text).expect("kubectl writes JSON")
    }

    /// kubectl as someone, to be given more and started.
    pub fn kubectl_as(&self, user: &User, args: &[&str]) -> Command {
        let mut command = Command::new(self.program("kubectl"));
        command
            .args(args)
            .env("KUBECONFIG", &user.kubeconfig)
            .env("KUBECACHEDIR", self.layout.folder.join("kubectl-cache"));
        command
    }

    /// Now, in the audit log.
    pub fn mark(&self) -> Mark {
        audit::end_of(&self.layout.audit_log()).expect("the audit log can be read")
    }

    /// What a user asked since a mark, in the order of the answers.
    pub fn requests(&self, mark: Mark, user: &User) -> Vec<Request> {
        // The server logs a request before it ends the answer, so a request made and answered now comes last.
        let sentinel = format!("/version?sentinel={}", self.unique("audit"));
        self.must(&["get", "--raw", &sentinel]);
        let all = crate::wait::wait_until("the sentinel is in the audit log", Duration::from_secs(10), || {
            let all = audit::since(&self.layout.audit_log(), mark).map_err(|error| error.to_string())?;
            let seen = all.iter().any(|request| request.uri == sentinel);
            if seen { Ok(all) } else { Err(format!("{} requests without it", all.len())) }
        });
        all.into_iter().filter(|request| request.user.username == user.name).collect()
    }

    /// Those of a user's requests since a mark that could have changed something.
    pub fn writes(&self, mark: Mark, user: &User) -> Vec<Request> {
        let mut requests = self.requests(mark, user);
        requests.retain(Request::is_write);
        requests
    }
}
