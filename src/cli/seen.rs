//! How a run is seen from outside: its metrics, and the audit of what it writes.
//!
//! What is told never changes what a run does, nor its exit status: where metrics cannot be written or pushed, that is
//! a warning. The audit alone does: without it nothing is written to the cluster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::Span;

use super::args;
use super::failure::{Exit, Failure};
use super::log::Logging;
use super::metrics_file::{self, Told};
use super::planning::Planning;
use super::print::Printer;
use super::pushgateway::Pushgateway;
use super::who;
use crate::apply::Event;
use crate::audit::{Log, Who};
use crate::cluster::{About, Audited, Cluster};
use crate::manifest::Shard;
use crate::plan::{Outcome, Plan};
use crate::report::metrics::{self, Ended, Family, Numbers};

/// One run, watched.
pub struct Seen<'a> {
    options: &'a args::Seen,
    printer: &'a Printer,
    run: String,
    who: Who,
    began: Instant,
    gateway: Option<Pushgateway>,
    audit: Mutex<Option<Log>>,
    span: Span,
    noted: Mutex<Noted>,
}

/// What was noted on the way.
#[derive(Default)]
struct Noted {
    fleet: Option<String>,
    shard: Option<Shard>,
    numbers: Numbers,
    applying: Option<Instant>,
    begun: BTreeMap<String, Instant>,
    /// What the plan and its outcome come to, and whether that is all that there was to do, with status 0.
    came: Option<(Vec<Family>, bool)>,
}

impl<'a> Seen<'a> {
    /// Begins to watch.
    ///
    /// # Errors
    /// Where what is asked for cannot be understood.
    pub fn begin(options: &'a args::Seen, printer: &'a Printer) -> Result<Self, Failure> {
        let gateway = options.pushgateway.as_ref().map(|url| Pushgateway::parse(&url.0)).transpose()?.flatten();
        Ok(Self {
            options,
            printer,
            run: format!("{:032x}", rand::random::<u128>()),
            who: who::who(),
            began: now(),
            gateway,
            audit: Mutex::default(),
            span: Span::none(),
            noted: Mutex::default(),
        })
    }

    /// Opens the audit, before anything is done that it would have to tell.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn open_audit(&self) -> Result<(), Failure> {
        let Some(file) = &self.options.audit else { return Ok(()) };
        let log = Log::open(file, &self.run, &self.who).map_err(|error| {
            let message = format!("{}: the audit cannot be written: {error}", file.display());
            Failure::new(Exit::Failed, message, "nothing was changed; without the audit nothing is")
        })?;
        tell(&log, file, self.printer);
        *self.audit.lock().unwrap_or_else(PoisonError::into_inner) = Some(log);
        Ok(())
    }

    /// The span in which the run is.
    pub fn span(&mut self, logging: &Logging) -> Span {
        self.span = logging.run(&self.run);
        self.span.clone()
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fleet is known.
    pub fn fleet(&self, name: &str, shard: Option<Shard>) {
        self.span.record("fleet", name).record("shard", shard.map(tracing::field::display));
        let mut noted = self.noted();
        (noted.fleet, noted.shard) = (Some(name.to_owned()), shard);
    }

    /// There is a plan. Answers with the cluster as it may be written to.
    pub fn planned(&self, planning: &Planning) -> Arc<dyn Cluster> {
        let (plan, cluster) = (&planning.plan, Arc::clone(&planning.cluster));
        self.span.record("cluster", &plan.cluster).record("commit", plan.commit.as_deref().unwrap_or("worktree"));
        self.noted().numbers.planning = self.began.elapsed();
        let Some(log) = self.audit.lock().unwrap_or_else(PoisonError::into_inner).take() else { return cluster };
        let about = About {
            run: self.run.clone(),
            who: self.who.clone(),
            fleet: plan.fleet.clone(),
            fleet_id: plan.fleet_id.clone(),
            commit: plan.commit.clone(),
            sandboxes: plan.sandboxes.iter().map(|s| (s.namespace.clone(), s.name.clone())).collect(),
            key: planning.input.key.clone(),
        };
        Arc::new(Audited::new(cluster, log, about))
    }

    /// Something happened.
    pub fn watch(&self, event: &Event<'_>) {
        let mut noted = self.noted();
        noted.applying.get_or_insert_with(now);
        match event {
            Event::Begins { sandbox, .. } => {
                noted.begun.entry((*sandbox).to_owned()).or_insert_with(now);
            }
            Event::Ends { outcome, .. } => {
                let took = noted.begun.get(&outcome.name).map(Instant::elapsed);
                noted.numbers.sandboxes.extend(took.map(|took| (outcome.name.clone(), took)));
            }
            Event::Waits { .. } => {}
        }
    }

    /// The plan was carried out, or (`None`) was not.
    pub fn came(&self, plan: &Plan, outcome: Option<&Outcome>) {
        let mut noted = self.noted();
        noted.numbers.applying = outcome.map(|_| noted.applying.map_or(Duration::ZERO, |began| began.elapsed()));
        let families = metrics::of_plan(plan, outcome, &noted.numbers);
        noted.came = Some((families, metrics::is_success(plan, outcome, 0)));
    }

    /// The run is over: whoever waits for it outside is told.
    pub fn end(self, status: u8) {
        self.span.record("exit_status", i64::from(status));
        if !matches!(status, 0 | 2) {
            self.span.record("otel.status_code", "ERROR");
        }
        if status == Exit::Busy as u8 {
            // The run that is at work tells what there is to tell.
            return;
        }
        let noted = self.noted.into_inner().unwrap_or_else(PoisonError::into_inner);
        let at = super::clock();
        let succeeded = status == 0 && noted.came.as_ref().is_some_and(|(_, all)| *all);
        let ended = Ended { at, status, took: self.began.elapsed(), success: succeeded.then_some(at) };
        let mut told =
            Told { fleet: noted.fleet, shard: noted.shard, ended, plan: noted.came.map(|(families, _)| families) };
        if let Some(file) = &self.options.metrics_file {
            match metrics_file::write(file, &told) {
                Ok(written) => told = written,
                Err(error) => self.printer.warning(&format!("the metrics cannot be written: {error}")),
            }
        }
        if let Some(gateway) = &self.gateway
            && let Err(error) = push(gateway, &told)
        {
            self.printer.warning(&format!("the metrics cannot be pushed: {error}"));
        }
    }
}

/// All that there is of the fleet; but where it is not known when a run last succeeded, what the gateway knows of that
/// is left there.
fn push(gateway: &Pushgateway, told: &Told) -> Result<(), String> {
    let Some(fleet) = &told.fleet else { return Err("the run ended before it knew which fleet's they are".into()) };
    gateway.push((fleet, told.shard), &told.text(), told.ended.success.is_some())
}

fn tell(log: &Log, file: &std::path::Path, printer: &Printer) {
    let file = file.display();
    if log.torn {
        printer.warning(&format!("{file}: a run was stopped while it wrote its last line; that is noted behind it"));
    }
    if log.recovered > 0 {
        let writes = if log.recovered == 1 { "1 write".into() } else { format!("{} writes", log.recovered) };
        printer.warning(&format!("{file}: a run was stopped before it noted what came of {writes}: noted as unknown"));
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a run takes is told, and decides nothing")]
fn now() -> Instant {
    Instant::now()
}
