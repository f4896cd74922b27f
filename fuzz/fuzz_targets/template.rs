//! Any text as a template: it ends in a text or in an error, within its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reconcile::chart::template::{Limits, Session, Value, render_text};
use serde_json::json;

fuzz_target!(|text: &str| {
    let values = json!({
        "str": "hello", "int": 3, "float": 1.5, "list": ["a", 1, null], "map": {"a": 1, "b": {"c": "d"}}, "nil": null, "yes": true,
    });
    let data = Value::data([("Values", Value::values(&values)), ("Release", Value::data([("Name", "rel".into())]))]);
    let limits = Limits { output: 1 << 20, steps: 100_000 };
    if let Err(error) = render_text(text, "t", &data, &mut Session::with_limits(limits)) {
        assert!(!error.to_string().is_empty());
    }
});
