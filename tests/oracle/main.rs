//! The template language, its functions and its YAML, snippet by snippet against Helm's own engine.
//!
//! `tests/cluster/helm/oracle` is that engine as a program which answers thousands of questions a second. The
//! snippets are generated from fixed seeds; `ORACLE_SEED=n` tries others, `ORACLE_COUNT=n` more of them.

#[path = "../cluster/binaries.rs"]
mod binaries;
#[path = "../suite/template/functions.rs"]
mod cases;
mod compare;
mod dates;
mod dice;
mod functions;
mod helm;
mod kinds;
mod language;
mod odds;
#[path = "../suite/template/engine.rs"]
mod ours;
mod printf;
mod recorded;
#[allow(dead_code, reason = "another suite takes all of it")]
#[path = "../suite/yaml/samples.rs"]
mod samples;
mod subjects;
mod text;
mod times;
mod unicode;
mod verdict;
