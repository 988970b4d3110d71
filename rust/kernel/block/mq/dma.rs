// SPDX-License-Identifier: GPL-2.0

//! Requests' data, mapped for the device.

use super::{
    segments::{RawSegment, RawSegments},
    Driver, OwnedRequest, Status,
};
use crate::{bindings, dma::DmaAddress, prelude::*};

/// A part of a request's data that is contiguous for the device.
///
/// Beyond mainline.
#[derive(Clone, Copy, Debug)]
pub struct DmaSegment {
    address: DmaAddress,
    len: u32,
}

impl DmaSegment {
    /// Where the device finds it.
    #[inline(always)]
    pub fn address(&self) -> DmaAddress {
        self.address
    }

    /// The size in bytes.
    #[inline(always)]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> u32 {
        self.len
    }
}

#[derive(PartialEq)]
enum Mapped {
    Nothing,
    First,
    More,
}

/// The mapping of a request's data.
///
/// # Invariants
///
/// * `dev` is null, or a device that is bound as long as a request of the tag set is under way.
/// * According to `mapped`, nothing, `first`, or all of `more` is mapped for `dev` in direction `dir`.
pub(super) struct Mapping {
    dev: *mut bindings::device,
    first: DmaSegment,
    mapped: Mapped,
    dir: bindings::dma_data_direction,
    /// Keeps its capacity, for the next request with the tag.
    more: KVec<DmaSegment>,
}

// SAFETY: The device may be used from any thread.
unsafe impl Send for Mapping {}

// SAFETY: As above.
unsafe impl Sync for Mapping {}

impl Mapping {
    pub(super) fn new(dev: *mut bindings::device) -> Self {
        let first = DmaSegment { address: 0, len: 0 };
        Self { dev, first, mapped: Mapped::Nothing, dir: bindings::dma_data_direction_DMA_NONE, more: KVec::new() }
    }

    /// # Safety
    ///
    /// `len` bytes from `offset` of `page` are physically contiguous memory, which is there until it is unmapped.
    #[inline(always)]
    unsafe fn map_page(&self, page: *mut bindings::page, offset: u32, len: u32) -> Result<DmaSegment, Status> {
        // SAFETY: By the invariants of the type and the requirements of this function.
        let address =
            unsafe { bindings::dma_map_page_attrs(self.dev, page, offset as usize, len as usize, self.dir, 0) };
        if address == bindings::DMA_MAPPING_ERROR as DmaAddress {
            return Err(Status::IOERR);
        }
        Ok(DmaSegment { address, len })
    }

    /// Maps what consists of several segments in memory.
    ///
    /// # Safety
    ///
    /// `first` and `rest` are memory that is there until it is unmapped.
    #[inline(never)]
    unsafe fn map_more(&mut self, mut current: RawSegment, rest: RawSegments) -> Result<&[DmaSegment], Status> {
        for next in rest {
            if current.is_followed_by(&next) {
                current.len += next.len;
            } else {
                // SAFETY: By the requirements of this function.
                unsafe { self.push(&current)? };
                current = next;
            }
        }
        // SAFETY: As above.
        unsafe { self.push(&current)? };
        Ok(&self.more)
    }

    /// Maps one more segment.
    ///
    /// # Safety
    ///
    /// `segment` is memory that is there until it is unmapped.
    unsafe fn push(&mut self, segment: &RawSegment) -> Result<(), Status> {
        // First the room, then the mapping: what is mapped must be noted.
        let mapped = self.more.reserve(1, GFP_ATOMIC).map_err(|_| Status::RESOURCE).and_then(|()| {
            // SAFETY: By the requirements of this function; a segment is contiguous.
            let segment = unsafe { self.map_page(segment.page, segment.offset, segment.len)? };
            self.more.push(segment, GFP_ATOMIC).map_err(|_| Status::RESOURCE)
        });
        match mapped {
            // INVARIANT: This one is mapped, too.
            Ok(()) => self.mapped = Mapped::More,
            Err(_) => self.unmap(),
        }
        mapped
    }

    /// Unmaps whatever is mapped.
    #[inline(always)]
    fn unmap(&mut self) {
        match self.mapped {
            Mapped::Nothing => {}
            Mapped::First => self.unmap_segment(self.first),
            Mapped::More => self.unmap_more(),
        }
        // INVARIANT: Nothing is mapped.
        self.mapped = Mapped::Nothing;
    }

    #[inline(always)]
    fn unmap_segment(&self, segment: DmaSegment) {
        // SAFETY: By the type's invariant it is mapped, and is not used again.
        unsafe { bindings::dma_unmap_page_attrs(self.dev, segment.address, segment.len as usize, self.dir, 0) };
    }

    #[inline(never)]
    fn unmap_more(&mut self) {
        for segment in &self.more {
            self.unmap_segment(*segment);
        }
        self.more.clear();
    }
}

impl<T: Driver> OwnedRequest<T> {
    /// Maps the request's data for the tag set's device to read, or to write, as the operation wants it.
    ///
    /// The mapping ends with the request, or when that is requeued or refused. Segments that follow each other in memory
    /// are one. Fails with a status that the request may be refused with; a second time, with [`Status::IOERR`].
    #[inline(always)]
    pub fn map_dma(&mut self) -> Result<&[DmaSegment], Status> {
        const { assert!(T::DMA, "`DMA` of the driver is not set") };

        let dir = match self.op() {
            super::Op::Read => bindings::dma_data_direction_DMA_FROM_DEVICE,
            super::Op::Write => bindings::dma_data_direction_DMA_TO_DEVICE,
            _ => return Ok(&[]),
        };
        let mut segments = self.raw_segments();
        let bytes = self.bytes();
        let Some(first) = segments.next() else {
            return Ok(&[]);
        };

        let mapping = self.mapping_mut();
        if mapping.mapped != Mapped::Nothing {
            return Err(Status::IOERR);
        }
        mapping.dir = dir;

        if first.len != bytes {
            // SAFETY: The segments are the request's, whose pages are there until it ends.
            return unsafe { mapping.map_more(first, segments) };
        }
        // SAFETY: As above.
        mapping.first = unsafe { mapping.map_page(first.page, first.offset, first.len)? };
        // INVARIANT: It is mapped.
        mapping.mapped = Mapped::First;
        Ok(core::slice::from_ref(&mapping.first))
    }

    #[inline(always)]
    pub(super) fn unmap_dma(&mut self) {
        if T::DMA {
            self.mapping_mut().unmap();
        }
    }
}
