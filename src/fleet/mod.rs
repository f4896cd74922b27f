//! TOML → [`Fleet`]: settings, sandboxes, names, lifetimes; errors with their place.
//!
//! Pure: files come in as bytes, times as arguments. A file that cannot be read makes its sandbox [`Broken`], which is
//! held by its name and never taken for gone; a `fleet.toml` that cannot be read is an error that holds everything.

mod assign;
mod budget;
mod check;
mod compare;
mod diagnostic;
mod edit;
mod host;
pub mod human;
mod image;
mod life;
mod limits;
mod lock;
mod name;
mod parse;
mod quantity;
mod read;
mod read_settings;
mod sandbox;
mod schedule;
mod schema;
mod sensitive;
mod settings;
mod values;

pub use assign::Assignment;
pub use budget::{Budget, Budgeted};
pub use compare::{KeyChange, compared};
pub use diagnostic::{Diagnostic, Invalid, Level, Position};
pub use edit::{edited, extended, pinned, written};
pub use image::Image;
pub use life::{Life, Lifetime, PinState, Terms, Ttl, parse_span, write_span};
pub use limits::{Limits, MaxRemovals, Span};
pub use lock::{LOCK_FILE, Lock, Locked};
pub use name::{LABEL_LENGTH, RESERVED, SLUG_LENGTH, check_branch, check_label, check_name, name_for_branch, slug};
pub use parse::{Broken, FLEET_FILE, Fleet, MAX_FILE, Odd, SANDBOXES, Unusable};
pub use quantity::Quantity;
pub use sandbox::{Pin, Replace, Sandbox, SandboxFile};
pub use schedule::{Hours, Rest, Schedule, Zone};
pub use schema::{fleet_schema, sandbox_schema};
pub use sensitive::is_sensitive;
pub use settings::{Access, AccountRef, Defaults, Extras, NamespaceSettings, SecretRef, Settings};
