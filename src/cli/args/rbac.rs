//! `reconcile rbac`.

use clap::ValueEnum;

use super::Target;
use crate::manifest::BUCKETS;

pub(super) const EXAMPLES: &str = "\
Examples:
  reconcile rbac                              Roles, for kubectl apply -f -
  reconcile rbac --format values > rbac.yaml  for the chart that runs reconcile in the cluster:
  helm upgrade --install reconcile charts/reconcile --namespace reconcile-system --values rbac.yaml

The cluster is asked only how custom kinds are served, or with --live.
Exit status: 0; 4 where a sandbox does not render, so that what it needs is missing";

/// `reconcile rbac`.
#[derive(Clone, Debug, clap::Args)]
pub struct Rbac {
    /// yaml for kubectl, or values for the chart reconcile
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = RbacFormat::Yaml)]
    pub format: RbacFormat,
    /// Also for what lives in the cluster, and is in no chart any more
    #[arg(long)]
    pub live: bool,
    /// For so many shards (--shard) that run side by side
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=i64::from(BUCKETS)))]
    pub shards: Option<u8>,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}

/// How rights are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RbacFormat {
    /// Roles and bindings, as documents.
    Yaml,
    /// Values of the chart that runs `reconcile` in the cluster.
    Values,
}
