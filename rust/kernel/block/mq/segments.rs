// SPDX-License-Identifier: GPL-2.0

//! The memory that a request is about: `struct bio_vec`.

use super::{Driver, Op, Request};
use crate::{bindings, page::PAGE_SIZE, prelude::*};
use core::{marker::PhantomData, ptr};

/// A part of a request's data that is contiguous in memory: it may be longer than a page.
pub(super) struct RawSegment {
    pub(super) page: *mut bindings::page,
    pub(super) offset: u32,
    pub(super) len: u32,
}

impl RawSegment {
    /// Whether `next` begins in memory where this ends.
    pub(super) fn is_followed_by(&self, next: &Self) -> bool {
        // SAFETY: The pages of a request are valid.
        let (ours, theirs) = unsafe { (bindings::page_to_phys(self.page), bindings::page_to_phys(next.page)) };
        ours + self.offset as bindings::phys_addr_t + self.len as bindings::phys_addr_t
            == theirs + next.offset as bindings::phys_addr_t
    }
}

/// Goes through the data of a request.
///
/// # Invariants
///
/// `bio` is null, or a bio of a request that has not ended, of which `iter` says what has not been visited.
pub(super) struct RawSegments {
    bio: *const bindings::bio,
    size: u32,
    index: u32,
    done: u32,
}

impl RawSegments {
    /// # Safety
    ///
    /// The type's invariants hold for `bio`, which carries data.
    #[inline(always)]
    unsafe fn new(bio: *const bindings::bio) -> Self {
        if bio.is_null() {
            return Self { bio, size: 0, index: 0, done: 0 };
        }
        // SAFETY: By the requirements of this function.
        let iter = unsafe { (*bio).bi_iter };
        Self { bio, size: iter.bi_size, index: iter.bi_idx, done: iter.bi_bvec_done }
    }
}

impl Iterator for RawSegments {
    type Item = RawSegment;

    #[inline(always)]
    fn next(&mut self) -> Option<RawSegment> {
        if self.bio.is_null() {
            return None;
        }
        // SAFETY: By the type's invariant, as there is something left of the bio, it has this vector.
        let vec = unsafe { *(*self.bio).bi_io_vec.add(self.index as usize) };
        // What is done of a vector is part of it, and what is left of a bio at least of this one: nothing overflows.
        let len = vec.bv_len.wrapping_sub(self.done).min(self.size);
        let segment = RawSegment { page: vec.bv_page, offset: vec.bv_offset.wrapping_add(self.done), len };

        self.size = self.size.wrapping_sub(len);
        if self.size > 0 {
            (self.index, self.done) = (self.index.wrapping_add(1), 0);
        } else {
            // INVARIANT: A request's bios are linked, and each carries data.
            // SAFETY: By the type's invariant.
            *self = unsafe { Self::new((*self.bio).bi_next) };
        }
        Some(segment)
    }
}

/// A part of a request's data.
///
/// The memory may be a process's, which can change it at any time.
///
/// Beyond mainline.
///
/// # Invariants
///
/// `raw` is a segment of a request that does not end during `'a`; `to_memory` if that is a read.
pub struct Segment<'a> {
    raw: RawSegment,
    to_memory: bool,
    _request: PhantomData<&'a ()>,
}

impl Segment<'_> {
    /// The size in bytes.
    #[inline]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.raw.len as usize
    }

    /// Calls `f` with the address and the length of each piece that lies in one page, of `len` bytes at `offset`, and
    /// with where in these it is.
    fn pieces(&self, offset: usize, len: usize, mut f: impl FnMut(*mut u8, usize, usize)) -> Result {
        if offset.checked_add(len).is_none_or(|end| end > self.len()) {
            return Err(EINVAL);
        }
        let mut done = 0;
        while done < len {
            let at = self.raw.offset as usize + offset + done;
            let piece = (PAGE_SIZE - at % PAGE_SIZE).min(len - done);
            // SAFETY: By the type's invariant and the check above, the segment has this page. Mappings are undone in the
            // opposite order.
            unsafe {
                let page = self.raw.page.add(at / PAGE_SIZE);
                let mapped = bindings::kmap_local_page(page).cast::<u8>();
                f(mapped.add(at % PAGE_SIZE), done, piece);
                bindings::kunmap_local(mapped.cast());
            }
            done += piece;
        }
        Ok(())
    }

    /// Copies the data at `offset`, of a request that writes to the device or reads from it.
    ///
    /// Fails with `EINVAL` if there is not so much.
    pub fn copy_to_slice(&self, offset: usize, to: &mut [u8]) -> Result {
        let start = to.as_mut_ptr();
        self.pieces(offset, to.len(), |from, at, len| {
            // SAFETY: Both are valid for `len` bytes. Memory that is ours alone does not overlap with a request's.
            unsafe { ptr::copy_nonoverlapping(from, start.add(at), len) };
        })
    }

    /// Replaces the data at `offset`, of a request that reads from the device.
    ///
    /// Fails with `EINVAL` if there is not so much, and with `EPERM` if the request is a write: its memory may belong to
    /// somebody who only lets it be read.
    pub fn copy_from_slice(&self, offset: usize, from: &[u8]) -> Result {
        if !self.to_memory {
            return Err(EPERM);
        }
        let start = from.as_ptr();
        self.pieces(offset, from.len(), |to, at, len| {
            // SAFETY: Both are valid for `len` bytes. What a reference to a slice is to, does not overlap with a request's
            // memory.
            unsafe { ptr::copy_nonoverlapping(start.add(at), to, len) };
        })
    }

    /// Fills `len` bytes at `offset` with zeros. Fails as [`copy_from_slice`](Self::copy_from_slice).
    pub fn fill_zero(&self, offset: usize, len: usize) -> Result {
        if !self.to_memory {
            return Err(EPERM);
        }
        self.pieces(offset, len, |to, _, len| {
            // SAFETY: It is valid for `len` bytes.
            unsafe { ptr::write_bytes(to, 0, len) };
        })
    }
}

impl<T: Driver> Request<T> {
    /// The memory that a read fills or a write takes; other operations have none.
    ///
    /// Beyond mainline.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let op = self.op();
        let none = !matches!(op, Op::Read | Op::Write);
        let raw = if none { None } else { Some(self.raw_segments()) };
        // INVARIANT: The request does not end as long as there is a reference to it.
        raw.into_iter().flatten().map(move |raw| Segment { raw, to_memory: op == Op::Read, _request: PhantomData })
    }

    /// Must only be used for a read or a write, until the request ends.
    #[inline(always)]
    pub(super) fn raw_segments(&self) -> RawSegments {
        // SAFETY: The request is valid and has not ended; the bios of reads and writes carry data.
        unsafe { RawSegments::new((*self.as_raw()).bio) }
    }

    /// The sectors that a request to discard names, as pairs of the first sector and the number of bytes: up to as many
    /// as the limit `max_discard_segments`. Of other requests, the parts in which they came.
    ///
    /// Beyond mainline.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        // SAFETY: The request is valid and has not ended.
        let mut bio = unsafe { (*self.as_raw()).bio };
        core::iter::from_fn(move || {
            // SAFETY: The request's bios are linked, and there until it ends.
            let current = unsafe { bio.as_ref() }?;
            bio = current.bi_next;
            Some((current.bi_iter.bi_sector, current.bi_iter.bi_size))
        })
    }
}
