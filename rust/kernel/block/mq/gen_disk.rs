// SPDX-License-Identifier: GPL-2.0

//! Disks: `struct gendisk`.

use super::{Operations, TagSet};
use crate::{
    bindings,
    error::{code::*, from_err_ptr, to_result, Result},
    ffi::c_void,
    fmt::{self, Write as _},
    page::PAGE_SIZE,
    str::NullTerminatedFormatter,
    sync::Arc,
    types::{ForeignOwnable, ScopeGuard},
};

/// Sets up a [`GenDisk`].
///
/// Without further calls the disk has blocks of one page, does not rotate, and has no sectors.
pub struct GenDiskBuilder {
    rotational: bool,
    logical_block_size: u32,
    physical_block_size: u32,
    capacity_sectors: u64,
}

impl Default for GenDiskBuilder {
    fn default() -> Self {
        Self {
            rotational: false,
            logical_block_size: PAGE_SIZE as u32,
            physical_block_size: PAGE_SIZE as u32,
            capacity_sectors: 0,
        }
    }
}

impl GenDiskBuilder {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the disk has moving parts, so that the order of accesses matters.
    pub fn rotational(mut self, rotational: bool) -> Self {
        self.rotational = rotational;
        self
    }

    /// Fails with [`EINVAL`] unless `size` is a power of two from a sector to a page.
    pub fn validate_block_size(size: u32) -> Result {
        if !(super::super::SECTOR_SIZE..=PAGE_SIZE as u32).contains(&size) || !size.is_power_of_two() {
            return Err(EINVAL);
        }
        Ok(())
    }

    /// The smallest unit that can be read or written, in bytes.
    pub fn logical_block_size(mut self, block_size: u32) -> Result<Self> {
        Self::validate_block_size(block_size)?;
        self.logical_block_size = block_size;
        Ok(self)
    }

    /// The smallest unit that is written without reading first, in bytes.
    pub fn physical_block_size(mut self, block_size: u32) -> Result<Self> {
        Self::validate_block_size(block_size)?;
        self.physical_block_size = block_size;
        Ok(self)
    }

    /// The size of the disk, in sectors of 512 bytes.
    pub fn capacity_sectors(mut self, capacity: u64) -> Self {
        self.capacity_sectors = capacity;
        self
    }

    /// Makes the disk and shows it to user space as `/dev/NAME`.
    pub fn build<T: Operations>(
        self,
        name: fmt::Arguments<'_>,
        tagset: Arc<TagSet<T>>,
        queue_data: T::QueueData,
    ) -> Result<GenDisk<T>> {
        let queue_data = ScopeGuard::new_with_data(queue_data.into_foreign(), |data: *mut c_void| {
            // SAFETY: the pointer comes from `into_foreign`, and the disk that had it is gone, or never was.
            drop(unsafe { T::QueueData::from_foreign(data) });
        });

        // SAFETY: the tag set is initialised, and kept by the `GenDisk` for as long as the disk's queue uses it.
        let gendisk = from_err_ptr(unsafe {
            bindings::blk_mq_alloc_disk_with_limits(
                tagset.raw_tag_set(),
                self.logical_block_size,
                self.physical_block_size,
                self.rotational,
                *queue_data,
            )
        })?;
        let gendisk = ScopeGuard::new_with_data(gendisk, |gendisk: *mut bindings::gendisk| {
            // SAFETY: the disk was allocated above, and not added.
            unsafe { bindings::put_new_disk(gendisk) };
        });

        let raw: *mut bindings::gendisk = *gendisk;
        {
            // SAFETY: the disk was allocated above, and nobody else knows it yet.
            let disk = unsafe { &mut *raw };
            disk.fops = &GenDisk::<T>::TABLE;
            NullTerminatedFormatter::new(&mut disk.disk_name).ok_or(EINVAL)?.write_fmt(name)?;
        }

        // SAFETY: as above.
        unsafe { bindings::set_capacity(raw, self.capacity_sectors) };

        // SAFETY: the disk is set up.
        to_result(unsafe { bindings::add_disk(raw) })?;

        queue_data.dismiss();
        Ok(GenDisk { gendisk: gendisk.dismiss(), _tagset: tagset })
    }
}

/// A disk that user space sees.
///
/// Dropping it removes the disk, and waits for the requests that are under way.
///
/// # Invariants
///
/// * `gendisk` is a disk that was added.
/// * Its queue's private data came from `T::QueueData::into_foreign`, and is only borrowed by requests.
pub struct GenDisk<T: Operations> {
    gendisk: *mut bindings::gendisk,
    /// What the disk's queue takes its tags from.
    _tagset: Arc<TagSet<T>>,
}

// SAFETY: a disk may be removed on any thread; the queue's data is dropped there.
unsafe impl<T> Send for GenDisk<T>
where
    T: Operations,
    T::QueueData: Send,
    Arc<TagSet<T>>: Send,
{
}

impl<T: Operations> GenDisk<T> {
    /// Nothing but whose code it is: the module must stay while the device is open.
    const TABLE: bindings::block_device_operations = bindings::block_device_operations {
        owner: crate::module::this_module::<crate::LocalModule>().as_ptr(),
        ..pin_init::zeroed()
    };
}

impl<T: Operations> Drop for GenDisk<T> {
    fn drop(&mut self) {
        // SAFETY: the disk is valid by the type invariant, and so is its queue.
        let queue_data = unsafe { (*(*self.gendisk).queue).queuedata };

        // SAFETY: the disk was added by the type invariant. No request is under way after this.
        unsafe { bindings::del_disk(self.gendisk) };

        // SAFETY: the pointer comes from `into_foreign`, and the queue, which alone borrowed it, is dead.
        drop(unsafe { T::QueueData::from_foreign(queue_data) });
    }
}
