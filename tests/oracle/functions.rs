//! Every function of Helm's with every kind of operand.

use super::dice::{Dice, count};
use super::helm::{Oracle, Said, Snippet};
use super::kinds::OPERANDS;
use super::verdict::{self, Known};
use std::collections::BTreeSet;

/// What is of this moment or of chance: `tests/suite/template_generated.rs` has these.
const NOT_HERMETIC: &[&str] = &[
    "now",
    "ago",
    "date",
    "dateInZone",
    "date_in_zone",
    "htmlDate",
    "htmlDateInZone",
    "dateModify",
    "date_modify",
    "mustDateModify",
    "must_date_modify",
    "durationRound",
    "unixEpoch",
    "randAlphaNum",
    "randAlpha",
    "randNumeric",
    "randAscii",
    "randBytes",
    "randInt",
    "uuidv4",
    "shuffle",
    "bcrypt",
    "htpasswd",
    "genPrivateKey",
    "genCA",
    "genCAWithKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "encryptAES",
    "derivePassword",
];

/// What would fill the oracle's memory, with what.
fn too_large(function: &str, operand: &str) -> bool {
    let large = operand.contains("1e30") || operand.contains(".big");
    large
        && [
            "until",
            "untilStep",
            "seq",
            "repeat",
            "indent",
            "nindent",
            "wrap",
            "wrapWith",
            "abbrev",
            "abbrevboth",
            "chunk",
            "mustChunk",
        ]
        .contains(&function)
}

const KNOWN: &[Known] = &[
    Known {
        what: |_, ours, theirs| {
            let refused = ours.as_ref().is_err_and(|error| error.ends_with("the rendered text is not UTF-8"));
            refused && theirs.as_ref().is_ok_and(|bytes| std::str::from_utf8(bytes).is_err())
        },
        why: "a file that is not UTF-8 is an error of the template, and of the YAML in Helm",
    },
    Known {
        what: |snippet, ours, theirs| {
            let head = |said: &Said| {
                let words = said.as_ref().err()?.split_once("error calling buildCustomCert: error parsing ")?.1;
                words.split_once(": ").map(|(what, _)| what.to_owned())
            };
            snippet.class == "buildCustomCert" && head(ours).is_some() && head(ours) == head(theirs)
        },
        why: "a certificate or key that is broken inside is refused in other words",
    },
];

fn names() -> Vec<&'static str> {
    let all = reconcile::chart::functions::names();
    all.into_iter().filter(|name| !NOT_HERMETIC.contains(name)).collect()
}

#[test]
fn our_functions_are_helms() {
    let Some(oracle) = Oracle::find() else { return };
    let theirs: BTreeSet<String> = oracle.functions().into_iter().map(|(name, _)| name).collect();
    let ours: BTreeSet<String> = reconcile::chart::functions::names().into_iter().map(str::to_owned).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn one_operand() {
    let mut snippets = Vec::new();
    for name in names() {
        snippets.push(Snippet::new(name, format!("{{{{ {name} }}}}")));
        for operand in OPERANDS.iter().filter(|operand| !too_large(name, operand)) {
            snippets.push(Snippet::new(name, format!("{{{{ {name} {operand} }}}}")));
            snippets.push(Snippet::new(name, format!("{{{{ {operand} | {name} }}}}")));
        }
    }
    verdict::judge("functions, one operand", &snippets, KNOWN);
}

#[test]
fn more_operands() {
    let mut dice = Dice::new(1);
    let mut snippets = Vec::new();
    for name in names() {
        for _ in 0..count(160) {
            let some = 2 + [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][dice.below(10)];
            let operands: Vec<&str> = (0..some).map(|_| dice.pick(OPERANDS)).collect();
            if operands.iter().any(|operand| too_large(name, operand)) {
                continue;
            }
            let shown = if dice.one_in(4) { " | toJson" } else { "" };
            snippets.push(Snippet::new(name, format!("{{{{ {name} {}{shown} }}}}", operands.join(" "))));
        }
    }
    verdict::judge("functions, more operands", &snippets, KNOWN);
}
