//! Where things are on an API server.

use crate::manifest::{Kind, Resource, Scope};

/// The path of a collection of objects, or with `name` of one object in it.
///
/// A cluster-scoped resource has no namespace in its path, whatever is passed.
pub(super) fn path(kind: &Kind, resource: &Resource, namespace: Option<&str>, name: Option<&str>) -> String {
    let mut path = group_version(kind);
    if let (Scope::Namespaced, Some(namespace)) = (resource.scope, namespace) {
        push(&mut path, "namespaces");
        push(&mut path, namespace);
    }
    push(&mut path, &resource.plural);
    if let Some(name) = name {
        push(&mut path, name);
    }
    path
}

/// The path below which a group and version is served, and where it says what it serves.
pub(super) fn group_version(kind: &Kind) -> String {
    let mut path = group(kind);
    push(&mut path, &kind.version);
    path
}

/// The path below which a group is served, and where it says in which versions.
pub(super) fn group(kind: &Kind) -> String {
    let mut path = String::from(if kind.group.is_empty() { "/api" } else { "/apis" });
    if !kind.group.is_empty() {
        push(&mut path, &kind.group);
    }
    path
}

/// A path with a query; pairs with an empty value are left out.
pub(super) fn with_query(mut path: String, pairs: &[(&str, &str)]) -> String {
    for (count, (name, value)) in pairs.iter().filter(|(_, value)| !value.is_empty()).enumerate() {
        path.push(if count == 0 { '?' } else { '&' });
        path.push_str(name);
        path.push('=');
        encode(&mut path, value);
    }
    path
}

fn push(path: &mut String, segment: &str) {
    path.push('/');
    encode(path, segment);
}

/// Percent-encodes all that RFC 3986 does not call unreserved.
fn encode(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// A text without the logins of the addresses in it (`https://user:password@host`).
pub(crate) fn without_login(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>');
        let authority = after.find(ends).map_or(after, |end| after.get(..end).unwrap_or_default());
        let login = authority.rfind('@').map_or(0, |at| at + 1);
        rest = after.get(login..).unwrap_or_default();
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::builtin;

    #[test]
    fn paths() {
        let service = Kind::new("v1", "Service");
        let services = builtin(&service).unwrap();
        assert_eq!(path(&service, &services, Some("a"), Some("b")), "/api/v1/namespaces/a/services/b");
        assert_eq!(path(&service, &services, None, None), "/api/v1/services");
        let role = Kind::new("rbac.authorization.k8s.io/v1", "ClusterRole");
        let roles = builtin(&role).unwrap();
        assert_eq!(
            path(&role, &roles, Some("ignored"), Some("system:a/b")),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa%2Fb"
        );
    }

    #[test]
    fn logins_are_left_out() {
        assert_eq!(without_login("https://a:b@host:1/x@y, http://tok@h"), "https://host:1/x@y, http://h");
        assert_eq!(without_login("proxy \"socks5://u:p@ss@h\" fails"), "proxy \"socks5://h\" fails");
        assert_eq!(without_login("ada@example.com https://h/"), "ada@example.com https://h/");
    }

    #[test]
    fn queries() {
        let query = [("labelSelector", "a=b,c"), ("continue", ""), ("limit", "5")];
        assert_eq!(with_query("/x".into(), &query), "/x?labelSelector=a%3Db%2Cc&limit=5");
        assert_eq!(with_query("/x".into(), &[]), "/x");
    }
}
