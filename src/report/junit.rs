//! What came of a test, as `JUnit` XML: the form that CI systems read.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::style::plain;

/// So much of a test's text is kept, its end: a reader of reports is no place for a whole log.
const LONGEST: usize = 256 * 1024;

/// A run of tests.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    /// What was tested.
    pub name: String,
    /// When it began.
    pub began: Timestamp,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The single tests.
    pub cases: Vec<TestCase>,
    /// All that was written.
    pub output: String,
}

/// A test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// Where it is, such as `odoo.addons.shop.tests.test_cart.TestCart`.
    pub class: String,
    /// What it is called.
    pub name: String,
    /// How long it took, in seconds, where that is known.
    pub seconds: Option<f64>,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passed.
    Passed,
    /// It failed: what it says.
    Failed(String),
    /// It could not be carried through: what it says.
    Error(String),
    /// It was left out, and why.
    Skipped(String),
}

impl Suite {
    /// How many came to each end: all, failed, errors, skipped.
    pub fn counts(&self) -> [usize; 4] {
        let count = |is: fn(&Verdict) -> bool| self.cases.iter().filter(|case| is(&case.verdict)).count();
        [
            self.cases.len(),
            count(|verdict| matches!(verdict, Verdict::Failed(_))),
            count(|verdict| matches!(verdict, Verdict::Error(_))),
            count(|verdict| matches!(verdict, Verdict::Skipped(_))),
        ]
    }

    /// Those that did not pass, by name.
    pub fn failed(&self) -> Vec<String> {
        let is_bad = |case: &&TestCase| matches!(case.verdict, Verdict::Failed(_) | Verdict::Error(_));
        let short = |case: &TestCase| match case.class.rsplit('.').next() {
            Some(class) if !class.is_empty() => format!("{class}.{}", case.name),
            _ => case.name.clone(),
        };
        self.cases.iter().filter(is_bad).map(short).collect()
    }
}

/// The document: well-formed, whatever the output holds.
pub fn junit(suite: &Suite) -> String {
    let [tests, failures, errors, skipped] = suite.counts();
    let (name, seconds) = (attribute(&suite.name), suite.seconds);
    let counts = format!(
        "name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{seconds:.3}\""
    );
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String cannot fail.
    let _ = writeln!(xml, "<testsuites {counts}>\n  <testsuite {counts} timestamp=\"{}\">", suite.began);
    for case in &suite.cases {
        let time = case.seconds.map(|seconds| format!(" time=\"{seconds:.3}\"")).unwrap_or_default();
        let head = format!("classname=\"{}\" name=\"{}\"{time}", attribute(&case.class), attribute(&case.name));
        let (element, text) = match &case.verdict {
            Verdict::Passed => {
                let _ = writeln!(xml, "    <testcase {head}/>");
                continue;
            }
            Verdict::Failed(text) => ("failure", text),
            Verdict::Error(text) => ("error", text),
            Verdict::Skipped(text) => ("skipped", text),
        };
        let message = attribute(text.trim_end().lines().last().unwrap_or_default());
        let text = content(text);
        let _ = writeln!(
            xml,
            "    <testcase {head}>\n      <{element} message=\"{message}\">{text}</{element}>\n    </testcase>"
        );
    }
    let _ = writeln!(xml, "    <system-out>{}</system-out>\n  </testsuite>\n</testsuites>", content(&suite.output));
    xml
}

/// Text between two tags.
fn content(text: &str) -> String {
    let text = plain(text);
    let mut start = text.len().saturating_sub(LONGEST);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let left = if start > 0 { format!("[{start} bytes before this are left out]\n") } else { String::new() };
    escaped(&(left + text.get(start..).unwrap_or_default()), false)
}

/// Text in quotation marks.
fn attribute(text: &str) -> String {
    escaped(&plain(text), true)
}

fn escaped(text: &str, quoted: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            // `]]>` may not stand in text.
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' if quoted => escaped.push_str("&#10;"),
            '\t' if quoted => escaped.push_str("&#9;"),
            // A reader would take it for a line's end.
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(c),
            c if is_xml(c) => escaped.push(c),
            _ => escaped.push('\u{fffd}'),
        }
    }
    escaped
}

/// Whether a character may stand in a document of XML 1.0 at all.
fn is_xml(c: char) -> bool {
    matches!(c, '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(cases: Vec<TestCase>, output: &str) -> Suite {
        let began = "2030-01-01T00:00:00Z".parse().unwrap();
        Suite { name: "a \"b\" <c>".into(), began, seconds: 1.5, cases, output: output.into() }
    }

    fn case(name: &str, verdict: Verdict) -> TestCase {
        TestCase { class: "shop.TestCart".into(), name: name.into(), seconds: Some(0.25), verdict }
    }

    #[test]
    fn a_document_counts_what_is_in_it() {
        let cases = vec![
            case("test_a", Verdict::Passed),
            case("test_b", Verdict::Failed("Traceback\n  1 < 2 & 3\nAssertionError: \"x\"\n".into())),
            case("test_c", Verdict::Error("boom".into())),
            case("test_d", Verdict::Skipped("no browser".into())),
        ];
        let suite = suite(cases, "\u{1b}[31mred\u{1b}[0m ]]> \u{b}\u{fffe}\n");
        insta::assert_snapshot!(junit(&suite), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="a &quot;b&quot; &lt;c&gt;" tests="4" failures="1" errors="1" skipped="1" time="1.500">
          <testsuite name="a &quot;b&quot; &lt;c&gt;" tests="4" failures="1" errors="1" skipped="1" time="1.500" timestamp="2030-01-01T00:00:00Z">
            <testcase classname="shop.TestCart" name="test_a" time="0.250"/>
            <testcase classname="shop.TestCart" name="test_b" time="0.250">
              <failure message="AssertionError: &quot;x&quot;">Traceback
          1 &lt; 2 &amp; 3
        AssertionError: &quot;x&quot;
        </failure>
            </testcase>
            <testcase classname="shop.TestCart" name="test_c" time="0.250">
              <error message="boom">boom</error>
            </testcase>
            <testcase classname="shop.TestCart" name="test_d" time="0.250">
              <skipped message="no browser">no browser</skipped>
            </testcase>
            <system-out>red ]]&gt; �
        </system-out>
          </testsuite>
        </testsuites>
        "#);
        assert_eq!(suite.failed(), ["TestCart.test_b", "TestCart.test_c"]);
    }

    #[test]
    fn a_long_output_keeps_its_end() {
        let long = junit(&suite(Vec::new(), &("é".repeat(LONGEST) + "end")));
        assert!(
            long.len() < LONGEST + 2000 && long.contains("bytes before this are left out") && long.contains("end</")
        );
    }
}
