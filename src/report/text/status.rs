//! How one sandbox is at this moment, as text for people.

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

use super::page::Page;
use super::table::{Cell, Column, table};
use super::wrap::wrap;
use crate::fleet::human;
use crate::plan::{EventSeen, KindCount, LiveState, PodSeen, Service, ServiceHealth, Status, short_commit};
use crate::report::style::{BOLD, DIM, GREEN, RED, YELLOW, paint, plain, safe};
use crate::report::words::counted;

/// So many events are shown, the latest, and so many objects that differ.
const SHOWN: usize = 8;

/// The status, styled.
pub fn status(status: &Status, width: usize) -> String {
    let mut page = Page { text: String::new(), width };
    let at = status.commit.as_deref().map_or("the working tree", short_commit);
    let head = format!("in fleet {} at {at}, cluster {}, as of {}", status.fleet, status.cluster, status.now);
    let head = wrap(&safe(&head), width, status.name.len() + 1, 2);
    page.text.push_str(&format!("{} {}\n\n", paint(BOLD, &safe(&status.name)), paint(DIM, &head)));
    page.standing(status);
    page.generation(status);
    page.services(status);
    page.pods(status);
    page.volumes(status);
    page.quota(status);
    page.events(status);
    for unread in &status.unread {
        page.styled("not known", unread, RED);
    }
    page.text
}

fn column(title: &'static str, cells: Vec<Cell>) -> Column {
    Column { title, turn: 0, least: None, cells }
}

impl Page {
    fn standing(&mut self, status: &Status) {
        let reason = status.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        self.styled("state", &format!("{}{reason}", status.state.word()), super::list::of(status.state));
        if let Some(remedy) = &status.remedy {
            self.styled("", &format!("remedy: {remedy}"), YELLOW);
        }
        if let Some(url) = &status.url {
            self.line("answers at", url);
        } else if let Some(command) = &status.port_forward {
            self.line("reached by", command);
        }
        if let Some(branch) = &status.branch {
            let owner = status.owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
            self.line("branch", &format!("{branch}{owner}"));
        }
        if let Some(image) = &status.image {
            self.line("image", image);
        }
        self.line("namespace", &status.namespace);
        if let Some(created) = status.created {
            self.line("created", &format!("at {created}, {}", human::relative(created, status.now)));
        }
        match status.expires {
            Some(at) => self.line("expires", &format!("at {at}, {}", human::relative(at, status.now))),
            None if status.never_expires => self.line("expires", "never"),
            None => {}
        }
    }

    fn generation(&mut self, status: &Status) {
        let generation = &status.generation;
        let judged = match generation.as_planned {
            Some(true) => ", which is what is asked for",
            Some(false) => ", and another is asked for",
            None => "",
        };
        let from = match &generation.commit {
            Some(commit) => format!(" from commit {}", short_commit(commit)),
            None => " from a working directory".to_owned(),
        };
        let style = if generation.as_planned == Some(false) { YELLOW } else { Style::new() };
        match (&generation.release, generation.state) {
            (Some(release), _) => {
                self.styled("generation", &format!("{}{from}{judged}", short_commit(release)), style);
            }
            (None, LiveState::Lives) => self.styled("generation", "none yet: no run has finished one", YELLOW),
            (None, LiveState::Unknown) => self.styled("generation", "not known", YELLOW),
            (None, _) => {}
        }
        let wanted: usize = status.objects.iter().map(|kind| kind.wanted).sum();
        let fine: usize = status.objects.iter().map(|kind| kind.as_wanted).sum();
        if wanted > 0 && generation.state != LiveState::Absent {
            let rest = if fine == wanted { "all as wanted".to_owned() } else { format!("{fine} as wanted") };
            let kind = |kind: &KindCount| {
                let some =
                    if kind.as_wanted == kind.wanted { String::new() } else { format!("{} of ", kind.as_wanted) };
                format!("{} {some}{}", kind.kind, kind.wanted)
            };
            let kinds: Vec<String> = status.objects.iter().map(kind).collect();
            self.line("objects", &format!("{}, {rest}: {}", counted(wanted, "object"), kinds.join(", ")));
        }
        for differing in status.differing.iter().take(SHOWN) {
            let detail = differing.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
            self.styled("", &format!("{} is {}{detail}", differing.object, differing.how), YELLOW);
        }
        if status.differing.len() > SHOWN {
            self.line("", &format!("and {} more", status.differing.len() - SHOWN));
        }
    }

    fn services(&mut self, status: &Status) {
        if !status.services.is_empty() {
            self.block("services", &services(&status.services, self.room()));
        }
    }

    fn pods(&mut self, status: &Status) {
        if status.pods.is_empty() {
            return;
        }
        let cells = |cell: &dyn Fn(&PodSeen) -> Cell| status.pods.iter().map(cell).collect::<Vec<Cell>>();
        let columns = [
            column("POD", cells(&|pod| Cell::new(&pod.name))),
            column(
                "READY",
                cells(&|pod| {
                    let (ready, all) = pod.ready_containers();
                    Cell::styled(&format!("{ready}/{all}"), if ready < all { YELLOW } else { Style::new() })
                }),
            ),
            column(
                "STATUS",
                cells(&|pod| {
                    let fine = matches!(pod.status.as_str(), "Running" | "Completed");
                    Cell::styled(&pod.status, if fine { Style::new() } else { YELLOW })
                }),
            ),
            column(
                "RESTARTS",
                cells(&|pod| {
                    Cell::styled(&pod.restarts.to_string(), if pod.restarts > 0 { YELLOW } else { Style::new() })
                }),
            ),
            column(
                "AGE",
                cells(&|pod| {
                    Cell::new(&pod.created.map(|at| human::short(status.now.duration_since(at))).unwrap_or_default())
                }),
            ),
        ];
        let pods = table(&columns, Some(self.room())).0;
        self.block("pods", &pods);
        for pod in &status.pods {
            for container in pod.containers.iter().filter(|container| !container.ready) {
                let Some(message) = &container.message else { continue };
                let reason = container.reason.as_deref().unwrap_or("not ready");
                self.styled("", &format!("{}, container {}: {reason}: {message}", pod.name, container.name), YELLOW);
            }
        }
    }

    fn volumes(&mut self, status: &Status) {
        for (number, volume) in status.volumes.iter().enumerate() {
            let size = volume.size.as_deref().unwrap_or("of no size yet");
            let class = volume.class.as_ref().map(|class| format!(", class {class}")).unwrap_or_default();
            let line = format!("{} {size}, {}{class}", volume.claim, volume.phase.to_lowercase());
            let style = if volume.phase == "Bound" { Style::new() } else { YELLOW };
            self.styled(if number == 0 { "volumes" } else { "" }, &line, style);
        }
    }

    fn quota(&mut self, status: &Status) {
        let line = |what: &str, used: &str, hard: &str| format!("{what} {used} of {hard}");
        let lines: Vec<String> = status.quota.iter().map(|quota| line(&quota.what, &quota.used, &quota.hard)).collect();
        if !lines.is_empty() {
            self.line("quota", &lines.join(", "));
        }
    }

    fn events(&mut self, status: &Status) {
        let first = status.events.len().saturating_sub(SHOWN);
        for (number, event) in status.events.iter().skip(first).enumerate() {
            let style = if event.warning { YELLOW } else { Style::new() };
            self.styled(if number == 0 { "events" } else { "" }, &happened(event, status), style);
        }
    }
}

/// The services' table. A reason is prose: what has no room goes on below where it begins.
fn services(services: &[Service], room: usize) -> String {
    let health = |health: ServiceHealth| match health {
        ServiceHealth::Ready => Cell::styled("ready", GREEN),
        ServiceHealth::Waiting => Cell::styled("waiting", YELLOW),
        ServiceHealth::Failed => Cell::styled("failed", RED),
    };
    let mut columns = vec![
        column("SERVICE", services.iter().map(|service| Cell::new(&service.name)).collect()),
        column("HEALTH", services.iter().map(|service| health(service.health)).collect()),
    ];
    if services.iter().all(|service| service.reason.is_none()) {
        return table(&columns, None).0;
    }
    let below = table(&columns, None).0.lines().map(|line| plain(line).width() + 2).max().unwrap_or_default();
    let why = |service: &Service| Cell::new(service.reason.as_deref().unwrap_or_default());
    columns.push(column("WHY", services.iter().map(why).collect()));
    table(&columns, None).0.lines().map(|line| wrap(line, room, 0, below) + "\n").collect()
}

fn happened(event: &EventSeen, status: &Status) -> String {
    let when = event.time.map(|time| format!("{}: ", human::relative(time, status.now))).unwrap_or_default();
    let often = if event.count > 1 { format!(" ({} times)", event.count) } else { String::new() };
    format!("{when}{} {}: {}{often}", event.object, event.reason, event.message.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_goes_on_below_where_it_begins() {
        let service = |name: &str, health, reason: Option<&str>| Service {
            name: name.to_owned(),
            health,
            reason: reason.map(str::to_owned),
            workloads: Vec::new(),
        };
        let reason = "the deployment controller has not seen this generation";
        let both =
            [service("database", ServiceHealth::Ready, None), service("web", ServiceHealth::Waiting, Some(reason))];
        let expected = "\
            SERVICE   HEALTH   WHY\n\
            database  ready\n\
            web       waiting  the deployment controller has not seen this\n                   generation\n";
        assert_eq!(plain(&services(&both, 66)), expected);
    }
}
