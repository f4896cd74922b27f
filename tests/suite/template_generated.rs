//! Values that the cluster generates: how they pass through templates, and how they are found in Secrets.

use reconcile::chart::generated::{GeneratedKey, Misplaced, Part, SecretKeys, extract};
use reconcile::chart::template::{Session, Templates, Value};
use reconcile::chart::yaml::{self, Numbers};
use serde_json::{Value as Json, json};

/// Renders files of one chart, in Helm's order, and reads the objects that they make.
fn objects(files: &[(&str, &str)], session: &mut Session) -> Result<Vec<(String, Json)>, String> {
    let named: Vec<(String, &str)> = files.iter().map(|(name, text)| (format!("c/templates/{name}"), *text)).collect();
    let templates =
        Templates::parse(named.iter().map(|(name, text)| (name.as_str(), *text))).map_err(|error| error.to_string())?;
    let data = Value::data([("Values", Value::values(&json!({ "user": "odoo" })))]);
    let mut all = Vec::new();
    for name in templates.names().filter(|name| !name.contains("/_")) {
        let text = templates.render(name, &data, session).map_err(|error| error.to_string())?;
        for part in text.split("\n---\n") {
            let value = yaml::read(part, Numbers::Exact).map_err(|error| format!("{error}\n{part}"))?;
            all.push((name.to_owned(), value));
        }
    }
    Ok(all)
}

/// The objects without their generated keys, and those keys.
type Found = (Vec<(String, Json)>, Result<Vec<SecretKeys>, Misplaced>);

fn found(files: &[(&str, &str)]) -> Found {
    let mut session = Session::default();
    let mut objects = objects(files, &mut session).expect("it renders");
    let keys = extract(&mut objects, &session.tokens);
    (objects, keys)
}

/// The generated keys of a single Secret, for people.
fn shown(template: &str) -> Vec<String> {
    let (_, keys) = found(&[("secret.yaml", template)]);
    let keys = keys.expect("its values are where they may be");
    keys.iter().flat_map(|keys| &keys.keys).map(|key| format!("{}: {key}", key.key)).collect()
}

/// What is wrong with a template that would look into a generated value.
fn refused(template: &str) -> String {
    let objects = objects(&[("t.yaml", template)], &mut Session::default());
    objects.expect_err("it looks into a generated value")
}

const HEAD: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: odoo}\n";

#[test]
fn a_password_is_a_generated_key() {
    let template = format!("{HEAD}data:\n  password: {{{{ randAlphaNum 24 | b64enc | quote }}}}\n  user: b2Rvbw==\n");
    let (objects, keys) = found(&[("secret.yaml", &template)]);
    let keys = keys.expect("a Secret may hold it");
    assert_eq!(keys[0].keys[0].to_string(), "<generated: 24 alphanumeric characters, secret odoo, key password>");
    assert_eq!(objects[0].1["data"], json!({ "user": "b2Rvbw==" }), "the key is taken out of the object");
}

#[test]
fn every_kind_has_its_words() {
    let kinds = [
        ("randAlphaNum 8", "8 alphanumeric characters"),
        ("randAlpha 8", "8 letters"),
        ("randNumeric 8", "8 digits"),
        ("randAscii 8", "8 printable characters"),
        ("randBytes 8", "8 bytes as base64"),
        ("uuidv4", "a UUID"),
        ("genPrivateKey \"\"", "an RSA key of 4096 bits"),
        ("genPrivateKey \"ecdsa\"", "an ECDSA key"),
        ("genPrivateKey \"ed25519\"", "an Ed25519 key"),
        ("bcrypt \"x\"", "a bcrypt hash"),
        ("encryptAES \"k\" \"x\"", "an encrypted text"),
        ("(genCA \"x\" 9).Key", "an RSA key of 2048 bits"),
        ("(genCA \"x\" 9).Cert", "an authority of 9 days for x"),
    ];
    for (call, words) in kinds {
        let template = format!("{HEAD}stringData:\n  k: {{{{ {call} }}}}\n");
        assert_eq!(shown(&template), [format!("k: <generated: {words}, secret odoo, key k>")]);
    }
}

#[test]
fn it_passes_through_what_does_not_look_inside() {
    let ways = [
        "{{ $p | quote }}",
        "{{ $p | squote }}",
        "{{ printf \"%s\" $p }}",
        "{{ printf \"%v\" $p }}",
        "{{ printf \"%q\" $p }}",
        "{{ print $p }}",
        "{{ $p | toString | trim }}",
        "{{ $p | default \"x\" }}",
        "{{ default $p \"\" }}",
        "{{ coalesce \"\" $p }}",
        "{{ ternary $p \"x\" true }}",
        "{{ (dict \"a\" $p).a }}",
        "{{ index (list 1 $p) 1 }}",
        "{{ first (list $p) }}",
        "{{ get (set (dict) \"a\" $p) \"a\" }}",
        "{{ tpl \"{{ .p }}\" (dict \"p\" $p) }}",
        "{{ include \"id\" $p }}",
        "{{ $p | toJson }}",
        "{{ (fromYaml (toYaml (dict \"a\" $p))).a }}",
        "{{ (fromJson (toJson (dict \"a\" $p))).a }}",
        "{{ $p | b64enc | b64dec }}",
        "{{ if $p }}{{ $p }}{{ end }}",
        "{{ required \"must be\" $p }}",
        "|-{{ $p | nindent 4 }}",
        "{{ $p | trimSuffix \"\\n\" }}",
        "{{ with $p }}{{ . }}{{ end }}",
        "{{ (merge (dict \"a\" $p) (dict \"a\" 1)).a }}",
        "{{ (deepCopy (dict \"a\" $p)).a }}",
    ];
    for way in ways {
        let template = format!(
            "{{{{ define \"id\" }}}}{{{{ . }}}}{{{{ end }}}}{{{{ $p := randAlphaNum 9 }}}}{HEAD}stringData:\n  k: {way}\n"
        );
        assert_eq!(shown(&template), ["k: <generated: 9 alphanumeric characters, secret odoo, key k>"], "{way}");
    }
}

#[test]
fn text_around_it_stays_text() {
    let template = format!(
        "{{{{ $p := randAlphaNum 9 }}}}{HEAD}stringData:\n  url: {{{{ printf \"postgres://%s:%s@db/\" .Values.user $p }}}}\n  \
         joined: {{{{ join \",\" (list \"a\" $p) }}}}\n  cat: {{{{ cat \"a\" $p }}}}\n"
    );
    let password = "<generated: 9 alphanumeric characters, secret odoo, key cat>";
    assert_eq!(
        shown(&template),
        [format!("cat: a {password}"), format!("joined: a,{password}"), format!("url: postgres://odoo:{password}@db/")]
    );
    let encoded = format!("{HEAD}data:\n  k: {{{{ printf \"pw=%s\" (randAlpha 4) | b64enc }}}}\n");
    assert_eq!(shown(&encoded), ["k: pw=<generated: 4 letters, secret odoo, key k>"]);
}

#[test]
fn names_do_not_depend_on_order() {
    let first = format!(
        "{HEAD}stringData:\n  b: {{{{ randAlphaNum 5 }}}}\n  a: {{{{ randAlphaNum 5 }}}}{{{{ randAlpha 5 }}}}\n"
    );
    let second = "apiVersion: v1\nkind: Secret\nmetadata: {name: zoo}\nstringData: {k: {{ uuidv4 }}}\n";
    let keys = |files: &[(&str, &str)]| {
        let (objects, keys) = found(files);
        let mut named: Vec<(Json, Vec<GeneratedKey>)> = objects
            .into_iter()
            .zip(keys.expect("only Secrets hold them"))
            .map(|((_, object), keys)| (object["metadata"]["name"].clone(), keys.keys))
            .collect();
        named.sort_by_key(|(name, _)| name.to_string());
        named
    };
    assert_eq!(keys(&[("a.yaml", &first), ("b.yaml", second)]), keys(&[("b.yaml", &first), ("a.yaml", second)]));
    let named = keys(&[("a.yaml", &first), ("b.yaml", second)]);
    let ids: Vec<(String, usize)> = named
        .iter()
        .flat_map(|(_, keys)| keys)
        .flat_map(|key| &key.parts)
        .filter_map(|part| match part {
            Part::Random { id, .. } => Some((format!("{}/{}", id.secret, id.key), id.ordinal)),
            Part::Text(_) => None,
        })
        .collect();
    assert_eq!(ids, [("odoo/a".into(), 0), ("odoo/a".into(), 1), ("odoo/b".into(), 0), ("zoo/k".into(), 0)]);
}

#[test]
fn one_value_in_several_secrets_is_one() {
    let template = format!(
        "{{{{ $p := randAlphaNum 7 }}}}{}stringData: {{z: {{{{ $p }}}}}}\n---\n{}data: {{k: {{{{ $p | b64enc }}}}}}\n",
        HEAD.replace("odoo", "b"),
        HEAD.replace("odoo", "a")
    );
    let (_, keys) = found(&[("secret.yaml", &template)]);
    let keys = keys.expect("both are Secrets");
    assert_eq!(keys[0].keys[0].parts, keys[1].keys[0].parts);
    assert_eq!(keys[0].keys[0].to_string(), "<generated: 7 alphanumeric characters, secret a, key k>");
}

#[test]
fn checksums_are_stable() {
    let checksum = |before: &str| {
        let template = format!("{before}x: {{{{ printf \"a %s\" (randAlphaNum 8 | b64enc) | sha256sum }}}}\n");
        let objects = objects(&[("t.yaml", &template)], &mut Session::default()).expect("it renders");
        objects[0].1["x"].clone()
    };
    assert_eq!(checksum(""), checksum("{{ $x := randAlpha 3 }}{{ $y := uuidv4 }}"));
    let other = objects(
        &[("t.yaml", "x: {{ printf \"a %s\" (randAlphaNum 9 | b64enc) | sha256sum }}")],
        &mut Session::default(),
    );
    assert_ne!(checksum(""), other.expect("it renders")[0].1["x"], "another size is another checksum");
}

#[test]
fn a_hash_of_it_is_no_secret() {
    for value in [
        "stringData: {k: \"{{ randAlphaNum 8 | sha256sum }}\"}",
        "data: {k: {{ randAlphaNum 8 | sha256sum | b64enc }}}",
    ] {
        let template = format!("{HEAD}{value}\n");
        let (_, keys) = found(&[("secret.yaml", &template)]);
        let error = keys.expect_err("anyone could compute the hash").to_string();
        assert!(error.contains("the hash of a generated value cannot be stored in a Secret"), "{error}");
    }
}

#[test]
fn looking_inside_is_an_error_with_its_line() {
    let calls = [
        "len $p",
        "eq $p \"x\"",
        "ne $p \"x\"",
        "lt $p \"x\"",
        "trunc 3 $p",
        "substr 0 2 $p",
        "upper $p",
        "lower $p",
        "replace \"a\" \"b\" $p",
        "contains \"a\" $p",
        "hasPrefix \"a\" $p",
        "hasSuffix \"a\" $p",
        "regexMatch \"a\" $p",
        "regexReplaceAll \"a\" $p \"b\"",
        "split \"a\" $p",
        "splitList \"a\" $p",
        "int $p",
        "atoi $p",
        "trimSuffix \"a\" $p",
        "trimPrefix \"a\" $p",
        "trimAll \"a\" $p",
        "index $p 0",
        "printf \"%x\" $p",
        "printf \"%5s\" $p",
        "printf \"%.3s\" $p",
        "b64dec $p",
        "b32enc $p",
        "title $p",
        "repeat 2 $p",
        "urlquery $p",
        "sortAlpha (list $p)",
        "uniq (list $p)",
        "has \"x\" (list $p)",
        "without (list $p) \"x\"",
        "semver $p",
        "add 1 $p",
        "deepEqual $p \"x\"",
        "urlParse $p",
        "camelcase $p",
        "wrap 5 $p",
        "abbrev 5 $p",
        "toDate \"2006\" $p",
    ];
    for call in calls {
        let error = refused(&format!("a: b\n{{{{ $p := randAlphaNum 9 }}}}\nx: {{{{ {call} }}}}\n"));
        assert!(error.starts_with("template: c/templates/t.yaml:3:"), "{call}: {error}");
        let said = error.contains("a generated value cannot be") || error.contains("a render is hermetic");
        assert!(said, "{call}: {error}");
    }
}

#[test]
fn what_is_random_or_of_this_moment_is_an_error_with_its_line() {
    let calls = [
        "now",
        "ago 0 now",
        "date \"2006\" now",
        "date \"2006\" \"x\"",
        "shuffle \"abc\"",
        "randInt 1 5",
        "durationRound (now)",
    ];
    for call in calls {
        let error = refused(&format!("a: b\nx: {{{{ {call} }}}}\n"));
        assert!(error.starts_with("template: c/templates/t.yaml:2:"), "{call}: {error}");
        assert!(error.contains("a render is hermetic") || error.contains("wrong number of args"), "{call}: {error}");
    }
}

#[test]
fn elsewhere_it_is_an_error() {
    let cases = [
        ("kind: Pod\nmetadata: {name: p}\nspec: {env: [{name: A, value: {{ randAlpha 4 }}}]}", "spec.env[0].value"),
        ("kind: ConfigMap\nmetadata: {name: p}\ndata: {k: {{ randAlpha 4 }}}", "data.k"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: \"p-{{ randAlpha 4 }}\"}\n", "metadata.name"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: p, labels: {a: {{ randAlpha 4 }}}}\n", "metadata.labels.a"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: p}\nstringData: {\"{{ randAlpha 4 }}\": x}\n", "stringData"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: p}\ndata: {k: {{ randAlpha 4 }}}\n", "data.k"),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: p}\ndata: {k: \"eA=={{ randAlpha 4 | b64enc }}\"}\n",
            "data.k",
        ),
    ];
    for (template, path) in cases {
        let (_, keys) = found(&[("t.yaml", template)]);
        let error = keys.expect_err("it is no value of a Secret");
        assert_eq!((error.path.as_str(), error.template.as_str()), (path, "c/templates/t.yaml"), "{error}");
    }
}

#[test]
fn a_plan_keeps_generated_keys() {
    let template = format!("{HEAD}stringData:\n  k: a{{{{ randAlphaNum 5 }}}}b{{{{ uuidv4 }}}}\n");
    let (_, keys) = found(&[("secret.yaml", &template)]);
    let keys = keys.expect("a Secret may hold them").remove(0).keys;
    let text = serde_json::to_string(&keys).expect("it can be written");
    assert_eq!(serde_json::from_str::<Vec<GeneratedKey>>(&text).expect("it can be read"), keys);
}

#[test]
fn text_that_only_looks_like_a_token_is_text() {
    let template = format!("{HEAD}stringData: {{a: {{{{ randAlpha 3 }}}}, b: \"rcGEN7vQx000009Z rcGEN7vQx\"}}\n");
    let (objects, keys) = found(&[("secret.yaml", &template)]);
    let keys = keys.expect("a Secret may hold it").remove(0).keys;
    assert_eq!(keys.len(), 1, "the other is no value that anyone asked for");
    assert_eq!(objects[0].1["stringData"], json!({ "b": "rcGEN7vQx000009Z rcGEN7vQx" }));
}
