//! The template language, its functions and its YAML, snippet by snippet against Helm's own engine.
//!
//! `tests/cluster/helm/oracle` is that engine as a program which answers thousands of questions a second. The
//! snippets are generated from fixed seeds; `ORACLE_SEED=n` tries others, `ORACLE_COUNT=n` more of them.

#[path = "../cluster/binaries.rs"]
mod binaries;
mod compare;
mod dice;
mod functions;
mod helm;
mod kinds;
mod ours;
mod verdict;
