// SPDX-License-Identifier: GPL-2.0
//! Types that wait for a lifetime: what a generic parameter of the form `for<'a> Foo<'a>` would say.
//!
//! C headers: none. All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! use kernel::types::ForLt;
//!
//! fn len<F>(text: F::Of<'_>) -> usize
//! where
//!     F: for<'a> ForLt<Of<'a> = &'a str>,
//! {
//!     text.len()
//! }
//!
//! assert_eq!(len::<ForLt!(&str)>("four"), 4);
//! ```

use core::marker::PhantomData;

/// A type with one lifetime left open.
///
/// Write it with the macro [`ForLt!`](macros::ForLt): `ForLt!(Foo<'_>)` or `ForLt!(for<'a> Foo<'a>)`.
pub trait ForLt {
    /// The type with the lifetime filled in.
    type Of<'a>: 'a;
}
pub use macros::ForLt;

/// A [`ForLt`](trait@ForLt) whose type may be used with a shorter lifetime than it has.
///
/// Write it with the macro [`CovariantForLt!`](macros::CovariantForLt), which lets the compiler prove the covariance.
///
/// # Safety
///
/// [`Self::Of<'a>`](ForLt::Of) is covariant in `'a`.
pub unsafe trait CovariantForLt: ForLt {
    /// Shortens the lifetime.
    fn cast_ref<'r, 'short: 'r, 'long: 'short>(long: &'r Self::Of<'long>) -> &'r Self::Of<'short> {
        // SAFETY: The type is covariant by the safety requirement of this trait, so that shortening its lifetime is
        // sound; both references have the same layout, as they differ in a lifetime only.
        unsafe { core::mem::transmute(long) }
    }
}
pub use macros::CovariantForLt;

/// What the two macros name. `N` is 1 when `WF` contains the proof of covariance.
///
/// The name says it: who writes it out by hand with `N = 1` promises the covariance.
#[doc(hidden)]
pub struct UnsafeForLtImpl<T: ?Sized, WF, const N: usize>(PhantomData<(WF, T)>);

/// The helper behind [`UnsafeForLtImpl`]: a `dyn for<'a> WithLt<'a, Of = Foo<'a>>` carries the open lifetime.
#[doc(hidden)]
pub trait WithLt<'a> {
    /// The type with the lifetime filled in.
    type Of: 'a;
}

impl<T: ?Sized + for<'a> WithLt<'a>, WF, const N: usize> ForLt for UnsafeForLtImpl<T, WF, N> {
    type Of<'a> = <T as WithLt<'a>>::Of;
}

// SAFETY: `N == 1` says that the covariance was proved (see `UnsafeForLtImpl`).
unsafe impl<T: ?Sized + for<'a> WithLt<'a>, WF> CovariantForLt for UnsafeForLtImpl<T, WF, 1> {}
