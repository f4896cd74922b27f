//! A plan and its outcome as text for people.
//!
//! One line a sandbox, then what is done to it. What is unchanged is counted, not listed.

mod check;
mod explain;
mod list;
mod logins;
pub(super) mod outcome;
mod page;
mod status;
mod table;
mod why;
mod wrap;

pub use check::{Health, check};
pub use explain::explained;
pub use list::{ListOptions, list};
pub use logins::logins;
pub use outcome::{anew, outcome, stale, waits};
pub use status::status;
pub use why::why;

use unicode_width::UnicodeWidthStr;

use super::diff::body;
use super::shown;
use super::style::{BOLD, CYAN, DIM, GREEN, RED, YELLOW, of as colour, paint, safe};
use super::words::{self, summary};
use crate::plan::{Action, DriftMode, Plan, SandboxPlan, Step, Work};
use wrap::{behind, wrap};

/// Where the text of a sandbox's line begins: after the symbol and the longest verb.
const COLUMN: usize = 10;
/// How far a step stands in.
const STEP: usize = 4;
/// How far its diff does.
const DIFF: usize = 6;

/// How a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Which diffs are shown.
    pub diffs: Diffs,
    /// How many columns there are. Reasons and remedies are wrapped to it, diffs never.
    pub width: usize,
}

/// Which diffs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diffs {
    /// All, also of what is made and removed whole; quiet steps are listed too.
    All,
    /// Those of objects that are changed; what is made or removed is named.
    Changes,
    /// None, and no steps: one line a sandbox.
    None,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { diffs: Diffs::Changes, width: 80 }
    }
}

/// The plan, styled; [`super::plain`] takes the styles out.
pub fn plan(plan: &Plan, options: &TextOptions) -> String {
    let mut text = heading(plan, options.width);
    let mut spaced = true;
    for sandbox in plan.sandboxes.iter().filter(|s| is_shown(s)) {
        // What has steps stands apart; what is one line stands together.
        let apart = options.diffs != Diffs::None && !sandbox.steps.is_empty();
        if apart || spaced {
            text.push('\n');
        }
        spaced = apart;
        text.push_str(&self::sandbox(sandbox, options));
    }
    let over = over(plan);
    if !over.is_empty() {
        text.push_str(if spaced { "\n" } else { "" });
        text.push_str(&line(Action::Keep, "over and gone", &over, options.width));
    }
    if !plan.warnings.is_empty() {
        text.push('\n');
    }
    for warning in &plan.warnings {
        text.push_str(&labelled("warning", warning, 0, options.width));
    }
    text.push('\n');
    if !plan.budget.is_empty() {
        push_line(&mut text, 0, &wrap(&format!("Budget: {}", words::budget(&plan.budget)), options.width, 0, 8));
    }
    let closing = summary(&plan.summary(), "nothing to do", |words| words.planned);
    push_line(&mut text, 0, &paint(BOLD, &wrap(&format!("Plan: {closing}"), options.width, 0, 6)));
    text
}

/// Adds a line that stands in by so many columns.
fn push_line(text: &mut String, indent: usize, line: &str) {
    text.extend(std::iter::repeat_n(' ', indent));
    text.push_str(line);
    text.push('\n');
}

fn heading(plan: &Plan, width: usize) -> String {
    let commit = plan.commit.as_deref().map_or("the working tree", |commit| commit.get(..7).unwrap_or(commit));
    let drift = match plan.drift {
        DriftMode::Detect => "",
        DriftMode::Skip => "; drift was not looked for (--drift skip)",
    };
    let (fleet, commit, cluster) = (safe(&plan.fleet), safe(commit), safe(&plan.cluster));
    let shard = plan.shard.map(|shard| format!(", shard {shard},")).unwrap_or_default();
    let line = format!("fleet {fleet}{shard} at {commit}, cluster {cluster}, as of {}{drift}", plan.now);
    format!("{}\n", paint(DIM, &wrap(&line, width, 0, 2)))
}

/// The sandboxes whose time is over and which are gone already, the first few by name: files that somebody forgot.
pub(super) fn over(plan: &Plan) -> String {
    const NAMED: usize = 5;
    let is_over = |s: &&SandboxPlan| !is_shown(s) && s.expires.is_some_and(|expires| expires <= plan.now);
    let names: Vec<&str> = plan.sandboxes.iter().filter(is_over).map(|s| s.name.as_str()).collect();
    let list = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => String::new(),
        1..=NAMED => format!("{list} (edit the file to begin anew, or delete it)"),
        all => format!("{list} and {} more (edit a file to begin anew, or delete it)", all - NAMED),
    }
}

/// Kept sandboxes are only counted, unless there is something to say about them.
pub(super) fn is_shown(sandbox: &SandboxPlan) -> bool {
    sandbox.action != Action::Keep || !sandbox.notes.is_empty() || !sandbox.steps.is_empty()
}

fn sandbox(sandbox: &SandboxPlan, options: &TextOptions) -> String {
    let mut text = line(sandbox.action, &sandbox.name, &sandbox.reason, options.width);
    if let Some(remedy) = &sandbox.remedy {
        text.push_str(&labelled("remedy", remedy, COLUMN, options.width));
    }
    if let Some(life) = life(sandbox).filter(|_| options.diffs != Diffs::None) {
        let life = wrap(&life, options.width, COLUMN, COLUMN);
        push_line(&mut text, COLUMN, &paint(DIM, &life));
    }
    for note in &sandbox.notes {
        text.push_str(&labelled("note", note, COLUMN, options.width));
    }
    let steps = match options.diffs {
        Diffs::All => sandbox.steps.iter().collect(),
        Diffs::Changes => shown(sandbox),
        Diffs::None => Vec::new(),
    };
    let goes_with = |step: &Step| options.diffs != Diffs::All && goes_with(step, sandbox);
    for run in steps.chunk_by(|a, b| a.action == b.action && goes_with(a) && goes_with(b)) {
        match run {
            [step] => text.push_str(&self::step(step, sandbox, options)),
            run => text.push_str(&names(run, sandbox, options.width)),
        }
    }
    text
}

/// Whether an object comes or goes with its sandbox, for the same reason and as a whole.
fn goes_with(step: &Step, sandbox: &SandboxPlan) -> bool {
    let is_whole = |action| matches!(action, Action::Create | Action::Expire | Action::Remove);
    !step.quiet && is_whole(step.action) && is_whole(sandbox.action)
}

/// Objects of which nothing is to be said but their names.
fn names(steps: &[&Step], sandbox: &SandboxPlan, width: usize) -> String {
    let names: Vec<String> = steps.iter().map(|step| name(step, sandbox)).collect();
    let action = steps.first().map_or(Action::Keep, |step| step.action);
    let symbol = paint(colour(action), words::of(action).symbol);
    format!("{:STEP$}{symbol} {}\n", "", wrap(&safe(&names.join(", ")), width, DIFF, DIFF))
}

/// An object's name, with its namespace where that is not the sandbox's.
pub(super) fn name(step: &Step, sandbox: &SandboxPlan) -> String {
    match &step.id.namespace {
        Some(namespace) if *namespace != sandbox.namespace => format!("{} in {namespace}", step.id),
        _ => step.id.to_string(),
    }
}

/// `+ create  name: reason`, wrapped below the name.
pub(super) fn line(action: Action, name: &str, reason: &str, width: usize) -> String {
    let words = words::of(action);
    let (name, reason) = (safe(name), safe(reason));
    let head = format!("{} {:<7}", words.symbol, words.verb);
    let reason = match reason.trim_end() {
        "" => String::new(),
        reason => format!(":{}", behind(&wrap(reason, width, COLUMN + name.width() + 2, COLUMN))),
    };
    let reason = if action == Action::Keep { paint(DIM, &reason) } else { reason };
    format!("{} {}{reason}\n", paint(colour(action), &head), paint(BOLD, &name))
}

/// Where a sandbox that is made or changed answers, and until when it lives.
fn life(sandbox: &SandboxPlan) -> Option<String> {
    let lives =
        matches!(sandbox.action, Action::Create | Action::Update | Action::Correct | Action::Adopt | Action::Replace);
    let url = sandbox.url.as_ref().map(|url| safe(url).into_owned());
    let until = sandbox.expires.map(|expires| format!("until {expires}"));
    let parts: Vec<String> = url.into_iter().chain(until).collect();
    (lives && !parts.is_empty()).then(|| parts.join(", "))
}

/// Why something could not be done: `error: message`.
pub fn error(message: &str, width: usize) -> String {
    labelled("error", message, 0, width)
}

/// What is not as it should be, and stops nothing: `warning: message`.
pub fn warning(message: &str, width: usize) -> String {
    labelled("warning", message, 0, width)
}

/// What to do about it, below: `hint: text`.
pub fn hint(text: &str, width: usize) -> String {
    labelled("hint", text, 2, width)
}

/// A line that goes on below, further in, where it is too long.
pub fn hanging(text: &str, hang: usize, width: usize) -> String {
    let safe = safe(text);
    let indent = safe.len() - safe.trim_start_matches(' ').len();
    format!("{:indent$}{}\n", "", wrap(safe.trim(), width, indent, hang))
}

/// What is wrong with a command line, as clap says it with its styles.
pub fn usage(message: &str, width: usize) -> String {
    message.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { usage_line(line, width) }).collect()
}

fn usage_line(line: &str, width: usize) -> String {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let rest = if indent == 0 { 2 } else { indent };
    format!("{:indent$}{}\n", "", wrap(line.trim_start_matches(' '), width, indent, rest))
}

/// `remedy: text`, below a sandbox's line or, for warnings, on its own.
pub(super) fn labelled(label: &str, text: &str, indent: usize, width: usize) -> String {
    let style = match label {
        "error" => RED,
        "warning" | "remedy" => YELLOW,
        _ => CYAN,
    };
    let hang = if indent == 0 { 2 } else { indent + 2 };
    let wrapped = wrap(safe(text).trim_end(), width, indent + label.len() + 2, hang);
    format!("{:indent$}{}{}\n", "", paint(style, &format!("{label}:")), behind(&wrapped))
}

fn step(step: &Step, sandbox: &SandboxPlan, options: &TextOptions) -> String {
    let name = name(step, sandbox);
    let name = safe(&name);
    let (symbol, style) = if step.quiet { (".", DIM) } else { (words::of(step.action).symbol, colour(step.action)) };
    let whole = matches!(step.action, Action::Create | Action::Expire | Action::Remove);
    let reason = match step_reason(step, sandbox) {
        reason if reason.is_empty() || (goes_with(step, sandbox) && options.diffs != Diffs::All) => String::new(),
        reason => format!(":{}", behind(&wrap(&safe(reason), options.width, STEP + 4 + name.width(), DIFF))),
    };
    let mut text = format!("{:STEP$}{} {name}{}\n", "", paint(style, symbol), paint(DIM, &reason));
    if options.diffs == Diffs::All || !whole {
        text.push_str(&diff(&step.diff));
    }
    text
}

/// Why, without what the sandbox's own reason says already.
pub(super) fn step_reason<'a>(step: &'a Step, sandbox: &SandboxPlan) -> &'a str {
    match &step.work {
        Work::AwaitQuota { .. } => "wait until its limits are in force",
        Work::AwaitServed => "wait until it is served",
        Work::AwaitReady => "wait until it is ready",
        Work::AwaitGone { .. } => "wait until it is gone",
        Work::Record { .. } if step.quiet => "write down how far this sandbox is",
        _ => {
            let reason = step.reason.trim_end();
            let own = reason.strip_suffix(sandbox.reason.trim_end()).unwrap_or(reason);
            own.trim_end_matches([' ', ',', ';'])
        }
    }
}

/// A unified diff, set in and coloured, without the two lines of its header: the step's line names the object.
fn diff(diff: &str) -> String {
    let mut text = String::with_capacity(diff.len() * 2);
    for line in body(diff) {
        push_line(&mut text, DIFF, &diff_line(line));
    }
    text
}

/// A unified diff as it is, coloured.
pub fn whole_diff(diff: &str) -> String {
    diff.lines().map(|line| format!("{}\n", diff_line(line))).collect()
}

fn diff_line(line: &str) -> String {
    let style = match line.as_bytes().first() {
        Some(b'+') => GREEN,
        Some(b'-') => RED,
        Some(b'@') => CYAN,
        _ => anstyle::Style::new(),
    };
    paint(style, &safe(line))
}
