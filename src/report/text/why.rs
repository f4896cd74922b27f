//! One sandbox's story as text for people: a column of labels, and beside each what there is to say.

use super::page::Page;
use super::wrap::wrap;
use crate::fleet::human;
use crate::plan::{CauseShown, Expiry, KindCount, LiveState, LiveTold as Live, Next, Story, short_commit};
use crate::report::style::{BOLD, DIM, RED, YELLOW, of as colour, paint, safe};
use crate::report::words::{self, counted};

/// How many objects are named, at most.
const NAMED: usize = 12;

/// The story, styled.
pub fn why(story: &Story, width: usize) -> String {
    let mut page = Page { text: String::new(), width };
    let at = story.commit.as_deref().map_or("the working tree", short_commit);
    let head = format!("in fleet {} at {at}, cluster {}, as of {}", story.fleet, story.cluster, story.now);
    let head = wrap(&safe(&head), width, story.name.len() + 1, 2);
    page.text.push_str(&format!("{} {}\n\n", paint(BOLD, &safe(&story.name)), paint(DIM, &head)));
    page.desired(story);
    page.rendered(story);
    page.live(story);
    if let Some(expiry) = &story.expiry {
        page.expiry(expiry, story);
    }
    page.place(story);
    for (number, note) in story.notes.iter().enumerate() {
        page.line(if number == 0 { "noted" } else { "" }, note);
    }
    if let Some(url) = &story.url {
        page.line("answers at", url);
    } else if let Some(command) = &story.port_forward {
        page.line("reached by", command);
    }
    if !story.next.is_empty() {
        page.text.push('\n');
    }
    for (number, next) in story.next.iter().enumerate() {
        page.next(next, story, number);
    }
    page.text
}

impl Page {
    /// How many objects are not named.
    fn more(&mut self, all: usize) {
        if all > NAMED {
            self.line("", &format!("and {} more", all - NAMED));
        }
    }

    fn desired(&mut self, story: &Story) {
        let desired = &story.desired;
        let cause = desired.cause.as_ref();
        let label = "desired by";
        match (desired.asked_for, cause) {
            (true, Some(cause)) => self.line(label, &format!("{}{}", cause.path, changed(cause))),
            (true, None) => self.line(label, "its file"),
            (false, Some(cause)) => {
                self.line(
                    label,
                    &format!("nobody: {} is gone, removed{}", cause.path, changed(cause).replacen(", ", " by ", 1)),
                );
            }
            (false, None) => self.line(label, "nobody: no file asks for it"),
        }
        if let Some(subject) = cause.and_then(|cause| cause.subject.as_ref()) {
            self.styled("", &format!("\"{subject}\""), DIM);
        }
        let owner = desired.owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
        if let Some(branch) = &desired.branch {
            self.line("", &format!("branch {branch}{owner}"));
        }
        if let Some(problem) = &desired.problem {
            self.styled("broken", problem, RED);
        }
    }

    fn rendered(&mut self, story: &Story) {
        let Some(rendered) = &story.rendered else { return };
        let version = rendered.chart_version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let profile = rendered.profile.as_ref().map(|profile| format!(", profile {profile}")).unwrap_or_default();
        self.line("rendered from", &format!("chart {}{version}{profile}", rendered.chart));
        self.line("", &format!("values of {}", rendered.values.join(", ")));
        if let Some(image) = &rendered.image {
            self.line("", &format!("image {image}"));
        }
        let objects = counted(rendered.objects, "object");
        match &rendered.release {
            Some(release) => self.line("", &format!("release {}, {objects}", short_commit(release))),
            None => self.line("", &objects),
        }
    }

    fn live(&mut self, story: &Story) {
        let live = &story.live;
        let label = "live as";
        let problem = live.problem.as_deref().unwrap_or_default();
        match live.state {
            LiveState::Unknown => self.styled(label, &format!("unknown: {problem}"), RED),
            LiveState::Absent => self.line(label, &format!("nothing: there is no namespace {}", story.namespace)),
            LiveState::Foreign => self.styled(label, problem, YELLOW),
            LiveState::Lives | LiveState::Ending => self.lives(live, story),
        }
    }

    fn lives(&mut self, live: &Live, story: &Story) {
        let since = live.since.map(|since| format!(", made at {since}")).unwrap_or_default();
        self.line("live as", &format!("namespace {}{since}", story.namespace));
        if let Some(uid) = &live.uid {
            self.styled("", &format!("uid {uid}"), DIM);
        }
        let from = live.commit.as_ref().map(|commit| format!(" from commit {}", short_commit(commit)));
        let from = from.unwrap_or_else(|| " from a working directory".to_owned());
        let judged = match live.as_planned {
            Some(true) => ", which is what is wanted",
            Some(false) => ", and another is wanted",
            None => "",
        };
        match &live.release {
            Some(release) => self.line("", &format!("release {}{from}{judged}", short_commit(release))),
            None => self.line("", "no release yet: no run has finished it"),
        }
        if let Some(problem) = &live.problem {
            self.styled("", problem, RED);
        }
        let wanted: usize = live.kinds.iter().map(|kind| kind.wanted).sum();
        let fine: usize = live.kinds.iter().map(|kind| kind.as_wanted).sum();
        if wanted > 0 {
            let rest = if fine == wanted { "all as wanted".to_owned() } else { format!("{fine} as wanted") };
            let kind = |kind: &KindCount| {
                let some =
                    if kind.as_wanted == kind.wanted { String::new() } else { format!("{} of ", kind.as_wanted) };
                format!("{} {some}{}", kind.kind, kind.wanted)
            };
            let kinds: Vec<String> = live.kinds.iter().map(kind).collect();
            self.line("", &format!("{}, {rest}: {}", counted(wanted, "object"), kinds.join(", ")));
        }
        for differing in live.differing.iter().take(NAMED) {
            let detail = differing.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
            self.styled("", &format!("{} is {}{detail}", differing.object, differing.how), YELLOW);
        }
        self.more(live.differing.len());
    }

    fn expiry(&mut self, expiry: &Expiry, story: &Story) {
        match expiry.at {
            None => self.line("expires", "never"),
            Some(at) => {
                let when = human::relative(at, story.now);
                self.line("expires", &format!("at {at}, {when}"));
                match (expiry.counted_from, expiry.natural) {
                    (Some(from), Some(natural)) if natural != at => {
                        self.line("", &format!("without its pin at {natural}: {}, at {from}", expiry.rule));
                    }
                    (Some(from), _) => self.line("", &format!("{}, at {from}", expiry.rule)),
                    (None, _) => self.line("", &expiry.rule),
                }
            }
        }
        if let Some(pin) = &expiry.pin {
            self.line("pinned", &format!("until {} by {}: {}", pin.until, pin.owner, pin.reason));
            self.line("", &pin.effect);
        }
    }

    fn place(&mut self, story: &Story) {
        let Some(place) = &story.place else { return };
        let of = |count: usize, limit: Option<usize>| match limit {
            Some(limit) => format!("{count} of {limit}"),
            None => count.to_string(),
        };
        let owner = match (place.of_owner, &story.desired.owner) {
            (Some(count), Some(owner)) => format!(", {} of {owner}'s", of(count, place.owner_limit)),
            _ => String::new(),
        };
        self.line("place", &format!("{} sandboxes live{owner}", of(place.live, place.limit)));
    }

    fn next(&mut self, next: &Next, story: &Story, number: usize) {
        let label = match number {
            0 => "next run",
            _ if next.at <= story.now => "",
            _ => {
                let when = human::relative(next.at, story.now);
                self.line("then", &format!("after {}, {when}", next.at));
                ""
            }
        };
        let words = words::of(next.action);
        let elsewhere = if next.namespace == story.namespace { String::new() } else { format!("{}: ", next.namespace) };
        let text = format!("{elsewhere}{}: {}", words.verb, next.reason);
        self.styled(label, &text, colour(next.action));
        if let Some(remedy) = &next.remedy {
            self.styled("", &format!("remedy: {remedy}"), YELLOW);
        }
        for step in next.steps.iter().take(NAMED) {
            let own = step.reason.trim_end().strip_suffix(next.reason.trim_end()).unwrap_or(&step.reason);
            let own = own.trim_end_matches([' ', ',', ';']);
            let reason = if own.is_empty() { String::new() } else { format!(": {own}") };
            let line = format!("{} {}{reason}", words::of(step.action).symbol, step.object);
            self.line("", &line);
        }
        self.more(next.steps.len());
    }
}

fn changed(cause: &CauseShown) -> String {
    match (&cause.commit, &cause.author, &cause.time, &cause.note) {
        (Some(commit), Some(author), Some(time), _) => {
            format!(", commit {} by {author} at {time}", short_commit(commit))
        }
        (_, _, _, Some(note)) => format!(", {note}"),
        _ => String::new(),
    }
}
