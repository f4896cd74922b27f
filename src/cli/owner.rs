//! Who works here, as sandboxes name their owners.

use super::failure::{Exit, Failure};
use crate::repo::setting;

/// `git config reconcile.owner`; else the part of the address that commits would have before the `@`, and of GitHub's
/// `12345+ada@users.noreply.github.com` what comes after the number.
pub fn owner() -> Option<String> {
    let trimmed = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let email = || std::env::var("GIT_AUTHOR_EMAIL").ok().and_then(trimmed).or_else(|| setting("user.email"));
    setting("reconcile.owner").and_then(trimmed).or_else(|| local_part(&email()?))
}

/// The same where there has to be one.
///
/// # Errors
/// Where there is none, with what to do.
pub fn needed() -> Result<String, Failure> {
    owner().ok_or_else(|| {
        let message = "git does not say who you are";
        Failure::new(Exit::Failed, message, "git config --global reconcile.owner NAME, or user.email ADDRESS")
    })
}

fn local_part(email: &str) -> Option<String> {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let numbered = local.split_once('+').filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
    let local = match numbered {
        Some((_, name)) if domain.contains("noreply") => name,
        _ => local,
    };
    Some(local.to_owned()).filter(|local| !local.is_empty())
}

#[cfg(test)]
mod tests {
    use super::local_part;

    #[test]
    fn the_part_of_an_address_that_names_somebody() {
        for (email, owner) in [
            ("ada@example.com", "ada"),
            ("12345+ada@users.noreply.github.com", "ada"),
            ("ada+git@example.com", "ada+git"),
            ("1+1@example.com", "1+1"),
            ("ada", "ada"),
        ] {
            assert_eq!(local_part(email).as_deref(), Some(owner), "{email}");
        }
        assert_eq!(local_part("@example.com"), None);
    }
}
