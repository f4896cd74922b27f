//! `values.schema.json`; `tests/charts` compares what is said with what Helm says, keyword by keyword.

use std::{collections::BTreeMap, sync::Arc};

use reconcile::chart::{Capabilities, Chart, ReleaseInfo, RenderInput, Stage};
use serde_json::{Value, json};

fn chart(schema: &Value) -> Chart {
    let schema = schema.to_string();
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
        ("values.yaml", "size: 1\nname: x\n"),
        ("values.schema.json", schema.as_str()),
        ("templates/a.yaml", "kind: A\nsize: {{ .Values.size }}"),
    ];
    let files: BTreeMap<String, Arc<[u8]>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect();
    Chart::load(&files).unwrap()
}

/// By the way that one chart is rendered, and by the way of many sandboxes one after another.
fn verdicts(chart: &Chart, values: &[Value]) -> Vec<Result<(), String>> {
    let release = ReleaseInfo::install("demo", "space");
    let capabilities = Capabilities::default();
    let mut stage = Stage::new(chart, capabilities.clone());
    let each = values.iter().map(|values| {
        let alone = chart.texts(&RenderInput { release: &release, values, capabilities: &capabilities });
        let alone = alone.map(drop).map_err(|error| error.to_string());
        let staged = stage.texts(&release, values).map(drop).map_err(|error| error.to_string());
        assert_eq!(alone, staged, "{values}");
        alone
    });
    each.collect()
}

#[test]
fn values_that_do_not_fit_are_refused_and_the_next_ones_are_judged_anew() {
    let schema = json!({"properties": {"size": {"type": "integer", "maximum": 10}}, "additionalProperties": false,
        "required": ["name"]});
    let chart = chart(&Value::Object(match schema {
        Value::Object(mut map) => {
            map["properties"]["name"] = json!({"type": "string"});
            map
        }
        _ => unreachable!(),
    }));
    let said = |what: &str| {
        let head = "values don't meet the specifications of the schema(s) in the following chart(s):\na:\n";
        Err(format!("{head}- at {what}\n"))
    };
    let values = [
        json!({}),
        json!({"size": 11.0}),
        json!({"size": 2.0}),
        json!({"more": 1.0}),
        json!({"name": null}),
        json!({}),
    ];
    let expected = [
        Ok(()),
        said("'/size': maximum: got 11, want 10"),
        Ok(()),
        said("'': additional properties 'more' not allowed"),
        said("'': missing property 'name'"),
        Ok(()),
    ];
    assert_eq!(verdicts(&chart, &values), expected);
}

#[test]
fn what_lies_elsewhere_is_not_fetched() {
    let chart = chart(&json!({"properties": {"size": {"$ref": "https://example.com/schemas/size.json"}}}));
    let told = verdicts(&chart, &[json!({"size": "any"})]).remove(0).expect_err("nobody knows whether it fits");
    assert!(told.contains("failing loading \"https://example.com/schemas/size.json\": nothing is fetched"), "{told}");
}

#[test]
fn a_schema_that_leads_back_to_itself_ends() {
    let chart =
        chart(&json!({"properties": {"size": {"$ref": "#"}}, "type": ["object", "number"], "not": {"$ref": "#"}}));
    assert_eq!(verdicts(&chart, &[json!({"size": 1.0})]).len(), 1);
}
