// SPDX-License-Identifier: GPL-2.0
//! Which primitive types an [`Atomic`](super::Atomic) can hold, and how they are stored.
//!
//! C header: [`include/linux/types.h`](srctree/include/linux/types.h)
//!
//! `u8` and `u16` are left out, as in mainline.
//!
//! # Examples
//!
//! ```
//! use kernel::sync::atomic::{Atomic, Relaxed};
//!
//! let ticks = Atomic::new(u64::MAX);
//! ticks.add(1, Relaxed);
//! assert_eq!(ticks.load(Relaxed), 0);
//! ```
//!
//! Available on every supported kernel.

use crate::ffi::c_void;

#[cfg(target_pointer_width = "64")]
#[allow(non_camel_case_types)]
type isize_atomic_repr = i64;
#[cfg(target_pointer_width = "32")]
#[allow(non_camel_case_types)]
type isize_atomic_repr = i32;

// SAFETY: `bool` has the size and alignment of `i8`, and only ever its own values are stored, which come back as they
// were.
unsafe impl super::AtomicType for bool {
    type Repr = i8;
}

// SAFETY: A thin pointer has the size and alignment of any other, and comes back as it was.
unsafe impl<T: Sized> super::AtomicType for *mut T {
    type Repr = *const c_void;
}

// SAFETY: A thin pointer has the size and alignment of any other, and comes back as it was.
unsafe impl<T: Sized> super::AtomicType for *const T {
    type Repr = *const c_void;
}

macro_rules! impl_type {
    ($($ty:ty as $repr:ty;)*) => {$(
        // SAFETY: Both are integers of the same size and alignment: every value of one is a value of the other.
        unsafe impl super::AtomicType for $ty {
            type Repr = $repr;
        }
    )*};
}

macro_rules! impl_add {
    ($($ty:ty as $repr:ty;)*) => {
        impl_type! { $($ty as $repr;)* }
        $(
            // SAFETY: Two's complement: adding the bits of `rhs` wraps around to the bits of the sum in either type.
            unsafe impl super::AtomicAdd<$ty> for $ty {
                #[inline(always)]
                fn rhs_into_delta(rhs: $ty) -> $repr {
                    rhs as $repr
                }
            }
        )*
    };
}

impl_type! {
    i8 as i8;
    i16 as i16;
}

impl_add! {
    i32 as i32;
    u32 as i32;
    i64 as i64;
    u64 as i64;
    isize as isize_atomic_repr;
    usize as isize_atomic_repr;
}
