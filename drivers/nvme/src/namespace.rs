// SPDX-License-Identifier: GPL-2.0
//! Namespaces, each of which is a disk.
use crate::{
    admin::{Admin, PAGE},
    controller::Controller,
    identity::{u16_at, u32_at, u64_at, ACTIVE_NAMESPACES, NAMESPACE, SECTOR_SHIFT},
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

/// Asks the controller for its namespaces: each with its limits and its size in sectors.
pub(crate) fn find(controller: &Arc<Controller>, admin: &Admin) -> Result<KVec<(Namespace, (QueueLimits, u64))>> {
    let mut page = KBox::new([0; PAGE], GFP_KERNEL)?;
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
        found.push((namespace, (controller.identity.limits(1 << size_shift), capacity)), GFP_KERNEL)?;
    }
    Ok(found)
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
