//! Unit and golden cases.

mod yaml;
