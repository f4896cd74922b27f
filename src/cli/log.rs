//! The log on standard error, for people or as JSON lines, and the traces that are sent.

use tracing::Span;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use super::args::{Args, LogFormat};
use super::print::Printer;
use super::traces::{self, Traces};

/// What has to be ended with the run.
pub struct Logging {
    traces: Option<Traces>,
}

/// Begins to log, as the command line and the environment ask.
pub fn begin(args: &Args, printer: &Printer) -> Logging {
    // The client logs each failed request, which the error that it leads to says better.
    let usual = match (args.output.verbose, args.output.log_format) {
        (0, LogFormat::Text) => "warn,kube_client=off,reconcile::apply::trace=off",
        (1, LogFormat::Text) => "reconcile=info,warn,kube_client=off,reconcile::apply::trace=off",
        (0 | 1, LogFormat::Json) => "reconcile=info,warn,kube_client=off",
        _ => "reconcile=debug,info",
    };
    let asked = args.output.log.as_deref().unwrap_or(usual);
    let filter = EnvFilter::try_new(asked).unwrap_or_else(|_| EnvFilter::new(usual));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match args.output.log_format {
        LogFormat::Text => lines.with_ansi(printer.colours_errors()).without_time().with_filter(filter).boxed(),
        LogFormat::Json => lines.json().with_filter(filter).boxed(),
    };
    let (traces, wrong) = match Traces::from_environment() {
        Ok(traces) => (traces, None),
        Err(wrong) => (None, Some(wrong)),
    };
    tracing_subscriber::registry().with(traces.as_ref().map(Traces::layer)).with(lines).init();
    if let Some(wrong) = wrong {
        printer.warning(&format!("no traces are sent: {wrong}"));
    }
    Logging { traces }
}

impl Logging {
    /// The span of a run, below what its caller says.
    pub fn run(&self, id: &str) -> Span {
        let empty = tracing::field::Empty;
        let span = tracing::info_span!(
            "run",
            id,
            fleet = empty,
            shard = empty,
            commit = empty,
            cluster = empty,
            exit_status = empty,
            otel.status_code = empty
        );
        if self.traces.is_some() {
            traces::continue_from_environment(&span);
        }
        span
    }

    /// Sends what is not sent yet, within a bound.
    pub fn end(self, printer: &Printer) {
        if let Some(why) = self.traces.and_then(Traces::end) {
            printer.warning(&format!("the traces of this run could not be sent: {why}"));
        }
    }
}
