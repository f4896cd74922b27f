//! Kubernetes quantities: read as the API server reads them, and shown so that people can.

use proptest::prelude::*;
use reconcile::fleet::Quantity;

fn of(text: &str) -> Quantity {
    text.parse().unwrap_or_else(|why| panic!("{text}: {why:?}"))
}

#[test]
fn every_unit_is_read_exactly() {
    for (text, same) in [
        ("0", "0n"),
        ("1000n", "1u"),
        ("1000u", "1m"),
        ("1000m", "1"),
        ("0.5", "500m"),
        (".5", "500m"),
        ("5.", "5"),
        ("+5", "5"),
        ("007", "7"),
        ("1k", "1000"),
        ("1M", "1000k"),
        ("1G", "1000M"),
        ("1T", "1000G"),
        ("1P", "1000T"),
        ("1E", "1000P"),
        ("1Ki", "1024"),
        ("1Mi", "1024Ki"),
        ("1Gi", "1024Mi"),
        ("1Ti", "1024Gi"),
        ("1Pi", "1024Ti"),
        ("1Ei", "1024Pi"),
        ("1.5Gi", "1536Mi"),
        ("0.1Ki", "102.4"),
        ("2e3", "2k"),
        ("2E3", "2k"),
        ("2E+3", "2k"),
        ("2500e-3", "2.5"),
        ("1.25e1", "12.5"),
        ("123e-2", "1230m"),
        ("1e-9", "1n"),
        ("0e99999999999999999999", "0"),
        ("-0", "0"),
        // What is finer than a billionth is rounded up.
        ("0.0000000001", "1n"),
        ("1.0000000001", "1.000000001"),
        ("1e-99999999999999999999", "1n"),
        ("0.1n", "1n"),
        ("0.00000000000000000001Ki", "1n"),
        // What is more than the API server counts to is that.
        ("10E", "9223372036854775807"),
        ("8Ei", "9223372036854775807"),
        ("1e99999999999999999999", "9223372036854775807"),
        ("99999999999999999999999999999999999999999999999", "9223372036854775807"),
        ("9223372036854775807", "9223372036854775807"),
    ] {
        assert_eq!(of(text), of(same), "{text}");
    }
    assert!(of("7Ei") < of("8Ei") && of("1G") < of("1Gi") && of("1n") > of("0"));
    assert_eq!(of("0.1").plus(of("0.2")), of("0.3"));
    assert_eq!(of("8Ei").plus(of("1")), of("8Ei"));
}

#[test]
fn what_is_no_quantity_is_refused_with_a_hint() {
    for text in [
        "", " ", "Gi", ".", "1..5", "1.2.3", "1 Gi", " 1", "1K", "1Kb", "1GB", "1gi", "1e", "1e+", "1e1.5", "1ee3",
        "0x10", "1,5", "١", "NaN", "inf", "1_000", "--1", "+-1", "1Gi1", "m", "1mm", "1 ",
    ] {
        let refused = text.parse::<Quantity>();
        if text == "1e" {
            assert!(refused.is_err(), "an exponent needs its digits");
        }
        let why = refused.expect_err(text);
        assert!(why.message.contains("is no quantity") && why.hint.is_some(), "{why:?}");
    }
    let hint = |text: &str| text.parse::<Quantity>().unwrap_err().hint.unwrap();
    assert_eq!(hint("16GB"), "did you mean `16G` or `16Gi`?");
    assert_eq!(hint("16gi"), "did you mean `16Gi`?");
    assert_eq!(hint("16 Gi"), "did you mean `16Gi`?");
    assert_eq!(hint("1K"), "did you mean `1k` or `1Ki`?");
    let less = "-1".parse::<Quantity>().unwrap_err();
    assert!(less.message.contains("less than nothing"), "{less:?}");
}

#[test]
fn it_is_shown_in_a_readable_unit() {
    for (text, shown, readable) in [
        ("0", "0", "0"),
        ("12", "12", "12"),
        ("500m", "500m", "500m"),
        ("1500m", "1.5", "1.5"),
        ("12.25", "12.25", "12.25"),
        ("1u", "1u", "1u"),
        ("2000", "2000", "2000"),
        ("16Gi", "16Gi", "16Gi"),
        ("1536Mi", "1536Mi", "1536Mi"),
        ("17179869184", "16Gi", "16Gi"),
        ("2G", "2G", "2G"),
        ("1500M", "1500M", "1500M"),
        ("2073741824", "2073741824", "about 1.93Gi"),
        ("128974848", "123Mi", "123Mi"),
        ("129000001", "129000001", "129000001"),
        ("1290000017", "1290000017", "about 1.20Gi"),
        ("9223372036854775807", "9223372036854775807", "about 8.00Ei"),
        ("1.000000001", "1.000000001", "1.000000001"),
    ] {
        assert_eq!((of(text).to_string().as_str(), of(text).readable().as_str()), (shown, readable), "{text}");
    }
}

proptest! {
    /// Against plain integers: a number with at most nine decimals, times its unit.
    #[test]
    fn a_decimal_times_its_unit(whole in 0_u64..1_000_000, nano in 0_u64..1_000_000_000, power in 0_usize..7) {
        let (suffix, unit) = [("", 1_u128), ("k", 1_000), ("M", 1_000_000), ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30),
            ("Ti", 1 << 40)][power];
        let all = (u128::from(whole) * 1_000_000_000 + u128::from(nano)) * unit;
        let quantity = of(&format!("{whole}.{nano:09}{suffix}"));
        prop_assert_eq!(quantity, of(&format!("{}.{:09}", all / 1_000_000_000, all % 1_000_000_000)));
    }

    /// What is shown is read back, and sums are those of the numbers.
    #[test]
    fn shown_and_read_back(one in 0_u64..u64::MAX / 4, other in 0_u64..u64::MAX / 4) {
        let (a, b) = (of(&format!("{one}n")), of(&format!("{other}n")));
        prop_assert_eq!(of(&a.to_string()), a);
        prop_assert_eq!(a.plus(b), of(&format!("{}n", one + other)));
        let (a, b) = (of(&format!("{}", one / 4)), of(&format!("{}", other / 4)));
        prop_assert_eq!(of(&a.to_string()), a);
        prop_assert_eq!(a.plus(b), of(&format!("{}", one / 4 + other / 4)));
        prop_assert_eq!(a < b, one / 4 < other / 4);
    }

    /// Nothing that is written panics.
    #[test]
    fn anything_is_read_or_refused(text in "[+-]?[0-9.]{0,5}[a-zA-Z0-9.+-]{0,8}|.{0,12}") {
        let _ = text.parse::<Quantity>();
    }
}
