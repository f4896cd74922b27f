//! Unit and golden cases.
