//! Certificates that are made in the cluster, once, with the authority that signs them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use super::case::{Case, applying};

const TEMPLATE: &str = "charts/app/templates/tls.yaml";

const TLS: &str = r#"{{- $ca := genCA "app-ca" 365 }}
{{- $cert := genSignedCert "web" (list "10.0.0.1") (list "web.app.svc") 30 $ca }}
apiVersion: v1
kind: Secret
metadata:
  name: tls
type: kubernetes.io/tls
data:
  ca.crt: {{ $ca.Cert | b64enc }}
  tls.crt: {{ $cert.Cert | b64enc }}
  tls.key: {{ $cert.Key | b64enc }}
"#;

/// A key of a Secret, as text.
fn value(case: &Case, secret: &str, key: &str) -> String {
    let encoded = case.field("one", &format!("secret/{secret}"), &format!(".data.{}", key.replace('.', "\\.")));
    String::from_utf8(STANDARD.decode(encoded).expect("a Secret's data is base64")).expect("PEM is text")
}

/// Whether a certificate is signed by an authority, for a name, today.
fn verify(ca: &str, cert: &str, name: &str) -> Result<(), String> {
    let read = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| error.to_string());
    let (ca, cert) = (read(ca)?, read(cert)?);
    let anchor = webpki::anchor_from_trusted_cert(&ca).map_err(|error| error.to_string())?;
    let entity = webpki::EndEntityCert::try_from(&cert).map_err(|error| error.to_string())?;
    let usage = webpki::KeyUsage::server_auth();
    let anchors = [anchor];
    let done =
        entity.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &anchors, &[], UnixTime::now(), usage, None, None);
    done.map_err(|error| error.to_string())?;
    let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
    entity.verify_is_valid_for_subject_name(&name).map_err(|error| error.to_string())
}

#[test]
fn a_certificate_is_made_once_and_again_for_another_name_or_when_it_is_lost() {
    let Some(case) = Case::start("tls") else { return };
    case.repo.write(TEMPLATE, TLS);
    case.sandbox("one", "").commit("a certificate");
    let mut said = String::new();
    let mut run = |args: &[&str], status: i32| {
        let output = case.tool().command(args).env("RECONCILE_LOG", "trace").output().expect("the binary starts");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        said.push_str(&out);
        said.push_str(&err);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {out}{err}");
    };
    let all = |case: &Case| ["ca.crt", "tls.crt", "tls.key"].map(|key| value(case, "tls", key));
    run(&["--plan", "-v"], 2);
    run(&applying(&[]), 0);
    let first = all(&case);
    verify(&first[0], &first[1], "web.app.svc").expect("they fit together");
    verify(&first[0], &first[1], "10.0.0.1").expect("the address is in it");
    PrivateKeyDer::from_pem_slice(first[2].as_bytes()).expect("it is a key");
    run(&["--plan", "-v"], 0);
    run(&applying(&[]), 0);
    assert_eq!(all(&case), first);

    // Something else of the Secret changes.
    case.repo.edit(TEMPLATE, "\ndata:\n", "\ndata:\n  more: bW9yZQ==\n");
    case.commit("one more key");
    run(&applying(&[]), 0);
    assert_eq!(all(&case), first, "nothing of it was made again");

    // Another name: the authority's key is nowhere, so all of it is made again.
    case.repo.edit(TEMPLATE, "web.app.svc", "web.other.svc");
    case.commit("another name");
    run(&["--plan", "--format=json"], 2);
    run(&applying(&[]), 0);
    let second = all(&case);
    verify(&second[0], &second[1], "web.other.svc").expect("they fit together");
    assert!(verify(&first[0], &second[1], "web.other.svc").is_err());

    // One key is lost, then all.
    case.kubectl(
        "one",
        &["patch", "secret/tls", "--type=json", r#"--patch=[{"op": "remove", "path": "/data/ca.crt"}]"#],
    );
    run(&applying(&[]), 0);
    let third = all(&case);
    verify(&third[0], &third[1], "web.other.svc").expect("they fit together");
    case.kubectl("one", &["delete", "secret/tls"]);
    run(&applying(&[]), 0);
    let fourth = all(&case);
    verify(&fourth[0], &fourth[1], "web.other.svc").expect("they fit together");
    for pem in [first, second, third, fourth].iter().flatten() {
        assert!(!said.contains(pem.as_str()) && !said.contains(&STANDARD.encode(pem)), "a generated value was printed");
    }
    assert!(!said.contains("PRIVATE KEY"), "a key was printed");
    case.assert_settled();
}

/// An authority whose key is kept signs for Secrets that come later.
#[test]
fn an_authority_that_is_kept_signs_for_what_comes_later() {
    const KEPT: &str = r#"{{- $ca := genCAWithKey "app-ca" 365 (genPrivateKey "ecdsa") }}
apiVersion: v1
kind: Secret
metadata:
  name: authority
stringData:
  crt: {{ $ca.Cert | toJson }}
  key: {{ $ca.Key | toJson }}
"#;
    const LATER: &str = r#"---
{{- $cert := genSignedCertWithKey "web" nil (list "web.app.svc") 30 $ca (genPrivateKey "ed25519") }}
{{- $password := randAlphaNum 20 }}
apiVersion: v1
kind: Secret
metadata:
  name: web
stringData:
  crt: {{ $cert.Cert | toJson }}
  key: {{ $cert.Key | toJson }}
  bundle: |
    {{- print $cert.Cert $ca.Cert | nindent 4 }}
  password: {{ $password }}
  htpasswd: {{ htpasswd "admin" $password }}
"#;
    let Some(case) = Case::start("authority") else { return };
    case.repo.write(TEMPLATE, KEPT);
    case.sandbox("one", "").commit("an authority");
    case.run(0, &[]);
    let authority = ["crt", "key"].map(|key| value(&case, "authority", key));
    case.repo.write(TEMPLATE, &format!("{KEPT}{LATER}"));
    case.commit("a certificate");
    case.run(0, &[]);
    assert_eq!(["crt", "key"].map(|key| value(&case, "authority", key)), authority, "it was there already");
    let cert = value(&case, "web", "crt");
    verify(&authority[0], &cert, "web.app.svc").expect("they fit together");
    assert!(value(&case, "web", "key").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(value(&case, "web", "bundle").starts_with(&format!("{cert}{}", authority[0])));
    let hash = value(&case, "web", "htpasswd");
    let hash = hash.strip_prefix("admin:").expect("the name comes first");
    assert!(bcrypt::verify(value(&case, "web", "password"), hash).expect("it is a hash"));
    case.assert_settled();
}
