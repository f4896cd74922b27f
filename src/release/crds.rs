//! What charts have in `crds/`: read once for all sandboxes, for such files are large and equal everywhere.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Fault;
use crate::chart::yaml::{self, Entries, Tree};
use crate::chart::{Crd, Object, split};
use crate::manifest::ANNOTATION_CRDS;

/// The objects of files of `crds/`, by their paths.
#[derive(Default)]
pub(super) struct Definitions(BTreeMap<String, (Arc<[u8]>, Vec<Tree<'static>>)>);

impl Definitions {
    /// The objects of these files, each marked as one that is made once.
    pub fn of<'c>(&mut self, crds: &'c [Crd]) -> Result<Vec<Object<'c>>, Fault> {
        let mut all = Vec::new();
        for Crd { path, data } in crds {
            let is_known = self.0.get(path).is_some_and(|(known, _)| Arc::ptr_eq(known, data));
            if !is_known {
                self.0.insert(path.clone(), (Arc::clone(data), read(path, data)?));
            }
            let trees = self.0.get(path).map(|(_, trees)| trees.as_slice()).unwrap_or_default();
            all.extend(trees.iter().map(|tree| Object { template: path, tree: tree.clone(), text: "", line: 1 }));
        }
        Ok(all)
    }
}

fn read(path: &str, data: &[u8]) -> Result<Vec<Tree<'static>>, Fault> {
    let wrong = |why: String| Fault::new(format!("{path}: {why}"), "mend the file; files of crds/ are no templates");
    let text = str::from_utf8(data).map_err(|_| wrong("is not UTF-8".to_owned()))?;
    let mut trees = Vec::new();
    for part in split(text) {
        let tree = yaml::read_strict(part.text, yaml::Numbers::Exact)
            .map_err(|error| wrong(format!("line {}: {}", part.line + error.line - 1, error.message)))?;
        match Tree::from(tree) {
            Tree::Null => {}
            mut tree @ Tree::Map(_) => {
                mark(&mut tree);
                trees.push(tree);
            }
            _ => return Err(wrong(format!("line {}: this is no Kubernetes object", part.line))),
        }
    }
    Ok(trees)
}

fn mark(tree: &mut Tree<'static>) {
    let mut place = tree;
    for name in ["metadata", "annotations"] {
        let Some(entries) = place.entries_mut() else { return };
        if entries.get(name).and_then(Tree::entries).is_none() {
            entries.insert(Cow::Borrowed(name), Tree::Map(Entries::default()));
        }
        let Some(below) = entries.get_mut(name) else { return };
        place = below;
    }
    if let Some(annotations) = place.entries_mut() {
        annotations.insert(Cow::Borrowed(ANNOTATION_CRDS), Tree::Text(Cow::Borrowed("left alone once it is there")));
    }
}
