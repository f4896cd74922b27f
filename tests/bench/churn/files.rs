//! The fleet's files, and what is wanted by them at an instant: worked out here once more, without `reconcile`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::fleet_repo::FleetRepo;

/// How long a sandbox lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Never,
    /// Seconds from the commit.
    For(i64),
    Until(Timestamp),
}

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    branch: u32,
    image: u32,
    /// A value of its own, over the chart's.
    generation: Option<u32>,
    life: Life,
    pinned: Option<Timestamp>,
    /// Two more objects, one of a kind that the others do not have.
    more: bool,
    /// What cannot be changed in place: an immutable `ConfigMap`, a `roleRef`.
    frozen: u32,
}

/// A file of the head.
struct File {
    content: Content,
    /// The commit that gave it this content.
    since: Timestamp,
    former: Option<Content>,
}

/// All files of a fleet.
pub struct Files {
    by_name: BTreeMap<String, File>,
    made: usize,
    generation: u32,
    /// How many should live.
    size: usize,
}

impl Content {
    /// A new one; so many in a hundred end soon.
    fn new(random: &mut StdRng, now: Timestamp, short_lived: u32) -> Self {
        let life = match random.random_range(0..100) {
            chance if chance >= short_lived => Life::Never,
            chance if chance % 4 == 0 => Life::Until(now + SignedDuration::from_secs(random.random_range(30..240))),
            _ => Life::For(random.random_range(30..240)),
        };
        Self {
            branch: random.random_range(0..1_000_000),
            image: random.random_range(0..1_000_000),
            generation: None,
            life,
            pinned: None,
            more: random.random_bool(0.2),
            frozen: 0,
        }
    }

    fn text(&self) -> String {
        let Self { branch, image, .. } = self;
        let mut text = format!("branch = \"feature/{branch}\"\nimage = \"registry.example.com/bench:{image}\"\n");
        let _ = match self.life {
            Life::Never => writeln!(text, "ttl = \"never\""),
            Life::For(seconds) => writeln!(text, "ttl = \"{seconds}s\""),
            Life::Until(end) => writeln!(text, "expires = {end}"),
        };
        if let Some(until) = self.pinned {
            let _ = writeln!(text, "\n[pin]\nuntil = {until}\nowner = \"qa\"\nreason = \"a demo\"");
        }
        let _ = writeln!(text, "\n[values]\nmore = {}\nfrozen = \"{}\"", self.more, self.frozen);
        if let Some(generation) = self.generation {
            let _ = writeln!(text, "generation = {generation}");
        }
        text
    }

    fn end(&self, since: Timestamp) -> Option<Timestamp> {
        let natural = match self.life {
            Life::Never => return None,
            Life::For(seconds) => since + SignedDuration::from_secs(seconds),
            Life::Until(end) => end,
        };
        Some(self.pinned.map_or(natural, |until| natural.max(until)))
    }
}

/// The words for what was done.
pub type Done = Vec<(String, &'static str)>;

impl Files {
    /// So many sandboxes, in a repository of their own; nothing is committed yet.
    pub fn new(repo: &FleetRepo, size: usize, now: Timestamp, random: &mut StdRng) -> Self {
        repo.write("charts/bench/templates/more.yaml", include_str!("more.yaml"));
        repo.write("charts/bench/values.yaml", &chart_values(1));
        let mut files = Self { by_name: BTreeMap::new(), made: 0, generation: 1, size };
        for _ in 0..size {
            files.add(repo, Content::new(random, now, 10), now);
        }
        files
    }

    /// The names of those that are wanted at an instant.
    pub fn wanted(&self, at: Timestamp) -> BTreeSet<String> {
        let lives = |file: &File| file.content.end(file.since).is_none_or(|end| end >= at);
        self.by_name.iter().filter(|(_, file)| lives(file)).map(|(name, _)| name.clone()).collect()
    }

    /// The end of each of those, as its namespace says it.
    pub fn ends(&self, at: Timestamp) -> BTreeMap<String, String> {
        let end = |name: &String| {
            let end = self.by_name.get(name).and_then(|file| file.content.end(file.since));
            end.map_or_else(|| "never".to_owned(), |end| end.to_string())
        };
        self.wanted(at).into_iter().map(|name| (name.clone(), end(&name))).collect()
    }

    /// The names of those whose time is over then, and whose files remain.
    pub fn over(&self, at: Timestamp) -> Vec<String> {
        let wanted = self.wanted(at);
        self.by_name.keys().filter(|name| !wanted.contains(*name)).cloned().collect()
    }

    /// Does some edits, to be committed at `at`. Some of them have a name.
    pub fn edit(&mut self, repo: &FleetRepo, at: Timestamp, random: &mut StdRng) -> Done {
        let most = (self.size / 25).max(8);
        let mut done = Done::new();
        for _ in 0..random.random_range(0..=most) {
            done.extend(self.edit_one(repo, at, random));
        }
        if random.random_bool(0.08) {
            done.push((String::new(), self.edit_all(repo, random)));
        }
        done
    }

    fn edit_one(&mut self, repo: &FleetRepo, at: Timestamp, random: &mut StdRng) -> Option<(String, &'static str)> {
        let wanted = self.wanted(at);
        let names: Vec<String> = self.by_name.keys().cloned().collect();
        // As many as there should be, more or less.
        if wanted.is_empty() || (wanted.len() < self.size && random.random_bool(0.5)) {
            return Some((self.add(repo, Content::new(random, at, 40), at), "new file"));
        }
        let name = names.choose(random)?.clone();
        let file = self.by_name.get(&name)?;
        let mut content = file.content.clone();
        let did = match random.random_range(0..14) {
            0 | 1 => {
                self.remove(repo, &name);
                return Some((name, "file removed"));
            }
            2 => {
                // A file that is only renamed keeps its time.
                let since = file.since;
                self.remove(repo, &name);
                let new = self.add(repo, content, since);
                return Some((format!("{name} is now {new}"), "file renamed"));
            }
            3 => {
                content = file.former.clone()?;
                "file reverted"
            }
            4 | 5 => {
                content.image = random.random_range(0..1_000_000);
                "another image"
            }
            6 => {
                content.generation = Some(random.random_range(0..1_000_000));
                "another value"
            }
            7 => {
                content.more = !content.more;
                "objects more or fewer"
            }
            8 => {
                content.frozen += 1;
                "what cannot be changed in place"
            }
            9 | 10 => {
                content.life = Life::For(random.random_range(10..120));
                content.pinned = None;
                "a short ttl"
            }
            11 => {
                content.life = Life::Until(at + SignedDuration::from_secs(random.random_range(10..120)));
                content.pinned = None;
                "a date of expiry"
            }
            12 => {
                content.life = Life::Never;
                content.pinned = None;
                "no expiry"
            }
            _ => {
                let Life::For(_) = content.life else { return None };
                content.pinned = Some(at + SignedDuration::from_secs(random.random_range(60..300)));
                "a pin"
            }
        };
        self.put(repo, &name, content, at).then_some((name, did))
    }

    /// What concerns every sandbox.
    fn edit_all(&mut self, repo: &FleetRepo, random: &mut StdRng) -> &'static str {
        self.generation += 1;
        if random.random_bool(0.5) {
            repo.write("charts/bench/values.yaml", &chart_values(self.generation));
            return "the chart's values";
        }
        let labels = format!("\n[namespace.labels]\n\"churn.example.com/turn\" = \"{}\"\n", self.generation);
        let path = repo.path().join("sandboxes/fleet.toml");
        let text = std::fs::read_to_string(&path).expect("the fleet's settings");
        let settings = text.split("\n[namespace.labels]").next().unwrap_or_default();
        repo.write("sandboxes/fleet.toml", &(settings.to_owned() + &labels));
        "the labels of every namespace"
    }

    fn add(&mut self, repo: &FleetRepo, content: Content, since: Timestamp) -> String {
        let name = format!("s{:05}", self.made);
        self.made += 1;
        repo.write(&path(&name), &content.text());
        self.by_name.insert(name.clone(), File { content, since, former: None });
        name
    }

    fn remove(&mut self, repo: &FleetRepo, name: &str) {
        repo.remove(&path(name));
        self.by_name.remove(name);
    }

    /// `false` where it says that already.
    fn put(&mut self, repo: &FleetRepo, name: &str, content: Content, at: Timestamp) -> bool {
        let Some(file) = self.by_name.get_mut(name).filter(|file| file.content != content) else { return false };
        repo.write(&path(name), &content.text());
        file.former = Some(std::mem::replace(&mut file.content, content));
        file.since = at;
        true
    }
}

fn chart_values(generation: u32) -> String {
    format!("generation: {generation}\nmore: false\nfrozen: \"0\"\n")
}

fn path(name: &str) -> String {
    format!("sandboxes/{name}.toml")
}
