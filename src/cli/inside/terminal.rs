//! The terminal of whoever sits here, handed to a program that runs elsewhere.

use std::io::{self, IsTerminal as _, Read as _};

use prost::bytes::Bytes;
use rustix::termios::{self, OptionalActions, Termios};
use tokio::sync::mpsc::Sender;

/// How much is read at once.
const BUFFER: usize = 8 * 1024;

/// A terminal that hands on every key as it is pressed; as it was before, when this is dropped.
pub(super) struct Raw(Termios);

impl Raw {
    /// Takes it.
    pub(super) fn take() -> io::Result<Self> {
        let before = termios::tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        termios::tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // It may be gone.
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Whether standard input and output are a terminal.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// How wide and how high it is.
pub(super) fn size() -> Option<(u16, u16)> {
    let (width, height) = terminal_size::terminal_size_of(io::stdout())?;
    Some((width.0, height.0))
}

/// Passes standard input on until its end, from a thread of its own: a read that waits cannot be ended, and would keep
/// the program from ending.
pub(super) fn pass_on(to: Sender<Bytes>) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; BUFFER];
        let mut stdin = io::stdin().lock();
        loop {
            let read = match stdin.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Ok(read) => read,
                Err(_) => 0,
            };
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { return };
            if to.blocking_send(Bytes::copy_from_slice(piece)).is_err() {
                return;
            }
        }
    });
}
