//! No template brings the renderer down: every text ends in output or in an error, within its bounds.

use proptest::prelude::*;
use reconcile::chart::template::{ErrorKind, Limits, Session, TemplateError, Templates, Value, render_text};
use serde_json::json;

fn data() -> Value {
    let values = json!({
        "str": "hello", "int": 3, "list": ["a", 1, null], "map": {"a": 1, "b": {"c": "d"}}, "nil": null, "yes": true,
    });
    Value::data([("Values", Value::values(&values)), ("Release", Value::data([("Name", "rel".into())]))])
}

/// Renders within narrow bounds.
fn render(text: &str) -> Result<String, TemplateError> {
    let limits = Limits { output: 1 << 20, steps: 200_000 };
    render_text(text, "t", &data(), &mut Session::with_limits(limits))
}

fn bound(text: &str) -> String {
    let error = render(text).expect_err(text);
    assert_eq!(error.kind, ErrorKind::Bound, "{error}");
    error.to_string()
}

/// The words that templates are made of, and pieces that break them.
const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    "{{ ",
    " }}",
    "/*",
    "*/",
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "block",
    "template",
    "break",
    "continue",
    "nil",
    "true",
    "$x",
    "$",
    ":=",
    "=",
    ",",
    "|",
    "(",
    ")",
    ".",
    ".Values",
    ".Values.list",
    ".Values.map",
    ".Values.str",
    ".x",
    "\"a\"",
    "\"%v %d %5.2f\"",
    "`raw`",
    "'c'",
    "1",
    "-1",
    "0x1f",
    "1.5",
    "1e9",
    "99999",
    "1i",
    " ",
    "\n",
    "text",
    "é",
    "\"",
    "`",
    "'",
    "\\",
    "\u{0}",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => proptest::sample::select(WORDS).prop_map(str::to_owned),
        3 => proptest::sample::select(reconcile::chart::functions::names()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

/// A value as templates write it.
fn operand() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        proptest::sample::select(
            &[
                ".",
                "$",
                "nil",
                "true",
                "1",
                "-7",
                "2.5",
                "1e30",
                "99999999999",
                "\"\"",
                "\"a-b\"",
                "\"%s\"",
                "\"[a-z\"",
                "\"2006\"",
                "\"{{ . }}\"",
                "\"1.2.3\"",
                "\"é\"",
                ".Values",
                ".Values.list",
                ".Values.map",
                ".Values.str",
                ".Values.nil",
                ".Values.nope",
                ".Values.map.b.c",
                ".Release.Name"
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = proptest::sample::select(reconcile::chart::functions::names());
        (name, prop::collection::vec(inner, 0..5)).prop_map(|(name, args)| format!("({name} {})", args.join(" ")))
    })
}

/// What reads a text of a language of its own.
const READERS: &[&str] = &[
    "fromYaml",
    "fromYamlArray",
    "fromJson",
    "fromJsonArray",
    "fromToml",
    "mustFromJson",
    "urlParse",
    "semver",
    "semverCompare \"1\"",
    "toDate \"2006\"",
    "duration",
    "durationRound",
    "b64dec",
    "b32dec",
    "printf",
    "mustRegexMatch \"a\"",
    "camelcase",
    "snakecase",
    "title",
    "initials",
    "wrap 5",
    "atoi",
    ".Files.Glob",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_ends(text in any::<String>()) {
        let _ = render(&text);
    }

    #[test]
    fn any_words_end(words in prop::collection::vec(word(), 0..40)) {
        let _ = render(&words.concat());
    }

    #[test]
    fn any_action_ends(words in prop::collection::vec(word(), 0..12)) {
        let _ = render(&format!("{{{{ {} }}}}", words.join(" ")));
    }

    #[test]
    fn any_call_ends(operand in operand()) {
        if let Err(error) = render(&format!("{{{{ {operand} }}}}")) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn any_text_read_ends(text in any::<String>(), function in proptest::sample::select(READERS)) {
        let data = Value::data([("Values", Value::values(&json!({ "x": text })))]);
        let template = format!("{{{{ {function} .Values.x | toJson }}}}");
        let _ = render_text(&template, "t", &data, &mut Session::default());
    }

    #[test]
    fn an_error_names_a_line_of_the_text(words in prop::collection::vec(word(), 0..30)) {
        let text = words.concat();
        if let Err(error) = render(&text) {
            let lines = text.matches('\n').count() + 1;
            let inside = error.place.template == "gotpl" || (1..=lines).contains(&error.place.line);
            prop_assert!(inside, "{error}: {:?} of {lines} lines", error.place);
        }
    }
}

#[test]
fn deep_nesting_is_an_error_or_done() {
    let parens = |n: usize| format!("{{{{ {}1{} }}}}", "(".repeat(n), ")".repeat(n));
    assert_eq!(render(&parens(400)).expect("not that deep"), "1");
    assert!(render(&parens(100_000)).expect_err("too deep").to_string().contains("max expression depth exceeded"));
    let ifs = |n: usize| format!("{}x{}", "{{if true}}".repeat(n), "{{end}}".repeat(n));
    assert_eq!(render(&ifs(400)).expect("not that deep"), "x");
    assert!(render(&ifs(100_000)).expect_err("too deep").to_string().contains("nested too deeply"));
    let chain = |n: usize| format!("{{{{if false}}}}{}{{{{end}}}}", "{{else if false}}x".repeat(n));
    assert_eq!(render(&chain(400)).expect("not that long"), "");
    assert!(render(&chain(100_000)).expect_err("too long").to_string().contains("nested too deeply"));
}

#[test]
fn circles_of_templates_are_errors() {
    let parse = |files: &[(&str, &str)]| Templates::parse(files.iter().copied()).expect("it parses");
    let run = |templates: &Templates| {
        let error = templates.render("c/templates/t.yaml", &data(), &mut Session::default());
        error.expect_err("it never ends")
    };
    let own = parse(&[("c/templates/t.yaml", "{{ include \"c/templates/t.yaml\" . }}")]);
    assert!(run(&own).to_string().contains("rendering template has a nested reference name"));
    let own = parse(&[("c/templates/t.yaml", "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}")]);
    assert!(run(&own).to_string().ends_with("exceeded maximum template depth (100000)"));
    let two = "{{ define \"a\" }}{{ include \"b\" . }}{{ end }}{{ define \"b\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}";
    assert!(run(&parse(&[("c/templates/t.yaml", two)])).message.contains("nested reference name"));
    let tpl = parse(&[("c/templates/t.yaml", "{{ tpl .Values.loop . }}")]);
    let values = json!({ "loop": "{{ tpl .Values.loop . }}" });
    let data = Value::data([("Values", Value::values(&values))]);
    let error = tpl.render("c/templates/t.yaml", &data, &mut Session::default()).expect_err("it never ends");
    assert!(error.message.contains("exceeded maximum template depth"), "{}", error.message);
}

#[test]
fn values_that_hold_themselves_are_errors() {
    let circle = "{{ $d := dict }}{{ $_ := set $d \"self\" $d }}";
    for call in [
        "$d",
        "toJson $d",
        "toYaml $d",
        "toToml $d",
        "deepCopy $d",
        "printf \"%v\" $d",
        "quote $d",
        "deepEqual $d (deepCopy $d)",
    ] {
        let error = render(&format!("{circle}{{{{ {call} }}}}")).expect_err(call);
        assert!(error.message.contains("nested too deeply"), "{call}: {error}");
    }
    let merged = format!("{circle}{{{{ $e := dict }}}}{{{{ $_ := set $e \"self\" $e }}}}{{{{ merge $d $e | len }}}}");
    assert!(render(&merged).is_err());
}

#[test]
fn deep_values_are_dropped_without_deep_recursion() {
    let limits = Limits { output: 1 << 20, steps: 50_000_000 };
    let mut session = Session::with_limits(limits);
    let text =
        "{{ $x := list }}{{ $m := dict }}{{ range until 300000 }}{{ $x = list $x }}{{ $m = dict \"a\" $m }}{{ end }}ok";
    assert_eq!(render_text(text, "t", &data(), &mut session).expect("lists may be deep"), "ok");
}

#[test]
fn bombs_are_errors() {
    let doubling =
        "{{ $x := \"0123456789\" }}{{ range until 60 }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}{{ len $x }}";
    assert!(bound(doubling).contains("larger than 1048576 bytes"));
    for call in [
        "repeat 1000000000 \"x\"",
        "indent 1000000000 \"x\"",
        "until 1000000000",
        "untilStep 0 1000000000 1",
        "seq 1 1000000000",
        "printf \"%999999d%999999d%999999d\" 1 1 1",
        "replace \"\" (repeat 1000000 \"x\") (repeat 1000 \"y\")",
        "regexReplaceAll \"\" (repeat 1000 \"y\") (repeat 1000000 \"x\")",
        "nindent 999999 (repeat 9999 \"\\n\")",
    ] {
        bound(&format!("{{{{ {call} }}}}"));
    }
    let shared = "{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}";
    for call in ["$x", "toJson $x", "toYaml $x", "deepCopy $x | len", "join \",\" $x", "deepEqual $x (list $x)"] {
        let done = render(&format!("{shared}{{{{ {call} }}}}"));
        assert!(done.is_err() || call.starts_with("deepEqual"), "{call}");
    }
    assert!(bound("{{ range until 1000 }}{{ range until 1000 }}x{{ end }}{{ end }}").contains("steps"));
    let long = "x".repeat(33 << 20);
    assert!(render(&long).expect_err("too long").to_string().contains("larger than 32 MiB"));
    let globs = "{{ .Files.Glob (repeat 200 \"*a\") }}";
    let files = std::sync::Arc::new(reconcile::chart::template::Files::new(
        [("a".repeat(2000).as_str().into(), std::sync::Arc::from([0_u8]))].into(),
    ));
    let data = Value::data([("Files", reconcile::chart::template::Object::Files(files).into())]);
    assert!(render_text(globs, "t", &data, &mut Session::default()).is_ok());
}

/// Texts that hold other texts, read within a template.
#[test]
fn deep_texts_are_errors_of_their_readers() {
    let deep =
        |open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(50_000), close.repeat(50_000));
    let texts = [
        ("fromYaml", deep("[", "", "]")),
        ("fromYaml", deep("{a: ", "1", "}")),
        ("fromYaml", "- ".repeat(50_000)),
        ("fromYamlArray", deep("[", "", "]")),
        ("fromJson", deep("{\"a\":", "1", "}")),
        ("fromJsonArray", deep("[", "", "]")),
        ("fromToml", format!("a = {}", deep("[", "", "]"))),
        ("fromToml", format!("a = {}", deep("{b=", "1", "}"))),
        ("fromToml", format!("{}a = 1", "a.".repeat(50_000))),
        ("fromToml", format!("[{}a]", "a.".repeat(50_000))),
    ];
    for (function, text) in texts {
        let data = Value::data([("Values", Value::values(&json!({ "x": text })))]);
        let template = format!("{{{{ {function} .Values.x | toString | trunc 60 }}}}");
        let limits = Limits { output: 8 << 20, steps: 2_000_000 };
        let done = render_text(&template, "t", &data, &mut Session::with_limits(limits)).expect(function);
        assert!(done.contains("Error") || done.starts_with('['), "{function}: {done}");
    }
    // Many tables are no deep ones.
    let many = json!({ "x": "[[l]]\na.b = 1\n".repeat(20_000) });
    let data = Value::data([("Values", Value::values(&many))]);
    let done = render_text("{{ (fromToml .Values.x).l | len }}", "t", &data, &mut Session::default());
    assert_eq!(done.expect("it is TOML"), "20000");
}

/// Patterns that other engines take for ever over, or fill the memory with.
#[test]
fn patterns_are_bounded() {
    let hard = "{{ regexMatch \"^(a+)+$\" (print (repeat 5000 \"a\") \"b\") }}";
    assert_eq!(render(hard).expect("it takes one pass"), "false");
    for pattern in ["((a{100}){100}){100}", "(a{1000}){2}", "a{1001}"] {
        let error = render(&format!("{{{{ mustRegexMatch \"{pattern}\" \"a\" }}}}")).expect_err(pattern);
        assert!(error.message.contains("invalid repeat count"), "{error}");
    }
    let nested = format!("{{{{ regexMatch \"{}a{}\" \"a\" }}}}", "(".repeat(20_000), ")".repeat(20_000));
    assert_eq!(render(&nested).expect("what cannot be read matches nothing"), "false");
}

#[test]
fn a_parsed_set_is_shared_by_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let templates =
        Templates::parse([("t", "{{ range until 3 }}{{ . }}{{ end }}{{ tpl \"{{ . }}\" \"x\" }}")]).expect("it parses");
    shared(&templates);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let text = templates.render("t", &data(), &mut Session::default());
                assert_eq!(&*text.expect("it renders"), "012x");
            });
        }
    });
}

#[test]
fn errors_have_fields() {
    let text = "line one\n  {{ include \"x\" . }}{{ define \"x\" }}\n\n{{ .Values.nope.deep }}{{ end }}";
    let error = render(text).expect_err("there is no such value");
    assert_eq!((error.place.template.as_str(), error.place.line, error.place.column), ("t", 4, Some(10)));
    assert_eq!(error.message, "nil pointer evaluating interface {}.deep");
    let error = render("a\n{{ nope }}").expect_err("there is no such function");
    assert_eq!((error.kind, error.place.line, error.place.column), (ErrorKind::Parse, 2, None));
    assert_eq!(error.message, "function \"nope\" not defined");
    let error = render("{{ fail \"said: by the chart\" }}").expect_err("it fails");
    assert_eq!(error.message, "said: by the chart");
    assert_eq!(error.to_string(), "execution error at (t:1:3): said: by the chart");
}
