//! An API server that answers what it is told, over loopback.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use reconcile::cluster::kube::{Kube, KubeConnect};
use serde_json::{Value, json};

/// A server on a port of its own.
pub struct Server {
    pub address: String,
    pub requests: Arc<Mutex<Vec<String>>>,
}

/// An answer: what comes before the body, and the body.
pub fn answer(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub fn json_answer(status: &str, body: &Value) -> Vec<u8> {
    answer(&format!("{status}\r\nContent-Type: application/json"), &body.to_string())
}

pub fn list_answer(names: &[&str], next: &str) -> Vec<u8> {
    let items: Vec<Value> = names
        .iter()
        .map(|name| json!({"metadata": {"name": name, "namespace": "a", "uid": "u", "resourceVersion": "1"}}))
        .collect();
    let body = json!({
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": {"continue": next},
        "items": items,
    });
    json_answer("200 OK", &body)
}

pub fn status_answer(status: &str, body: Value) -> Vec<u8> {
    let mut body = body;
    body["kind"] = json!("Status");
    json_answer(status, &body)
}

impl Server {
    /// Each request gets the next answer, the last one for ever.
    pub fn new(answers: Vec<Vec<u8>>) -> Self {
        let sent = Mutex::new(0);
        Self::routed(move |_, _| {
            let mut sent = sent.lock().expect("not poisoned");
            *sent += 1;
            answers[(*sent - 1).min(answers.len() - 1)].clone()
        })
    }

    /// Each request gets the answer that is made of its first line, and of how many there have been with the same path.
    pub fn routed(answer: impl Fn(&str, usize) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // One request a connection: the answers say so by ending it.
                let Ok(stream) = stream else { continue };
                let Some(request) = read_request(&stream) else { continue };
                let count = {
                    let mut seen = seen.lock().expect("not poisoned");
                    seen.push(request.clone());
                    seen.iter().filter(|other| path(other) == path(&request)).count()
                };
                let _ = (&stream).write_all(&answer(&request, count));
            }
        });
        Self { address, requests }
    }

    pub async fn client(&self) -> Kube {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("config");
        let text = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": self.address}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake"}}],
        });
        fs::write(&file, text.to_string()).expect("written");
        Kube::connect(&KubeConnect { kubeconfig: Some(file), context: None }).await.expect("a client")
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

/// The path of a request, without its query.
fn path(request: &str) -> &str {
    request.split([' ', '?']).nth(1).unwrap_or_default()
}

/// Its first line and its body.
pub fn read_request(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(format!("{}{}", first.trim_end(), String::from_utf8_lossy(&body)))
}
