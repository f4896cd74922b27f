//! HTTP to whoever watches from outside: one request, within a bound, and in words what became of it.

use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use crate::cluster::without_login;

/// A client whose every request ends within `limit`. It goes nowhere else than it is told, as a login goes with it.
pub fn agent(limit: Duration) -> Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(limit))
        .user_agent(concat!("reconcile/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// Why a request came to nothing, without a login that a proxy's address may hold.
pub fn words(error: &ureq::Error) -> String {
    without_login(&error.to_string())
}
