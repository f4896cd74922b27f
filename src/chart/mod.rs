//! Helm charts: load, values, template functions, render. Pure.

pub mod capabilities;
#[expect(clippy::module_inception, reason = "the chart itself")]
mod chart;
mod chart_metadata;
pub mod dependencies;
pub mod functions;
pub mod generated;
pub mod hooks;
mod load;
mod load_ignore;
mod objects;
mod order;
mod render;
mod render_data;
mod render_parsed;
mod split;
mod stage;
pub mod template;
mod values;
pub mod yaml;

pub use chart::{Chart, Crd, FileMap};
pub use chart_metadata::{Dependency, Maintainer, Metadata};
pub use load::ChartError;
pub use objects::{Object, Objects};
pub use order::{install_rank, sort_for_install, sort_for_uninstall, uninstall_rank};
pub use render::{Document, ReleaseInfo, RenderError, RenderInput, Rendered, Texts};
pub use split::{Part, split};
pub use stage::Stage;
pub use template::Capabilities;
pub use values::{Table, coalesce, merge};
