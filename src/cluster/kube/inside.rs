//! What runs in a cluster: logs by a long answer, programs and ports by websockets.

use async_trait::async_trait;
use futures::{SinkExt as _, StreamExt as _, TryStreamExt as _};
use http::StatusCode;
use http_body_util::BodyExt as _;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status as Ended;
use kube::Api;
use kube::api::{AttachParams, AttachedProcess, TerminalSize};
use prost::bytes::Bytes;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::{Duration, timeout};

use super::errors::{Subject, from_answer};
use super::transport::{Answer, Ask, failure};
use super::{JSON, Kube, location, url};
use crate::cluster::inside::{Exec, Follow, Heard, Inside, Pieces, Process, Way};
use crate::cluster::{Error, ErrorKind, Target};
use crate::manifest::{Kind, ObjectId, Resource, Scope, pods};

/// How much is read at once, and held for a reader that is slow.
const BUFFER: usize = 64 * 1024;
/// How many pieces wait for their reader.
const PIECES: usize = 32;
/// How long the last output of a program is waited for whose end came without it.
const LAST: Duration = Duration::from_secs(1);

#[async_trait]
impl Inside for Kube {
    /// Each line has its time before it.
    async fn follow(&self, follow: &Follow<'_>) -> Result<Pieces, Error> {
        let (kind, resource) = pods();
        let id = ObjectId::new(&kind, Some(follow.namespace), follow.pod);
        let target = Target { kind: &kind, resource: &resource, id: &id };
        let flag = |is_set: bool| if is_set { "true" } else { "" };
        let tail = follow.tail.map(|lines| lines.to_string()).unwrap_or_default();
        let query = [
            ("container", follow.container),
            ("follow", flag(follow.on)),
            ("previous", flag(follow.previous)),
            ("sinceTime", follow.since),
            ("tailLines", &tail),
            ("timestamps", "true"),
        ];
        let path = url::with_query(location(&target) + "/log", &query);
        let part = Resource { plural: "pods/log".into(), scope: Scope::Namespaced };
        let subject = Subject::object("get", &Target { resource: &part, ..target });
        let what = subject.what();
        let ((status, content_type), body) = self.transport.begin(&Ask::get(path, "*/*"), &what).await?;
        if !status.is_success() {
            let body = body.collect_bytes().await.unwrap_or_default();
            let answer = Answer { status, content_type, retry_after: None, body };
            return Err(from_answer(&subject, &answer));
        }
        let pieces = body.into_data_stream().map_err(move |error| failure(error, &what));
        Ok(pieces.boxed())
    }

    async fn exec(&self, exec: &Exec<'_>) -> Result<Process, Error> {
        let params = AttachParams {
            container: Some(exec.container.to_owned()),
            stdin: exec.stdin,
            stdout: true,
            stderr: !exec.tty,
            tty: exec.tty,
            max_stdin_buf_size: Some(BUFFER),
            max_stdout_buf_size: Some(BUFFER),
            max_stderr_buf_size: Some(BUFFER),
        };
        let api: Api<Pod> = Api::namespaced(self.transport.client(), exec.namespace);
        let attached = api.exec(exec.pod, exec.command.iter().cloned(), &params).await;
        let attached = attached.map_err(|error| not_begun(error, "exec", exec.namespace, exec.pod))?;
        let program = exec.command.first().map(String::as_str).unwrap_or_default();
        Ok(process(attached, &format!("run {program} in pod {}", exec.pod)))
    }

    async fn forward(&self, namespace: &str, pod: &str, port: u16) -> Result<Way, Error> {
        let api: Api<Pod> = Api::namespaced(self.transport.client(), namespace);
        let forwarder = api.portforward(pod, &[port]).await;
        let mut forwarder = forwarder.map_err(|error| not_begun(error, "portforward", namespace, pod))?;
        let what = format!("forward port {port} of pod {pod}");
        let lost = || Error::new(ErrorKind::Other, what.clone(), "the connection has no such port");
        let stream = forwarder.take_stream(port).ok_or_else(lost)?;
        let refused = forwarder.take_error(port).ok_or_else(lost)?;
        Ok(Way { stream: Box::new(stream), refused: Box::pin(refused) })
    }
}

/// Why a websocket was refused. It takes the right to `get` it, and since 1.35 that to `create` it as well.
fn not_begun(error: kube::Error, part: &str, namespace: &str, pod: &str) -> Error {
    let kind = Kind::new("v1", "Pod");
    let resource = Resource { plural: format!("pods/{part}"), scope: Scope::Namespaced };
    let id = ObjectId::new(&kind, Some(namespace), pod);
    let subject = Subject::object("create", &Target { kind: &kind, resource: &resource, id: &id });
    let kube::Error::Api(status) = error else { return failure(error, &subject.what()) };
    let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let name = status.details.as_ref().map(|details| details.name.as_str()).unwrap_or_default();
    let body = json!({
        "kind": "Status", "message": status.message, "reason": status.reason, "details": {"name": name},
    });
    let (content_type, body) = (JSON.to_owned(), body.to_string().into());
    let mut error = from_answer(&subject, &Answer { status: code, content_type, retry_after: None, body });
    if code == StatusCode::FORBIDDEN {
        error.kind = ErrorKind::Forbidden;
        error.message = format!("this account may not ({})", status.message.trim().trim_end_matches(':'));
        error.remedy = Some(format!(
            "a Role in {namespace} would allow it with the rule {{apiGroups: [\"\"], resources: [\"pods/{part}\"], \
             verbs: [\"get\", \"create\"]}}"
        ));
    }
    error
}

/// What runs, with its ends as channels.
fn process(mut attached: AttachedProcess, what: &str) -> Process {
    let (say, heard) = channel(PIECES);
    let (out, err) = (attached.stdout(), attached.stderr());
    let stdin = attached.stdin().map(|mut stdin| {
        let (sender, mut pieces) = channel::<Bytes>(PIECES);
        tokio::spawn(async move {
            while let Some(piece) = pieces.recv().await {
                if stdin.write_all(&piece).await.is_err() {
                    return;
                }
            }
            // What has ended takes no more.
            let _ = stdin.shutdown().await;
        });
        sender
    });
    let size = attached.terminal_size().map(|mut terminal| {
        let (sender, mut sizes) = channel(PIECES);
        tokio::spawn(async move {
            while let Some((width, height)) = sizes.recv().await {
                if terminal.send(TerminalSize { width, height }).await.is_err() {
                    return;
                }
            }
        });
        sender
    });
    let what = what.to_owned();
    tokio::spawn(async move {
        let ended = attached.take_status();
        let read = async {
            tokio::join!(pass(out, &say, Heard::Out), pass(err, &say, Heard::Err));
        };
        let status = async {
            match ended {
                Some(ended) => ended.await,
                None => None,
            }
        };
        tokio::pin!(read, status);
        let status = tokio::select! {
            () = &mut read => timeout(LAST, status).await.ok().flatten(),
            status = &mut status => {
                // A connection that breaks off does not end its streams.
                if status.is_some() { read.await } else { drop(timeout(LAST, read).await) }
                status
            }
        };
        // Nobody may listen any more.
        let _ = say.send(Heard::Ended(end(status, &what))).await;
        drop(attached);
    });
    Process { heard, stdin, size }
}

async fn pass(stream: Option<impl AsyncRead + Unpin>, say: &Sender<Heard>, heard: impl Fn(Bytes) -> Heard) {
    let Some(mut stream) = stream else { return };
    let mut buffer = vec![0; BUFFER];
    while let Ok(read) = stream.read(&mut buffer).await {
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { return };
        if say.send(heard(Bytes::copy_from_slice(piece))).await.is_err() {
            return;
        }
    }
}

/// With what status a program ended.
fn end(status: Option<Ended>, what: &str) -> Result<i32, Error> {
    let Some(status) = status else {
        let message = "the connection was lost before it ended; whether it goes on is not known";
        return Err(Error::new(ErrorKind::Unreachable, what, message));
    };
    if status.status.as_deref() == Some("Success") {
        return Ok(0);
    }
    let causes = status.details.and_then(|details| details.causes).unwrap_or_default();
    let code = causes.iter().find(|cause| cause.reason.as_deref() == Some("ExitCode"));
    match code.and_then(|cause| cause.message.as_deref()?.parse().ok()) {
        Some(code) => Ok(code),
        None => Err(Error::new(ErrorKind::Other, what, status.message.unwrap_or_else(|| "it could not be run".into()))),
    }
}
