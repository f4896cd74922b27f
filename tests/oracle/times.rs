//! Methods of times, durations, months, days of the week and zones.

use super::dice::{Dice, count};
use super::helm::Snippet;
use super::kinds::OPERANDS;
use super::verdict;

const TIMES: &[&str] = &[
    "(toDate \"2006-01-02\" \"2020-02-03\")",
    "(toDate \"2006-01-02\" \"2020-02-29\")",
    "(toDate \"2006-01-02\" \"0000-12-31\")",
    "(toDate \"2006-01-02\" \"9999-12-31\")",
    "(toDate \"2006-01-02T15:04:05Z07:00\" \"2021-12-31T23:59:59.123456789+05:30\")",
    "(toDate \"2006-01-02T15:04:05Z07:00\" \"2021-12-31T23:59:59.5Z\")",
    "(toDate \"2006-01-02T15:04:05-07:00\" \"1999-01-01T00:00:00+02:00\")",
    "(toDate \"2006-01-02T15:04:05-07:00\" \"1999-01-01T00:00:00-00:01\")",
    "(mustToDate \"2006-01-02 15:04 MST\" \"2020-06-01 12:00 CET\")",
    "(mustToDate \"2006-01-02 15:04 MST\" \"2020-06-01 12:00 GMT-7\")",
    "(mustToDate \"2006-01-02 15:04 MST -07:00:00\" \"2020-06-01 12:00 XYZ +01:02:03\")",
    "(mustToDate \"2006-01-02 15:04 MST\" \"2020-06-01 12:00 UTC\")",
    "(toDate \"x\" \"y\")",
    "(dateModify \"-36h1.5s\" (toDate \"2006-01-02\" \"2020-02-03\"))",
    "(get (fromToml \"a = 1979-05-27T07:32:00\") \"a\")",
    "(get (fromToml \"a = 1979-05-27\") \"a\")",
];

const DURATIONS: &[&str] = &[
    "0",
    "1",
    "-1",
    "1500",
    "1000000",
    "1500000000",
    "3600000000000",
    "-90061000000001",
    "9223372036854775807",
    "-9223372036854775808",
    "7",
    "333",
    "86400000000000",
    "1.5",
    "1e9",
    "\"1h\"",
    "nil",
    "(int64 5)",
    "(int 5)",
    "((toDate \"2006-01-02\" \"2020-02-03\").Sub (toDate \"2006\" \"2020\"))",
];

/// Methods, and what each of their arguments is: a time, a duration, a number, a text, bytes or a zone.
const OF_TIME: &[(&str, &str)] = &[
    ("Add", "d"),
    ("AddDate", "iii"),
    ("After", "t"),
    ("AppendBinary", "b"),
    ("AppendFormat", "bs"),
    ("AppendText", "b"),
    ("Before", "t"),
    ("Clock", ""),
    ("Compare", "t"),
    ("Date", ""),
    ("Day", ""),
    ("Equal", "t"),
    ("Format", "s"),
    ("GoString", ""),
    ("GobDecode", "b"),
    ("GobEncode", ""),
    ("Hour", ""),
    ("ISOWeek", ""),
    ("In", "z"),
    ("IsDST", ""),
    ("IsZero", ""),
    ("Local", ""),
    ("Location", ""),
    ("MarshalBinary", ""),
    ("MarshalJSON", ""),
    ("MarshalText", ""),
    ("Minute", ""),
    ("Month", ""),
    ("Nanosecond", ""),
    ("Nope", ""),
    ("Round", "d"),
    ("Second", ""),
    ("String", ""),
    ("Sub", "t"),
    ("Truncate", "d"),
    ("UTC", ""),
    ("Unix", ""),
    ("UnixMicro", ""),
    ("UnixMilli", ""),
    ("UnixNano", ""),
    ("UnmarshalJSON", "b"),
    ("Weekday", ""),
    ("Year", ""),
    ("YearDay", ""),
    ("Zone", ""),
    ("ZoneBounds", ""),
    ("wall", ""),
];

const OF_DURATION: &[(&str, &str)] = &[
    ("Abs", ""),
    ("Hours", ""),
    ("Microseconds", ""),
    ("Milliseconds", ""),
    ("Minutes", ""),
    ("Nanoseconds", ""),
    ("Round", "d"),
    ("Seconds", ""),
    ("String", ""),
    ("Truncate", "d"),
    ("Nope", ""),
];

const NUMBERS: &[&str] =
    &["0", "1", "-1", "12", "-13", "31", "400", "-36500", "12000", "1.5", "\"1\"", ".Values.int", "(int 3)"];
const LAYOUTS: &[&str] = &[
    "\"2006-01-02\"",
    "\"Mon, 02 Jan 2006 15:04:05 MST\"",
    "\"2006-01-02T15:04:05.999999999Z07:00\"",
    "\"06 002 __2 -07:00:00 Z070000 pm .000\"",
    "\"\"",
    "1",
    "nil",
    ".Values.nil",
    ".Values.str",
];
const BYTES: &[&str] = &[
    "(.Files.GetBytes \"conf/a.properties\")",
    "(.Files.GetBytes \"nope\")",
    "nil",
    "\"x\"",
    "(toDate \"x\" \"y\").MarshalText",
];
const SHOWN: &[&str] = &[
    "",
    "",
    " | toJson",
    " | toYaml",
    " | toYamlPretty",
    " | toString | quote",
    " | printf \"%v|%s|%d\" 1 2",
    " | printf \"%d\"",
    " | printf \"%#v\"",
    " | printf \"%T\"",
    " | printf \"%q\"",
    " | printf \"%x\"",
    " | kindOf",
    " | typeOf",
    " | typeIs \"int\"",
    " | kindIs \"struct\"",
    " | default 7",
    " | empty",
    " | int64",
    " | add 1",
    " | eq 1",
    " | lt 1",
    " | list | toJson",
    " | dict \"a\" | toToml",
    " | dict \"a\" | toYaml",
    " | len",
    " | not",
    " | deepCopy",
    " | duration",
    " | unixEpoch",
    " | quote",
    " | until",
    " | htmlDateInZone",
    " | .Values.nope",
];

fn argument(dice: &mut Dice, kind: char) -> String {
    if dice.one_in(12) {
        return dice.pick(OPERANDS).to_owned();
    }
    match kind {
        't' => dice.pick(TIMES).to_owned(),
        'd' => dice.pick(DURATIONS).to_owned(),
        'i' => dice.pick(NUMBERS).to_owned(),
        's' => dice.pick(LAYOUTS).to_owned(),
        'b' => dice.pick(BYTES).to_owned(),
        _ => format!("{}.Location", dice.pick(TIMES)),
    }
}

fn call(dice: &mut Dice, receiver: &str, (method, arguments): (&str, &str)) -> String {
    let mut text = format!("{receiver}.{method}");
    for kind in arguments.chars() {
        text = format!("{text} {}", argument(dice, kind));
    }
    if dice.one_in(20) {
        text = format!("{text} {}", argument(dice, 'i'));
    }
    text
}

/// A time, perhaps one that methods made of another.
fn time(dice: &mut Dice) -> String {
    let mut receiver = dice.pick(TIMES).to_owned();
    for _ in 0..[0, 0, 1, 2][dice.below(4)] {
        let made = dice.pick(&[
            ".UTC",
            ".Local",
            ".Add 1500000001",
            ".AddDate 0 1 -1",
            ".AddDate 12000 0 0",
            ".Truncate 60000000000",
        ]);
        receiver = format!("({receiver}{made})");
    }
    receiver
}

#[test]
fn of_times() {
    let mut dice = Dice::new(20);
    let mut snippets = Vec::new();
    for method in OF_TIME {
        for _ in 0..count(120) {
            let receiver = time(&mut dice);
            let shown = dice.pick(SHOWN);
            snippets.push(Snippet::new(method.0, format!("{{{{ {}{shown} }}}}", call(&mut dice, &receiver, *method))));
        }
    }
    verdict::judge("times, methods of times", &snippets, &[]);
}

#[test]
fn of_durations() {
    let mut dice = Dice::new(21);
    let mut snippets = Vec::new();
    for method in OF_DURATION {
        for _ in 0..count(120) {
            let (one, other) = (time(&mut dice), time(&mut dice));
            let receiver = format!("({one}.Sub ({other}.Add {}))", argument(&mut dice, 'd'));
            let shown = dice.pick(SHOWN);
            snippets.push(Snippet::new(method.0, format!("{{{{ {}{shown} }}}}", call(&mut dice, &receiver, *method))));
        }
    }
    for name in ["Month", "Weekday", "Location", "YearDay", "Unix"] {
        for _ in 0..count(120) {
            let receiver = format!("{}.{name}", time(&mut dice));
            let method = dice.pick(&["String", "Nope", "Hours"]);
            let shown = dice.pick(SHOWN);
            let call = if dice.one_in(2) { receiver } else { format!("({receiver}).{method}") };
            snippets.push(Snippet::new(name, format!("{{{{ {call}{shown} }}}}")));
        }
    }
    verdict::judge("times, methods of durations", &snippets, &[]);
}

/// Two of them compared, and each verb on them.
#[test]
fn compared_and_printed() {
    let mut dice = Dice::new(22);
    let mut snippets = Vec::new();
    for _ in 0..count(3000) {
        let made = |dice: &mut Dice| {
            let time = time(dice);
            let method =
                dice.pick(&["", "", ".Location", ".Month", ".Weekday", ".Unix", ".Sub (toDate \"2006\" \"2020\")"]);
            format!("({time}{method})")
        };
        let (one, other) = (made(&mut dice), made(&mut dice));
        let template = match dice.below(3) {
            0 => format!("{{{{ {} {one} {other} }}}}", dice.pick(&["eq", "ne", "lt", "ge", "deepEqual", "and", "has"])),
            1 => format!("{{{{ $t := {one} }}}}{{{{ eq $t $t }}}}{{{{ deepEqual $t $t }}}}{{{{ $t }}}}"),
            _ => format!(
                "{{{{ printf \"<%{}{}>\" {one} }}}}",
                dice.pick(&["", "+", "#", "-20", "030", " ", "5.2"]),
                dice.pick(&["v", "s", "d", "q", "x", "X", "t", "f", "c", "U", "b", "o", "e", "T", "p", "w"])
            ),
        };
        snippets.push(Snippet::new("compared", template));
    }
    verdict::judge("times, compared and printed", &snippets, &[]);
}
