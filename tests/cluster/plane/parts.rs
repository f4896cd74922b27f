//! The processes of the control plane: their files and flags.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use super::keeper::free_port;
use super::users::Users;
use crate::audit;

/// What is in the cluster before any test: a file in the control plane's folder.
pub const FIRST_OBJECTS: &str = "first-objects.yaml";

/// The stages of kwok's own that it plays, below `kwok-stages`; ours are in `stages.yaml`.
const STAGES: [&str; 5] = [
    "node/fast/node-initialize.yaml",
    "node/heartbeat/node-heartbeat.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
    "pod/fast/pod-ready.yaml",
];

/// Keeps kwok's `pod-ready` stage off the pods that `stages.yaml` has fail.
const COMES_UP: &str =
    "    - cel: {expression: \"!self.spec.containers.exists(c, c.image.matches('no-such-image|crashes'))\"}\n";

const PRIVATE_KEY: &str = "service-accounts.key";
const PUBLIC_KEY: &str = "service-accounts.pub";

/// The pods that have a log, by their names in whatever namespace: a file below [`LOGS`] each, which tests write.
pub const WRITE: [&str; 4] = ["talker-0", "talker-1", "once-0", "check"];
/// Where their logs are.
pub const LOGS: &str = "logs";
/// Where programs run that are executed in a pod.
pub const FILES: &str = "files";

/// Where things are.
pub struct Layout {
    pub binaries: PathBuf,
    pub folder: PathBuf,
    pub server: String,
    api_port: u16,
    etcd_port: u16,
    etcd_peer_port: u16,
    kwok_port: u16,
    /// Where the stand-in of what listens in a pod does.
    pub inside_port: u16,
}

/// A process to start.
pub struct Part {
    pub name: &'static str,
    pub program: PathBuf,
    pub flags: Vec<String>,
}

impl Layout {
    pub fn new(binaries: &Path, folder: &Path) -> std::io::Result<Self> {
        let api_port = free_port()?;
        Ok(Self {
            binaries: binaries.to_owned(),
            folder: folder.to_owned(),
            server: format!("https://127.0.0.1:{api_port}"),
            api_port,
            etcd_port: free_port()?,
            etcd_peer_port: free_port()?,
            kwok_port: free_port()?,
            inside_port: 0,
        })
    }

    pub fn audit_log(&self) -> PathBuf {
        self.folder.join("audit.log")
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn part(&self, name: &'static str, flags: Vec<String>) -> Part {
        Part { name, program: self.binaries.join(name), flags }
    }
}

/// Writes what the processes read when they start.
pub fn write_files(layout: &Layout, users: &mut Users) -> std::io::Result<()> {
    for part in ["kube-controller-manager", "kube-scheduler", "kwok"] {
        let token = users.add(&format!("system:{part}"), "system:masters");
        users.write_kubeconfig(part, &token)?;
    }
    fs::write(layout.folder.join("tokens.csv"), users.token_file())?;
    fs::write(layout.folder.join("audit-policy.yaml"), audit::POLICY)?;
    write_signing_key(layout)?;

    fs::write(layout.folder.join(FIRST_OBJECTS), include_str!("first-objects.yaml"))?;
    write_inside(layout)?;
    write_stages(layout)
}

/// What kwok answers in the place of a kubelet to who looks into a pod.
fn write_inside(layout: &Layout) -> std::io::Result<()> {
    for folder in [LOGS, FILES] {
        fs::create_dir_all(layout.folder.join(folder))?;
    }
    let mut text = include_str!("inside.yaml")
        .replace("@PORT@", &layout.inside_port.to_string())
        .replace("@FILES@", &layout.file(FILES));
    for pod in WRITE {
        let log = layout.folder.join(LOGS).join(format!("{pod}.log"));
        let before = log.with_extension("previous.log");
        for file in [&log, &before] {
            fs::write(file, "")?;
        }
        text.push_str(&format!(
            "---\napiVersion: kwok.x-k8s.io/v1alpha1\nkind: ClusterLogs\nmetadata: {{name: {pod}}}\nspec:\n  \
             selector: {{matchNames: [{pod}]}}\n  logs:\n    - logsFile: {}\n      previousLogsFile: {}\n      follow: true\n",
            log.display(),
            before.display()
        ));
    }
    fs::write(layout.folder.join("inside.yaml"), text)
}

/// One file with all stages.
fn write_stages(layout: &Layout) -> std::io::Result<()> {
    let mut all = include_str!("stages.yaml").to_owned();
    for stage in STAGES {
        let text = fs::read_to_string(layout.binaries.join("kwok-stages").join(stage))?;
        let list = "    matchExpressions:\n";
        let text = match stage.ends_with("pod-ready.yaml") {
            true if text.contains(list) => text.replacen(list, &format!("{list}{COMES_UP}"), 1),
            true => {
                return Err(std::io::Error::other("kwok's pod-ready stage has another form now"));
            }
            false => text,
        };
        all = all + "---\n" + &text;
    }
    fs::write(layout.folder.join("stages.yaml"), all)
}

/// Makes the key pair for service account tokens: both halves, for the API server reads no PKCS #8 as a public key.
fn write_signing_key(layout: &Layout) -> std::io::Result<()> {
    /// The `SubjectPublicKeyInfo` of a P-256 point, up to the point (RFC 5480).
    const PREFIX: [u8; 26] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let words = |error: &dyn std::fmt::Display| std::io::Error::other(error.to_string());
    let random = SystemRandom::new();
    let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let private = EcdsaKeyPair::generate_pkcs8(kind, &random).map_err(|error| words(&error))?;
    let pair = EcdsaKeyPair::from_pkcs8(kind, private.as_ref(), &random).map_err(|error| words(&error))?;
    let public = [&PREFIX, pair.public_key().as_ref()].concat();
    fs::write(layout.folder.join(PRIVATE_KEY), pem("PRIVATE KEY", private.as_ref()))?;
    fs::write(layout.folder.join(PUBLIC_KEY), pem("PUBLIC KEY", &public))
}

fn pem(label: &str, body: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(body))
}

pub fn etcd(layout: &Layout) -> Part {
    let clients = format!("http://127.0.0.1:{}", layout.etcd_port);
    let peers = format!("http://127.0.0.1:{}", layout.etcd_peer_port);
    let flags = vec![
        format!("--data-dir={}", layout.file("etcd")),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        format!("--listen-peer-urls={peers}"),
        format!("--initial-advertise-peer-urls={peers}"),
        format!("--initial-cluster=default={peers}"),
        "--unsafe-no-fsync".into(),
        "--log-level=warn".into(),
    ];
    layout.part("etcd", flags)
}

pub fn api_server(layout: &Layout) -> Part {
    let flags = vec![
        format!("--etcd-servers=http://127.0.0.1:{}", layout.etcd_port),
        format!("--secure-port={}", layout.api_port),
        "--bind-address=127.0.0.1".into(),
        "--advertise-address=127.0.0.1".into(),
        // Loopback is no valid endpoint, and nothing in here asks for the `kubernetes` Service.
        "--endpoint-reconciler-type=none".into(),
        format!("--cert-dir={}", layout.file("certs")),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        format!("--service-account-key-file={}", layout.file(PUBLIC_KEY)),
        format!("--service-account-signing-key-file={}", layout.file(PRIVATE_KEY)),
        format!("--token-auth-file={}", layout.file("tokens.csv")),
        "--authorization-mode=RBAC".into(),
        "--service-cluster-ip-range=10.96.0.0/16".into(),
        "--allow-privileged=true".into(),
        format!("--audit-policy-file={}", layout.file("audit-policy.yaml")),
        format!("--audit-log-path={}", layout.audit_log().display()),
        // In MB: never rotated away from under a reader.
        "--audit-log-maxsize=100000".into(),
    ];
    layout.part("kube-apiserver", flags)
}

pub fn controller_manager(layout: &Layout) -> Part {
    let flags = vec![
        format!("--kubeconfig={}", layout.file("kube-controller-manager.kubeconfig")),
        "--leader-elect=false".into(),
        "--secure-port=0".into(),
        format!("--service-account-private-key-file={}", layout.file(PRIVATE_KEY)),
        format!("--root-ca-file={}", layout.file("certs/apiserver.crt")),
        // Tests delete many namespaces at once, and each takes seconds.
        "--concurrent-namespace-syncs=40".into(),
        // Tests wait for autoscalers.
        "--horizontal-pod-autoscaler-sync-period=1s".into(),
        // A busy machine must not make the node unreachable.
        "--node-monitor-grace-period=30m".into(),
    ];
    layout.part("kube-controller-manager", flags)
}

pub fn scheduler(layout: &Layout) -> Part {
    let flags = vec![
        format!("--kubeconfig={}", layout.file("kube-scheduler.kubeconfig")),
        "--leader-elect=false".into(),
        "--secure-port=0".into(),
    ];
    layout.part("kube-scheduler", flags)
}

pub fn kwok(layout: &Layout) -> Part {
    let flags = vec![
        format!("--kubeconfig={}", layout.file("kwok.kubeconfig")),
        "--manage-all-nodes=true".into(),
        format!("--server-address=127.0.0.1:{}", layout.kwok_port),
        // The API server asks there, as it would ask a kubelet, over TLS whose certificate it does not look at.
        "--node-ip=127.0.0.1".into(),
        format!("--node-port={}", layout.kwok_port),
        format!("--config={}", layout.file("stages.yaml")),
        format!("--config={}", layout.file("inside.yaml")),
    ];
    layout.part("kwok", flags)
}
