//! The values of a command line: files, then options, in Helm's order.

use std::io::Read as _;

use super::super::args::TemplateValues;
use crate::chart::set::{Source, set};
use crate::chart::{Table, merge, values_of};
use serde_json::Value;

/// All of them, over each other.
pub(super) fn merged(options: &TemplateValues) -> Result<Value, String> {
    let mut all = Value::Object(Table::new());
    // Nothing behind -f names no file, as in Helm.
    for file in options.files.iter().filter(|file| !file.is_empty()) {
        let bytes = read(file)?;
        let values = values_of(&bytes).map_err(|problem| format!("failed to parse {file}: {problem}"))?;
        all = merge(all, Value::Object(values));
    }
    let Value::Object(mut all) = all else { return Ok(Value::Null) };
    for line in &options.set_json {
        set(line, &mut all, Source::Json).map_err(|_| format!("failed parsing --set-json data {line}"))?;
    }
    for line in &options.set {
        set(line, &mut all, Source::Typed).map_err(|why| format!("failed parsing --set data: {why}"))?;
    }
    for line in &options.set_string {
        set(line, &mut all, Source::Text).map_err(|why| format!("failed parsing --set-string data: {why}"))?;
    }
    let mut reader = |path: &str| read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    for line in &options.set_file {
        let source = Source::Files(&mut reader);
        set(line, &mut all, source).map_err(|why| format!("failed parsing --set-file data: {why}"))?;
    }
    for line in &options.set_literal {
        set(line, &mut all, Source::Literal).map_err(|why| format!("failed parsing --set-literal data: {why}"))?;
    }
    Ok(Value::Object(all))
}

/// Reads a file, or standard input for `-`.
fn read(path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    if path.trim() == "-" {
        return match std::io::stdin().read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(format!("read /dev/stdin: {}", super::folder::reason(&error))),
        };
    }
    if path.starts_with("http://") || path.starts_with("https://") {
        return Err(format!("{path} is not on this machine, and values are not fetched: name a file"));
    }
    super::folder::read(std::path::Path::new(path))
}
