//! What has a little language of its own: patterns, versions and their ranges, addresses, paths.

use super::dice::{Dice, count};
use super::helm::Snippet;
use super::verdict;

const PATTERN: &[&str] = &[
    "a",
    "b",
    ".",
    "*",
    "+",
    "?",
    "|",
    "(",
    ")",
    "[",
    "]",
    "^",
    "$",
    "\\d",
    "\\w",
    "\\s",
    "\\b",
    "\\.",
    "[a-c]",
    "[^a]",
    "[[:alpha:]]",
    "[z-a]",
    "{2}",
    "{1,3}",
    "{,2}",
    "{1001}",
    "{2,1}",
    "(?:",
    "(?i)",
    "(?P<n>",
    "(?<n>",
    "(?=",
    "(?s)",
    "(?U)",
    "\\p{L}",
    "\\pL",
    "\\p{Foo}",
    "\\Q.\\E",
    "\\z",
    "\\A",
    "\\1",
    "\\x41",
    "\\x{e9}",
    "\\u00e9",
    "é",
    "*?",
    "++",
    "**",
    "\\",
    "\\C",
    "(?i:x)",
    "[\\d-z]",
    "[]a]",
    "\\B",
    "(a*)*",
    "{",
    "}",
    "-",
    " ",
    "\\/",
    "\\-",
    "\\_",
    "\\e",
    "&&",
    "[a&&b]",
    "[a--b]",
    "~~",
];
const SUBJECTS: &[&str] =
    &["", "abc", "aabbaa", "a.b-c d", "AbC123", "éa\\nb", "x1y22z333", "foo.bar/baz", "-a-ab-aab-", "[a]{2}"];
const REPLACE: &[&str] =
    &["", "x", "$1", "${1}", "$0", "$n", "${n}y", "$1y", "$", "$$", "${", "${1", "\\\\1", "$12", "<$0>", "é$0"];

#[test]
fn patterns() {
    let mut dice = Dice::new(13);
    let mut snippets = Vec::new();
    for _ in 0..count(12_000) {
        let pattern: String = (0..=dice.below(5)).map(|_| dice.pick(PATTERN)).collect();
        let pattern = format!("`{pattern}`");
        let (subject, replace) = (dice.pick(SUBJECTS), dice.pick(REPLACE));
        let must = dice.pick(&["mustRegex", "mustRegex", "regex"]);
        let template = match dice.below(6) {
            0 => format!("{{{{ {must}Match {pattern} \"{subject}\" }}}}"),
            1 => format!("{{{{ {must}Find {pattern} \"{subject}\" | quote }}}}"),
            2 => format!(
                "{{{{ {must}FindAll {pattern} \"{subject}\" {} | toJson }}}}",
                dice.pick(&["-1", "0", "1", "2"])
            ),
            3 => format!("{{{{ {must}ReplaceAll {pattern} \"{subject}\" \"{replace}\" | quote }}}}"),
            4 => format!("{{{{ {must}ReplaceAllLiteral {pattern} \"{subject}\" \"{replace}\" | quote }}}}"),
            _ => format!(
                "{{{{ {must}Split {pattern} \"{subject}\" {} | toJson }}}}",
                dice.pick(&["-1", "0", "1", "2", "3"])
            ),
        };
        snippets.push(Snippet::new("pattern", template));
    }
    verdict::judge("subjects, patterns", &snippets, &[]);
}

const VERSIONS: &[&str] = &[
    "1.2.3",
    "v1.2.3",
    "1.2",
    "1",
    "0.0.1",
    "0.2.3",
    "1.2.3-alpha",
    "1.2.3-alpha.1",
    "1.2.3-alpha.beta",
    "1.2.3+build",
    "1.2.3-rc.1+b.2",
    "2.0.0",
    "1.10.0",
    "1.9.9",
    "01.2.3",
    "1.2.3.4",
    "",
    "x",
    "1.2.3-01",
    "1.2.3-",
    "1.2.3+",
    "v",
    "1..2",
    "-1.2.3",
    "99999999999999999999.0.0",
    "1.33.0-gke.100",
    "v1.33.0+k3s1",
    " 1.2.3",
    "1.2.3 ",
];
const RANGE: &[&str] = &[
    "1.2.3",
    "^1.2",
    "~1.2.3",
    ">=1.2.0",
    "<2",
    ">1.2.3-0",
    "!=1.2.3",
    "=1.2.3",
    "1.x",
    "1.2.*",
    "*",
    "x",
    "X",
    "1.2 - 1.4",
    "1.2.3 - 2",
    "~>1.2",
    "=>1.2",
    "=<2",
    "^0.2.3",
    "^0.0.3",
    "^0",
    "~0",
    "~*",
    "^1.2.3-beta",
    ">=1.2.3-alpha",
    "<1.2.3-rc.2",
    "||",
    ",",
    ", ",
    " ",
    "  ",
    " || ",
    "-",
    "v1.2",
    ">=v1.2.0-0",
    "<=1.33",
    "abc",
    ">",
    "> 1.2",
    ">= 1.28.0-0",
    "1.2.3.4",
    "!1",
    "==1",
    "!= 1.x",
    ">1.x",
    "<=1.x",
    "0",
    ">=0.0.0-0",
];

#[test]
fn versions() {
    let mut dice = Dice::new(14);
    let mut snippets = Vec::new();
    for version in VERSIONS {
        for template in [
            "{{ semver \"V\" }}",
            "{{ $v := semver \"V\" }}{{ $v.Major }}|{{ $v.Minor }}|{{ $v.Patch }}|{{ $v.Prerelease }}|{{ $v.Metadata }}|{{ $v.Original }}|{{ $v }}",
            "{{ (semver \"V\").IncMinor }}",
            "{{ (semver \"1.2.3\").Compare (semver \"V\") }}",
            "{{ semver \"V\" | toJson }}",
            "{{ (semver \"V\").SetPrerelease \"x\" }}",
            "{{ (semver \"V\").Nope }}",
        ] {
            snippets.push(Snippet::new("version", template.replace('V', version)));
        }
    }
    for _ in 0..count(10_000) {
        let range: String = (0..=dice.below(3)).map(|_| dice.pick(RANGE)).collect();
        snippets.push(Snippet::new("range", format!("{{{{ semverCompare {range:?} {:?} }}}}", dice.pick(VERSIONS))));
    }
    verdict::judge("subjects, versions", &snippets, &[]);
}

const URL: &[&str] = &[
    "http",
    "https",
    "mailto",
    ":",
    "//",
    "/",
    "?",
    "#",
    "@",
    "user",
    ":pw",
    "host",
    "example.com",
    ":80",
    ":x",
    "[::1]",
    "[::1",
    "[fe80::1%25en0]",
    "path",
    "a b",
    "%20",
    "%zz",
    "%",
    "é",
    "q=1",
    "&r=2",
    "+",
    "*",
    ";",
    "..",
    ".",
    "<",
    "\\\\",
    "\\x00",
    "\\t",
    "1.2.3.4",
    ":0",
    "//x",
    "a:b",
    "!",
    "$",
    "'",
    "\\\"",
    "|",
];

#[test]
fn addresses() {
    let mut dice = Dice::new(15);
    let mut snippets = Vec::new();
    for _ in 0..count(8000) {
        let mut text: String = (0..=dice.below(6)).map(|_| dice.pick(URL)).collect();
        if dice.one_in(2) {
            text = format!("http://{text}");
        }
        let template = match dice.below(4) {
            0 => format!("{{{{ urlParse \"{text}\" | urlJoin }}}}"),
            1 => format!("{{{{ urlquery \"{text}\" }}}}"),
            2 => {
                let mut part = || dice.pick(URL);
                format!(
                    "{{{{ urlJoin (dict \"scheme\" \"{}\" \"host\" \"{}\" \"path\" \"{}\" \"query\" \"{}\" \"fragment\" \"{}\" \"userinfo\" \"{}\") }}}}",
                    part(),
                    part(),
                    part(),
                    part(),
                    part(),
                    part()
                )
            }
            _ => format!("{{{{ urlParse \"{text}\" | toJson }}}}"),
        };
        snippets.push(Snippet::new("address", template));
    }
    verdict::judge("subjects, addresses", &snippets, &[]);
}

const PARTS: &[&str] = &[
    "/",
    "a",
    "b.c",
    ".",
    "..",
    "//",
    "",
    ".x",
    "é",
    "*",
    "conf",
    "conf/a.properties",
    "**",
    "?",
    "[a-c]",
    "{a,b}",
    "[!a]",
    "[abc]",
    "[ab-d]",
    "[a-cx]",
    "[]a]",
    "[!/]",
    "[",
    "{",
    "}",
    ",",
    "{,conf}",
    "{a*,a?}",
    "{conf,deep}/",
    "*",
    "?",
    "a",
    ".properties",
    "\\\\",
    "plain.txt",
    "*.yaml",
    "deep",
];

#[test]
fn paths() {
    let mut dice = Dice::new(16);
    let mut snippets = Vec::new();
    for _ in 0..count(5000) {
        let text: String = (0..dice.below(6)).map(|_| dice.pick(PARTS)).collect();
        let call = dice.pick(&[
            "base",
            "dir",
            "ext",
            "clean",
            "isAbs",
            "osBase",
            "osDir",
            "osExt",
            "osClean",
            "osIsAbs",
            ".Files.Get",
            ".Files.Lines",
            "glob",
            "glob",
            "config",
            "secrets",
        ]);
        let template = match call {
            "glob" => {
                format!("{{{{ range $p, $b := .Files.Glob \"{text}\" }}}}{{{{ $p }}}}={{{{ len $b }}}},{{{{ end }}}}")
            }
            "config" => format!("{{{{ (.Files.Glob \"{text}\").AsConfig }}}}"),
            "secrets" => format!("{{{{ (.Files.Glob \"{text}\").AsSecrets }}}}"),
            call => format!("{{{{ {call} \"{text}\" | toJson }}}}"),
        };
        snippets.push(Snippet::new(call, template));
    }
    verdict::judge("subjects, paths", &snippets, &[]);
}
