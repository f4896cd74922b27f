//! Charts against what the real `helm` made of them.

pub mod fixture;
mod load;
mod outcome;
mod pieces;
mod render;
mod values;
