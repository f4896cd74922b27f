//! A fleet in parts.

use reconcile::manifest::{BUCKETS, Shard, bucket};

fn shard(text: &str) -> Result<Shard, String> {
    text.parse()
}

#[test]
fn every_sandbox_is_in_one_shard_of_each_cut() {
    let names: Vec<String> = (0..500).map(|number| format!("feature-{number}")).collect();
    for count in 1..=BUCKETS {
        let shards: Vec<Shard> = Shard::all(count).collect();
        assert_eq!(shards.len(), usize::from(count));
        for name in &names {
            assert_eq!(shards.iter().filter(|shard| shard.has(name)).count(), 1, "{name} of {count}");
        }
    }
    // What names are labelled with must never change: sha256 begins with ca for "a", and e3 for "".
    assert_eq!((bucket("a"), bucket("")), (0xca % BUCKETS, 0xe3 % BUCKETS));
}

#[test]
fn shards_overlap_where_they_have_a_bucket_in_common() {
    let overlap = |one: &str, other: &str| shard(one).unwrap().overlaps(shard(other).unwrap());
    for (one, other, expected) in [
        ("0/4", "0/4", true),
        ("0/4", "1/4", false),
        ("0/4", "0/2", true),
        ("1/4", "0/2", false),
        ("2/3", "3/5", true),
        ("0/1", "63/64", true),
    ] {
        assert_eq!((overlap(one, other), overlap(other, one)), (expected, expected), "{one} {other}");
    }
}

#[test]
fn a_shard_is_written_as_it_is_read() {
    for text in ["0/1", "0/4", "3/4", "63/64"] {
        assert_eq!(shard(text).unwrap().to_string(), text);
    }
    for (text, says) in [
        ("", "expected INDEX/COUNT, such as 0/4"),
        ("4", "expected INDEX/COUNT"),
        ("-1/4", "expected INDEX/COUNT"),
        ("+1/4", "expected INDEX/COUNT"),
        ("1/4/8", "expected INDEX/COUNT"),
        ("a/b", "expected INDEX/COUNT"),
        ("4/4", "shards are counted from 0: 0/4 to 3/4"),
        ("0/0", "there can be 1 to 64 shards"),
        ("0/65", "there can be 1 to 64 shards"),
        ("99999999999999999999/4", "expected INDEX/COUNT"),
        ("300/4", "shards are counted from 0"),
    ] {
        let error = shard(text).unwrap_err();
        assert!(error.contains(says), "{text}: {error}");
    }
}
