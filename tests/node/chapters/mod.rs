//! What is tried, in its order.

mod app;
mod broken;
mod data;
mod first;
mod five;
mod inside;
mod isolation;
mod limits;
mod open;
mod removal;
mod scripts;

use std::time::Duration;

use crate::fleet::{Fleet, await_login, namespace};
use crate::node::Node;
use crate::report::Report;

/// Long enough for a busy machine of two cores: what takes longer hangs.
pub const BOUND: Duration = Duration::from_secs(300);

/// One part of the suite.
pub struct Chapter {
    pub name: &'static str,
    pub shows: &'static str,
    pub run: fn(&mut Suite),
    /// Whether it is about the suite's own node, and left out on a cluster that was given.
    pub own: bool,
}

/// All of them, in the order in which they run.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        name: "first",
        shows: "from a commit to the login page and back, three times",
        run: first::run,
        own: false,
    },
    Chapter { name: "login", shows: "the admin's password, a websocket, zh_TW", run: app::login, own: false },
    Chapter { name: "inside", shows: "logs -f, exec, port-forward", run: inside::run, own: false },
    Chapter {
        name: "restart",
        shows: "each pod restarted: data kept, init not repeated",
        run: data::restart,
        own: false,
    },
    Chapter { name: "modules", shows: "a changed list of modules updates once", run: data::modules, own: false },
    Chapter { name: "image", shows: "another image: updated once, filestore kept", run: data::image, own: false },
    Chapter {
        name: "tests",
        shows: "tests by exec: a planted failure is told, and what passes passes",
        run: app::tests,
        own: false,
    },
    Chapter { name: "sleep", shows: "asleep and awake again, with its data", run: data::sleep, own: false },
    Chapter { name: "isolation", shows: "who reaches whom, tried from pods", run: isolation::run, own: false },
    Chapter { name: "limits", shows: "quota, Pod Security, the ServiceAccount's rights", run: limits::run, own: false },
    Chapter { name: "broken", shows: "broken images: told, and cleaned or rolled back", run: broken::run, own: false },
    Chapter {
        name: "removal",
        shows: "destroyed and expired: nothing is left on the node",
        run: removal::run,
        own: false,
    },
    Chapter { name: "five", shows: "five at once, then two made while one goes", run: five::run, own: false },
    Chapter {
        name: "scripts",
        shows: "up and down: what they refuse, and what they leave",
        run: scripts::run_all,
        own: true,
    },
    Chapter { name: "open", shows: "the control: without an enforcer all is open", run: open::run, own: true },
];

/// What the chapters share.
pub struct Suite {
    pub node: Node,
    pub report: Report,
    app: Option<Fleet>,
    /// Apart from those of an earlier run on a node that was kept.
    mark: String,
}

impl Suite {
    /// Over a node that runs.
    pub fn new(node: Node, report: Report) -> Self {
        Self { node, report, app: None, mark: format!("{:x}", std::process::id() % 0xfff) }
    }

    /// Takes the sandboxes out that a chapter left when it failed, or an earlier run: the others need the room.
    pub fn sweep(&self) {
        let app = self.app.as_ref().map(|_| namespace(&self.name("app"))).unwrap_or_default();
        let all = self.node.expect(&["get", "namespaces", "--output=name"]);
        let names = all.lines().filter_map(|line| line.strip_prefix("namespace/"));
        let left: Vec<&str> = names
            .filter(|name| (name.starts_with("dev-sandbox-") || name.starts_with("elsewhere-")) && *name != app)
            .collect();
        if !left.is_empty() {
            println!("   taken out: {}", left.join(", "));
            self.node.kubectl(&[&["delete", "namespace", "--timeout=120s"], left.as_slice()].concat());
        }
    }

    /// A sandbox's name that no other run has.
    pub fn name(&self, what: &str) -> String {
        format!("{what}-{}", self.mark)
    }

    /// A fleet of its own for a chapter.
    pub fn fleet(&self, what: &str) -> Fleet {
        Fleet::new(&self.node, &self.name(what))
    }

    /// The sandbox that many chapters look at, made by the first that asks.
    pub fn app(&mut self) -> String {
        let name = self.name("app");
        if self.app.is_none() {
            let fleet = self.fleet("app");
            fleet.make(&name, "");
            await_login(&name, BOUND);
            self.app = Some(fleet);
        }
        name
    }

    /// Its fleet.
    pub fn of_app(&self) -> &Fleet {
        self.app.as_ref().expect("app() was called before")
    }

    /// Takes it out, for the room.
    pub fn without_app(&mut self) {
        if let Some(fleet) = self.app.take() {
            fleet.destroy(&self.node, &self.name("app"));
        }
    }
}
