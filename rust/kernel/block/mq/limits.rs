// SPDX-License-Identifier: GPL-2.0

//! What a disk can do: `struct queue_limits`.

use crate::{bindings, page::PAGE_SIZE};

/// What a disk can do, and prefers.
///
/// Beyond mainline, where [`GenDiskBuilder`](super::gen_disk::GenDiskBuilder) has the first three.
///
/// Where nothing else is said, 0 stands for what the block layer takes by default. It fails to make a disk with limits that
/// contradict each other; up to v6.8, it adjusts them.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// The smallest unit that can be read or written, in bytes.
    pub logical_block_size: u32,
    /// The smallest unit that is written without reading first, in bytes.
    pub physical_block_size: u32,
    /// Whether the disk has moving parts, so that the order of accesses matters.
    pub rotational: bool,
    /// The smallest size that is not slow, in bytes.
    pub io_min: u32,
    /// The size that is fastest, in bytes.
    pub io_opt: u32,
    /// The most sectors of 512 bytes in a read or a write.
    pub max_hw_sectors: u32,
    /// The most segments in a read or a write.
    pub max_segments: u16,
    /// The most bytes in a segment.
    pub max_segment_size: u32,
    /// A power of two minus 1: no segment reaches across a multiple of the power.
    pub seg_boundary_mask: usize,
    /// A power of two minus 1: in a request, only the first segment starts and only the last ends elsewhere than at a
    /// multiple of the power.
    pub virt_boundary_mask: usize,
    /// The most sectors in a request to discard; 0 if the disk does not do that.
    pub max_discard_sectors: u32,
    /// The most ranges in a request to discard.
    pub max_discard_segments: u16,
    /// In what units space is given back, in bytes.
    pub discard_granularity: u32,
    /// The most sectors in a request to write zeros; 0 if the disk does not do that.
    pub max_write_zeroes_sectors: u32,
    /// Whether what is written is lost without power until it is flushed.
    pub write_cache: bool,
    /// Whether a single write can be kept for good when it ends.
    pub fua: bool,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self {
            logical_block_size: PAGE_SIZE as u32,
            physical_block_size: PAGE_SIZE as u32,
            rotational: false,
            io_min: 0,
            io_opt: 0,
            max_hw_sectors: 0,
            max_segments: 0,
            max_segment_size: 0,
            seg_boundary_mask: 0,
            virt_boundary_mask: 0,
            max_discard_sectors: 0,
            max_discard_segments: 0,
            discard_granularity: 0,
            max_write_zeroes_sectors: 0,
            write_cache: false,
            fua: false,
        }
    }
}

impl QueueLimits {
    /// The C form, but for what is a feature there in the newest kernels: that is an argument of its own.
    pub(super) fn to_raw(self) -> bindings::queue_limits {
        bindings::queue_limits {
            logical_block_size: self.logical_block_size,
            physical_block_size: self.physical_block_size,
            io_min: self.io_min,
            io_opt: self.io_opt,
            max_hw_sectors: self.max_hw_sectors,
            max_segments: self.max_segments,
            max_segment_size: self.max_segment_size,
            seg_boundary_mask: self.seg_boundary_mask as _,
            virt_boundary_mask: self.virt_boundary_mask as _,
            max_hw_discard_sectors: self.max_discard_sectors,
            max_discard_segments: self.max_discard_segments,
            discard_granularity: self.discard_granularity,
            max_write_zeroes_sectors: self.max_write_zeroes_sectors,
            ..pin_init::zeroed()
        }
    }
}
