//! Comparison of all pairs of kinds.

use super::helm::Snippet;
use super::kinds::OPERANDS;
use super::verdict;

#[test]
fn all_pairs() {
    let mut snippets = Vec::new();
    for name in ["eq", "ne", "lt", "le", "gt", "ge", "and", "or", "deepEqual"] {
        for a in OPERANDS {
            for b in OPERANDS {
                snippets.push(Snippet::new(name, format!("{{{{ {name} {a} {b} }}}}")));
            }
        }
    }
    verdict::judge("comparison", &snippets, &[]);
}
