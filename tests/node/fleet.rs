//! A fleet of Odoo sandboxes in a repository of its own, and `reconcile` run on it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tempfile::TempDir;

use crate::fleet_repo::FleetRepo;
use crate::http;
use crate::node::Node;
use crate::run::{Run, run};
use crate::wait::wait_until;

/// The first image of the addon under development, and the one of a later commit.
pub const FIRST: &str = "reconcile.test/odoo:first";
pub const SECOND: &str = "reconcile.test/odoo:second";

/// The chart's values that the suite sets: which images, and which addon. The chart itself is as it is.
const SETTINGS: &str = r#"
name = "node"
id = "@ID@"
domain = "sandboxes.test"
url = "http://{host}"

[defaults]
chart = "odoo-dev-sandbox"
image = "reconcile.test/odoo:first"
ttl = "7d"

[defaults.values]
code.addon = "sandbox_probe"
# Both addons are in the image: what is not installed is for a later list of modules.
odoo.modules.exclude = ["sandbox_extra"]
@IMAGES@

[namespace.labels]
"pod-security.kubernetes.io/enforce" = "restricted"

[limits]
max_sandboxes = 8
max_removals = "100%"
"#;

/// Of Debian's packages; on a cluster that was given they are the chart's own, the official ones.
const IMAGES: &str = r#"postgresql.image = {repository = "reconcile.test/postgresql", tag = "15"}
nginx.image = {repository = "reconcile.test/nginx", tag = "1"}"#;

/// A repository of sandboxes, and its user's home folder.
pub struct Fleet {
    pub repo: FleetRepo,
    home: TempDir,
    kubeconfig: std::path::PathBuf,
}

impl Fleet {
    /// One without sandboxes; the id keeps those of other chapters apart from it.
    pub fn new(node: &Node, id: &str) -> Self {
        let repo = FleetRepo::new();
        let images = if node.own() { IMAGES } else { "" };
        let settings = SETTINGS.replace("@ID@", &format!("node-{id}")).replace("@IMAGES@", images);
        repo.copy("charts/odoo-dev-sandbox").write("sandboxes/fleet.toml", &settings);
        repo.commit("a fleet", Timestamp::now());
        let home = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::write(home.path().join(".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.com\n")
            .expect("it can be written");
        Self { repo, home, kubeconfig: node.kubeconfig() }
    }

    /// Writes and commits a sandbox; `more` are lines of its file.
    pub fn commit(&self, name: &str, more: &str) -> &Self {
        // What commands have committed is not in the working directory.
        let reset = run(Command::new("git").args(["reset", "--quiet", "--hard"]).current_dir(self.repo.path()));
        assert_eq!(reset.status, 0, "{}", reset.text);
        self.repo.write(&format!("sandboxes/{name}.toml"), &format!("branch = \"{name}\"\n{more}\n"));
        self.repo.commit(&format!("{name}: {}", more.replace('\n', ", ")), Timestamp::now());
        self
    }

    /// `reconcile`, as the fleet's user would call it in its repository.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
        command
            .args(args)
            .current_dir(self.repo.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("KUBECONFIG", &self.kubeconfig)
            .env("TZ", "UTC")
            .env("GIT_CEILING_DIRECTORIES", std::env::temp_dir())
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Run {
        run(&mut self.command(args))
    }

    /// Runs it, and it must end so.
    ///
    /// # Panics
    /// Where it ends with another status.
    pub fn expect(&self, status: i32, args: &[&str]) -> Run {
        let done = self.run(args);
        assert_eq!(done.status, status, "reconcile {args:?}, after {:?}\n{}", done.took, done.text);
        done
    }

    /// Commits a sandbox and reconciles until it is ready.
    pub fn make(&self, name: &str, more: &str) -> Run {
        self.commit(name, more);
        self.expect(0, &["--yes", "--only", name])
    }

    /// What a program in a service's container says, which must end well.
    pub fn exec(&self, name: &str, service: &str, command: &[&str]) -> String {
        self.expect(0, &[&["exec", name, "--service", service, "--"], command].concat()).stdout
    }

    /// The answer of the sandbox's database.
    pub fn sql(&self, name: &str, query: &str) -> String {
        let psql = [
            "psql",
            "--host=/var/run/postgresql",
            "--username=odoo",
            "--dbname=sandbox",
            "--tuples-only",
            "--no-align",
        ];
        self.exec(name, "postgresql", &[&psql[..], &["--command", query]].concat()).trim().to_owned()
    }

    /// The password that `credentials` shows for a login.
    pub fn password(&self, name: &str, label: &str) -> String {
        let shown = self.expect(0, &["credentials", name, "--show", "--format", "json"]).stdout;
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
        let logins = shown["logins"].as_array().unwrap_or_else(|| panic!("{shown:#}"));
        let login = logins.iter().find(|one| one["label"] == label).unwrap_or_else(|| panic!("no {label}: {shown:#}"));
        login["values"]["password"].as_str().unwrap_or_else(|| panic!("{shown:#}")).to_owned()
    }

    /// Takes the sandbox out, and waits until its namespace is gone.
    pub fn destroy(&self, node: &Node, name: &str) -> Duration {
        let started = Instant::now();
        self.expect(0, &["destroy", name, "--now", "--yes"]);
        node.await_gone(&namespace(name), Duration::from_secs(120));
        started.elapsed()
    }
}

/// Waits for the login page over the ingress controller.
pub fn await_login(name: &str, bound: Duration) -> http::Answer {
    wait_until(&format!("{name} answers with its login page"), bound, || {
        let answer = http::get(&host(name), "/web/login", &[])?;
        let shown = answer.status == 200 && answer.body.contains("name=\"password\"");
        if shown { Ok(answer) } else { Err(format!("{} {}", answer.status, answer.body)) }
    })
}

/// The lines that the init container of the present Odoo pod wrote itself.
pub fn init_log(node: &Node, name: &str) -> Vec<String> {
    let namespace = namespace(name);
    let log = node.expect(&["logs", "-n", &namespace, &node.pod(&namespace, "odoo"), "-c", "init"]);
    log.lines().filter(|line| line.starts_with("init: ")).map(str::to_owned).collect()
}

/// The host name of a sandbox.
pub fn host(name: &str) -> String {
    format!("{name}.sandboxes.test")
}

/// Its namespace.
pub fn namespace(name: &str) -> String {
    format!("dev-sandbox-{name}")
}
