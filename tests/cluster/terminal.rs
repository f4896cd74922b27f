//! A program on a terminal of its own, as somebody sits before it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::wait::wait_until;

/// Ample: nothing is judged by it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The terminal, and what runs on it.
pub struct Terminal {
    child: Child,
    keys: File,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    /// Starts it on a terminal of this width and height.
    pub fn start(command: &mut Command, width: u16, height: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let master = openpt(flags).expect("a terminal");
        grantpt(&master).expect("a terminal of ours");
        unlockpt(&master).expect("a terminal of ours");
        let keys = File::from(master);
        resize(&keys, width, height);
        let name = ptsname(&keys, Vec::new()).expect("its name").into_string().expect("UTF-8");
        let options = || {
            let noctty = i32::try_from(OFlags::NOCTTY.bits()).expect("a flag");
            File::options().read(true).write(true).custom_flags(noctty).open(&name).expect("the other end")
        };
        command.env("TERM", "xterm").stdin(options()).stdout(options()).stderr(options());
        let child = command.spawn().expect("the binary starts");
        // The command keeps the other end open as long as it lives.
        command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut screen, to) = (keys.try_clone().expect("a second handle"), Arc::clone(&shown));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The end of the other side is an error here.
            while let Ok(read @ 1..) = screen.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
                to.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
        });
        Self { child, keys, shown }
    }

    /// What was shown so far.
    pub fn shown(&self) -> String {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it shows something.
    pub fn await_text(&self, text: &str) {
        wait_until(&format!("it shows {text:?}"), PATIENCE, || {
            let shown = self.shown();
            if shown.contains(text) { Ok(()) } else { Err(shown) }
        });
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it takes keys");
    }

    /// Makes it another size, and says so.
    pub fn resize(&self, width: u16, height: u16) {
        resize(&self.keys, width, height);
        self.signal(Signal::WINCH);
    }

    /// Sends a signal, as Ctrl-C does.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Its exit status.
    pub fn end(mut self) -> i32 {
        self.child.wait().expect("it can be waited for").code().unwrap_or(-1)
    }
}

fn resize(terminal: &File, width: u16, height: u16) {
    let size = Winsize { ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).expect("a size");
}
