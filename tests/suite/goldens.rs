//! Golden renderings: every sandbox of this repository, pinned below `snapshots/`, so that a change of a chart shows
//! its effect on each in review.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reconcile::fleet::Fleet;
use reconcile::release::{Basis, Charts, render};
use reconcile::report::manifests;

#[test]
fn every_sandbox_is_pinned() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeMap::new();
    for folder in ["sandboxes", "charts"] {
        read(root, &root.join(folder), &mut files);
    }
    let fleet = Fleet::parse(&files, &BTreeMap::new()).expect("the repository's own fleet is right");
    assert!(fleet.broken.is_empty(), "{:?}", fleet.broken);
    assert!(!fleet.sandboxes.is_empty());
    let charts = Charts::load(&files, fleet.sandboxes.values().map(|sandbox| sandbox.chart.as_str()));
    let basis = Basis { settings: &fleet.settings, charts: &charts, copied: &BTreeMap::new(), kept: None };
    for (name, sandbox) in &fleet.sandboxes {
        let rendered = render(sandbox, &basis).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        insta::with_settings!({
            snapshot_path => root.join("snapshots"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name.as_str(), manifests::golden(&rendered.release));
        });
    }
}

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, Arc<[u8]>>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path: PathBuf = entry.expect("a readable entry").path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            files.insert(name, std::fs::read(&path).expect("a readable file").into());
        }
    }
}
