//! `reconcile template`: the flags of `helm template`.

use clap::ArgAction;

/// `reconcile template`.
#[derive(Clone, Debug, clap::Args)]
pub struct Template {
    /// The release's name [default: release-name], and the chart: a folder or a .tgz
    #[arg(value_name = "NAME CHART", required = true, num_args = 1.., hide_default_value = true)]
    pub name_and_chart: Vec<String>,
    /// The release's namespace
    #[arg(long, short, env = "HELM_NAMESPACE", hide_env_values = true, value_name = "NAMESPACE")]
    #[arg(default_value = "default", allow_hyphen_values = true)]
    pub namespace: String,
    /// How the release is named, where it is not named.
    #[command(flatten)]
    pub named: Named,
    /// Whence the values come.
    #[command(flatten)]
    pub values: Values,
    /// What the cluster is said to offer, and what is printed.
    #[command(flatten)]
    pub shown: Shown,
    /// Where it is written, and by whom it is changed before.
    #[command(flatten)]
    pub written: Written,
    /// What Helm takes and what changes nothing here, or cannot be done here.
    #[command(flatten)]
    pub beside: Beside,
}

/// How the release is named, where it is not named.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Named {
    /// A template that makes the release's name
    #[arg(long, value_name = "TEMPLATE", allow_hyphen_values = true)]
    pub name_template: Option<String>,
    /// As in Helm, where this changes nothing under template: a release without a name is called release-name
    #[arg(long, short, hide = true, action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false)]
    pub generate_name: bool,
}

/// Where it is written, and by whom it is changed before.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Output of template")]
pub struct Written {
    /// Write files below this folder, each below its template's name, instead of printing them
    #[arg(long, value_name = "FOLDER", allow_hyphen_values = true)]
    pub output_dir: Option<String>,
    /// Put the release's name between that folder and the files
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false)]
    #[arg(default_missing_value = "true", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub release_name: bool,
    /// Where something is no YAML, print all texts nevertheless, before the error
    #[arg(long, env = "HELM_DEBUG", hide_env = true, action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    #[arg(default_value_t = false, value_parser = clap::builder::FalseyValueParser::new())]
    pub debug: bool,
    /// A program that gets the objects (not the hooks) and says what is printed instead
    #[arg(long, value_name = "PROGRAM", allow_hyphen_values = true)]
    pub post_renderer: Option<String>,
    /// An argument of that program; may be given several times
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub post_renderer_args: Vec<String>,
}

/// What Helm takes and what changes nothing here, or cannot be done here.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Refused, with what to do instead")]
#[expect(clippy::struct_excessive_bools, reason = "the flags that Helm has")]
pub struct Beside {
    /// Ask a cluster whether it takes the objects
    #[arg(long, hide = true, action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false)]
    pub validate: bool,
    /// Fetch what is missing below charts/
    #[arg(long, hide = true, action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false)]
    pub dependency_update: bool,
    /// Check a packed chart's signature
    #[arg(long, hide = true, action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false)]
    pub verify: bool,
    /// Look names up
    #[arg(long, hide = true, action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", default_value_t = false)]
    pub enable_dns: bool,
    /// Whether a cluster is asked
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    pub dry_run: Option<String>,
    /// A chart's version: a chart that lies here is taken as it is
    #[arg(long, hide = true, value_name = "VERSION", allow_hyphen_values = true)]
    pub version: Option<String>,
    /// Switches that say how Helm installs or fetches.
    #[arg(long = "wait", hide = true, action = ArgAction::Append, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", aliases = SWITCHES)]
    pub switches: Vec<String>,
    /// Options that say how Helm installs or fetches.
    #[arg(long = "timeout", hide = true, value_name = "VALUE", allow_hyphen_values = true, aliases = OPTIONS)]
    pub options: Vec<String>,
    /// Labels of a release that Helm keeps.
    #[arg(long, short, hide = true, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub labels: Vec<String>,
}

const SWITCHES: [&str; 15] = [
    "atomic",
    "create-namespace",
    "devel",
    "disable-openapi-validation",
    "force",
    "hide-notes",
    "insecure-skip-tls-verify",
    "kube-insecure-skip-tls-verify",
    "pass-credentials",
    "plain-http",
    "render-subchart-notes",
    "replace",
    "skip-crds",
    "take-ownership",
    "wait-for-jobs",
];

const OPTIONS: [&str; 20] = [
    "burst-limit",
    "ca-file",
    "cert-file",
    "description",
    "key-file",
    "keyring",
    "kube-apiserver",
    "kube-as-group",
    "kube-as-user",
    "kube-ca-file",
    "kube-context",
    "kube-tls-server-name",
    "kube-token",
    "kubeconfig",
    "password",
    "qps",
    "registry-config",
    "repository-cache",
    "repository-config",
    "username",
];

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
  reconcile template demo charts/preview-app --output-dir rendered
  reconcile template demo charts/preview-app | diff - <(helm template demo charts/preview-app)

Takes the flags of helm template, and prints what that prints, bytes and errors alike. Nothing is fetched, and no cluster is
asked: the chart is a folder or an archive, its dependencies lie below its charts/ (helm dependency build), values are files.
Flags that say how Helm installs or fetches are taken and change nothing, as in Helm; --validate, --verify, --enable-dns and
--dry-run=server are refused with what to do instead, and so is a chart that lies elsewhere.

Exit status: 0; 1 where the chart does not render; 64 where the command line is wrong";
