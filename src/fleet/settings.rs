//! `fleet.toml`: what all sandboxes of one repository share.

use std::collections::BTreeMap;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::budget::Budget;
use super::diagnostic::Invalid;
use super::image::Image;
use super::life::Ttl;
use super::limits::Limits;
use super::name::{check_domain, check_label};
use super::schedule::Schedule;
use super::values::RESERVED_VALUES;

/// The settings of a fleet of sandboxes, shared by all of them.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, title = "fleet.toml")]
pub struct Settings {
    /// The fleet's name, a DNS label.
    pub name: String,
    /// The fleet's id: the label `reconcile.dev/fleet` of all that is its own. Any text that no other fleet on its
    /// cluster has; never change it while sandboxes live.
    pub id: String,
    /// The kubeconfig context that this fleet belongs to. Where set, it must match the cluster's.
    pub context: Option<String>,
    /// What a sandbox's name gets in front to become its namespace.
    #[schemars(default = "default_prefix")]
    pub namespace_prefix: String,
    /// The domain that sandboxes are reached under. Without one there is no Ingress.
    pub domain: Option<String>,
    /// A sandbox's host name: a template over {name}, {branch}, {domain} and {fleet}.
    #[schemars(default = "default_host")]
    pub host: String,
    /// A sandbox's address: a template over {host}, {name}, {branch}, {domain} and {fleet}.
    #[schemars(default = "default_url")]
    pub url: String,
    /// What every namespace gets.
    #[schemars(default)]
    pub namespace: NamespaceSettings,
    /// What a sandbox has where its own file says nothing.
    #[schemars(default)]
    pub defaults: Defaults,
    /// When the sandboxes are awake whose own files do not say. Always, where there is none.
    pub schedule: Option<Schedule>,
    /// How much there may be.
    #[schemars(default)]
    pub limits: Limits,
    /// How much the quotas of all sandboxes together may come to. What is not set is not bounded.
    #[schemars(default)]
    pub budget: Budget,
    /// Secrets copied into every sandbox, as "namespace/name": the registry login, the wildcard certificate.
    #[schemars(default, with = "Vec<String>")]
    pub copy_secrets: Vec<SecretRef>,
    /// The `ServiceAccount` that runs `reconcile` in the cluster, as "namespace/name": every sandbox binds it to the rights
    /// that it needs there, so that it needs them nowhere else.
    #[schemars(with = "Option<String>")]
    pub service_account: Option<AccountRef>,
    /// Who may use the sandboxes.
    #[schemars(default)]
    pub access: Access,
    /// What is done about fields and objects that others added beside ours.
    #[schemars(default)]
    pub extras: Extras,
    /// Fields that are left to others, by kind: `Deployment = [".spec.replicas"]`.
    #[schemars(default)]
    pub ignore: BTreeMap<String, Vec<String>>,
}

/// `[namespace]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NamespaceSettings {
    /// Labels of every namespace, such as the Pod Security level.
    #[schemars(default)]
    pub labels: BTreeMap<String, String>,
}

/// `[defaults]`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Defaults {
    /// The chart: a folder below `charts/`.
    pub chart: Option<String>,
    /// The time to live.
    #[schemars(default = "default_ttl")]
    pub ttl: Ttl,
    /// The profile: `values-PROFILE.yaml` of the chart, over its `values.yaml`.
    pub profile: Option<String>,
    /// The image.
    pub image: Option<Image>,
    /// Values over the chart's; a sandbox's own come over these.
    #[schemars(default, extend("propertyNames" = {"not": {"enum": RESERVED_VALUES}}))]
    pub values: Map<String, Value>,
}

/// `[access]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Access {
    /// Groups that get the sandbox's own Role in every namespace.
    #[schemars(default)]
    pub groups: Vec<String>,
}

/// What is done about what others added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Extras {
    /// It is reported and left alone.
    #[default]
    Report,
    /// It is taken out.
    Remove,
}

impl FromStr for Extras {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Extras, Invalid> {
        match text {
            "report" => Ok(Extras::Report),
            "remove" => Ok(Extras::Remove),
            other => Err(Invalid::new(format!("`{other}` is not something to do about extras"))
                .hint("write \"report\" or \"remove\"")),
        }
    }
}

/// A Secret of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SecretRef {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl FromStr for SecretRef {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<SecretRef, Invalid> {
        let (namespace, name) = text
            .split_once('/')
            .ok_or_else(|| Invalid::new(format!("`{text}` names no Secret")).hint("write \"namespace/name\""))?;
        check_label(namespace)?;
        check_domain(name)?;
        Ok(SecretRef { namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

/// A `ServiceAccount` of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountRef {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl FromStr for AccountRef {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<AccountRef, Invalid> {
        let (namespace, name) = text.split_once('/').ok_or_else(|| {
            Invalid::new(format!("`{text}` names no ServiceAccount")).hint("write \"reconcile-system/reconcile\"")
        })?;
        check_label(namespace)?;
        check_domain(name)?;
        Ok(AccountRef { namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

impl std::fmt::Display for AccountRef {
    /// As the API server calls it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "system:serviceaccount:{}:{}", self.namespace, self.name)
    }
}

pub(super) fn default_prefix() -> String {
    "dev-sandbox-".to_owned()
}

pub(super) fn default_host() -> String {
    "{name}.{domain}".to_owned()
}

pub(super) fn default_url() -> String {
    "https://{host}".to_owned()
}

fn default_ttl() -> Ttl {
    Ttl::For(jiff::SignedDuration::from_hours(7 * 24))
}

impl Default for Defaults {
    fn default() -> Defaults {
        Defaults { chart: None, ttl: default_ttl(), profile: None, image: None, values: Map::new() }
    }
}
