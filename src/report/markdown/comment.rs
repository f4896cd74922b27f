//! The one comment on a pull request: what somebody wants said, where the sandbox is, its tests, the plan. It begins with
//! a hidden mark, and fits.

use jiff::Timestamp;

use super::super::test_result::TestResult;
use super::super::words::counted;
use super::escape::{clipped, link};
use super::{CELL, REASON};

/// How many failed tests are named.
const FAILURES: usize = 20;
/// What the note about what was cut may need, and what is still open there.
const NOTICE: usize = 500;
const CUT: &str = "> **Cut to the length of a comment.** All of it is in the job's log.\n";

/// Where a sandbox is, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: Option<String>,
    /// When its time is over.
    pub until: Option<Timestamp>,
}

/// What is said; what is missing is not said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Comment<'a> {
    /// Markdown of whoever calls, as it is.
    pub body: Option<&'a str>,
    /// The sandbox.
    pub place: Option<&'a Place>,
    /// What came of its tests.
    pub tests: Option<&'a TestResult>,
    /// A plan, as Markdown.
    pub plan: Option<&'a str>,
}

/// The first line of a comment, by which it is found again. The key is of letters, digits, `.`, `_` and `-`.
pub fn mark(key: &str) -> String {
    format!("<!-- reconcile:comment {key} -->")
}

impl Comment<'_> {
    /// The text, at most so many bytes.
    pub fn text(&self, mark: &str, limit: usize) -> String {
        let parts = [
            self.body.map(|body| body.trim().to_owned()),
            self.place.map(place),
            self.tests.map(tests),
            self.plan.map(|plan| plan.trim().to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        cut(&format!("{mark}\n{}\n", parts.join("\n\n")), limit)
    }
}

fn place(place: &Place) -> String {
    let name = clipped(&place.name, CELL);
    let at = match place.url.as_deref().filter(|url| url.len() < REASON) {
        Some(url) => link(url),
        None => "no address".to_owned(),
    };
    let until = place.until.map_or("without an end".to_owned(), |until| format!("until {until}"));
    format!("**{name}**: {at}, {until}")
}

fn tests(result: &TestResult) -> String {
    let mut counts = vec![format!("{} passed", result.passed)];
    let more = [(result.failed, "failed"), (result.errors, "broken"), (result.skipped, "skipped")];
    counts.extend(more.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
    let time = result.seconds.map(|seconds| format!(", in {seconds:.1} s")).unwrap_or_default();
    if result.total() == 0 {
        return "**Tests**: none was run".to_owned();
    }
    let mut text = format!("**Tests**: {}{time}", counts.join(", "));
    if result.failures.is_empty() {
        return text;
    }
    let named: Vec<String> = result
        .failures
        .iter()
        .take(FAILURES)
        .map(|failure| match failure.message.as_str() {
            "" => format!("- {}\n", clipped(&failure.name, CELL)),
            message => format!("- {}: {}\n", clipped(&failure.name, CELL), clipped(message, CELL)),
        })
        .collect();
    let more = result.failures.len().saturating_sub(FAILURES);
    let more = if more > 0 { format!("- and {more} more\n") } else { String::new() };
    let title = counted(result.failures.len(), "failure");
    text.push_str(&format!("\n\n<details><summary>{title}</summary>\n\n{}{more}\n</details>", named.concat()));
    text
}

/// A text of at most so many bytes: whole lines, with what is open there closed, and a note.
fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut open = Open::default();
    for line in text.split_inclusive('\n') {
        let mut after = open.clone();
        after.read(line);
        if out.len() + line.len() + after.ending().len() + NOTICE > limit {
            break;
        }
        out.push_str(line);
        open = after;
    }
    format!("{out}{}{CUT}", open.ending())
}

/// What is open behind some lines of Markdown.
#[derive(Clone, Debug, Default)]
struct Open {
    /// The fence of a block of code.
    fence: Option<String>,
    details: usize,
}

impl Open {
    fn read(&mut self, line: &str) {
        let line = line.trim();
        let run = |c: char| line.chars().take_while(|found| *found == c).collect::<String>();
        let fence = if line.starts_with('`') { run('`') } else { run('~') };
        match &self.fence {
            Some(open) => {
                // Only a fence of that kind, at least as long and alone, ends it.
                if fence.starts_with(open.as_str()) && fence.len() == line.len() {
                    self.fence = None;
                }
            }
            None if fence.len() >= 3 => self.fence = Some(fence),
            None => {
                let (begun, ended) = (line.matches("<details").count(), line.matches("</details>").count());
                self.details = (self.details + begun).saturating_sub(ended);
            }
        }
    }

    fn ending(&self) -> String {
        let fence = self.fence.as_deref().map(|fence| format!("{fence}\n")).unwrap_or_default();
        format!("{fence}{}\n", "</details>\n".repeat(self.details))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_closed() {
        let line = "a line of a diff, of some length\n";
        let text =
            format!("mark\n<details><summary>one</summary>\n\n````diff\n```\n{}````\n</details>\n", line.repeat(100));
        let short = cut(&text, 1500);
        assert!(short.len() <= 1500, "{}", short.len());
        assert!(short.ends_with(&format!("{line}````\n</details>\n\n{CUT}")), "{short}");
        assert_eq!(cut(&text, text.len()), text);
    }

    #[test]
    fn one_long_line_is_left_out_whole() {
        let text = format!("mark\n{}\n", "ü".repeat(5000));
        assert_eq!(cut(&text, 1000), format!("mark\n\n{CUT}"));
    }

    #[test]
    fn what_is_missing_is_not_said() {
        assert_eq!(Comment::default().text(&mark("x"), 1000), "<!-- reconcile:comment x -->\n\n");
        let place = Place { name: "pr-1".into(), url: None, until: None };
        let comment = Comment { body: Some("hello\n"), place: Some(&place), ..Comment::default() };
        let text = comment.text(&mark("x"), 1000);
        assert_eq!(text, "<!-- reconcile:comment x -->\nhello\n\n**pr-1**: no address, without an end\n");
    }
}
