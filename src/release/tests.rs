//! A chart's tests by objects: `helm.sh/hook: test`.

use serde_json::{Value, json};

use super::Fault;
use super::objects::identity;
use crate::chart::Objects;
use crate::chart::hooks::{Event, Hook};
use crate::fleet::Sandbox;
use crate::manifest::{Kind, ObjectId};

/// Label of an object that was made for a test: the sandbox that is tested. It has none of the labels by which a fleet
/// finds its own: no run looks at it, and it goes with the namespace.
pub const LABEL_TEST: &str = "reconcile.dev/test";

/// An object that is made for a test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestObject {
    /// Its kind, with the version it is written in.
    pub kind: Kind,
    /// What it is called.
    pub id: ObjectId,
    /// When it goes.
    pub hook: Hook,
    /// The object.
    pub body: Value,
}

pub(super) fn tests(sandbox: &Sandbox, rendered: Objects<'_>) -> Result<Vec<TestObject>, Fault> {
    let mut tests = Vec::new();
    for (object, hook) in rendered.hooks.into_iter().filter(|(_, hook)| hook.runs_at(Event::Test)) {
        let (kind, id) = identity(&object.tree, object.template, sandbox)?;
        if id.is_secret() && rendered.generated.contains_key(&id.name) {
            return Err(Fault::new(
                format!("{}: {id} is made for a test alone, and has generated values", object.template),
                "make it a part of the release",
            ));
        }
        let mut text = String::new();
        object.tree.write_json(&mut text);
        let mut body: Value = serde_json::from_str(&text)
            .map_err(|error| Fault::new(format!("{}: {id}: {error}", object.template), "mend the template"))?;
        if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
            if let Some(namespace) = &id.namespace {
                metadata.insert("namespace".into(), json!(namespace));
            }
            let labels = metadata.entry("labels").or_insert_with(|| json!({}));
            if labels.is_null() {
                *labels = json!({});
            }
            if let Some(labels) = labels.as_object_mut() {
                labels.insert(LABEL_TEST.into(), json!(sandbox.name));
            }
        }
        tests.push(TestObject { kind, id, hook, body });
    }
    tests.sort_by(|a, b| (a.hook.weight, &a.id.name).cmp(&(b.hook.weight, &b.id.name)));
    Ok(tests)
}
