//! Generated fleets: their settings, their sandboxes, and one chart with many kinds behind its values.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::option::{self, weighted};
use proptest::prelude::*;
use proptest::sample::select;

/// What sandboxes may be called: few names, so that editions meet.
pub const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];
const OWNERS: [&str; 2] = ["ada", "bob"];

/// All files of a fleet, by path.
pub type Files = BTreeMap<String, Arc<[u8]>>;

/// The beginning of time, in hours counted from it.
pub fn hour(hours: i64) -> Timestamp {
    let beginning: Timestamp = "2030-01-01T00:00:00Z".parse().expect("a timestamp");
    beginning + SignedDuration::from_hours(hours)
}

/// One edition of a fleet's files.
#[derive(Clone, Debug)]
pub struct Fleet {
    pub id: &'static str,
    pub prefix: &'static str,
    pub bounds: Bounds,
    pub sandboxes: BTreeMap<String, Sandbox>,
    /// In which files of the chart its objects stand.
    pub layout: u8,
    /// Whether the chart cannot be read.
    pub broken_chart: bool,
}

/// Its limits.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    pub max_sandboxes: Option<u32>,
    pub max_per_owner: Option<u32>,
    pub max_pins: Option<u32>,
    pub max_removals: Option<&'static str>,
    pub cpu: Option<u32>,
    /// Whether what others add is taken out.
    pub takes_out: bool,
}

/// One sandbox's file.
#[derive(Clone, Debug)]
pub struct Sandbox {
    pub owner: Option<&'static str>,
    pub life: Life,
    /// The hour until which it is pinned.
    pub pin: Option<i64>,
    /// The hour of the commit that last changed it.
    pub since: i64,
    pub replicas: u8,
    /// What its quota allows; none where there is no quota.
    pub cpu: Option<u32>,
    /// Which parts of the chart it has, bit by bit.
    pub parts: u8,
    /// Whether the file cannot be read.
    pub broken: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Life {
    Never,
    Hours(i64),
    Until(i64),
}

const SEAT: &str = "seat";

/// The parts of the chart that are not always there: value, and template.
const PARTS: [(&str, &str); 7] = [
    (
        "service",
        "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}",
    ),
    (
        "role",
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: \"{{ .Release.Namespace }}-see\"}, \
         rules: [{apiGroups: [\"\"], resources: [pods], verbs: [get]}]}",
    ),
    (
        "widget",
        "{apiVersion: example.com/v1, kind: Widget, metadata: {name: web}, spec: {size: {{ .Values.replicas }}}}",
    ),
    (
        "policy",
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, \
         spec: {podSelector: {}, ingress: [], policyTypes: [Ingress]}}",
    ),
    (
        "claim",
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], \
         resources: {requests: {storage: 1Gi}}}}",
    ),
    (
        "login",
        "{apiVersion: v1, kind: Secret, metadata: {name: login}, stringData: {user: admin, \
         password: {{ randAlphaNum 12 | quote }}}}",
    ),
    // Of this name there can be one in all the cluster.
    (
        SEAT,
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: \"seat-{{ .Values.replicas }}\"}, \
         rules: []}",
    ),
];

/// What is always there.
const BASE: [&str; 2] = [
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {replicas: {{ .Values.replicas | quote }}}}",
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: {{ .Values.replicas }}, \
     selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, \
     image: {{ .Values.sandbox.image }}}]}}}}",
];
const QUOTA: &str = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: room}, spec: {hard: {requests.cpu: {{ .Values.cpu \
                     }}}}}";

impl Fleet {
    /// The files as a commit has them.
    pub fn files(&self) -> Files {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        files.insert("sandboxes/fleet.toml".into(), self.settings());
        for (name, sandbox) in &self.sandboxes {
            files.insert(format!("sandboxes/{name}.toml"), sandbox.file());
        }
        files.insert("charts/app/Chart.yaml".into(), "apiVersion: v2\nname: app\nversion: 1.0.0\n".into());
        files.insert("charts/app/values.yaml".into(), "parts: []\n".into());
        for (at, template) in templates().into_iter().enumerate() {
            // Templates are read in the order of their names.
            let at = u8::try_from(at).expect("few templates");
            let file =
                files.entry(format!("charts/app/templates/{}.yaml", at.wrapping_mul(self.layout) % 5)).or_default();
            *file =
                if self.layout.is_multiple_of(2) { format!("{file}{template}") } else { format!("{template}{file}") };
        }
        if self.broken_chart {
            files.insert("charts/app/templates/9.yaml".into(), "{{ nonsense }}\n".into());
        }
        files.into_iter().map(|(path, text)| (path, Arc::from(text.into_bytes()))).collect()
    }

    /// No sandbox has what another may have.
    pub fn without_seats(mut self) -> Self {
        self.sandboxes.values_mut().for_each(|sandbox| sandbox.parts &= !(1 << 7));
        self
    }

    fn settings(&self) -> String {
        let Bounds { max_sandboxes, max_per_owner, max_pins, max_removals, cpu, takes_out } = &self.bounds;
        let mut text = format!(
            "name = \"team\"\nid = \"{}\"\nnamespace_prefix = \"{}\"\nextras = \"{}\"\n[defaults]\nchart = \"app\"\n[limits]\n\
             max_pin = \"1d\"\nmax_sandboxes = {}\nmax_pins = {}\n",
            self.id,
            self.prefix,
            if *takes_out { "remove" } else { "report" },
            max_sandboxes.unwrap_or(1000),
            max_pins.unwrap_or(1000)
        );
        let mut add = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                writeln!(text, "{key} = {value}").expect("a String takes it");
            }
        };
        add("max_per_owner", max_per_owner.map(|count| count.to_string()));
        add("max_removals", max_removals.map(str::to_owned));
        add("[budget]\ncpu", cpu.map(|cpu| cpu.to_string()));
        text
    }
}

fn templates() -> Vec<String> {
    let base = BASE.iter().map(|text| format!("---\n{{{{ if true }}}}{text}\n{{{{ end }}}}\n"));
    let parts =
        PARTS.iter().map(|(name, text)| format!("---\n{{{{ if has {name:?} .Values.parts }}}}{text}\n{{{{ end }}}}\n"));
    let quota = std::iter::once(format!("---\n{{{{ if .Values.cpu }}}}{QUOTA}\n{{{{ end }}}}\n"));
    base.chain(parts).chain(quota).collect()
}

impl Sandbox {
    fn file(&self) -> String {
        let mut text = "branch = \"main\"\nimage = \"registry.example.com/app:1\"\n".to_owned();
        if let Some(owner) = self.owner {
            writeln!(text, "owner = {owner:?}").expect("a String takes it");
        }
        match self.life {
            Life::Never => text.push_str("ttl = \"never\"\n"),
            Life::Hours(hours) => writeln!(text, "ttl = \"{hours}h\"").expect("a String takes it"),
            Life::Until(until) => writeln!(text, "expires = {}", hour(until)).expect("a String takes it"),
        }
        if let Some(until) = self.pin {
            write!(text, "[pin]\nuntil = {}\nowner = \"qa\"\nreason = \"a demo\"\n", hour(until))
                .expect("a String takes it");
        }
        let parts: Vec<&str> =
            PARTS.iter().enumerate().filter(|(at, part)| self.has(*at, part.0)).map(|(_, part)| part.0).collect();
        write!(text, "[values]\nreplicas = {}\nparts = {parts:?}\n", self.replicas).expect("a String takes it");
        if let Some(cpu) = self.cpu {
            writeln!(text, "cpu = {cpu}").expect("a String takes it");
        }
        if self.broken {
            text.push_str("broken = \n");
        }
        text
    }

    /// Seats are rarer than other parts.
    fn has(&self, at: usize, part: &str) -> bool {
        self.parts & (1 << at) != 0 && (part != SEAT || self.parts & (1 << 7) != 0)
    }

    /// The hour at which its time is over without a pin.
    pub fn natural(&self) -> Option<i64> {
        match self.life {
            Life::Never => None,
            Life::Hours(hours) => Some(self.since + hours),
            Life::Until(until) => Some(until),
        }
    }
}

/// A sandbox whose file was changed at some hour until `now`.
pub fn sandbox(now: i64) -> impl Strategy<Value = Sandbox> {
    let life = prop_oneof![
        2 => Just(Life::Never),
        2 => (1_i64..40).prop_map(Life::Hours),
        1 => (0_i64..90).prop_map(Life::Until),
    ];
    let owner = option::of(select(&OWNERS[..]));
    let pin = weighted(0.5, 1_i64..100);
    (owner, life, pin, 0..=now, 0_u8..3, weighted(0.8, 1_u32..5), any::<u8>(), weighted(0.1, Just(())))
        .prop_map(|(owner, life, pin, since, replicas, cpu, parts, broken)| Sandbox {
            owner,
            life,
            pin,
            since,
            replicas,
            cpu,
            parts,
            broken: broken.is_some(),
        })
        .boxed()
}

/// Limits, some of them tight.
pub fn bounds() -> impl Strategy<Value = Bounds> {
    let removals = select(&["0", "1", "2", "\"50%\"", "\"100%\""][..]);
    (
        weighted(0.5, 1_u32..7),
        weighted(0.4, 1_u32..3),
        weighted(0.7, 0_u32..2),
        option::of(removals),
        weighted(0.4, 1_u32..14),
        any::<bool>(),
    )
        .prop_map(|(max_sandboxes, max_per_owner, max_pins, max_removals, cpu, takes_out)| Bounds {
            max_sandboxes,
            max_per_owner,
            max_pins,
            max_removals,
            cpu,
            takes_out,
        })
}

/// A fleet as it begins.
pub fn fleet(bounds: impl Strategy<Value = Bounds>) -> impl Strategy<Value = Fleet> {
    let sandboxes = proptest::collection::btree_map(select(&NAMES[..]).prop_map(str::to_owned), sandbox(10), 2..7);
    (bounds, sandboxes, 0_u8..4).prop_map(|(bounds, sandboxes, layout)| Fleet {
        id: "ours",
        prefix: "sb-",
        bounds,
        sandboxes,
        layout,
        broken_chart: false,
    })
}
