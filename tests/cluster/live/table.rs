//! The table of foreign changes: what somebody does to a sandbox, what the plan has to say of it, and what has to be
//! there after one run. The rows are in `rows/*.toml`, each a sandbox of its own, and the objects that they change in
//! `rows/chart`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::case::{Case, applying};
use super::hands::Hands;
use super::plan::Printed;
use crate::wait::wait_until;

/// One row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The sandbox.
    pub name: String,
    /// What of the chart it has.
    #[serde(default)]
    parts: Vec<String>,
    /// Another chart than `rows/chart`, and its profile.
    chart: Option<String>,
    profile: Option<String>,
    /// More values.
    #[serde(default)]
    values: toml::Table,
    /// `FILE` of the commands.
    #[serde(default)]
    pub yaml: String,
    /// `LESS` of the commands.
    #[serde(default)]
    pub less: String,
    /// What somebody does, as arguments of kubectl (and what [`Hands`] knows beside).
    pub does: Vec<String>,
    /// A command, and the answer that is waited for before the plan.
    pub until: Option<[String; 2]>,
    /// What is done then.
    #[serde(default)]
    pub then: Vec<String>,
    /// What the plan has to do with the sandbox; by default as the step says, or `keep` without one.
    action: Option<String>,
    /// The one step, `action Kind/name`; none where it is left out.
    #[serde(default)]
    step: String,
    /// More steps, where somebody changes several objects.
    #[serde(default)]
    steps: Vec<String>,
    /// Words of the step's reason.
    #[serde(default)]
    says: Vec<String>,
    /// Words of the notes; without them there is no note.
    #[serde(default)]
    notes: Vec<String>,
    /// What is there after a run.
    after: Option<After>,
    /// What the noted extra is in, `Kind/name`, where there is no step.
    of: Option<String>,
    /// Whether it stays although the fleet has extras taken out.
    #[serde(default)]
    kept: bool,
}

/// What is there after a run.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum After {
    /// What was there before the change, to the letter.
    Restored,
    /// The same, in an object made anew.
    Anew,
    /// What the change left.
    Stays,
    /// Ours is put back, and theirs stays beside it.
    Both,
}

#[derive(Deserialize)]
struct Rows {
    row: Vec<Row>,
}

/// The objects of each namespace (and those of the cluster that are called as it is), without what the cluster itself
/// keeps in them.
type Contents = BTreeMap<String, BTreeMap<String, Value>>;

impl Row {
    fn read(file: &str) -> Vec<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/live/rows").join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        toml::from_str::<Rows>(&text).unwrap_or_else(|error| panic!("{file}: {error}")).row
    }

    /// The same row in a fleet that has extras taken out: what was noted is the reason of a step, and goes.
    fn where_extras_go(mut self) -> Self {
        if self.kept {
            return self;
        }
        if self.step.is_empty() {
            let words = self.of.clone().unwrap_or_else(|| panic!("{}: of which object?", self.name));
            self.step = format!("correct {words}");
        }
        self.action = None;
        self.says.retain(|words| words != "not recorded");
        let notes = std::mem::take(&mut self.notes);
        self.says.extend(notes.into_iter().filter(|words| words != "can weaken"));
        self.after = Some(After::Restored);
        self
    }

    fn write(&self, case: &Case) {
        let mut values = self.values.clone();
        if self.chart.is_none() {
            values.insert("parts".into(), self.parts.clone().into());
        }
        let mut file = toml::Table::new();
        file.insert("branch".into(), self.name.clone().into());
        file.insert("image".into(), "registry.example.com/web:1".into());
        file.insert("chart".into(), self.chart.clone().unwrap_or_else(|| "rows".into()).into());
        file.extend(self.profile.clone().map(|profile| ("profile".to_owned(), profile.into())));
        file.insert("values".into(), values.into());
        case.repo.write(&super::case::file(&self.name), &file.to_string());
    }

    /// What is otherwise in the plan than the row says.
    fn misjudged(&self, case: &Case, plan: &Printed) -> Vec<String> {
        let mut wrong = Vec::new();
        let step = self.step.replace("NS", &case.namespace(&self.name));
        let (verb, object) = step.split_once(' ').unwrap_or(("keep", ""));
        let of_verb = if verb == "create" { "correct" } else { verb };
        let action = self.action.as_deref().unwrap_or(of_verb);
        if plan.action(&self.name) != action {
            wrong.push(format!("action {:?}, not {action:?}", plan.action(&self.name)));
        }
        let mut steps: Vec<String> = if step.is_empty() { Vec::new() } else { vec![step.clone()] };
        steps.extend(self.steps.iter().map(|step| step.replace("NS", &case.namespace(&self.name))));
        steps.sort();
        let mut planned = plan.steps(&self.name);
        planned.sort();
        if planned != steps {
            wrong.push(format!("steps {planned:?}, not {steps:?}"));
        }
        let reason = plan.step(&self.name, if object.is_empty() { "/" } else { object })["reason"].clone();
        let reason = reason.as_str().unwrap_or_default();
        wrong.extend(self.says.iter().filter(|w| !reason.contains(*w)).map(|w| format!("no {w:?} in {reason:?}")));
        let notes = plan.notes(&self.name).join("\n");
        if notes.is_empty() != self.notes.is_empty() {
            wrong.push(format!("notes: {notes:?}"));
        }
        wrong.extend(self.notes.iter().filter(|w| !notes.contains(*w)).map(|w| format!("no {w:?} in notes {notes:?}")));
        wrong
    }

    /// What is otherwise in the cluster than the row says.
    fn mislaid(&self, namespace: &str, times: [&Contents; 3]) -> Vec<String> {
        let nothing = BTreeMap::new();
        let [before, changed, after] = times.map(|contents| contents.get(namespace).unwrap_or(&nothing));
        let is_put_right = !self.step.is_empty();
        let expected = self.after.unwrap_or(if is_put_right { After::Restored } else { After::Stays });
        let is_so = match expected {
            After::Restored => after == before,
            After::Stays => after == changed,
            After::Both => after != before && after != changed,
            After::Anew => {
                let without_uid = |contents: &BTreeMap<String, Value>| {
                    let mut contents = contents.clone();
                    for object in contents.values_mut() {
                        object["metadata"]["uid"] = Value::Null;
                    }
                    contents
                };
                after != before && without_uid(after) == without_uid(before)
            }
        };
        if is_so {
            return Vec::new();
        }
        let lines = |contents: &BTreeMap<String, Value>| serde_json::to_string_pretty(contents).expect("JSON");
        let reference = if expected == After::Stays { changed } else { before };
        let (reference, after) = (lines(reference), lines(after));
        let diff = similar::TextDiff::from_lines(&reference, &after);
        vec![format!("after a run it is not {expected:?}:\n{}", diff.unified_diff().context_radius(2))]
    }
}

fn contents(case: &Case, kinds: &str) -> Contents {
    let text = case.plane.must(&["get", kinds, "--all-namespaces", "--output=json"]);
    let list: Value = serde_json::from_str(&text).expect("kubectl writes JSON");
    let mut contents = Contents::new();
    for mut object in list["items"].as_array().expect("a list").clone() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = text(&object["metadata"]["name"]);
        let namespace = object["metadata"]["namespace"].as_str().map_or(name.clone(), str::to_owned);
        let is_controlled = !object["metadata"]["ownerReferences"].is_null();
        if !namespace.starts_with(&case.id) || is_controlled {
            continue;
        }
        let key = format!("{}/{name}", text(&object["kind"]));
        let fields = object.as_object_mut().expect("an object");
        fields.remove("status");
        let metadata = fields["metadata"].as_object_mut().expect("metadata");
        for key in ["resourceVersion", "generation", "creationTimestamp"] {
            metadata.remove(key);
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|key, _| !key.starts_with("deployment.kubernetes.io/") && !key.starts_with("pv.kube"));
            annotations.remove("deprecated.daemonset.template.generation");
        }
        contents.entry(namespace).or_default().insert(key, object);
    }
    contents
}

/// Every request of a plan in which nothing differs: one list a kind, by the fleet's label; beside them nothing but
/// what the server is, and which custom resources it has.
fn assert_lists_alone(case: &Case) {
    let mark = case.plane.mark();
    let plan = case.plan(0, &[]);
    assert!(plan.is_empty(), "{:#}", plan.0);
    let requests = case.plane.requests(mark, &case.user);
    let mut lists: Vec<(&str, &str)> = Vec::new();
    for request in &requests {
        let is_discovery = request.object_ref.resource.is_empty() && request.verb == "get";
        let is_list = request.verb == "list" && request.uri.contains("labelSelector=reconcile.dev%2Ffleet%3D");
        assert!(is_discovery || is_list, "a request beyond the lists: {request:#?}");
        if is_list {
            // An account of the chart's lists Secrets in each of its namespaces.
            lists.push((&request.object_ref.resource, &request.object_ref.namespace));
        }
    }
    let count = lists.len();
    lists.sort_unstable();
    lists.dedup();
    assert_eq!(lists.len(), count, "a kind was listed twice");
}

/// Has the API server admit by `rows/admission.yaml`, and waits until it has heard of it; `false` where it cannot, and the
/// rows that are about it are left out.
fn admits(case: &Case) -> bool {
    if !case.plane.admits_by("MutatingAdmissionPolicy") {
        case.plane
            .left_out("the two rows whose objects are changed as they are admitted: no MutatingAdmissionPolicy here");
        return false;
    }
    case.plane.apply("test", include_str!("rows/admission.yaml"));
    let yaml = "{apiVersion: v1, kind: ConfigMap, data: {a: b}, metadata: {name: probe, namespace: default, \
                labels: {reconcile.dev/sandbox: admitted}, annotations: {a: b}}}";
    let file = case.repo.path().join("probe.yaml");
    std::fs::write(&file, yaml).expect("it can be written");
    let args = ["create", "--dry-run=server", "--output=jsonpath={.data.level}", "-f", &file.display().to_string()];
    wait_until("what is admitted is changed", Duration::from_secs(60), || match case.plane.must(&args).as_str() {
        "forced" => Ok(()),
        other => Err(other.to_owned()),
    });
    std::fs::remove_file(&file).expect("it was written");
    true
}

/// Applies a fleet of the rows, has everything done to it, and checks each row. With `removes` the fleet has extras taken
/// out, and of the rows there are those in which somebody adds something.
pub fn check(stem: &str, files: &[&str], kinds: &str, removes: bool) {
    let Some(case) = Case::start(stem) else { return };
    let definitions = include_str!("rows/definitions.yaml");
    case.plane.apply("test", definitions);
    let has_admission = admits(&case);
    for name in ["crd/widgets.rows.example.com", "crd/gadgets.rows.example.com"] {
        case.plane.must(&["wait", "--for=condition=Established", name, "--timeout=60s"]);
    }
    case.repo_copy("rows/chart", "charts/rows");
    let extras = if removes { "remove" } else { "report" };
    case.repo.copy("charts/odoo-dev-sandbox").copy("charts/preview-app");
    case.settings(&format!(
        "extras = \"{extras}\"\ndomain = \"sandboxes.example.com\"\naccess.groups = [\"developers\"]\n\
         limits.max_sandboxes = 500"
    ));
    let mut rows: Vec<Row> = files.iter().flat_map(|file| Row::read(file)).collect();
    rows.retain(|row| has_admission || !row.name.starts_with("admitted"));
    if removes {
        rows = rows.into_iter().filter(|row| !row.notes.is_empty()).map(Row::where_extras_go).collect();
    }
    for row in &rows {
        row.write(&case);
    }
    case.sandbox("untouched", "").commit("a sandbox for each row");
    case.run(0, &[]);
    assert_lists_alone(&case);

    let before = contents(&case, kinds);
    let mut wrong = Hands::of(&case).do_all(&rows);
    let changed = contents(&case, kinds);
    let seen = || Printed::read(&case.tool().run(&["--plan", "--format=json"]).stdout);
    let plan = seen();
    let mut note = |row: &Row, what: Vec<String>| {
        wrong.extend(what.into_iter().map(|what| format!("{}: {what}", row.name)));
    };
    for row in &rows {
        note(row, row.misjudged(&case, &plan));
    }
    let run = Printed::read(&case.tool().run(&applying(&[])).stdout);
    let after = contents(&case, kinds);
    for row in &rows {
        let (status, why) = run.came_of(&row.name);
        if !["", "done"].contains(&status) {
            note(row, vec![format!("{status}: {why}")]);
        }
        note(row, row.mislaid(&case.namespace(&row.name), [&before, &changed, &after]));
    }
    let plan = seen();
    for row in &rows {
        if plan.action(&row.name) != "keep" {
            note(row, vec![format!("a second plan: {:#}", plan.sandbox(&row.name))]);
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows are wrong:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert_eq!(plan.action("untouched"), "keep");
    assert_lists_alone(&case);
    case.assert_settled();
}
