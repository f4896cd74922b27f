//! A release is rendered once in a run, and anew where what it is made of has changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use reconcile::fleet::{Fleet, Sandbox, SecretRef};
use reconcile::manifest::Release;
use reconcile::release::{Basis, Charts, Copied, Kept, render};

const FLEET: &str = "name = \"team\"\nid = \"team-1\"\ncopy_secrets = [\"ci/login\"]\n";
const MAP: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {image: '{{ .Values.sandbox.image }}'}\n";

fn fleet(image: &str) -> (BTreeMap<String, Arc<[u8]>>, Fleet) {
    let sandbox = format!("branch = \"one\"\nimage = \"registry.example.com/a:{image}\"\nchart = \"a\"\n");
    let files: BTreeMap<String, Arc<[u8]>> = [
        ("sandboxes/fleet.toml", FLEET),
        ("sandboxes/one.toml", &sandbox),
        ("charts/a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
        ("charts/a/templates/a.yaml", MAP),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.as_bytes().into()))
    .collect();
    let fleet = Fleet::parse(&files, &BTreeMap::new()).expect("a fleet");
    (files, fleet)
}

fn login(password: &str) -> BTreeMap<SecretRef, Copied> {
    let reference = "ci/login".parse().expect("a Secret's place");
    let data = BTreeMap::from([("password".to_owned(), password.to_owned())]);
    BTreeMap::from([(reference, Copied::Read { kind: "Opaque".to_owned(), data })])
}

#[test]
fn a_release_is_rendered_once() {
    let (files, one) = fleet("1");
    let (_, two) = fleet("2");
    let charts = Charts::load(&files, ["a"].into_iter());
    let kept = Kept::default();
    let made = |sandbox: &Sandbox, copied: &BTreeMap<SecretRef, Copied>, kept: Option<&Kept>| -> Release {
        render(sandbox, &Basis { settings: &one.settings, charts: &charts, copied, kept }).expect("it renders").release
    };
    let is_same = |a: &Release, b: &Release| Arc::ptr_eq(&a.manifests, &b.manifests);
    let (sandbox, changed) = (&one.sandboxes["one"], &two.sandboxes["one"]);
    let first = made(sandbox, &login("a"), Some(&kept));
    assert!(is_same(&first, &made(sandbox, &login("a"), Some(&kept))));
    assert!(!is_same(&first, &made(sandbox, &login("a"), None)));
    // Another image, another password: what is made is what would have been made without.
    for (sandbox, copied) in [(changed, login("a")), (sandbox, login("b")), (changed, login("b"))] {
        let again = made(sandbox, &copied, Some(&kept));
        assert_ne!(first, again);
        assert_eq!(again, made(sandbox, &copied, None));
        assert!(is_same(&again, &made(sandbox, &copied, Some(&kept))));
    }
}
