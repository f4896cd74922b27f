//! Unit and golden cases.

mod args;
mod chart;
mod clock;
#[path = "../contract/mod.rs"]
mod contract;
mod contract_dir;
mod dir_files;
mod fields;
mod fleet;
mod fleet_life;
mod fleet_name;
mod fleet_quantity;
mod goldens;
mod interrupted;
mod kube_faults;
mod purity;
mod readme;
mod ready;
mod removal;
mod repo;
mod repo_git;
mod repo_mirror;
mod repo_server;
mod report_exit;
mod report_json;
mod report_markdown;
mod report_mask;
mod report_plans;
mod report_text;
mod scenario;
mod schemas;
mod template;
mod template_generated;
mod template_robust;
mod yaml;
