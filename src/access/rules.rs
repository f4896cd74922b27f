//! Rights as the rules of a Role: few, sorted, and granting nothing that is not among the rights.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::right::{Right, What};

/// One rule of a Role.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// API groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub api_groups: Vec<String>,
    /// Plural names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The names alone that it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
    /// Paths that are no objects.
    #[serde(rename = "nonResourceURLs", skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Verbs.
    pub verbs: Vec<String>,
}

/// A resource of a group.
type Resource<'r> = (&'r str, &'r str);
/// Verbs.
type Verbs<'r> = BTreeSet<&'r str>;
/// What a rule says beside its resources: group, names, verbs.
type Terms<'r> = (&'r str, Vec<&'r str>, Vec<&'r str>);

/// The rules that grant these rights, wherever they are needed.
pub fn rules<'r>(rights: impl IntoIterator<Item = &'r Right>) -> Vec<Rule> {
    let mut of_all: BTreeMap<Resource<'r>, Verbs<'r>> = BTreeMap::new();
    let mut of_one: BTreeMap<(Resource<'r>, &'r str), Verbs<'r>> = BTreeMap::new();
    let mut urls: BTreeMap<&'r str, Verbs<'r>> = BTreeMap::new();
    for right in rights {
        let verbs = match &right.what {
            What::Objects { group, resource, name: None } => of_all.entry((group, resource)).or_default(),
            What::Objects { group, resource, name: Some(name) } => of_one.entry(((group, resource), name)).or_default(),
            What::Url(url) => urls.entry(url).or_default(),
        };
        verbs.insert(&right.verb);
    }
    // Names of one resource with the same verbs go together, then resources of one group.
    let mut together: BTreeMap<(Resource<'r>, Verbs<'r>), Vec<&'r str>> = BTreeMap::new();
    for ((resource, name), mut verbs) in of_one {
        // What may be done to all of them needs no rule for one.
        verbs.retain(|verb| !of_all.get(&resource).is_some_and(|all| all.contains(verb)));
        if !verbs.is_empty() {
            together.entry((resource, verbs)).or_default().push(name);
        }
    }
    let all = of_all.into_iter().map(|(resource, verbs)| (resource, verbs, Vec::new()));
    let some = together.into_iter().map(|((resource, verbs), only)| (resource, verbs, only));
    let mut terms: BTreeMap<Terms<'r>, Vec<&'r str>> = BTreeMap::new();
    for ((group, resource), verbs, only) in all.chain(some) {
        terms.entry((group, only, in_order(&verbs))).or_default().push(resource);
    }
    let own = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let of_objects = terms.into_iter().map(|((group, only, verbs), resources)| Rule {
        api_groups: vec![group.to_owned()],
        resources: own(resources),
        resource_names: own(only),
        urls: Vec::new(),
        verbs: own(verbs),
    });
    let of_urls = urls.into_iter().map(|(url, verbs)| Rule {
        urls: vec![url.to_owned()],
        verbs: own(in_order(&verbs)),
        ..Rule::default()
    });
    of_objects.chain(of_urls).collect()
}

/// Verbs as people write them: what reads, what makes, what changes, what takes away.
fn in_order<'v>(verbs: &BTreeSet<&'v str>) -> Vec<&'v str> {
    const ORDER: [&str; 7] = ["get", "list", "watch", "create", "update", "patch", "delete"];
    let mut verbs: Vec<&str> = verbs.iter().copied().collect();
    verbs.sort_by_key(|verb| (ORDER.iter().position(|known| known == verb).unwrap_or(ORDER.len()), *verb));
    verbs
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::right::Place;
    use super::*;

    fn right(verb: &str, resource: (&str, &str)) -> Right {
        Right::new(&Place::Cluster, verb, resource)
    }

    fn printed(rights: &[Right]) -> serde_json::Value {
        json!(rules(rights))
    }

    #[test]
    fn what_has_the_same_verbs_in_one_group_is_one_rule() {
        let rights = [
            right("patch", ("apps", "deployments")),
            right("get", ("apps", "deployments")),
            right("get", ("apps", "statefulsets")),
            right("patch", ("apps", "statefulsets")),
            right("get", ("", "pods")),
        ];
        let expected = json!([
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
            {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets"], "verbs": ["get", "patch"]},
        ]);
        assert_eq!(printed(&rights), expected);
    }

    #[test]
    fn names_stand_together_and_are_left_out_where_all_are_allowed() {
        let all = ("", "secrets");
        let rights = [
            right("get", all).named("b"),
            right("get", all).named("a"),
            right("list", all),
            right("list", all).named("a"),
        ];
        let expected = json!([
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]},
            {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a", "b"], "verbs": ["get"]},
        ]);
        assert_eq!(printed(&rights), expected);
        let url = Right { place: Place::Cluster, what: What::Url("/metrics".into()), verb: "get".into() };
        assert_eq!(printed(&[url]), json!([{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]));
    }

    #[test]
    fn no_rule_grants_what_was_not_asked_for() {
        let rights = [
            right("get", ("a", "x")),
            right("delete", ("b", "x")),
            right("get", ("b", "y")).named("n"),
            right("delete", ("b", "y")).named("m"),
        ];
        let mut granted: Vec<String> = Vec::new();
        for rule in rules(&rights) {
            for group in &rule.api_groups {
                for resource in &rule.resources {
                    for verb in &rule.verbs {
                        let names: Vec<Option<String>> = match rule.resource_names.as_slice() {
                            [] => vec![None],
                            names => names.iter().cloned().map(Some).collect(),
                        };
                        granted.extend(names.iter().map(|name| format!("{verb} {group}/{resource} {name:?}")));
                    }
                }
            }
        }
        granted.sort();
        let expected = ["delete b/x None", "delete b/y Some(\"m\")", "get a/x None", "get b/y Some(\"n\")"];
        assert_eq!(granted, expected);
    }
}
