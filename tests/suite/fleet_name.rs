//! Names, slugs, images, hosts.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use reconcile::fleet::{Image, SLUG_LENGTH, check_branch, check_name, name_for_branch, slug};

#[test]
fn slugs() {
    for (branch, wanted) in [
        ("main", "main"),
        ("feature/cloud-services", "feature-cloud-services"),
        ("Feature/Cloud__Services", "feature-cloud-services"),
        ("--x--", "x"),
        ("release/18.0", "release-18-0"),
        ("a/b/c", "a-b-c"),
        ("größe", "gr-e"),
        (&"a".repeat(40), &"a".repeat(40)),
    ] {
        assert_eq!(slug(branch), wanted, "{branch}");
    }
}

#[test]
fn a_slug_has_a_hash_only_where_it_must() {
    let long = slug(&"a".repeat(41));
    assert_eq!(long.len(), SLUG_LENGTH);
    assert!(long.starts_with(&format!("{}-", "a".repeat(32))), "{long}");
    for branch in ["fleet", "Lock", "功能", "///"] {
        let got = slug(branch);
        assert!(check_name(&got, "").is_ok(), "{branch}: {got}");
        assert_eq!(got.rsplit_once('-').unwrap().1.len(), 7, "{got}");
    }
    assert_ne!(slug("功能"), slug("修复"));
}

#[test]
fn a_name_that_another_branch_holds_is_not_given_again() {
    let held = BTreeMap::from([("feature-x".to_owned(), "feature/x".to_owned())]);
    let holder = |name: &str| held.get(name).cloned();
    assert_eq!(name_for_branch("feature/x", &holder), "feature-x");
    let other = name_for_branch("feature_x", &holder);
    assert!(other.starts_with("feature-x-") && other.len() == "feature-x-".len() + 7, "{other}");
    assert_eq!(name_for_branch("free", &holder), "free");
    // Even where somebody holds the name with the hash.
    let mut more = held.clone();
    more.insert(other.clone(), "feature/x".to_owned());
    let third = name_for_branch("feature_x", &|name| more.get(name).cloned());
    assert!(!more.contains_key(&third) && check_name(&third, "dev-sandbox-").is_ok(), "{third}");
    let all = name_for_branch("feature_x", &|name| (name.len() < SLUG_LENGTH).then(|| "other".to_owned()));
    assert_eq!(all.len(), SLUG_LENGTH);
}

#[test]
fn names() {
    for good in ["a", "a-b", "0", "x1", &"a".repeat(63)] {
        assert!(check_name(good, "").is_ok(), "{good}");
    }
    for bad in ["", "A", "a_b", "a.b", "-a", "a-", "é", "fleet", "lock", &"a".repeat(64)] {
        assert!(check_name(bad, "").is_err(), "{bad}");
    }
}

#[test]
fn branches() {
    for good in ["main", "feature/x", "a.b", "功能", "a-b_c", "dependabot/cargo/x-1.2", "x@y"] {
        assert!(check_branch(good).is_ok(), "{good}");
    }
    for bad in
        ["-x", "a b", "a..b", "a~1", "a^", "a:b", "x.lock", "x/.y", "/x", "x/", "a//b", "@", "a@{1}", "x.", "a\u{7}"]
    {
        assert!(check_branch(bad).is_err(), "{bad}");
    }
}

fn image(text: &str) -> Option<(String, Option<String>, Option<String>)> {
    let image: Image = text.parse().ok()?;
    assert_eq!(image.to_string(), text);
    Some((image.repository, image.tag, image.digest))
}

#[test]
fn images() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let some = |text: &str| Some(text.to_owned());
    for (text, wanted) in [
        ("odoo".to_owned(), ("odoo", None, None)),
        ("odoo:18.0".to_owned(), ("odoo", some("18.0"), None)),
        ("localhost:5000/a/b".to_owned(), ("localhost:5000/a/b", None, None)),
        ("r.example.com:5000/a/b:T_1".to_owned(), ("r.example.com:5000/a/b", some("T_1"), None)),
        (format!("a@{digest}"), ("a", None, some(&digest))),
        (format!("a/b__c-d.e:1@{digest}"), ("a/b__c-d.e", some("1"), some(&digest))),
        ("[::1]:5000/a:1".to_owned(), ("[::1]:5000/a", some("1"), None)),
        ("REGISTRY.example.com/a".to_owned(), ("REGISTRY.example.com/a", None, None)),
        ("a---b".to_owned(), ("a---b", None, None)),
    ] {
        let (repository, tag, digest) = wanted;
        assert_eq!(image(&text), Some((repository.to_owned(), tag, digest)), "{text}");
    }
    for bad in [
        "",
        ":1",
        "a:",
        "a b",
        "Odoo",
        "a/B:1",
        "a//b",
        "/a",
        "a/",
        "-a",
        "a-",
        "a..b",
        "a___b",
        "a:-x",
        "a:.x",
        "a@sha256:12",
        "a@",
        "a@md5",
        "https://a/b",
        "a:b:c",
        "r.example.com:port/a",
        "{{ .x }}",
        "a\n",
    ] {
        assert_eq!(image(bad), None, "{bad}");
    }
    assert!(format!("a:{}", "x".repeat(128)).parse::<Image>().is_ok());
    assert!(format!("a:{}", "x".repeat(129)).parse::<Image>().is_err());
    assert!("a".repeat(256).parse::<Image>().is_err());
}

proptest! {
    #[test]
    fn a_slug_is_a_name(branch in "\\PC{1,80}") {
        let got = slug(&branch);
        prop_assert!(got.len() <= SLUG_LENGTH);
        prop_assert!(check_name(&got, "dev-sandbox-").is_ok(), "{}", got);
        prop_assert_eq!(slug(&branch), got);
    }

    #[test]
    fn a_slug_is_its_own_slug(branch in "[a-zA-Z/_.]{1,40}") {
        let got = slug(&branch);
        prop_assert_eq!(slug(&got), got);
    }

    #[test]
    fn no_cut_name_collides(stem in "[a-z/]{38,60}", ends in proptest::collection::btree_set("[a-z]{1,12}", 2..20)) {
        let branches: BTreeSet<String> = ends.into_iter().map(|end| format!("{stem}x{end}")).collect();
        let slugs: BTreeSet<String> = branches.iter().map(|branch| slug(branch)).collect();
        prop_assert_eq!(slugs.len(), branches.len());
    }

    /// Branches that would all like the same few names.
    #[test]
    fn no_two_branches_meet_in_one_namespace(branches in proptest::collection::btree_set("[aA_/.-]{1,4}b|[a]{39,43}|fleet|lock|[é]{1,3}", 1..60)) {
        let mut held: BTreeMap<String, String> = BTreeMap::new();
        for branch in &branches {
            let name = name_for_branch(branch, &|name| held.get(name).cloned());
            prop_assert!(check_name(&name, "dev-sandbox-").is_ok(), "{}", name);
            prop_assert!(held.insert(name, branch.clone()).is_none());
        }
        prop_assert_eq!(held.len(), branches.len());
    }

    #[test]
    fn no_text_breaks_the_image_reader(text in "\\PC{0,40}|[a-z:/@.]{0,40}") {
        if let Ok(image) = text.parse::<Image>() {
            prop_assert_eq!(image.to_string(), text);
        }
    }
}
