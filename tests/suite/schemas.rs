//! The schemas for editors, and the example fleet.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use reconcile::fleet::{Fleet, fleet_schema, sandbox_schema};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Whether a generated file is what it should be. `UPDATE_SCHEMAS=1` writes it anew.
pub fn assert_current(path: &str, current: &str) {
    let file = Path::new(ROOT).join(path);
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&file, current).expect("written");
    }
    let published = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(published == current, "{path} is old: `UPDATE_SCHEMAS=1 cargo test --test suite schema` writes it anew");
}

#[test]
fn the_schema_of_the_fleet_is_current() {
    assert_current("sandboxes/fleet.schema.json", &fleet_schema());
}

#[test]
fn the_schema_of_a_sandbox_is_current() {
    assert_current("sandboxes/sandbox.schema.json", &sandbox_schema());
}

/// The files below `sandboxes/`, as a tree at a commit has them.
fn examples() -> BTreeMap<String, Arc<[u8]>> {
    let entries = std::fs::read_dir(Path::new(ROOT).join("sandboxes")).expect("sandboxes/");
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("UTF-8");
        (format!("sandboxes/{name}"), std::fs::read(entry.path()).expect("a file").into())
    };
    entries.map(read).collect()
}

#[test]
fn the_examples_read_without_a_finding() {
    let fleet = Fleet::parse(&examples(), &BTreeMap::new()).expect("a fleet");
    let found: Vec<String> = fleet.diagnostics().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{found:#?}");
    assert!(fleet.sandboxes.len() >= 5);
}

/// Editors find the schema by the first line of each file.
#[test]
fn each_example_names_its_schema() {
    for (path, bytes) in examples() {
        let schema = match path.as_str() {
            "sandboxes/fleet.toml" => "#:schema ./fleet.schema.json\n",
            path if Path::new(path).extension().is_some_and(|ending| ending == "toml") => {
                "#:schema ./sandbox.schema.json\n"
            }
            _ => continue,
        };
        assert!(bytes.starts_with(schema.as_bytes()), "{path}");
    }
}
