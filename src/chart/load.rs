//! From files to a chart, as Helm's loader sorts them.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use super::{
    chart::{Chart, FileMap},
    chart_metadata::Metadata,
    load_ignore::Rules,
    render_parsed::Parsed,
    yaml::{self, Numbers},
};

/// Charts within charts deeper than this are refused.
const MAX_CHARTS: usize = 32;

/// Why files are not a chart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// A file is not the YAML that it should be.
    #[error("cannot load {file}")]
    Yaml {
        /// The file's path, from the chart's folder on.
        file: String,
        /// What is wrong in it.
        source: yaml::Error,
    },
    /// A file is YAML, but not what belongs there.
    #[error("cannot load {file}: {problem}")]
    Content {
        /// The file's path, from the chart's folder on.
        file: String,
        /// What is wrong in it.
        problem: String,
    },
    /// There is no Chart.yaml.
    #[error("{0}Chart.yaml file is missing")]
    NoMetadata(String),
    /// A subchart is packed.
    #[error("{0} is a packed chart, which is not supported: unpack it beside, with tar -xzf, and remove the archive")]
    Packed(String),
    /// Charts within charts without end.
    #[error("{0}: charts are nested more than {MAX_CHARTS} deep")]
    TooDeep(String),
}

impl Chart {
    /// Makes a chart of the files of its folder, by their paths below it.
    ///
    /// # Errors
    /// The first file that is not what it should be.
    pub fn load(files: &BTreeMap<String, Arc<[u8]>>) -> Result<Self, ChartError> {
        let rules = Rules::of(files.get(".helmignore").map(|data| &**data));
        let rules = rules.map_err(|problem| ChartError::Content { file: ".helmignore".to_owned(), problem })?;
        let kept = files.iter().filter(|(path, _)| !rules.ignores(path));
        let kept = kept.map(|(path, data)| (Arc::from(path.as_str()), without_mark(data)));
        load(kept.collect(), "", 0)
    }
}

/// The content without a byte order mark.
fn without_mark(data: &Arc<[u8]>) -> Arc<[u8]> {
    match data.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => Arc::from(rest),
        None => Arc::clone(data),
    }
}

/// Loads the chart whose files these are; `prefix` is where they lie below the root chart.
fn load(files: FileMap, prefix: &str, depth: usize) -> Result<Chart, ChartError> {
    if depth > MAX_CHARTS {
        return Err(ChartError::TooDeep(prefix.to_owned()));
    }
    let mut metadata = read_metadata(&files, prefix)?;
    let mut chart = Chart {
        metadata: Metadata::default(),
        values: Arc::default(),
        schema: None,
        templates: FileMap::new(),
        files: FileMap::new(),
        dependencies: Vec::new(),
        parsed: Parsed::default(),
    };
    let mut below: BTreeMap<String, FileMap> = BTreeMap::new();
    for (path, data) in files {
        let old = metadata.api_version == "v1";
        match &*path {
            "Chart.yaml" | "Chart.lock" => {}
            "values.yaml" => chart.values = Arc::new(mapping(&data, &format!("{prefix}{path}"))?),
            "values.schema.json" => chart.schema = Some(data),
            "requirements.yaml" => {
                let file = format!("{prefix}{path}");
                let read = parse_metadata(&data, &file)?;
                if !read.dependencies.is_empty() {
                    metadata.dependencies = read.dependencies;
                }
                if old {
                    chart.files.insert(path, data);
                }
            }
            "requirements.lock" if !old => {}
            _ if path.starts_with("templates/") => {
                chart.templates.insert(path, data);
            }
            _ => match path.strip_prefix("charts/") {
                Some(rest) if extension(rest) != "prov" => {
                    let name = rest.split('/').next().unwrap_or(rest);
                    below.entry(name.to_owned()).or_default().insert(rest.into(), data);
                }
                _ => {
                    chart.files.insert(path, data);
                }
            },
        }
    }
    metadata.validate().map_err(|problem| ChartError::Content { file: format!("{prefix}Chart.yaml"), problem })?;
    chart.metadata = metadata;
    for (name, files) in below {
        if name.starts_with(['_', '.']) {
            continue;
        }
        if extension(&name) == "tgz" {
            return Err(ChartError::Packed(format!("{prefix}charts/{name}")));
        }
        let own = files.into_iter().filter_map(|(path, data)| {
            let (_, rest) = path.split_once('/')?;
            Some((Arc::from(rest), data))
        });
        let prefix = format!("{prefix}charts/{name}/");
        chart.dependencies.push(load(own.collect(), &prefix, depth + 1)?);
    }
    Ok(chart)
}

fn read_metadata(files: &FileMap, prefix: &str) -> Result<Metadata, ChartError> {
    let data = files.get("Chart.yaml").ok_or_else(|| ChartError::NoMetadata(prefix.to_owned()))?;
    let mut metadata = parse_metadata(data, &format!("{prefix}Chart.yaml"))?;
    if metadata.api_version.is_empty() {
        "v1".clone_into(&mut metadata.api_version);
    }
    Ok(metadata)
}

fn parse_metadata(data: &[u8], file: &str) -> Result<Metadata, ChartError> {
    Metadata::read(&read(data, file, Numbers::Exact)?)
        .map_err(|problem| ChartError::Content { file: file.to_owned(), problem })
}

/// Reads values, which are a mapping or nothing.
fn mapping(data: &[u8], file: &str) -> Result<Map<String, Value>, ChartError> {
    match read(data, file, Numbers::Float64)? {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map),
        _ => Err(ChartError::Content { file: file.to_owned(), problem: "the values are not a mapping".to_owned() }),
    }
}

fn read(data: &[u8], file: &str, numbers: Numbers) -> Result<Value, ChartError> {
    let text = str::from_utf8(data).map_err(|error| ChartError::Content {
        file: file.to_owned(),
        problem: format!("not UTF-8 after byte {}", error.valid_up_to()),
    })?;
    yaml::read(text, numbers).map_err(|source| ChartError::Yaml { file: file.to_owned(), source })
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}
