//! Where in an object a path of a field set leads.

use serde_json::Value;

use super::fields::PathElement;

/// A step of a JSON pointer; indexes sort as numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(usize),
}

/// A place in an object. Places sort so that removing from the last to the first moves none of those still to come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found(Vec<Step>);

/// The place that a path leads to; `None` where nothing is there.
pub fn look_up(object: &Value, path: &[PathElement]) -> Option<Found> {
    let mut value = object;
    let mut steps = Vec::new();
    for element in path {
        let (step, next) = step(value, element)?;
        steps.push(step);
        value = next;
    }
    Some(Found(steps))
}

/// One element deeper.
fn step<'v>(value: &'v Value, element: &PathElement) -> Option<(Step, &'v Value)> {
    let position = |matches: &dyn Fn(&Value) -> bool| {
        let at = value.as_array()?.iter().position(matches)?;
        Some((Step::Index(at), value.get(at)?))
    };
    match element {
        PathElement::Field(name) => value.as_object()?.get(name).map(|found| (Step::Key(name.clone()), found)),
        PathElement::Key(key) => position(&|item| {
            key.iter().all(|(name, wanted)| match item.get(name) {
                Some(found) => found == wanted,
                None => name == "protocol" && wanted == "TCP",
            })
        }),
        PathElement::Item(wanted) => position(&|item| item == wanted),
        PathElement::Index(index) => value.get(*index).map(|found| (Step::Index(*index), found)),
    }
}

impl Found {
    /// As RFC 6901 writes it.
    pub fn pointer(&self) -> String {
        let text = |step: &Step| match step {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("/{index}"),
        };
        self.0.iter().map(text).collect()
    }

    /// Takes what is there out of the object.
    pub fn remove_from(&self, object: &mut Value) {
        let Some((last, above)) = self.0.split_last() else { return };
        let mut value = object;
        for step in above {
            let next = match step {
                Step::Key(key) => value.get_mut(key.as_str()),
                Step::Index(index) => value.get_mut(*index),
            };
            let Some(next) = next else { return };
            value = next;
        }
        match (last, value) {
            (Step::Key(key), Value::Object(map)) => drop(map.remove(key)),
            (Step::Index(index), Value::Array(items)) if *index < items.len() => drop(items.remove(*index)),
            _ => {}
        }
    }
}
