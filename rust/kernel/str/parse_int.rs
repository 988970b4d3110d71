// SPDX-License-Identifier: GPL-2.0
//! Reading integers from text, with the bases that C programmers expect.
//!
//! C headers: none. All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! use kernel::{b_str, str::parse_int::ParseInt};
//!
//! assert_eq!(u16::from_str(b_str!("0x1f")), Ok(31));
//! assert_eq!(i8::from_str(b_str!("-128")), Ok(-128));
//! assert_eq!(u8::from_str(b_str!("256")), Err(EINVAL));
//! ```

use crate::{
    error::{code::*, Result},
    str::BStr,
};

mod private {
    /// Keeps [`ParseInt`](super::ParseInt) to the integers, and gives it what core has no trait for.
    pub trait FromStrRadix: Sized {
        /// Reads digits, possibly after a plus sign.
        fn from_str_radix(src: &str, radix: u32) -> Result<Self, crate::error::Error>;

        /// The negative of a magnitude, if the type holds it.
        fn from_u64_negated(value: u64) -> Result<Self, crate::error::Error>;
    }
}

/// Integers that can be read from text.
///
/// `0x`, `0o` and `0b` (in either case of the letter) announce the bases 16, 8 and 2, and so does a plain leading `0`
/// for base 8. A sign may stand in front; underscores are not allowed.
///
/// ```
/// # use kernel::{b_str, str::parse_int::ParseInt};
/// assert_eq!(i32::from_str(b_str!("017")), Ok(15));
/// assert_eq!(i32::from_str(b_str!("-0b101")), Ok(-5));
/// assert_eq!(u64::from_str(b_str!("0o7")), Ok(7));
/// assert_eq!(u64::from_str(b_str!("-1")), Err(EINVAL));
/// assert_eq!(u64::from_str(b_str!("")), Err(EINVAL));
/// assert_eq!(u64::from_str(b_str!("1_000")), Err(EINVAL));
/// ```
pub trait ParseInt: private::FromStrRadix + TryFrom<u64> {
    /// Reads the whole of `src`.
    fn from_str(src: &BStr) -> Result<Self> {
        match src.first() {
            None => Err(EINVAL),
            Some(b'-') => Self::from_u64_negated(magnitude(&src[1..])?),
            Some(b'+') => Self::try_from(magnitude(&src[1..])?).map_err(|_| EINVAL),
            Some(_) => {
                let (radix, digits) = split_radix(src);
                Self::from_str_radix(digits_only(digits)?, radix)
            }
        }
    }
}

fn magnitude(src: &BStr) -> Result<u64> {
    let (radix, digits) = split_radix(src);
    u64::from_str_radix(digits_only(digits)?, radix).map_err(|_| EINVAL)
}

/// The base that the prefix announces, and what follows it.
fn split_radix(src: &BStr) -> (u32, &[u8]) {
    match &**src {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', b'o' | b'O', digits @ ..] => (8, digits),
        [b'0', b'b' | b'B', digits @ ..] => (2, digits),
        // The zero stays: it may be the only digit.
        digits @ [b'0', ..] => (8, digits),
        digits => (10, digits),
    }
}

/// The sign was dealt with before: a second one is an error, though `core` would accept it.
fn digits_only(digits: &[u8]) -> Result<&str> {
    if !digits.first().is_some_and(u8::is_ascii_hexdigit) {
        return Err(EINVAL);
    }
    Ok(core::str::from_utf8(digits)?)
}

macro_rules! parse_int {
    ($($ty:ty),*) => {$(
        impl private::FromStrRadix for $ty {
            fn from_str_radix(src: &str, radix: u32) -> Result<Self, crate::error::Error> {
                <$ty>::from_str_radix(src, radix).map_err(|_| EINVAL)
            }

            fn from_u64_negated(value: u64) -> Result<Self, crate::error::Error> {
                // An `i128` holds the negative of any `u64`.
                <$ty>::try_from(-i128::from(value)).map_err(|_| EINVAL)
            }
        }

        impl ParseInt for $ty {}
    )*};
}

parse_int![i8, u8, i16, u16, i32, u32, i64, u64, isize, usize];
