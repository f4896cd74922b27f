//! stub
use super::Chart;
use super::generated::GeneratedKey;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct RenderError;
#[derive(Clone, Debug)]
pub struct Document {
    pub template: String,
    pub value: Value,
}
#[derive(Clone, Debug, Default)]
pub struct Capabilities;
#[derive(Clone, Debug)]
pub struct ReleaseInfo;
impl ReleaseInfo {
    pub fn install(_: &str, _: &str) -> Self {
        Self
    }
}
#[derive(Debug)]
pub struct RenderInput<'a> {
    pub release: &'a ReleaseInfo,
    pub values: &'a Value,
    pub capabilities: &'a Capabilities,
}
#[derive(Debug)]
pub struct Rendered {
    pub manifests: Vec<Document>,
    pub hooks: Vec<()>,
    pub generated: BTreeMap<String, Vec<GeneratedKey>>,
}
impl Chart {
    pub fn render(&self, _: &RenderInput<'_>) -> Result<Rendered, RenderError> {
        Err(RenderError)
    }
    pub fn render_text(&self, _: &str, _: &RenderInput<'_>) -> Result<String, RenderError> {
        Err(RenderError)
    }
}
