//! Logins, as text for people.

use super::page::Page;
use crate::report::logins::Login;
use crate::report::style::{BOLD, paint, safe};

/// Each with its values beneath. Nothing of a value is wrapped.
pub fn logins(logins: &[Login]) -> String {
    let mut page = Page { text: String::new(), width: usize::MAX };
    for (number, login) in logins.iter().enumerate() {
        if number > 0 {
            page.text.push('\n');
        }
        page.text.push_str(&format!("{}\n", paint(BOLD, &safe(&login.label))));
        if let Some(url) = &login.url {
            page.line("  url", url);
        }
        // Who comes before what he knows.
        let (user, rest): (Vec<_>, Vec<_>) = login.values.iter().partition(|(name, _)| *name == "user");
        for (name, value) in user.into_iter().chain(rest) {
            page.line(&format!("  {name}"), value);
        }
    }
    page.text
}
