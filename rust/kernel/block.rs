// SPDX-License-Identifier: GPL-2.0

//! Block devices.
//!
//! C header: [`include/linux/blkdev.h`](srctree/include/linux/blkdev.h)
//!
//! Available on every supported kernel.

use crate::{bindings, page::PAGE_SHIFT};

pub mod mq;

/// The bits of a sector number that say where in a page it is.
// C's SECTOR_MASK is younger than v5.10.
pub const SECTOR_MASK: u32 = (1 << PAGE_SECTORS_SHIFT) - 1;

/// The binary logarithm of [`SECTOR_SIZE`].
pub const SECTOR_SHIFT: u32 = bindings::SECTOR_SHIFT as u32;

/// Bytes in a sector, the unit in which the block layer counts.
pub const SECTOR_SIZE: u32 = 1 << SECTOR_SHIFT;

/// The binary logarithm of the sectors in a page.
pub const PAGE_SECTORS_SHIFT: u32 = PAGE_SHIFT as u32 - SECTOR_SHIFT;
