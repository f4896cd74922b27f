//! A fleet in parts. Each sandbox belongs to one of 64 buckets, by its name alone; its bucket is a label of all its objects,
//! so that a part of a fleet is a list's selector. Shard I of N holds the buckets that leave I when divided by N.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Hash, LABEL_BUCKET};

/// How many buckets there are, and so how many shards there may be. Another number would be another label on everything.
pub const BUCKETS: u8 = 64;

/// A sandbox's bucket: the sha256 of its name, modulo 64.
pub fn bucket(sandbox: &str) -> u8 {
    let hash = Hash::of(sandbox.as_bytes());
    // It begins with two hexadecimal digits.
    hash.as_str().get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or_default() % BUCKETS
}

/// One part of a fleet that is cut into equal ones: `INDEX/COUNT`, counted from 0, as the indexes of an indexed Job are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    index: u8,
    count: u8,
}

impl Shard {
    /// Which one it is, from 0.
    pub fn index(self) -> u8 {
        self.index
    }

    /// How many there are.
    pub fn count(self) -> u8 {
        self.count
    }

    /// All of so many, which are 1 to 64.
    pub fn all(count: u8) -> impl Iterator<Item = Self> {
        (0..count.min(BUCKETS)).map(move |index| Self { index, count })
    }

    /// Whether a sandbox belongs to it.
    pub fn has(self, sandbox: &str) -> bool {
        self.has_bucket(bucket(sandbox))
    }

    /// Whether some sandbox could belong to both.
    pub fn overlaps(self, other: Self) -> bool {
        self.buckets().any(|bucket| other.has_bucket(bucket))
    }

    /// What selects its objects in a list.
    pub fn selector(self) -> String {
        let buckets: Vec<String> = self.buckets().map(|bucket| bucket.to_string()).collect();
        format!("{LABEL_BUCKET} in ({})", buckets.join(","))
    }

    fn has_bucket(self, bucket: u8) -> bool {
        bucket % self.count == self.index
    }

    fn buckets(self) -> impl Iterator<Item = u8> {
        (0..BUCKETS).filter(move |bucket| self.has_bucket(*bucket))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u64>().ok().filter(|_| plain)
        };
        let numbers = text.split_once('/').and_then(|(index, count)| Some((number(index)?, number(count)?)));
        let (index, count) = numbers.ok_or("expected INDEX/COUNT, such as 0/4 for the first of four")?;
        let count = u8::try_from(count).ok().filter(|count| (1..=BUCKETS).contains(count));
        let count = count.ok_or_else(|| format!("there can be 1 to {BUCKETS} shards"))?;
        let index = u8::try_from(index).ok().filter(|index| *index < count);
        let index = index.ok_or_else(|| format!("shards are counted from 0: 0/{count} to {}/{count}", count - 1))?;
        Ok(Self { index, count })
    }
}
