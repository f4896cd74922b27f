//! Tests by a program that runs in a pod of the sandbox.

use super::record::{Form, Record};
use super::{Ended, Failure};
use crate::cli::failure::Exit;
use crate::cli::inside::{Room, container, of};
use crate::cluster::inside::{Exec, Heard};
use crate::release::Test;

/// Runs it.
pub(super) async fn run(room: &Room, test: &Test, args: &[String], record: &mut Record) -> Result<Ended, Failure> {
    let inside = room.inside()?;
    let pod = room.pod(Some(&test.service)).await?;
    let container = container(&pod, test.container.as_deref())?;
    let mut command = test.command.clone();
    command.extend_from_slice(if args.is_empty() { &test.args } else { args });
    let exec = Exec {
        namespace: &room.namespace,
        pod: &pod.name,
        container: &container.name,
        command: &command,
        stdin: false,
        tty: false,
    };
    let not_run = |error| {
        let failure = of(&error);
        Failure { message: format!("the tests could not be run: {}", failure.message), ..failure }
    };
    let mut process = inside.exec(&exec).await.map_err(not_run)?;
    while let Some(heard) = process.heard.recv().await {
        match heard {
            Heard::Out(piece) | Heard::Err(piece) => record.write(&piece)?,
            Heard::Ended(Ok(status)) => return Ok(Ended::Status(status, Form::Log(test.log))),
            Heard::Ended(Err(error)) => return Err(not_run(error)),
        }
    }
    Err(Failure::new(Exit::Failed, "the tests were lost", "see whether the pod still runs"))
}
