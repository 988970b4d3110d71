// SPDX-License-Identifier: GPL-2.0
//! `fmt!` against a `kernel::fmt` of the test's own.
extern crate self as kernel;

/// Stands in for `kernel::fmt`.
pub mod fmt {
    use core::fmt::{Debug, Formatter, LowerHex, Result};

    pub struct Adapter<T>(pub T);

    /// A `Display` for types that core's does not cover.
    pub trait Display {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result;
    }
    impl Display for &core::ffi::CStr {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result {
            f.pad(self.to_str().map_err(|_| core::fmt::Error)?)
        }
    }
    impl Display for &str {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result {
            f.pad(self)
        }
    }
    impl Display for i32 {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result {
            core::fmt::Display::fmt(self, f)
        }
    }
    impl<T: Display> core::fmt::Display for Adapter<&T> {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result {
            Display::fmt(self.0, f)
        }
    }
    impl<T: Debug> Debug for Adapter<&T> {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result {
            self.0.fmt(f)
        }
    }
    impl<T: LowerHex> LowerHex for Adapter<&T> {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result {
            self.0.fmt(f)
        }
    }
}

macro_rules! check {
    ($expected:literal, $($args:tt)*) => {
        assert_eq!(macros::fmt!($($args)*).to_string(), $expected)
    };
}

#[test]
fn arguments_of_all_kinds_are_adapted() {
    let name = c"edu";
    let width = 6usize;
    check!("plain {}", "plain {{}}");
    check!("edu", "{name}");
    check!("edu edu", "{name} {0}", name);
    check!("edu 0x10", "{} {:#x}", name, 16);
    check!("[   edu]", "[{name:>6}]");
    check!("[   edu]", "[{name:>width$}]");
    check!("[   edu]", "[{:>1$}]", name, width);
    check!("[   edu]", "[{:>w$}]", name, w = width);
    check!("[edu]", "[{:.*}]", 3, "education");
    check!("\"edu\" 3", "{name:?} {}", 1 + 2);
    check!("3 is 3", "{sum} is {}", 1u8 as i32 + 2, sum = 3);
    check!("edu", "{x}", x = name,);
    check!("edu", concat!("{", "}"), name);
    check!("edu", r#"{name}"#);
    let r#type = "text";
    check!("\"text\"", "{type:?}");
}

#[test]
fn self_is_captured() {
    struct Number(i32);
    impl fmt::Display for Number {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            fmt::Display::fmt(&self.0, f)
        }
    }
    impl Number {
        fn text(self) -> String {
            macros::fmt!("{self}").to_string()
        }
    }
    assert_eq!(Number(7).text(), "7");
}
