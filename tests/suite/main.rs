//! Unit and golden cases.

mod scenario;
mod args;
mod report_exit;
mod report_json;
mod report_mask;
mod report_plans;
mod report_text;
mod yaml;
mod clock;
mod repo_git;
mod fields;
mod goldens;
mod purity;
mod ready;
#[path = "../contract/mod.rs"]
mod contract;
mod contract_dir;
mod dir_files;
