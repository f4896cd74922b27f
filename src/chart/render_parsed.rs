//! The templates of a chart, parsed once for each set of subcharts that takes part.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    chart::Chart,
    template::{TemplateError, Templates},
};

/// What was parsed so far, by the paths of the charts that took part. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Parsed(Arc<Mutex<Sets>>);

/// Few: a chart has as many as there are ways in which sandboxes switch its subcharts.
type Sets = Vec<(Vec<String>, Arc<Templates>)>;

impl Parsed {
    /// The templates of a chart and of the subcharts that take part.
    pub(super) fn of(chart: &Chart) -> Result<Arc<Templates>, TemplateError> {
        let mut paths = Vec::new();
        list(chart, chart.name().to_owned(), &mut paths);
        let mut sets = chart.parsed.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = sets.iter().find(|(known, _)| *known == paths) {
            return Ok(Arc::clone(found));
        }
        let mut texts = Vec::new();
        collect(chart, chart.name(), &mut texts);
        let parsed = Templates::parse(texts.iter().map(|(name, text)| (name.as_str(), &**text)))?;
        let is_mended = texts.iter().any(|(_, text)| matches!(text, Cow::Owned(_)));
        let parsed = Arc::new(if is_mended { parsed.mended() } else { parsed });
        sets.push((paths, Arc::clone(&parsed)));
        Ok(parsed)
    }
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parsed")
    }
}

fn list(chart: &Chart, path: String, out: &mut Vec<String>) {
    for subchart in &chart.dependencies {
        list(subchart, chart.path_below(&path, subchart), out);
    }
    out.push(path);
}

/// The templates by their full names; a library lends only those whose names begin with `_`. Where two charts are at one path,
/// such as a chart that is below another twice, as a folder and packed, the later one's count.
fn collect<'c>(chart: &'c Chart, path: &str, out: &mut Vec<(String, Cow<'c, str>)>) {
    let beginning = format!("{path}/templates/");
    let is_there = out.iter().any(|(name, _)| name.starts_with(&beginning));
    for (name, data) in &chart.templates {
        let base = name.rsplit('/').next().unwrap_or(name);
        if !chart.is_library() || base.starts_with('_') {
            let name = format!("{path}/{name}");
            if is_there {
                out.retain(|(other, _)| *other != name);
            }
            let text = simdutf8::basic::from_utf8(data).map(Cow::Borrowed);
            out.push((name, text.unwrap_or_else(|_| String::from_utf8_lossy(data))));
        }
    }
    for subchart in &chart.dependencies {
        collect(subchart, &chart.path_below(path, subchart), out);
    }
}
