// SPDX-License-Identifier: GPL-2.0
//! Assertions that are checked while building.
//!
//! | macro | where | checked | may use |
//! | --- | --- | --- | --- |
//! | [`static_assert!`] | an item | by the compiler, always | constants only, no generic parameter |
//! | [`const_assert!`] | a statement | when the function is instantiated | constants and generic parameters |
//! | [`build_assert!`] | an expression | after optimisation, by the linker | whatever the optimiser can see |
//!
//! Use the first one of the table that does. [`build_error!`] is the fourth: it fails the build unless the optimiser
//! proves that the place cannot be reached.
//!
//! All supported kernels have what this module needs: nothing.
//!
//! # Examples
//!
//! ```
//! static_assert!(size_of::<u16>() == 2, "what else?");
//!
//! fn first<const N: usize>(array: &[u8; N]) -> u8 {
//!     const_assert!(N > 0, "an empty array has no first element");
//!     array[0]
//! }
//!
//! #[inline(always)]
//! fn checked(offset: usize) -> usize {
//!     build_assert!(offset < 8);
//!     offset
//! }
//!
//! assert_eq!(first(&[7]), 7);
//! assert_eq!(checked(3), 3);
//! ```

#[doc(inline)]
pub use crate::{build_assert_macro as build_assert, build_error, const_assert, static_assert};

#[doc(hidden)]
pub use build_error::build_error as build_error_fn;

/// Fails the build when a constant condition is false. An item, so it may stand in any scope.
///
/// ```
/// static_assert!(u8::MAX == 255);
/// static_assert!(align_of::<u64>() <= 8, "no larger than eight bytes");
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! static_assert {
    ($condition:expr $(, $arg:literal)? $(,)?) => {
        const _: () = ::core::assert!($condition $(, $arg)?);
    };
}

/// Fails the build when a condition that may depend on generic parameters is false. A statement.
///
/// It is evaluated for each instantiation of the surrounding function that is used.
///
/// ```
/// fn bits<T>() -> usize {
///     const_assert!(size_of::<T>() > 0);
///     8 * size_of::<T>()
/// }
/// assert_eq!(bits::<u16>(), 16);
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! const_assert {
    ($condition:expr $(, $arg:literal)? $(,)?) => {
        const { ::core::assert!($condition $(, $arg)?) }
    };
}

/// Fails the build unless the optimiser proves that this is never reached. In a const context it is a compile error.
///
/// ```
/// #[inline(always)]
/// fn only_small(x: u32) -> u32 {
///     if x > 100 {
///         build_error!("`x` is too large");
///     }
///     x
/// }
/// assert_eq!(only_small(5), 5);
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! build_error {
    () => {
        $crate::build_assert::build_error_fn("")
    };
    ($msg:expr) => {
        $crate::build_assert::build_error_fn($msg)
    };
}

/// Fails the build unless the optimiser proves the condition. In a const context it is an ordinary assertion.
///
/// A function that asserts something of its arguments should be `#[inline(always)]`: the optimiser has to see the
/// caller.
///
/// ```
/// #[inline(always)]
/// fn nibble(x: u8) -> u8 {
///     build_assert!(x < 16, "more than four bits");
///     x
/// }
/// assert_eq!(nibble(0xf), 0xf);
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! build_assert_macro {
    ($condition:expr $(,)?) => {
        if !$condition {
            $crate::build_assert::build_error!(::core::concat!("assertion failed: ", ::core::stringify!($condition)));
        }
    };
    ($condition:expr, $msg:expr $(,)?) => {
        if !$condition {
            $crate::build_assert::build_error!($msg);
        }
    };
}
