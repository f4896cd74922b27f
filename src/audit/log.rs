//! One run's way into the audit: a thread of its own, so that writes which end together wait for the disk together.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use jiff::{Timestamp, Unit};
use tokio::sync::oneshot;

use super::file::Audit;
use super::line::{Draft, Line, Outcome, Said, What, Who, Write};
use super::pending::{self, Pending};

/// Why the audit cannot be written. After that nothing is written to the cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unwritten(String);

/// One run's audit.
#[derive(Debug)]
pub struct Log {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    /// Writes of runs that were stopped, which this one has noted.
    pub recovered: usize,
    /// Whether a line was found that is not whole.
    pub torn: bool,
}

/// A write that is under way. Where nobody waits for its end any more, that is what is noted.
#[derive(Debug)]
#[must_use = "its end has to be noted"]
pub struct Ticket<'a> {
    log: &'a Log,
    line: Option<Box<Line>>,
}

enum Order {
    Begin(Box<Line>, oneshot::Sender<Result<Line, Unwritten>>),
    Settle(Box<Line>, oneshot::Sender<Result<(), Unwritten>>),
}

impl Log {
    /// Opens the audit for a run, and sees to what a run that was stopped has left.
    ///
    /// # Errors
    /// Where it cannot be written, or is none.
    pub fn open(path: &Path, run: &str, who: &Who) -> Result<Self, Unwritten> {
        let failed = |error: std::io::Error| Unwritten(error.to_string());
        let mut audit = Audit::open(path).map_err(failed)?;
        let mut torn = false;
        let (recovered, pending) = {
            let mut locked = audit.lock().map_err(failed)?;
            let note = |found| {
                torn = true;
                Line::new(now(), run, who, What::Torn(found))
            };
            locked.mend(note).map_err(failed)?;
            let recovered = pending::recover(path, run, &mut locked).map_err(failed)?;
            // Now rather than before the first write, so that a run learns before it has changed anything.
            (recovered, Pending::begin(path, run, &locked).map_err(failed)?)
        };
        let (orders, taken) = channel();
        let mut clerk = Clerk { audit, pending: Some(pending), open: 0, failed: None, number: 0 };
        let thread =
            std::thread::Builder::new().name("audit".into()).spawn(move || clerk.work(&taken)).map_err(failed)?;
        Ok(Self { orders: Some(orders), thread: Some(thread), recovered, torn })
    }

    /// Notes that a write is about to be sent. It must not be sent where this fails.
    ///
    /// # Errors
    /// Where that cannot be noted.
    pub async fn begin(&self, run: &str, who: &Who, draft: Draft) -> Result<Ticket<'_>, Unwritten> {
        let said = Said { after: None, outcome: Outcome::Unknown, error: None };
        let write = Write { number: 0, draft, said, noted_by: None };
        let line = Line::new(now(), run, who, What::Write(Box::new(write)));
        let (reply, answer) = oneshot::channel();
        self.order(Order::Begin(Box::new(line), reply))?;
        let line = answer.await.map_err(|_| gone())??;
        Ok(Ticket { log: self, line: Some(Box::new(line)) })
    }

    fn order(&self, order: Order) -> Result<(), Unwritten> {
        self.orders.as_ref().and_then(|orders| orders.send(order).ok()).ok_or_else(gone)
    }
}

impl Ticket<'_> {
    /// Notes how the write ended.
    ///
    /// # Errors
    /// Where that cannot be noted; the next run will note that it was sent.
    pub async fn settle(mut self, said: Said) -> Result<(), Unwritten> {
        self.send(said)?.await.map_err(|_| gone())?
    }

    fn send(&mut self, said: Said) -> Result<oneshot::Receiver<Result<(), Unwritten>>, Unwritten> {
        let (reply, answer) = oneshot::channel();
        if let Some(mut line) = self.line.take() {
            if let What::Write(write) = &mut line.what {
                write.said = said;
            }
            self.log.order(Order::Settle(line, reply))?;
        }
        Ok(answer)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let error = Some("nobody waited for the answer".into());
        // Where it cannot be noted now, the next run will.
        let _ = self.send(Said { after: None, outcome: Outcome::Unknown, error });
    }
}

/// Waits until all is on the disk.
impl Drop for Log {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            // What it could not write it has said.
            let _ = thread.join();
        }
    }
}

fn gone() -> Unwritten {
    Unwritten("whoever writes it has ended".into())
}

#[expect(clippy::disallowed_methods, reason = "when something was written, not what is wanted")]
fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Millisecond).unwrap_or(now)
}

/// Who writes the files.
struct Clerk {
    audit: Audit,
    /// Taken when the run ends.
    pending: Option<Pending>,
    /// Writes of which the end is not noted.
    open: usize,
    failed: Option<Unwritten>,
    number: u64,
}

impl Clerk {
    fn work(&mut self, orders: &Receiver<Order>) {
        while let Ok(first) = orders.recv() {
            let (mut begun, mut settled) = (Vec::new(), Vec::new());
            for order in std::iter::once(first).chain(orders.try_iter()) {
                match order {
                    Order::Begin(line, reply) => begun.push((*line, reply)),
                    Order::Settle(line, reply) => settled.push((*line, reply)),
                }
            }
            self.settle(settled);
            self.begin(begun);
        }
        if self.open == 0
            && let Some(pending) = self.pending.take()
        {
            pending.end();
        }
    }

    fn begin(&mut self, begun: Vec<(Line, oneshot::Sender<Result<Line, Unwritten>>)>) {
        if begun.is_empty() {
            return;
        }
        let (mut lines, replies): (Vec<Line>, Vec<_>) = begun.into_iter().unzip();
        for line in &mut lines {
            self.number += 1;
            if let What::Write(write) = &mut line.what {
                write.number = self.number;
            }
        }
        let noted = match &self.failed {
            Some(failed) => Err(failed.clone()),
            None => self.note(&lines).map_err(|error| Unwritten(error.to_string())),
        };
        if noted.is_ok() {
            self.open += lines.len();
        }
        self.failed = noted.as_ref().err().cloned();
        for (line, reply) in lines.into_iter().zip(replies) {
            // Nobody listens any more where the run was given up.
            let _ = reply.send(noted.clone().map(|()| line));
        }
    }

    fn note(&mut self, lines: &[Line]) -> std::io::Result<()> {
        self.pending.as_mut().map_or(Ok(()), |pending| pending.note(lines))
    }

    fn settle(&mut self, settled: Vec<(Line, oneshot::Sender<Result<(), Unwritten>>)>) {
        if settled.is_empty() {
            return;
        }
        let (mut lines, replies): (Vec<Line>, Vec<_>) = settled.into_iter().unzip();
        let added = self.audit.lock().and_then(|mut locked| locked.add(&mut lines));
        let added = added.map_err(|error| Unwritten(error.to_string()));
        match &added {
            Ok(()) => self.open -= lines.len(),
            // From now on nothing is sent any more.
            Err(error) => self.failed = Some(error.clone()),
        }
        for reply in replies {
            let _ = reply.send(added.clone());
        }
    }
}
