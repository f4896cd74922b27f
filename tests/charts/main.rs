//! Charts whole, as `reconcile template` prints them, beside the real `helm template`: equal bytes, or the same error.
//!
//! Helm is built by `tests/cluster/build`. The public charts come from Go modules, fetched by Go's own module client.

#[path = "../cluster/binaries.rs"]
mod binaries;
mod compare;
mod flags;
mod matrix;
mod public;
mod schemas;
