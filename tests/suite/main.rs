//! Unit and golden cases.

mod scenario;
mod args;
mod report_exit;
mod report_json;
mod report_mask;
mod report_plans;
mod report_text;
mod yaml;
mod chart;
mod clock;
mod repo_git;
