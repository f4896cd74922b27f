//! What goes on while a plan is carried out: lines that move on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::print::{Printer, width};
use crate::apply::Event;
use crate::plan::Plan;
use crate::report::{plain, text};

/// So many sandboxes are shown at once.
const SHOWN: usize = 8;

/// Shows events of one plan.
pub struct Progress<'a> {
    printer: &'a Printer,
    /// Where somebody watches.
    screen: Option<Screen>,
}

struct Screen {
    lines: MultiProgress,
    all: ProgressBar,
    sandboxes: Mutex<BTreeMap<String, ProgressBar>>,
}

impl<'a> Progress<'a> {
    /// Of a plan that is about to be carried out.
    pub fn new(printer: &'a Printer, plan: &Plan) -> Self {
        let total = plan.sandboxes.iter().filter(|sandbox| !sandbox.steps.is_empty()).count();
        let is_watched = printer.may_move() && total > 0;
        Self { printer, screen: is_watched.then(|| Screen::new(total)) }
    }

    /// Shows what happened.
    pub fn tell(&self, event: Event<'_>) {
        match (&self.screen, event) {
            (Some(screen), event) => screen.tell(event),
            (None, Event::Waits { sandbox, step, why }) => {
                self.printer.progress(&text::waits(sandbox, &format!("{}: {why}", step.id), width()));
            }
            (None, _) => {}
        }
    }
}

impl Screen {
    fn new(total: usize) -> Self {
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let all = lines.add(ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX)));
        all.set_style(style("{bar:24} {pos} of {len} sandboxes, {elapsed}"));
        all.enable_steady_tick(Duration::from_secs(1));
        Self { lines, all, sandboxes: Mutex::default() }
    }

    fn tell(&self, event: Event<'_>) {
        let mut sandboxes = self.sandboxes.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, what) = match event {
            Event::Begins { sandbox, step } => (sandbox, step.id.to_string()),
            Event::Waits { sandbox, step, why } => (sandbox, format!("{}: {why}", step.id)),
            Event::Ends { outcome, .. } => {
                if let Some(line) = sandboxes.remove(&outcome.name) {
                    line.finish_and_clear();
                }
                self.all.inc(1);
                return;
            }
        };
        if !sandboxes.contains_key(name) {
            if sandboxes.len() >= SHOWN {
                return;
            }
            let line = self.lines.add(ProgressBar::new_spinner());
            line.set_style(style("  {spinner} {wide_msg}"));
            line.enable_steady_tick(Duration::from_millis(200));
            sandboxes.insert(name.to_owned(), line);
        }
        if let Some(line) = sandboxes.get(name) {
            // It is what a cluster says, so nothing in it may steer the terminal.
            let words = plain(&text::waits(name, &what, usize::MAX));
            line.set_message(words.split_whitespace().skip(1).collect::<Vec<_>>().join(" "));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.all.finish_and_clear();
        // What cannot be cleared is only in the way.
        let _ = self.lines.clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
