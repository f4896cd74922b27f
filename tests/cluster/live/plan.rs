//! A plan as a test reads it: the JSON that `reconcile --format json` prints.

use serde_json::Value;

/// The plan that a run printed, and what came of it where the run applied it.
#[derive(Debug)]
pub struct Printed(pub Value);

impl Printed {
    /// Reads what was printed.
    ///
    /// # Panics
    /// Where it is no plan; and where a line of it has no reason or a sandbox that waits for somebody no remedy, which
    /// no plan of any test may lack (design, invariant 10).
    pub fn read(text: &str) -> Self {
        let plan = Self(serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON ({error}): {text}")));
        for sandbox in plan.sandboxes() {
            assert_ne!(sandbox["reason"], "", "a sandbox without a reason: {sandbox:#}");
            if ["held", "refused"].contains(&text_of(&sandbox["action"])) {
                assert!(sandbox["remedy"].as_str().is_some_and(|r| !r.is_empty()), "no remedy: {sandbox:#}");
                assert_eq!(sandbox["steps"], Value::Array(Vec::new()), "held, and changed: {sandbox:#}");
            }
            for step in list(&sandbox["steps"]) {
                assert_ne!(step["reason"], "", "a step without a reason: {step:#}");
            }
        }
        plan
    }

    /// All sandboxes.
    pub fn sandboxes(&self) -> &[Value] {
        list(&self.0["sandboxes"])
    }

    /// One sandbox; null where there is none of the name.
    pub fn sandbox(&self, name: &str) -> &Value {
        self.sandboxes().iter().find(|sandbox| sandbox["name"] == name).unwrap_or(&Value::Null)
    }

    /// What happens to a sandbox.
    pub fn action(&self, name: &str) -> &str {
        text_of(&self.sandbox(name)["action"])
    }

    /// Why.
    pub fn reason(&self, name: &str) -> &str {
        text_of(&self.sandbox(name)["reason"])
    }

    /// What is noted beside a sandbox.
    pub fn notes(&self, name: &str) -> Vec<&str> {
        list(&self.sandbox(name)["notes"]).iter().map(text_of).collect()
    }

    /// The changes of a sandbox, as `action Kind/name`.
    pub fn steps(&self, name: &str) -> Vec<String> {
        let word = |step: &Value| {
            format!("{} {}/{}", text_of(&step["action"]), text_of(&step["kind"]), text_of(&step["name"]))
        };
        list(&self.sandbox(name)["steps"]).iter().map(word).collect()
    }

    /// The change of one object, `Kind/name`.
    pub fn step(&self, name: &str, object: &str) -> &Value {
        let (kind, own) = object.split_once('/').expect("Kind/name");
        let mut steps = list(&self.sandbox(name)["steps"]).iter();
        steps.find(|step| step["kind"] == kind && step["name"] == own).unwrap_or(&Value::Null)
    }

    /// How many sandboxes are in for an action.
    pub fn count(&self, action: &str) -> u64 {
        self.0["summary"][action].as_u64().expect("the summary has every action")
    }

    /// What came of a sandbox: `done`, `failed` and so on; empty where it had nothing to do.
    pub fn came_of(&self, name: &str) -> (&str, &str) {
        let result = &self.sandbox(name)["result"];
        (text_of(&result["status"]), text_of(&result["reason"]))
    }

    /// Whether nothing is to be done, and nothing waits for anybody.
    pub fn is_empty(&self) -> bool {
        self.sandboxes().iter().all(|sandbox| sandbox["action"] == "keep" && list(&sandbox["steps"]).is_empty())
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
