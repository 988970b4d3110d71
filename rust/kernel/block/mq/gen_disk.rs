// SPDX-License-Identifier: GPL-2.0

//! Disks: `struct gendisk`.

use super::{driver::Borrowed, Disks, Driver, QueueLimits, TagSet};
use crate::{
    bindings,
    device::{Bound, Device},
    devres::Devres,
    error::{code::*, from_err_ptr, to_result, Error, Result},
    ffi::c_void,
    fmt::{self, Write as _},
    page::PAGE_SIZE,
    str::{BStr, NullTerminatedFormatter},
    sync::Arc,
    sysfs,
    types::{ForeignOwnable, ScopeGuard},
};
use core::ptr;

/// Sets up a [`GenDisk`].
///
/// Without further calls the disk has blocks of one page, does not rotate, and has no sectors.
#[derive(Default)]
pub struct GenDiskBuilder {
    limits: QueueLimits,
    capacity_sectors: u64,
    read_only: bool,
}

impl GenDiskBuilder {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the disk has moving parts, so that the order of accesses matters.
    pub fn rotational(mut self, rotational: bool) -> Self {
        self.limits.rotational = rotational;
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
        self.limits.logical_block_size = block_size;
        Ok(self)
    }

    /// The smallest unit that is written without reading first, in bytes.
    pub fn physical_block_size(mut self, block_size: u32) -> Result<Self> {
        Self::validate_block_size(block_size)?;
        self.limits.physical_block_size = block_size;
        Ok(self)
    }

    /// The size of the disk, in sectors of 512 bytes.
    pub fn capacity_sectors(mut self, capacity: u64) -> Self {
        self.capacity_sectors = capacity;
        self
    }

    /// Replaces all limits, block sizes included.
    ///
    /// Beyond mainline.
    pub fn limits(mut self, limits: QueueLimits) -> Result<Self> {
        Self::validate_block_size(limits.logical_block_size)?;
        self.limits = limits;
        Ok(self)
    }

    /// Whether the disk can only be read.
    ///
    /// Beyond mainline.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Makes the disk and shows it to user space as `/dev/NAME`.
    ///
    /// Fails with `EINVAL` if the tag set is for the disks of a device.
    pub fn build<T: Driver>(
        self,
        name: fmt::Arguments<'_>,
        tagset: Arc<TagSet<T>>,
        queue_data: T::QueueData,
    ) -> Result<GenDisk<T>> {
        if tagset.device().is_some() {
            return Err(EINVAL);
        }
        // SAFETY: The disk belongs to no device.
        unsafe { self.build_for(ptr::null_mut(), name, tagset, queue_data) }
    }

    /// As [`build`](Self::build), for a disk of the device that the tag set is for. It is removed before the device is
    /// unbound, if not earlier: so the device is bound while there are requests.
    ///
    /// Beyond mainline.
    pub fn build_bound<T: Driver>(
        self,
        dev: &Device<Bound>,
        name: fmt::Arguments<'_>,
        tagset: Arc<TagSet<T>>,
        queue_data: T::QueueData,
    ) -> Result<Devres<GenDisk<T>>>
    where
        GenDisk<T>: Send + 'static,
    {
        if !tagset.device().is_some_and(|ours| ptr::eq(ours.as_raw(), dev.as_raw())) {
            return Err(EINVAL);
        }
        // SAFETY: The device is bound, and the disk dropped before it is unbound.
        let disk = unsafe { self.build_for(dev.as_raw(), name, tagset, queue_data)? };
        Devres::new(dev, Ok::<_, Error>(disk))
    }

    /// # Safety
    ///
    /// `dev` is null, or a device that is bound until the disk is dropped.
    unsafe fn build_for<T: Driver>(
        self,
        dev: *mut bindings::device,
        name: fmt::Arguments<'_>,
        tagset: Arc<TagSet<T>>,
        queue_data: T::QueueData,
    ) -> Result<GenDisk<T>> {
        let queue_data = ScopeGuard::new_with_data(queue_data.into_foreign(), |data: *mut c_void| {
            // SAFETY: the pointer comes from `into_foreign`, and the disk that had it is gone, or never was.
            drop(unsafe { T::QueueData::from_foreign(data) });
        });

        let mut limits = self.limits.to_raw();
        // SAFETY: the tag set is initialised, and kept by the `GenDisk` for as long as the disk's queue uses it.
        let gendisk = from_err_ptr(unsafe {
            bindings::blk_mq_alloc_disk_with_limits(
                tagset.raw_tag_set(),
                &mut limits,
                self.limits.rotational,
                self.limits.write_cache,
                self.limits.fua,
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
        unsafe {
            bindings::set_capacity(raw, self.capacity_sectors);
            bindings::set_disk_ro(raw, self.read_only);
        }

        // SAFETY: the disk is set up; the device, if there is one, is valid; the groups are of attributes of disks.
        to_result(unsafe { bindings::add_disk_of(dev, raw, T::DISK_GROUPS.as_ptr()) })?;

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
pub struct GenDisk<T: Driver> {
    gendisk: *mut bindings::gendisk,
    /// What the disk's queue takes its tags from.
    _tagset: Arc<TagSet<T>>,
}

// SAFETY: a disk may be removed on any thread; the queue's data is dropped there.
unsafe impl<T> Send for GenDisk<T>
where
    T: Driver,
    T::QueueData: Send,
    Arc<TagSet<T>>: Send,
{
}

impl<T: Driver> GenDisk<T> {
    /// Changes the size of the disk, in sectors of 512 bytes, and tells user space.
    ///
    /// Beyond mainline.
    pub fn set_capacity(&self, sectors: u64) {
        // SAFETY: the disk is valid by the type invariant.
        unsafe { bindings::set_capacity_and_notify(self.gendisk, sectors) };
    }

    /// Nothing but whose code it is: the module must stay while the device is open.
    const TABLE: bindings::block_device_operations = bindings::block_device_operations {
        owner: crate::module::this_module::<crate::LocalModule>().as_ptr(),
        ..pin_init::zeroed()
    };
}

/// The private data of a disk's queue.
///
/// # Safety
///
/// `dev` is that of a [`GenDisk<T>`], which is not dropped meanwhile.
unsafe fn queue_data_of<'a, T: Driver>(dev: *mut bindings::device) -> Borrowed<'a, T::QueueData> {
    // SAFETY: By the requirements of this function.
    let queue_data = unsafe { (*(*bindings::dev_to_disk(dev)).queue).queuedata };
    // SAFETY: By the type invariant of `GenDisk`.
    unsafe { T::QueueData::borrow(queue_data) }
}

// SAFETY: A disk has its files from when it is added, with its queue's data set, until `del_disk`, which waits for those that
// are being read or written.
unsafe impl<T: Driver + 'static> sysfs::Owner for Disks<T> {
    type Show = for<'a> fn(Borrowed<'a, T::QueueData>, &mut sysfs::Page<'_>) -> Result;
    type Store = for<'a> fn(Borrowed<'a, T::QueueData>, &BStr) -> Result;
    type Visible = for<'a> fn(Borrowed<'a, T::QueueData>) -> bool;

    unsafe fn show(f: Self::Show, dev: *mut bindings::device, page: &mut sysfs::Page<'_>) -> Result {
        // SAFETY: By the requirements of this function.
        f(unsafe { queue_data_of::<T>(dev) }, page)
    }

    unsafe fn store(f: Self::Store, dev: *mut bindings::device, text: &BStr) -> Result {
        // SAFETY: By the requirements of this function.
        f(unsafe { queue_data_of::<T>(dev) }, text)
    }

    unsafe fn visible(f: Self::Visible, dev: *mut bindings::device) -> bool {
        // SAFETY: By the requirements of this function.
        f(unsafe { queue_data_of::<T>(dev) })
    }
}

impl<T: Driver> Drop for GenDisk<T> {
    fn drop(&mut self) {
        // SAFETY: the disk is valid by the type invariant, and so is its queue.
        let queue_data = unsafe { (*(*self.gendisk).queue).queuedata };

        // SAFETY: the disk was added by the type invariant. No request is under way after this.
        unsafe { bindings::del_disk(self.gendisk) };

        // SAFETY: the pointer comes from `into_foreign`, and the queue, which alone borrowed it, is dead.
        drop(unsafe { T::QueueData::from_foreign(queue_data) });
    }
}
