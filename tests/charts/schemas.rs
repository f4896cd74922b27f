//! `values.schema.json`, keyword by keyword: what fits, and what is said of what does not.

use std::fs;

use serde_json::json;

use super::compare::{Case, compare, helm};

/// Patterns, in Go's syntax or not, for `a: x`.
const PATTERNS: &[&str] = &[
    "(",
    "[z-a]",
    "(?=x)",
    r"\d{2",
    "a{2,1}",
    r"\p{Foo}",
    "*",
    "(?<n>x)",
    "(?P<n>x",
    r"\1",
    r"\Z",
    "x**",
    "a{1001}",
    r"\d+(?!y)",
    "^x$",
    "^y$",
    r"\u0041",
    r"\cA",
    "[[:alpha:]]",
    "(?i)X",
    r"\/",
    r"\-",
    r"[\w-]",
    r"\p{L}",
    "a{,3}",
    r"\Ax\z",
    r"\Qx\E",
    r"\sx",
    "[^[:digit:]]",
];

/// Schemas and values.
const CASES: &[(&str, &str)] = &[
    (r#"{"properties": {"a": {"type": "string"}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"type": ["string", "null", "integer"]}}}"#, r"a: 1.5"),
    (r#"{"required": ["x"]}"#, r"a: 1"),
    (r#"{"required": ["x", "y"]}"#, r"a: 1"),
    (r#"{"additionalProperties": false}"#, r"a: 1"),
    (r#"{"additionalProperties": {"type": "string"}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"enum": ["x", "y"]}}}"#, r"a: z"),
    (r#"{"properties": {"a": {"enum": ["x"]}}}"#, r"a: z"),
    (r#"{"properties": {"a": {"enum": [1, null, true, {"x": 1}]}}}"#, r"a: z"),
    (r#"{"properties": {"a": {"enum": [1, null, true, 2.5]}}}"#, r"a: z"),
    (r#"{"properties": {"a": {"const": 5}}}"#, r"a: 6"),
    (r#"{"properties": {"a": {"const": [1]}}}"#, r"a: 6"),
    (r#"{"properties": {"a": {"minimum": 10}}}"#, r"a: 6"),
    (r#"{"properties": {"a": {"maximum": 1000}}}"#, r"a: 123456.75"),
    (r#"{"properties": {"a": {"exclusiveMinimum": 10}}}"#, r"a: 10"),
    (r#"{"properties": {"a": {"multipleOf": 0.5}}}"#, r"a: 1.3"),
    (r#"{"properties": {"a": {"maximum": 1000000.0}}}"#, r"a: 1e9"),
    (r#"{"properties": {"a": {"maximum": 0.12345678}}}"#, r"a: 0.987654321"),
    (r#"{"properties": {"a": {"maximum": 5}}}"#, r"a: 1e25"),
    (r#"{"properties": {"a": {"minLength": 3}}}"#, r"a: x"),
    (r#"{"properties": {"a": {"maxLength": 3, "pattern": "^[0-9]+$"}}}"#, r#"a: "its \"q\"""#),
    (r#"{"properties": {"a": {"pattern": "^a'b\\\\d$"}}}"#, r"a: x"),
    (r#"{"properties": {"a": {"minItems": 3}}}"#, r"a: [1]"),
    (r#"{"properties": {"a": {"maxItems": 1}}}"#, r"a: [1, 2]"),
    (r#"{"properties": {"a": {"uniqueItems": true}}}"#, r"a: [1, 2, 1]"),
    (r#"{"properties": {"a": {"items": {"type": "string"}}}}"#, r"a: [1, b]"),
    (r#"{"properties": {"a": {"items": {"type": "string"}}}}"#, r"a: [1, 2]"),
    (r#"{"properties": {"a": {"contains": {"type": "string"}}}}"#, r"a: [1, 2]"),
    (r#"{"properties": {"a": {"contains": {"type": "string"}, "minContains": 2}}}"#, r"a: [1, b]"),
    (r#"{"properties": {"a": {"prefixItems": [{"type": "string"}], "items": false}}}"#, r"a: [1, 2]"),
    (
        r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"items": [{"type": "string"}], "additionalItems": false}}}"#,
        r"a: [x, 2, 3]",
    ),
    (r#"{"properties": {"a": {"minProperties": 2}}}"#, r"a: {x: 1}"),
    (r#"{"properties": {"a": {"maxProperties": 0}}}"#, r"a: {x: 1}"),
    (r#"{"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "boolean"}]}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"oneOf": [{"type": "string"}, {"type": "boolean"}]}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"oneOf": [{"type": "number"}, {"minimum": 0}]}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"allOf": [{"type": "string"}, {"minimum": 5}]}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"not": {"type": "number"}}}}"#, r"a: 1"),
    (r##"{"properties": {"a": {"$ref": "#/$defs/s"}}, "$defs": {"s": {"type": "string"}}}"##, r"a: 1"),
    (
        r##"{"properties": {"a": {"$ref": "#/$defs/s"}}, "$defs": {"s": {"required": ["x"], "maxProperties": 0}}}"##,
        r"a: {y: 1}",
    ),
    (
        r##"{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"s": {"type": "string", "minLength": 4}}, "properties": {"a": {"$ref": "#/definitions/s"}}}"##,
        r"a: x",
    ),
    (r#"{"properties": {"a": {"type": "object", "properties": {"b/c~d": {"type": "string"}}}}}"#, r#"a: {"b/c~d": 1}"#),
    (r#"{"properties": {"a": false}}"#, r"a: 1"),
    (r"false", r"a: 1"),
    (r"true", r"a: 1"),
    (
        r#"{"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}"#,
        r"a: 1",
    ),
    (
        r#"{"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}"#,
        r"a: 2",
    ),
    (r#"{"propertyNames": {"pattern": "^b"}}"#, r"a: 2"),
    (r#"{"dependentRequired": {"a": ["b", "c"]}}"#, r"a: 2"),
    (r#"{"dependentSchemas": {"a": {"required": ["z"]}}}"#, r"a: 2"),
    (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"a": ["b"]}}"#, r"a: 2"),
    (r#"{"patternProperties": {"^a": {"type": "string"}}}"#, r"a: 2"),
    (r#"{"required": ["x"], "properties": {"a": {"type": "string", "minLength": 5}}, "minProperties": 4}"#, r"a: bc"),
    (r#"{"properties": {"a": {"required": ["x"], "maxProperties": 0}}}"#, r"a: {y: 1}"),
    (r#"{"$id": "https://example.com/x.json", "required": ["x"]}"#, r"a: 1"),
    (r#"{"$id": "x.json", "required": ["x"]}"#, r"a: 1"),
    (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"format": "email"}}}"#, r"a: x"),
    (
        r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"format": "ipv4"}}}"#,
        r"a: 1.2.3.400",
    ),
    (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"format": "uri"}}}"#, r"a: x"),
    (
        r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"format": "hostname"}}}"#,
        r"a: x_y",
    ),
    (r#"{"properties": {"a": {"format": "email"}}}"#, r"a: x"),
    (
        r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"format": "date-time"}}}"#,
        r"a: x",
    ),
    (
        r#"{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"minimum": 5, "exclusiveMinimum": true}}}"#,
        r"a: 5",
    ),
    (
        r#"{"$schema": "https://json-schema.org/draft/2019-09/schema", "properties": {"a": {"type": "string"}}}"#,
        r"a: 5",
    ),
    (r"{bad json", r"a: 1"),
    (r#"{"properties": {"a": {"type": "integer"}}}"#, r"a: 3.0"),
    (r#"{"properties": {"a": {"type": "integer"}}}"#, r"a: 3.5"),
    (r#"{"properties": {"a": {"type": "string"}, "global": {"type": "object"}}}"#, r"a: null"),
    // What no other keyword has looked at.
    (r#"{"properties": {"a": {"properties": {"x": {}}, "unevaluatedProperties": false}}}"#, r"a: {x: 1, k: 2}"),
    (
        r#"{"properties": {"a": {"allOf": [{"properties": {"x": {}}}], "unevaluatedProperties": {"type": "string"}}}}"#,
        r"a: {x: 1, k: 2}",
    ),
    (
        r#"{"properties": {"a": {"anyOf": [{"required": ["x"], "properties": {"x": {}}}, {"required": ["m"], "properties": {"k": {}}}], "unevaluatedProperties": false}}}"#,
        r"a: {x: 1, k: 2}",
    ),
    (
        r##"{"$defs": {"b": {"properties": {"x": {}}}}, "properties": {"a": {"$ref": "#/$defs/b", "unevaluatedProperties": false}}}"##,
        r"a: {x: 1, k: 2}",
    ),
    (
        r#"{"properties": {"a": {"if": {"properties": {"x": {"const": 1}}, "required": ["x"]}, "then": {"properties": {"k": {}}}, "unevaluatedProperties": false}}}"#,
        r"a: {x: 1, k: 2, m: 3}",
    ),
    (
        r#"{"properties": {"a": {"patternProperties": {"^x": {}}, "dependentSchemas": {"x": {"properties": {"k": {}}}}, "unevaluatedProperties": false}}}"#,
        r"a: {x: 1, k: 2, m: 3}",
    ),
    (r#"{"properties": {"a": {"prefixItems": [{}], "unevaluatedItems": false}}}"#, r"a: [1, 2]"),
    (
        r#"{"properties": {"a": {"contains": {"type": "string"}, "unevaluatedItems": {"type": "boolean"}}}}"#,
        r"a: [x, true, 2]",
    ),
    (r#"{"properties": {"a": {"allOf": [{"prefixItems": [{}, {}]}], "unevaluatedItems": false}}}"#, r"a: [1, 2, 3]"),
    (r#"{"properties": {"a": {"allOf": [{"items": {}}], "unevaluatedItems": false}}}"#, r"a: [1, 2, 3]"),
    // What lies elsewhere.
    (r#"{"properties": {"a": {"$ref": "file:///nowhere/there.json"}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"$ref": "there.json#/definitions/x"}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"$ref": "file://../there.json"}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"$ref": "urn:there"}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"$ref": "values.schema.json#/properties/b"}, "b": {"type": "string"}}}"#, r"a: 1"),
    (
        r#"{"properties": {"a": {"$ref": "file:///values.schema.json#/properties/b"}, "b": {"type": "string"}}}"#,
        r"a: 1",
    ),
    (
        r#"{"$schema": "https://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "file:///nowhere/there.json"}}}"#,
        r"a: 1",
    ),
    (r##"{"properties": {"a": {"$ref": "#/$defs/nowhere"}}}"##, r"a: 1"),
    (r#"{"properties": {"a": {"$ref": "http://json-schema.org/draft-07/schema#"}}}"#, r"a: {type: strange}"),
    (r#"{"properties": {"a": {"$ref": "https://json-schema.org/draft/2020-12/schema"}}}"#, r"a: {type: strange}"),
    (
        r#"{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}}"#,
        r"a: 15000",
    ),
    (r#"{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"type": "integer"}}}"#, r"a: 1.5"),
    // Round and round.
    (r##"{"$ref": "#"}"##, r"a: 1"),
    (
        r##"{"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##,
        r"a: 1",
    ),
    (r##"{"properties": {"a": {"allOf": [{"$ref": "#/properties/a"}]}}}"##, r"a: 1"),
    (
        r##"{"properties": {"a": {"properties": {"a": {"$ref": "#/properties/a"}}, "maxProperties": 1}}}"##,
        r"a: {a: {a: {}, b: {}}}",
    ),
    // No schema at all.
    (r#"{"type": "strange"}"#, r"a: 1"),
    (r#"{"properties": {"a": {"type": 1}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"minLength": -1}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"required": "x"}}}"#, r"a: 1"),
    (r#"{"properties": {"a": {"enum": 3}}}"#, r"a: 1"),
    (r#"{"properties": {"a": 3}}"#, r"a: 1"),
    (r#"{"properties": [1]}"#, r"a: 1"),
    (r#"{"required": ["a", "a"]}"#, r"a: 1"),
    (r#"{"items": [{}], "additionalItems": false}"#, r"a: 1"),
    (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "strange"}"#, r"a: 1"),
    (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"type": 1}}}"#, r"a: 1"),
    (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"required": true}}}"#, r"a: 1"),
    (r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"multipleOf": 0}}}"#, r"a: 1"),
    (r#"{"$schema": "http://json-schema.org/draft-06/schema#", "properties": {"a": {"maxItems": 1.5}}}"#, r"a: 1"),
    (
        r#"{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"exclusiveMinimum": 3}}}"#,
        r"a: 1",
    ),
    (r#"{"$schema": "https://json-schema.org/draft/2019-09/schema", "properties": {"a": {"type": 1}}}"#, r"a: 1"),
    (
        r#"{"type": "object", "properties": {"a": {"type": "object", "additionalProperties": false, "properties": {"x": {"type": "string"}}}}}"#,
        r"a: {x: 1, z: 2}",
    ),
];

#[test]
fn values_are_judged_as_helm_judges_them() {
    let Some(helm) = helm() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut cases = Vec::new();
    let patterns = PATTERNS.iter().flat_map(|pattern| {
        let below = json!({"a": {"pattern": pattern, "format": "regex"}});
        let of_draft = |draft: &str| json!({"$schema": draft, "properties": below});
        let drafts = ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"];
        let names = json!({"properties": {"a": {"patternProperties": {*pattern: {"type": "null"}}}}});
        let texts = drafts.map(|draft| (of_draft(draft).to_string(), "a: x".to_owned()));
        texts.into_iter().chain([(names.to_string(), "a: {x: 1}".to_owned())])
    });
    let fixed = CASES.iter().map(|(schema, values)| ((*schema).to_owned(), (*values).to_owned()));
    for (number, (schema, values)) in fixed.chain(patterns).enumerate() {
        let chart = folder.path().join(format!("c{number}"));
        fs::create_dir_all(chart.join("templates")).expect("it can be made");
        let files = [
            ("Chart.yaml", "apiVersion: v2\nname: sc\nversion: 1.0.0\n"),
            ("templates/a.yaml", "v: 1\n"),
            ("values.schema.json", &*schema),
            ("values.yaml", &*values),
        ];
        for (path, text) in files {
            fs::write(chart.join(path), text).expect("it can be written");
        }
        cases.push(Case { folder: folder.path().to_owned(), args: vec!["demo".into(), format!("./c{number}")] });
    }
    let outcome = compare(&helm, &cases);
    assert!(outcome.different.is_empty(), "{}", outcome.different.join("\n\n"));
}
