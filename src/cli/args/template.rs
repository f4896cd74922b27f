//! `reconcile template`: the flags of `helm template`.

use clap::ArgAction;

/// `reconcile template`.
#[derive(Clone, Debug, clap::Args)]
pub struct Template {
    /// The release's name [default: release-name], and the chart: a folder or a .tgz
    #[arg(value_name = "NAME CHART", required = true, num_args = 1.., hide_default_value = true)]
    pub name_and_chart: Vec<String>,
    /// The release's namespace
    #[arg(long, short, value_name = "NAMESPACE", default_value = "default", allow_hyphen_values = true)]
    pub namespace: String,
    /// Whence the values come.
    #[command(flatten)]
    pub values: Values,
    /// What the cluster is said to offer, and what is printed.
    #[command(flatten)]
    pub shown: Shown,
}

/// Whence the values come: files first, then each kind of option in the order of this list.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Values")]
pub struct Values {
    /// A YAML file of values, or - for standard input; may be given several times, later ones over earlier
    #[arg(long = "values", short = 'f', value_name = "FILE", value_delimiter = ',', allow_hyphen_values = true)]
    pub files: Vec<String>,
    /// Values as JSON: key=JSON
    #[arg(long, value_name = "KEY=JSON", allow_hyphen_values = true)]
    pub set_json: Vec<String>,
    /// Values: a.b=1,c={x,y},d[2].e=z
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set: Vec<String>,
    /// The same, each value a text
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set_string: Vec<String>,
    /// The same, each value the content of a file
    #[arg(long, value_name = "KEY=FILE", allow_hyphen_values = true)]
    pub set_file: Vec<String>,
    /// One value, which is all that stands behind the =
    #[arg(long, value_name = "KEY=TEXT", allow_hyphen_values = true)]
    pub set_literal: Vec<String>,
}

/// What the cluster is said to offer, and what is printed.
#[derive(Clone, Debug, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "the flags that Helm has")]
#[command(next_help_heading = "Rendering")]
pub struct Shown {
    /// The version of Kubernetes that templates see
    #[arg(long, value_name = "VERSION", allow_hyphen_values = true)]
    pub kube_version: Option<String>,
    /// An API version that templates find beside the usual ones, such as monitoring.coreos.com/v1
    #[arg(long, short, value_name = "VERSION", value_delimiter = ',', allow_hyphen_values = true)]
    pub api_versions: Vec<String>,
    /// Print the files of crds/ too, before all else
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false)]
    #[arg(default_missing_value = "true", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub include_crds: bool,
    /// Print no hooks
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false)]
    #[arg(default_missing_value = "true", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub no_hooks: bool,
    /// Print no hooks that are tests
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false)]
    #[arg(default_missing_value = "true", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub skip_tests: bool,
    /// Print only what this template makes, such as templates/service.yaml; may be given several times
    #[arg(long, short, value_name = "TEMPLATE", allow_hyphen_values = true)]
    pub show_only: Vec<String>,
    /// Take values that are not as values.schema.json says
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false)]
    #[arg(default_missing_value = "true", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub skip_schema_validation: bool,
    /// Render as an upgrade: .Release.IsUpgrade
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false)]
    #[arg(default_missing_value = "true", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub is_upgrade: bool,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  reconcile template demo charts/preview-app
  reconcile template demo ./chart-1.2.3.tgz -n prod -f values-prod.yaml --set image.tag=v2
  reconcile template demo charts/preview-app -s templates/app.yaml
  reconcile template demo charts/preview-app | diff - <(helm template demo charts/preview-app)

Takes the flags of helm template, and prints what that prints, bytes and errors alike. Nothing is fetched: the chart is a
folder or an archive, and its dependencies lie below its charts/ (helm dependency build).

Exit status: 0; 1 where the chart does not render; 64 where the command line is wrong";
