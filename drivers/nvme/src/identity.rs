// SPDX-License-Identifier: GPL-2.0
//! What a controller says of itself and of its namespaces (section 5.15 of the specification).
use crate::{
    admin::{Admin, PAGE},
    prp,
};
use kernel::{block::mq::QueueLimits, prelude::*};

/// What an identify command returns.
pub(crate) type Page = [u8; PAGE];

/// What to identify.
pub(crate) const NAMESPACE: u8 = 0;
const CONTROLLER: u8 = 1;
pub(crate) const ACTIVE_NAMESPACES: u8 = 2;

/// Of the optional commands for the administration.
const HAS_SHADOW_DOORBELLS: u16 = 1 << 8;

/// What can be asked of the controller beyond reading and writing.
const HAS_DISCARD: u16 = 1 << 2;
const HAS_WRITE_ZEROES: u16 = 1 << 3;

pub(crate) const SECTOR_SHIFT: u32 = 9;

pub(crate) fn u16_at(page: &Page, at: usize) -> u16 {
    u16::from_le_bytes([page[at], page[at + 1]])
}

pub(crate) fn u32_at(page: &Page, at: usize) -> u32 {
    u32::from(u16_at(page, at)) | u32::from(u16_at(page, at + 2)) << 16
}

pub(crate) fn u64_at(page: &Page, at: usize) -> u64 {
    u64::from(u32_at(page, at)) | u64::from(u32_at(page, at + 4)) << 32
}

/// A controller's description of itself.
pub(crate) struct Identity(KBox<Page>);

impl Identity {
    pub(crate) fn ask(admin: &Admin) -> Result<Self> {
        let mut page = KBox::new([0; PAGE], GFP_KERNEL)?;
        admin.identify(0, CONTROLLER, &mut page)?;
        Ok(Self(page))
    }

    /// A string of fixed length, padded with blanks.
    fn text(&self, at: core::ops::Range<usize>) -> &str {
        core::str::from_utf8(self.0[at].trim_ascii()).unwrap_or("?")
    }

    pub(crate) fn serial(&self) -> &str {
        self.text(4..24)
    }

    pub(crate) fn model(&self) -> &str {
        self.text(24..64)
    }

    pub(crate) fn firmware(&self) -> &str {
        self.text(64..72)
    }

    pub(crate) fn has_shadow_doorbells(&self) -> bool {
        u16_at(&self.0, 256) & HAS_SHADOW_DOORBELLS != 0
    }

    /// What a namespace can do whose blocks have that size.
    pub(crate) fn limits(&self, block_size: u32) -> QueueLimits {
        // The largest transfer, as a power of two of pages; 0 if there is no limit.
        let max_bytes = match self.0[77] {
            0 => prp::MAX_BYTES,
            shift => prp::PAGE.checked_shl(shift.into()).unwrap_or(u32::MAX).min(prp::MAX_BYTES),
        };
        let max_sectors = max_bytes >> SECTOR_SHIFT;
        let cached = self.0[525] & 1 != 0;
        let mut limits = QueueLimits {
            logical_block_size: block_size,
            physical_block_size: block_size,
            max_hw_sectors: max_sectors,
            max_segments: (max_bytes / prp::PAGE) as u16,
            max_segment_size: u32::MAX,
            virt_boundary_mask: prp::PAGE as usize - 1,
            write_cache: cached,
            fua: cached,
            ..QueueLimits::default()
        };
        let optional = u16_at(&self.0, 520);
        if optional & HAS_DISCARD != 0 {
            limits.max_discard_sectors = u32::MAX >> SECTOR_SHIFT;
            limits.max_discard_segments = 256;
            limits.discard_granularity = block_size;
        }
        if optional & HAS_WRITE_ZEROES != 0 {
            limits.max_write_zeroes_sectors = max_sectors;
        }
        limits
    }
}
