// SPDX-License-Identifier: GPL-2.0
//! Mappings: the parts of an address space.
//!
//! [`VmaRef`] is any mapping, [`VmaNew`] one that is being made (in `mmap`), where its flags can still be set, and
//! [`VmaMixedMap`] one that a driver may put pages into.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)
//!
//! # Examples
//!
//! ```
//! use kernel::mm::virt::{flags, VmaNew};
//!
//! /// A device's registers: for user space to read only, and not to be inherited.
//! fn mmap(vma: &VmaNew) -> Result {
//!     if vma.end() - vma.start() != 4096 {
//!         return Err(EINVAL);
//!     }
//!     vma.try_clear_maywrite()?;
//!     vma.set_io();
//!     vma.set_dontcopy();
//!     assert!(vma.flags() & flags::MAYWRITE == flags::NONE);
//!     Ok(())
//! }
//! ```
//!
//! Available on every supported kernel.

use crate::{
    error::{code::EINVAL, to_result, Result},
    mm::MmWithUser,
    page::Page,
    types::Opaque,
};
use core::ops::Deref;

/// A mapping that stays as it is while it is looked at.
///
/// # Invariants
///
/// During the lifetime of a reference the caller holds the mmap lock or the mapping's own, at least for reading.
#[repr(transparent)]
pub struct VmaRef {
    vma: Opaque<bindings::vm_area_struct>,
}

impl VmaRef {
    /// Looks at a C mapping.
    ///
    /// # Safety
    ///
    /// During `'a`, `vma` is valid and the mmap lock or the mapping's own is held, at least for reading.
    #[inline]
    pub unsafe fn from_raw<'a>(vma: *const bindings::vm_area_struct) -> &'a Self {
        // SAFETY: The caller promises it; the type is transparent.
        unsafe { &*vma.cast() }
    }

    /// The C object.
    #[inline]
    pub fn as_ptr(&self) -> *mut bindings::vm_area_struct {
        self.vma.get()
    }

    /// The address space that it is a part of.
    #[inline]
    pub fn mm(&self) -> &MmWithUser {
        // SAFETY: By the type invariant the mapping is valid; the field does not change.
        let mm = unsafe { (*self.as_ptr()).vm_mm };
        // SAFETY: An address space without users has no mappings, and the lock keeps this one.
        unsafe { MmWithUser::from_raw(mm) }
    }

    /// Its flags, see [`flags`].
    #[inline]
    pub fn flags(&self) -> vm_flags_t {
        // SAFETY: By the type invariant the mapping is valid and locked.
        unsafe { bindings::vma_flags(self.as_ptr()) }
    }

    /// The first address.
    #[inline]
    pub fn start(&self) -> usize {
        // SAFETY: By the type invariant the mapping is valid and locked.
        unsafe { bindings::vma_start(self.as_ptr()) }
    }

    /// The address after the last one.
    #[inline]
    pub fn end(&self) -> usize {
        // SAFETY: By the type invariant the mapping is valid and locked.
        unsafe { bindings::vma_end(self.as_ptr()) }
    }

    /// Takes out the pages of a part of the mapping; does nothing if that is not a part of it.
    #[inline]
    pub fn zap_vma_range(&self, address: usize, size: usize) {
        let Some(end) = address.checked_add(size) else {
            return;
        };
        if size == 0 || address < self.start() || end > self.end() {
            return;
        }
        // SAFETY: By the type invariant the mapping is valid and locked, and the range lies in it.
        unsafe { bindings::zap_vma_range(self.as_ptr(), address, size) };
    }

    /// The mapping as one that takes pages from a driver, if it is one.
    #[inline]
    pub fn as_mixedmap_vma(&self) -> Option<&VmaMixedMap> {
        // SAFETY: The flag has just been seen; the type invariant promises the rest.
        (self.flags() & flags::MIXEDMAP != 0).then(|| unsafe { VmaMixedMap::from_raw(self.as_ptr()) })
    }
}

/// A mapping with [`flags::MIXEDMAP`].
///
/// # Invariants
///
/// Those of [`VmaRef`], and the flag is set.
#[repr(transparent)]
pub struct VmaMixedMap {
    vma: VmaRef,
}

impl Deref for VmaMixedMap {
    type Target = VmaRef;

    #[inline]
    fn deref(&self) -> &VmaRef {
        &self.vma
    }
}

impl VmaMixedMap {
    /// Looks at a C mapping.
    ///
    /// # Safety
    ///
    /// As [`VmaRef::from_raw`], and the flag is set.
    #[inline]
    pub unsafe fn from_raw<'a>(vma: *const bindings::vm_area_struct) -> &'a Self {
        // SAFETY: The caller promises it; the type is transparent.
        unsafe { &*vma.cast() }
    }

    /// Maps a page at an address; the mapping takes a reference of its own to it.
    #[inline]
    pub fn vm_insert_page(&self, address: usize, page: &Page) -> Result {
        // SAFETY: By the type invariant the mapping is valid, locked and mixed; C checks the address.
        to_result(unsafe { bindings::vm_insert_page(self.as_ptr(), address, page.as_ptr()) })
    }
}

/// A mapping that is being made, before anybody else can see it.
///
/// # Invariants
///
/// Those of [`VmaRef`], and its flags may be changed.
#[repr(transparent)]
pub struct VmaNew {
    vma: VmaRef,
}

impl Deref for VmaNew {
    type Target = VmaRef;

    #[inline]
    fn deref(&self) -> &VmaRef {
        &self.vma
    }
}

impl VmaNew {
    /// Looks at a C mapping that is being made.
    ///
    /// # Safety
    ///
    /// During `'a`, `vma` is valid and in the hands of an `mmap` operation, on this thread.
    #[inline]
    pub unsafe fn from_raw<'a>(vma: *mut bindings::vm_area_struct) -> &'a Self {
        // SAFETY: The caller promises it; the type is transparent.
        unsafe { &*vma.cast() }
    }

    #[inline]
    fn set(&self, flags: vm_flags_t) {
        // SAFETY: By the type invariant the flags may be changed.
        unsafe { bindings::vm_flags_set(self.as_ptr(), flags) };
    }

    /// Clears the flag `may` unless the mapping has the permission `has` that depends on it.
    #[inline]
    fn try_clear(&self, may: vm_flags_t, has: vm_flags_t) -> Result {
        if self.flags() & has != 0 {
            return Err(EINVAL);
        }
        // SAFETY: By the type invariant the flags may be changed; without the permission, its `MAY` flag may go.
        unsafe { bindings::vm_flags_clear(self.as_ptr(), may) };
        Ok(())
    }

    /// Sets [`flags::MIXEDMAP`], which lets pages be put in.
    #[inline]
    pub fn set_mixedmap(&self) -> &VmaMixedMap {
        self.set(flags::MIXEDMAP);
        // SAFETY: Just set; the type invariant promises the rest.
        unsafe { VmaMixedMap::from_raw(self.as_ptr()) }
    }

    /// Sets [`flags::IO`]: it maps a device, so reading may have effects.
    #[inline]
    pub fn set_io(&self) {
        self.set(flags::IO);
    }

    /// Sets [`flags::DONTEXPAND`]: `mremap` cannot make it larger.
    #[inline]
    pub fn set_dontexpand(&self) {
        self.set(flags::DONTEXPAND);
    }

    /// Sets [`flags::DONTCOPY`]: a child does not inherit it.
    #[inline]
    pub fn set_dontcopy(&self) {
        self.set(flags::DONTCOPY);
    }

    /// Sets [`flags::DONTDUMP`]: core dumps leave it out.
    #[inline]
    pub fn set_dontdump(&self) {
        self.set(flags::DONTDUMP);
    }

    /// Says whether it is readable now.
    #[inline]
    pub fn readable(&self) -> bool {
        self.flags() & flags::READ != 0
    }

    /// Forbids that it ever becomes readable; an error if it is.
    #[inline]
    pub fn try_clear_mayread(&self) -> Result {
        self.try_clear(flags::MAYREAD, flags::READ)
    }

    /// Says whether it is writable now.
    #[inline]
    pub fn writable(&self) -> bool {
        self.flags() & flags::WRITE != 0
    }

    /// Forbids that it ever becomes writable; an error if it is.
    #[inline]
    pub fn try_clear_maywrite(&self) -> Result {
        self.try_clear(flags::MAYWRITE, flags::WRITE)
    }

    /// Says whether it is executable now.
    #[inline]
    pub fn executable(&self) -> bool {
        self.flags() & flags::EXEC != 0
    }

    /// Forbids that it ever becomes executable; an error if it is.
    #[inline]
    pub fn try_clear_mayexec(&self) -> Result {
        self.try_clear(flags::MAYEXEC, flags::EXEC)
    }
}

/// The type of a mapping's flags.
pub use bindings::vm_flags_t;

/// A mapping's flags; the kernel's headers give the values.
pub mod flags {
    use super::vm_flags_t;

    // drift: VM_*: the macro casts each.
    macro_rules! flags {
        ($($(#[$doc:meta])* $name:ident = $value:expr;)*) => {$(
            $(#[$doc])*
            pub const $name: vm_flags_t = $value as vm_flags_t;
        )*};
    }

    flags! {
        /// None.
        NONE = bindings::VM_NONE;
        /// Readable.
        READ = bindings::VM_READ;
        /// Writable.
        WRITE = bindings::VM_WRITE;
        /// Executable.
        EXEC = bindings::VM_EXEC;
        /// Shared between address spaces.
        SHARED = bindings::VM_SHARED;
        /// May become readable.
        MAYREAD = bindings::VM_MAYREAD;
        /// May become writable.
        MAYWRITE = bindings::VM_MAYWRITE;
        /// May become executable.
        MAYEXEC = bindings::VM_MAYEXEC;
        /// May become shared.
        MAYSHARE = bindings::VM_MAYSHARE;
        /// Page frames without `struct page`.
        PFNMAP = bindings::VM_PFNMAP;
        /// A device's memory.
        IO = bindings::VM_IO;
        /// Not inherited by a child.
        DONTCOPY = bindings::VM_DONTCOPY;
        /// Not enlarged by `mremap`.
        DONTEXPAND = bindings::VM_DONTEXPAND;
        /// Pages are locked when they come in.
        LOCKONFAULT = bindings::VM_LOCKONFAULT;
        /// Counted as memory of the process.
        ACCOUNT = bindings::VM_ACCOUNT;
        /// Not reserved in advance.
        NORESERVE = bindings::VM_NORESERVE;
        /// Huge pages from hugetlbfs.
        HUGETLB = bindings::VM_HUGETLB;
        /// Page faults are synchronous.
        SYNC = bindings::VM_SYNC;
        /// Means something else on each architecture.
        ARCH_1 = bindings::VM_ARCH_1;
        /// A child finds zeroes.
        WIPEONFORK = bindings::VM_WIPEONFORK;
        /// Left out of core dumps.
        DONTDUMP = bindings::VM_DONTDUMP;
        /// Its pages are tracked for changes.
        SOFTDIRTY = bindings::VM_SOFTDIRTY;
        /// May hold both pages and page frames.
        MIXEDMAP = bindings::VM_MIXEDMAP;
        /// Asked to have huge pages.
        HUGEPAGE = bindings::VM_HUGEPAGE;
        /// Asked not to have huge pages.
        NOHUGEPAGE = bindings::VM_NOHUGEPAGE;
        /// Pages with the same contents may be merged.
        MERGEABLE = bindings::VM_MERGEABLE;
    }
}
