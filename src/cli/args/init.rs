//! `reconcile init`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;

use crate::init::{CHARTS, Ci};

pub(super) const EXAMPLES: &str = "\
Examples:
  reconcile init sandboxes                    a repository in a new folder; on a terminal it asks
  reconcile init --yes                        in this folder, asking nothing
  reconcile init team --chart odoo-dev-sandbox --domain dev.example.com --ci gitlab
  reconcile init --no-commit && git diff      in a repository that is there, to be looked at first

It overwrites nothing: where a file is there already, it names it and makes none. In a repository
that is there, a README.md and a .gitignore of its own stay as they are.

Exit status: 0; 1 where it could not be made, and nothing is left behind; 64 a wrong command line";

/// `reconcile init`.
#[derive(Clone, Debug, clap::Args)]
pub struct Init {
    /// Where: a folder, which may not be there yet
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// The fleet's name [default: the folder's]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// What marks the fleet's own in a cluster [default: the name, and random digits]
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// The domain that sandboxes are reached under [default: none, and so no Ingress]
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// The chart of its sandboxes, which is copied below charts/: preview-app or odoo-dev-sandbox
    #[arg(long, value_name = "CHART", hide_possible_values = true, value_parser = PossibleValuesParser::new(CHARTS.map(|chart| chart.name)))]
    pub chart: Option<String>,
    /// Whose CI runs it: github, gitlab or none [default: what the remote's address says, else github]
    #[arg(long, value_name = "CI", value_enum, hide_possible_values = true)]
    pub ci: Option<Ci>,
    /// The kubeconfig context that it belongs to [default: any]
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// The branch that is its truth [default: the one checked out; in a new repository git's init.defaultBranch, or main]
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// Commit nothing
    #[arg(long)]
    pub no_commit: bool,
    /// text for people, or json for programs, which are asked nothing
    #[arg(long, value_enum, hide_possible_values = true, default_value_t = super::WhyFormat::Text)]
    pub format: super::WhyFormat,
    /// Ask nothing, and take the defaults
    #[arg(long, short = 'y')]
    pub yes: bool,
}
