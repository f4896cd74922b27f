//! What was found.

use crate::report::changes::Check;
use crate::report::text::Health;

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub health: Health,
    /// What it is, in a word.
    pub name: &'static str,
    /// How it is.
    pub says: String,
    /// What to do, where it is not as it should be.
    pub remedy: Option<String>,
}

impl Finding {
    pub fn check(self) -> Check {
        Check { name: self.name.to_owned(), status: self.health, message: self.says, remedy: self.remedy }
    }
}

/// All of it, in the order in which it was looked at.
#[derive(Default)]
pub(super) struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn ok(&mut self, name: &'static str, says: impl Into<String>) {
        self.0.push(Finding { health: Health::Ok, name, says: says.into(), remedy: None });
    }

    pub fn warning(&mut self, name: &'static str, says: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { health: Health::Warning, name, says: says.into(), remedy: Some(remedy.into()) });
    }

    pub fn failed(&mut self, name: &'static str, says: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Finding { health: Health::Failed, name, says: says.into(), remedy: Some(remedy.into()) });
    }
}

/// The first few of some names.
pub(super) fn some(names: &[&str]) -> String {
    const FEW: usize = 5;
    let shown = names.iter().take(FEW).copied().collect::<Vec<_>>().join(", ");
    if names.len() > FEW { format!("{shown} and {} more", names.len() - FEW) } else { shown }
}
