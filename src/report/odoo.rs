//! Odoo's log of a test run, read for what came of each test.

use std::sync::LazyLock;

use jiff::civil::DateTime;
use regex::Regex;

use super::junit::{TestCase, Verdict};
use super::style::plain;

/// `2030-01-01 00:00:00,123 45 ERROR db odoo.addons.shop.tests.test_cart: FAIL: TestCart.test_one`
static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3}) \d+ ([A-Z]+) (\S+) ([^\s:]+): ?(.*)$").ok()
});

/// `1 failed, 0 error(s) of 12 tests when loading database 'db'`
static RESULT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\d+) failed, (\d+) error\(s\) of (\d+) tests").ok());

/// What a log tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OdooTests {
    /// The tests, in their order.
    pub cases: Vec<TestCase>,
    /// How many tests Odoo says that it ran; `None` where it does not say.
    pub ran: Option<usize>,
}

/// Reads it.
pub fn odoo_tests(log: &str) -> OdooTests {
    let mut reader = Reader::default();
    for line in plain(log).lines() {
        reader.line(line);
    }
    reader.end(None);
    OdooTests { cases: reader.cases, ran: reader.ran }
}

#[derive(Default)]
struct Reader {
    cases: Vec<TestCase>,
    ran: Option<usize>,
    /// The test that runs, and since when.
    running: Option<(usize, Option<DateTime>)>,
    /// The test to which the lines that follow belong.
    telling: Option<usize>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let Some(found) = LINE.as_ref().and_then(|form| form.captures(line)) else {
            // What is no line of the log goes on with the one before.
            if let Some(case) = self.telling.and_then(|at| self.cases.get_mut(at)) {
                let (Verdict::Failed(text) | Verdict::Error(text)) = &mut case.verdict else { return };
                text.push_str(line);
                text.push('\n');
            }
            return;
        };
        self.telling = None;
        let part = |number: usize| found.get(number).map(|part| part.as_str()).unwrap_or_default();
        let at: Option<DateTime> = format!("{}T{}.{}", part(1), part(2), part(3)).parse().ok();
        let (logger, message) = (part(6), part(7));
        if let Some(found) = RESULT.as_ref().and_then(|form| form.captures(message)) {
            self.end(at);
            let ran = found.get(3).and_then(|count| count.as_str().parse::<usize>().ok());
            self.ran = Some(self.ran.unwrap_or_default() + ran.unwrap_or_default());
        } else if let Some(rest) = message
            .strip_prefix("Starting ")
            .and_then(|rest| rest.strip_suffix(" ...").or_else(|| rest.trim_end().strip_suffix("...")))
        {
            self.end(at);
            let place = self.place(logger, rest);
            self.running = Some((place, at));
        } else if let Some(rest) = message.strip_prefix("FAIL: ") {
            self.worse(logger, rest, Verdict::Failed(String::new()));
        } else if let Some(rest) = message.strip_prefix("ERROR: ") {
            self.worse(logger, rest, Verdict::Error(String::new()));
        } else if let Some((name, why)) = message.strip_prefix("skipped ").and_then(|rest| rest.split_once(" : ")) {
            let place = self.place(logger, name);
            if let Some(case) = self.cases.get_mut(place) {
                case.verdict = Verdict::Skipped(why.to_owned());
            }
        } else if message == "Test successful" || logger == "odoo.tests.stats" {
            self.end(at);
        }
    }

    /// The test that runs is over.
    fn end(&mut self, at: Option<DateTime>) {
        let Some((place, began)) = self.running.take() else { return };
        let took = began
            .zip(at)
            .and_then(|(began, at)| at.since(began).ok())
            .and_then(|took| took.total(jiff::Unit::Second).ok());
        if let Some(case) = self.cases.get_mut(place) {
            case.seconds = took;
        }
    }

    /// One that fails in several ways is told with all of them.
    fn worse(&mut self, logger: &str, name: &str, verdict: Verdict) {
        let place = self.place(logger, name);
        let Some(case) = self.cases.get_mut(place) else { return };
        match (&mut case.verdict, &verdict) {
            (Verdict::Failed(text) | Verdict::Error(text), _) => text.push_str(&format!("\n{name}\n")),
            (own, _) => *own = verdict,
        }
        self.telling = Some(place);
    }

    /// The place of a test, `TestCart.test_one`, `Subtest TestCart.test_one (part=1)` or
    /// `setUpClass (odoo.addons.shop.tests.test_cart.TestCart)`.
    fn place(&mut self, logger: &str, name: &str) -> usize {
        let name = name.trim().trim_start_matches("Subtest ");
        let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
        let inside = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or_default();
        let (class, name) = match first.rsplit_once('.') {
            Some((class, name)) if class.starts_with("odoo.") => (class.to_owned(), name.to_owned()),
            Some((class, name)) => (format!("{logger}.{class}"), name.to_owned()),
            None if inside.contains('.') => (inside.to_owned(), first.to_owned()),
            None => (logger.to_owned(), first.to_owned()),
        };
        if let Some(place) = self.cases.iter().position(|case| case.class == class && case.name == name) {
            return place;
        }
        self.cases.push(TestCase { class, name, seconds: None, verdict: Verdict::Passed });
        self.cases.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Odoo 18 and 19 write it (odoo/tests/result.py).
    const LOG: &str = "\
2030-01-01 00:00:00,000 7 INFO db odoo.modules.loading: loading shop
2030-01-01 00:00:01,000 7 INFO db odoo.addons.shop.tests.test_cart: Starting TestCart.test_one ... 
2030-01-01 00:00:01,500 7 INFO db odoo.addons.shop.tests.test_cart: Starting TestCart.test_two ... 
2030-01-01 00:00:02,000 7 INFO db odoo.addons.shop.tests.test_cart: ======================================================================
2030-01-01 00:00:02,000 7 ERROR db odoo.addons.shop.tests.test_cart: FAIL: TestCart.test_two
Traceback (most recent call last):
  File \"test_cart.py\", line 3, in test_two
AssertionError: 1 != 2
 
2030-01-01 00:00:02,250 7 INFO db odoo.addons.shop.tests.test_cart: Starting TestCart.test_three ... 
2030-01-01 00:00:02,300 7 ERROR db odoo.addons.shop.tests.test_cart: ERROR: Subtest TestCart.test_three (part=1)
ValueError: x
2030-01-01 00:00:02,300 7 ERROR db odoo.addons.shop.tests.test_cart: FAIL: Subtest TestCart.test_three (part=2)
AssertionError: y
2030-01-01 00:00:02,400 7 INFO db odoo.addons.shop.tests.test_tour: skipped TestTour.test_all : no browser
2030-01-01 00:00:02,500 7 ERROR db odoo.tests.suite: ERROR: setUpClass (odoo.addons.shop.tests.test_x.TestX)
KeyError: 'z'
2030-01-01 00:00:03,000 7 INFO db odoo.tests.stats: shop: 5 tests 2.00s 30 queries
2030-01-01 00:00:03,000 7 ERROR db odoo.tests.result: 2 failed, 2 error(s) of 5 tests when loading database 'db'
";

    #[test]
    fn each_test_is_told_with_its_text() {
        let found = odoo_tests(LOG);
        assert_eq!(found.ran, Some(5));
        let told: Vec<(String, &Verdict, Option<f64>)> = found
            .cases
            .iter()
            .map(|case| (format!("{}.{}", case.class, case.name), &case.verdict, case.seconds))
            .collect();
        let cart = "odoo.addons.shop.tests.test_cart.TestCart";
        assert_eq!(told.len(), 5, "{told:#?}");
        assert_eq!(told[0], (format!("{cart}.test_one"), &Verdict::Passed, Some(0.5)));
        let Verdict::Failed(text) = told[1].1 else { panic!("{told:#?}") };
        assert!(text.starts_with("Traceback") && text.contains("AssertionError: 1 != 2"), "{text}");
        assert_eq!(told[1].2, Some(0.75));
        let Verdict::Error(text) = told[2].1 else { panic!("{told:#?}") };
        assert!(text.contains("ValueError: x") && text.contains("(part=2)\nAssertionError: y"), "{text}");
        assert_eq!(told[3].1, &Verdict::Skipped("no browser".into()));
        assert_eq!(told[4].0, "odoo.addons.shop.tests.test_x.TestX.setUpClass");
        assert_eq!(told[4].1, &Verdict::Error("KeyError: 'z'\n".into()));
    }

    #[test]
    fn a_log_without_tests_tells_of_none() {
        let none = "2030-01-01 00:00:03,000 7 INFO db odoo.tests.result: 0 failed, 0 error(s) of 0 tests when loading database 'db'\n";
        assert_eq!(odoo_tests(none), OdooTests { cases: Vec::new(), ran: Some(0) });
        assert_eq!(odoo_tests("nothing\nof the kind\n"), OdooTests::default());
    }
}
