//! A terminal of its own for a program.
#![cfg(unix)]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Stdio};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// What a program says on a terminal of this width.
pub fn on_a_terminal(command: &mut Command, width: u16) -> String {
    answered(command, width, "")
}

/// The same where somebody types this, lines ended by `\n`.
pub fn answered(command: &mut Command, width: u16, keys: &str) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("a terminal for us");
    let name = ptsname(&ours, Vec::new()).expect("a terminal has a name");
    let size = Winsize { ws_row: 40, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
    // It must not become the terminal of this very process, which would be hung up with it.
    let mut options = File::options();
    options.read(true).write(true).custom_flags(OFlags::NOCTTY.bits().cast_signed());
    let theirs = options.open(name.to_str().expect("UTF-8")).expect("its other end");
    tcsetwinsize(&theirs, size).expect("a terminal has a size");
    let stdio = || Stdio::from(theirs.try_clone().expect("a handle"));
    let mut child = command.stdin(stdio()).stdout(stdio()).stderr(stdio()).spawn().expect("the binary starts");
    // The end is seen once nobody holds the other side.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    drop(theirs);
    let mut said = Vec::new();
    let mut ours = File::from(ours);
    ours.write_all(keys.as_bytes()).expect("it takes keys");
    let mut part = [0; 4096];
    // On Linux the end is an error.
    while let Ok(read @ 1..) = ours.read(&mut part) {
        said.extend_from_slice(&part[..read]);
    }
    child.wait().expect("it ends");
    String::from_utf8_lossy(&said).into_owned()
}
