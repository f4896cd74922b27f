//! Unit and golden cases.

mod args;
#[path = "../canary.rs"]
mod canary;
mod chart;
mod clock;
mod colours;
#[path = "../contract/mod.rs"]
mod contract;
mod contract_dir;
mod dir_files;
mod fake_server;
mod fields;
mod fleet;
mod fleet_life;
mod fleet_name;
mod fleet_quantity;
mod goldens;
mod history;
mod interrupted;
mod json_schema;
mod kube_faults;
mod kube_survey;
mod laws;
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
mod saved;
mod scenario;
mod scenario_secrets;
mod scenario_width;
mod schemas;
mod template;
mod template_generated;
mod template_robust;
mod yaml;
