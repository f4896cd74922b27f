//! `--set` and its kin, as Helm took them; `tests/charts` asks it about many more.

use reconcile::chart::set::{Source, set};
use serde_json::{Value, json};

fn after(line: &str, source: Source<'_>) -> Result<Value, String> {
    let mut values = serde_json::Map::new();
    if line.starts_with(['m', 'n']) {
        values.insert("m".into(), json!({"k": {"z": 1}, "o": 2}));
        values.insert("n".into(), json!(5));
    }
    set(line, &mut values, source)?;
    values.retain(|key, _| key != "n");
    Ok(Value::Object(values))
}

#[test]
fn what_is_typed_has_its_type() {
    let cases = [
        (
            "a=1,b=true,c=null,d=01,e=0,f=+5,g=x y",
            json!({"a": 1, "b": true, "c": null, "d": "01", "e": 0, "f": 5, "g": "x y"}),
        ),
        ("a={1,b,},c=", json!({"a": [1, "b", ""], "c": ""})),
        ("a[1].b=3,a[0]=x", json!({"a": ["x", {"b": 3}]})),
        ("a[1][1]=1", json!({"a": [null, [null, 1]]})),
        (r"a\.b=1\,2,c\=d=e", json!({"a.b": "1,2", "c=d": "e"})),
        ("m.k.y=2,m.o=null", json!({"m": {"k": {"z": 1, "y": 2}, "o": null}})),
        ("a[0].b=", json!({"a": []})),
        ("=1", json!({})),
    ];
    for (line, expected) in cases {
        assert_eq!(after(line, Source::Typed).unwrap(), expected, "{line}");
    }
    assert_eq!(after("a=1,b=true", Source::Text).unwrap(), json!({"a": "1", "b": "true"}));
    assert_eq!(after("a=1,b={c}", Source::Literal).unwrap(), json!({"a": "1,b={c}"}));
    assert_eq!(
        after("a={\"b\":[1]}, c=null,d=", Source::Json).unwrap(),
        json!({"a": {"b": [1.0]}, " c": null, "d": null})
    );
    let mut read = |path: &str| if path == "there" { Ok("text\n".to_owned()) } else { Err(format!("open {path}")) };
    assert_eq!(after("a.b=there", Source::Files(&mut read)).unwrap(), json!({"a": {"b": "text\n"}}));
    assert_eq!(after("a=none", Source::Files(&mut read)).unwrap_err(), "open none");
}

#[test]
fn what_breaks_the_grammar_is_told_in_helms_words() {
    let cases = [
        ("a", "key \"a\" has no value"),
        ("a,b", "key \"a\" has no value (cannot end with ,)"),
        ("a.b", "key \"b\" has no value"),
        ("a={x", "list must terminate with '}'"),
        ("a[b]=1", "error parsing index: strconv.Atoi: parsing \"b\": invalid syntax"),
        ("a[-1]=1", "negative -1 index not allowed"),
        ("a[70000]=1", "index of 70000 is greater than maximum supported index of 65536"),
        ("a[0]xé=1", "unexpected data at end of array index: ['x' 'é']"),
        ("n.x=1", "unable to parse key: interface conversion: interface {} is int64, not map[string]interface {}"),
        (
            "m[0]=1",
            "unable to parse key: interface conversion: interface {} is map[string]interface {}, not []interface {}",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(after(line, Source::Typed).unwrap_err(), expected, "{line}");
    }
    let deep = "a.".repeat(31) + "b=1";
    let expected = "value name nested level is greater than maximum supported nested level of 30";
    assert_eq!(after(&deep, Source::Typed).unwrap_err(), expected);
}

proptest::proptest! {
    /// Whatever a line is, it sets values or is an error.
    #[test]
    fn no_line_is_too_odd(line in r#"[abm.=,{}\[\]0-9\\" -]{0,40}"#, kind in 0..4) {
        let source = match kind {
            0 => Source::Typed,
            1 => Source::Text,
            2 => Source::Json,
            _ => Source::Literal,
        };
        drop(after(&line, source));
    }
}
