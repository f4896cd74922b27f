//! The node, as the scripts of this folder boot it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::report::Report;
use crate::run::{Run, run};
use crate::wait::wait_until;

/// This machine's end of the wire: for the node the world outside.
pub const OUTSIDE: &str = "203.0.113.1";
/// The node's end, where the ingress controller answers on port 80.
pub const NODE: &str = "203.0.113.2";
/// A private address of this machine, which the chart's egress leaves out.
pub const PRIVATE: &str = "10.255.77.1";

/// A node that runs.
pub struct Node {
    state: PathBuf,
    kubectl: PathBuf,
    /// The kubeconfig of a cluster that somebody else made.
    given: Option<PathBuf>,
}

impl Node {
    /// Boots it, or takes the one that runs; or the cluster of `RECONCILE_E2E_KUBECONFIG`, where that is set.
    pub fn up(report: &Report) -> Result<Self, String> {
        if let Some(given) = std::env::var_os("RECONCILE_E2E_KUBECONFIG") {
            println!("on the cluster of {}; what looks at the node's machine is left out", given.display());
            return Ok(Self { state: PathBuf::new(), kubectl: "kubectl".into(), given: Some(given.into()) });
        }
        Self::up_with(report, &[])
    }

    /// The same, with options of `up`.
    pub fn up_with(report: &Report, options: &[&str]) -> Result<Self, String> {
        let booted = run(script("up").args(options));
        print!("{}", booted.text);
        if booted.status != 0 {
            return Err(format!("tests/node/up ended with {}", booted.status));
        }
        let state = state();
        let figure = |name: &str| {
            let text = fs::read_to_string(state.join(name)).unwrap_or_default();
            text.trim().parse::<f64>().map_err(|error| format!("{}/{name}: {error}", state.display()))
        };
        if booted.text.contains("is ready after") && options.is_empty() {
            report.note("boot of the node, images imported", figure("ready")?, "s");
            report.note("of it the import of the images", figure("imported")?, "s");
        }
        let built = run(Command::new(root().join("tests/cluster/build")).args(["etcd", "kubernetes"]));
        let folder = built.stdout.trim();
        if built.status != 0 || folder.is_empty() {
            return Err(built.text);
        }
        Ok(Self { kubectl: Path::new(folder).join("kubectl"), state, given: None })
    }

    /// Ends it.
    ///
    /// # Panics
    /// Where it does not end.
    pub fn down(&self) {
        if !self.own() {
            return;
        }
        let ended = run(&mut script("down"));
        print!("{}", ended.text);
        assert_eq!(ended.status, 0, "{}", ended.text);
    }

    /// Whether it is the suite's own, whose machine can be looked at.
    pub fn own(&self) -> bool {
        self.given.is_none()
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.given.clone().unwrap_or_else(|| self.state.join("admin.kubeconfig"))
    }

    /// The folder of `/proc` of its first process.
    pub fn process(&self) -> PathBuf {
        let first = fs::read_to_string(self.state.join("first")).expect("the node runs");
        Path::new("/proc").join(first.split(' ').next().expect("a process id"))
    }

    /// Its root folder, mounts and all.
    pub fn root(&self) -> PathBuf {
        self.process().join("root")
    }

    /// Where its disk is mounted, for itself.
    pub fn disk(&self) -> PathBuf {
        self.state.join("disk")
    }

    /// Bytes that are in use on its disk; not a number where it cannot be seen.
    pub fn disk_used(&self) -> f64 {
        if !self.own() {
            return f64::NAN;
        }
        let df = run(&mut self.inside(&["df", "-B1", "--output=used", &self.disk().display().to_string()]));
        df.stdout.lines().nth(1).and_then(|line| line.trim().parse().ok()).unwrap_or_else(|| panic!("{}", df.text))
    }

    /// A command in its mounts and its network.
    pub fn inside(&self, command: &[&str]) -> Command {
        let process = self.process();
        let id = process.file_name().expect("a process id").display().to_string();
        // The first process has this machine's network: the API server is one of the node's.
        let child = fs::read_to_string(process.join(format!("task/{id}/children"))).unwrap_or_default();
        let of_node = child.split_whitespace().find(|child| {
            fs::read_link(format!("/proc/{child}/ns/net")).ok() != fs::read_link("/proc/self/ns/net").ok()
        });
        let mut nsenter = Command::new("nsenter");
        nsenter.args(["--mount", "--net", "--target", of_node.unwrap_or("0"), "--"]).args(command);
        nsenter
    }

    /// Runs kubectl as an administrator.
    pub fn kubectl(&self, args: &[&str]) -> Run {
        run(&mut self.kubectl_command(args))
    }

    /// The same, not yet run.
    pub fn kubectl_command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.arg("--kubeconfig").arg(self.kubeconfig()).args(args);
        command
    }

    /// Runs kubectl, which must succeed.
    ///
    /// # Panics
    /// Where it does not.
    pub fn expect(&self, args: &[&str]) -> String {
        let done = self.kubectl(args);
        assert_eq!(done.status, 0, "kubectl {args:?}\n{}", done.text);
        done.stdout
    }

    /// An answer as JSON.
    pub fn json(&self, args: &[&str]) -> Value {
        let text = self.expect(&[args, &["--output=json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("kubectl {args:?}: {error}"))
    }

    /// Applies a manifest.
    pub fn apply(&self, manifest: &str) -> Run {
        let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
        fs::write(file.path(), manifest).expect("it can be written");
        self.kubectl(&["apply", "-f", &file.path().display().to_string()])
    }

    /// Waits until the namespace is gone, and says how long that took.
    pub fn await_gone(&self, namespace: &str, bound: Duration) -> Duration {
        let started = std::time::Instant::now();
        wait_until(&format!("namespace {namespace} is gone"), bound, || {
            let asked = self.kubectl(&["get", "namespace", namespace]);
            if asked.says("NotFound") || asked.says("not found") { Ok(()) } else { Err(asked.text) }
        });
        started.elapsed()
    }

    /// The name of the pod of a component of the Odoo chart, which must be one.
    pub fn pod(&self, namespace: &str, component: &str) -> String {
        let label = format!("app.kubernetes.io/component={component}");
        let list = self.json(&["get", "pods", "-n", namespace, "-l", &label]);
        let items = list["items"].as_array().expect("a list");
        let live = items.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        let names: Vec<&str> = live.filter_map(|pod| pod["metadata"]["name"].as_str()).collect();
        assert_eq!(names.len(), 1, "pods of {component} in {namespace}: {names:?}");
        names[0].to_owned()
    }
}

/// A script of this folder.
pub fn script(name: &str) -> Command {
    Command::new(root().join("tests/node").join(name))
}

/// The folder of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Where the scripts keep the node.
pub fn state() -> PathBuf {
    std::env::var_os("RECONCILE_NODE_STATE").map_or_else(|| PathBuf::from("/var/tmp/reconcile-node"), PathBuf::from)
}
