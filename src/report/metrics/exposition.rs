//! Prometheus' text format, version 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::Write as _;

/// A label, and what it says.
pub type Label = (&'static str, String);

/// The samples of one name. All are gauges: each tells of one run, and nothing is counted from run to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The metric's name.
    pub name: &'static str,
    help: &'static str,
    samples: Vec<(Vec<Label>, f64)>,
}

impl Family {
    /// Without samples yet.
    pub fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, samples: Vec::new() }
    }

    /// Of one sample.
    pub fn of(name: &'static str, help: &'static str, value: f64) -> Self {
        let mut family = Self::new(name, help);
        family.push([], value);
        family
    }

    /// One sample more.
    pub fn push(&mut self, labels: impl IntoIterator<Item = Label>, value: f64) {
        self.samples.push((labels.into_iter().collect(), value));
    }

    fn text(&self, common: &[Label], out: &mut String) {
        if self.samples.is_empty() {
            return;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(out, "# HELP {} {}", self.name, self.help.replace('\\', "\\\\").replace('\n', "\\n"));
        let _ = writeln!(out, "# TYPE {} gauge", self.name);
        for (labels, value) in &self.samples {
            out.push_str(self.name);
            let labels: Vec<String> =
                common.iter().chain(labels).map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
            if !labels.is_empty() {
                let _ = write!(out, "{{{}}}", labels.join(","));
            }
            let _ = writeln!(out, " {value}");
        }
    }
}

/// The text of some families; `common` stands on each sample, before its own labels.
pub fn text(families: &[Family], common: &[Label]) -> String {
    let mut out = String::new();
    for family in families {
        family.text(common, &mut out);
    }
    out
}

/// What stands between a label's quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A sample's labels and value, read from a line of such a text; `None` for another metric's, or what is no sample.
pub fn sample(line: &str, name: &str) -> Option<(Vec<(String, String)>, f64)> {
    let rest = line.trim().strip_prefix(name)?;
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None if rest.starts_with(char::is_whitespace) => (Vec::new(), rest),
        None => return None,
    };
    // A timestamp may follow.
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some((labels, value))
}

/// The labels up to the closing brace, and what stands behind it.
fn labels(mut rest: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if let Some(behind) = rest.strip_prefix('}') {
            return Some((labels, behind));
        }
        let (name, behind) = rest.split_once('=')?;
        let (value, behind) = quoted(behind.trim_start().strip_prefix('"')?)?;
        labels.push((name.trim().to_owned(), value));
        rest = behind;
    }
}

/// A label's value up to its closing quote, and what stands behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}
