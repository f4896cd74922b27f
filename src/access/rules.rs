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

/// The rules that grant these rights, wherever they are needed.
pub fn rules<'r>(rights: impl IntoIterator<Item = &'r Right>) -> Vec<Rule> {
    let rights: Vec<&Right> = rights.into_iter().collect();
    let mut by_verbs: BTreeMap<(&str, &str, Option<&str>), BTreeSet<&str>> = BTreeMap::new();
    let mut urls: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for right in &rights {
        match &right.what {
            What::Objects { group, resource, name } => {
                by_verbs.entry((group, resource, name.as_deref())).or_default().insert(&right.verb);
            }
            What::Url(url) => {
                urls.entry(url).or_default().insert(&right.verb);
            }
        }
    }
    // What may be done to all of them needs no rule for one.
    let of_all = by_verbs.clone();
    for ((group, resource, name), verbs) in &mut by_verbs {
        if name.is_some()
            && let Some(all) = of_all.get(&(*group, *resource, None))
        {
            verbs.retain(|verb| !all.contains(verb));
        }
    }
    by_verbs.retain(|_, verbs| !verbs.is_empty());
    // Names of one resource with the same verbs go together, then resources of one group.
    let mut names: BTreeMap<(&str, &str, BTreeSet<&str>), BTreeSet<Option<&str>>> = BTreeMap::new();
    for ((group, resource, name), verbs) in by_verbs {
        // All of them are no name among others.
        let key = (group, resource, verbs);
        let together = names.entry(key).or_default();
        together.insert(name);
    }
    let mut resources: BTreeMap<(&str, Vec<&str>, Vec<&str>), BTreeSet<&str>> = BTreeMap::new();
    for ((group, resource, verbs), names) in names {
        let verbs = in_order(&verbs);
        if names.contains(&None) {
            resources.entry((group, Vec::new(), verbs.clone())).or_default().insert(resource);
        }
        let named: Vec<&str> = names.into_iter().flatten().collect();
        if !named.is_empty() {
            resources.entry((group, named, verbs)).or_default().insert(resource);
        }
    }
    let own = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut rules: Vec<Rule> = resources
        .into_iter()
        .map(|((group, names, verbs), resources)| Rule {
            api_groups: vec![group.to_owned()],
            resources: own(resources.into_iter().collect()),
            resource_names: own(names),
            urls: Vec::new(),
            verbs: own(verbs),
        })
        .collect();
    rules.extend(urls.into_iter().map(|(url, verbs)| Rule {
        urls: vec![url.to_owned()],
        verbs: own(in_order(&verbs)),
        ..Rule::default()
    }));
    rules
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
