//! The grammar: from tokens to nodes, with their anchors and tags.

use std::{borrow::Cow, collections::BTreeMap, rc::Rc};

use serde_json::Value;

use super::{
    super::{Error, MAX_DEPTH},
    build::{Builder, Mapping, Phase, height},
    cursor::Mark,
    scan::{Scanner, Token},
};

/// A node, before its use as a key or a value is known.
#[derive(Debug, Clone)]
pub(super) enum Node<'a> {
    Scalar {
        text: Cow<'a, str>,
        /// Whether the meaning is to be found in the text.
        plain: bool,
        tag: Option<String>,
    },
    Collection(Value),
    Alias(Rc<Anchored<'a>>),
}

impl Node<'_> {
    fn empty() -> Self {
        Self::Scalar { text: Cow::Borrowed(""), plain: true, tag: None }
    }
}

/// What an alias stands for.
#[derive(Debug)]
pub(super) struct Anchored<'a> {
    pub(super) node: Node<'a>,
    /// Nodes in it.
    pub(super) count: usize,
    /// Collections nested in it.
    pub(super) height: usize,
}

/// Where a node stands, which decides what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Block,
    /// In a block mapping, where a sequence need not be indented.
    Entry,
    Flow,
}

/// The reader of nodes.
pub(super) struct Parser<'a> {
    scanner: Scanner<'a>,
    builder: Builder,
    /// Nothing while the anchored node is still open.
    anchors: BTreeMap<&'a str, Option<Rc<Anchored<'a>>>>,
    tags: BTreeMap<String, String>,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, builder: Builder) -> Self {
        Self { scanner: Scanner::new(text), builder, anchors: BTreeMap::new(), tags: BTreeMap::new(), depth: 0 }
    }

    /// Reads the first document, and no further than to the token after it.
    pub(super) fn document(mut self) -> Result<Value, Error> {
        let (explicit, mark) = match self.scanner.peek()? {
            (Token::StreamEnd, _) => return Ok(Value::Null),
            (Token::Version(..) | Token::TagDirective(..) | Token::DocumentStart, mark) => (true, mark),
            (_, mark) => (false, mark),
        };
        if explicit {
            self.directives()?;
            let (token, mark) = self.scanner.next()?;
            if token != Token::DocumentStart {
                return Err(mark.syntax_error("did not find expected <document start>"));
            }
        }
        let defaults = [("!", "!"), ("!!", "tag:yaml.org,2002:")];
        for (handle, prefix) in defaults {
            self.tags.entry(handle.to_owned()).or_insert_with(|| prefix.to_owned());
        }
        let empty = explicit
            && matches!(
                self.scanner.peek()?.0,
                Token::Version(..)
                    | Token::TagDirective(..)
                    | Token::DocumentStart
                    | Token::DocumentEnd
                    | Token::StreamEnd
            );
        if empty {
            return Ok(Value::Null);
        }
        let (node, _) = self.node(Place::Block)?;
        self.scanner.peek()?;
        let value = self.builder.value(node, mark, 0)?;
        self.builder.finish(value)
    }

    fn directives(&mut self) -> Result<(), Error> {
        let mut version = false;
        loop {
            match self.scanner.peek()? {
                (Token::Version(major, minor), mark) => {
                    if version {
                        return Err(mark.syntax_error("found duplicate %YAML directive"));
                    }
                    if (*major, *minor) != (1, 1) {
                        return Err(mark.syntax_error("found incompatible YAML document"));
                    }
                    version = true;
                    self.scanner.next()?;
                }
                (Token::TagDirective(..), _) => {
                    if let (Token::TagDirective(handle, prefix), mark) = self.scanner.next()?
                        && self.tags.insert(handle, prefix).is_some()
                    {
                        return Err(mark.syntax_error("found duplicate %TAG directive"));
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn node(&mut self, place: Place) -> Result<(Node<'a>, Mark), Error> {
        self.depth += 1;
        let mark = self.scanner.peek()?.1;
        if self.depth > MAX_DEPTH {
            return Err(mark.syntax_error(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        let node = crate::chart::template::deep(|| self.any(place))?;
        self.depth -= 1;
        Ok((node, mark))
    }

    /// A node that is to be a key: a collection is none, and the error shows it in Go's syntax.
    fn key(&mut self, place: Place) -> Result<(Node<'a>, Mark), Error> {
        let (node, mark) = self.node(place)?;
        if !matches!(node, Node::Collection(_)) || !self.builder.is_content() {
            return Ok((node, mark));
        }
        let end = self.scanner.peek()?.1;
        let text = self.scanner.between(mark, end);
        let literal = Parser::new(text, Builder::literal()).document();
        if let Ok(Value::String(literal)) = literal {
            let mut error = mark.error("invalid map key");
            error.in_go = Some(format!("invalid map key: {literal}"));
            self.builder.complain(Phase::Meaning, error);
            return Ok((Node::empty(), mark));
        }
        Ok((node, mark))
    }

    fn any(&mut self, place: Place) -> Result<Node<'a>, Error> {
        if let (Token::Alias(name), mark) = self.scanner.peek()? {
            let name = *name;
            self.scanner.next()?;
            return match self.anchors.get(name) {
                None => Err(mark.error(format!("unknown anchor '{name}' referenced"))),
                Some(None) => {
                    self.builder.complain(Phase::Meaning, mark.error(format!("anchor '{name}' value contains itself")));
                    Ok(Node::empty())
                }
                Some(Some(anchored)) => Ok(Node::Alias(Rc::clone(anchored))),
            };
        }
        let (anchor, tag) = self.properties()?;
        if let Some(name) = anchor {
            self.anchors.insert(name, None);
        }
        let start = self.builder.nodes();
        let bare = anchor.is_none() && tag.is_none();
        let node = self.content(place, tag, bare)?;
        if let Some(name) = anchor {
            let anchored = Anchored {
                node: node.clone(),
                count: self.builder.nodes() - start + 1,
                height: if let Node::Collection(value) = &node { height(value) } else { 0 },
            };
            self.anchors.insert(name, Some(Rc::new(anchored)));
        }
        Ok(node)
    }

    /// An anchor and a tag, in any order.
    fn properties(&mut self) -> Result<(Option<&'a str>, Option<String>), Error> {
        let (mut anchor, mut tag) = (None, None);
        loop {
            match self.scanner.peek()? {
                (Token::Anchor(name), _) if anchor.is_none() => {
                    anchor = Some(*name);
                    self.scanner.next()?;
                }
                (Token::Tag(handle, suffix), mark) if tag.is_none() => {
                    let prefix = match self.tags.get(handle) {
                        Some(prefix) => prefix,
                        None if handle.is_empty() => "",
                        None => return Err(mark.syntax_error("found undefined tag handle")),
                    };
                    tag = Some(format!("{prefix}{suffix}"));
                    self.scanner.next()?;
                }
                _ => return Ok((anchor, tag)),
            }
        }
    }

    fn content(&mut self, place: Place, tag: Option<String>, bare: bool) -> Result<Node<'a>, Error> {
        let (token, mark) = self.scanner.peek()?;
        let block = place != Place::Flow;
        match token {
            Token::BlockEntry if place == Place::Entry => self.plain_sequence(),
            Token::Scalar { .. } => {
                let (Token::Scalar { text, plain }, _) = self.scanner.next()? else {
                    return Ok(Node::empty()); // not reached: it was peeked
                };
                let plain = (plain && tag.is_none()) || tag.as_deref() == Some("!");
                Ok(Node::Scalar { text, plain, tag })
            }
            Token::FlowSequenceStart => self.flow_sequence(),
            Token::FlowMappingStart => self.flow_mapping(),
            Token::BlockSequenceStart if block => self.block_sequence(),
            Token::BlockMappingStart if block => self.block_mapping(),
            _ if bare => Err(mark.syntax_error("did not find expected node content")),
            _ => Ok(Node::Scalar { text: Cow::Borrowed(""), plain: tag.is_none(), tag }),
        }
    }

    /// A value in a collection: empty where the next token cannot begin one.
    fn value(&mut self, place: Place, empty: fn(&Token<'_>) -> bool) -> Result<Value, Error> {
        let (token, mark) = self.scanner.peek()?;
        let (node, mark) = if empty(token) { (Node::empty(), mark) } else { self.node(place)? };
        self.builder.value(node, mark, self.depth)
    }

    fn block_sequence(&mut self) -> Result<Node<'a>, Error> {
        self.scanner.next()?;
        let mut items = Vec::new();
        loop {
            match self.scanner.next()? {
                (Token::BlockEntry, _) => {
                    let empty = |token: &Token<'_>| matches!(token, Token::BlockEntry | Token::BlockEnd);
                    items.push(self.value(Place::Block, empty)?);
                }
                (Token::BlockEnd, _) => return Ok(Node::Collection(self.builder.list(items))),
                (_, mark) => return Err(mark.syntax_error("did not find expected '-' indicator")),
            }
        }
    }

    /// A sequence at the column of its key.
    fn plain_sequence(&mut self) -> Result<Node<'a>, Error> {
        let mut items = Vec::new();
        while matches!(self.scanner.peek()?.0, Token::BlockEntry) {
            self.scanner.next()?;
            let empty =
                |token: &Token<'_>| matches!(token, Token::BlockEntry | Token::Key | Token::Value | Token::BlockEnd);
            items.push(self.value(Place::Block, empty)?);
        }
        Ok(Node::Collection(self.builder.list(items)))
    }

    fn block_mapping(&mut self) -> Result<Node<'a>, Error> {
        self.scanner.next()?;
        let mut map = Mapping::default();
        let empty = |token: &Token<'_>| matches!(token, Token::Key | Token::Value | Token::BlockEnd);
        loop {
            let (key, mark) = match self.scanner.next()? {
                (Token::Key, _) => {
                    let (token, mark) = self.scanner.peek()?;
                    if empty(token) { (Node::empty(), mark) } else { self.key(Place::Entry)? }
                }
                (Token::BlockEnd, _) => return Ok(Node::Collection(map.finish(&self.builder))),
                (_, mark) => return Err(mark.syntax_error("did not find expected key")),
            };
            let value = if matches!(self.scanner.peek()?.0, Token::Value) {
                self.scanner.next()?;
                let (token, mark) = self.scanner.peek()?;
                if empty(token) { (Node::empty(), mark) } else { self.node(Place::Entry)? }
            } else {
                (Node::empty(), mark)
            };
            map.entry(&mut self.builder, (key, mark), value, self.depth)?;
        }
    }

    fn flow_sequence(&mut self) -> Result<Node<'a>, Error> {
        self.scanner.next()?;
        let mut items = Vec::new();
        loop {
            match self.scanner.peek()? {
                (Token::FlowSequenceEnd, _) => {
                    self.scanner.next()?;
                    return Ok(Node::Collection(self.builder.list(items)));
                }
                (Token::Key, _) => items.push(self.pair()?),
                _ => {
                    let (node, mark) = self.node(Place::Flow)?;
                    items.push(self.builder.value(node, mark, self.depth)?);
                }
            }
            self.flow_separator(&Token::FlowSequenceEnd, "did not find expected ',' or ']'")?;
        }
    }

    /// `key: value` in a sequence, a mapping of its own.
    fn pair(&mut self) -> Result<Value, Error> {
        self.scanner.next()?;
        let mut map = Mapping::default();
        let key = match self.scanner.peek()? {
            (Token::Value | Token::FlowEntry | Token::FlowSequenceEnd, mark) => {
                self.scanner.next()?;
                (Node::empty(), mark)
            }
            _ => self.key(Place::Flow)?,
        };
        let value = self.flow_value(key.1, &Token::FlowSequenceEnd)?;
        map.entry(&mut self.builder, key, value, self.depth)?;
        Ok(map.finish(&self.builder))
    }

    fn flow_mapping(&mut self) -> Result<Node<'a>, Error> {
        self.scanner.next()?;
        let mut map = Mapping::default();
        loop {
            let (key, value) = match self.scanner.peek()? {
                (Token::FlowMappingEnd, _) => {
                    self.scanner.next()?;
                    return Ok(Node::Collection(map.finish(&self.builder)));
                }
                (Token::Key, _) => {
                    self.scanner.next()?;
                    let key = match self.scanner.peek()? {
                        (Token::Value | Token::FlowEntry | Token::FlowMappingEnd, mark) => (Node::empty(), mark),
                        _ => self.key(Place::Flow)?,
                    };
                    let value = self.flow_value(key.1, &Token::FlowMappingEnd)?;
                    (key, value)
                }
                _ => {
                    let key = self.key(Place::Flow)?;
                    let mark = key.1;
                    (key, (Node::empty(), mark))
                }
            };
            map.entry(&mut self.builder, key, value, self.depth)?;
            self.flow_separator(&Token::FlowMappingEnd, "did not find expected ',' or '}'")?;
        }
    }

    /// What follows a key in a flow collection; nothing where there is no `:`.
    fn flow_value(&mut self, key: Mark, end: &Token<'_>) -> Result<(Node<'a>, Mark), Error> {
        if !matches!(self.scanner.peek()?.0, Token::Value) {
            return Ok((Node::empty(), key));
        }
        self.scanner.next()?;
        let (token, mark) = self.scanner.peek()?;
        if matches!(token, Token::FlowEntry) || token == end {
            return Ok((Node::empty(), mark));
        }
        self.node(Place::Flow)
    }

    /// A comma, unless the collection ends.
    fn flow_separator(&mut self, end: &Token<'_>, message: &str) -> Result<(), Error> {
        let (token, mark) = self.scanner.peek()?;
        if matches!(token, Token::FlowEntry) {
            self.scanner.next()?;
        } else if token != end {
            return Err(mark.syntax_error(message));
        }
        Ok(())
    }
}
