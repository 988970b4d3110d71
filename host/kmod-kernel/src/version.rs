// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of Debian package versions (deb-version(7)). The crates that offer it bring regular expressions and calendars.
use std::cmp::Ordering;

/// Compares `[epoch:]upstream[-revision]`.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (epoch_a, rest_a) = a.split_once(':').unwrap_or(("0", a));
    let (epoch_b, rest_b) = b.split_once(':').unwrap_or(("0", b));
    let (upstream_a, revision_a) = rest_a.rsplit_once('-').unwrap_or((rest_a, ""));
    let (upstream_b, revision_b) = rest_b.rsplit_once('-').unwrap_or((rest_b, ""));
    part(epoch_a, epoch_b).then_with(|| part(upstream_a, upstream_b)).then_with(|| part(revision_a, revision_b))
}

/// Texts and numbers alternate: texts compare letters before the rest and `~` before the end, numbers by value.
fn part(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (text_a, text_b) = (take(&mut a, false), take(&mut b, false));
        let weight = |c: Option<char>| match c {
            Some('~') => -1,
            None => 0,
            Some(c) if c.is_ascii_alphabetic() => i64::from(u32::from(c)),
            Some(c) => i64::from(u32::from(c)) + 0x11_0000,
        };
        for i in 0..text_a.chars().count().max(text_b.chars().count()) {
            let order = weight(text_a.chars().nth(i)).cmp(&weight(text_b.chars().nth(i)));
            if order.is_ne() {
                return order;
            }
        }
        let (a, b) = (take(&mut a, true).trim_start_matches('0'), take(&mut b, true).trim_start_matches('0'));
        let order = a.len().cmp(&b.len()).then_with(|| a.cmp(b));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn take<'a>(text: &mut &'a str, digits: bool) -> &'a str {
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    let (head, tail) = text.split_at(end);
    *text = tail;
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_manual() {
        let ascending = [
            "1.0~~",
            "1.0~rc1-1",
            "1.0-1~bpo12+1",
            "1.0-1",
            "1.0-1+b1",
            "1.0-2",
            "1.0-10",
            "1.0a-1",
            "1.0+x-1",
            "1.2-1",
            "1:0.1-1",
        ];
        for pair in ascending.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
        assert_eq!(compare("6.12.95-1~bpo12+1", "6.12.107-1"), Ordering::Less);
        assert_eq!(compare("1.0", "1.00"), Ordering::Equal);
    }

    proptest::proptest! {
        #[test]
        fn it_is_an_order(a in "[0-9a-c~+.:é-]{0,9}", b in "[0-9a-c~+.:é-]{0,9}") {
            proptest::prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        }
    }
}
