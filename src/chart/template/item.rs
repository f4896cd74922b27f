//! The items that a template's text is cut into.

/// The kind of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Dot,
    Nil,
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

impl Kind {
    /// Words of the language, which messages print as `<word>`.
    fn is_keyword(self) -> bool {
        self as u8 >= Kind::Dot as u8
    }
}

/// One item, and its text; that of an error is what the lexer says of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    pub kind: Kind,
    pub pos: usize,
    pub text: &'a str,
}

impl Item<'_> {
    /// How a message names the item.
    pub fn describe(&self) -> String {
        match self.kind {
            Kind::Eof => "EOF".to_owned(),
            kind if kind.is_keyword() => format!("<{}>", self.text),
            _ if self.text.len() > 10 => {
                let head: String = self.text.chars().take(10).collect();
                format!("{}...", super::quote::go_quote(&head))
            }
            _ => super::quote::go_quote(self.text),
        }
    }
}
