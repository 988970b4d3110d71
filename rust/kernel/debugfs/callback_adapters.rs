// SPDX-License-Identifier: GPL-2.0

//! Wrappers that turn callback functions into [`Writer`] and [`Reader`] implementations.
//!
//! The data of a file is a plain `T`; an operation that was made for a wrapper of `T` sees the same memory through the
//! wrapper, which has the layout of `T` and carries the functions in its type.

use super::{Reader, Writer};
use crate::{fmt, prelude::*, uaccess::UserSliceReader};
use core::{marker::PhantomData, ops::Deref, ptr::NonNull};

/// A wrapper with the layout of what it wraps.
///
/// # Safety
///
/// `Self` must be `#[repr(transparent)]` over [`Adapter::Inner`], and each valid `Inner` be a valid `Self`, given that a
/// `&'static` reference to each function type of `Self` has existed.
pub(crate) unsafe trait Adapter {
    /// What is wrapped.
    type Inner;
}

/// Reads through a function `W`; writes as `D` does.
#[repr(transparent)]
pub(crate) struct WritableAdapter<D, W> {
    inner: D,
    _writer: PhantomData<W>,
}

// SAFETY: transparent over `D`.
unsafe impl<D, W> Adapter for WritableAdapter<D, W> {
    type Inner = D;
}

impl<D: Writer, W> Writer for WritableAdapter<D, W> {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.write(f)
    }
}

impl<D: Deref, W> Reader for WritableAdapter<D, W>
where
    W: Fn(&D::Target, &mut UserSliceReader) -> Result + Send + Sync + 'static,
{
    fn read_from_slice(&self, reader: &mut UserSliceReader) -> Result {
        // SAFETY: a `&'static W` has existed, by the promise of `Adapter`.
        let callback = unsafe { materialize_zst::<W>() };
        callback(&self.inner, reader)
    }
}

/// Writes through a function `F`.
#[repr(transparent)]
pub(crate) struct FormatAdapter<D, F> {
    inner: D,
    _formatter: PhantomData<F>,
}

impl<D, F> Deref for FormatAdapter<D, F> {
    type Target = D;

    fn deref(&self) -> &D {
        &self.inner
    }
}

impl<D, F> Writer for FormatAdapter<D, F>
where
    F: Fn(&D, &mut fmt::Formatter<'_>) -> fmt::Result + 'static,
{
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: a `&'static F` has existed, by the promise of `Adapter`.
        let callback = unsafe { materialize_zst::<F>() };
        callback(&self.inner, f)
    }
}

// SAFETY: transparent over `D`.
unsafe impl<D, F> Adapter for FormatAdapter<D, F> {
    type Inner = D;
}

/// Writes nothing: the [`Deref`] that [`WritableAdapter`] needs, for a file that cannot be read.
#[repr(transparent)]
pub(crate) struct NoWriter<D> {
    inner: D,
}

// SAFETY: transparent over `D`.
unsafe impl<D> Adapter for NoWriter<D> {
    type Inner = D;
}

impl<D> Deref for NoWriter<D> {
    type Target = D;

    fn deref(&self) -> &D {
        &self.inner
    }
}

/// A reference to the only value of a function's type; a function that captures something does not compile.
///
/// # Safety
///
/// A `&'static F` must have existed.
unsafe fn materialize_zst<F>() -> &'static F {
    const { assert!(size_of::<F>() == 0, "the callback must not capture anything") };
    // SAFETY: `F` has no size, so a dangling, aligned pointer is valid for it; a shared `'static` reference to it
    // existed, so there may be another one.
    unsafe { NonNull::<F>::dangling().as_ref() }
}
