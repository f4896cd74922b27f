//! One thing that was looked at, as a line: how it is, what it is, what was found, and what to do.

use super::wrap::wrap;
use crate::report::style::{BOLD, GREEN, RED, YELLOW, paint, safe};

/// How something is that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, but not for ever, or not as well as it could.
    Warning,
    /// It does not work.
    Failed,
}

/// Where the name begins.
const NAME: usize = 9;
/// Where what was found does.
const SAYS: usize = 21;

/// The line, and beneath it what to do.
pub fn check(health: Health, name: &str, says: &str, remedy: Option<&str>, width: usize) -> String {
    let (word, style) = match health {
        Health::Ok => ("ok", GREEN),
        Health::Warning => ("warning", YELLOW),
        Health::Failed => ("failed", RED),
    };
    let (before, between) =
        (" ".repeat(NAME - word.len()), " ".repeat((SAYS - NAME).saturating_sub(name.len()).max(1)));
    let says = wrap(&safe(says), width, SAYS, SAYS);
    let mut text = format!("{}{before}{}{between}{says}\n", paint(style, word), paint(BOLD, name));
    if let Some(remedy) = remedy {
        text.push_str(&" ".repeat(SAYS));
        text.push_str(&wrap(&format!("to do: {}", safe(remedy)), width, SAYS, SAYS + 2));
        text.push('\n');
    }
    text
}
