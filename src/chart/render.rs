//! One chart and one set of values → the objects of a release, as `helm template` gives them.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    capabilities,
    chart::{Chart, Crd},
    dependencies,
    functions::satisfies,
    generated::{GeneratedKey, Misplaced, Tokens},
    hooks::Hook,
    objects::{Object, Objects},
    outside::World,
    render_data::Data,
    render_parsed::Parsed,
    schema,
    template::{self, Capabilities, Session, TemplateError, Trace},
    values::{self, Table},
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
    /// The values are not as `values.schema.json` says.
    #[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
    Schema(String),
}

/// How a chart is rendered, where that is not as a fleet renders it.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Whether templates may ask for the moment and for chance.
    pub world: World,
    /// The values may be others than `values.schema.json` says.
    pub skip_schema: bool,
    /// Note how each text comes about: [`Texts::traces`].
    pub traced: bool,
}

impl RenderError {
    /// As `helm template` tells it.
    pub fn in_helm(&self) -> String {
        let is_of_a_render = matches!(self, Self::Template(_) | Self::KubeVersion { .. });
        let behind = if is_of_a_render { AFTER_A_RENDER } else { "" };
        match self {
            Self::Values(message) => message.clone(),
            Self::Missing(_) => format!(
                "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to \
                 fetch missing dependencies: {self}"
            ),
            _ => format!("{self}{behind}"),
        }
    }
}

/// What Helm says behind whatever went wrong while templates ran.
pub const AFTER_A_RENDER: &str = "\n\nUse --debug flag to render out invalid YAML";

/// What the templates of a chart made, before it is read.
#[derive(Debug)]
pub struct Texts {
    /// By the templates' names, in their order.
    pub(super) files: Vec<(String, Arc<str>)>,
    pub(super) tokens: Tokens,
    /// The files of `crds/` of the charts that take part.
    crds: Arc<[Crd]>,
    notes: Option<String>,
    warnings: Vec<String>,
    /// How the files came about, where somebody asked for it.
    traces: BTreeMap<String, Trace>,
}

impl Chart {
    /// Renders the chart.
    ///
    /// # Errors
    /// The first thing that is wrong with the chart or the values, with its place.
    pub fn render(&self, input: &RenderInput<'_>) -> Result<Rendered, RenderError> {
        let texts = self.texts(input)?;
        let Objects { manifests, hooks, generated, warnings, .. } = texts.objects()?;
        Ok(Rendered {
            manifests: manifests.into_iter().map(Document::from).collect(),
            hooks: hooks.into_iter().map(|(object, hook)| (object.into(), hook)).collect(),
            crds: texts.crds.to_vec(),
            generated,
            warnings: texts.warnings.iter().cloned().chain(warnings).collect(),
            notes: texts.notes,
        })
    }

    /// Runs the chart's templates, and leaves what they made as text.
    ///
    /// # Errors
    /// As [`Chart::render`], but for what is wrong with the text.
    pub fn texts(&self, input: &RenderInput<'_>) -> Result<Texts, RenderError> {
        self.texts_in(input, &Manner::default())
    }

    /// The same in another manner than a fleet's.
    ///
    /// # Errors
    /// As [`Chart::texts`].
    pub fn texts_in(&self, input: &RenderInput<'_>, manner: &Manner) -> Result<Texts, RenderError> {
        let mut warnings = Vec::new();
        let (chart, values) = self.prepare(input.values, &mut warnings)?;
        let run = || {
            self.check(input.capabilities)?;
            let data = Data::new(&chart, &values, input.release, input.capabilities);
            let session = Session::in_world(manner.world.clone());
            let mut session = if manner.traced { session.traced(data.values()) } else { session };
            let mut texts = self.run(&chart, &data, warnings, &mut session)?;
            texts.crds = chart.crds().into();
            Ok(texts)
        };
        if manner.skip_schema || !schema::has_schema(&chart) {
            return run();
        }
        schema::check_beside(&chart, &Value::Object(values.clone()), run).map_err(RenderError::Schema)?
    }

    /// Whether it is for a release, rather than for other charts.
    ///
    /// # Errors
    /// Where it is not.
    pub fn installable(&self) -> Result<(), RenderError> {
        if self.is_library() { Err(RenderError::Library) } else { Ok(()) }
    }

    /// Whether all is below `charts/` that Chart.yaml asks for.
    ///
    /// # Errors
    /// Where it is not, with what is missing.
    pub fn complete(&self) -> Result<(), RenderError> {
        let missing = dependencies::missing(self);
        if missing.is_empty() { Ok(()) } else { Err(RenderError::Missing(missing)) }
    }

    /// Refuses what cannot be rendered whatever the values are.
    pub(super) fn check(&self, capabilities: &Capabilities) -> Result<(), RenderError> {
        self.installable()?;
        let (range, version) = (&self.metadata.kube_version, &capabilities.kube_version);
        if !range.is_empty() && !satisfies(version, range) {
            return Err(RenderError::KubeVersion { range: range.clone(), version: version.clone() });
        }
        Ok(())
    }

    /// Runs the templates of this chart as it takes part, over their data.
    pub(super) fn run(
        &self,
        part: &Self,
        data: &Data,
        warnings: Vec<String>,
        session: &mut Session,
    ) -> Result<Texts, RenderError> {
        let templates = Parsed::of(part).map_err(RenderError::Template)?;
        let notes_file = format!("{}/templates/NOTES.txt", self.name());
        let mut texts = Texts {
            files: Vec::new(),
            tokens: Tokens::default(),
            crds: Arc::default(),
            notes: None,
            warnings,
            traces: BTreeMap::new(),
        };
        for name in templates.names() {
            if base_name(name).starts_with('_') {
                continue;
            }
            let text = templates.render(name, &data.of(name), session).map_err(RenderError::Template)?;
            if let Some(trace) = session.traces.pop() {
                texts.traces.insert(name.to_owned(), trace);
            }
            if name == notes_file {
                texts.notes = Some(text.to_string());
            } else if !name.ends_with("NOTES.txt") {
                texts.files.push((name.to_owned(), text));
            }
        }
        texts.files.sort_unstable();
        texts.tokens = std::mem::take(&mut session.tokens);
        Ok(texts)
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

    /// What Helm would warn of in these values, whether the chart renders with them or not.
    pub fn warnings(&self, user: &Value) -> Vec<String> {
        let mut warnings = Vec::new();
        drop(self.prepare(user, &mut warnings));
        warnings
    }

    /// The chart with the subcharts that take part, and all its values.
    fn prepare(&self, user: &Value, warnings: &mut Vec<String>) -> Result<(Cow<'_, Self>, Table), RenderError> {
        self.installable()?;
        self.complete()?;
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

impl Texts {
    /// What Helm would warn of.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How each file came about, by its template's name, where that was asked for; with it the text.
    pub fn traces(&self) -> impl Iterator<Item = (&str, &str, &Trace)> {
        self.files.iter().filter_map(|(name, text)| Some((name.as_str(), &**text, self.traces.get(name)?)))
    }

    /// A text with the words that stand for generated values spelt out.
    pub fn spelt_out(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.tokens.normalised(text.as_bytes())).into_owned()
    }

    pub(super) fn set_crds(&mut self, crds: &Arc<[Crd]>) {
        self.crds = Arc::clone(crds);
    }

    /// The files of `crds/` of the charts that take part, as they are.
    pub fn crds(&self) -> &[Crd] {
        &self.crds
    }
}

impl From<Object<'_>> for Document {
    fn from(object: Object<'_>) -> Self {
        Self {
            template: object.template.to_owned(),
            value: object.tree.to_value(),
            text: object.text.to_owned(),
            line: object.line,
        }
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
