//! `printf`: verbs, flags, widths and precisions over every kind.

use super::dice::{Dice, count};
use super::helm::Snippet;
use super::kinds::OPERANDS;
use super::verdict;

const VERBS: &[&str] = &[
    "v", "d", "s", "q", "x", "X", "o", "O", "b", "c", "U", "t", "e", "E", "f", "F", "g", "G", "T", "p", "w", "z", "%",
    "é",
];

/// Each verb over each operand, bare and with a flag.
#[test]
fn every_verb_of_every_kind() {
    let mut dice = Dice::new(2);
    let mut snippets = Vec::new();
    for verb in VERBS {
        for operand in OPERANDS {
            snippets.push(Snippet::new(*verb, format!("{{{{ printf \"%{verb}\" {operand} }}}}")));
            for flag in ["+", "#", " ", "-8", "08", "12.3", "+#", ".0", "# ", "-012"] {
                if dice.one_in(2) {
                    snippets.push(Snippet::new(*verb, format!("{{{{ printf \"<%{flag}{verb}>\" {operand} }}}}")));
                }
            }
        }
    }
    verdict::judge("printf, each verb", &snippets, &[]);
}

#[test]
fn mixed() {
    let mut dice = Dice::new(3);
    let mut snippets = Vec::new();
    for _ in 0..count(12_000) {
        let mut format = String::new();
        for _ in 0..=dice.below(3) {
            format += dice.pick(&["", "a", " ", ":", "é"]);
            format += &directive(&mut dice);
        }
        let operands: Vec<&str> = (0..dice.below(4)).map(|_| dice.pick(OPERANDS)).collect();
        snippets.push(Snippet::new("mixed", format!("{{{{ printf {format:?} {} }}}}", operands.join(" "))));
    }
    verdict::judge("printf, mixed", &snippets, &[]);
}

fn directive(dice: &mut Dice) -> String {
    let mut text = "%".to_owned();
    for _ in 0..dice.below(3) {
        text += dice.pick(&["+", "-", "#", "0", " ", "", ""]);
    }
    text +=
        dice.pick(&["", "", "", "", "1", "5", "12", "*", "[1]", "[2]*", "[3]", "[0]", "[x]", "[", "99999999", "[2]"]);
    text += dice.pick(&["", "", "", ".", ".0", ".2", ".5", ".10", ".*", ".[1]*", ".-1", ".[2]"]);
    text += dice.pick(&["", "", "", "", "", "[1]", "[2]"]);
    text += dice.pick(VERBS);
    text
}
