//! The files of a new fleet, made of what was chosen for it. Pure: the id's random part comes in.

mod charts;
mod fill;
mod fleet;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::fleet::{Diagnostic, Fleet, fleet_schema, sandbox_schema};

pub use charts::{CHARTS, Chart, chart};
use fill::fill;

/// The name of the example sandbox.
pub const EXAMPLE: &str = "example";

/// What is chosen for a new fleet.
#[derive(Clone, Debug)]
pub struct Choices {
    /// Its name.
    pub name: String,
    /// What marks its own in a cluster.
    pub id: String,
    /// The domain that its sandboxes are reached under.
    pub domain: Option<String>,
    /// The kubeconfig context that it belongs to.
    pub context: Option<String>,
    /// The chart of its sandboxes.
    pub chart: &'static Chart,
    /// What runs it.
    pub ci: Ci,
    /// The branch that is its truth.
    pub branch: String,
}

/// Whose CI runs a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Ci {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// None: something else runs it.
    None,
}

/// A file of a new fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Where, relative to the fleet's root.
    pub path: String,
    /// What is in it.
    pub bytes: Cow<'static, [u8]>,
    /// Whether it is a program.
    pub is_program: bool,
    /// Whether a repository may have its own instead, which is then left alone.
    pub may_be_there: bool,
}

impl NewFile {
    fn of(path: impl Into<String>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { path: path.into(), bytes: bytes.into(), is_program: false, may_be_there: false }
    }

    fn text(path: impl Into<String>, text: String) -> Self {
        Self::of(path, text.into_bytes())
    }
}

/// All files of a new fleet, by their paths.
pub fn files(choices: &Choices) -> Vec<NewFile> {
    let mut all = vec![
        NewFile::text("sandboxes/fleet.toml", fleet::settings(choices)),
        NewFile::text(format!("sandboxes/{EXAMPLE}.toml"), fleet::example(choices)),
        NewFile::text("sandboxes/fleet.schema.json", fleet_schema()),
        NewFile::text("sandboxes/sandbox.schema.json", sandbox_schema()),
        NewFile { may_be_there: true, ..NewFile::text("README.md", fleet::readme(choices)) },
        NewFile { may_be_there: true, ..NewFile::of(".gitignore", &include_bytes!("templates/gitignore")[..]) },
    ];
    let chart = choices.chart;
    all.extend(chart.files.iter().map(|(path, bytes)| NewFile {
        is_program: is_script(path),
        ..NewFile::of(format!("charts/{}/{path}", chart.name), *bytes)
    }));
    all.extend(ci(choices));
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// What runs it, where something of a forge does.
fn ci(choices: &Choices) -> Vec<NewFile> {
    let install = || NewFile {
        is_program: true,
        ..NewFile::of("ci/install", &include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/ci/install"))[..])
    };
    // In an expression of GitHub's a quotation mark is written twice.
    let values = [("branch", choices.branch.as_str()), ("quoted-branch", &choices.branch.replace('\'', "''"))];
    let text = |path: &str, template: &str| NewFile::text(path, fill(template, &values));
    match choices.ci {
        Ci::None => Vec::new(),
        Ci::Github => vec![
            install(),
            text("ci/README.md", include_str!("templates/github/README.md.in")),
            text(".github/workflows/reconcile.yml", include_str!("templates/github/reconcile.yml")),
            text(".github/workflows/sandboxes.yml", include_str!("templates/github/sandboxes.yml")),
        ],
        Ci::Gitlab => vec![
            install(),
            text("ci/README.md", include_str!("templates/gitlab/README.md.in")),
            text(".gitlab-ci.yml", include_str!("templates/gitlab/gitlab-ci.yml")),
        ],
    }
}

fn is_script(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending == "sh")
}

/// What is wrong with the choices, as a reading of the files shows it.
pub fn faults(choices: &Choices) -> Vec<Diagnostic> {
    let files: BTreeMap<String, Arc<[u8]>> = [
        ("sandboxes/fleet.toml".to_owned(), fleet::settings(choices)),
        (format!("sandboxes/{EXAMPLE}.toml"), fleet::example(choices)),
    ]
    .into_iter()
    .map(|(path, text)| (path, text.into_bytes().into()))
    .collect();
    match Fleet::parse(&files, &BTreeMap::new()) {
        Ok(fleet) => fleet.diagnostics().cloned().collect(),
        Err(unusable) => unusable.diagnostics,
    }
}

/// The id of a new fleet: its name, so that people know it, and what makes it its own.
pub fn id(name: &str, random: [u8; 6]) -> String {
    // A label's value has 63 characters at most.
    let stem: String = name.chars().take(40).collect();
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{digits}", stem.trim_end_matches('-'))
}
