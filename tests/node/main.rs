//! What a sandbox is once it truly runs: the Odoo chart on a real node (see README.md), from a commit to its login page
//! and back to nothing.
//!
//!   cargo test --test node -- [--list] [--keep] [CHAPTER…]
//!
//! Chapters run one after the other on one node; each makes the sandboxes that it needs. Without root, or what else the
//! node needs, it says what is missing and fails: it never passes unrun.
#![allow(clippy::disallowed_methods, reason = "waiting for a cluster goes by the real clock")]

mod chapters;
mod fleet;
#[path = "../cluster/fleet_repo.rs"]
#[allow(dead_code, reason = "the suite on a control plane uses more of it")]
mod fleet_repo;
mod http;
mod machine;
mod node;
mod report;
mod run;
#[path = "../cluster/wait.rs"]
mod wait;
mod websocket;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use chapters::{CHAPTERS, Suite};
use node::Node;
use report::Report;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (options, wanted): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| arg.starts_with('-'));
    if options.iter().any(|option| *option == "--list") {
        for chapter in CHAPTERS {
            println!("{}: {}", chapter.name, chapter.shows);
        }
        return ExitCode::SUCCESS;
    }
    let keep = options.iter().any(|option| *option == "--keep");
    if let Some(unknown) = options.iter().find(|option| ![&"--keep", &"--nocapture"].contains(&&option.as_str())) {
        eprintln!("no option {unknown}; there are: --list --keep");
        return ExitCode::from(64);
    }
    if let Some(unknown) = wanted.iter().find(|name| CHAPTERS.iter().all(|chapter| chapter.name != **name)) {
        eprintln!("no chapter {unknown}; --list names them");
        return ExitCode::from(64);
    }
    let report = Report::default();
    let node = match Node::up(&report) {
        Ok(node) => node,
        Err(reason) => {
            eprintln!("{reason}\ntest result: FAILED. 0 passed; 1 failed; the node is not up");
            return ExitCode::from(3);
        }
    };

    let mut suite = Suite::new(node, report);
    suite.sweep();
    let (mut passed, mut failed) = (0, Vec::new());
    for chapter in CHAPTERS.iter().filter(|one| wanted.is_empty() || wanted.contains(&&one.name.to_owned())) {
        println!("\n== {}: {}", chapter.name, chapter.shows);
        if chapter.own && !suite.node.own() {
            println!("-- LEFT OUT: {}: it is about a node of the suite's own", chapter.name);
            continue;
        }
        let started = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| (chapter.run)(&mut suite)));
        let took = started.elapsed().as_secs_f64();
        if ended.is_ok() {
            passed += 1;
            println!("-- ok: {}, {took:.1} s", chapter.name);
        } else {
            failed.push(chapter.name);
            // A chapter that ends the node may have failed without one.
            let _ = catch_unwind(AssertUnwindSafe(|| suite.sweep()));
            println!("-- FAILED: {}, {took:.1} s", chapter.name);
        }
    }
    if !keep {
        suite.node.down();
    }
    println!("\n{}", suite.report.table());
    suite.report.write();
    let word = if failed.is_empty() { "ok" } else { "FAILED" };
    if !failed.is_empty() {
        println!("FAILED: {}", failed.join(", "));
    }
    println!("test result: {word}. {passed} passed; {} failed", failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
