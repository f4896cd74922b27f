//! YAML in and out, against what the real `helm` gave.

mod helm;
mod samples;

use std::path::PathBuf;

#[test]
#[ignore = "needs the real helm, named by HELM"]
fn writes_as_helm_does() {
    let helm = PathBuf::from(std::env::var_os("HELM").expect("HELM names the helm binary"));
    for seed in 1..=10 {
        let differences = helm::differences(&helm, &samples::values(seed * 0x5eed, 10_000));
        for (sample, ours, theirs) in differences.iter().take(20) {
            eprintln!("sample {sample}\n  ours   {ours:?}\n  theirs {theirs:?}");
        }
        assert_eq!(differences.len(), 0, "seed {seed}");
    }
}

#[test]
#[ignore = "needs the real helm, named by HELM"]
fn reads_as_helm_does() {
    let helm = PathBuf::from(std::env::var_os("HELM").expect("HELM names the helm binary"));
    let mut all = 0;
    for seed in 1..=10 {
        let mut seed = samples::Seed(seed * 0xfeed);
        let texts: Vec<String> = (0..10_000).map(|_| samples::document(&mut seed)).collect();
        let differences = helm::reading_differences(&helm, &texts);
        for (text, ours, theirs) in differences.iter().take(12) {
            eprintln!("text {text:?}\n  ours   {ours}\n  theirs {theirs}");
        }
        all += differences.len();
    }
    assert_eq!(all, 0);
}
