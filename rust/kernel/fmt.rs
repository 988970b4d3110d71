// SPDX-License-Identifier: GPL-2.0
//! Formatting: core's traits, with [`Display`] and [`Pointer`] of the kernel's own.
//!
//! C header: [`include/linux/sprintf.h`](srctree/include/linux/sprintf.h)
//!
//! The macro [`fmt!`](macros::fmt) wraps each argument in an [`Adapter`], so that `{}` uses [`Display`], which also
//! [`CStr`](crate::str::CStr) and [`BStr`](crate::str::BStr) implement, and `{:p}` prints a hashed address.
//!
//! # Examples
//!
//! ```
//! use kernel::{fmt, str::CString};
//!
//! let text = CString::try_from_fmt(fmt!("{} of {:#x}", c"part", 16))?;
//! assert_eq!(text.to_bytes(), b"part of 0x10");
//! # Ok::<(), Error>(())
//! ```

pub use core::fmt::{Arguments, Debug, Error, Formatter, Result, Write};
use core::ptr::NonNull;

/// Carries an argument of [`fmt!`](macros::fmt) from the kernel's formatting traits to those of `core`.
#[doc(hidden)]
pub struct Adapter<T>(pub T);

macro_rules! adapt {
    ($($source:path => $($target:ident),+;)*) => {$($(
        impl<T: ?Sized + $source> core::fmt::$target for Adapter<&T> {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                <T as $source>::fmt(self.0, f)
            }
        }
    )+)*};
}

adapt! {
    core::fmt::Binary => Binary;
    core::fmt::Debug => Debug;
    core::fmt::LowerExp => LowerExp;
    core::fmt::LowerHex => LowerHex;
    core::fmt::Octal => Octal;
    core::fmt::UpperExp => UpperExp;
    core::fmt::UpperHex => UpperHex;
    Display => Display;
    Pointer => Pointer;
}

/// The kernel's version of [`core::fmt::Pointer`]: what `{:p}` means.
///
/// Addresses are hashed, so that the log gives nothing of the kernel's layout away.
pub trait Pointer {
    /// Formats the value.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result;
}

/// A pointer that prints as C's `%p`: hashed, unless the kernel was booted with `no_hash_pointers`.
///
/// ```
/// use kernel::{fmt::HashedPtr, str::CString};
///
/// let x = 5u32;
/// let text = CString::try_from_fmt(fmt!("{:p}", HashedPtr(&x)))?;
/// assert_eq!(text.to_bytes().len(), 2 * size_of::<usize>());
/// # Ok::<(), Error>(())
/// ```
pub struct HashedPtr<T: ?Sized>(pub *const T);

impl<T: ?Sized> Pointer for HashedPtr<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // Room for what `%p` prints: 16 digits, or "(____ptrval____)" while the hash is not seeded yet.
        let mut text = [0u8; 24];
        // SAFETY: `text` is writable for its length, which `scnprintf()` respects, terminator included; `%p` takes one
        // pointer and does not dereference it.
        let len = unsafe {
            bindings::scnprintf(
                text.as_mut_ptr().cast(),
                text.len(),
                c"%p".as_ptr().cast(),
                self.0.cast::<core::ffi::c_void>(),
            )
        };
        let text = usize::try_from(len).ok().and_then(|len| text.get(..len)).ok_or(Error)?;
        f.pad(core::str::from_utf8(text).map_err(|_| Error)?)
    }
}

macro_rules! hashed {
    ($($ty:ty: |$this:ident| $ptr:expr;)*) => {$(
        impl<T: ?Sized> Pointer for $ty {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                let $this = self;
                Pointer::fmt(&HashedPtr($ptr), f)
            }
        }
    )*};
}

hashed! {
    *const T: |this| *this;
    *mut T: |this| this.cast_const();
    &T: |this| core::ptr::from_ref::<T>(*this);
    &mut T: |this| core::ptr::from_ref::<T>(*this);
    NonNull<T>: |this| this.as_ptr().cast_const();
}

/// The kernel's version of [`core::fmt::Display`]: what `{}` means.
///
/// A trait of our own, because types of `core` such as [`CStr`](crate::str::CStr) print as text here.
pub trait Display {
    /// Formats the value.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result;
}

impl<T: ?Sized + Display> Display for &T {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Display::fmt(*self, f)
    }
}

impl<T: ?Sized + Display> Display for &mut T {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Display::fmt(&**self, f)
    }
}

macro_rules! display_as_core {
    ($($ty:ty),* $(,)?) => {$(
        impl Display for $ty {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                core::fmt::Display::fmt(self, f)
            }
        }
    )*};
}

display_as_core! {
    bool, char, str,
    i8, i16, i32, i64, i128, isize,
    u8, u16, u32, u64, u128, usize,
    Arguments<'_>, Error,
    core::alloc::LayoutError, core::num::ParseIntError, core::num::TryFromIntError, core::str::Utf8Error,
    core::convert::Infallible, core::panic::Location<'_>, core::panic::PanicInfo<'_>,
}
