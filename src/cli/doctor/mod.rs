//! `reconcile doctor`: whether all is there that a run needs, one line each. It changes nothing.

mod access;
mod admission;
mod desired;
mod finding;
mod server;

use super::args::{Args, ClusterName, Doctor, DoctorFormat};
use super::failure::{Exit, Failure};
use super::print::{Printer, width};
use crate::report::answers;
use crate::report::changes::Examined;
use crate::report::text::{self, Health};
use finding::{Finding, Findings};

/// Looks at everything; exit status 1 where something is not as it has to be.
///
/// # Errors
/// Where standard output cannot be written.
pub async fn doctor(args: &Args, options: &Doctor, printer: &Printer) -> Result<u8, Failure> {
    let mut findings = Findings::default();
    let desired = desired::look(args, &mut findings);
    match options.target.cluster {
        ClusterName::Kube => {
            if let Some(server) = server::look(options, desired.as_ref(), &mut findings).await
                && let Some(desired) = &desired
            {
                access::look(&server, (desired, options.shards), &mut findings).await;
                admission::look(&server, desired, &mut findings).await;
            }
        }
        ClusterName::Dir(_) => server::look_at_folder(options, &mut findings).await,
    }
    let Findings(findings) = findings;
    let count = |health| findings.iter().filter(|finding| finding.health == health).count();
    let (warnings, failed) = (count(Health::Warning), count(Health::Failed));
    match options.format {
        DoctorFormat::Text => {
            let line = |Finding { health, name, says, remedy }: &Finding| {
                text::check(*health, name, says, remedy.as_deref(), width())
            };
            printer.answer(&findings.iter().map(line).collect::<String>())?;
            printer.answer(&format!("\n{}\n", summary(findings.len(), warnings, failed)))?;
        }
        DoctorFormat::Json => {
            let checks = findings.into_iter().map(Finding::check).collect();
            let examined = Examined { version: answers::version(), checks, warnings, failed };
            printer.answer(&answers::text(&examined))?;
        }
    }
    Ok(if failed > 0 { Exit::Failed as u8 } else { 0 })
}

fn summary(all: usize, warnings: usize, failed: usize) -> String {
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    match (failed, warnings) {
        (0, 0) => format!("{all} checks, all is well"),
        (0, _) => format!("{all} checks, {}", plural(warnings, "warning")),
        (_, 0) => format!("{all} checks, {failed} failed"),
        (_, _) => format!("{all} checks, {failed} failed, {}", plural(warnings, "warning")),
    }
}
