//! A way to the API server that can end a run at any request, or have the server answer as it seldom does.
//!
//! `reconcile` speaks plain HTTP to the gate, the gate to a `kubectl proxy`, and that as the user to the API server, so
//! that the audit log knows these requests by the same name.

use std::fs;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::plane::{ControlPlane, User};
use crate::wait::wait_until;

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GET`, `PATCH` and so on.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// How many writes there have been since the rule was set, this one included.
    pub writes: usize,
}

/// What the gate does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server answers.
    Pass,
    /// The server answers, with another `Date` (RFC 2822, GMT).
    Dated(String),
    /// The gate answers in its place, with this status and message, and with these headers (whole lines).
    Answer(u16, &'static str, &'static [&'static str]),
    /// The server hears of it when the gate is told so: [`Gate::release`].
    Wait,
    /// The server never hears of it: the connection ends without an answer.
    Reset,
    /// The server does it, and the connection ends without an answer.
    ResetAfter,
    /// The server does it, and half of its answer arrives.
    Cut,
    /// The answer arrives in pieces, each after so many milliseconds.
    Slow(u64),
    /// The server does it, and the answer says that it is a page.
    WrongType,
    /// The server never hears of it and the client never gets an answer.
    HoldRequest,
    /// The server does it, but the client never gets the answer.
    HoldAnswer,
}

type Rule = Box<dyn FnMut(&Asked) -> Verdict + Send>;

/// One user's gate.
pub struct Gate {
    /// The user, with a kubeconfig that goes through the gate.
    pub user: User,
    shared: Arc<Shared>,
    held: Receiver<Asked>,
}

struct Shared {
    upstream: u16,
    rule: Mutex<(Rule, usize)>,
    held: Mutex<Sender<Asked>>,
    /// How often the gate was told to let go.
    released: (Mutex<usize>, Condvar),
}

impl Gate {
    /// A gate that lets everything pass, until [`Self::rule`] says otherwise.
    pub fn open(plane: &ControlPlane, user: &User) -> Self {
        let upstream = plane.start_proxy(user);
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
        let address = listener.local_addr().expect("the listener is bound");
        let kubeconfig = user.kubeconfig.with_extension(format!("gate-{}", address.port()));
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
             clusters:\n- name: test\n  cluster: {{server: 'http://{address}'}}\n\
             contexts:\n- name: test\n  context: {{cluster: test, user: test}}\n\
             users:\n- name: test\n  user: {{}}\n"
        );
        fs::write(&kubeconfig, text).expect("the kubeconfig can be written");

        let (sender, held) = channel();
        let shared = Arc::new(Shared {
            upstream,
            rule: Mutex::new((Box::new(|_| Verdict::Pass), 0)),
            held: Mutex::new(sender),
            released: Default::default(),
        });
        let server = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                // A client that was killed leaves a broken pipe, which is what the gate is for.
                thread::spawn(move || server.serve(client));
            }
        });
        let user = User { name: user.name.clone(), kubeconfig };
        Self { user, shared, held }
    }

    /// Sets the rule, and counts writes anew.
    pub fn rule(&self, rule: impl FnMut(&Asked) -> Verdict + Send + 'static) {
        *self.shared.rule.lock().unwrap_or_else(PoisonError::into_inner) = (Box::new(rule), 0);
        while self.held.try_recv().is_ok() {}
    }

    /// Lets those go on that wait.
    pub fn release(&self) {
        let (times, told) = &self.shared.released;
        *times.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        told.notify_all();
    }

    /// Waits for a request that was held since the rule was set; `None` when the bound is over.
    pub fn held(&self, bound: Duration) -> Option<Asked> {
        self.held.recv_timeout(bound).ok()
    }
}

impl Asked {
    /// Whether it can change something: a dry run cannot, nor can a review.
    pub fn is_write(&self) -> bool {
        self.method != "GET" && !self.path.contains("dryRun=All") && !self.path.contains("reviews")
    }
}

impl Shared {
    fn verdict(&self, head: &Head) -> (Asked, Verdict) {
        let mut locked = self.rule.lock().unwrap_or_else(PoisonError::into_inner);
        let (rule, writes) = &mut *locked;
        let mut asked = Asked { method: head.method.clone(), path: head.path.clone(), writes: 0 };
        *writes += usize::from(asked.is_write());
        asked.writes = *writes;
        let verdict = rule(&asked);
        (asked, verdict)
    }

    /// One request a connection, so that an answer ends where its connection does.
    fn serve(&self, mut client: TcpStream) -> Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        let head = Head::read(&mut reader)?;
        let mut body = vec![0; head.length];
        reader.read_exact(&mut body)?;
        let (asked, verdict) = self.verdict(&head);
        match verdict {
            Verdict::HoldRequest => self.hold(asked, client),
            Verdict::Answer(status, message, headers) => client.write_all(refusal(status, message, headers).as_bytes()),
            Verdict::HoldAnswer => {
                let mut answer = self.ask(&head, &body)?;
                std::io::copy(&mut answer, &mut std::io::sink())?;
                self.hold(asked, client)
            }
            Verdict::Wait => {
                self.wait(asked);
                std::io::copy(&mut self.ask(&head, &body)?, &mut client).map(drop)
            }
            Verdict::Reset => reset(&client),
            Verdict::ResetAfter => {
                std::io::copy(&mut self.ask(&head, &body)?, &mut std::io::sink())?;
                reset(&client)
            }
            Verdict::Cut => {
                let mut answer = Vec::new();
                self.ask(&head, &body)?.read_to_end(&mut answer)?;
                client.write_all(&answer[..answer.len() - (answer.len() / 4).max(1)])
            }
            Verdict::Slow(pause) => {
                let mut answer = Vec::new();
                self.ask(&head, &body)?.read_to_end(&mut answer)?;
                for piece in answer.chunks(answer.len().div_ceil(4).max(1)) {
                    thread::sleep(Duration::from_millis(pause));
                    client.write_all(piece)?;
                }
                Ok(())
            }
            Verdict::WrongType => {
                let mut answer = self.ask(&head, &body)?;
                for line in head_lines(&mut answer)? {
                    let other = is_header(&line, "content-type");
                    client.write_all(if other { b"Content-Type: text/html\r\n" } else { line.as_bytes() })?;
                }
                std::io::copy(&mut answer, &mut client).map(drop)
            }
            Verdict::Pass => std::io::copy(&mut self.ask(&head, &body)?, &mut client).map(drop),
            Verdict::Dated(date) => {
                let mut answer = self.ask(&head, &body)?;
                for line in head_lines(&mut answer)? {
                    let line = if is_header(&line, "date") { format!("Date: {date}\r\n") } else { line };
                    client.write_all(line.as_bytes())?;
                }
                std::io::copy(&mut answer, &mut client).map(drop)
            }
        }
    }

    fn ask(&self, head: &Head, body: &[u8]) -> Result<BufReader<TcpStream>> {
        let mut server = TcpStream::connect(("127.0.0.1", self.upstream))?;
        server.write_all(head.text.as_bytes())?;
        server.write_all(body)?;
        Ok(BufReader::new(server))
    }

    /// Until the gate is told to let go.
    fn wait(&self, asked: Asked) {
        let (times, told) = &self.released;
        let times = times.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *times;
        let _ = self.held.lock().unwrap_or_else(PoisonError::into_inner).send(asked);
        let _times = told.wait_while(times, |times| *times == before).unwrap_or_else(PoisonError::into_inner);
    }

    /// Until the client is gone.
    fn hold(&self, asked: Asked, mut client: TcpStream) -> Result<()> {
        // Nobody listens once the gate is dropped.
        let _ = self.held.lock().unwrap_or_else(PoisonError::into_inner).send(asked);
        client.read(&mut [0]).map(drop)
    }
}

/// Ends a connection at once.
fn reset(client: &TcpStream) -> Result<()> {
    rustix::net::sockopt::set_socket_linger(client, Some(Duration::ZERO)).map_err(std::io::Error::from)
}

/// The head of a request, as it goes on to the server.
struct Head {
    method: String,
    path: String,
    length: usize,
    text: String,
}

impl Head {
    fn read(reader: &mut impl BufRead) -> Result<Self> {
        let lines = head_lines(reader)?;
        let mut words = lines[0].split(' ').map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut length = 0;
        let mut text = String::new();
        for line in &lines {
            if is_header(line, "content-length") {
                length = line["content-length:".len()..].trim().parse().map_err(std::io::Error::other)?;
            }
            if is_header(line, "transfer-encoding") {
                return Err(std::io::Error::other("the gate reads no chunked requests"));
            }
            match line.as_str() {
                "\r\n" => text.push_str("Connection: close\r\n\r\n"),
                line if is_header(line, "connection") => {}
                line => text.push_str(line),
            }
        }
        Ok(Self { method, path, length, text })
    }
}

/// The lines up to and with the empty one: at least that one.
fn head_lines(reader: &mut impl BufRead) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let last = line == "\r\n";
        lines.push(line);
        if last {
            return Ok(lines);
        }
    }
}

fn is_header(line: &str, name: &str) -> bool {
    line.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name))
}

fn refusal(status: u16, message: &str, headers: &[&str]) -> String {
    let body = serde_json::json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": status,
    })
    .to_string();
    let mut head =
        format!("HTTP/1.1 {status} Refused\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    for header in headers {
        head = head + header + "\r\n";
    }
    format!("{head}Connection: close\r\n\r\n{body}")
}

/// Waits until something listens on a loopback port.
pub fn await_port(port: u16) {
    wait_until("the proxy listens", Duration::from_secs(30), || {
        TcpStream::connect(("127.0.0.1", port)).map(drop).map_err(|error| error.to_string())
    });
}
