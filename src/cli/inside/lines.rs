//! The lines of a log, out of the pieces in which it comes.

use std::collections::VecDeque;

use futures::StreamExt as _;
use jiff::Timestamp;

use crate::cluster::Error;
use crate::cluster::inside::Pieces;
use crate::report::safe;

/// A line that is longer is cut: nobody reads it, and it must not fill the memory.
const LONGEST: usize = 1 << 20;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Line {
    /// When it was written, as the cluster says; that of the line before where it does not.
    pub at: Option<Timestamp>,
    /// That time as it was written.
    pub stamp: String,
    /// Without its end.
    pub text: String,
}

/// The lines of one log.
pub(in crate::cli) struct Lines {
    pieces: Pieces,
    rest: Vec<u8>,
    whole: VecDeque<Line>,
    last: Option<Timestamp>,
}

impl Lines {
    pub(in crate::cli) fn new(pieces: Pieces) -> Self {
        Self { pieces, rest: Vec::new(), whole: VecDeque::new(), last: None }
    }

    /// The next line; `None` at the end.
    pub(in crate::cli) async fn next(&mut self) -> Option<Result<Line, Error>> {
        loop {
            if let Some(line) = self.whole.pop_front() {
                return Some(Ok(line));
            }
            match self.pieces.next().await {
                Some(Ok(piece)) => self.take(&piece),
                Some(Err(error)) => return Some(Err(error)),
                None if self.rest.is_empty() => return None,
                None => self.end_line(),
            }
        }
    }

    fn take(&mut self, piece: &[u8]) {
        let mut left = piece;
        while let Some(end) = memchr::memchr(b'\n', left) {
            let (line, after) = left.split_at(end);
            self.rest.extend_from_slice(line);
            self.end_line();
            left = after.get(1..).unwrap_or_default();
        }
        self.rest.extend_from_slice(left);
        if self.rest.len() > LONGEST {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.rest)).into_owned();
        let line = line.strip_suffix('\r').unwrap_or(&line);
        let (stamp, text) = match line.split_once(' ') {
            Some((stamp, text)) if stamp.parse::<Timestamp>().is_ok() => (stamp, text),
            None if line.parse::<Timestamp>().is_ok() => (line, ""),
            _ => ("", line),
        };
        self.last = stamp.parse().ok().or(self.last);
        self.whole.push_back(Line { at: self.last, stamp: stamp.to_owned(), text: text.to_owned() });
    }
}

/// A line as a terminal may show it: its colours stay, and nothing else of it steers.
pub(super) fn tame(line: &str) -> String {
    const RESET: &str = "\u{1b}[0m";
    if !line.contains('\u{1b}') {
        return safe(line).into_owned();
    }
    let mut tame = String::with_capacity(line.len() + 8);
    let mut rest = line;
    let mut colours = false;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        tame.push_str(&safe(before));
        let end =
            after.strip_prefix('[').and_then(|body| body.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':'));
        // Behind the bracket: digits, and the letter that makes it a colour.
        match end.and_then(|end| after.get(..end + 2)).filter(|sequence| sequence.ends_with('m')) {
            Some(sequence) => {
                tame.push('\u{1b}');
                tame.push_str(sequence);
                colours = true;
                rest = after.get(sequence.len()..).unwrap_or_default();
            }
            None => {
                tame.push_str("\\u{1b}");
                rest = after;
            }
        }
    }
    tame.push_str(&safe(rest));
    if colours {
        tame.push_str(RESET);
    }
    tame
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use prost::bytes::Bytes;

    use super::*;

    async fn lines(pieces: &'static [&'static [u8]]) -> Vec<(String, String)> {
        let pieces = stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece)))).boxed();
        let mut lines = Lines::new(pieces);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await {
            let line = line.unwrap();
            all.push((line.at.map(|at| at.to_string()).unwrap_or_default(), line.text));
        }
        all
    }

    #[tokio::test]
    async fn lines_are_whole_wherever_the_pieces_end() {
        let found = lines(&[
            b"2030-01-01T00:00:00.5Z on",
            b"e\n2030-01-01T00:00:01Z\n\xff",
            b"x\n",
            b"2030-01-01T00:00:02Z last",
        ])
        .await;
        let expected = [
            ("2030-01-01T00:00:00.5Z", "one"),
            ("2030-01-01T00:00:01Z", ""),
            // What has no time of its own was written after what stands before it.
            ("2030-01-01T00:00:01Z", "\u{fffd}x"),
            ("2030-01-01T00:00:02Z", "last"),
        ];
        let expected: Vec<_> = expected.iter().map(|(at, text)| ((*at).to_owned(), (*text).to_owned())).collect();
        assert_eq!(found, expected);
        assert!(lines(&[b""]).await.is_empty());
    }

    #[test]
    fn colours_stay_and_nothing_else_steers() {
        assert_eq!(tame("plain"), "plain");
        assert_eq!(tame("\u{1b}[1;31mred\u{1b}[0m"), "\u{1b}[1;31mred\u{1b}[0m\u{1b}[0m");
        assert_eq!(tame("\u{1b}[2Jgone\u{7}"), "\\u{1b}[2Jgone\\u{7}");
        assert_eq!(tame("\u{1b}]0;title\u{7}"), "\\u{1b}]0;title\\u{7}");
        assert_eq!(tame("ends \u{1b}["), "ends \\u{1b}[");
    }
}
