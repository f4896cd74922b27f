//! The proxy that the environment names, by the rules of Go's `net/http`, which are kubectl's.

use std::net::IpAddr;

use http::Uri;

/// The proxy for a server, out of `HTTPS_PROXY` (or `HTTP_PROXY`) and `NO_PROXY`, in capitals or not.
///
/// # Errors
/// The variable whose value is not a URL.
pub(super) fn of_environment(server: &Uri, variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Uri>, String> {
    let names = if server.scheme_str() == Some("http") {
        // HTTP_PROXY in capitals can be set by a request to a CGI program; Go refuses it there, and we are none.
        ["HTTP_PROXY", "http_proxy"]
    } else {
        ["HTTPS_PROXY", "https_proxy"]
    };
    let first = |names: [&'static str; 2]| {
        names.into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()).map(|value| (name, value)))
    };
    let Some((name, value)) = first(names) else { return Ok(None) };
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']);
    let exempt = first(["NO_PROXY", "no_proxy"]).map(|(_, list)| list).unwrap_or_default();
    if is_loopback(host) || exempt.split(',').any(|rule| exempts(rule.trim(), host, server.port_u16())) {
        return Ok(None);
    }
    let value = if value.contains("://") { value } else { format!("http://{value}") };
    value.parse().map(Some).map_err(|_| format!("{name} is not a URL"))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `*`, an address, a network (`10.0.0.0/8`), a domain with all below it, or (`.x`, `*.x`) those below it alone; each
/// with a port, if any.
fn exempts(rule: &str, host: &str, port: Option<u16>) -> bool {
    if rule.is_empty() {
        return false;
    }
    if rule == "*" {
        return true;
    }
    let address = host.parse::<IpAddr>().ok();
    if let Some((network, bits)) = rule.split_once('/') {
        let (Ok(network), Ok(bits)) = (network.parse(), bits.parse()) else { return false };
        return address.is_some_and(|address| contains(network, bits, address));
    }
    if let Ok(exact) = rule.trim_matches(['[', ']']).parse::<IpAddr>() {
        return address == Some(exact);
    }
    let rule = match rule.rsplit_once(':') {
        Some((name, wanted)) if wanted.parse().ok() == port.or(Some(443)) => name,
        Some(_) => return false,
        None => rule,
    };
    let (rule, host) = (rule.to_ascii_lowercase(), host.to_ascii_lowercase());
    match rule.strip_prefix("*.").or_else(|| rule.strip_prefix('.')) {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => host.strip_suffix(&rule).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
    }
}

fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    let same =
        |one: u128, other: u128, width: u32| bits <= width && (bits == 0 || (one ^ other) >> (width - bits) == 0);
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => same(network.to_bits().into(), address.to_bits().into(), 32),
        (IpAddr::V6(network), IpAddr::V6(address)) => same(network.to_bits(), address.to_bits(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(server: &str, no_proxy: &str) -> Option<String> {
        let variable = |name: &str| match name {
            "HTTPS_PROXY" => Some("http://proxy.example:3128".to_owned()),
            "NO_PROXY" => Some(no_proxy.to_owned()),
            _ => None,
        };
        of_environment(&server.parse().unwrap(), &variable).unwrap().map(|url| url.to_string())
    }

    #[test]
    fn a_proxy_is_used_unless_the_server_is_exempt() {
        assert_eq!(proxy("https://api.example:6443", "").as_deref(), Some("http://proxy.example:3128/"));
        for exempt in ["*", "example", "api.example", ".example", "*.example", "other, api.example:6443"] {
            assert_eq!(proxy("https://api.example:6443", exempt), None, "{exempt}");
        }
        for other in ["pi.example", "api.example:443", ".api.example", "10.0.0.0/8"] {
            assert!(proxy("https://api.example:6443", other).is_some(), "{other}");
        }
        assert_eq!(proxy("https://10.1.2.3:6443", "10.0.0.0/8"), None);
        assert!(proxy("https://11.1.2.3:6443", "10.0.0.0/8").is_some());
        assert_eq!(proxy("https://[fd00::1]:6443", "fd00::/8"), None);
        assert_eq!(proxy("https://127.0.0.1:6443", ""), None);
        assert_eq!(proxy("http://plain.example", ""), None);
    }

    #[test]
    fn a_proxy_that_is_no_url_is_named() {
        let variable = |name: &str| (name == "https_proxy").then(|| "http://a b".to_owned());
        let error = of_environment(&"https://api.example".parse().unwrap(), &variable).unwrap_err();
        assert_eq!(error, "https_proxy is not a URL");
    }
}
