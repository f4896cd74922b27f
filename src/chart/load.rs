//! From files to a chart, as Helm's loader sorts them. What is wrong is told in its words.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use super::{
    archive::{self, Files, MAX_FILE},
    chart::{Chart, FileMap},
    chart_metadata::Metadata,
    chart_metadata_read,
    json_type::go_kind,
    load_ignore::Rules,
    render_parsed::Parsed,
    schema::Schema,
    template::go_quote,
    yaml::{self, Numbers},
};

/// Charts within charts deeper than this are refused.
const MAX_CHARTS: usize = 32;
/// So many bytes may all packed charts below a chart unpack to.
const MAX_ROOM: u64 = 256 << 20;

/// Why files are not a chart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// A file is not what belongs there.
    #[error("cannot load {file}: {problem}")]
    File {
        /// The file's path, from its own chart's folder on.
        file: String,
        /// What is wrong in it.
        problem: String,
    },
    /// What Chart.yaml says cannot be.
    #[error("validation: {0}")]
    Invalid(String),
    /// A rule of `.helmignore` is none.
    #[error("{0}")]
    Ignore(String),
    /// There is no Chart.yaml.
    #[error("Chart.yaml file is missing")]
    NoMetadata,
    /// A file is larger than any file of a chart may be.
    #[error("chart file {} is larger than the maximum file size {MAX_FILE}", go_quote(.0))]
    TooLarge(String),
    /// An archive cannot be unpacked.
    #[error("{0}")]
    Archive(String),
    /// Charts within charts without end.
    #[error("charts are nested more than {MAX_CHARTS} deep")]
    TooDeep,
    /// A chart below `charts/` cannot be read.
    #[error("error unpacking subchart {folder} in {parent}: {why}")]
    Subchart {
        /// The folder or archive below `charts/`.
        folder: String,
        /// The chart that it is part of.
        parent: String,
        /// What is wrong with it.
        why: Box<ChartError>,
    },
    /// An archive below `charts/` is a folder.
    #[error("error unpacking subchart tar in {parent}: expected {folder}, got {found}")]
    NoArchive {
        /// The folder below `charts/`.
        folder: String,
        /// The chart that it is part of.
        parent: String,
        /// The first file in it.
        found: String,
    },
}

impl Chart {
    /// Makes a chart of the files of its folder, by their paths below it.
    ///
    /// # Errors
    /// The first file that is not what it should be.
    pub fn load(files: &BTreeMap<String, Arc<[u8]>>) -> Result<Self, ChartError> {
        let rules = Self::ignored(files.get(".helmignore").map(|data| &**data))?;
        let mut kept = Files::new();
        for (path, data) in files.iter().filter(|(path, _)| !rules.ignores(path)) {
            if data.len() as u64 > MAX_FILE {
                let name = path.rsplit('/').next().unwrap_or(path);
                return Err(ChartError::TooLarge(name.to_owned()));
            }
            kept.push((Arc::from(path.as_str()), without_mark(data)));
        }
        // As a walk through the folders meets them: `a` and what is in it before `a-b`.
        kept.sort_by(|(a, _), (b, _)| a.split('/').cmp(b.split('/')));
        Loader { room: MAX_ROOM }.load(kept, 0)
    }

    /// Makes a chart of a `.tgz`, as `helm package` packs it. Nothing in it is ignored.
    ///
    /// # Errors
    /// As [`Chart::load`], and an archive that is none, or that would unpack to more than a chart may have.
    pub fn load_archive(bytes: &[u8]) -> Result<Self, ChartError> {
        let mut loader = Loader { room: MAX_ROOM };
        let files = archive::unpack(bytes, &mut loader.room).map_err(ChartError::Archive)?;
        loader.load(files, 0)
    }

    /// The rules by which files of a chart's folder do not belong to it, by the text of its `.helmignore`.
    ///
    /// # Errors
    /// The first rule that is none.
    pub fn ignored(helmignore: Option<&[u8]>) -> Result<Rules, ChartError> {
        Rules::of(helmignore).map_err(ChartError::Ignore)
    }

    /// The largest file that a chart may have, in bytes.
    pub const MAX_FILE: u64 = MAX_FILE;
}

/// The content without a byte order mark.
pub(super) fn without_mark(data: &Arc<[u8]>) -> Arc<[u8]> {
    match data.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => Arc::from(rest),
        None => Arc::clone(data),
    }
}

struct Loader {
    /// How many bytes packed charts may unpack to yet.
    room: u64,
}

impl Loader {
    fn load(&mut self, files: Files, depth: usize) -> Result<Chart, ChartError> {
        if depth > MAX_CHARTS {
            return Err(ChartError::TooDeep);
        }
        let mut metadata = None;
        for (_, data) in files.iter().filter(|(path, _)| &**path == "Chart.yaml") {
            let read: &mut Metadata = metadata.get_or_insert_default();
            read_metadata(data, "Chart.yaml", read)?;
            if read.api_version.is_empty() {
                "v1".clone_into(&mut read.api_version);
            }
        }
        let mut chart = Chart {
            metadata: Metadata::default(),
            values: Arc::default(),
            schema: None,
            templates: FileMap::new(),
            files: FileMap::new(),
            crds: Vec::new(),
            dependencies: Vec::new(),
            home: None,
            parsed: Parsed::default(),
        };
        let mut below: BTreeMap<String, Files> = BTreeMap::new();
        for (path, data) in files {
            let is_old = metadata.as_ref().is_some_and(|metadata| metadata.api_version == "v1");
            match &*path {
                "Chart.yaml" => {}
                "Chart.lock" => read_lock(&data, &path)?,
                "values.yaml" => chart.values = Arc::new(read_values(&data, &path)?),
                "values.schema.json" => chart.schema = Some(Schema::new(data)),
                "requirements.yaml" => {
                    read_metadata(&data, &path, metadata.get_or_insert_default())?;
                    if is_old {
                        chart.files.insert(path, data);
                    }
                }
                "requirements.lock" => {
                    read_lock(&data, &path)?;
                    if is_old {
                        chart.files.insert(path, data);
                    }
                }
                _ if path.starts_with("templates/") => {
                    chart.templates.insert(path, data);
                }
                _ => match path.strip_prefix("charts/") {
                    Some(rest) if extension(rest) != "prov" => {
                        let name = rest.split('/').next().unwrap_or(rest);
                        below.entry(name.to_owned()).or_default().push((rest.into(), data));
                    }
                    _ => {
                        if is_definition(&path) {
                            chart.crds.push(Arc::clone(&path));
                        }
                        chart.files.insert(path, data);
                    }
                },
            }
        }
        let mut metadata = metadata.ok_or(ChartError::NoMetadata)?;
        chart_metadata_read::validate(&mut metadata).map_err(ChartError::Invalid)?;
        chart.metadata = metadata;
        for (folder, files) in below {
            if !folder.starts_with(['_', '.']) {
                let subchart = self.subchart(&folder, files, &chart.metadata.name, depth)?;
                chart.dependencies.push(subchart);
            }
        }
        Ok(chart)
    }

    /// Loads what lies below `charts/`, a folder or an archive.
    fn subchart(&mut self, folder: &str, files: Files, parent: &str, depth: usize) -> Result<Chart, ChartError> {
        let files = if extension(folder) == "tgz" {
            let Some((_, data)) = files.first().filter(|(path, _)| **path == *folder) else {
                let (folder, parent) = (folder.to_owned(), parent.to_owned());
                let found = files.first().map(|(path, _)| path.to_string()).unwrap_or_default();
                return Err(ChartError::NoArchive { folder, parent, found });
            };
            archive::unpack(data, &mut self.room).map_err(ChartError::Archive)
        } else {
            let own = files.into_iter().filter_map(|(path, data)| {
                let (_, rest) = path.split_once('/')?;
                Some((Arc::from(rest), data))
            });
            Ok(own.collect())
        };
        files.and_then(|files| self.load(files, depth + 1)).map_err(|why| ChartError::Subchart {
            folder: folder.to_owned(),
            parent: parent.to_owned(),
            why: Box::new(why),
        })
    }
}

fn read_metadata(data: &[u8], file: &str, into: &mut Metadata) -> Result<(), ChartError> {
    let wrong = |problem| ChartError::File { file: file.to_owned(), problem };
    let value = read(data, Numbers::Spelt).map_err(wrong)?;
    chart_metadata_read::read(&value, into).map_err(|problem| wrong(decoding(&problem)))
}

/// A lock says nothing that a render needs; that it can be read is all.
fn read_lock(data: &[u8], file: &str) -> Result<(), ChartError> {
    let wrong = |problem| ChartError::File { file: file.to_owned(), problem };
    match read(data, Numbers::Exact).map_err(wrong)? {
        Value::Null | Value::Object(_) => Ok(()),
        other => Err(wrong(decoding(&format!(
            "json: cannot unmarshal {} into Go value of type chart.Lock",
            go_kind(&other)
        )))),
    }
}

/// Reads values, which are a mapping or nothing.
pub(super) fn values_of(data: &[u8]) -> Result<Map<String, Value>, String> {
    match read(data, Numbers::Float64)? {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map),
        other => {
            let kind = go_kind(&other);
            let wanted = "Go value of type map[string]interface {}";
            Err(decoding(&format!("json: cannot unmarshal {kind} into {wanted}")))
        }
    }
}

fn read_values(data: &[u8], file: &str) -> Result<Map<String, Value>, ChartError> {
    values_of(data).map_err(|problem| ChartError::File { file: file.to_owned(), problem })
}

fn read(data: &[u8], numbers: Numbers) -> Result<Value, String> {
    let text = str::from_utf8(data).map_err(|error| converting(not_utf8(data, error.valid_up_to())))?;
    yaml::read(text, numbers).map_err(|error| converting(&error.in_go()))
}

/// What go-yaml says of the first bytes that are no character.
fn not_utf8(data: &[u8], at: usize) -> &'static str {
    let rest = data.get(at..).unwrap_or_default();
    let width = match rest.first() {
        Some(0xC0..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF7) => 4,
        _ => return "yaml: invalid leading UTF-8 octet",
    };
    match rest.get(1..width) {
        None => "yaml: incomplete UTF-8 octet sequence",
        Some(others) if others.iter().any(|other| other & 0xC0 != 0x80) => "yaml: invalid trailing UTF-8 octet",
        Some(_) if matches!(rest, [0xED | 0xF4..=0xF7, ..]) => "yaml: invalid Unicode character",
        Some(_) => "yaml: invalid length of a UTF-8 sequence",
    }
}

/// What Helm puts before what is wrong with YAML.
pub(super) fn converting(problem: &str) -> String {
    format!("error converting YAML to JSON: {problem}")
}

/// What Helm puts before what cannot be made of YAML.
pub(super) fn decoding(problem: &str) -> String {
    format!("error unmarshaling JSON: while decoding JSON: {problem}")
}

/// Whether a file of `crds/` is a manifest.
fn is_definition(path: &str) -> bool {
    let known = ["yaml", "yml", "json"];
    path.starts_with("crds/") && known.iter().any(|known| extension(path).eq_ignore_ascii_case(known))
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}
