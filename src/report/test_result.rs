//! What came of tests, as a `JUnit` file tells it.

use roxmltree::{Document, Node};

/// How many tests ended how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestResult {
    /// That passed.
    pub passed: usize,
    /// That failed.
    pub failed: usize,
    /// That could not be run to their end.
    pub errors: usize,
    /// That were not run.
    pub skipped: usize,
    /// How long they took together.
    pub seconds: Option<f64>,
    /// Those that failed or could not be run, in their order.
    pub failures: Vec<Failed>,
}

/// A test that did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Its name, behind that of its class.
    pub name: String,
    /// What it says, in one line.
    pub message: String,
}

impl TestResult {
    /// Reads a report. What it counts are its test cases, not what its attributes claim.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document = Document::parse(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())?;
        let root = document.root_element();
        if !["testsuites", "testsuite"].contains(&root.tag_name().name()) {
            return Err(format!("it begins with <{}>, not with <testsuites>", root.tag_name().name()));
        }
        let mut result = Self { seconds: time(root), ..Self::default() };
        let mut sum = None;
        for case in root.descendants().filter(|node| node.has_tag_name("testcase")) {
            if let Some(seconds) = time(case) {
                sum = Some(sum.unwrap_or(0.0) + seconds);
            }
            let child = |name: &str| case.children().find(|node| node.has_tag_name(name));
            match (child("failure"), child("error"), child("skipped")) {
                (Some(why), _, _) => {
                    result.failed += 1;
                    result.failures.push(failed(case, why));
                }
                (None, Some(why), _) => {
                    result.errors += 1;
                    result.failures.push(failed(case, why));
                }
                (None, None, Some(_)) => result.skipped += 1,
                (None, None, None) => result.passed += 1,
            }
        }
        result.seconds = result.seconds.or(sum);
        Ok(result)
    }

    /// How many there are.
    pub fn total(&self) -> usize {
        self.passed + self.failed + self.errors + self.skipped
    }
}

fn time(node: Node<'_, '_>) -> Option<f64> {
    node.attribute("time")?.replace(',', "").parse().ok().filter(|seconds: &f64| seconds.is_finite())
}

fn failed(case: Node<'_, '_>, why: Node<'_, '_>) -> Failed {
    let name = case.attribute("name").unwrap_or("a test without a name");
    let class = case.attribute("classname").filter(|class| !class.is_empty());
    let message = why.attribute("message").or(why.text()).unwrap_or_default();
    Failed {
        name: class.map_or(name.to_owned(), |class| format!("{class}.{name}")),
        message: message.trim().lines().next().unwrap_or_default().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_counted() {
        let text = r#"<?xml version="1.0"?>
            <testsuites tests="99" time="1.5"><testsuite name="a"><testcase name="one" classname="c" time="0.5"/>
            <testcase name="two" classname="c"><failure message="1 != 2&#10;more">trace</failure></testcase>
            <testsuite><testcase name="three"><error>
              it broke
            </error></testcase><testcase name="four"><skipped/></testcase></testsuite></testsuite></testsuites>"#;
        let result = TestResult::parse(text).unwrap();
        assert_eq!((result.passed, result.failed, result.errors, result.skipped), (1, 1, 1, 1));
        assert_eq!(result.seconds, Some(1.5));
        assert_eq!(result.failures[0], Failed { name: "c.two".into(), message: "1 != 2".into() });
        assert_eq!(result.failures[1], Failed { name: "three".into(), message: "it broke".into() });
    }

    #[test]
    fn what_is_no_report_is_none() {
        for text in ["", "<html/>", "<testsuite>", "<!DOCTYPE a [<!ENTITY b \"c\">]><testsuite>&b;</testsuite>"] {
            assert!(TestResult::parse(text).is_err(), "{text}");
        }
        assert_eq!(TestResult::parse("<testsuite tests='3'/>").unwrap().total(), 0);
    }
}
