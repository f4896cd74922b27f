//! Dates: layouts of every kind, times of every kind, and zones.

use super::dice::{Dice, count};
use super::helm::Snippet;
use super::verdict;

const PIECES: &[&str] = &[
    "2006",
    "06",
    "01",
    "1",
    "Jan",
    "January",
    "02",
    "2",
    "_2",
    "002",
    "__2",
    "15",
    "03",
    "3",
    "04",
    "4",
    "05",
    "5",
    "PM",
    "pm",
    "MST",
    "Z07:00",
    "-0700",
    "-07:00",
    "-07",
    "Z0700",
    "Z07:00:00",
    ".000",
    ".999",
    ",000000",
    ".0",
    "Mon",
    "Monday",
    "-",
    ":",
    "/",
    " ",
    "T",
    ", ",
    "x",
    "é",
    "Z",
    "_",
    "Janet",
    "0",
    "2006-01-02",
    "15:04:05",
    "2006-01-02T15:04:05Z07:00",
    "_2006",
    "7",
    "UTC",
];

const TEXTS: &[&str] = &[
    "2020",
    "20",
    "02",
    "2",
    "Feb",
    "feb",
    "February",
    "03",
    "3",
    " 3",
    "034",
    "16",
    "4",
    "05",
    "6",
    "07",
    "7",
    "PM",
    "am",
    "UTC",
    "CET",
    "PST",
    "GMT+3",
    "Z",
    "+02:00",
    "-0700",
    "+01",
    "+25:00",
    ".123",
    ".5",
    ",25",
    "Mon",
    "Monday",
    "-",
    ":",
    "/",
    " ",
    "  ",
    "T",
    ", ",
    "x",
    "é",
    "13",
    "99",
    "2020-02-03",
    "2020-02-30",
    "16:05:06",
    "24:00:00",
    "2020-02-03T04:05:06+02:00",
    "2020-12-31T23:59:59.999Z",
    "0000",
    "1",
];

const TIMES: &[&str] = &[
    "(toDate \"2006-01-02\" \"2020-02-03\")",
    "(toDate \"2006-01-02T15:04:05Z07:00\" \"2021-12-31T23:59:59.123456789+05:30\")",
    "0",
    "(int64 1600000000)",
    "1e3",
    "-1",
    "(toDate \"x\" \"y\")",
    "(toDate \"2006-01-02 15:04\" \"1999-07-04 09:05\")",
    "(int64 -62135596800)",
    "951782400",
    "(toDate \"2006-01-02 15:04 MST\" \"2020-06-01 12:00 CET\")",
];

const ZONES: &[&str] = &[
    "UTC",
    "Local",
    "",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Nowhere/Else",
    "Etc/GMT+5",
    "Asia/Tokyo",
];

#[test]
fn written() {
    let mut dice = Dice::new(10);
    let mut snippets = Vec::new();
    for _ in 0..count(6000) {
        let layout: String = (0..=dice.below(5)).map(|_| dice.pick(PIECES)).collect();
        let (time, zone) = (dice.pick(TIMES), dice.pick(ZONES));
        let template = match dice.below(6) {
            0 => format!("{{{{ htmlDateInZone {time} {zone:?} }}}}"),
            1 => format!("{{{{ date {layout:?} {time} }}}}"),
            2 => format!(
                "{{{{ dateModify {:?} {time} | date_in_zone {layout:?} }}}}",
                dice.pick(&["1h", "-24h", "1.5h", "90s", "1h2m3s4ms", "x", "", "3", "-0.5us", "1d"])
            ),
            3 => format!(
                "{{{{ dateInZone {layout:?} (dateModify \"36h\" (toDate \"2006-01-02\" \"2020-02-28\")) {zone:?} }}}}"
            ),
            _ => format!("{{{{ dateInZone {layout:?} {time} {zone:?} }}}}"),
        };
        // What is no time is now.
        if !template.contains("1e3") {
            snippets.push(Snippet::new("written", template));
        }
    }
    verdict::judge("dates, written", &snippets, &[]);
}

#[test]
fn read() {
    let mut dice = Dice::new(11);
    let mut snippets = Vec::new();
    for _ in 0..count(12_000) {
        let mut layout = String::new();
        let mut text = String::new();
        for _ in 0..=dice.below(5) {
            let i = dice.below(PIECES.len());
            layout += PIECES[i];
            // Mostly what fits.
            text += match PIECES[i] {
                "2006" => dice.pick(&["2020", "0001", "9999", "20"]),
                "06" => "21",
                "01" | "02" | "03" | "04" | "05" => dice.pick(&["02", "11", "2", "45"]),
                "1" | "2" | "3" | "4" | "5" => dice.pick(&["2", "12", "03"]),
                "Jan" => "Mar",
                "January" => "march",
                "15" => dice.pick(&["16", "00", "23", "24"]),
                "PM" => dice.pick(&["AM", "PM", "pm"]),
                "2006-01-02" => dice.pick(&["2020-02-29", "2021-02-29", "2020-13-01", "2020-1-1"]),
                "15:04:05" => dice.pick(&["16:05:06", "16:05:06.75", "16:60:00"]),
                "2006-01-02T15:04:05Z07:00" => dice.pick(&[
                    "2020-02-03T04:05:06+02:00",
                    "2020-02-03T04:05:06Z",
                    "2020-02-03T04:05:06.5-23:59",
                    "2020-02-03 04:05:06Z",
                ]),
                "MST" => dice.pick(&["UTC", "CET", "PDT", "GMT-7", "WITA", "ChST", "+03"]),
                same => same,
            };
            if dice.one_in(8) {
                text += dice.pick(TEXTS);
            }
        }
        let name = dice.pick(&["toDate", "mustToDate", "mustToDate"]);
        snippets.push(Snippet::new(name, format!("{{{{ {name} {layout:?} {text:?} }}}}")));
    }
    verdict::judge("dates, read", &snippets, &[]);
}

#[test]
fn durations() {
    let mut dice = Dice::new(12);
    let mut snippets = Vec::new();
    for _ in 0..count(2000) {
        let text: String = (0..=dice.below(4))
            .map(|_| {
                format!(
                    "{}{}",
                    dice.pick(&["1", "90", "1.5", "-3", ".5", "100000", "", "+2", "9223372036854775807", "0"]),
                    dice.pick(&["h", "m", "s", "ms", "us", "µs", "ns", "d", "", " "])
                )
            })
            .collect();
        let call = dice.pick(&["durationRound", "duration", "dateModify"]);
        let template = match call {
            "dateModify" => format!("{{{{ mustDateModify {text:?} (toDate \"2006-01-02\" \"2020-02-03\") }}}}"),
            call if dice.one_in(3) => format!(
                "{{{{ {call} (int64 {}) }}}}",
                dice.pick(&[
                    "0",
                    "1",
                    "-1",
                    "59",
                    "3600",
                    "86400",
                    "999999999999",
                    "5000000000",
                    "60000000000",
                    "90061"
                ])
            ),
            call => format!("{{{{ {call} {text:?} }}}}"),
        };
        snippets.push(Snippet::new(call, template));
    }
    verdict::judge("dates, durations", &snippets, &[]);
}
