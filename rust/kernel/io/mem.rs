// SPDX-License-Identifier: GPL-2.0
//! Device memory that is described by a [`Resource`], mapped into the kernel.
//!
//! C header: [`include/asm-generic/io.h`](srctree/include/asm-generic/io.h)
//!
//! Every kernel has it. (For the memory of a PCI device, see [`pci::Bar`](crate::pci::Bar).)

use super::{
    resource::{Flags, Region as ResourceRegion, Resource},
    IoBase, Mmio, MmioBackend, MmioRaw, Region,
};
use crate::{
    device::{Bound, Device},
    devres::DevresLt,
    error::{code::*, Error, Result},
    str::CString,
    types::{CovariantForLt, ForLt},
};
use core::ffi::c_void;

/// A resource of a device that is bound, to be mapped.
///
/// # Examples
///
/// A driver that knows how much there is has its accesses checked while building:
///
/// ```
/// use kernel::{device::Core, io::{mem::IoMem, Io}, platform, prelude::*};
///
/// struct Sensor<'bound> {
///     regs: IoMem<'bound, 0x40>,
/// }
///
/// struct SensorDriver;
///
/// impl platform::Driver for SensorDriver {
///     type IdInfo = ();
///     type Data<'bound> = Sensor<'bound>;
///
///     fn probe<'bound>(
///         pdev: &'bound platform::Device<Core<'_>>,
///         _info: Option<&'bound ()>,
///     ) -> impl PinInit<Sensor<'bound>, Error> + 'bound {
///         let regs = pdev.io_request_by_index(0).ok_or(ENODEV)?.iomap_sized::<0x40>()?;
///         regs.write32(1, 0x3c);
///         Ok(Sensor { regs })
///     }
/// }
/// ```
pub struct IoRequest<'a> {
    device: &'a Device<Bound>,
    resource: &'a Resource,
}

impl<'a> IoRequest<'a> {
    /// Makes a request for a resource.
    ///
    /// # Safety
    ///
    /// `resource` must be one of `device`, and stay so for `'a`.
    pub(crate) unsafe fn new(device: &'a Device<Bound>, resource: &'a Resource) -> Self {
        Self { device, resource }
    }

    /// Maps it, shared with whoever else does. It must have `SIZE` bytes at least: so far, accesses are checked while
    /// building.
    pub fn iomap_sized<const SIZE: usize>(self) -> Result<IoMem<'a, SIZE>> {
        IoMem::new(self.device, self.resource)
    }

    /// Maps it, for this driver alone: [`EBUSY`] if somebody has taken some of it. It must have `SIZE` bytes at least:
    /// so far, accesses are checked while building.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{device::Core, io::Io, platform, prelude::*};
    ///
    /// fn reset(pdev: &platform::Device<Core<'_>>) -> Result {
    ///     let regs = pdev.io_request_by_index(0).ok_or(ENODEV)?.iomap_exclusive_sized::<8>()?;
    ///     regs.write32(1, 4);
    ///     Ok(())
    /// }
    /// ```
    pub fn iomap_exclusive_sized<const SIZE: usize>(self) -> Result<ExclusiveIoMem<'a, SIZE>> {
        ExclusiveIoMem::new(self.device, self.resource)
    }

    /// Maps it, shared with whoever else does. Its size is not known while building: use the `try_…` methods.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{device::Core, io::Io, platform, prelude::*};
    ///
    /// fn word(pdev: &platform::Device<Core<'_>>, index: usize) -> Result<u32> {
    ///     let window = pdev.io_request_by_index(1).ok_or(ENODEV)?.iomap()?;
    ///     window.try_read32(index * 4)
    /// }
    /// ```
    pub fn iomap(self) -> Result<IoMem<'a>> {
        self.iomap_sized::<0>()
    }

    /// Maps it, for this driver alone: [`EBUSY`] if somebody has taken some of it. Its size is not known while
    /// building: use the `try_…` methods.
    pub fn iomap_exclusive(self) -> Result<ExclusiveIoMem<'a, 0>> {
        self.iomap_exclusive_sized::<0>()
    }
}

/// A mapped resource that nobody else can take as long as this lives.
///
/// `&ExclusiveIoMem` has the methods of [`Io`](super::Io).
pub struct ExclusiveIoMem<'a, const SIZE: usize> {
    iomem: IoMem<'a, SIZE>,
    /// Given back once it is no longer mapped: fields are dropped in order.
    _region: ResourceRegion,
}

impl<const SIZE: usize> ForLt for ExclusiveIoMem<'static, SIZE> {
    type Of<'a> = ExclusiveIoMem<'a, SIZE>;
}

// SAFETY: it has the lifetime in a field that is covariant.
unsafe impl<const SIZE: usize> CovariantForLt for ExclusiveIoMem<'static, SIZE> {}

/// An [`ExclusiveIoMem`] that the device owns, to be kept beyond the borrow of the device.
pub type DevresExclusiveIoMem<const SIZE: usize> = DevresLt<ExclusiveIoMem<'static, SIZE>>;

impl<'a, const SIZE: usize> ExclusiveIoMem<'a, SIZE> {
    fn new(device: &'a Device<Bound>, resource: &Resource) -> Result<Self> {
        let name = CString::try_from(resource.name().unwrap_or_default())?;
        let region =
            resource.request_region(resource.start(), resource.size(), name, Flags::IORESOURCE_MEM).ok_or(EBUSY)?;
        Ok(Self { iomem: IoMem::new(device, resource)?, _region: region })
    }

    /// Hands it to the device, which drops it when it is unbound.
    pub fn into_devres(self) -> Result<DevresExclusiveIoMem<SIZE>> {
        let device = self.iomem.device;
        // SAFETY: what it borrows is the device, which lives until its resources are dropped.
        unsafe { DevresLt::new(device, Ok::<_, Error>(self)) }
    }
}

impl<'a, const SIZE: usize> IoBase<'a> for &'a ExclusiveIoMem<'_, SIZE> {
    type Backend = MmioBackend;
    type Target = Region<SIZE>;

    #[inline]
    fn as_view(self) -> Mmio<'a, Region<SIZE>> {
        (&self.iomem).as_view()
    }
}

/// A mapped resource.
///
/// `&IoMem` has the methods of [`Io`](super::Io).
///
/// # Invariants
///
/// `io` is a mapping that `ioremap()` made, of device memory of its size.
pub struct IoMem<'a, const SIZE: usize = 0> {
    device: &'a Device<Bound>,
    io: MmioRaw<Region<SIZE>>,
}

impl<const SIZE: usize> ForLt for IoMem<'static, SIZE> {
    type Of<'a> = IoMem<'a, SIZE>;
}

// SAFETY: it has the lifetime in a shared reference only, which is covariant.
unsafe impl<const SIZE: usize> CovariantForLt for IoMem<'static, SIZE> {}

/// An [`IoMem`] that the device owns, to be kept beyond the borrow of the device.
pub type DevresIoMem<const SIZE: usize = 0> = DevresLt<IoMem<'static, SIZE>>;

impl<'a, const SIZE: usize> IoMem<'a, SIZE> {
    fn new(device: &'a Device<Bound>, resource: &Resource) -> Result<Self> {
        let size = resource.size();
        if size == 0 {
            return Err(EINVAL);
        }
        let map = if resource.flags().contains(Flags::IORESOURCE_MEM_NONPOSTED) {
            bindings::ioremap_np
        } else {
            bindings::ioremap
        };
        // SAFETY: the range is one of a device, as its resource says.
        let addr = unsafe { map(resource.start(), usize::try_from(size)?) };
        if addr.is_null() {
            return Err(ENOMEM);
        }

        let io = MmioRaw::new_region(addr.expose_provenance(), usize::try_from(size)?);
        // INVARIANT: it was just mapped, with this size.
        io.map(|io| Self { device, io }).inspect_err(|_| {
            // SAFETY: it was just mapped, and is not used.
            unsafe { bindings::iounmap(addr) }
        })
    }

    /// Hands it to the device, which drops it when it is unbound.
    pub fn into_devres(self) -> Result<DevresIoMem<SIZE>> {
        let device = self.device;
        // SAFETY: what it borrows is the device, which lives until its resources are dropped.
        unsafe { DevresLt::new(device, Ok::<_, Error>(self)) }
    }
}

impl<const SIZE: usize> Drop for IoMem<'_, SIZE> {
    fn drop(&mut self) {
        let addr: *mut c_void = core::ptr::with_exposed_provenance_mut(self.io.addr());
        // SAFETY: by the type invariant it is mapped, and views of it borrow `self`.
        unsafe { bindings::iounmap(addr) };
    }
}

impl<'a, const SIZE: usize> IoBase<'a> for &'a IoMem<'_, SIZE> {
    type Backend = MmioBackend;
    type Target = Region<SIZE>;

    #[inline]
    fn as_view(self) -> Mmio<'a, Region<SIZE>> {
        // SAFETY: by the type invariant it is mapped, as long as `self` lives.
        unsafe { Mmio::from_raw(self.io) }
    }
}
