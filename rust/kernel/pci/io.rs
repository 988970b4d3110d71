// SPDX-License-Identifier: GPL-2.0

//! A PCI device's memory BARs and its configuration space.
//!
//! C header: [`include/linux/pci.h`](srctree/include/linux/pci.h)

use super::Device;
use crate::{
    device,
    devres::DevresLt,
    error::to_result,
    io::{IoBackend, IoBase, IoCapable, Mmio, MmioBackend, MmioRaw, Region},
    prelude::*,
    ptr::KnownSize,
    types::{CovariantForLt, ForLt},
};
use core::ptr;

/// Checks a BAR's number.
pub(super) fn resource_index(bar: u32) -> Result<c_int> {
    if bar >= bindings::PCI_NUM_RESOURCES as u32 {
        return Err(EINVAL);
    }
    Ok(bar as c_int)
}

/// How much configuration space a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum ConfigSpaceSize {
    /// That of conventional PCI.
    Normal = 256,
    /// That of PCI Express.
    Extended = 4096,
}

impl ConfigSpaceSize {
    /// The size in bytes.
    #[inline]
    pub const fn into_raw(self) -> usize {
        self as usize
    }
}

/// A configuration space of 256 bytes.
pub type Normal = Region<256>;

/// A configuration space of 4096 bytes.
pub type Extended = Region<4096>;

/// A view of a device's configuration space, or of a part of it, for the methods of [`Io`](crate::io::Io).
///
/// A read that fails, as of a device that was pulled out, gives all ones, like one of memory.
///
/// # Invariants
///
/// `ptr` is no pointer to memory: its address is the offset, and its metadata the size, of a range of the configuration
/// space that the device has.
pub struct ConfigSpace<'a, T: ?Sized = Extended> {
    pdev: &'a Device<device::Bound>,
    ptr: *mut T,
}

impl<T: ?Sized> Copy for ConfigSpace<'_, T> {}

impl<T: ?Sized> Clone for ConfigSpace<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

// SAFETY: `ptr` is only a number; the device may be used from any thread.
unsafe impl<T: ?Sized + Sync> Send for ConfigSpace<'_, T> {}

// SAFETY: C synchronises access to the configuration space.
unsafe impl<T: ?Sized + Sync> Sync for ConfigSpace<'_, T> {}

/// How [`ConfigSpace`] is accessed.
pub struct ConfigSpaceBackend;

impl IoBackend for ConfigSpaceBackend {
    type View<'a, T: ?Sized + KnownSize> = ConfigSpace<'a, T>;

    #[inline]
    fn as_ptr<'a, T: ?Sized + KnownSize>(view: Self::View<'a, T>) -> *mut T {
        view.ptr
    }

    #[inline]
    unsafe fn project_view<'a, T: ?Sized + KnownSize, U: ?Sized + KnownSize>(
        view: Self::View<'a, T>,
        ptr: *mut U,
    ) -> Self::View<'a, U> {
        // INVARIANT: The caller says that `ptr` is within `view`.
        ConfigSpace { pdev: view.pdev, ptr }
    }
}

macro_rules! impl_config_space {
    ($($ty:ty: $read:path, $write:path;)+) => {$(
        impl IoCapable<$ty> for ConfigSpaceBackend {
            #[inline]
            fn io_read<'a>(view: ConfigSpace<'a, $ty>) -> $ty {
                let mut value = <$ty>::MAX;
                // SAFETY: The device is valid; by the type's invariant it has this offset. The error is told by the
                // value.
                unsafe { $read(view.pdev.as_raw(), view.ptr.addr() as c_int, &mut value) };
                value
            }

            #[inline]
            fn io_write<'a>(view: ConfigSpace<'a, $ty>, value: $ty) {
                // SAFETY: As above. There is nobody to tell an error to, as with memory.
                unsafe { $write(view.pdev.as_raw(), view.ptr.addr() as c_int, value) };
            }
        }
    )+};
}

impl_config_space! {
    u8: bindings::pci_read_config_byte, bindings::pci_write_config_byte;
    u16: bindings::pci_read_config_word, bindings::pci_write_config_word;
    u32: bindings::pci_read_config_dword, bindings::pci_write_config_dword;
}

impl<'a, T: ?Sized + KnownSize> IoBase<'a> for ConfigSpace<'a, T> {
    type Backend = ConfigSpaceBackend;
    type Target = T;

    #[inline]
    fn as_view(self) -> ConfigSpace<'a, T> {
        self
    }
}

/// A memory BAR, requested and mapped; `SIZE` is how much of it is known to be there at compile time.
///
/// `&Bar` has the methods of [`Io`](crate::io::Io).
///
/// # Invariants
///
/// `io` is the mapping of BAR `num`, which is at least `SIZE` bytes and is requested for us.
pub struct Bar<'a, const SIZE: usize = 0> {
    pdev: &'a Device<device::Bound>,
    io: MmioRaw<Region<SIZE>>,
    num: c_int,
}

impl<const SIZE: usize> ForLt for Bar<'static, SIZE> {
    type Of<'a> = Bar<'a, SIZE>;
}

// SAFETY: `Bar` is covariant in its lifetime: it has it only in a shared reference.
unsafe impl<const SIZE: usize> CovariantForLt for Bar<'static, SIZE> {}

/// A [`Bar`] that may be kept after the device is unbound, and be accessed until then.
pub type DevresBar<const SIZE: usize = 0> = DevresLt<Bar<'static, SIZE>>;

impl<'a, const SIZE: usize> Bar<'a, SIZE> {
    fn new(pdev: &'a Device<device::Bound>, bar: u32, name: &'static CStr) -> Result<Self> {
        let num = resource_index(bar)?;

        // SAFETY: The device is valid, and so is the index.
        let flags = unsafe { bindings::pci_resource_flags(pdev.as_raw(), num) };
        let len = pdev.resource_len(bar)?;
        // An I/O port BAR is not accessed as memory is.
        if len == 0 || flags & bindings::IORESOURCE_MEM as c_ulong == 0 {
            return Err(ENXIO);
        }

        // SAFETY: The device is valid, and so is the index; the name lives for ever.
        to_result(unsafe { bindings::pci_request_region(pdev.as_raw(), num, name.as_char_ptr()) })?;

        // SAFETY: The device is valid, and so is the index; 0 means all of it.
        let addr = unsafe { bindings::pci_iomap(pdev.as_raw(), num, 0) };
        let io = if addr.is_null() {
            Err(ENOMEM)
        } else {
            usize::try_from(len).map_err(Error::from).and_then(|len| MmioRaw::new_region(addr.addr(), len))
        };

        match io {
            // INVARIANT: The BAR is requested and mapped; `new_region` has checked `SIZE`.
            Ok(io) => Ok(Self { pdev, io, num }),
            Err(err) => {
                // SAFETY: Requested and, if not null, mapped above.
                unsafe { Self::release(pdev, addr, num) };
                Err(err)
            }
        }
    }

    /// Undoes the mapping, if there is one, and the request.
    ///
    /// # Safety
    ///
    /// BAR `num` is requested, and `addr` is null or its mapping, which is used no more.
    unsafe fn release(pdev: &Device<device::Bound>, addr: *mut c_void, num: c_int) {
        if !addr.is_null() {
            // SAFETY: By the requirements of this function.
            unsafe { bindings::pci_iounmap(pdev.as_raw(), addr) };
        }
        // SAFETY: By the requirements of this function.
        unsafe { bindings::pci_release_region(pdev.as_raw(), num) };
    }

    /// Hands the BAR to the device, which drops it when it is unbound.
    pub fn into_devres(self) -> Result<DevresBar<SIZE>> {
        let pdev = self.pdev;
        // SAFETY: What the BAR borrows is the device, which is there until its resources are dropped.
        unsafe { DevresLt::new(pdev.as_ref(), Ok::<_, Error>(self)) }
    }
}

impl<const SIZE: usize> Drop for Bar<'_, SIZE> {
    fn drop(&mut self) {
        let addr = ptr::with_exposed_provenance_mut(self.io.addr());
        // SAFETY: By the type's invariant; who uses the mapping borrows `self`.
        unsafe { Self::release(self.pdev, addr, self.num) };
    }
}

impl<'a, const SIZE: usize> IoBase<'a> for &'a Bar<'_, SIZE> {
    type Backend = MmioBackend;
    type Target = crate::io::Region<SIZE>;

    #[inline]
    fn as_view(self) -> Mmio<'a, Self::Target> {
        // SAFETY: By the type's invariant it is mapped as long as `self` lives.
        unsafe { Mmio::from_raw(self.io) }
    }
}

impl Device<device::Bound> {
    /// Requests and maps a memory BAR of at least `SIZE` bytes, so that accesses below `SIZE` are checked at compile
    /// time.
    pub fn iomap_region_sized<'a, const SIZE: usize>(&'a self, bar: u32, name: &'static CStr) -> Result<Bar<'a, SIZE>> {
        Bar::new(self, bar, name)
    }

    /// Requests and maps a memory BAR of any size.
    pub fn iomap_region<'a>(&'a self, bar: u32, name: &'static CStr) -> Result<Bar<'a>> {
        self.iomap_region_sized::<0>(bar, name)
    }

    /// How much configuration space the device has.
    pub fn cfg_size(&self) -> ConfigSpaceSize {
        // SAFETY: The device is valid; the core has found this out before the driver was bound.
        let size = unsafe { (*self.as_raw()).cfg_size };
        if size >= ConfigSpaceSize::Extended.into_raw() as c_int {
            ConfigSpaceSize::Extended
        } else {
            ConfigSpaceSize::Normal
        }
    }

    /// The first 256 bytes of the configuration space, which every device has.
    pub fn config_space<'a>(&'a self) -> ConfigSpace<'a, Normal> {
        self.config_space_of(ConfigSpaceSize::Normal)
    }

    /// All of the configuration space, if the device has more than 256 bytes.
    pub fn config_space_extended<'a>(&'a self) -> Result<ConfigSpace<'a, Extended>> {
        match self.cfg_size() {
            ConfigSpaceSize::Normal => Err(EINVAL),
            size @ ConfigSpaceSize::Extended => Ok(self.config_space_of(size)),
        }
    }

    /// `size` is what the device has, at least.
    fn config_space_of<const SIZE: usize>(&self, size: ConfigSpaceSize) -> ConfigSpace<'_, Region<SIZE>> {
        // INVARIANT: It starts at 0, and the device has `size` bytes.
        ConfigSpace { pdev: self, ptr: Region::ptr_from_raw_parts_mut(ptr::null_mut(), size.into_raw()) }
    }
}
