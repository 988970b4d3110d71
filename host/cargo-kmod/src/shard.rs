// SPDX-License-Identifier: MIT OR Apache-2.0
//! A part of the matrix, for one of several machines.
use sha2::{Digest, Sha256};
use std::str::FromStr;

/// `2/4`: the second of four parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    part: u64,
    of: u64,
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let numbers = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => Err("PART/PARTS, such as 2/4: the second of four"),
        }
    }
}

impl Shard {
    /// By the name alone, so that a new driver or kernel moves no other cell.
    pub fn has(self, cell: &str) -> bool {
        let digest = Sha256::digest(cell);
        let number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        number % self.of == self.part - 1
    }
}

#[cfg(test)]
mod tests {
    use super::Shard;

    #[test]
    fn a_shard_is_a_part_of_a_whole() {
        for text in ["0/4", "5/4", "1", "a/b", "1/0", "/", "1/2/3", "-1/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
