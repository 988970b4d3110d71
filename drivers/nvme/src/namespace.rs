// SPDX-License-Identifier: GPL-2.0
//! Namespaces, each of which is a disk.
use crate::{
    admin::{Admin, PAGE},
    controller::Controller,
    prp,
    queue::Io,
};
use kernel::{
    block::mq::{
        gen_disk::{GenDisk, GenDiskBuilder},
        QueueLimits, TagSet,
    },
    device::{Bound, Device},
    devres::Devres,
    prelude::*,
    sync::Arc,
};

/// A disk, until it is dropped or the device is unbound.
pub(crate) type Disk = Devres<GenDisk<Io>>;

/// What an identify command returns.
type Page = [u8; PAGE];

/// What to identify.
const NAMESPACE: u8 = 0;
const CONTROLLER: u8 = 1;
const ACTIVE_NAMESPACES: u8 = 2;

/// What can be asked of the controller beyond reading and writing.
const HAS_DISCARD: u16 = 1 << 2;
const HAS_WRITE_ZEROES: u16 = 1 << 3;

const SECTOR_SHIFT: u32 = 9;

pub(crate) struct Namespace {
    pub(crate) id: u32,
    pub(crate) controller: Arc<Controller>,
    /// The size of a block, as a power of two of sectors.
    shift: u32,
}

impl Namespace {
    /// The block in which a sector is.
    #[inline(always)]
    pub(crate) fn block(&self, sector: u64) -> u64 {
        sector >> (self.shift & 63)
    }

    /// The blocks in so many bytes.
    #[inline(always)]
    pub(crate) fn blocks(&self, bytes: u32) -> u32 {
        bytes >> ((self.shift + SECTOR_SHIFT) & 31)
    }
}

fn u16_at(page: &Page, at: usize) -> u16 {
    u16::from_le_bytes([page[at], page[at + 1]])
}

fn u32_at(page: &Page, at: usize) -> u32 {
    u32::from(u16_at(page, at)) | u32::from(u16_at(page, at + 2)) << 16
}

fn u64_at(page: &Page, at: usize) -> u64 {
    u64::from(u32_at(page, at)) | u64::from(u32_at(page, at + 4)) << 32
}

/// A string of fixed length, padded with blanks.
fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes.trim_ascii()).unwrap_or("?")
}

/// Asks the controller for its namespaces: each with its limits and its size in sectors.
pub(crate) fn find(controller: &Arc<Controller>, admin: &Admin) -> Result<KVec<(Namespace, (QueueLimits, u64))>> {
    let mut page = KBox::new([0; PAGE], GFP_KERNEL)?;
    admin.identify(0, CONTROLLER, &mut page)?;
    controller.describe(text(&page[24..64]), text(&page[4..24]), text(&page[64..72]));
    let common = common_limits(&page);
    let optional = u16_at(&page, 520);

    let mut ids = KBox::new([0; PAGE], GFP_KERNEL)?;
    admin.identify(0, ACTIVE_NAMESPACES, &mut ids)?;
    let mut found = KVec::new();
    for id in (0..PAGE / 4).map(|i| u32_at(&ids, 4 * i)).take_while(|id| *id != 0) {
        admin.identify(id, NAMESPACE, &mut page)?;
        let format = 128 + 4 * usize::from(page[26] & 15);
        let size_shift = u32::from(page[format + 2]);
        // Blocks of 512 to 4096 bytes, without metadata.
        if !(SECTOR_SHIFT..=12).contains(&size_shift) || u16_at(&page, format) != 0 {
            controller.refuse(id);
            continue;
        }
        let shift = size_shift - SECTOR_SHIFT;
        let capacity = u64_at(&page, 0).checked_shl(shift).ok_or(EOVERFLOW)?;
        let namespace = Namespace { id, controller: controller.clone(), shift };
        found.push((namespace, (limits(common, 1 << size_shift, optional), capacity)), GFP_KERNEL)?;
    }
    Ok(found)
}

/// What holds for all namespaces of a controller that described itself so.
fn common_limits(page: &Page) -> QueueLimits {
    // The largest transfer, as a power of two of pages; 0 if there is no limit.
    let max_bytes = match page[77] {
        0 => prp::MAX_BYTES,
        shift => prp::PAGE.checked_shl(shift.into()).unwrap_or(u32::MAX).min(prp::MAX_BYTES),
    };
    let cached = page[525] & 1 != 0;
    QueueLimits {
        max_hw_sectors: max_bytes >> SECTOR_SHIFT,
        max_segments: (max_bytes / prp::PAGE) as u16,
        max_segment_size: u32::MAX,
        virt_boundary_mask: prp::PAGE as usize - 1,
        write_cache: cached,
        fua: cached,
        ..QueueLimits::default()
    }
}

fn limits(common: QueueLimits, block_size: u32, optional: u16) -> QueueLimits {
    let mut limits = QueueLimits { logical_block_size: block_size, physical_block_size: block_size, ..common };
    if optional & HAS_DISCARD != 0 {
        limits.max_discard_sectors = u32::MAX >> SECTOR_SHIFT;
        limits.max_discard_segments = 256;
        limits.discard_granularity = block_size;
    }
    if optional & HAS_WRITE_ZEROES != 0 {
        limits.max_write_zeroes_sectors = common.max_hw_sectors;
    }
    limits
}

/// Shows a namespace to user space.
pub(crate) fn add(
    dev: &Device<Bound>,
    instance: u32,
    namespace: Namespace,
    (limits, capacity): (QueueLimits, u64),
    tags: Arc<TagSet<Io>>,
) -> Result<Disk> {
    let id = namespace.id;
    GenDiskBuilder::new().limits(limits)?.capacity_sectors(capacity).build_bound(
        dev,
        fmt!("rnvme{instance}n{id}"),
        tags,
        Arc::new(namespace, GFP_KERNEL)?,
    )
}
