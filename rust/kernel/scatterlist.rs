// SPDX-License-Identifier: GPL-2.0

//! Lists of pages for DMA.
//!
//! C header: [`include/linux/scatterlist.h`](srctree/include/linux/scatterlist.h)
//!
//! An [`SGTable`] is mapped for a device; its [`SGEntry`]s say where the device finds the parts. All kernels have the C
//! side.
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     device::{Bound, Device}, dma::DataDirection, page::PAGE_SIZE, prelude::*, scatterlist::{Owned, SGTable},
//! };
//!
//! fn send(dev: &Device<Bound>, pages: VVec<u8>) -> Result<Pin<KBox<SGTable<Owned<VVec<u8>>>>>> {
//!     let table = SGTable::new(dev, pages, DataDirection::ToDevice, GFP_KERNEL);
//!     let table = KBox::pin_init(table, GFP_KERNEL)?;
//!     for part in table.iter() {
//!         dev_info!(dev, "{} bytes at {:#x}\n", part.dma_len(), part.dma_address());
//!     }
//!     Ok(table)
//! }
//! ```

use crate::{
    alloc::{self, allocator::VmallocPageIter},
    device::{Bound, Device},
    devres::Devres,
    dma,
    error::to_result,
    io::ResourceSize,
    page,
    prelude::*,
    types::Opaque,
};
use core::{
    iter::FusedIterator,
    marker::{PhantomData, PhantomPinned},
    ops::Deref,
    ptr::NonNull,
};

/// A part of a table that is contiguous for the device.
#[repr(transparent)]
pub struct SGEntry(Opaque<bindings::scatterlist>);

// SAFETY: An entry may be read in any thread.
unsafe impl Send for SGEntry {}

// SAFETY: `&SGEntry` only reads.
unsafe impl Sync for SGEntry {}

impl SGEntry {
    /// # Safety
    ///
    /// For `'a`, `ptr` is a valid entry of a mapped table.
    #[inline]
    unsafe fn from_raw<'a>(ptr: *mut bindings::scatterlist) -> &'a Self {
        // SAFETY: By the requirements of this function; `SGEntry` is a transparent wrapper.
        unsafe { &*ptr.cast() }
    }

    #[inline]
    fn as_raw(&self) -> *mut bindings::scatterlist {
        self.0.get()
    }

    /// Where the device finds the part.
    #[inline]
    pub fn dma_address(&self) -> dma::DmaAddress {
        // SAFETY: `self.as_raw()` is valid.
        unsafe { bindings::sg_dma_address(self.as_raw()) }
    }

    /// The part's length in bytes.
    #[inline]
    pub fn dma_len(&self) -> ResourceSize {
        // SAFETY: `self.as_raw()` is valid.
        ResourceSize::from(unsafe { bindings::sg_dma_len(self.as_raw()) })
    }
}

/// The kind of table that C owns.
#[repr(transparent)]
pub struct Borrowed(Opaque<bindings::sg_table>);

// SAFETY: The table may be read in any thread.
unsafe impl Send for Borrowed {}

// SAFETY: `&Borrowed` only reads.
unsafe impl Sync for Borrowed {}

/// A list of pages, mapped for a device: [`Borrowed`] from C, or [`Owned`].
#[repr(transparent)]
#[pin_data]
pub struct SGTable<T: private::Sealed = Borrowed> {
    #[pin]
    inner: T,
}

impl SGTable {
    /// Makes a reference from a C pointer.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` is a valid table that is mapped for a device and not changed.
    #[inline]
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::sg_table) -> &'a Self {
        // SAFETY: By the requirements of this function; `SGTable` is a transparent wrapper.
        unsafe { &*ptr.cast() }
    }

    #[inline]
    fn as_raw(&self) -> *mut bindings::sg_table {
        self.inner.0.get()
    }

    /// The parts of the table, as the device sees it.
    pub fn iter(&self) -> SGTableIter<'_> {
        // SAFETY: `self.as_raw()` is a valid table, which does not change.
        let (first, len) = unsafe { ((*self.as_raw()).sgl, (*self.as_raw()).nents) };
        SGTableIter {
            next: NonNull::new(first),
            // How many parts there are for the device, which may be fewer than there are entries.
            left: len,
            _table: PhantomData,
        }
    }
}

/// The mapping of a table for a device.
///
/// # Invariants
///
/// `table` is mapped for `dev`, and lives as long as this.
struct DmaMappedSgt {
    table: NonNull<bindings::sg_table>,
    dev: crate::sync::aref::ARef<Device>,
    dir: dma::DataDirection,
}

// SAFETY: A table may be unmapped in any thread.
unsafe impl Send for DmaMappedSgt {}

// SAFETY: `&DmaMappedSgt` allows nothing.
unsafe impl Sync for DmaMappedSgt {}

impl DmaMappedSgt {
    /// # Safety
    ///
    /// `table` is valid and not mapped, and lives longer than the result.
    unsafe fn new(table: NonNull<bindings::sg_table>, dev: &Device<Bound>, dir: dma::DataDirection) -> Result<Self> {
        // C warns, and fails as well.
        // SAFETY: The device is valid.
        if unsafe { (*dev.as_raw()).dma_mask }.is_null() {
            return Err(EIO);
        }
        // SAFETY: The device is valid, and bound; the table is up to the caller.
        to_result(unsafe { bindings::dma_map_sgtable(dev.as_raw(), table.as_ptr(), dir.into(), 0) })?;

        // INVARIANT: It was just mapped.
        Ok(Self { table, dev: dev.into(), dir })
    }
}

impl Drop for DmaMappedSgt {
    fn drop(&mut self) {
        // SAFETY: By the type's invariant.
        unsafe { bindings::dma_unmap_sgtable(self.dev.as_raw(), self.table.as_ptr(), self.dir.into(), 0) };
    }
}

/// A table that is ours.
///
/// # Invariants
///
/// The table is allocated.
#[repr(transparent)]
#[pin_data(PinnedDrop)]
struct RawSGTable {
    #[pin]
    table: Opaque<bindings::sg_table>,
}

// SAFETY: A table may be read and freed in any thread.
unsafe impl Send for RawSGTable {}

// SAFETY: `&RawSGTable` gives a raw pointer only.
unsafe impl Sync for RawSGTable {}

impl RawSGTable {
    /// Allocates a table of `pages`, with entries of at most `max_segment` bytes.
    fn new(
        mut pages: KVVec<*mut bindings::page>,
        max_segment: c_uint,
        flags: alloc::Flags,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // INVARIANT: This fails unless the table is allocated.
            table <- Opaque::try_ffi_init(move |table| {
                let size = pages.len().checked_mul(page::PAGE_SIZE).ok_or(EOVERFLOW)?;
                let count = c_uint::try_from(pages.len())?;
                // SAFETY: `table` is valid for writes; there are so many pages, which C does not look into.
                to_result(unsafe {
                    bindings::sg_alloc_table_from_pages_segment(
                        table,
                        pages.as_mut_ptr(),
                        count,
                        0,
                        size,
                        max_segment,
                        flags.as_raw(),
                    )
                })
            }),
        })
    }

    fn as_raw(&self) -> *mut bindings::sg_table {
        self.table.get()
    }
}

#[pinned_drop]
impl PinnedDrop for RawSGTable {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type's invariant.
        unsafe { bindings::sg_free_table(self.as_raw()) };
    }
}

/// The kind of table that owns its pages, of type `P`.
///
/// The mapping is also undone when the device is unbound; the entries can still be read then, but mean nothing any
/// more.
///
/// # Invariants
///
/// `table` is of the pages of `pages`, and mapped until `dma` is dropped or the device unbound.
#[pin_data]
pub struct Owned<P> {
    // Unmapped first, then the table is freed, then the pages.
    dma: Devres<DmaMappedSgt>,
    #[pin]
    table: RawSGTable,
    _pages: P,
    /// `dma` has a pointer to `table`.
    #[pin]
    _pin: PhantomPinned,
}

// SAFETY: The parts may be dropped in any thread, if the pages may.
unsafe impl<P: Send> Send for Owned<P> {}

// SAFETY: `&Owned` only reads, and not the pages.
unsafe impl<P: Sync> Sync for Owned<P> {}

impl<P> Owned<P>
where
    for<'a> P: page::AsPageIter<Iter<'a> = VmallocPageIter<'a>> + 'static,
{
    fn new(
        dev: &Device<Bound>,
        mut pages: P,
        dir: dma::DataDirection,
        flags: alloc::Flags,
    ) -> impl PinInit<Self, Error> + '_ {
        pin_init::pin_init_scope(move || {
            let iter = pages.page_iter();
            let mut list = KVVec::with_capacity(iter.page_count(), flags)?;
            for page in iter {
                list.push(page.as_ptr(), flags)?;
            }
            // C does not expect an empty table.
            if list.is_empty() {
                return Err(EINVAL);
            }

            // SAFETY: The device is valid, and bound.
            let max_segment = match unsafe { bindings::dma_max_mapping_size(dev.as_raw()) } {
                0 => c_uint::MAX,
                max => c_uint::try_from(max).unwrap_or(c_uint::MAX),
            };

            Ok(try_pin_init!(&this in Self {
                _pages: pages,
                table <- RawSGTable::new(list, max_segment, flags),
                dma: {
                    // SAFETY: `this` is being initialised, and `table` is already.
                    let table = unsafe { &(*this.as_ptr()).table };
                    let table = NonNull::new(table.as_raw()).ok_or(EINVAL)?;
                    // SAFETY: The table is valid, not mapped, and dropped after the mapping: pinned in `Self` next to
                    // it.
                    let mapped = unsafe { DmaMappedSgt::new(table, dev, dir)? };
                    Devres::new(dev, Ok::<_, Error>(mapped))?
                },
                _pin: PhantomPinned,
            }))
        })
    }
}

impl<P> SGTable<Owned<P>>
where
    for<'a> P: page::AsPageIter<Iter<'a> = VmallocPageIter<'a>> + 'static,
{
    /// Makes a table of `pages` and maps it for `dev`, for transfers in the direction `dir`.
    pub fn new(
        dev: &Device<Bound>,
        pages: P,
        dir: dma::DataDirection,
        flags: alloc::Flags,
    ) -> impl PinInit<Self, Error> + '_ {
        try_pin_init!(Self {
            inner <- Owned::new(dev, pages, dir, flags),
        })
    }
}

impl<P> Deref for SGTable<Owned<P>> {
    type Target = SGTable;

    fn deref(&self) -> &Self::Target {
        // SAFETY: The table is allocated, and does not change while `self` lives.
        unsafe { SGTable::from_raw(self.inner.table.as_raw()) }
    }
}

mod private {
    pub trait Sealed {}

    impl Sealed for super::Borrowed {}
    impl<P> Sealed for super::Owned<P> {}
}

/// Iterates over a table's parts, as the device sees them.
///
/// # Invariants
///
/// `next` is an entry of a mapped table that lives for `'a`, of which `left` parts, `next` included, are to come.
pub struct SGTableIter<'a> {
    next: Option<NonNull<bindings::scatterlist>>,
    left: c_uint,
    _table: PhantomData<&'a SGTable>,
}

impl<'a> Iterator for SGTableIter<'a> {
    type Item = &'a SGEntry;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let entry = self.next?.as_ptr();
        // SAFETY: By the type's invariant.
        let entry = unsafe { SGEntry::from_raw(entry) };
        // SAFETY: `entry` is valid. At the end of the table the result is null.
        self.next = NonNull::new(unsafe { bindings::sg_next(entry.as_raw()) });
        Some(entry)
    }
}

impl FusedIterator for SGTableIter<'_> {}
