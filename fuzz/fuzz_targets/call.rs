//! Any function with any operands, which nest.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use reconcile::chart::template::{Limits, Session, Value, render_text};
use serde_json::json;

#[derive(Debug)]
struct Call(String);

impl<'a> Arbitrary<'a> for Call {
    fn arbitrary(from: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let mut text = String::new();
        call(from, &mut text, 0)?;
        Ok(Self(format!("{{{{ {text} }}}}")))
    }
}

fn call(from: &mut Unstructured<'_>, out: &mut String, depth: usize) -> arbitrary::Result<()> {
    let names = reconcile::chart::functions::names();
    out.push_str(from.choose(&names)?);
    for _ in 0..from.int_in_range(0..=4)? {
        out.push(' ');
        operand(from, out, depth)?;
    }
    Ok(())
}

const OPERANDS: &[&str] = &[
    ".", "$", "nil", "true", "0", "-7", "2.5", "1e30", "99999999999", ".Values", ".Values.list", ".Values.map", ".Values.nil", ".Values.nope",
    "\"2006-01-02\"", "\"1.2.3\"", "\"[a-z\"", "\"%v\"", "(list 1 nil \"x\")", "(dict \"a\" 1)", "1i",
];

fn operand(from: &mut Unstructured<'_>, out: &mut String, depth: usize) -> arbitrary::Result<()> {
    match from.int_in_range(0..=3)? {
        0 if depth < 6 => {
            out.push('(');
            call(from, out, depth + 1)?;
            out.push(')');
        }
        1 => {
            // A text of any characters.
            let text: &str = from.arbitrary()?;
            out.push_str(&serde_json::Value::from(text).to_string());
        }
        2 => out.push_str(&from.arbitrary::<i32>()?.to_string()),
        _ => out.push_str(from.choose(OPERANDS)?),
    }
    Ok(())
}

fuzz_target!(|call: Call| {
    let values = json!({ "list": ["a", 1, null], "map": {"a": 1, "b": {"c": "d"}}, "nil": null });
    let data = Value::data([("Values", Value::values(&values))]);
    let limits = Limits { output: 1 << 20, steps: 1_000_000 };
    let _ = render_text(&call.0, "t", &data, &mut Session::with_limits(limits));
});
