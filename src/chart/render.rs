//! One chart and one set of values → the objects of a release, as `helm template` gives them.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use super::{
    capabilities,
    chart::{Chart, Crd},
    dependencies,
    functions::satisfies,
    generated::{GeneratedKey, Misplaced, Tokens, extract},
    hooks::{Hook, Role, role},
    order::sort_for_install,
    render_data::Data,
    render_parsed::Parsed,
    split::split,
    template::{self, Capabilities, Session, TemplateError},
    values::{self, Table},
    yaml::{self, Numbers},
};

/// What a release is called, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseInfo {
    /// `.Release.Name`
    pub name: String,
    /// `.Release.Namespace`
    pub namespace: String,
    /// `.Release.Revision`
    pub revision: i64,
    /// `.Release.IsInstall`; it is an upgrade otherwise.
    pub is_install: bool,
}

impl ReleaseInfo {
    /// A first installation, which `helm template` shows.
    pub fn install(name: &str, namespace: &str) -> Self {
        Self { name: name.to_owned(), namespace: namespace.to_owned(), revision: 1, is_install: true }
    }
}

/// What a chart is rendered with.
#[derive(Debug, Clone, Copy)]
pub struct RenderInput<'a> {
    /// What the release is called.
    pub release: &'a ReleaseInfo,
    /// The user's values, a mapping or null; the chart's own are laid below them.
    pub values: &'a Value,
    /// What the cluster is said to offer.
    pub capabilities: &'a Capabilities,
}

/// An object that a template made.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The template's name, from the chart's on: `odoo/templates/service.yaml`.
    pub template: String,
    /// The object.
    pub value: Value,
    /// Its text, as the template wrote it.
    pub text: String,
    /// The line of the rendered file where the text begins, from 1.
    pub line: usize,
}

impl Document {
    fn kind(&self) -> &str {
        self.value.get("kind").and_then(Value::as_str).unwrap_or_default()
    }
}

/// What a chart made.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The release's objects, in Helm's install order.
    pub manifests: Vec<Document>,
    /// Its hooks, in the same order.
    pub hooks: Vec<(Document, Hook)>,
    /// The files of `crds/`, which are not rendered.
    pub crds: Vec<Crd>,
    /// What the root chart's NOTES.txt says.
    pub notes: Option<String>,
    /// Which keys of which Secrets are generated in the cluster, by the Secret's name.
    pub generated: BTreeMap<String, Vec<GeneratedKey>>,
    /// What Helm would warn of.
    pub warnings: Vec<String>,
}

/// Why a chart does not render.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template does not parse or fails.
    #[error("{0}")]
    Template(TemplateError),
    /// What a template made is not YAML.
    #[error("{template} makes what is not YAML, line {line} of the rendered text: {message}\n  {shown}")]
    Yaml {
        /// The template's name.
        template: String,
        /// The line of the rendered file, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
        /// The line itself.
        shown: String,
    },
    /// What a template made is YAML, but not a mapping.
    #[error("{template} makes something that is not a Kubernetes object, line {line} of the rendered text:\n  {shown}")]
    NoObject {
        /// The template's name.
        template: String,
        /// The line of the rendered file where it begins, from 1.
        line: usize,
        /// The line itself.
        shown: String,
    },
    /// A value that is generated in the cluster is where none can be.
    #[error("{0}")]
    Generated(Misplaced),
    /// The values do not fit the chart.
    #[error("values: {0}")]
    Values(String),
    /// Chart.yaml asks for charts that `charts/` does not hold.
    #[error("found in Chart.yaml, but missing in charts/ directory: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// The chart is for other versions of Kubernetes.
    #[error("chart requires kubeVersion: {range} which is incompatible with Kubernetes {version}")]
    KubeVersion {
        /// What the chart asks for.
        range: String,
        /// What there is.
        version: String,
    },
    /// A chart that only lends templates to others.
    #[error("library charts are not installable")]
    Library,
}

impl Chart {
    /// Renders the chart.
    ///
    /// # Errors
    /// The first thing that is wrong with the chart or the values, with its place.
    pub fn render(&self, input: &RenderInput<'_>) -> Result<Rendered, RenderError> {
        let mut warnings = Vec::new();
        let (chart, values) = self.prepare(input.values, &mut warnings)?;
        let (range, version) = (&self.metadata.kube_version, &input.capabilities.kube_version);
        if !range.is_empty() && !satisfies(version, range) {
            return Err(RenderError::KubeVersion { range: range.clone(), version: version.clone() });
        }
        let templates = Parsed::of(&chart).map_err(RenderError::Template)?;
        let data = Data::new(&chart, &values, input.release, input.capabilities);
        let notes_file = format!("{}/templates/NOTES.txt", chart.name());
        let mut session = Session::default();
        let mut files = BTreeMap::new();
        let mut notes = None;
        for name in templates.names() {
            if base_name(name).starts_with('_') {
                continue;
            }
            let text = templates.render(name, &data.of(name), &mut session).map_err(RenderError::Template)?;
            if name == notes_file {
                notes = Some(text);
            } else if !name.ends_with("NOTES.txt") {
                files.insert(name, text);
            }
        }
        let mut rendered = Rendered {
            manifests: Vec::new(),
            hooks: Vec::new(),
            crds: chart.crds(),
            notes,
            generated: BTreeMap::new(),
            warnings,
        };
        for (name, text) in files {
            rendered.add(name, &text)?;
        }
        rendered.take_generated(&session.tokens).map_err(RenderError::Generated)?;
        sort_for_install(&mut rendered.manifests, Document::kind);
        sort_for_install(&mut rendered.hooks, |(document, _)| document.kind());
        Ok(rendered)
    }

    /// Renders a text that is not part of the chart over the data that its templates see.
    ///
    /// # Errors
    /// As [`Chart::render`].
    pub fn render_text(&self, text: &str, input: &RenderInput<'_>) -> Result<String, RenderError> {
        let (chart, values) = self.prepare(input.values, &mut Vec::new())?;
        let data = Data::new(&chart, &values, input.release, input.capabilities);
        let data = data.of(&format!("{}/templates/", chart.name()));
        template::render_text(text, "value", &data, &mut Session::default()).map_err(RenderError::Template)
    }

    /// The chart with the subcharts that take part, and all its values.
    fn prepare(&self, user: &Value, warnings: &mut Vec<String>) -> Result<(Cow<'_, Self>, Table), RenderError> {
        if self.is_library() {
            return Err(RenderError::Library);
        }
        let missing = dependencies::missing(self);
        if !missing.is_empty() {
            return Err(RenderError::Missing(missing));
        }
        let none = Table::new();
        let user = match user {
            Value::Null => &none,
            Value::Object(user) => user,
            _ => return Err(RenderError::Values("they are not a mapping".to_owned())),
        };
        let chart = if self.dependencies.is_empty() {
            Cow::Borrowed(self)
        } else {
            Cow::Owned(dependencies::resolve(self, user, warnings).map_err(RenderError::Values)?)
        };
        let values = values::coalesce(&chart, user, warnings).map_err(RenderError::Values)?;
        Ok((chart, values))
    }
}

/// Stands for a line that may hold a value of a Secret.
const LEFT_OUT: &str = "(the line is left out, for it may hold a value of a Secret)";

/// Whether a text that need not be YAML speaks of an object of kind Secret.
fn names_secret(text: &str) -> bool {
    text.match_indices("Secret").any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t', '"', '\'']);
        let before = before.strip_suffix(':').unwrap_or_default();
        before.trim_end_matches([' ', '\t', '"', '\'']).ends_with("kind")
    })
}

impl Rendered {
    /// Takes the values that the cluster generates out of the objects.
    fn take_generated(&mut self, tokens: &Tokens) -> Result<(), Misplaced> {
        if tokens.is_empty() {
            return Ok(());
        }
        let objects = self.manifests.iter_mut();
        let mut objects: Vec<(String, Value)> =
            objects.map(|document| (document.template.clone(), document.value.take())).collect();
        let keys = extract(&mut objects, tokens)?;
        for (document, ((_, value), keys)) in self.manifests.iter_mut().zip(objects.into_iter().zip(keys)) {
            document.value = value;
            if !keys.keys.is_empty() {
                let name = document.value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
                self.generated.entry(name.to_owned()).or_default().extend(keys.keys);
            }
        }
        Ok(())
    }

    /// Adds the objects of a rendered file.
    fn add(&mut self, template: &str, text: &str) -> Result<(), RenderError> {
        for part in split(text) {
            let value = yaml::read_strict(part.text, Numbers::Exact).map_err(|error| {
                let line = part.line + error.line - 1;
                let is_secret = names_secret(part.text);
                let shown = text.lines().nth(line - 1).filter(|_| !is_secret).unwrap_or(LEFT_OUT);
                RenderError::Yaml {
                    template: template.to_owned(),
                    line,
                    message: if is_secret { error.unquoted() } else { error.message },
                    shown: shown.to_owned(),
                }
            })?;
            match value {
                Value::Null => continue,
                Value::Object(_) => {}
                _ => {
                    let first = part.text.lines().next().filter(|_| !names_secret(part.text));
                    let shown = first.unwrap_or(LEFT_OUT).to_owned();
                    return Err(RenderError::NoObject { template: template.to_owned(), line: part.line, shown });
                }
            }
            let role = role(&value);
            let text = part.text.to_owned();
            let document = Document { template: template.to_owned(), value, text, line: part.line };
            match role {
                Role::Part => self.manifests.push(document),
                Role::Hook(hook) => self.hooks.push((document, hook)),
                Role::Unknown(named) => self.warnings.push(format!("{template}: unknown hook {named:?} left out")),
            }
        }
        Ok(())
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Default for Capabilities {
    /// What `helm template` takes for granted.
    fn default() -> Self {
        Self {
            kube_version: capabilities::KUBE_VERSION.to_owned(),
            major: capabilities::KUBE_MAJOR.to_owned(),
            minor: capabilities::KUBE_MINOR.to_owned(),
            api_versions: capabilities::API_VERSIONS.iter().map(|version| (*version).to_owned()).collect(),
            helm_version: capabilities::HELM_VERSION.to_owned(),
        }
    }
}
