//! Lives: spans, expiries, pins, warnings; and how people say them.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use reconcile::fleet::{Life, Lifetime, MaxRemovals, PinState, Terms, Ttl, human, parse_span, write_span};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// An instant, counted in seconds from 2026-01-01T00:00:00Z.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}

fn secs(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn ttl(text: &str) -> Option<i64> {
    match text.parse() {
        Ok(Ttl::For(span)) => Some(span.as_secs()),
        Ok(Ttl::Never) => Some(0),
        Err(_) => None,
    }
}

#[test]
fn spans() {
    for (text, seconds) in [
        ("90m", 90 * 60),
        ("24h", DAY),
        ("7d", 7 * DAY),
        ("2w", 14 * DAY),
        ("1d12h", 36 * HOUR),
        ("1w2d3h4m5s", 9 * DAY + 3 * HOUR + 245),
        ("never", 0),
        ("0", 0),
    ] {
        assert_eq!(ttl(text), Some(seconds), "{text}");
    }
    for text in [
        "", " ", " 3d", "1d 2h", "7", "d", "7 days", "-1d", "1.5d", "1d1d", "1h1d", "7D", "1y", "0d", "0s", "Never",
        "7dd", "７d",
    ] {
        assert_eq!(ttl(text), None, "{text}");
    }
}

#[test]
fn absurd_spans_end_with_the_calendar_or_are_refused() {
    assert!("99999999999999999999d".parse::<Ttl>().is_err());
    assert!("18446744073709551615w".parse::<Ttl>().is_err());
    assert_eq!(ttl("99999999999w"), Some(99_999_999_999 * 7 * DAY));
    let life: Life = "99999999999w".parse::<Ttl>().unwrap().into();
    assert_eq!(life.expiry(at(0)), Some(Timestamp::MAX));
    let terms = Terms { life, pinned_until: None, max_pin: secs(0) };
    assert_eq!(terms.oldest_start(at(0)), Some(Timestamp::MIN));
    assert!(!lifetime(life, None, 0).warns(at(0)));
    assert!(!lifetime(life, None, 0).is_over(at(0)));
}

fn lifetime(life: Life, pin: Option<i64>, now: i64) -> Lifetime {
    let terms = Terms { life, pinned_until: pin.map(at), max_pin: secs(2 * DAY) };
    Lifetime::at(at(now), at(0), &terms)
}

#[test]
fn an_expiry_is_the_instant_after_which_it_is_over() {
    let week = lifetime(Life::For(secs(7 * DAY)), None, 0);
    assert_eq!(week.expiry, Some(at(7 * DAY)));
    assert!(!week.is_over(at(7 * DAY)));
    assert!(week.is_over(at(7 * DAY + 1)));
    assert!(!lifetime(Life::Never, None, 0).is_over(Timestamp::MAX));
    assert!(lifetime(Life::Until(at(-1)), None, 0).is_over(at(0)));
}

#[test]
fn a_pin_keeps_a_sandbox_past_its_expiry_but_not_for_long() {
    let week = Life::For(secs(7 * DAY));
    let keeps = lifetime(week, Some(9 * DAY), 8 * DAY);
    assert_eq!((keeps.pin, keeps.expiry), (PinState::Keeps, Some(at(9 * DAY))));
    assert_eq!(keeps.natural, Some(at(7 * DAY)));
    let long = lifetime(week, Some(9 * DAY + 1), 8 * DAY);
    assert_eq!((long.pin, long.expiry), (PinState::TooLong { latest: at(9 * DAY) }, Some(at(9 * DAY))));
    let idle = lifetime(week, Some(6 * DAY), 0);
    assert_eq!((idle.pin, idle.expiry), (PinState::Idle, Some(at(7 * DAY))));
    let never = lifetime(Life::Never, Some(99 * DAY), 0);
    assert_eq!((never.pin, never.expiry), (PinState::Idle, None));
}

#[test]
fn an_expired_pin_counts_for_nothing() {
    let long_ago = lifetime(Life::For(secs(DAY)), Some(90 * DAY), 91 * DAY);
    assert_eq!((long_ago.pin, long_ago.expiry), (PinState::Expired, Some(at(DAY))));
    assert!(!long_ago.pin.counts());
    assert!(lifetime(Life::For(secs(DAY)), Some(2 * DAY), DAY).pin.counts());
    assert!(!lifetime(Life::For(secs(DAY)), None, 0).pin.counts());
}

#[test]
fn the_warning_is_for_the_last_day_or_the_last_quarter() {
    let warned = |life: i64, pin: Option<i64>, now: i64| lifetime(Life::For(secs(life)), pin, now).warns(at(now));
    assert!(!warned(7 * DAY, None, 6 * DAY - 1));
    assert!(warned(7 * DAY, None, 6 * DAY));
    assert!(warned(7 * DAY, None, 7 * DAY));
    assert!(!warned(7 * DAY, None, 7 * DAY + 1));
    // A day exactly has its last quarter.
    assert!(!warned(DAY, None, 18 * HOUR - 1));
    assert!(warned(DAY, None, 18 * HOUR));
    assert!(warned(DAY + 1, None, HOUR));
    assert!(!warned(2 * HOUR, None, HOUR));
    assert!(warned(2 * HOUR, None, 90 * 60));
    // A pin moves it.
    assert!(!warned(7 * DAY, Some(9 * DAY), 7 * DAY));
    assert!(warned(7 * DAY, Some(9 * DAY), 8 * DAY));
    assert!(!lifetime(Life::Never, None, 0).warns(at(0)));
}

#[test]
fn ceilings_of_removals() {
    let of = |text: &str, live| text.parse::<MaxRemovals>().unwrap().of(live);
    assert_eq!(MaxRemovals::Default.of(0), 3);
    assert_eq!(MaxRemovals::Default.of(10), 3);
    assert_eq!(MaxRemovals::Default.of(14), 4);
    assert_eq!(MaxRemovals::Default.of(1000), 300);
    assert_eq!(MaxRemovals::Count(7).of(1), 7);
    assert_eq!((of("30%", 10), of("30%", 9), of("30%", 2), of("0%", 50), of("100%", 50)), (3, 2, 1, 0, 50));
    for bad in ["", "%", "101%", "-1%", "1.5%", "5", "abc", "300%"] {
        assert!(bad.parse::<MaxRemovals>().is_err(), "{bad}");
    }
}

#[test]
fn as_people_say_it() {
    for (seconds, text) in [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (90 * 60, "1 h 30 min"),
        (2 * DAY + 4 * HOUR + 59, "2 d 4 h"),
        (2 * DAY + 59, "2 d"),
        (-3 * HOUR, "3 h"),
    ] {
        assert_eq!(human::span(secs(seconds)), text);
    }
    assert_eq!(human::relative(at(2 * DAY + 4 * HOUR), at(0)), "in 2 d 4 h");
    assert_eq!(human::relative(at(0), at(3 * HOUR)), "3 h ago");
    assert_eq!(human::relative(at(0), at(0)), "now");
    human::relative(Timestamp::MAX, Timestamp::MIN);
}

proptest! {
    #[test]
    fn a_span_is_read_as_it_is_written(seconds in 1..=i64::MAX) {
        let span = secs(seconds);
        prop_assert_eq!(parse_span(&write_span(span)), Ok(span));
    }

    /// What lets the walk through the history end early must not keep, and not end, a single sandbox more.
    #[test]
    fn what_started_before_the_oldest_start_is_over(
        life in 1..100 * DAY, until in proptest::option::of(-DAY..200 * DAY), now in 0..200 * DAY, early in 1..DAY,
    ) {
        let terms = Terms { life: Life::For(secs(life)), pinned_until: until.map(at), max_pin: secs(2 * DAY) };
        let oldest = terms.oldest_start(at(now)).unwrap();
        let before = Lifetime::at(at(now), oldest - secs(early), &terms);
        prop_assert!(before.is_over(at(now)), "{:?}", before);
        if until.is_none() {
            prop_assert!(!Lifetime::at(at(now), oldest, &terms).is_over(at(now)));
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,20}|[0-9wdhms ]{0,20}") {
        let _ = text.parse::<Ttl>();
        let _ = text.parse::<MaxRemovals>();
    }

    #[test]
    fn a_pin_never_shortens_and_never_exceeds(life in 1..100 * DAY, until in -DAY..200 * DAY, now in -DAY..200 * DAY) {
        let got = lifetime(Life::For(secs(life)), Some(until), now);
        prop_assert!(got.expiry >= got.natural);
        prop_assert!(got.expiry <= Some(at(life + 2 * DAY)));
    }
}
