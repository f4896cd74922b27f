//! Markdown, as a forge parses it: its structure, what others wrote in it, and what is left out of it.

use insta::assert_snapshot;
use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use reconcile::plan::{Action, Hold, Outcome, Plan, SandboxPlan, SandboxResult};
use reconcile::report::markdown::{LIMIT, page};
use reconcile::report::text::Diffs;

use super::report_plans::{came, every_action, every_result, held, image_step, plan, sandbox};

/// What GitHub takes, in characters.
const GITHUB: usize = 65_536;

#[test]
fn every_action_as_markdown() {
    let shown = page(&every_action(), None, Diffs::All);
    look(&shown);
    assert_snapshot!(shown);
}

#[test]
fn every_result_as_markdown() {
    let shown = page(&every_action(), Some(&every_result()), Diffs::Changes);
    look(&shown);
    assert_snapshot!(shown);
}

#[test]
fn without_diffs_nothing_is_folded() {
    let shown = page(&every_action(), None, Diffs::None);
    let seen = look(&shown);
    assert_eq!((seen.folds, seen.diffs.len()), (0, 0));
    assert!(seen.rows > 10);
}

#[test]
fn nothing_to_do() {
    let shown = page(&plan(vec![sandbox("a", Action::Keep, "nothing differs")]), None, Diffs::All);
    assert_eq!(look(&shown).rows, 0);
    assert_snapshot!(shown);
}

#[test]
fn the_mark_is_the_first_line_and_names_the_fleet() {
    let mut plan = every_action();
    assert!(page(&plan, None, Diffs::All).starts_with("<!-- reconcile:plan demo -->\n"));
    assert!(page(&plan, Some(&every_result()), Diffs::All).starts_with("<!-- reconcile:outcome demo -->\n"));
    plan.fleet = "a --> <img src=x>\n# b".into();
    let shown = page(&plan, None, Diffs::All);
    look(&shown);
    assert!(shown.starts_with("<!-- reconcile:plan a_--___img_src_x____b -->\n"), "{shown}");
}

/// What a stranger could write into a file, a field manager's name or a cluster.
const HOSTILE: &[&str] = &[
    "@everyone and @team/all, ada@example.com",
    "#123, GH-123, owner/name#1, !5, $7, &3",
    "<img src=x onerror=alert(1)> </details></summary><script>",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example>",
    "https://evil.example/phish and www.evil.example",
    "| cells | of | a | table |\n|---|---|---|",
    "```\n````` \n# heading\n- list\n1. list\n> quote\n***\n---\n===",
    "*bold* __bold__ ~~gone~~ `code` \\` \\",
    "\u{1b}[2J\u{7} \u{202e}desrever \u{200b}\u{feff}\u{e0041}",
    "&lt;b&gt; &#64;everyone &commat;everyone",
    "/close\n/merge",
    "   \n\n\n    indented code\n\n<!-- comment",
    "[ref]: https://evil.example\n[^1]: note\n:warning: $x^2$",
];

fn hostile_plan() -> Plan {
    let all = HOSTILE.join("\n");
    let mut sandboxes: Vec<SandboxPlan> = Vec::new();
    for (at, text) in HOSTILE.iter().enumerate() {
        let mut one = held(&format!("held-{at}{text}"), Hold::Broken, text, text);
        one.notes = vec![(*text).to_owned(), all.clone()];
        (*text).clone_into(&mut one.namespace);
        sandboxes.push(one);
        let mut two = sandbox(&format!("up-{at}{text}"), Action::Update, text);
        let mut step = image_step("a", Action::Update, text);
        (*text).clone_into(&mut step.id.name);
        step.id.namespace = Some((*text).to_owned());
        step.diff = format!("--- live/x\n+++ wanted/x\n@@ -1 +1 @@\n-{}\n+b\r\n", text.replace('\n', "\n-"));
        two.steps = vec![step];
        two.url = Some((*text).to_owned());
        sandboxes.push(two);
    }
    let mut plan = plan(sandboxes);
    HOSTILE[2].clone_into(&mut plan.fleet);
    HOSTILE[5].clone_into(&mut plan.cluster);
    plan.commit = Some(HOSTILE[0].to_owned());
    plan.warnings = HOSTILE.iter().map(|text| (*text).to_owned()).collect();
    plan
}

#[test]
fn what_others_wrote_is_text_and_nothing_else() {
    let plan = hostile_plan();
    let done = plan.sandboxes.iter().filter(|s| !s.steps.is_empty());
    let failed = done.map(|s| came(&s.name, 0, SandboxResult::Failed { reason: HOSTILE.join("\n") })).collect();
    for outcome in [None, Some(Outcome { sandboxes: failed })] {
        let shown = page(&plan, outcome.as_ref(), Diffs::All);
        let seen = look(&shown);
        assert_eq!(seen.diffs.len(), HOSTILE.len(), "{shown}");
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        // Nothing that a forge looks for in the text once it is parsed.
        for word in ["@everyone", "@team", "ada@example", "#123", "name#1", "GH-123", "!5", "https://evil", "www.evil"]
        {
            assert!(!seen.text.contains(word), "{word}: {}", seen.text);
        }
        assert!(seen.text.contains("everyone and"), "it is still there to be read");
    }
}

#[test]
fn an_address_is_a_link_only_where_it_is_one() {
    let shown = |url: &str| {
        let mut one = sandbox("a", Action::Update, "");
        one.steps = vec![image_step("a", Action::Update, "")];
        one.url = Some(url.to_owned());
        look(&page(&plan(vec![one]), None, Diffs::All)).links
    };
    assert_eq!(shown("https://a.sandboxes.example.com:8443/x"), ["https://a.sandboxes.example.com:8443/x"]);
    assert!(shown("https://a.example.com/?q=@b").is_empty());
    assert!(shown("javascript:alert(1)").is_empty());
}

#[test]
fn a_fence_is_longer_than_any_in_the_diff() {
    let mut one = sandbox("a", Action::Update, "");
    let mut step = image_step("a", Action::Update, "");
    step.diff = "--- a\n+++ b\n@@ -1 +1 @@\n-```\n+``````\n </details>\n".into();
    one.steps = vec![step];
    let seen = look(&page(&plan(vec![one]), None, Diffs::All));
    assert_eq!(seen.diffs, ["@@ -1 +1 @@\n-```\n+``````\n </details>\n"]);
}

/// A sandbox whose diff has so many lines.
fn changed(name: &str, lines: usize) -> SandboxPlan {
    let mut step = image_step(name, Action::Update, "hello/templates/all.yaml");
    step.diff = format!("--- a\n+++ b\n@@ -1 +1 @@\n{}", "+twenty bytes a line .\n".repeat(lines));
    let reason = format!("asked for by sandboxes/{name}.toml, commit 1a2b3c4");
    SandboxPlan { steps: vec![step], ..sandbox(name, Action::Update, &reason) }
}

#[test]
fn what_fits_is_not_cut() {
    let plan = plan((0..20).map(|n| changed(&format!("box-{n:02}"), 100)).collect());
    let shown = page(&plan, None, Diffs::All);
    assert!(!shown.contains("Left out") && shown.len() <= LIMIT);
    assert_eq!(look(&shown).diffs.len(), 20);
}

#[test]
fn the_longest_diffs_are_left_out_first_and_named() {
    let mut sandboxes: Vec<SandboxPlan> = (0..20).map(|n| changed(&format!("box-{n:02}"), 100)).collect();
    sandboxes[3] = changed("box-03", 650);
    sandboxes[7] = changed("box-07", 640);
    let plan = plan(sandboxes);
    let shown = page(&plan, None, Diffs::All);
    let seen = look(&shown);
    assert_eq!(seen.diffs.len(), 19, "{}", shown.len());
    assert_eq!(seen.folds, 20);
    assert!(shown.contains("Left out: diffs of 1 sandbox (box-03). `reconcile --plan` prints"), "{shown}");
    assert!(shown.contains("Its diffs (653 lines) are left out here; `reconcile --plan --only box-03` prints them."));
}

#[test]
fn one_object_alone_cannot_push_out_the_rest() {
    let mut one = changed("one", 100_000);
    one.steps.push(changed("one", 5).steps.remove(0));
    let shown = page(&plan(vec![one, changed("two", 5)]), None, Diffs::All);
    assert_eq!(look(&shown).diffs.len(), 2);
    assert!(shown.contains("The diff (100003 lines) is too long to be shown here."), "{shown}");
    assert!(shown.contains("Left out: diffs of 1 sandbox (one)."), "{shown}");
}

#[test]
fn a_thousand_sandboxes_fit() {
    let wide = "檔案在提交中更改".repeat(40);
    let long = "a".repeat(63);
    let kinds: [&dyn Fn(usize) -> SandboxPlan; 5] = [
        &|n| changed(&format!("box-{n:04}"), 40),
        &|n| changed(&format!("{long}-{n:04}"), n),
        &|n| held(&format!("box-{n:04}"), Hold::Broken, &wide, &wide),
        &|n| SandboxPlan { notes: vec![wide.clone(); 30], ..sandbox(&format!("box-{n:04}"), Action::Keep, "") },
        &|n| {
            let many = changed("x", 1).steps.remove(0);
            SandboxPlan { steps: vec![many; 12], ..changed(&format!("box-{n:04}"), 1) }
        },
    ];
    for (at, kind) in kinds.iter().enumerate() {
        let mut plan = plan((0..1_000).map(kind).collect());
        plan.warnings = vec![wide.clone(); 1_000];
        // Each is made twice, which takes its time: not more of it than is needed.
        for diffs in if at == 0 { vec![Diffs::All, Diffs::None] } else { vec![Diffs::All] } {
            let shown = page(&plan, None, diffs);
            let seen = look(&shown);
            assert!(shown.len() <= LIMIT && shown.chars().count() < GITHUB, "{at}: {}", shown.len());
            assert!(shown.len() > LIMIT / 3, "{at}: {} bytes only", shown.len());
            assert!(shown.contains("Left out: "), "{at}");
            let left_out = shown.split_once(" of 1000 rows").and_then(|(before, _)| before.rsplit([' ', ':']).next());
            let left_out: usize = left_out.and_then(|n| n.parse().ok()).expect("a number");
            assert_eq!(seen.rows + left_out, 1_000, "{at}");
            assert!(at > 0 || shown == page(&plan, None, diffs), "it is the same each time");
        }
    }
}

#[test]
fn every_size_fits() {
    for lines in (0..4_000).step_by(97) {
        let mut sandboxes: Vec<SandboxPlan> =
            (0..12).map(|n| changed(&format!("box-{n:02}"), lines / (n + 1))).collect();
        sandboxes.push(held("two", Hold::Policy, &"why ".repeat(lines), "do it"));
        let shown = page(&plan(sandboxes), None, Diffs::All);
        look(&shown);
        assert!(shown.len() <= LIMIT, "{lines}: {}", shown.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is written into a plan, the page has the same structure.
    #[test]
    fn no_text_changes_the_structure(
        texts in prop::collection::vec(r"[-a-z@#!<>\[\]()`*_~|&;:./\\\n$^+='\x22 \t\r0-9é雲]{0,60}", 8),
    ) {
        let mut one = changed("one", 1);
        one.reason.clone_from(&texts[0]);
        one.steps[0].reason.clone_from(&texts[1]);
        one.steps[0].id.name.clone_from(&texts[2]);
        one.notes = vec![texts[3].clone()];
        one.steps[0].diff = format!("--- a\n+++ b\n@@ -1 +1 @@\n-{}\n", texts[4].replace('\n', "\n-"));
        one.name.clone_from(&texts[5]);
        let mut plan = plan(vec![one, held("two", Hold::Safety, &texts[6], &texts[7])]);
        plan.warnings = vec![texts[1].clone()];
        let seen = look(&page(&plan, None, Diffs::All));
        prop_assert_eq!((seen.rows, seen.folds, seen.diffs.len(), seen.links.len()), (2, 1, 1, 0));
    }
}

/// What a parser sees.
#[derive(Debug, Default)]
pub struct Seen {
    rows: usize,
    folds: usize,
    diffs: Vec<String>,
    links: Vec<String>,
    /// All that is shown as text, outside code.
    text: String,
}

/// Parses a page and holds it against what it may consist of.
pub fn look(page: &str) -> Seen {
    let mut seen = Seen::default();
    let (mut headings, mut tables, mut open, mut comments) = (0, 0, 0, 0);
    let mut fence: Option<String> = None;
    for event in
        Parser::new_ext(page, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES)
    {
        match event {
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Start(Tag::Table(columns)) => {
                tables += 1;
                assert_eq!(columns.len(), 4, "{page}");
            }
            Event::Start(Tag::TableRow) => seen.rows += 1,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                assert_eq!((&*language, open), ("diff", 1), "{page}");
                fence = Some(String::new());
            }
            Event::End(TagEnd::CodeBlock) => seen.diffs.extend(fence.take()),
            Event::Text(text) => match &mut fence {
                Some(diff) => diff.push_str(&text),
                None => seen.text.push_str(&text),
            },
            Event::Start(Tag::Link { dest_url, .. }) => seen.links.push(dest_url.to_string()),
            Event::Html(html) | Event::InlineHtml(html) => match html.trim_end() {
                "</details>" => open -= 1,
                "<br>" => {}
                html if html.starts_with("<!-- reconcile:") => comments += 1,
                html => {
                    let inner = html.strip_prefix("<details><summary><b>").and_then(|h| h.strip_suffix("</summary>"));
                    let (name, rest) =
                        inner.and_then(|i| i.split_once("</b>")).unwrap_or_else(|| panic!("{html}\n{page}"));
                    assert!(!name.replace("<br>", "").contains(['<', '>']) && !rest.contains(['<', '>']), "{html}");
                    open += 1;
                    seen.folds += 1;
                }
            },
            Event::Start(
                Tag::Paragraph | Tag::TableHead | Tag::TableCell | Tag::HtmlBlock | Tag::Strong | Tag::BlockQuote(_),
            )
            | Event::End(_)
            | Event::Code(_)
            | Event::SoftBreak => {}
            other => panic!("{other:?} in\n{page}"),
        }
        assert!((0..=1).contains(&open), "folded within folded, or closed twice:\n{page}");
    }
    assert_eq!((headings, open, comments), (1, 0, 1), "{page}");
    assert_eq!(tables, usize::from(seen.rows > 0), "{page}");
    seen
}
