//! The end of an audit, to which the next line is chained.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use crate::manifest::Hash;

/// How much is read at once, from the end.
const CHUNK: u64 = 64 * 1024;

/// The end of a file of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// How long the file is.
    pub(super) length: u64,
    /// The last line that has its line end; `None` where there is none.
    pub(super) last: Option<Vec<u8>>,
    /// What stands behind it: a line without its end.
    pub(super) rest: Vec<u8>,
}

impl End {
    /// Of a file, read from behind.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let mut from = length;
        let mut bytes = Vec::new();
        loop {
            let rest_at = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            let (lines, rest) = bytes.split_at(rest_at);
            let lines = lines.strip_suffix(b"\n");
            let begin = lines.and_then(|lines| lines.iter().rposition(|&byte| byte == b'\n'));
            if begin.is_some() || from == 0 {
                let last = lines.map(|lines| lines.get(begin.map_or(0, |at| at + 1)..).unwrap_or_default().to_vec());
                return Ok(Self { length, last, rest: rest.to_vec() });
            }
            let more = from.min(CHUNK.max(length - from));
            from -= more;
            let mut before = Vec::new();
            let mut reader = file;
            reader.seek(SeekFrom::Start(from))?;
            reader.take(more).read_to_end(&mut before)?;
            before.append(&mut bytes);
            bytes = before;
        }
    }

    /// What the next line names as the one before it.
    pub(super) fn hash(&self) -> Hash {
        self.last.as_ref().map_or(Hash::NOTHING, |last| Hash::of(last))
    }
}
