//! When a sandbox is awake.

use jiff::Timestamp;
use proptest::prelude::*;
use reconcile::fleet::{Hours, Schedule};

fn schedule(awake: &str, timezone: &str) -> Schedule {
    Schedule { awake: awake.parse().unwrap(), timezone: timezone.parse().unwrap(), awake_until: None }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_hours_of_a_week() {
    // 2030-01-01 is a Tuesday.
    let cases = [
        ("Mon-Fri 08:00-20:00", "2030-01-01T08:00:00Z", true),
        ("Mon-Fri 08:00-20:00", "2030-01-01T07:59:59Z", false),
        ("Mon-Fri 08:00-20:00", "2030-01-01T20:00:00Z", false),
        ("Mon-Fri 08:00-20:00", "2030-01-05T12:00:00Z", false),
        ("Sat,Sun 10:00-14:00", "2030-01-05T12:00:00Z", true),
        ("Fri-Mon 00:00-24:00", "2030-01-07T23:59:59Z", true),
        ("Fri-Mon 00:00-24:00", "2030-01-08T00:00:00Z", false),
        ("tuesday 08:00-09:00", "2030-01-01T08:30:00Z", true),
        ("08:00-09:00", "2030-01-06T08:30:00Z", true),
        ("Mon 22:00-06:00", "2030-01-01T05:59:59Z", true),
        ("Mon 22:00-06:00", "2030-01-01T06:00:00Z", false),
        ("Mon 22:00-06:00", "2030-01-01T22:00:00Z", false),
        ("Sun 22:00-06:00", "2030-01-07T01:00:00Z", true),
        ("Mon 08:00-09:00; Tue 10:00-11:00", "2030-01-01T10:30:00Z", true),
        ("Mon 08:00-09:00; Tue 10:00-11:00", "2030-01-01T08:30:00Z", false),
    ];
    for (hours, now, wanted) in cases {
        assert_eq!(schedule(hours, "UTC").is_awake(at(now)), wanted, "{hours} at {now}");
    }
}

#[test]
fn a_zone_moves_the_hours_and_so_does_its_summer() {
    let berlin = schedule("Mon-Fri 08:00-20:00", "Europe/Berlin");
    assert!(!berlin.is_awake(at("2030-01-01T06:59:59Z")));
    assert!(berlin.is_awake(at("2030-01-01T07:00:00Z")));
    assert!(berlin.is_awake(at("2030-07-01T06:00:00Z")));
    assert!(!berlin.is_awake(at("2030-07-01T18:00:00Z")));
    assert!(schedule("Tue 08:00-09:00", "Asia/Taipei").is_awake(at("2030-01-01T00:30:00Z")));
    assert!(!schedule("Tue 08:00-09:00", "Asia/Taipei").is_awake(at("2030-01-01T08:30:00Z")));
}

#[test]
fn the_next_change() {
    let office = schedule("Mon-Fri 08:00-20:00", "Europe/Berlin");
    let next = |now: &str| office.next_change(at(now)).unwrap().to_string();
    assert_eq!(next("2030-01-01T12:00:00Z"), "2030-01-01T19:00:00Z");
    assert_eq!(next("2030-01-04T19:00:00Z"), "2030-01-07T07:00:00Z");
    assert_eq!(schedule("00:00-24:00", "UTC").next_change(at("2030-01-01T12:00:00Z")), None);
    let mut woken = office;
    woken.awake_until = Some(at("2030-01-05T12:00:00Z"));
    assert!(woken.is_awake(at("2030-01-05T11:59:59Z")));
    assert!(!woken.is_awake(at("2030-01-05T12:00:00Z")));
    assert_eq!(woken.next_change(at("2030-01-05T11:00:00Z")), Some(at("2030-01-05T12:00:00Z")));
}

#[test]
fn what_is_no_time_of_a_week_is_refused() {
    for text in [
        "",
        "Mon",
        "Mon-Fri",
        "Mon-Fri 8-20",
        "Mon 08:00",
        "Mon 08:60-09:00",
        "Mon 25:00-26:00",
        "Mon 24:00-25:00",
        "Mon 24:00-06:00",
        "Mon 08:00-08:00",
        "Mond 08:00-09:00",
        "Mon- 08:00-09:00",
        "Mon 08:00-09:00;",
        "Mon 08:00-9:0",
        "Mon 24:01-02:00",
    ] {
        let error = text.parse::<Hours>().expect_err(text);
        assert!(error.hint.unwrap().contains("Mon-Fri 08:00-20:00"), "{text}");
    }
    for zone in ["", "Berlin", "Europe/Atlantis", "../etc/passwd"] {
        assert!(zone.parse::<reconcile::fleet::Zone>().is_err(), "{zone}");
    }
}

/// Where clocks are put forward over the beginning of the hours, they begin there; where they are put back, they may come twice.
#[test]
fn hours_that_clocks_leave_out_or_repeat() {
    let changes = |hours: &str, from: &str, count: usize| {
        let schedule = schedule(hours, "America/New_York");
        let mut now: Timestamp = from.parse().unwrap();
        let next = || {
            now = schedule.next_change(now).unwrap();
            format!("{now} {}", schedule.is_awake(now))
        };
        std::iter::repeat_with(next).take(count).collect::<Vec<_>>()
    };
    let expected = ["2030-03-10T07:00:00Z true", "2030-03-10T07:11:00Z false", "2030-03-17T06:10:00Z true"];
    assert_eq!(changes("Sun 02:10-03:11", "2030-03-10T00:00:00Z", 3), expected);
    let expected = [
        "2030-11-03T04:30:00Z true",
        "2030-11-03T05:30:00Z false",
        "2030-11-03T06:00:00Z true",
        "2030-11-03T06:30:00Z false",
        "2030-11-10T05:30:00Z true",
    ];
    assert_eq!(changes("Sun 00:30-01:30", "2030-11-03T00:00:00Z", 5), expected);
}

proptest! {
    /// Between two changes nothing changes.
    #[test]
    fn nothing_changes_before_the_next_change(second in 1_893_456_000i64..1_900_000_000, from in 0u16..1440, length in 1u16..1440, days in "(Mon|Tue|Sun|Mon-Fri|Fri-Mon|Mon,Wed)") {
        let to = (from + length) % 1440;
        prop_assume!(from != to);
        let hours = format!("{days} {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60);
        let schedule = schedule(&hours, "America/New_York");
        let now = Timestamp::from_second(second).unwrap();
        let before = schedule.is_awake(now);
        let next = schedule.next_change(now).expect("no such week is all one");
        prop_assert_ne!(schedule.is_awake(next), before);
        let span = next.as_second() - second;
        for part in 0..50 {
            let between = Timestamp::from_second(second + span * part / 50).unwrap();
            prop_assert_eq!(schedule.is_awake(between), before, "{}", between);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,30}") {
        let _ = text.parse::<Hours>();
    }
}
