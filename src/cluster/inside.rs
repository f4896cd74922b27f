//! What only a cluster has in which something runs: logs that go on, programs run in a container, ports of pods. A port of
//! its own beside [`super::Cluster`], as a folder has none of it.

use async_trait::async_trait;
use futures::stream::BoxStream;
use prost::bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::{Receiver, Sender};

use super::Error;

/// What is asked of what runs.
#[async_trait]
pub trait Inside: Send + Sync {
    /// A container's log as it is written, in pieces that end anywhere.
    async fn follow(&self, follow: &Follow<'_>) -> Result<Pieces, Error>;

    /// Runs a program in a container.
    async fn exec(&self, exec: &Exec<'_>) -> Result<Process, Error>;

    /// A connection to a port of a pod.
    async fn forward(&self, namespace: &str, pod: &str, port: u16) -> Result<Way, Error>;
}

/// What a container has written, piece by piece.
pub type Pieces = BoxStream<'static, Result<Bytes, Error>>;

/// Which log, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Follow<'a> {
    /// The pod's namespace.
    pub namespace: &'a str,
    /// The pod.
    pub pod: &'a str,
    /// The container.
    pub container: &'a str,
    /// Whether it goes on until the container ends.
    pub on: bool,
    /// That of the container before this one, which has ended.
    pub previous: bool,
    /// What was written since then: RFC 3339; empty for all.
    pub since: &'a str,
    /// So many lines at most, the last ones.
    pub tail: Option<u64>,
}

/// Which program, and where.
#[derive(Clone, Copy, Debug)]
pub struct Exec<'a> {
    /// The pod's namespace.
    pub namespace: &'a str,
    /// The pod.
    pub pod: &'a str,
    /// The container.
    pub container: &'a str,
    /// The program and its arguments.
    pub command: &'a [String],
    /// Whether it is given standard input.
    pub stdin: bool,
    /// Whether it is given a terminal: then its standard error comes with its standard output.
    pub tty: bool,
}

/// A program that runs in a container. It is left to itself when this is dropped.
#[derive(Debug)]
pub struct Process {
    /// What comes of it, its end last.
    pub heard: Receiver<Heard>,
    /// Its standard input, where it has one; dropped, it is at its end.
    pub stdin: Option<Sender<Bytes>>,
    /// Where it has a terminal: how wide and how high that is.
    pub size: Option<Sender<(u16, u16)>>,
}

/// What comes of a program.
#[derive(Clone, Debug)]
pub enum Heard {
    /// It wrote to standard output.
    Out(Bytes),
    /// It wrote to standard error.
    Err(Bytes),
    /// It ended with this status; or it could not be run, or was lost.
    Ended(Result<i32, Error>),
}

/// Both directions of a connection.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection to a port of a pod.
pub struct Way {
    /// What is sent and what comes.
    pub stream: Box<dyn Duplex>,
    /// Why it cannot be used, where the pod says so: nothing listens there.
    pub refused: futures::future::BoxFuture<'static, Option<String>>,
}

/// The answer of a cluster in which nothing runs.
pub fn nothing_runs(what: &str, cluster: &str) -> Error {
    let mut error = Error::new(super::ErrorKind::NotServed, what, format!("nothing runs in {cluster}"));
    error.remedy = Some("it takes a real cluster: --cluster kube".into());
    error
}
