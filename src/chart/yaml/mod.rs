//! YAML as Helm reads and writes it.
//!
//! Helm goes through `sigs.k8s.io/yaml`, which is YAML 1.1 in the dialect of go-yaml v2, turned
//! into JSON. Charts depend on that dialect: `yes` is a boolean, `0777` is 511, and templates
//! hash and indent the very bytes that `toYaml` gives.

mod number;
mod quick;
mod read;
mod resolve;
mod timestamp;
mod tree;
mod write;

pub use number::as_float64;
pub(super) use number::{narrow_number, shortest};
pub use read::{Numbers, read, read_strict};
pub use tree::{Entries, Entry, Tree, write_json_string};
pub use write::{Node, to_yaml, write, write_pretty};

/// What [`read_strict`] reads with exact numbers, as a tree that borrows from the text.
///
/// # Errors
/// As [`read_strict`].
pub fn read_tree(text: &str) -> Result<Tree<'_>, Error> {
    read_quick(text).map_or_else(|| read_strict(text, Numbers::Exact).map(Tree::from), Ok)
}

/// The same for common documents alone, in a fraction of the time; `None` where it takes the whole reader, be it for
/// the words of an error.
pub fn read_quick(text: &str) -> Option<Tree<'_>> {
    quick::read(text, Numbers::Exact)
}

/// Collections nested deeper than this are refused, so that no walk over a value can exhaust the stack.
pub const MAX_DEPTH: usize = 256;

/// Why a text is not YAML, in go-yaml's words where it has some.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("yaml: line {line}: {message}")]
pub struct Error {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
    /// The line that go-yaml names, if it names one: often the line before.
    go_line: Option<usize>,
    /// It is not go-yaml that says so, but who makes JSON of what it read.
    after: bool,
    /// What Go says instead of the message, where that is in its own syntax.
    in_go: Option<String>,
}

impl Error {
    /// What is wrong, without what it quotes of the text: for texts that may hold secrets.
    pub fn unquoted(&self) -> String {
        let mut words = self.message.clone();
        for quote in ['`', '\'', '"'] {
            // From the first to the last, so that a quote within what is quoted ends nothing. One character is syntax.
            if let (Some(from), Some(to)) = (words.find(quote), words.rfind(quote))
                && to > from + 2
            {
                words.replace_range(from + 1..to, "…");
            }
        }
        words
    }

    /// The words of go-yaml, with its own idea of the line, for templates that print them.
    pub fn in_go(&self) -> String {
        let message = self.in_go.as_ref().unwrap_or(&self.message);
        match self.go_line {
            _ if self.after => message.clone(),
            Some(line) => format!("yaml: line {line}: {message}"),
            None => format!("yaml: {message}"),
        }
    }
}
