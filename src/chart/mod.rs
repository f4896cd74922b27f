//! Helm charts: load, values, template functions, render. Pure.

mod archive;
pub mod capabilities;
#[expect(clippy::module_inception, reason = "the chart itself")]
mod chart;
mod chart_metadata;
mod chart_metadata_read;
pub mod dependencies;
pub mod functions;
pub mod generated;
mod head;
pub mod hooks;
mod json_type;
mod listing;
mod load;
mod load_ignore;
mod objects;
mod order;
pub mod outside;
mod render;
mod render_data;
mod render_parsed;
mod schema;
pub mod set;
mod split;
mod stage;
pub mod template;
mod values;
pub mod yaml;

pub use chart::{Chart, Crd, FileMap};
pub use chart_metadata::{Dependency, Maintainer, Metadata};
pub(crate) use functions::clean_path;
pub use listing::{Listing, ListingError, Parts, Printed};
pub use load::ChartError;
pub use load_ignore::Rules;
pub use objects::{Object, Objects};
pub use order::{install_rank, sort_for_install, sort_for_uninstall, uninstall_rank};
pub use render::{AFTER_A_RENDER, Document, Manner, ReleaseInfo, RenderError, RenderInput, Rendered, Texts};
pub use split::{Part, split};
pub use stage::Stage;
pub use template::{Capabilities, Origin, Read, Trace};
pub use values::{Table, coalesce, merge};

/// Reads a file of values: a mapping or nothing.
///
/// # Errors
/// In Helm's words.
pub fn values_of(data: &[u8]) -> Result<Table, String> {
    load::values_of(data)
}

/// A text as Go quotes it.
pub fn quoted(text: &str) -> String {
    template::go_quote(text)
}
