//! Packed charts: from a `.tgz` to its files, with bounds on what it may hold and where.

use std::io::{self, Read};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::{load::without_mark, template::go_quote};

/// The largest file of a chart, in bytes.
pub(super) const MAX_FILE: u64 = 5 << 20;
/// So many bytes may the files of a packed chart have together.
const MAX_FILES: u64 = 100 << 20;
/// Headers and padding come on top of them; past this much an archive is no chart, whatever it unpacks to.
const MAX_UNPACKED: u64 = MAX_FILES + (28 << 20);
/// So many files, so that an archive of empty ones is no bomb either.
const MAX_COUNT: usize = 50_000;

/// The files of an archive, in its order, by their paths below the chart's folder.
pub(super) type Files = Vec<(Arc<str>, Arc<[u8]>)>;

/// Unpacks an archive in memory. `room` is how many bytes it may unpack to yet, and shrinks by what it does.
pub(super) fn unpack(bytes: &[u8], room: &mut u64) -> Result<Files, String> {
    if !is_gzip(bytes) {
        // The head of such a stream has ten bytes.
        let said = match bytes.len() {
            0 => "EOF",
            1..10 => "unexpected EOF",
            _ => "gzip: invalid header",
        };
        return Err(said.to_owned());
    }
    let mut archive = Archive::new(MultiGzDecoder::new(bytes).take(MAX_UNPACKED.min(*room)));
    let mut files = Files::new();
    let mut left = MAX_FILES.min(*room);
    for entry in archive.entries().map_err(|error| in_go(&error))? {
        let mut entry = entry.map_err(|error| in_go(&error))?;
        let kind = entry.header().entry_type();
        if kind == EntryType::Directory || kind == EntryType::XGlobalHeader || kind == EntryType::XHeader {
            continue;
        }
        let named = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if named.ends_with('/') {
            continue;
        }
        let path = inside(&named)?;
        let size = entry.size();
        if size > left {
            return Err(too_large());
        }
        if size > MAX_FILE {
            let named = go_quote(&named);
            return Err(format!("decompressed chart file {named} is larger than the maximum file size {MAX_FILE}"));
        }
        if files.len() >= MAX_COUNT {
            return Err(format!("chart archive holds more than {MAX_COUNT} files"));
        }
        let mut data = Vec::new();
        // A link is an empty file: what it leads to is not part of the archive.
        if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
            (&mut entry).take(left).read_to_end(&mut data).map_err(|error| in_go(&error))?;
            if (data.len() as u64) < size {
                return Err("unexpected EOF".to_owned());
            }
        }
        left -= data.len() as u64;
        if left == 0 {
            return Err(too_large());
        }
        *room -= data.len() as u64;
        files.push((path.into(), without_mark(&data.into())));
    }
    if files.is_empty() {
        return Err("no files in chart archive".to_owned());
    }
    Ok(files)
}

/// Whether this begins as a gzip stream does.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1f\x8b\x08")
}

fn too_large() -> String {
    format!("decompressed chart is larger than the maximum file size {MAX_FILES}")
}

/// The path below the chart's folder, which is the first part of what an entry is named.
fn inside(named: &str) -> Result<String, String> {
    // An archive that was made on Windows has backslashes.
    let delimiter = if named.contains('\\') { '\\' } else { '/' };
    let (first, rest) = named.split_once(delimiter).unwrap_or((named, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err("chart illegally contains absolute paths".to_owned());
    }
    let path = super::functions::clean_path(&rest);
    if path == "." {
        let named = go_quote(named);
        return Err(format!("chart illegally contains content outside the base directory: {named}"));
    }
    if path.starts_with("..") {
        return Err("chart illegally references parent directory".to_owned());
    }
    let is_drive = |b: &[u8]| matches!(b, [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
    if is_drive(path.as_bytes()) {
        return Err("chart contains illegally named files".to_owned());
    }
    if first == "Chart.yaml" {
        return Err("chart yaml not in base directory".to_owned());
    }
    Ok(path)
}

/// What is wrong with an archive, in the words of Go's readers where they have some.
fn in_go(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "unexpected EOF".to_owned(),
        _ if error.to_string().starts_with("unexpected EOF") => "unexpected EOF".to_owned(),
        io::ErrorKind::InvalidInput if error.to_string().contains("deflate") => "flate: corrupt input".to_owned(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            format!("archive/tar: invalid tar header ({error})")
        }
        _ => error.to_string(),
    }
}
