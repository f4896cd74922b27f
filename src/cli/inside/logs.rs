//! `reconcile logs NAME`: what the containers of a sandbox write, all at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use futures::future::join_all;
use jiff::Timestamp;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::lines::{Line, Lines, tame};
use super::{Room, all_pods};
use crate::cli::args::{Args, Logs};
use crate::cli::desired::Latest;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Printer;
use crate::cluster::inside::Follow;
use crate::cluster::{Cluster, Error};
use crate::plan::{ContainerSeen, PodSeen, of_service};

/// How often it is looked which pods there are.
const PAUSE: Duration = Duration::from_secs(2);
/// So much is printed at once.
const PAGE: usize = 16 * 1024;
/// One for each pod, and then from the first again.
const COLOURS: [AnsiColor; 6] =
    [AnsiColor::Cyan, AnsiColor::Green, AnsiColor::Magenta, AnsiColor::Yellow, AnsiColor::Blue, AnsiColor::BrightCyan];

/// Prints them.
///
/// # Errors
/// Where there is no such sandbox or service, or its pods cannot be listed.
pub async fn logs(args: &Args, options: &Logs, printer: &Printer) -> Result<u8, Failure> {
    let since = match options.since {
        Some(since) => {
            let at = since.resolve(crate::cli::clock());
            Some(at.map_err(|error| Failure { exit: Exit::Usage, ..Failure::of(&error) })?)
        }
        None => None,
    };
    let room = Room::enter(args, options.name.as_deref(), &options.target, (printer, Latest::NotNeeded)).await?;
    room.inside()?;
    let mut page = Page::new(options, printer);
    if options.follow {
        return tokio::select! {
            ended = on(&room, options, since, &mut page) => ended,
            _ = tokio::signal::ctrl_c() => Ok(0),
        };
    }
    once(&room, options, since, &mut page).await
}

/// Whose log it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Whose {
    pod: String,
    container: String,
}

/// The containers of some pods that have a log, or had one before their last restart.
fn chosen<'p>(pods: &'p [PodSeen], options: &Logs) -> Vec<(&'p PodSeen, &'p ContainerSeen)> {
    let is_wanted = |container: &&ContainerSeen| {
        let has_log = if options.previous { container.restarts > 0 } else { container.begun };
        has_log && options.container.as_ref().is_none_or(|name| *name == container.name)
    };
    pods.iter().flat_map(|pod| pod.containers.iter().filter(is_wanted).map(move |container| (pod, container))).collect()
}

fn check_container(sandbox: &str, pods: &[PodSeen], options: &Logs) -> Result<(), Failure> {
    let Some(name) = &options.container else { return Ok(()) };
    let mut known: Vec<&str> =
        pods.iter().flat_map(|pod| &pod.containers).map(|container| container.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    if known.is_empty() || known.contains(&name.as_str()) {
        return Ok(());
    }
    let hint = format!("there are: {}", known.join(", "));
    Err(Failure::new(Exit::Usage, format!("no pod of {sandbox} has a container {name}"), hint))
}

/// What is there by now, all logs merged by time.
async fn once(room: &Room, options: &Logs, since: Option<Timestamp>, page: &mut Page<'_>) -> Result<u8, Failure> {
    let pods = room.pods(options.service.as_deref()).await?;
    check_container(&room.name, &pods, options)?;
    let chosen = chosen(&pods, options);
    if chosen.is_empty() {
        page.printer.note(&nothing(&room.name, &pods, options));
        return Ok(0);
    }
    page.announce(chosen.iter().map(|(pod, container)| whose(pod, container)));
    let inside = room.inside()?;
    let since = since.map(|at| at.to_string()).unwrap_or_default();
    let begun = chosen.iter().map(|(pod, container)| {
        let follow = Follow {
            namespace: &room.namespace,
            pod: &pod.name,
            container: &container.name,
            on: false,
            previous: options.previous,
            since: &since,
            tail: options.tail,
        };
        async move { (whose(pod, container), inside.follow(&follow).await) }
    });
    let mut failed = false;
    let mut open: Vec<(Whose, Lines, Line)> = Vec::new();
    for (whose, pieces) in join_all(begun).await {
        match pieces {
            Ok(pieces) => {
                let mut lines = Lines::new(pieces);
                if let Some(line) = page.next(&whose, &mut lines, &mut failed).await {
                    open.push((whose, lines, line));
                }
            }
            Err(error) => failed |= page.lost(&whose, &error),
        }
    }
    while let Some(first) = (0..open.len()).min_by_key(|at| open.get(*at).and_then(|(_, _, line)| line.at)) {
        let Some((whose, lines, line)) = open.get_mut(first) else { break };
        page.line(whose, line)?;
        match page.next(whose, lines, &mut failed).await {
            Some(next) => *line = next,
            None => drop(open.remove(first)),
        }
    }
    page.flush()?;
    Ok(if failed { Exit::Failed as u8 } else { 0 })
}

fn nothing(sandbox: &str, pods: &[PodSeen], options: &Logs) -> String {
    match (pods, options.previous) {
        ([], _) => format!("{sandbox} has no pods"),
        (_, true) => "no container was started again, so none has a log from before".into(),
        (pods, false) => {
            let states: Vec<String> = pods.iter().map(|pod| format!("{} is {}", pod.name, pod.status)).collect();
            format!("no container has begun yet: {}", states.join(", "))
        }
    }
}

fn whose(pod: &PodSeen, container: &ContainerSeen) -> Whose {
    Whose { pod: pod.name.clone(), container: container.name.clone() }
}

/// What is followed: one run of one container.
type Run = (String, String, u64);

/// What comes of following.
enum News {
    Line(Whose, Line),
    /// Of this pod it is over, and what was written last; why, where it broke off.
    Over(String, Run, Option<Timestamp>, Option<Error>),
}

/// What is there, and what comes, of pods that come and go.
async fn on(room: &Room, options: &Logs, since: Option<Timestamp>, page: &mut Page<'_>) -> Result<u8, Failure> {
    let (tell, mut news): (Sender<News>, Receiver<News>) = channel(256);
    // What was written last by those that are over; `None` while one is followed.
    let mut runs: BTreeMap<Run, Option<Option<Timestamp>>> = BTreeMap::new();
    let mut warned: BTreeSet<Run> = BTreeSet::new();
    let (mut is_first, mut was_lost, mut said_empty) = (true, false, false);
    let mut ticks = tokio::time::interval(PAUSE);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let pods = match all_pods(&*room.cluster, &room.namespace).await {
                    Ok(pods) => pods,
                    Err(error) if !is_first => {
                        if !std::mem::replace(&mut was_lost, true) {
                            page.printer.warning(&format!("which pods there are is not known: {error}"));
                        }
                        continue;
                    }
                    Err(error) => return Err(super::of(&error)),
                };
                was_lost = false;
                let service = options.service.as_deref();
                // Pods of a service that is named rightly may be gone for a moment.
                let pods = match of_service(pods, service) {
                    Ok(pods) => pods,
                    Err(known) if is_first && !known.is_empty() => {
                        return Err(room.no_service(service.unwrap_or_default(), &known));
                    }
                    Err(_) => Vec::new(),
                };
                if is_first {
                    check_container(&room.name, &pods, options)?;
                }
                let chosen = chosen(&pods, options);
                if chosen.is_empty() && !std::mem::replace(&mut said_empty, true) {
                    page.printer.progress(&format!("{}; waiting", nothing(&room.name, &pods, options)));
                }
                page.announce(chosen.iter().map(|(pod, container)| whose(pod, container)));
                for (pod, container) in chosen {
                    let run = (pod.uid.clone(), container.name.clone(), container.restarts);
                    let from = match runs.get(&run) {
                        None => if is_first { since } else { None },
                        // The connection ended, and the container did not.
                        Some(Some(last)) if container.running => *last,
                        Some(_) => continue,
                    };
                    let is_new = !runs.contains_key(&run);
                    runs.insert(run.clone(), None);
                    let tail = options.tail.filter(|_| is_first);
                    let after = if is_new { None } else { from };
                    let cluster = Arc::clone(&room.cluster);
                    let whose = whose(pod, container);
                    if is_new && !is_first {
                        page.printer.progress(&format!("+ {}", page.prefix(&whose)));
                    }
                    let followed = Followed { whose, run, namespace: room.namespace.clone(), from, after, tail };
                    tokio::spawn(follow(cluster, followed, tell.clone()));
                }
                is_first = false;
            }
            Some(first) = news.recv() => {
                let mut next = Some(first);
                while let Some(told) = next {
                    match told {
                        News::Line(whose, line) => page.line(&whose, &line)?,
                        News::Over(pod, run, last, error) => {
                            if let Some(error) = error.filter(|_| warned.insert(run.clone())) {
                                let whose = Whose { pod: pod.clone(), container: run.1.clone() };
                                page.lost(&whose, &error);
                            }
                            runs.insert(run, Some(last));
                        }
                    }
                    next = news.try_recv().ok();
                }
                page.flush()?;
            }
        }
    }
}

/// One run of a container, as it is followed.
struct Followed {
    whose: Whose,
    run: Run,
    namespace: String,
    /// Since when.
    from: Option<Timestamp>,
    /// What was written until then was told already.
    after: Option<Timestamp>,
    tail: Option<u64>,
}

async fn follow(cluster: Arc<dyn Cluster>, followed: Followed, tell: Sender<News>) {
    let Followed { whose, run, namespace, from, after, tail } = followed;
    let since = from.map(|at| at.to_string()).unwrap_or_default();
    let request = Follow {
        namespace: &namespace,
        pod: &whose.pod,
        container: &whose.container,
        on: true,
        previous: false,
        since: &since,
        tail,
    };
    let Some(inside) = cluster.inside() else { return };
    let (mut told, mut error) = (after, None);
    match inside.follow(&request).await {
        Ok(pieces) => {
            let mut lines = Lines::new(pieces);
            loop {
                match lines.next().await {
                    Some(Ok(line)) if line.at.is_some() && line.at <= after => {}
                    Some(Ok(line)) => {
                        told = line.at.or(told);
                        if tell.send(News::Line(whose.clone(), line)).await.is_err() {
                            return;
                        }
                    }
                    Some(Err(lost)) => {
                        error = Some(lost);
                        break;
                    }
                    None => break,
                }
            }
        }
        Err(refused) => error = Some(refused),
    }
    // Nobody may listen any more.
    let _ = tell.send(News::Over(whose.pod, run, told.or(from), error)).await;
}

/// What is printed, a page at a time.
struct Page<'a> {
    printer: &'a Printer,
    timestamps: bool,
    prefixed: bool,
    /// The pods, in the order of their appearance, and how many of their containers have a log.
    pods: Vec<(String, Vec<String>)>,
    width: usize,
    text: String,
}

impl<'a> Page<'a> {
    fn new(options: &Logs, printer: &'a Printer) -> Self {
        Self {
            printer,
            timestamps: options.timestamps,
            prefixed: !options.no_prefix,
            pods: Vec::new(),
            width: 0,
            text: String::new(),
        }
    }

    fn announce(&mut self, all: impl Iterator<Item = Whose>) {
        let all: Vec<Whose> = all.collect();
        for whose in &all {
            match self.pods.iter_mut().find(|(pod, _)| *pod == whose.pod) {
                Some((_, containers)) if containers.contains(&whose.container) => {}
                Some((_, containers)) => containers.push(whose.container.clone()),
                None => self.pods.push((whose.pod.clone(), vec![whose.container.clone()])),
            }
        }
        self.width = all.iter().map(|whose| self.prefix(whose).len()).chain([self.width]).max().unwrap_or_default();
    }

    /// The pod, and where several of its containers have a log, that.
    fn prefix(&self, whose: &Whose) -> String {
        let several = self.pods.iter().any(|(pod, containers)| *pod == whose.pod && containers.len() > 1);
        if several { format!("{}/{}", whose.pod, whose.container) } else { whose.pod.clone() }
    }

    fn line(&mut self, whose: &Whose, line: &Line) -> Result<(), Failure> {
        if self.prefixed {
            let place = self.pods.iter().position(|(pod, _)| *pod == whose.pod).unwrap_or_default();
            let colour = COLOURS.get(place % COLOURS.len()).copied().unwrap_or(AnsiColor::Cyan);
            let style: Style = colour.on_default();
            let width = self.width;
            // Writing to a String cannot fail.
            let _ = write!(self.text, "{style}{:<width$} |{style:#} ", self.prefix(whose));
        }
        if self.timestamps && !line.stamp.is_empty() {
            self.text.push_str(&line.stamp);
            self.text.push(' ');
        }
        self.text.push_str(&tame(&line.text));
        self.text.push('\n');
        if self.text.len() >= PAGE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.printer.answer(&std::mem::take(&mut self.text))
    }

    async fn next(&self, whose: &Whose, lines: &mut Lines, failed: &mut bool) -> Option<Line> {
        match lines.next().await? {
            Ok(line) => Some(line),
            Err(error) => {
                *failed |= self.lost(whose, &error);
                None
            }
        }
    }

    /// A log that cannot be read, or not to its end. What has been deleted meanwhile is no fault.
    fn lost(&self, whose: &Whose, error: &Error) -> bool {
        self.printer.warning(&format!("the log of {} cannot be read: {}", self.prefix(whose), error.with_remedy()));
        true
    }
}
