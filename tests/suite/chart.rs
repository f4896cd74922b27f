//! Charts against what the real `helm` made of them.

mod archive;
pub mod fixture;
mod load;
mod outcome;
mod own;
mod pieces;
mod render;
mod schema;
mod set;
mod stage;
mod template_command;
mod values;
