// SPDX-License-Identifier: GPL-2.0
//! Resources: ranges of addresses that belong to devices.
//!
//! C header: [`include/linux/ioport.h`](srctree/include/linux/ioport.h)
//!
//! Every kernel has it.

use crate::{
    str::{CStr, CStrExt, CString},
    types::Opaque,
};
use core::{ops::Deref, ptr::NonNull};

pub use super::{PhysAddr, ResourceSize};

/// A range of a [`Resource`] that a driver has to itself.
///
/// It is given back when this is dropped.
///
/// # Invariants
///
/// `resource` is what `__request_region()` returned for `parent`, and has not been released. Its name is `_name`.
pub struct Region {
    resource: NonNull<bindings::resource>,
    parent: NonNull<bindings::resource>,
    /// The kernel keeps a pointer to the name.
    _name: CString,
}

impl Deref for Region {
    type Target = Resource;

    fn deref(&self) -> &Resource {
        // SAFETY: by the type invariant, it is a valid resource until `self` is dropped.
        unsafe { Resource::from_raw(self.resource.as_ptr()) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let (start, size) = (self.start(), self.size());
        // SAFETY: by the type invariant, this range of the parent was requested and is still held.
        unsafe { bindings::__release_region(self.parent.as_ptr(), start, size) };
    }
}

// SAFETY: the kernel protects its tree of resources with a lock of its own, from whatever thread it is called.
unsafe impl Send for Region {}

// SAFETY: a shared region can only be read.
unsafe impl Sync for Region {}

/// A range of addresses, as a device (or its bus) declares it.
///
/// # Examples
///
/// ```
/// use kernel::{fmt, io::resource::{Flags, Region, Resource}, str::CString};
///
/// /// Takes the first page of what the device has for the driver.
/// fn first_page(bar: &Resource) -> Result<Region> {
///     if !bar.flags().contains(Flags::IORESOURCE_MEM) || bar.size() < 0x1000 {
///         return Err(ENODEV);
///     }
///     let name = CString::try_from_fmt(fmt!("first page"))?;
///     bar.request_region(bar.start(), 0x1000, name, Flags::IORESOURCE_MEM).ok_or(EBUSY)
/// }
/// ```
#[repr(transparent)]
pub struct Resource(Opaque<bindings::resource>);

impl Resource {
    /// Makes a reference of a pointer of C.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to a valid resource, of which start, end, name and flags do not change.
    pub(crate) const unsafe fn from_raw<'a>(ptr: *mut bindings::resource) -> &'a Self {
        // SAFETY: the caller's promise, and `Resource` is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Takes a range of the resource for the driver, to be seen under `name` in `/proc/iomem`, or returns [`None`] if
    /// somebody has taken some of it already.
    pub fn request_region(&self, start: PhysAddr, size: ResourceSize, name: CString, flags: Flags) -> Option<Region> {
        // SAFETY: `self` is a valid resource, and `name` a string that lives as long as the region, into which it is
        // put.
        let region =
            unsafe { bindings::__request_region(self.0.get(), start, size, name.as_char_ptr(), flags.0 as ffi::c_int) };
        Some(Region { resource: NonNull::new(region)?, parent: NonNull::new(self.0.get())?, _name: name })
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> ResourceSize {
        // SAFETY: `self` is a valid resource.
        unsafe { bindings::resource_size(self.0.get()) }
    }

    /// Returns the first address.
    pub fn start(&self) -> PhysAddr {
        // SAFETY: `self` is a valid resource, of which the start does not change.
        unsafe { (*self.0.get()).start }
    }

    /// Returns the name, if it has one.
    pub fn name(&self) -> Option<&CStr> {
        // SAFETY: `self` is a valid resource, of which the name does not change.
        let name = unsafe { (*self.0.get()).name };
        // SAFETY: a name that is there is a C string, which lives as long as the resource.
        (!name.is_null()).then(|| unsafe { CStr::from_char_ptr(name) })
    }

    /// Returns what kind of resource it is.
    pub fn flags(&self) -> Flags {
        // SAFETY: `self` is a valid resource, of which the flags do not change.
        Flags(unsafe { (*self.0.get()).flags })
    }
}

// SAFETY: a resource may be looked at, and a range of it requested, from whatever thread.
unsafe impl Send for Resource {}

// SAFETY: as above.
unsafe impl Sync for Resource {}

/// Kind and properties of a [`Resource`], to be combined with `|`, `&` and `!`.
///
/// # Examples
///
/// ```
/// use kernel::io::resource::Flags;
///
/// let flags = Flags::IORESOURCE_MEM | Flags::IORESOURCE_MEM_NONPOSTED;
/// assert!(flags.contains(Flags::IORESOURCE_MEM));
/// assert!(!flags.contains(Flags::IORESOURCE_IO));
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct Flags(usize);

impl Flags {
    /// Returns whether all of `flags` are set.
    pub fn contains(self, flags: Flags) -> bool {
        (self & flags) == flags
    }
}

impl core::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, rhs: Self) -> Self {
        Self(self.0 | rhs.0)
    }
}

impl core::ops::BitAnd for Flags {
    type Output = Self;

    fn bitand(self, rhs: Self) -> Self {
        Self(self.0 & rhs.0)
    }
}

impl core::ops::Not for Flags {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl Flags {
    /// Ports of x86's I/O space.
    pub const IORESOURCE_IO: Flags = Flags(bindings::IORESOURCE_IO as usize);

    /// Shared by drivers that take turns: a request waits for its turn.
    pub const IORESOURCE_MUXED: Flags = Flags(bindings::IORESOURCE_MUXED as usize);

    /// Memory.
    pub const IORESOURCE_MEM: Flags = Flags(bindings::IORESOURCE_MEM as usize);

    /// Memory to be mapped so that a write has arrived when the next instruction executes.
    #[cfg(kmod_has = "macro:IORESOURCE_MEM_NONPOSTED")]
    pub const IORESOURCE_MEM_NONPOSTED: Flags = Flags(bindings::IORESOURCE_MEM_NONPOSTED as usize);

    /// Memory to be mapped so that a write has arrived when the next instruction executes. No resource of this kernel
    /// has it.
    // Before v5.13, which brought `ioremap_np()`, this bit had no meaning for memory.
    #[cfg(not(kmod_has = "macro:IORESOURCE_MEM_NONPOSTED"))]
    pub const IORESOURCE_MEM_NONPOSTED: Flags = Flags(1 << 7);
}
