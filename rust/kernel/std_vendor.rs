// SPDX-License-Identifier: GPL-2.0
//! What is known from `std`.
//!
//! C headers: none. All supported kernels have what this module needs.

/// [`std::dbg!`](https://doc.rust-lang.org/std/macro.dbg.html): prints an expression and its value, at level
/// `KERN_INFO`, and returns the value.
///
/// For a quick look while debugging; not for code that stays.
///
/// ```
/// let sum = dbg!(3 + 4);
/// assert_eq!(sum, 7);
/// assert_eq!(dbg!(1, "two"), (1, "two"));
/// dbg!();
/// ```
#[macro_export]
macro_rules! dbg {
    () => {
        $crate::pr_info!("[{}:{}:{}]\n", ::core::file!(), ::core::line!(), ::core::column!())
    };
    ($val:expr $(,)?) => {
        // A `match`, so that temporaries of the expression live until the end of the statement around it.
        match $val {
            value => {
                $crate::pr_info!(
                    "[{}:{}:{}] {} = {:#?}\n",
                    ::core::file!(),
                    ::core::line!(),
                    ::core::column!(),
                    ::core::stringify!($val),
                    &value
                );
                value
            }
        }
    };
    ($($val:expr),+ $(,)?) => {
        ($($crate::dbg!($val)),+,)
    };
}
