//! Keys and certificates that the cluster generates: as templates ask for them, and as they are made.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reconcile::chart::functions::making::{fits, make, private_key};
use reconcile::chart::generated::{
    GeneratedKey, KeyKind, Made, Misplaced, Part, PlaceholderId, RandomKind, SecretKeys, Signer, Wish, extract,
};
use reconcile::chart::outside::Outside;
use reconcile::chart::template::{Session, Value, render_text};
use reconcile::chart::yaml::{self, Numbers};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::json;

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: NAME}\n";

fn secret(name: &str) -> String {
    SECRET.replace("NAME", name)
}

/// Renders a template of some documents, and takes their generated keys out.
fn found(template: &str) -> Result<Vec<SecretKeys>, Misplaced> {
    let mut session = Session::default();
    let data = Value::data([("Values", Value::values(&json!({})))]);
    let text = render_text(template, "t.yaml", &data, &mut session).expect("it renders");
    let read = |part: &str| yaml::read(part, Numbers::Exact).expect("it is YAML");
    let mut objects: Vec<_> = text.split("---\n").map(|part| ("t.yaml".to_owned(), read(part))).collect();
    extract(&mut objects, &session.tokens)
}

fn refused(template: &str) -> String {
    let data = Value::data([("Values", Value::values(&json!({})))]);
    render_text(template, "t.yaml", &data, &mut Session::default()).expect_err(template).to_string()
}

fn shown(keys: &[SecretKeys]) -> Vec<String> {
    keys.iter().flat_map(|keys| &keys.keys).map(|key| format!("{}: {key}", key.key)).collect()
}

const PAIR: &str = "{{ $ca := genCA \"my-ca\" 365 }}\
    {{ $c := genSignedCert \"web\" (list \"10.0.0.1\") (list \"web.ns.svc\") 90 $ca }}";

#[test]
fn a_certificate_names_what_it_is_made_of() {
    let data =
        "data: {ca.crt: {{ $ca.Cert | b64enc }}, tls.crt: {{ b64enc $c.Cert }}, tls.key: {{ b64enc $c.Key | quote }}}";
    let keys = found(&format!("{PAIR}{}{data}\n", secret("web"))).expect("a Secret may hold them");
    assert_eq!(
        shown(&keys),
        [
            "ca.crt: <generated: an authority of 365 days for my-ca, secret web, key ca.crt>",
            "tls.crt: <generated: a certificate of 90 days for web, web.ns.svc, 10.0.0.1, signed by another, secret web, key tls.crt>",
            "tls.key: <generated: an RSA key of 2048 bits, secret web, key tls.key>",
        ]
    );
    let RandomKind::Made(made) = kind(&keys[0].keys[1]) else { panic!("{keys:?}") };
    let id = |key: &str| PlaceholderId { secret: "web".to_owned(), key: key.to_owned(), ordinal: 0 };
    let of: Vec<_> = made.of().into_iter().map(|(role, parts)| (role, first(parts))).collect();
    // The authority's key is in no Secret: it is named for what is.
    assert_eq!(of, [("its-key", id("tls.key")), ("signer", id("ca.crt")), ("signer-key", id("ca.crt/0/its-key"))]);
    let text = serde_json::to_string(&keys[0].keys).expect("it can be written");
    assert_eq!(serde_json::from_str::<Vec<GeneratedKey>>(&text).expect("it can be read"), keys[0].keys);
}

fn kind(key: &GeneratedKey) -> RandomKind {
    match key.parts.as_slice() {
        [Part::Random { kind, .. }] => kind.clone(),
        parts => panic!("{parts:?}"),
    }
}

fn first(parts: &[Part]) -> PlaceholderId {
    match parts {
        [Part::Random { id, .. }] => id.clone(),
        parts => panic!("{parts:?}"),
    }
}

#[test]
fn neither_order_nor_what_is_not_used_makes_a_difference() {
    let one = format!("{PAIR}{}stringData: {{k: {{{{ toJson $c.Key }}}}, c: {{{{ $c.Cert }}}}}}\n", secret("web"));
    let other = format!("{{{{ $x := genPrivateKey \"rsa\" }}}}{{{{ $y := randAlpha 3 }}}}{one}");
    assert_eq!(found(&one), found(&other));
}

#[test]
fn one_authority_signs_for_several_secrets() {
    let other = "{{ $d := genSignedCertWithKey \"db\" nil nil 9 $ca (genPrivateKey \"ecdsa\") }}";
    let template = format!(
        "{PAIR}{other}{}stringData: {{crt: {{{{ $c.Cert }}}}}}\n---\n{}stringData: {{crt: {{{{ $d.Cert }}}}, key: {{{{ $d.Key }}}}}}\n",
        secret("web"),
        secret("db")
    );
    let keys = found(&template).expect("Secrets may hold them");
    let signer = |key: &GeneratedKey| match kind(key) {
        RandomKind::Made(made) => made.of().into_iter().map(|(_, parts)| first(parts)).skip(1).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(signer(&keys[0].keys[0]), signer(&keys[1].keys[0]));
    assert_eq!(signer(&keys[0].keys[0])[0].secret, "db", "the first of them names it");
    assert_eq!(kind(&keys[1].keys[1]), RandomKind::Key(KeyKind::Ecdsa));
}

#[test]
fn what_is_fixed_may_sign_what_is_generated() {
    let outside = Fixed::default();
    let key = private_key(KeyKind::Ecdsa, &outside).expect("it is made");
    let cert =
        make(&Made::Certificate { wish: wish(true), key: key.clone(), signer: None }, &outside).expect("it is made");
    let template = format!(
        "{{{{ $ca := buildCustomCert (b64enc {cert:?}) (b64enc {key:?}) }}}}{{{{ $c := genSignedCert \"web\" nil nil 9 $ca }}}}\
         {}stringData: {{ca: {{{{ toJson $ca.Cert }}}}, crt: {{{{ $c.Cert }}}}}}\n",
        secret("web")
    );
    let keys = found(&template).expect("a Secret may hold it");
    let RandomKind::Made(made) = kind(&keys[0].keys[0]) else { panic!("{keys:?}") };
    assert_eq!(made.of()[1].1, &[Part::Text(cert)]);
    assert!(!shown(&keys).concat().contains("BEGIN"), "no key is shown");
}

#[test]
fn a_hash_is_made_of_a_generated_password() {
    let template = format!(
        "{{{{ $p := randAlphaNum 9 }}}}{}stringData: {{auth: {{{{ htpasswd \"admin\" $p }}}}, password: {{{{ $p }}}}}}\n",
        secret("web")
    );
    let keys = found(&template).expect("a Secret may hold it");
    assert_eq!(shown(&keys)[0], "auth: admin:<generated: a bcrypt hash, secret web, key auth>");
    let Part::Random { kind: RandomKind::Made(made), .. } = &keys[0].keys[0].parts[1] else { panic!("{keys:?}") };
    assert_eq!(first(made.of()[0].1).key, "password");
}

#[test]
fn what_cannot_be_made_is_an_error_with_its_line() {
    let cases = [
        ("genCA (randAlpha 4) 1", "a generated value cannot be passed to genCA"),
        (
            "genSelfSignedCert \"x\" nil (list (randAlpha 4)) 1",
            "a generated value cannot be passed to genSelfSignedCert",
        ),
        ("genCAWithKey \"x\" 1 (randAlpha 4)", "no key that can sign"),
        ("genCAWithKey \"x\" 1 (print (genPrivateKey \"\") \"x\")", "no key that can sign"),
        ("genCAWithKey \"x\" 1 \"x\"", "parsing private key: no PEM data in input"),
        ("genSignedCert \"x\" nil nil 1 nil", "cannot assign nil to sprig.certificate"),
        ("genSignedCert \"x\" nil nil 1 \"x\"", "can't handle \"x\" for arg of type sprig.certificate"),
        (
            "genSignedCert \"x\" nil nil 1 (dict)",
            "wrong type for value; expected sprig.certificate; got map[string]interface {}",
        ),
        ("genSelfSignedCert \"x\" (print 1) nil 1", "wrong type for value; expected []interface {}; got string"),
        (
            "genSelfSignedCert \"x\" nil (splitList \",\" \"a\") 1",
            "wrong type for value; expected []interface {}; got []string",
        ),
        ("genSignedCert \"x\" (list \"1\") nil 1 (genCA \"x\" 1)", "error parsing ip: 1"),
        ("bcrypt (bcrypt \"x\")", "a generated value cannot be passed to bcrypt"),
        ("htpasswd (randAlpha 4) \"x\"", "a generated value cannot be passed to htpasswd"),
        ("encryptAES \"k\" (randAlpha 3 | b64enc)", "a generated value cannot be passed to encryptAES"),
        ("(genCA \"x\" 1).Cert | len", "a generated value cannot be passed to len"),
        ("buildCustomCert (randAlpha 4 | b64enc) \"\"", "a generated value cannot be passed to buildCustomCert"),
    ];
    for (call, why) in cases {
        let error = refused(&format!("a\n{{{{ {call} }}}}"));
        assert!(error.contains(why) && error.starts_with("template: t.yaml:2:"), "{call}: {error}");
    }
    let chain = "{{ $c := genCA \"x\" 1 }}{{ range until 20 }}{{ $c = genSignedCert \"x\" nil nil 1 $c }}{{ end }}";
    assert!(refused(chain).contains("more than 8 certificates sign one another"));
    assert!(refused("{{ range until 200 }}{{ genCA \"x\" 1 }}{{ end }}").contains("steps"));
}

#[test]
fn elsewhere_than_in_a_secret_it_is_an_error_that_says_how_else() {
    let webhook = "kind: ValidatingWebhookConfiguration\nmetadata: {name: w}\n\
        webhooks: [{clientConfig: {caBundle: {{ $ca.Cert | b64enc }}}}]\n";
    let error = found(&format!("{PAIR}\n{webhook}")).expect_err("it is no Secret").to_string();
    assert!(error.contains("cert-manager.io/inject-ca-from-secret"), "{error}");
    assert!(error.ends_with("at webhooks[0].clientConfig.caBundle, made at t.yaml:4:51"), "{error}");
    let map = "kind: ConfigMap\nmetadata: {name: w}\ndata: {ca: {{ $ca.Cert }}}\n";
    let error = found(&format!("{PAIR}{map}")).expect_err("it is no Secret").to_string();
    assert!(error.contains("can only be in the data of a Secret; at data.ca"), "{error}");
}

#[test]
fn its_checksum_is_stable_until_it_is_for_something_else() {
    let sum = |before: &str, name: &str| {
        let text = format!("{before}{{{{ $c := genSelfSignedCert {name:?} nil nil 9 }}}}{{{{ sha256sum $c.Cert }}}}");
        render_text(&text, "t", &Value::Nil, &mut Session::default()).expect("it renders")
    };
    assert_eq!(sum("", "a"), sum("{{ $x := genCA \"x\" 1 }}", "a"));
    assert_ne!(sum("", "a"), sum("", "b"));
}

/// Chance that is the same each time, at a moment.
#[derive(Default)]
struct Fixed {
    asked: AtomicU64,
    later: i64,
}

impl Outside for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_900_000_000).unwrap() + SignedDuration::from_hours(24 * self.later)
    }

    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let asked = self.asked.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            let mixed = (asked ^ asked >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed ^ mixed >> 27).to_be_bytes()[1];
        }
    }
}

fn wish(is_authority: bool) -> Wish {
    Wish {
        name: if is_authority { "my-ca" } else { "web" }.to_owned(),
        addresses: vec!["10.0.0.1".parse().unwrap()],
        names: vec!["web.ns.svc".to_owned()],
        days: 90,
        is_authority,
    }
}

#[test]
fn what_is_made_verifies_and_fits() {
    let outside = Fixed::default();
    for kind in [KeyKind::Rsa(2048), KeyKind::Ecdsa, KeyKind::Ed25519] {
        let keys = [(); 2].map(|()| private_key(kind, &outside).expect("it is made"));
        let [ca_key, key] = keys;
        let ca = Made::Certificate { wish: wish(true), key: ca_key.clone(), signer: None };
        let ca_cert = make(&ca, &outside).expect("it is made");
        let signer = Some(Signer { cert: ca_cert.clone(), key: ca_key.clone() });
        let leaf = Made::Certificate { wish: wish(false), key: key.clone(), signer };
        let cert = make(&leaf, &outside).expect("it is made");

        let read = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).expect("it is PEM");
        let (ca_der, der) = (read(&ca_cert), read(&cert));
        let anchor = webpki::anchor_from_trusted_cert(&ca_der).expect("it is an authority");
        let entity = webpki::EndEntityCert::try_from(&der).expect("it is a certificate");
        let verify = |days: i64| {
            let at = Fixed { later: days, ..Fixed::default() }.now().as_second();
            let at = UnixTime::since_unix_epoch(Duration::from_secs(at.unsigned_abs()));
            let usage = webpki::KeyUsage::server_auth();
            let all = webpki::ALL_VERIFICATION_ALGS;
            entity.verify_for_usage(all, std::slice::from_ref(&anchor), &[], at, usage, None, None).map(drop)
        };
        verify(1).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert!(verify(91).is_err(), "its time is over");
        for name in ["web.ns.svc", "10.0.0.1"] {
            let name = ServerName::try_from(name).unwrap();
            entity.verify_is_valid_for_subject_name(&name).unwrap_or_else(|error| panic!("{kind}: {error}"));
        }

        let now = outside.now();
        let later = now + SignedDuration::from_hours(24 * 90);
        let known = leaf.map(|of| Some(of.clone()));
        assert!(fits(&known, &cert, now) && fits(&ca.map(|of| Some(of.clone())), &ca_cert, now), "{kind}");
        assert!(fits(&leaf.map(|_| None), &cert, now), "{kind}: what is not known is not asked for");
        assert!(!fits(&known, &cert, later), "{kind}: its time is over");
        assert!(!fits(&known, "x", now) && !fits(&known, &ca_cert, now));
        let Made::Certificate { key: known_key, signer, .. } = known else { unreachable!("it is one") };
        for other in [
            Wish { names: vec!["other".to_owned()], ..wish(false) },
            Wish { days: 91, ..wish(false) },
            Wish { name: "x".to_owned(), ..wish(false) },
            wish(true),
        ] {
            let other = Made::Certificate { wish: other, key: known_key.clone(), signer: signer.clone() };
            assert!(!fits(&other, &cert, now), "{kind}: {other}");
        }
        let of_another_key = Made::Certificate { wish: wish(false), key: Some(ca_key.clone()), signer: None };
        assert!(!fits(&of_another_key, &cert, now));
        let again = make(&Made::Certificate { wish: wish(true), key: key.clone(), signer: None }, &outside)
            .expect("it is made");
        let signer = Some(Signer { cert: Some(again), key: None });
        assert!(!fits(&Made::Certificate { wish: wish(false), key: None, signer }, &cert, now), "{kind}");
    }
}

#[test]
fn hashes_and_encrypted_texts_fit_what_they_are_of() {
    let outside = Fixed::default();
    let hash = |of: &str| Made::Bcrypt { of: of.to_owned() };
    let aes = |text: &str| Made::Aes { password: "k".to_owned(), text: text.to_owned() };
    for (one, other) in [(hash("a"), hash("b")), (aes("a"), aes("b"))] {
        let value = make(&one, &outside).expect("it is made");
        assert!(fits(&one.map(|of| Some(of.clone())), &value, outside.now()));
        assert!(!fits(&other.map(|of| Some(of.clone())), &value, outside.now()));
        assert!(fits(&other.map(|_| None), &value, outside.now()), "what is not known is not asked for");
    }
}
