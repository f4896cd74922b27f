//! What is said of a new fleet, and what comes next.

use std::fmt::Write as _;
use std::path::Path;

use super::super::args::Init;
use super::super::word::word;
use super::Made;
use crate::init::{Ci, EXAMPLE};

/// All of it, each line within 80 columns unless a name is long.
pub fn said(options: &Init, made: &Made) -> String {
    let choices = &made.choices;
    let mut out = String::new();
    let place = options.dir.display();
    let at = made.commit.as_deref().map(|id| format!(", commit {}", id.get(..7).unwrap_or(id)));
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(
        out,
        "fleet {} begun in {place}, on branch {}{}",
        choices.name,
        choices.branch,
        at.unwrap_or_default()
    );
    let mut row = |path: &str, what: &str| {
        let _ = writeln!(out, "  {path:<25} {what}");
    };
    row("sandboxes/fleet.toml", &format!("what all sandboxes share; id {}", choices.id));
    row(&format!("sandboxes/{EXAMPLE}.toml"), "a sandbox to begin with");
    row(&format!("charts/{}/", choices.chart.name), choices.chart.about);
    match choices.ci {
        Ci::Github => row("ci/, .github/workflows/", "run it, once set up: see ci/README.md"),
        Ci::Gitlab => row("ci/, .gitlab-ci.yml", "run it, once set up: see ci/README.md"),
        Ci::None => {}
    }
    for path in &made.left {
        row(path, "was there, and stays as it is");
    }
    out.push_str("\nNext:\n");
    for (command, why) in next(options, made) {
        match why {
            "" => writeln!(out, "  {command}"),
            why => writeln!(out, "  {command:<36} {why}"),
        }
        .unwrap_or_default();
    }
    out
}

/// The commands that come next, and what for.
fn next(options: &Init, made: &Made) -> Vec<(String, &'static str)> {
    let mut next = Vec::new();
    let mut say = |command: &str, why| next.push((command.to_owned(), why));
    let top = made.ground.as_ref().filter(|ground| !ground.root.is_empty());
    let path = top.map(|ground| format!(" --path {}", word(ground.root.trim_end_matches('/')))).unwrap_or_default();
    if options.dir != Path::new(".") {
        say(&format!("cd {}", word(&options.dir.to_string_lossy())), "");
    }
    if made.commit.is_none() {
        say("git add . && git commit", "what is not committed is not read");
    }
    say(&format!("reconcile{path} --plan"), "what a run would do on kubectl's cluster");
    say(&format!("reconcile{path} --cluster dir:cluster"), "a run, on a folder instead of a cluster");
    say(&format!("reconcile{path} create NAME --apply"), "a sandbox of your own");
    let is_known = made.ground.as_ref().is_some_and(|ground| ground.origin.is_some());
    if !is_known {
        say("git remote add origin URL", "");
    }
    say(&format!("git push -u origin {}", word(&made.choices.branch)), "where others, and a CI, find it");
    next
}
