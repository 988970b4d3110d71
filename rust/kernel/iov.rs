// SPDX-License-Identifier: GPL-2.0

//! I/O vectors: the buffers of `read`, `readv`, `io_uring` and their like, behind one iterator.
//!
//! C headers: [`include/linux/uio.h`](srctree/include/linux/uio.h)
//!
//! The C type serves both directions; here [`IovIterSource`] is read from and [`IovIterDest`] written to. The buffers
//! may be user-space or kernel memory. Copies stop early where memory is not accessible, and say how far they came.
//!
//! # Examples
//!
//! ```
//! use kernel::iov::IovIterDest;
//!
//! /// What `read(2)` on a file with constant contents does.
//! fn read(pos: &mut i64, iov: &mut IovIterDest<'_>) -> Result<usize> {
//!     iov.simple_read_from_buffer(pos, b"hello\n")
//! }
//! # let _ = read;
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use crate::{
    alloc::{Allocator, Flags, Vec},
    bindings,
    prelude::*,
    types::Opaque,
};
use core::{marker::PhantomData, mem::MaybeUninit, slice};

/// An I/O vector to read data from: the buffers of a `write` system call, say.
///
/// # Invariants
///
/// The inner `iov_iter` is a valid source, whose memory stays valid for `'data`.
///
/// # Examples
///
/// ```
/// use kernel::iov::IovIterSource;
///
/// /// What `write(2)` does: a header of four bytes, and its body.
/// fn write(iov: &mut IovIterSource<'_>) -> Result<([u8; 4], KVec<u8>)> {
///     let (mut header, mut body) = ([0; 4], KVec::new());
///     if iov.copy_from_iter(&mut header) != header.len() {
///         return Err(EINVAL);
///     }
///     let len = iov.len();
///     if iov.copy_from_iter_vec(&mut body, GFP_KERNEL)? != len {
///         return Err(EFAULT);
///     }
///     Ok((header, body))
/// }
/// # let _ = write;
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
pub struct IovIterSource<'data> {
    iov: Opaque<bindings::iov_iter>,
    _source: PhantomData<&'data [u8]>,
}

/// An I/O vector to write data to: the buffers of a `read` system call, say.
///
/// # Invariants
///
/// The inner `iov_iter` is a valid destination, whose memory stays valid for `'data`.
#[repr(transparent)]
pub struct IovIterDest<'data> {
    iov: Opaque<bindings::iov_iter>,
    _source: PhantomData<&'data mut [u8]>,
}

/// What both directions have.
macro_rules! common {
    ($name:ident, $use:literal) => {
        impl<'data> $name<'data> {
            /// Wraps a C iterator.
            ///
            /// # Safety
            ///
            #[doc = concat!("* `ptr` must point to a valid `iov_iter` ", $use, ", for `'iov`, and nothing else may use it then.")]
            /// * The memory it refers to must stay valid for `'data`.
            #[inline]
            pub unsafe fn from_raw<'iov>(ptr: *mut bindings::iov_iter) -> &'iov mut $name<'data> {
                // SAFETY: the type is transparent over `iov_iter`; the caller grants exclusive use for `'iov`.
                unsafe { &mut *ptr.cast() }
            }

            /// The C iterator.
            #[inline]
            pub fn as_raw(&mut self) -> *mut bindings::iov_iter {
                self.iov.get()
            }

            /// How many bytes are left.
            #[inline]
            pub fn len(&self) -> usize {
                // SAFETY: the iterator is valid, and not changed while it is borrowed.
                unsafe { bindings::iov_iter_count(self.iov.get()) }
            }

            /// Whether no bytes are left.
            #[inline]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Passes over `bytes` bytes, or over all that are left.
            #[inline]
            pub fn advance(&mut self, bytes: usize) {
                // SAFETY: the iterator is valid and exclusively ours; the C function stops at its end.
                unsafe { bindings::iov_iter_advance(self.as_raw(), bytes) };
            }

            /// Goes `bytes` bytes back.
            ///
            /// # Safety
            ///
            /// The iterator must have come at least that far.
            #[inline]
            pub unsafe fn revert(&mut self, bytes: usize) {
                // SAFETY: the iterator is valid and exclusively ours; the caller answers for `bytes`.
                unsafe { bindings::iov_iter_revert(self.as_raw(), bytes) };
            }
        }
    };
}

common!(IovIterSource, "of which data may be read");
common!(IovIterDest, "to which data may be written");

impl IovIterSource<'_> {
    /// Reads into `out`; tells how many bytes, which are fewer than `out` has if the data ends or cannot be accessed.
    #[inline]
    pub fn copy_from_iter(&mut self, out: &mut [u8]) -> usize {
        // SAFETY: `MaybeUninit<u8>` is laid out as `u8`, and only initialised bytes are written.
        let out = unsafe { &mut *(core::ptr::from_mut(out) as *mut [MaybeUninit<u8>]) };
        self.copy_from_iter_raw(out).len()
    }

    /// Appends all remaining data to `out`; tells how many bytes came, fewer if some cannot be accessed.
    #[inline]
    pub fn copy_from_iter_vec<A: Allocator>(&mut self, out: &mut Vec<u8, A>, flags: Flags) -> Result<usize> {
        out.reserve(self.len(), flags)?;
        let count = self.copy_from_iter_raw(out.spare_capacity_mut()).len();
        // SAFETY: the first `count` spare elements have just been initialised.
        unsafe { out.inc_len(count) };
        Ok(count)
    }

    /// Reads into possibly uninitialised memory; returns the part that was filled.
    ///
    /// The result borrows `out`. (Mainline's signature ties it to the iterator, which would let it outlive `out`.)
    #[inline]
    pub fn copy_from_iter_raw<'out>(&mut self, out: &'out mut [MaybeUninit<u8>]) -> &'out mut [u8] {
        let dst = out.as_mut_ptr().cast::<u8>();
        // SAFETY: the iterator is valid and exclusively ours; `out` is valid for writes of its length.
        let count = unsafe { bindings::_copy_from_iter(dst.cast(), out.len(), self.as_raw()) };
        // SAFETY: the C function filled the first `count` bytes of `out`, which stays borrowed for `'out`.
        unsafe { slice::from_raw_parts_mut(dst, count) }
    }
}

impl IovIterDest<'_> {
    /// Writes `input`; tells how many bytes, which are fewer if the room ends or cannot be accessed.
    #[inline]
    pub fn copy_to_iter(&mut self, input: &[u8]) -> usize {
        // SAFETY: the iterator is valid and exclusively ours; `input` is valid for reads of its length.
        unsafe { bindings::_copy_to_iter(input.as_ptr().cast(), input.len(), self.as_raw()) }
    }

    /// Answers a read at `*ppos` of a file whose contents are `contents`, and moves the position.
    ///
    /// Tells how many bytes were written: 0 at the end of the contents. Fails with [`EINVAL`] for a negative position.
    pub fn simple_read_from_buffer(&mut self, ppos: &mut i64, contents: &[u8]) -> Result<usize> {
        if *ppos < 0 {
            return Err(EINVAL);
        }
        let rest = usize::try_from(*ppos).ok().and_then(|pos| contents.get(pos..));
        let written = self.copy_to_iter(rest.unwrap_or_default());
        // No overflow: the position is within `contents` or `written` is 0.
        *ppos += written as i64;
        Ok(written)
    }
}
