//! What listens in every pod of the control plane: a server of the test process.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// Listens on a loopback port as long as the process lives: answers `GET PATH` with `you asked for PATH`, and sends
/// whatever else comes back, upper case.
pub fn listen() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // Whoever hangs up has had enough.
            thread::spawn(move || drop(serve(client)));
        }
    });
    Ok(port)
}

fn serve(client: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut writer = client;
    let mut first = String::new();
    reader.read_line(&mut first)?;
    if let Some(path) = first.strip_prefix("GET ").and_then(|rest| rest.split(' ').next()) {
        let mut line = String::new();
        while reader.read_line(&mut line)? > 2 {
            line.clear();
        }
        let body = format!("you asked for {path}");
        write!(writer, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())?;
        return writer.shutdown(Shutdown::Both);
    }
    writer.write_all(first.to_uppercase().as_bytes())?;
    let mut buffer = [0; 4096];
    loop {
        match reader.read(&mut buffer)? {
            0 => return writer.shutdown(Shutdown::Both),
            read => writer.write_all(buffer[..read].to_ascii_uppercase().as_slice())?,
        }
    }
}
