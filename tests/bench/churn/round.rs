//! One round: edits and a commit, foreign changes, time that passes, a run, and the judgement of what it left.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::api::Api;
use crate::files::Files;
use crate::fleet_repo::FleetRepo;
use crate::fleets;
use crate::hands::Hands;
use crate::measure::{Ran, ran};
use crate::oracle::{Expected, Oracle};
use crate::plane::{ControlPlane, Rights, User};
use crate::tally::Tally;
use crate::tool::Tool;

/// As many runs as a round may take where one cannot do: a namespace that somebody deletes has to be gone before it is made
/// again, and a run that does not wait leaves it to the next to see what is ready.
const MOST_RUNS: usize = 2;
/// Namespaces that a plan may ask for by name: those of sandboxes that are over, if they are few.
const BY_NAME: usize = 8;

/// How many lines of what is wrong are printed.
const MOST_LINES: usize = 40;

/// A fleet that is churned.
pub struct Churn {
    plane: &'static ControlPlane,
    api: &'static Api,
    user: User,
    id: String,
    repo: FleetRepo,
    tool: Tool,
    files: Files,
    hands: Hands<'static>,
    oracle: Oracle,
    random: StdRng,
    /// The bench's own time.
    now: Timestamp,
    size: usize,
    tally: Tally,
}

impl Churn {
    /// Makes a fleet of this size.
    pub fn begin(plane: &'static ControlPlane, size: usize, seed: u64) -> Self {
        let user = plane.user(Rights::Admin);
        let id = plane.unique("churn");
        let api: &'static Api = Box::leak(Box::new(Api::new(plane)));
        let repo = fleets::bench(&id, 0);
        repo.write(
            "sandboxes/fleet.toml",
            &format!(
                "name = \"churn\"\nid = \"{id}\"\nnamespace_prefix = \"{id}-\"\n\n[defaults]\nchart = \"bench\"\n\n\
                 [limits]\nmax_sandboxes = 100000\nmax_pins = 100000\nmax_removals = \"100%\"\n"
            ),
        );
        let mut random = StdRng::seed_from_u64(seed);
        let now = Timestamp::from_second(Timestamp::now().as_second()).expect("a time") + SignedDuration::from_secs(2);
        let files = Files::new(&repo, size, now, &mut random);
        repo.commit("a fleet that is churned", now);
        let tool = Tool::new(&repo, &user);
        let hands = Hands::new(api, &id);
        let (oracle, tally) = (Oracle::default(), Tally::default());
        let mut churn = Self { plane, api, user, id, repo, tool, files, hands, oracle, random, now, size, tally };
        churn.now += SignedDuration::from_secs(1);
        if let Some(wrong) = churn.settle(false) {
            panic!("the fleet was not made: {wrong}");
        }
        churn
    }

    /// How many rounds there have been.
    pub fn rounds(&self) -> u64 {
        self.tally.rounds
    }

    /// One round.
    pub fn round(&mut self) {
        self.now += SignedDuration::from_secs(self.random.random_range(2..45));
        let edits = self.files.edit(&self.repo, self.now, &mut self.random);
        if !edits.is_empty() {
            self.repo.commit("edits", self.now);
        }
        self.now += SignedDuration::from_secs(self.random.random_range(1..20));
        let lives = |name: &String| self.oracle.namespaces.contains_key(&format!("{}-{name}", self.id));
        let over = self.files.over(self.now).into_iter().filter(lives).count();
        let live: Vec<String> = self.files.wanted(self.now).into_iter().filter(lives).collect();
        let most = (self.size / 25).max(8);
        let foreign = self.hands.change(&live, most, &mut self.random);
        self.tally.count(&edits, &foreign, over);
        let waits_for_namespace = foreign.iter().any(|(_, did)| *did == "namespace deleted");
        let what: Vec<String> = edits.iter().chain(&foreign).map(|(name, did)| format!("{name}: {did}")).collect();
        let started = Instant::now();
        let wrong = self.settle(waits_for_namespace);
        eprintln!(
            "round {}: {} edits, {over} over, {} foreign changes; {:.1} s",
            self.tally.rounds,
            edits.len(),
            foreign.len(),
            started.elapsed().as_secs_f64()
        );
        if let Some(wrong) = wrong {
            self.tally.failed += 1;
            println!("round {} did not converge, at {}\n{wrong}", self.tally.rounds, self.now);
            println!("what was done in it:\n  {}", what.join("\n  "));
        }
    }

    /// Runs, and judges; where it did not converge, what is wrong.
    fn settle(&mut self, waits_for_namespace: bool) -> Option<String> {
        self.tally.rounds += 1;
        let now = self.now.to_string();
        let is_hasty = self.random.random_bool(0.3);
        let most = if waits_for_namespace || is_hasty { MOST_RUNS } else { 1 };
        let mut wrong = String::new();
        for runs in 1..=most {
            let timeout = if is_hasty && runs == 1 { "0s" } else { "20m" };
            let mark = self.plane.mark();
            let run = ran(self.tool.command(&[
                "--yes",
                "--quiet",
                "--allow-removals",
                "1000000",
                "--now",
                &now,
                "--timeout",
                timeout,
            ]));
            let requests = self.plane.requests(mark, &self.user);
            self.tally.ran(&run, &requests);
            self.await_namespaces();
            wrong = self.judge(&run, &now);
            if wrong.is_empty() {
                self.tally.took(runs);
                return None;
            }
        }
        Some(wrong)
    }

    /// What is wrong after a run; empty where nothing is.
    fn judge(&mut self, run: &Ran, now: &str) -> String {
        if run.status != 0 {
            return format!("the run ended with {}\n{}{}", run.status, run.stdout, run.stderr);
        }
        let mark = self.plane.mark();
        let plan = ran(self.tool.command(&["--plan", "--quiet", "--allow-removals", "1000000", "--now", now]));
        let requests = self.plane.requests(mark, &self.user);
        self.tally.planned(&plan, requests.len());
        let mut beyond: Vec<String> = requests
            .iter()
            .filter(|request| request.verb != "list" && !request.object_ref.resource.is_empty())
            .map(|request| format!("{} {}", request.verb, request.uri))
            .collect();
        let gone = beyond.iter().filter(|request| request.starts_with("get /api/v1/namespaces/")).count();
        if gone <= BY_NAME.min(self.files.over(self.now).len()) {
            beyond.retain(|request| !request.starts_with("get /api/v1/namespaces/"));
        }
        if plan.status != 0 {
            let whole = ran(self.tool.command(&["--plan", "--allow-removals", "1000000", "--now", now]));
            return format!("the next plan ended with {}\n{}{}", plan.status, whole.stdout, whole.stderr);
        }
        if !beyond.is_empty() {
            return format!("the next plan asks for more than lists:\n  {}", beyond.join("\n  "));
        }
        let rendered = self.tool.expect(0, &["render", "--format", "json"]);
        let sandboxes = self.files.ends(self.now);
        let expected =
            Expected { fleet: &self.id, sandboxes: &sandboxes, rendered: &rendered, touched: &self.hands.touched };
        let mut wrong = self.oracle.judge(self.api, &expected);
        if wrong.is_empty() {
            wrong = self.hands.missing(&self.oracle.namespaces);
            for theirs in &mut wrong {
                theirs.insert_str(0, "what is theirs is gone: ");
            }
        }
        if wrong.is_empty() {
            return String::new();
        }
        let more = wrong.len().saturating_sub(MOST_LINES);
        wrong.truncate(MOST_LINES);
        format!("{}\n({more} more)\n{}", wrong.join("\n"), run.stdout)
    }

    /// Until no namespace of the fleet is on its way out.
    fn await_namespaces(&self) {
        let limit = Instant::now() + Duration::from_secs(300);
        while Instant::now() < limit {
            let namespaces = self.api.list("/api/v1/namespaces");
            let is_going = |namespace: &&serde_json::Value| {
                namespace["metadata"]["name"].as_str().is_some_and(|name| name.starts_with(&self.id))
                    && namespace["status"]["phase"] == "Terminating"
            };
            if namespaces.iter().find(is_going).is_none() {
                return;
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// Prints what it came to; `false` where a round did not converge.
    pub fn report(&self) -> bool {
        self.tally.print(self.files.wanted(self.now).len(), self.files.over(self.now).len());
        self.tally.failed == 0
    }
}
