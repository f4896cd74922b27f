//! From items to a tree, with Go's parse errors. Look-ahead is kept as Go keeps it, because the
//! line of an error is the line of the item that was read last.

use super::error::TemplateError;
use super::item::{Item, Kind};
use super::lex::Lexer;
use super::node::{Branch, BranchKind, Command, List, Node, Pipe, Pos, Source, Template, Variable};
use super::quote;
use foldhash::{HashMap, HashMapExt as _};
use std::sync::Arc;

/// `if`, `with` and `range` nest at most so deep: no chart comes near, and the tree stays small
/// enough to be walked and dropped on any stack.
const MAX_NESTING: usize = 500;
/// Texts longer than this are refused unread.
const MAX_TEXT: usize = 32 << 20;

/// Parses one file or text. The answer holds its own template (under the source's name) and one for
/// every `define` and `block`.
pub(super) fn parse(name: &str, text: &str) -> Result<Vec<Template>, TemplateError> {
    if text.len() > MAX_TEXT {
        let message = format!("the template is larger than {} MiB", MAX_TEXT >> 20);
        return Err(TemplateError::parse(name, 1, &message));
    }
    let source = Arc::new(Source { name: name.into(), text: text.into() });
    let mut parser = Parser::new(&source);
    parser.file()?;
    Ok(parser.set)
}

const BLOCK: &str = "block clause";

pub(super) type Parsed<T> = Result<T, TemplateError>;

/// What a list of nodes ended with.
pub(super) enum Stop {
    End,
    Else,
    Eof,
}

impl Stop {
    fn describe(&self) -> &'static str {
        match self {
            Stop::End => "{{end}}",
            Stop::Else => "{{else}}",
            Stop::Eof => "EOF",
        }
    }
}

/// A node, or the end of the list that holds it.
enum Step {
    Node(Node),
    Stop(Stop),
}

pub(super) struct Parser<'a> {
    source: &'a Arc<Source>,
    lexer: Lexer<'a>,
    token: [Item<'a>; 3],
    peeked: usize,
    /// Variables in scope, by id; `$` is 0.
    pub(super) vars: Vec<u32>,
    /// The names of variables so far, and their ids.
    names: HashMap<&'a str, (u32, Arc<str>)>,
    range_depth: usize,
    action: Option<Pos>,
    nesting: usize,
    pub(super) parens: usize,
    set: Vec<Template>,
}

impl<'a> Parser<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        let blank = Item { kind: Kind::Eof, pos: 0, text: "" };
        let mut names = HashMap::new();
        names.insert("$", (0, "$".into()));
        Self {
            source,
            lexer: Lexer::new(&source.text),
            token: [blank; 3],
            peeked: 0,
            vars: vec![0],
            names,
            range_depth: 0,
            action: None,
            nesting: 0,
            parens: 0,
            set: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> Item<'a> {
        if self.peeked > 0 {
            self.peeked -= 1;
        } else {
            self.token[0] = self.lexer.next_item();
        }
        self.token[self.peeked]
    }

    pub(super) fn backup(&mut self) {
        self.peeked += 1;
    }

    pub(super) fn backup2(&mut self, item: Item<'a>) {
        self.token[1] = item;
        self.peeked = 2;
    }

    pub(super) fn backup3(&mut self, second: Item<'a>, first: Item<'a>) {
        self.token[1] = first;
        self.token[2] = second;
        self.peeked = 3;
    }

    pub(super) fn peek(&mut self) -> Item<'a> {
        if self.peeked == 0 {
            self.peeked = 1;
            self.token[0] = self.lexer.next_item();
        }
        self.token[self.peeked - 1]
    }

    pub(super) fn next_non_space(&mut self) -> Item<'a> {
        loop {
            let item = self.next();
            if item.kind != Kind::Space {
                return item;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Item<'a> {
        let item = self.next_non_space();
        self.backup();
        item
    }

    pub(super) fn error<T>(&self, message: impl AsRef<str>) -> Parsed<T> {
        let (line, _) = self.source.line_column(self.token[0].pos);
        Err(TemplateError::parse(&self.source.name, line, message.as_ref()))
    }

    pub(super) fn unexpected<T>(&self, item: &Item<'_>, context: &str) -> Parsed<T> {
        if item.kind != Kind::Error {
            return self.error(format!("unexpected {} in {context}", item.describe()));
        }
        let wrong = self.lexer.wrong();
        let mut extra = String::new();
        let line_of = |pos| self.source.line_column(pos).0;
        if let Some(pos) = self.action
            && line_of(pos) != line_of(item.pos)
        {
            let word = if wrong.ends_with(" action") { "" } else { " in action" };
            let (line, _) = self.source.line_column(pos);
            extra = format!("{word} started at {}:{line}", self.source.name);
        }
        self.error(format!("{wrong}{extra}"))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Item<'a>> {
        let item = self.next_non_space();
        if item.kind == kind { Ok(item) } else { self.unexpected(&item, context) }
    }

    /// The id of a variable's name, within this source.
    pub(super) fn variable(&mut self, pos: Pos, text: &'a str) -> Variable {
        let mut parts = text.split('.');
        let name = parts.next().unwrap_or("$");
        // A text of at most MAX_TEXT bytes has fewer names than u32 has values.
        let fresh = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let (id, name) = self.names.entry(name).or_insert_with(|| (fresh, name.into()));
        Variable { pos, id: *id, name: Arc::clone(name), fields: parts.map(Into::into).collect() }
    }

    fn file(&mut self) -> Parsed<()> {
        let mut root = List::default();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.next();
                if self.next_non_space().kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.backup2(delim);
            }
            match self.text_or_action()? {
                Step::Node(node) => root.nodes.push(node),
                Step::Stop(stop) => return self.error(format!("unexpected {}", stop.describe())),
            }
        }
        self.add(self.source.name.clone(), root)
    }

    fn add(&mut self, name: Arc<str>, root: List) -> Parsed<()> {
        let blank = root.is_blank();
        let template = Template { name, source: Arc::clone(self.source), root, blank };
        match self.set.iter().position(|t| t.name == template.name) {
            None => self.set.push(template),
            Some(i) if self.set[i].blank => self.set[i] = template,
            Some(_) if template.blank => {}
            Some(_) => {
                let name = quote::go_quote(&template.name);
                return self.error(format!("template: multiple definition of template {name}"));
            }
        }
        Ok(())
    }

    fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let item = self.next_non_space();
        let name = self.template_name(&item, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        self.body(name, CONTEXT)
    }

    /// The text of a `define` or `block`: a template of its own, that sees no variable of this one.
    fn body(&mut self, name: Arc<str>, context: &str) -> Parsed<()> {
        let vars = std::mem::replace(&mut self.vars, vec![0]);
        let range_depth = std::mem::take(&mut self.range_depth);
        let action = self.action.take();
        let clause = self.token[0].pos;
        let (root, stop) = self.list()?;
        if !matches!(stop, Stop::End) {
            if context == BLOCK {
                // Go tells it at the line of the clause.
                self.token[0].pos = clause;
            }
            return self.error(format!("unexpected {} in {context}", stop.describe()));
        }
        self.add(name, root)?;
        self.vars = vars;
        self.range_depth = range_depth;
        self.action = action;
        Ok(())
    }

    fn template_name(&mut self, item: &Item<'_>, context: &str) -> Parsed<Arc<str>> {
        if !matches!(item.kind, Kind::String | Kind::RawString) {
            return self.unexpected(item, context);
        }
        match quote::unquote(item.text) {
            Some(bytes) => Ok(String::from_utf8_lossy(&bytes).into()),
            None => self.error("invalid syntax"),
        }
    }

    fn list(&mut self) -> Parsed<(List, Stop)> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return self.error("control structures are nested too deeply");
        }
        let mut list = List::default();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Step::Node(node) => list.nodes.push(node),
                Step::Stop(stop) => {
                    self.nesting -= 1;
                    return Ok((list, stop));
                }
            }
        }
        self.error(format!("unexpected {}", Stop::Eof.describe()))
    }

    fn text_or_action(&mut self) -> Parsed<Step> {
        let item = self.next_non_space();
        match item.kind {
            Kind::Text => Ok(Step::Node(Node::Text { pos: item.pos, text: item.text.into() })),
            Kind::LeftDelim => {
                self.action = Some(item.pos);
                let step = super::deep(|| self.action())?;
                self.action = None;
                Ok(step)
            }
            _ => self.unexpected(&item, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Step> {
        let item = self.next_non_space();
        let node = match item.kind {
            Kind::Block => self.block()?,
            Kind::Break => self.loop_control(item.pos, "{{break}}")?,
            Kind::Continue => self.loop_control(item.pos, "{{continue}}")?,
            Kind::Else => {
                if !matches!(self.peek_non_space().kind, Kind::If | Kind::With) {
                    self.expect(Kind::RightDelim, "else")?;
                }
                return Ok(Step::Stop(Stop::Else));
            }
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Step::Stop(Stop::End));
            }
            Kind::If => self.branch(BranchKind::If)?,
            Kind::Range => self.branch(BranchKind::Range)?,
            Kind::With => self.branch(BranchKind::With)?,
            Kind::Template => self.template()?,
            _ => {
                self.backup();
                let pos = self.peek().pos;
                // The variables persist until the enclosing end.
                let pipe = self.pipeline("command", Kind::RightDelim)?;
                Node::Action { pos, pipe }
            }
        };
        Ok(Step::Node(node))
    }

    fn loop_control(&mut self, pos: Pos, word: &str) -> Parsed<Node> {
        let item = self.next_non_space();
        if item.kind != Kind::RightDelim {
            return self.unexpected(&item, word);
        }
        if self.range_depth == 0 {
            return self.error(format!("{word} outside {{{{range}}}}"));
        }
        Ok(if word == "{{break}}" { Node::Break { pos } } else { Node::Continue { pos } })
    }

    fn branch(&mut self, kind: BranchKind) -> Parsed<Node> {
        let context = match kind {
            BranchKind::If => "if",
            BranchKind::With => "with",
            BranchKind::Range => "range",
        };
        let in_scope = self.vars.len();
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let is_range = usize::from(kind == BranchKind::Range);
        self.range_depth += is_range;
        let (list, stop) = self.list()?;
        self.range_depth -= is_range;
        let otherwise = match stop {
            Stop::Else => Some(self.otherwise(kind)?),
            _ => None,
        };
        self.vars.truncate(in_scope);
        Ok(Node::Branch(Box::new(Branch { kind, pos: pipe.pos, pipe, list, otherwise })))
    }

    /// What follows `else`. `else if` and `else with` hold one nested branch, whose `end` is theirs.
    fn otherwise(&mut self, kind: BranchKind) -> Parsed<List> {
        let chained = match kind {
            BranchKind::If => self.peek().kind == Kind::If,
            BranchKind::With => self.peek().kind == Kind::With,
            BranchKind::Range => false,
        };
        if chained {
            self.nesting += 1;
            if self.nesting > MAX_NESTING {
                return self.error("control structures are nested too deeply");
            }
            self.next();
            let node = super::deep(|| self.branch(kind))?;
            self.nesting -= 1;
            return Ok(List { nodes: vec![node] });
        }
        let (list, stop) = self.list()?;
        if !matches!(stop, Stop::End) {
            return self.error(format!("expected end; found {}", stop.describe()));
        }
        Ok(list)
    }

    fn block(&mut self) -> Parsed<Node> {
        let item = self.next_non_space();
        let name = self.template_name(&item, BLOCK)?;
        let pipe = self.pipeline(BLOCK, Kind::RightDelim)?;
        self.body(name.clone(), BLOCK)?;
        Ok(Node::Template { pos: item.pos, name, pipe: Some(pipe) })
    }

    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let item = self.next_non_space();
        let name = self.template_name(&item, CONTEXT)?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.backup();
            pipe = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
        }
        Ok(Node::Template { pos: item.pos, name, pipe })
    }

    pub(super) fn command_node(pos: Pos, args: Vec<super::node::Operand>) -> Command {
        Command { pos, args }
    }

    pub(super) fn pipe_node(pos: Pos) -> Pipe {
        Pipe { pos, assign: false, decl: Vec::new(), commands: Vec::new() }
    }
}
