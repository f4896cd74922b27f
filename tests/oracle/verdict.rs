//! Equal or not, counted by class.

use super::helm::{Oracle, Said, Snippet};
use super::ours;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

/// How often Helm is asked where the first answers differ from ours: often enough to see every order of a small map.
const AGAIN: usize = 60;
/// So many differences are shown.
const SHOWN: usize = 40;

/// A difference that is known, with its reason.
pub struct Known {
    pub what: fn(&Snippet, &Said, &Said) -> bool,
    pub why: &'static str,
}

/// Compares all snippets, and fails where one differs for no known reason.
pub fn judge(name: &str, snippets: &[Snippet], known: &[Known]) {
    let Some(oracle) = Oracle::find() else { return };
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut different = Vec::new();
    let ours = all_ours(snippets);
    for (i, theirs) in oracle.ask(snippets, 2).into_iter().enumerate() {
        let count = counts.entry(&snippets[i].class).or_default();
        count.1 += 1;
        if theirs.iter().any(|theirs| same(&snippets[i], &ours[i], theirs)) {
            count.0 += 1;
        } else {
            different.push((i, theirs));
        }
    }
    let again: Vec<Snippet> = different.iter().map(|(i, _)| snippets[*i].clone()).collect();
    let again = oracle.ask(&again, AGAIN);
    let mut wrong = Vec::new();
    for ((i, _), theirs) in different.into_iter().zip(again) {
        let (snippet, mine) = (&snippets[i], &ours[i]);
        let pointer = theirs.len() > 1 || snippet.template.contains("printf");
        let moves = pointer && theirs.iter().any(|theirs| without_digits(theirs) == without_digits(mine));
        if moves || theirs.iter().any(|theirs| same(snippet, mine, theirs)) {
            counts.entry(&snippet.class).or_default().0 += 1;
        } else if let Some(known) = known.iter().find(|known| theirs.iter().any(|t| (known.what)(snippet, mine, t))) {
            *reasons.entry(known.why).or_default() += 1;
        } else {
            wrong.push((snippet, mine, theirs));
        }
    }
    let (equal, all) = counts.values().fold((0, 0), |(e, a), (equal, all)| (e + equal, a + all));
    let mut told = format!("{name}: {equal} of {all} snippets equal\n");
    for (why, count) in &reasons {
        let _ = writeln!(told, "  {count} known: {why}");
    }
    for (class, (equal, all)) in counts.iter().filter(|(_, (equal, all))| equal != all) {
        let _ = writeln!(told, "  {class}: {equal} of {all}");
    }
    // Past the capture of test output: the figures are wanted of a test that passes, too.
    let _ = std::io::stderr().write_all(told.as_bytes());
    if let Ok(path) = std::env::var("ORACLE_REPORT") {
        let text: String = wrong.iter().map(shown).collect();
        std::fs::write(format!("{path}/{name}.txt"), text).expect("the report is written");
    }
    let few: String = wrong.iter().take(SHOWN).map(shown).collect();
    assert!(wrong.is_empty(), "{} snippets differ\n{few}", wrong.len());
}

/// Equal bytes or an equal error, but for what differs between two runs of Helm itself.
fn same(snippet: &Snippet, ours: &Said, theirs: &Said) -> bool {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) if ours == theirs => true,
        (Ok(ours), Ok(theirs)) => match (std::str::from_utf8(ours), std::str::from_utf8(theirs)) {
            (Ok(ours), Ok(theirs)) => {
                let (ours, theirs) = (without_addresses(ours), without_addresses(theirs));
                ours == theirs || (is_unordered(snippet) && sorted(&ours) == sorted(&theirs))
            }
            _ => false,
        },
        (Err(ours), Err(theirs)) => ours == theirs || without_addresses(ours) == without_addresses(theirs),
        _ => false,
    }
}

/// Where a value lies in memory, which Go prints of pointers.
fn without_addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
        out.push_str(before);
        out.push_str(if digits >= 7 { "ADDRESS" } else { &rest[at..at + 2 + digits] });
        rest = &after[digits..];
    }
    out + rest
}

/// What is left where Helm's answers differ by addresses that are written in some base.
fn without_digits(said: &Said) -> String {
    let text = match said {
        Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Err(error) => error.clone(),
    };
    let mut out = String::new();
    for run in text.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
        let digits = run.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        out.push_str(if digits.len() >= 7 { "#" } else { digits });
        // The width of an address takes of the spaces around it, and `0x` before it may be the end of a run.
        out.extend(run[digits.len()..].chars().filter(|c| *c != ' '));
    }
    out
}

/// `keys` and `values` give what is in a map in any order.
fn is_unordered(snippet: &Snippet) -> bool {
    snippet.template.contains("keys") || snippet.template.contains("values")
}

fn sorted(text: &str) -> Vec<char> {
    let mut all: Vec<char> = text.chars().collect();
    all.sort_unstable();
    all
}

fn all_ours(snippets: &[Snippet]) -> Vec<Said> {
    let share = snippets.len().div_ceil(2).max(1);
    std::thread::scope(|scope| {
        let halves: Vec<_> = snippets
            .chunks(share)
            .map(|some| {
                scope.spawn(|| {
                    some.iter().map(|one| ours::render(&one.template, one.values.as_ref())).collect::<Vec<_>>()
                })
            })
            .collect();
        halves.into_iter().flat_map(|half| half.join().expect("panics are caught")).collect()
    })
}

fn shown((snippet, ours, theirs): &(&Snippet, &Said, Vec<Said>)) -> String {
    let mut text = format!("\n== {}\n{}\n", snippet.class, snippet.template);
    if let Some(values) = &snippet.values {
        let _ = writeln!(text, "-- values {values}");
    }
    let _ = writeln!(text, "-- ours\n{}", of(ours));
    for said in theirs {
        let _ = writeln!(text, "-- helm\n{}", of(said));
    }
    text
}

fn of(said: &Said) -> String {
    match said {
        Ok(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => format!("{text:?}"),
            Err(_) => format!("bytes {}", bytes.escape_ascii()),
        },
        Err(error) => format!("error: {error}"),
    }
}
