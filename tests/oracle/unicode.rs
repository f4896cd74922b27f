//! Every character there is.

use super::helm::Snippet;
use super::verdict;
use serde_json::json;

/// All characters, a thousand at a time.
fn thousands() -> impl Iterator<Item = String> {
    let all: Vec<char> = (1..=0x10_ffff).filter_map(char::from_u32).collect();
    // What lies in the planes without characters is alike.
    let some = all.into_iter().filter(|c| {
        u32::from(*c) < 0x3_4000 || u32::from(*c) % 97 == 0 || u32::from(*c) > 0xe_0000 && u32::from(*c) < 0xe_0200
    });
    let some: Vec<char> = some.collect();
    some.chunks(1000).map(|chunk| chunk.iter().collect()).collect::<Vec<String>>().into_iter()
}

#[test]
fn every_character() {
    let mut snippets = Vec::new();
    for text in thousands() {
        for call in [
            "printf \"%q\"",
            "printf \"%+q\"",
            "printf \"%x\"",
            "quote",
            "squote",
            "toJson",
            "toRawJson",
            "html",
            "js",
            "urlquery",
            "toYaml",
            "toYamlPretty",
            "toToml",
            "regexReplaceAllLiteral \"\\\\s\" .Values.x | len |",
            "trim",
            "b64enc",
            "sha256sum",
            "len",
            "reverse (list .Values.x) | toJson |",
        ] {
            let template = if let Some(call) = call.strip_suffix('|') {
                format!("{{{{ {call} }}}}")
            } else {
                format!("{{{{ {call} .Values.x }}}}")
            };
            let template = template.replace(
                "regexReplaceAllLiteral \"\\\\s\" .Values.x",
                "regexReplaceAllLiteral \"\\\\s\" .Values.x \"\"",
            );
            snippets.push(Snippet::with(call, template, json!({ "x": text })));
        }
    }
    verdict::judge("unicode", &snippets, &[]);
}

/// What depends on the edition of Unicode: letters that are in use.
#[test]
fn letters() {
    let mut snippets = Vec::new();
    let letters: Vec<char> = (1..0x3000).filter_map(char::from_u32).collect();
    for chunk in letters.chunks(64) {
        let text: String = chunk.iter().collect();
        let words: String = chunk.iter().flat_map(|c| ['a', *c, 'b', ' ', *c, 'c', ' ']).collect();
        for call in [
            "upper",
            "lower",
            "title",
            "untitle",
            "camelcase",
            "snakecase",
            "kebabcase",
            "swapcase",
            "initials",
            "nospace",
            "trim",
            "abbrev 20",
            "trunc 7",
            "trunc -7",
            "wrap 10",
            "splitList \"a\"",
            "regexReplaceAll \"(?i)[a-zµß]\"",
            "substr 1 9",
            "contains \"K\"",
            "plural \"a\" \"b\"",
        ] {
            for text in [&text, &words] {
                let template = match call {
                    "regexReplaceAll \"(?i)[a-zµß]\"" => {
                        "{{ regexReplaceAll \"(?i)[a-zµßk]\" .Values.x \"_\" }}".to_owned()
                    }
                    "plural \"a\" \"b\"" => "{{ plural \"a\" \"b\" (len .Values.x) }}".to_owned(),
                    "splitList \"a\"" => "{{ splitList \"a\" .Values.x | toJson }}".to_owned(),
                    call => format!("{{{{ {call} .Values.x | printf \"%q\" }}}}"),
                };
                snippets.push(Snippet::with(call, template, json!({ "x": text })));
            }
        }
    }
    verdict::judge("letters", &snippets, &[]);
}
