// SPDX-License-Identifier: GPL-2.0
//! Checking what unsafe functions ask of their callers.
//!
//! C headers: none. All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! use kernel::unsafe_precondition_assert;
//!
//! /// # Safety
//! ///
//! /// `index < 4`.
//! unsafe fn get(array: &[u8; 4], index: usize) -> u8 {
//!     unsafe_precondition_assert!(index < array.len(), "index {index} is out of bounds");
//!     // SAFETY: The caller promises that the index is in bounds.
//!     unsafe { *array.get_unchecked(index) }
//! }
//!
//! // SAFETY: 2 is less than 4.
//! assert_eq!(unsafe { get(&[1, 2, 3, 4], 2) }, 3);
//! ```

#[doc(inline)]
pub use crate::unsafe_precondition_assert;

/// Panics when a condition that the caller of an unsafe function promised does not hold, in builds with debug
/// assertions only.
#[macro_export]
macro_rules! unsafe_precondition_assert {
    ($cond:expr $(,)?) => {
        ::core::debug_assert!($cond, "unsafe precondition(s) violated: {}", ::core::stringify!($cond))
    };
    ($cond:expr, $($arg:tt)+) => {
        ::core::debug_assert!($cond, "unsafe precondition(s) violated: {}", ::core::format_args!($($arg)+))
    };
}
