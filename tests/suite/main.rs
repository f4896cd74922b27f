//! Unit and golden cases.

mod args;
mod clock;
mod repo_git;
mod report_exit;
mod report_json;
mod report_mask;
mod report_plans;
mod report_text;
mod template;
mod yaml;
