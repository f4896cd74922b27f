//! Who a sandbox belongs to, where nobody says.

use crate::repo;

/// The name that this user's sandboxes go by: git's `reconcile.owner`, else the part of `user.email` before the `@`.
pub fn owner() -> Option<String> {
    if let Some(owner) = repo::setting("reconcile.owner") {
        return Some(owner);
    }
    let email = std::env::var("GIT_AUTHOR_EMAIL").ok().filter(|email| !email.is_empty());
    let email = email.or_else(|| repo::setting("user.email"))?;
    let local = email.split('@').next().unwrap_or_default();
    // A forge's address that hides another: `12345+ada@users.noreply.example.com`.
    let local = local.rsplit('+').next().filter(|_| email.contains("noreply")).unwrap_or(local);
    (!local.is_empty()).then(|| local.to_owned())
}
