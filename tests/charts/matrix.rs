//! Charts made for it under all flags, and what is no chart.

use std::fs;
use std::path::Path;

use super::compare::{Case, compare, helm};

/// Lines of values.
const LINES: &[&str] = &[
    "a={}",
    "a={1,b,true}",
    "a[0]",
    "a[0].b=",
    "a[1].b=3",
    "a[b]=1",
    "a[0]x=1",
    "a",
    "a.b",
    "a=1,",
    "a=,b=2",
    "a,b",
    "a.b=1,a.b.c=2",
    "a={x",
    "a[0][1]=3",
    "a[-1]=2",
    "a[70000]=1",
    "=1",
    "a==b",
    "a=\\,b",
    "a=1\\",
    "a=TRUE,b=Null,c=0,d=01,e=+5,f=-3",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.A.B.C.D.E.F.G=1",
    "a[0]={1,2}",
    "a={1,2},b=3",
    "a={1,2}b=3",
    "l[0]=x",
    "l.x=1",
    "m[0]=1",
    "m.k=2",
    "m.k.z=1",
    "m=1",
    "m.k=null",
    "a\\.b=1",
    "a[0].b.c=1,a[0].b.d=2",
    "a[2]=z,a[0]=y",
    "a[0][0].x=1",
    "a=[1]",
    "a[]=1",
    "a[",
    "a[0",
    "a]=1",
    "a.=1",
    ".a=1",
    "a..b=1",
    "a=1.5",
    "a=1e3",
    "a=9999999999999999999",
    "a=-0",
    "a=00",
    "a=0x10",
    "a= 1",
    "a=yes",
    "a=\"x\"",
    "a=é",
    "é=1",
    "a[0]=1,a.b=2",
    "n=1",
    "n.a=1",
    "a={{x}}",
    "a={1,{2,3}}",
    "a=,",
    "a.b=",
    "a.b=,c=1",
    "a[1]=,b=2",
    "a[+1]=3",
    "a[1_0]=1",
    "a[99999999999999999999]=1",
    "m.k={}",
    "l[1].z=2",
    "a=b=c,d",
    "a=falſe",
    ",",
    "=",
    "a\\=b=c",
    "a\\[0\\]=1",
    "null=1",
    "a=NULL",
    "a[0]=null",
    "l[3]=q",
    "l=null",
    "m={a,b}",
    "a[0]={",
    "a[0]=",
    "a[0],b=1",
    "a[0].x,b=1",
    "a[0].=1",
    "a.b[0]=1,a.b[1]=2",
    "a[1][1]=1,a[0][0]=2",
    "l[0][0]=1",
    "l[0].x=1",
];

/// The same as JSON.
const JSON: &[&str] = &[
    "a=1",
    "a={\"x\":1}",
    "a=[1,2],b=true",
    "a=",
    "a= ,b=2",
    "a=null",
    "a=x",
    "a=1x",
    "a={\"x\"",
    "a.b=\"q\"",
    "a[0]=\"z\"",
    "a[1]={\"k\":[1]}",
    "a=1 , b=2",
    "a=01",
    "a=\"x\" \"y\"",
    "m={\"k\":null}",
    "m.k={\"z\":1}",
    "a",
    "a=1.5e3",
    "a=\"\\u00e9\"",
    "a=[1,]",
    "a[0]=",
    "a[0]=x",
    " a=1",
    "a=1,",
    "{\"a\":1}",
    "a=123456789012345678901234567890",
    "a=-",
    "a=1,,b=2",
    "a={\"b\":{\"c\":1}},a.b.d=2",
    "a=nul",
];

/// Flags over a chart with subcharts, hooks, tests and definitions.
const FLAGS: &[&[&str]] = &[
    &[],
    &["--include-crds"],
    &["--no-hooks"],
    &["--skip-tests"],
    &["--include-crds=false", "--no-hooks=true"],
    &["-s", "templates/all.yaml"],
    &["-s", "templates/*.yaml"],
    &["-s", "templates/hooks.yaml", "-s", "templates/all.yaml"],
    &["-s", "charts/sub/templates/sub.yaml"],
    &["-s", "templates/none.yaml"],
    &["-s", "templates/_helpers.tpl"],
    &["--is-upgrade"],
    &["-n", "space"],
    &["--namespace=space"],
    &["--kube-version", "1.28"],
    &["--kube-version", "v1.27.3-eks-1+x"],
    &["--kube-version", "1"],
    &["--kube-version", "abc"],
    &["--kube-version", "1.19"],
    &["-a", "x/v1,y/v1"],
    &["-a", "x/v1", "-a", "z/v1/Kind"],
    &["--set", "sub.on=false"],
    &["--set", "tags.extra=false"],
    &["--set", "sub=1"],
    &["--set", "global.x=y,sub.deep.a=null"],
    &["--set", "global=x"],
    &["--set", "global=null"],
    &["--set", "sub.global=x"],
    &["--set-json", "global=[1]"],
    &["--set", "size=small"],
    &["--set", "size=small", "--skip-schema-validation"],
    &["--set", "fail=true"],
    &["--set", "yaml=true"],
    &["--set", "list=true"],
    &["--set", "hook=odd"],
    &["--set", "empty=true"],
    &["-f", ""],
    &["-f", "v.yaml"],
    &["--kube-insecure-skip-tls-verify", "--kube-apiserver", "x"],
    &["-f", "v.yaml,w.yaml"],
    &["-f", "w.yaml", "-f", "v.yaml", "--set", "size=9"],
    &["-f", "list.yaml"],
    &["-f", "broken.yaml"],
    &["-f", "none.yaml"],
    &["--set-file", "text=v.yaml"],
    &["--set-file", "text=none.yaml"],
    &["--set-json", "size=3", "--set", "size=4"],
];

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }
}

const ALL: &str = r#"{{- if .Values.fail }}{{ fail "told so" }}{{ end -}}
{{- if not .Values.empty }}
kind: Service
apiVersion: v1
metadata: {name: {{ include "name" . }}}
values:
{{ toYaml .Values | indent 2 }}
shown: {{ printf "%#v" .Values.size | quote }}
release: {{ .Release | toJson }}
chart: {{ .Chart | toJson }}
subcharts: {{ keys .Subcharts | sortAlpha | toJson }}
kube: {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Major }} {{ .Capabilities.KubeVersion.Minor }}
has: {{ .Capabilities.APIVersions.Has "x/v1" }} {{ .Capabilities.APIVersions.Has "apps/v1" }}
files: {{ range $path, $_ := .Files.Glob "**" }}{{ $path }} {{ end }}
--- # a comment behind the line
kind: Namespace
---
# nothing but a comment
{{- if .Values.yaml }}
---
a: b: c
{{- end }}
{{- if .Values.list }}
---
- a
{{- end }}
{{- end }}
"#;

/// A chart with something of everything.
fn family(folder: &Path) {
    let meta = "apiVersion: v2\nname: family\nversion: 1.2.3\nappVersion: 1.10\nkubeVersion: \">=1.20-0\"\nannotations: {a: 1}\n\
                dependencies:\n- {name: sub, version: ^0.1.0, repository: x, condition: sub.on, import-values: [out, {child: \
                deep, parent: taken}]}\n- {name: sub, alias: again, version: 0.x, repository: x, tags: [extra]}\n- {name: lib, \
                version: 1.0.0, repository: x}\n";
    let schema = r#"{"properties": {"size": {"type": ["integer", "null"], "maximum": 100000}}, "required": ["size"]}"#;
    let sub = "deep: {a: 1, b: [x]}\nexports: {out: {exported: yes}}\nglobal: {own: 1, x: sub}\n";
    write(
        folder,
        &[
            ("family/Chart.yaml", meta),
            ("family/values.yaml", "size: 5\nglobal: {x: top}\nsub: {deep: {c: 2}}\n"),
            ("family/values.schema.json", schema),
            ("family/.helmignore", "*.bak\n/private/\n!\n".trim_end_matches("!\n")),
            ("family/a.bak", "ignored"),
            ("family/private/x", "ignored"),
            ("family/README.md", "read me"),
            ("family/crds/b.yaml", "kind: CustomResourceDefinition\nname: b\n"),
            ("family/crds/a/c.yml", "kind: CustomResourceDefinition\nname: {{ not rendered }}\n\n"),
            ("family/crds/notes.txt", "none"),
            ("family/templates/all.yaml", ALL),
            (
                "family/templates/_helpers.tpl",
                "{{ define \"name\" }}{{ .Release.Name }}-{{ include \"lib\" . }}{{ end }}",
            ),
            ("family/templates/NOTES.txt", "Hello {{ .Release.Name }}"),
            (
                "family/templates/hooks.yaml",
                "kind: Job\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n---\nkind: ConfigMap\nmetadata: {name: h, \
                 annotations: {helm.sh/hook: 'pre-install, post-install', helm.sh/hook-weight: 3}}\n---\nkind: Pod\nmetadata: \
                 {annotations: {helm.sh/hook: {{ .Values.hook | default \"test-success\" }}}}\n",
            ),
            ("family/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.5\n"),
            ("family/charts/sub/values.yaml", sub),
            (
                "family/charts/sub/templates/sub.yaml",
                "kind: Secret\nof: {{ .Chart.Name }}\nvalues: {{ .Values | toJson }}\n",
            ),
            ("family/charts/sub/templates/NOTES.txt", "not: shown: at all"),
            ("family/charts/sub/crds/s.yaml", "kind: X\n"),
            ("family/charts/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"),
            ("family/charts/lib/templates/_lib.tpl", "{{ define \"lib\" }}lent{{ end }}"),
            ("family/charts/lib/templates/not.yaml", "not: rendered"),
            ("v.yaml", "size: 7\nlist: false\nsub: {deep: {a: 10}}\nbig: 1e21\n0x10: hex\n"),
            ("w.yaml", "size: null\nagain: {on: true}\n"),
            ("list.yaml", "- a\n"),
            ("broken.yaml", "a: b: c\n"),
        ],
    );
}

fn case(folder: &Path, args: &[&str]) -> Case {
    Case { folder: folder.to_owned(), args: args.iter().map(ToString::to_string).collect() }
}

fn assert_equal(cases: &[Case]) {
    let Some(helm) = helm() else { return };
    let outcome = compare(&helm, cases);
    assert!(outcome.different.is_empty(), "{}", outcome.different.join("\n\n"));
}

#[test]
fn flags_do_what_they_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    family(folder.path());
    let packed = std::process::Command::new("tar")
        .args(["czf", "family-1.2.3.tgz", "family"])
        .current_dir(folder.path())
        .status();
    assert!(packed.expect("tar starts").success());
    let mut cases = Vec::new();
    for flags in FLAGS {
        for chart in ["family", "./family-1.2.3.tgz"] {
            cases.push(case(folder.path(), &[&["demo", chart], *flags].concat()));
        }
    }
    for args in
        [&["family"][..], &["Demo", "family"], &["demo", "family", "more"], &["demo", "./none"], &["demo", "none"]]
    {
        cases.push(case(folder.path(), args));
    }
    assert_equal(&cases);
}

#[test]
fn values_of_a_command_line_follow_one_grammar() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(
        folder.path(),
        &[
            ("s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.0.0\n"),
            ("s/values.yaml", "m: {k: {z: 1}, o: 2}\nl: [a, b]\nn: 5\nt: text\n"),
            ("s/templates/a.yaml", "v:\n{{ toYaml .Values | indent 2 }}\np: {{ printf \"%#v\" .Values | quote }}\n"),
        ],
    );
    let one = |flag: &str, line: &str| case(folder.path(), &["demo", "s", flag, line]);
    let mut cases = Vec::new();
    for flag in ["--set", "--set-string", "--set-literal", "--set-file"] {
        cases.extend(LINES.iter().map(|line| one(flag, line)));
    }
    cases.extend(JSON.iter().map(|line| one("--set-json", line)));
    assert_equal(&cases);
}

#[test]
fn what_is_no_chart_is_told_in_the_same_words() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let metadata = [
        "[a]",
        "name: a",
        "name: {a: 1}\nversion: [1]",
        "name: a\nversion: 1\nmaintainers: [x]",
        "name: 'a",
        "name: a\nversion: 1\nmaintainers: [null]",
        "name: a\nversion: 1\ndependencies: [{name: {}}]",
        "",
        "name: a\nversion: 1\ndependencies: x",
        "name: a\nversion: 1\ndeprecated: 'yes'",
        "name: a/b\nversion: 1",
        "name: a\nversion: 1\nannotations: {a: [1]}",
        "name: a\nversion: 1\nkeywords: [[1]]",
        "name: ..\nversion: 1",
        "name: a\nversion: x.0",
        "name: a\nversion: 1\ndependencies: [{name: b}]",
        "name: a\nversion: 1\ntype: other",
        "name: a\nversion: 1\ntype: library",
        "name: a\nversion: 1\ndependencies: [{name: b, alias: 'x y'}]",
        "name: a\nversion: 1\ndependencies: [{name: b}, {name: b}]",
        "name: a\nversion: 1\ndependencies: [null]",
        "NAME: a\nVersion: 1\ndescription: 'two\n\n  lines'",
    ];
    let mut cases = Vec::new();
    for (number, text) in metadata.iter().enumerate() {
        let chart = format!("m{number}");
        write(folder.path(), &[(&format!("{chart}/Chart.yaml"), text)]);
        cases.push(case(folder.path(), &["demo", &chart]));
    }
    let plain = "apiVersion: v2\nname: a\nversion: 1.0.0\n";
    let files: &[(&str, &str)] = &[
        ("values.yaml", "- a"),
        ("values.yaml", "a: b: c"),
        (".helmignore", "a/**"),
        (".helmignore", "[a"),
        ("charts/b/x", ""),
        ("charts/b/Chart.yaml", "name: b"),
        ("charts/b-1.tgz", "no archive"),
        ("charts/b.tgz/x", "a folder"),
        ("charts/_b/x", ""),
        ("charts/b-1.tgz", "no"),
        ("values.schema.json", "{bad"),
        ("values.schema.json", ""),
        ("values.schema.json", "{"),
        ("values.schema.json", r#"{"$schema": "x"}"#),
        ("values.schema.json", r#"{"$schema": "file:///nowhere/x.json"}"#),
        ("values.schema.json", r#"{"$schema": "http://json-schema.org/schema#", "required": ["a"]}"#),
        ("values.schema.json", r#"{"$schema": "https://json-schema.org/draft-07/schema", "required": ["a"]}"#),
        ("templates/a.yaml", "kind: {a: 1}"),
        ("templates/a.yaml", "metadata: {annotations: {a: [1]}}"),
        ("templates/a.yaml", "metadata: x"),
        ("templates/a.yaml", "metadata: {name: []}"),
        ("templates/a.yaml", "5"),
        ("templates/a.yaml", "{{ if }}"),
        ("templates/a.yaml", "{{ .Values.a.b.c }}"),
        ("templates/a.yaml", "{{ include \"none\" . }}"),
        ("templates/a.yaml", "{{ required \"a is wanted\" .Values.a }}"),
    ];
    for (number, (path, text)) in files.iter().enumerate() {
        let chart = format!("f{number}");
        write(folder.path(), &[(&format!("{chart}/Chart.yaml"), plain), (&format!("{chart}/{path}"), text)]);
        cases.push(case(folder.path(), &["demo", &chart]));
    }
    write(
        folder.path(),
        &[("text", "x"), ("values.yaml", "a: 1"), ("long", &"words ".repeat(200)), ("big/Chart.yaml", plain)],
    );
    fs::write(folder.path().join("big/big"), vec![b'x'; 6 << 20]).expect("it can be written");
    // What is not UTF-8, in each of the ways that go-yaml has words for.
    let bytes: [&[u8]; 5] = [b"a: \xe9\n", b"a: \xff\n", b"a: \xe9abc\n", b"a: \xed\xa0\x80\n", b"a: \xc0\x80\n"];
    for (number, bytes) in bytes.iter().enumerate() {
        let file = format!("bytes{number}.yaml");
        fs::write(folder.path().join(&file), bytes).expect("it can be written");
        cases.push(case(folder.path(), &["demo", "f0", "-f", &file]));
    }
    for chart in ["./text", "./values.yaml", "./long", "big"] {
        cases.push(case(folder.path(), &["demo", chart]));
    }
    assert_equal(&cases);
}

#[test]
fn a_chart_that_takes_part_twice_is_two_copies_of_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let meta = |name: &str, wants: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n{wants}");
    let shown = "kind: X\nof: {{ .Chart.Name }}\nat: {{ .Template.Name }}\nvalues: {{ .Values | toJson }}\n";
    let twice = "dependencies:\n- {name: child, version: 1.0.0, alias: one, import-values: [{child: lent, parent: of-one}]}\n\
                 - {name: child, version: 1.0.0, alias: two, condition: two.on, import-values: [{child: lent, parent: of-two}]}\n";
    let named = "dependencies:\n- {name: grand, version: 1.0.0, import-values: [{child: lent, parent: lent}]}\n";
    let aliased = "dependencies:\n- {name: grand, version: 1.0.0, alias: great}\n";
    let mut cases = Vec::new();
    for (number, wants) in ["", named, aliased].into_iter().enumerate() {
        let path = |rest: &str| format!("t{number}/{rest}");
        write(
            folder.path(),
            &[
                (&path("Chart.yaml"), &meta("twice", twice)),
                (&path("values.yaml"), "one: {a: 1}\ntwo: {a: 2}\n"),
                (&path("templates/x.yaml"), shown),
                (&path("charts/child/Chart.yaml"), &meta("child", wants)),
                (&path("charts/child/templates/x.yaml"), shown),
                (&path("charts/child/charts/grand/Chart.yaml"), &meta("grand", "")),
                (&path("charts/child/charts/grand/values.yaml"), "lent: {from: grand}\n"),
                (&path("charts/child/charts/grand/crds/d.yaml"), "kind: CustomResourceDefinition\n"),
                (&path("charts/child/charts/grand/templates/x.yaml"), shown),
            ],
        );
        for more in [&[][..], &["--include-crds"], &["--set", "two.on=false"], &["--set", "one.grand.b=3"]] {
            cases.push(case(folder.path(), &[&["demo", &format!("t{number}")], more].concat()));
        }
    }
    // The same chart below another as a folder and packed.
    write(folder.path(), &[("both/Chart.yaml", &meta("both", ""))]);
    fs::create_dir_all(folder.path().join("both/charts")).expect("it can be made");
    let pack = |args: &[&str]| {
        let status = std::process::Command::new(args[0]).args(&args[1..]).current_dir(folder.path()).status();
        assert!(status.expect("it starts").success(), "{args:?}");
    };
    pack(&["cp", "-R", "t0/charts/child", "both/charts/child"]);
    pack(&["tar", "czf", "both/charts/child-1.0.0.tgz", "-C", "t0/charts", "child"]);
    cases.push(case(folder.path(), &["demo", "both"]));
    assert_equal(&cases);
}
