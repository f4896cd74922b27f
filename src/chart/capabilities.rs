//! What a cluster is said to offer where none is asked: the defaults of Helm 3.22, so that a
//! render equals that of `helm template`.

/// The version of Kubernetes.
pub const KUBE_VERSION: &str = "v1.37.0";
/// Its first part.
pub const KUBE_MAJOR: &str = "1";
/// Its second part.
pub const KUBE_MINOR: &str = "37";
/// The version of Helm that a render equals.
pub const HELM_VERSION: &str = "v3.22.0";

use super::template::{Capabilities, go_quote};

impl Capabilities {
    /// A cluster of another version, such as `1.28` or `v1.28.3-eks`, that has more kinds than the usual ones.
    ///
    /// # Errors
    /// In Helm's words, where the version is none.
    pub fn of(version: Option<&str>, further: &[String]) -> Result<Self, String> {
        let mut all = Self::default();
        if let Some(version) = version.filter(|version| !version.is_empty()) {
            let wrong = |why| format!("invalid kube version '{version}': {why}");
            let parts = numbers(version).map_err(wrong)?;
            let [major, minor, ..] = parts.as_slice() else {
                return Err(wrong(format!("illegal version string {}", go_quote(version))));
            };
            (all.major, all.minor) = (major.to_string(), minor.to_string());
            let parts: Vec<String> = parts.iter().map(u64::to_string).collect();
            all.kube_version = format!("v{}", parts.join("."));
        }
        if !further.is_empty() {
            all.api_versions = all.api_versions.iter().chain(further).cloned().collect();
        }
        Ok(all)
    }
}

/// The numbers that a version begins with; what follows them does not count.
fn numbers(version: &str) -> Result<Vec<u64>, String> {
    let quoted = go_quote(version);
    let text = version.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let mut text = text.strip_prefix('v').unwrap_or(text);
    let mut parts = Vec::new();
    loop {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        if digits.is_empty() {
            break;
        }
        parts.push(digits);
        match rest.strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            Some(rest) => text = rest,
            None => break,
        }
    }
    match parts.len() {
        0 => return Err(format!("could not parse {quoted} as version")),
        1 => return Err(format!("illegal version string {quoted}")),
        _ => {}
    }
    let number = |(at, digits): (usize, &&str)| {
        if at == 0 && digits.len() > 1 && digits.starts_with('0') {
            return Err(format!("illegal zero-prefixed version component {} in {quoted}", go_quote(digits)));
        }
        digits.parse::<u64>().map_err(|_| {
            let digits = go_quote(digits);
            let why = format!("strconv.ParseUint: parsing {digits}: value out of range");
            format!("illegal non-numeric version component {digits} in {quoted}: {why}")
        })
    };
    parts.iter().enumerate().map(number).collect()
}

/// The groups and versions, in Helm's order.
pub const API_VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];
