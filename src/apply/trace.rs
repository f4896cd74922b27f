//! What the log and the traces are told while a plan is carried out: a span a sandbox, and one a step in it.
//!
//! A log for people leaves this out unless it is asked for: what comes of a sandbox is the answer itself.

use tracing::Span;
use tracing::field::Empty;

use crate::plan::{SandboxOutcome, SandboxPlan, SandboxResult, Step};

/// The span of all that is done to a sandbox. As one of an error, so that a log of errors alone names the sandbox, too.
pub(super) fn sandbox(sandbox: &SandboxPlan) -> Span {
    tracing::error_span!(
        "sandbox",
        sandbox = %sandbox.name,
        action = ?sandbox.action,
        result = Empty,
        otel.status_code = Empty,
        otel.status_message = Empty
    )
}

/// The span of a step.
pub(super) fn step(step: &Step) -> Span {
    tracing::debug_span!("step", object = %step.id, action = ?step.action)
}

/// What came of the sandbox whose span this is in.
pub(super) fn ended(outcome: &SandboxOutcome) {
    let span = Span::current();
    let (result, reason) = match &outcome.result {
        SandboxResult::Done => ("done", None),
        SandboxResult::Applied => ("applied", None),
        SandboxResult::Stale { reason } => ("stale", Some(reason)),
        SandboxResult::Stopped { reason } => ("stopped", Some(reason)),
        SandboxResult::Failed { reason } => ("failed", Some(reason)),
    };
    span.record("result", result);
    match reason {
        Some(reason) => {
            span.record("otel.status_code", "ERROR").record("otel.status_message", reason.as_str());
            tracing::warn!(changes = outcome.done, reason, "ended early");
        }
        None => tracing::info!(changes = outcome.done, "done"),
    }
}
