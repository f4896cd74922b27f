//! What of the node is seen on this machine: processes, mounts, rules, links and folders.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::node::Node;
use crate::run::run;

/// What the node holds besides the pods of `kube-system` and the like; equal before and after a sandbox's life.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Command lines of the processes in the node's cgroup of pods.
    pub processes: BTreeSet<String>,
    /// Mount points below the kubelet's folder of pods and containerd's of running containers.
    pub mounts: BTreeSet<String>,
    /// Links of the node's network.
    pub links: BTreeSet<String>,
    /// Rules of netfilter that name a sandbox's namespace.
    pub rules: BTreeSet<String>,
    /// Folders of volumes.
    pub volumes: BTreeSet<String>,
    /// cgroups of pods.
    pub cgroups: BTreeSet<String>,
    /// Folders of the pods' logs.
    pub logs: BTreeSet<String>,
}

impl Held {
    /// As it is now; of a cluster that was given nothing can be seen, and nothing is.
    pub fn now(node: &Node) -> Self {
        if !node.own() {
            return Self::default();
        }
        let root = node.root();
        let mounts = fs::read_to_string(node.process().join("mountinfo")).unwrap_or_default();
        let disk = node.disk();
        let mounts = mounts.lines().filter_map(|line| line.split(' ').nth(4)).filter(|point| {
            point.starts_with(&format!("{}/kubelet/pods/", disk.display()))
                || point.starts_with("/run/containerd/") && !point.ends_with("/shm")
                || point.starts_with("/run/netns/")
        });
        let links = run(&mut node.inside(&["ip", "-o", "link"])).stdout;
        let links = links
            .lines()
            .filter_map(|line| line.split(": ").nth(1))
            .map(|link| link.split('@').next().unwrap_or_default().to_owned());
        let rules = run(&mut node.inside(&["iptables-save"])).stdout;
        let rules = rules.lines().filter(|line| line.contains("dev-sandbox-")).map(str::to_owned).collect();
        let cgroups = cgroups();
        Self {
            processes: cgroups.iter().flat_map(|folder| processes(folder)).collect(),
            mounts: mounts.map(str::to_owned).collect(),
            links: links.collect(),
            rules,
            volumes: names(&root.join(disk.join("volumes").strip_prefix("/").expect("it is absolute"))),
            cgroups: cgroups.iter().map(|folder| folder.display().to_string()).collect(),
            logs: names(&root.join("var/log/pods")),
        }
    }

    /// Folders of logs that are there and were not before. The kubelet takes them once a minute, and not at once.
    pub fn logs_beyond(&self, before: &Self) -> Vec<String> {
        self.logs.difference(&before.logs).cloned().collect()
    }

    /// What else is there and was not before.
    pub fn beyond(&self, before: &Self) -> Vec<String> {
        let pairs = [
            ("process", &self.processes, &before.processes),
            ("mount", &self.mounts, &before.mounts),
            ("link", &self.links, &before.links),
            ("rule", &self.rules, &before.rules),
            ("volume", &self.volumes, &before.volumes),
            ("cgroup", &self.cgroups, &before.cgroups),
        ];
        let more =
            pairs.iter().flat_map(|(kind, now, before)| now.difference(before).map(move |one| format!("{kind} {one}")));
        more.collect()
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// The cgroups of pods and containers, of the one hierarchy that counts memory.
fn cgroups() -> Vec<PathBuf> {
    let v1 = Path::new("/sys/fs/cgroup/memory");
    let top = if v1.exists() { v1 } else { Path::new("/sys/fs/cgroup") }.join("reconcile-node/kubepods");
    let found = run(Command::new("find").arg(&top).args(["-mindepth", "2", "-type", "d"])).stdout;
    let group = |name: &str| ["besteffort", "burstable"].contains(&name);
    found
        .lines()
        .map(PathBuf::from)
        .filter(|path| !path.file_name().is_some_and(|name| group(&name.to_string_lossy())))
        .collect()
}

fn processes(cgroup: &Path) -> Vec<String> {
    let ids = fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
    let line = |id: &str| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        format!("{id} {}", String::from_utf8_lossy(&line).replace('\0', " "))
    };
    ids.lines().map(line).collect()
}
