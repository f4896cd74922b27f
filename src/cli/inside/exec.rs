//! `reconcile exec NAME -- COMMAND`: a program in a sandbox.

use tokio::signal::unix::{SignalKind, signal};

use super::terminal::{self, Raw};
use super::{Room, of};
use crate::cli::args::{Args, Exec};
use crate::cli::desired::Latest;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Printer;
use crate::cluster::inside::{self, Heard, Process};
use crate::plan::{ContainerSeen, PodSeen};

/// Runs it, and answers with its exit status.
///
/// # Errors
/// Where it could not be run, or its end is not known.
pub async fn exec(args: &Args, options: &Exec, printer: &Printer) -> Result<u8, Failure> {
    let room = Room::enter(args, options.name.as_deref(), &options.target, (printer, Latest::NotNeeded)).await?;
    let inside = room.inside()?;
    let pod = room.pod(options.service.as_deref()).await?;
    let container = container(&pod, options.container.as_deref())?;
    let tty = options.tty && terminal::is_there();
    if options.tty && !tty {
        printer.warning("standard input and output are no terminal, so the program gets none");
    }
    let asked = inside::Exec {
        namespace: &room.namespace,
        pod: &pod.name,
        container: &container.name,
        command: &options.command,
        stdin: options.stdin,
        tty,
    };
    let process = inside.exec(&asked).await.map_err(|error| of(&error))?;
    let raw = if tty { Some(Raw::take().map_err(|error| Failure::of(&error))?) } else { None };
    let ended = attend(process, tty).await;
    drop(raw);
    // What is no status of a program on this system is a failure.
    let code = ended?;
    Ok(u8::try_from(code).unwrap_or(Exit::Failed as u8))
}

/// The container that is meant: the one that is named; else what the pod says is its main one, else its first.
pub(in crate::cli) fn container<'p>(pod: &'p PodSeen, name: Option<&str>) -> Result<&'p ContainerSeen, Failure> {
    let own = || pod.containers.iter().filter(|container| !container.extra);
    let found = match name {
        Some(name) => pod.containers.iter().find(|container| container.name == name),
        None => own().find(|container| Some(&container.name) == pod.main.as_ref()).or_else(|| own().next()),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = pod.containers.iter().map(|container| container.name.as_str()).collect();
        let message = format!("pod {} has no container {}", pod.name, name.unwrap_or_default());
        Failure::new(Exit::Usage, message, format!("there are: {}", known.join(", ")))
    })
}

/// Passes on what comes and goes until the program ends.
async fn attend(mut process: Process, tty: bool) -> Result<i32, Failure> {
    if let Some(stdin) = process.stdin.take() {
        terminal::pass_on(stdin);
    }
    let mut resized = if tty { signal(SignalKind::window_change()).ok() } else { None };
    let sizes = process.size.take();
    let tell = || {
        if let (Some(sizes), Some(size)) = (&sizes, terminal::size()) {
            // One that is lost is followed by the next.
            let _ = sizes.try_send(size);
        }
    };
    tell();
    loop {
        tokio::select! {
            heard = process.heard.recv() => match heard {
                Some(Heard::Out(piece)) => Printer::pass_on(&piece)?,
                Some(Heard::Err(piece)) => Printer::pass_on_error(&piece),
                Some(Heard::Ended(ended)) => return ended.map_err(|error| of(&error)),
                None => return Err(Failure::new(Exit::Failed, "the program was lost", "see whether its pod still runs")),
            },
            Some(()) = async { match resized.as_mut() {
                Some(resized) => resized.recv().await,
                None => std::future::pending().await,
            } } => tell(),
        }
    }
}
