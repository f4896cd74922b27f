//! The recorded cases of every function (`tests/suite/template/functions`), asked of Helm again.

use super::helm::{Oracle, Snippet};
use super::{cases, ours};

/// Helm still says what is recorded. `ORACLE_RECORD=1` records what it says instead.
#[test]
fn functions_are_as_recorded() {
    let Some(oracle) = Oracle::find() else { return };
    let recording = std::env::var("ORACLE_RECORD").is_ok();
    let mut wrong = String::new();
    let mut count = 0;
    for (function, mut all) in cases::all() {
        let snippets: Vec<Snippet> = all.iter().map(|case| Snippet::new(&function, &case.call)).collect();
        for (case, said) in all.iter_mut().zip(oracle.ask(&snippets, 8)) {
            let said: Vec<Result<String, String>> =
                said.into_iter().map(|one| one.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())).collect();
            count += usize::from(!case.own);
            if recording {
                let ours = ours::render(&case.call, None).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                let any = said.contains(&ours).then(|| ours.clone());
                case.outcome = if case.own { ours } else { any.unwrap_or_else(|| said[0].clone()) };
            } else if !case.own && !said.contains(&case.outcome) {
                wrong += &format!("\n{}: recorded {:?}, Helm says {said:?}", case.call, case.outcome);
            }
        }
        if recording {
            cases::write(&function, &all);
        }
    }
    eprintln!("{count} recorded calls");
    assert!(wrong.is_empty(), "{wrong}");
}
