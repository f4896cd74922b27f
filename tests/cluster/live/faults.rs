//! One fault at one request of a run that creates, updates, replaces or removes; then one clean run, after which all is as
//! if there had been none. Some points are tried each time, and with `FAULTS=all` every request with every fault.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::case::{Case, applying, file};
use crate::gate::{Gate, Verdict};
use crate::tool::Tool;
use crate::wait::wait_until;

const CHART: &str = r#"
apiVersion: v1
kind: Secret
metadata: {name: made}
stringData: {password: {{ randAlphaNum 16 | quote }}, word: {{ .Values.word | quote }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {word: {{ .Values.word | quote }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: frozen}
immutable: true
data: {word: {{ .Values.frozen | quote }}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: {{ .Release.Namespace }}-reader}
rules: [{apiGroups: [""], resources: [{{ .Values.word }}], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: {{ .Values.frozen }}}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ .Values.frozen }}}
subjects: [{kind: ServiceAccount, name: default}]
"#;

/// What a server, or the way to it, does wrong.
const FAULTS: &[Verdict] = &[
    Verdict::HoldRequest,
    Verdict::HoldAnswer,
    Verdict::Reset,
    Verdict::ResetAfter,
    Verdict::Cut,
    Verdict::Slow(150),
    Verdict::WrongType,
    Verdict::Answer(401, "Unauthorized", &[]),
    Verdict::Answer(429, "too many requests", &["Retry-After: 1"]),
    Verdict::Answer(500, "etcdserver: leader changed", &[]),
    Verdict::Answer(500, "failed calling webhook \"images.example.com\": context deadline exceeded", &[]),
    Verdict::Answer(503, "apiserver not ready", &["Retry-After: 1"]),
];

/// More requests than any of the runs makes.
const LAST: usize = 60;

struct Faulty {
    case: Case,
    gate: Gate,
    points: Arc<AtomicUsize>,
}

impl Faulty {
    /// Runs with one fault at the request of this number, reads included; a run that is held there is killed.
    fn run(&self, at: usize, fault: &Verdict) {
        let count = Arc::new(AtomicUsize::new(0));
        let (seen, rule) = (Arc::clone(&count), fault.clone());
        let kills = matches!(fault, Verdict::HoldRequest | Verdict::HoldAnswer);
        self.gate.rule(move |_| {
            let number = seen.fetch_add(1, Ordering::SeqCst) + 1;
            if number == at || (kills && number > at) { rule.clone() } else { Verdict::Pass }
        });
        let mut run = Tool::new(&self.case.repo, &self.gate.user).start(&applying(&["--lock-timeout=60s"]));
        loop {
            if self.gate.held(Duration::from_millis(50)).is_some() {
                run.kill().expect("it still waits for its answer");
                run.wait().expect("it can be waited for");
                break;
            }
            if let Some(status) = run.try_wait().expect("it can be asked") {
                assert!([Some(0), Some(1), Some(4)].contains(&status.code()), "{status}, {fault:?} at {at}");
                break;
            }
        }
        self.gate.rule(|_| Verdict::Pass);
        self.points.fetch_add(usize::from(count.load(Ordering::SeqCst) >= at), Ordering::SeqCst);
    }

    /// What there is of a sandbox, in a few words.
    fn state(&self, name: &str) -> String {
        let words =
            "--output=jsonpath={range .items[*]}{.kind}/{.metadata.name} {.data.word}{.roleRef.name}{\"\\n\"}{end}";
        let kinds = "configmaps,secrets,roles,rolebindings";
        let all = self.case.kubectl(name, &["get", kinds, "--selector=reconcile.dev/sandbox", words]);
        // By this one the account has its rights there.
        let is_wanted = |line: &&str| !line.starts_with("RoleBinding/reconcile ");
        all.lines().filter(is_wanted).map(|line| format!("{line}\n")).collect()
    }

    fn assert_clean(&self, what: &str) {
        let plan = self.case.plan(0, &[]);
        assert!(plan.is_empty(), "{what}: {:#}", plan.0);
    }
}

fn wanted(word: &str, frozen: &str) -> String {
    let encoded = match word {
        "pods" => "cG9kcw==",
        _ => "bm9kZXM=",
    };
    format!(
        "ConfigMap/frozen {frozen}\nConfigMap/settings {word}\nSecret/made {encoded}\nRole/{frozen} \n\
         RoleBinding/readers {frozen}\n"
    )
}

/// All four, each with the fault at the same request.
fn through_all(at: usize, fault: &Verdict, points: &Arc<AtomicUsize>) {
    let Some(case) = Case::start("faults") else { return };
    let gate = Gate::open(case.plane, &case.user);
    let faulty = Faulty { case, gate, points: Arc::clone(points) };
    let case = &faulty.case;
    for template in ["account", "database", "limits", "outside", "settings", "web"] {
        case.repo.remove(&format!("charts/app/templates/{template}.yaml"));
    }
    case.repo.write("charts/app/templates/all.yaml", CHART);
    let values = "values.word = \"pods\"\nvalues.frozen = \"first\"";
    case.sandbox("stays", values).commit("it stays");
    case.run(0, &[]);
    let what = |op: &str| format!("{op}, {fault:?} at request {at}");

    case.sandbox("one", values).commit("one");
    faulty.run(at, fault);
    // Where the fault ended the creation, that is remembered; a clean run is one that tries again.
    case.run(0, &["--retry"]);
    assert_eq!(faulty.state("one"), wanted("pods", "first"), "{}", what("create"));
    faulty.assert_clean(&what("create"));
    let password = case.field("one", "secret/made", ".data.password");

    case.repo.edit(&file("one"), "pods", "nodes");
    case.commit("another word");
    faulty.run(at, fault);
    case.run(0, &["--retry"]);
    assert_eq!(faulty.state("one"), wanted("nodes", "first"), "{}", what("update"));
    faulty.assert_clean(&what("update"));

    case.repo.edit(&file("one"), "first", "second");
    case.commit("what is final");
    faulty.run(at, fault);
    case.run(0, &["--retry"]);
    assert_eq!(faulty.state("one"), wanted("nodes", "second"), "{}", what("replace"));
    faulty.assert_clean(&what("replace"));
    assert_eq!(case.field("one", "secret/made", ".data.password"), password, "{}", what("the password"));

    case.repo.remove(&file("one"));
    case.commit("one goes");
    faulty.run(at, fault);
    case.run(0, &["--retry"]);
    wait_until("the namespace is gone", Duration::from_secs(120), || {
        if case.has_namespace("one") { Err("it is still there".to_owned()) } else { Ok(()) }
    });
    let role = format!("clusterrole/{}-reader", case.namespace("one"));
    assert_eq!(case.plane.must(&["get", &role, "--ignore-not-found", "--output=name"]), "", "{}", what("remove"));
    faulty.assert_clean(&what("remove"));
    assert_eq!(faulty.state("stays"), wanted("pods", "first"), "{}", what("what stays"));
}

/// The points, worked off by a few threads.
fn all_of(points: Vec<(usize, Verdict)>, side_by_side: usize) -> usize {
    let tried = Arc::new(AtomicUsize::new(0));
    let left = Arc::new(Mutex::new(points));
    thread::scope(|scope| {
        for _ in 0..side_by_side {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some((at, fault)) = next else { return };
                    through_all(at, &fault, &tried);
                }
            });
        }
    });
    tried.load(Ordering::SeqCst)
}

#[test]
fn nothing_is_lost_or_doubled_by_one_fault_at_one_request() {
    let is_all = std::env::var("FAULTS").is_ok_and(|which| which == "all");
    let kills = |fault: &Verdict| matches!(fault, Verdict::HoldRequest | Verdict::HoldAnswer);
    let mut points = Vec::new();
    for (place, fault) in FAULTS.iter().enumerate() {
        // Of the requests of one run each is killed at in turn; other faults come at every third.
        let step = if kills(fault) { 1 } else { 3 };
        let ats: Vec<usize> =
            if is_all { (1 + place % step..LAST).step_by(step).collect() } else { vec![14 + 2 * place] };
        points.extend(ats.into_iter().map(|at| (at, fault.clone())));
    }
    let tried = all_of(points, 6);
    println!("{tried} fault points, nothing lost");
    let least = if is_all { 500 } else { 20 };
    assert!(tried == 0 || tried >= least, "{tried}");
}
