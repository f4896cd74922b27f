//! Who holds which field of an object: what of ours is held by others now, and what they hold beside it.

use serde_json::Value;

use super::extras::{self, is_of_the_system};
use super::live::{By, Drift, Extra, Managed};
use crate::manifest::{Fields, Manifest, ObjectId, Path, PathElement, field_path, look_up, unowned};

/// The field sets of one object: our own, and all others but those that are written through `status`.
pub(super) struct Claims<'a> {
    pub id: &'a ObjectId,
    pub own: &'a Fields,
    pub others: &'a [(&'a Managed, Fields)],
}

pub(super) fn by(managed: &Managed) -> By {
    By { manager: managed.manager.clone(), time: managed.time }
}

/// The path of a Secret's key.
pub(super) fn data_path(key: &str) -> [PathElement; 2] {
    [PathElement::Field("data".into()), PathElement::Field(key.into())]
}

impl Claims<'_> {
    /// What drifted of a manifest, those first of which it is known who did it; and what others added.
    pub(super) fn judged(&self, wanted: Option<&Manifest>) -> (Vec<Drift>, Vec<Extra>) {
        let body = wanted.map(Manifest::body);
        let body = body.as_ref();
        let mut drift = Vec::new();
        for lost in body.map_or_else(Vec::new, |body| unowned(body, self.own)) {
            self.sharpen(body, lost, None, &mut drift);
        }
        let mut extras = Vec::new();
        for (managed, fields) in self.others.iter().filter(|(m, _)| !is_of_the_system(&m.manager)) {
            for path in fields.minus(self.own) {
                let mut topmost = Vec::new();
                self.split(body, (managed, fields), path, &mut topmost);
                for path in topmost {
                    let is_bookkeeping = self
                        .others
                        .iter()
                        .any(|(m, fields)| is_of_the_system(&m.manager) && at(fields, &path).is_some());
                    if is_bookkeeping
                        || is_generated(wanted, &path)
                        || drift.iter().any(|known: &Drift| path.starts_with(&known.at))
                    {
                        continue;
                    }
                    // We hold the map that it is in as if it were whole, and have lost this of it.
                    if body.is_some_and(|body| is_leaf_of(body, &path, self.own)) {
                        drift.push(Drift { path: field_path(&path), at: path, by: Some(by(managed)) });
                    } else if !drift.iter().any(|known| known.at.starts_with(&path)) {
                        extras.push(extras::extra(self.id, path, by(managed)));
                    }
                }
            }
        }
        let above: Vec<Path> = drift.iter().filter(|drift| drift.by.is_none()).map(|drift| drift.at.clone()).collect();
        let is_within = |at: &Path| above.iter().any(|above| above.len() < at.len() && at.starts_with(above));
        drift.retain(|drift| drift.by.is_some() || !is_within(&drift.at));
        drift.sort_by_key(|drift| drift.by.is_none());
        (drift, extras)
    }

    /// What is lost of ours, down to where others have written. `claimant` is who wrote the list or map that it is in.
    fn sharpen(&self, body: Option<&Value>, lost: Path, claimant: Option<By>, drift: &mut Vec<Drift>) {
        let touching: Vec<(&Managed, &Fields)> =
            self.others.iter().filter_map(|(m, fields)| Some((*m, at(fields, &lost)?))).collect();
        let value = body.and_then(|body| body.pointer(&look_up(body, &lost)?.pointer()));
        let is_below = touching.iter().any(|(_, node)| !node.children.is_empty());
        let claimant = last(touching.iter().filter(|(_, node)| node.itself).map(|(m, _)| *m)).or(claimant);
        match value {
            Some(Value::Object(map)) if is_below => {
                let mut whole = true;
                for element in map.keys().cloned().map(PathElement::Field) {
                    if touching.iter().any(|(_, node)| node.child(&element).is_some()) {
                        self.sharpen(body, [lost.as_slice(), &[element]].concat(), None, drift);
                    } else {
                        whole = false;
                    }
                }
                if !whole {
                    drift.push(Drift { path: field_path(&lost), at: lost, by: claimant });
                }
            }
            Some(Value::Array(items)) if is_below => {
                let keys =
                    touching.iter().flat_map(|(_, node)| &node.children).find_map(|(element, _)| match element {
                        PathElement::Key(key) => Some(key.clone()),
                        _ => None,
                    });
                let Some(keys) = keys else {
                    drift.push(Drift { path: field_path(&lost), at: lost, by: claimant });
                    return;
                };
                for item in items {
                    let field = |name: &String| {
                        let default = if name == "protocol" { Value::from("TCP") } else { Value::Null };
                        (name.clone(), item.get(name).cloned().unwrap_or(default))
                    };
                    let key = PathElement::Key(keys.keys().map(field).collect());
                    self.sharpen(body, [lost.as_slice(), &[key]].concat(), claimant.clone(), drift);
                }
            }
            _ => {
                let touched = self.others.iter().filter(|(_, fields)| fields.touches(&lost)).map(|(m, _)| *m);
                let by = last(touched).or(claimant);
                drift.push(Drift { path: field_path(&lost), at: lost, by });
            }
        }
    }

    /// The topmost paths at or below `path` that nobody but `by` holds something of, and that the manifest has nothing
    /// of; the keys of annotations and labels each on its own.
    fn split(&self, body: Option<&Value>, by: (&Managed, &Fields), path: Path, found: &mut Vec<Path>) {
        let (managed, fields) = by;
        let Some(node) = at(fields, &path) else { return };
        let is_named =
            matches!(path.last(), Some(PathElement::Field(name)) if name == "annotations" || name == "labels");
        let is_shared = || {
            let others = self.others.iter().filter(|(other, _)| *other != managed);
            others.filter_map(|(_, fields)| at(fields, &path)).any(|node| !node.children.is_empty())
        };
        let is_declared = || body.is_some_and(|body| look_up(body, &path).is_some());
        let is_map = node.children.iter().all(|(element, _)| matches!(element, PathElement::Field(_)));
        let is_item = matches!(path.last(), Some(PathElement::Key(_) | PathElement::Item(_)));
        let is_parted = is_declared() || (!is_item && (is_named || (is_map && is_shared())));
        if node.children.is_empty() || !is_parted {
            found.push(path);
            return;
        }
        for (element, _) in &node.children {
            self.split(body, by, [path.as_slice(), std::slice::from_ref(element)].concat(), found);
        }
    }
}

fn last<'m>(managers: impl Iterator<Item = &'m Managed>) -> Option<By> {
    managers.map(by).max_by_key(|by| by.time)
}

fn at<'f>(fields: &'f Fields, path: &[PathElement]) -> Option<&'f Fields> {
    path.iter().try_fold(fields, |node, element| node.child(element))
}

fn is_generated(wanted: Option<&Manifest>, path: &[PathElement]) -> bool {
    wanted.is_some_and(|wanted| wanted.generated.iter().any(|generated| path == data_path(&generated.key)))
}

/// Whether a manifest declares what is at a path, and our set ends above it.
fn is_leaf_of(body: &Value, path: &[PathElement], own: &Fields) -> bool {
    look_up(body, path).is_some() && own.covers(path) && at(own, path).is_none()
}
