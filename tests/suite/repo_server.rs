//! A small HTTP server over `git http-backend`, with the mishaps that a client must survive.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use base64::Engine as _;

/// Who may fetch.
#[derive(Clone, Copy)]
pub struct Login {
    pub user: &'static str,
    pub password: &'static str,
}

/// A server for the repository in one folder, ended with it.
pub struct Server {
    address: String,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A request, as far as it matters.
struct Request {
    method: String,
    path: String,
    query: String,
    kind: String,
    login: Option<String>,
    body: Vec<u8>,
}

impl Server {
    pub fn start(root: &Path, login: Option<Login>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let ended = Arc::new(AtomicBool::new(false));
        let (root, stop) = (root.to_owned(), Arc::clone(&ended));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                if let Some(request) = read(&stream) {
                    answer(&mut stream, &request, &root, login);
                }
            }
        });
        Server { address, ended, thread: Some(thread) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // A last connection wakes the thread.
        drop(TcpStream::connect(&self.address));
        let _ = self.thread.take().unwrap().join();
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (mut kind, mut length, mut login) = (String::new(), 0, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_lowercase().as_str() {
            "content-type" => value.trim().clone_into(&mut kind),
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => login = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path: path.to_owned(), query: query.to_owned(), kind, login, body })
}

fn answer(stream: &mut TcpStream, request: &Request, root: &Path, login: Option<Login>) {
    let path = request.path.as_str();
    let here = format!("http://{}", stream.local_addr().unwrap());
    let head = |status: &str, header: &str| {
        format!("HTTP/1.1 {status}\r\n{header}Connection: close\r\nContent-Length: 0\r\n\r\n")
    };
    let redirect = |to: &str| head("301 Moved Permanently", &format!("Location: {to}?{}\r\n", request.query));
    let mishap = match path.split('/').nth(1) {
        Some("moved") => Some(redirect(&format!("{here}{}", path.trim_start_matches("/moved")))),
        Some("elsewhere") => Some(redirect("http://elsewhere.invalid/x/info/refs")),
        Some("circle") => Some(redirect(path)),
        Some("page") => Some("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi".to_owned()),
        Some("cut") => Some(format!("{}001e# service=git-up", advertised(100))),
        Some("garbage") => Some(format!("{}zzzzzzzzzz", advertised(10))),
        _ => None,
    };
    if let Some(mishap) = mishap {
        let _ = stream.write_all(mishap.as_bytes());
        return;
    }
    let wanted = login.map(|login| {
        let pair = format!("{}:{}", login.user, login.password);
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    });
    if wanted.is_some() && request.login != wanted {
        let _ = stream.write_all(head("401 Unauthorized", "WWW-Authenticate: Basic realm=\"git\"\r\n").as_bytes());
        return;
    }
    let _ = backend(stream, request, &root.to_owned());
}

fn advertised(length: usize) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\nContent-Length: {length}\r\n\r\n"
    )
}

fn backend(stream: &mut TcpStream, request: &Request, root: &PathBuf) -> std::io::Result<()> {
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", &request.path)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_TYPE", &request.kind)
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    child.stdin.take().unwrap().write_all(&request.body)?;
    let mut out = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut out)?;
    child.wait()?;
    let end = out.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(out.len());
    let headers = String::from_utf8_lossy(&out[..end]).into_owned();
    let status = headers.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n\r\n")?;
    stream.write_all(out.get(end + 4..).unwrap_or_default())
}
