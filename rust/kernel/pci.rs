// SPDX-License-Identifier: GPL-2.0

//! PCI drivers.
//!
//! C header: [`include/linux/pci.h`](srctree/include/linux/pci.h)
//!
//! All kernels have the C side.
//!
//! # Examples
//!
//! ```
//! use kernel::{device::Core, io::Io, pci, prelude::*};
//!
//! struct Card<'bound> {
//!     regs: pci::Bar<'bound, 0x100>,
//! }
//!
//! struct CardDriver;
//!
//! kernel::pci_device_table!(
//!     CARDS,
//!     <CardDriver as pci::Driver>::IdInfo,
//!     [(pci::DeviceId::from_id(pci::Vendor::QEMU, 0x11e8), 2)]
//! );
//!
//! impl pci::Driver for CardDriver {
//!     type IdInfo = u32;
//!     type Data<'bound> = Card<'bound>;
//!     const ID_TABLE: pci::IdTable<Self::IdInfo> = &CARDS;
//!
//!     fn probe<'bound>(
//!         dev: &'bound pci::Device<Core<'_>>,
//!         ports: Option<&'bound u32>,
//!     ) -> impl PinInit<Card<'bound>, Error> + 'bound {
//!         dev.enable_device_mem()?;
//!         dev.set_master();
//!         let regs = dev.iomap_region_sized(0, c"my_card")?;
//!         dev_info!(dev, "{} with {:?} ports, id {:#x}\n", dev.vendor_id(), ports, (&regs).read32(0));
//!         Ok(Card { regs })
//!     }
//!
//!     fn unbind<'bound>(_dev: &'bound pci::Device<Core<'_>>, card: Pin<&Card<'bound>>) {
//!         (&card.regs).write32(0, 0x64);
//!     }
//! }
//! ```

use crate::{
    container_of,
    device::{self, pm},
    device_id::{RawDeviceId, RawDeviceIdIndex},
    dma, driver,
    error::to_result,
    prelude::*,
    sysfs::Groups,
    types::Opaque,
};
use core::{
    marker::PhantomData,
    mem::offset_of,
    num::NonZero,
    ptr::{addr_of_mut, NonNull},
};

mod id;
mod io;
mod irq;
mod recovery;

pub use self::id::{Class, ClassMask, Vendor};
pub use self::io::{Bar, ConfigSpace, ConfigSpaceSize, DevresBar, Extended, Normal};
pub use self::irq::{IrqAffinity, IrqType, IrqTypes, IrqVector, IrqVectorRegistration};
pub use self::recovery::{ChannelState, ErrorHandler, ErrorHandlers, ErsResult};

/// Makes a [`Driver`] something that [`driver::Registration`] can register.
pub struct Adapter<T: Driver>(T);

// SAFETY: A `struct pci_driver` has its `struct device_driver` in the field `driver`, and `probe_callback` keeps
// `T::Data`.
unsafe impl<T: Driver> driver::DriverLayout for Adapter<T> {
    type DriverType = bindings::pci_driver;
    type DriverData<'bound> = T::Data<'bound>;
    const DEVICE_DRIVER_OFFSET: usize = offset_of!(Self::DriverType, driver);
}

// SAFETY: `pci_unregister_driver` returns when the driver is used no more.
unsafe impl<T: Driver> driver::RegistrationOps for Adapter<T> {
    unsafe fn register(pdrv: &Opaque<Self::DriverType>, name: &'static CStr, module: &'static ThisModule) -> Result {
        let pdrv = pdrv.get();

        // SAFETY: By the requirements of this function, nobody else uses `pdrv` yet.
        unsafe {
            (*pdrv).name = name.as_char_ptr();
            (*pdrv).probe = Some(Self::probe_callback);
            (*pdrv).remove = Some(Self::remove_callback);
            (*pdrv).id_table = T::ID_TABLE.as_ptr();
            (*pdrv).driver.pm = T::PM_OPS.as_ptr();
            (*pdrv).err_handler = T::ERROR_HANDLERS.as_ptr();
            // Since v5.11 the bus has a field for it, and copies that.
            #[cfg(kmod_has = "field:pci_driver.dev_groups")]
            {
                (*pdrv).dev_groups = T::DEV_GROUPS.as_ptr();
            }
            #[cfg(not(kmod_has = "field:pci_driver.dev_groups"))]
            {
                (*pdrv).driver.dev_groups = T::DEV_GROUPS.as_ptr();
            }
        }

        // SAFETY: `pdrv` is filled in, and stays in place until it is unregistered.
        to_result(unsafe { bindings::__pci_register_driver(pdrv, module.as_ptr(), name.as_char_ptr()) })
    }

    unsafe fn unregister(pdrv: &Opaque<Self::DriverType>) {
        // SAFETY: By the requirements of this function, it is registered.
        unsafe { bindings::pci_unregister_driver(pdrv.get()) };
    }
}

impl<T: Driver> Adapter<T> {
    extern "C" fn probe_callback(pdev: *mut bindings::pci_dev, id: *const bindings::pci_device_id) -> c_int {
        // SAFETY: The bus calls this with a valid device, whose lock it holds, in the course of binding it.
        let pdev = unsafe { &*pdev.cast::<Device<device::CoreInternal<'_>>>() };
        // SAFETY: The bus gives the entry that matched; `DeviceId` is a transparent wrapper.
        let id = unsafe { &*id.cast::<DeviceId>() };

        driver::probe_result(|| {
            let dev: &device::Device<device::CoreInternal<'_>> = pdev.as_ref();
            irq::free_vectors_at_unbind(dev)?;
            dev.reserve_drvdata()?;
            if let Some(mask) = T::DMA_MASK {
                // SAFETY: Nobody has allocated or mapped DMA memory for the device: it is about to be bound.
                unsafe { dma::set_mask_and_coherent(dev, mask)? };
            }

            // SAFETY: The entry is one of `T::ID_TABLE`; or the bus made it up for a `driver_override`, with zero for
            // data; or it was added through sysfs, for which the bus accepts only data that an entry of the table has.
            let info = unsafe { id.info_unchecked_opt::<T::IdInfo>() };
            dev.set_drvdata(T::probe(pdev, info))?;
            if T::PM_OPS.has_runtime() {
                // SAFETY: The bus holds a count over probe, and a driver gives it up that lets its device sleep.
                unsafe { bindings::pm_runtime_put_noidle(dev.as_raw()) };
            }
            Ok(0)
        })
    }

    extern "C" fn remove_callback(pdev: *mut bindings::pci_dev) {
        // SAFETY: The bus calls this with a valid device, whose lock it holds, that was bound by `probe_callback`.
        let pdev = unsafe { &*pdev.cast::<Device<device::CoreInternal<'_>>>() };
        let dev: &device::Device<device::CoreInternal<'_>> = pdev.as_ref();

        if T::PM_OPS.has_runtime() {
            // SAFETY: The device is valid; this takes back what `probe_callback` gave up. The bus has woken it.
            unsafe { bindings::pm_runtime_get_noresume(dev.as_raw()) };
        }
        // SAFETY: `probe_callback` has succeeded, hence set the data.
        let data = unsafe { dev.drvdata_borrow::<T::Data<'_>>() };
        T::unbind(pdev, data);
    }
}

/// Declares a module that is one PCI driver.
///
/// # Examples
///
/// ```ignore
/// kernel::module_pci_driver! {
///     type: CardDriver,
///     name: "my_card",
///     authors: ["Me"],
///     description: "A driver for my card",
///     license: "GPL",
/// }
/// ```
#[macro_export]
macro_rules! module_pci_driver {
    ($($f:tt)*) => {
        $crate::module_driver!(<T>, $crate::pci::Adapter<T>, { $($f)* });
    };
}

/// Which devices an entry of a driver's table is for.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct DeviceId(bindings::pci_device_id);

impl DeviceId {
    const PCI_ANY_ID: u32 = bindings::PCI_ANY_ID as u32;

    const fn new(vendor: u32, device: u32, class: u32, class_mask: u32) -> Self {
        Self(bindings::pci_device_id {
            vendor,
            device,
            subvendor: Self::PCI_ANY_ID,
            subdevice: Self::PCI_ANY_ID,
            class,
            class_mask,
            ..pin_init::zeroed()
        })
    }

    /// One device of a vendor.
    pub const fn from_id(vendor: Vendor, device: u32) -> Self {
        Self::new(vendor.as_raw() as u32, device, 0, 0)
    }

    /// All devices of a class, whoever made them.
    pub const fn from_class(class: u32, class_mask: u32) -> Self {
        Self::new(Self::PCI_ANY_ID, Self::PCI_ANY_ID, class, class_mask)
    }

    /// All devices of a class by one vendor.
    pub const fn from_class_and_vendor(class: Class, class_mask: ClassMask, vendor: Vendor) -> Self {
        Self::new(vendor.as_raw() as u32, Self::PCI_ANY_ID, class.as_raw(), class_mask.as_raw())
    }
}

// SAFETY: `DeviceId` is a transparent wrapper around `struct pci_device_id`, a table of which ends with zeros.
unsafe impl RawDeviceId for DeviceId {
    type RawType = bindings::pci_device_id;
}

// SAFETY: `driver_data` is a `kernel_ulong_t`, for the driver.
unsafe impl RawDeviceIdIndex for DeviceId {
    const DRIVER_DATA_OFFSET: usize = offset_of!(bindings::pci_device_id, driver_data);
}

/// A driver's table of PCI ids.
pub type IdTable<T> = &'static dyn crate::device_id::IdTable<DeviceId, T>;

/// Defines a driver's table of PCI ids: its name, the type of the data, and pairs of id and data.
#[macro_export]
macro_rules! pci_device_table {
    ($table_name:ident, $id_info_type:ty, $table_data:tt $(,)?) => {
        $crate::module_device_table!("pci", $table_name, $crate::pci::DeviceId, $id_info_type, $table_data);
    };
}

/// A PCI driver. See the [module](self)'s example.
pub trait Driver: Sized {
    /// What the driver knows of each id of its table.
    type IdInfo: 'static;

    /// What the driver keeps with a device while it is bound.
    type Data<'bound>: Send + 'bound;

    /// The devices that the driver is for.
    const ID_TABLE: IdTable<Self::IdInfo>;

    /// The addresses that the device can use for DMA, if it does any: set before [`Self::probe`] is called.
    ///
    /// Beyond mainline, where `probe` calls the unsafe methods of [`dma::Device`].
    const DMA_MASK: Option<dma::DmaMask> = None;

    /// The files that a device has in sysfs while it is bound, made by [`attribute_groups!`](crate::attribute_groups).
    ///
    /// Beyond mainline.
    const DEV_GROUPS: Groups<Adapter<Self>> = Groups::NONE;

    /// What is done when the device, or the system, is put to sleep.
    ///
    /// Beyond mainline.
    const PM_OPS: pm::Ops<Adapter<Self>> = pm::Ops::NONE;

    /// What is done about errors of the bus, and around a reset.
    ///
    /// Beyond mainline.
    const ERROR_HANDLERS: ErrorHandlers<Self> = ErrorHandlers::NONE;

    /// Binds a device: called when one of [`Self::ID_TABLE`] turns up, and fails if the driver cannot handle it after
    /// all.
    ///
    /// `id_info` is `None` when the user insisted on this driver for a device that is not in the table.
    fn probe<'bound>(
        dev: &'bound Device<device::Core<'_>>,
        id_info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound;

    /// Called before the device's resources and the driver's data are dropped, for what needs the device to be operated
    /// once more.
    fn unbind<'bound>(dev: &'bound Device<device::Core<'_>>, this: Pin<&Self::Data<'bound>>) {
        let _ = (dev, this);
    }
}

/// A PCI device.
///
/// # Invariants
///
/// The C device is valid, and what `Ctx` promises holds.
#[repr(transparent)]
pub struct Device<Ctx: device::DeviceContext = device::Normal>(Opaque<bindings::pci_dev>, PhantomData<Ctx>);

impl<Ctx: device::DeviceContext> Device<Ctx> {
    #[inline]
    fn as_raw(&self) -> *mut bindings::pci_dev {
        self.0.get()
    }
}

impl Device {
    /// Who made the device.
    #[inline]
    pub fn vendor_id(&self) -> Vendor {
        // SAFETY: The device is valid; this does not change.
        Vendor::from_raw(unsafe { (*self.as_raw()).vendor })
    }

    /// Which of the vendor's devices it is.
    #[inline]
    pub fn device_id(&self) -> u16 {
        // SAFETY: The device is valid; this does not change.
        unsafe { (*self.as_raw()).device }
    }

    /// The device's revision.
    #[inline]
    pub fn revision_id(&self) -> u8 {
        // SAFETY: The device is valid; this does not change.
        unsafe { (*self.as_raw()).revision }
    }

    /// Where the device is: bus number, device and function.
    #[inline]
    pub fn dev_id(&self) -> u16 {
        // SAFETY: The device is valid.
        unsafe { bindings::pci_dev_id(self.as_raw()) }
    }

    /// Who made the board that the device is on.
    #[inline]
    pub fn subsystem_vendor_id(&self) -> u16 {
        // SAFETY: The device is valid; this does not change.
        unsafe { (*self.as_raw()).subsystem_vendor }
    }

    /// Which of its vendor's boards it is.
    #[inline]
    pub fn subsystem_device_id(&self) -> u16 {
        // SAFETY: The device is valid; this does not change.
        unsafe { (*self.as_raw()).subsystem_device }
    }

    /// Where a BAR is in the physical address space. Fails if there can be no such BAR.
    pub fn resource_start(&self, bar: u32) -> Result<bindings::resource_size_t> {
        let bar = io::resource_index(bar)?;
        // SAFETY: The device is valid, and so is the index.
        Ok(unsafe { bindings::pci_resource_start(self.as_raw(), bar) })
    }

    /// How large a BAR is: 0 if the device does not have it. Fails if there can be no such BAR.
    pub fn resource_len(&self, bar: u32) -> Result<bindings::resource_size_t> {
        let bar = io::resource_index(bar)?;
        // SAFETY: The device is valid, and so is the index.
        Ok(unsafe { bindings::pci_resource_len(self.as_raw(), bar) })
    }

    /// What kind of device it is.
    #[inline]
    pub fn pci_class(&self) -> Class {
        // SAFETY: The device is valid; this does not change.
        Class::from_raw(unsafe { (*self.as_raw()).class })
    }
}

impl<'a> Device<device::Core<'a>> {
    /// How many virtual functions the device can have, if any.
    pub fn sriov_get_totalvfs(&self) -> Option<NonZero<u16>> {
        // SAFETY: The device is valid.
        let num = unsafe { bindings::pci_sriov_get_totalvfs(self.as_raw()) };
        NonZero::new(u16::try_from(num).ok()?)
    }

    /// Lets the device answer to its memory BARs.
    pub fn enable_device_mem(&self) -> Result {
        // SAFETY: The device is valid, and the device lock held.
        to_result(unsafe { bindings::pci_enable_device_mem(self.as_raw()) })
    }

    /// Lets the device do DMA.
    #[inline]
    pub fn set_master(&self) {
        // SAFETY: The device is valid, and the device lock held.
        unsafe { bindings::pci_set_master(self.as_raw()) };
    }
}

// SAFETY: A `struct pci_dev` has its `struct device` in the field `dev`, which `as_ref` gives.
unsafe impl<Ctx: device::DeviceContext> device::AsBusDevice<Ctx> for Device<Ctx> {
    const OFFSET: usize = offset_of!(bindings::pci_dev, dev);
}

// The context is a `PhantomData`: it has no part in the layout.
crate::impl_device_context_deref!(unsafe { Device });
crate::impl_device_context_into_aref!(Device);

impl<'a> crate::dma::Device<'a> for Device<device::Core<'a>> {}

// SAFETY: `pci_dev_get` and `pci_dev_put` count references; the device lives while there are any.
unsafe impl crate::sync::aref::AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        // SAFETY: The device is valid.
        unsafe { bindings::pci_dev_get(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller gives up a reference.
        unsafe { bindings::pci_dev_put(obj.cast().as_ptr()) };
    }
}

impl<Ctx: device::DeviceContext> AsRef<device::Device<Ctx>> for Device<Ctx> {
    fn as_ref(&self) -> &device::Device<Ctx> {
        // SAFETY: The device is valid, hence so is this field.
        let dev = unsafe { addr_of_mut!((*self.as_raw()).dev) };
        // SAFETY: It lives as long as `self`, and what is known of `self` holds for it.
        unsafe { device::Device::from_raw(dev) }
    }
}

impl<Ctx: device::DeviceContext> TryFrom<&device::Device<Ctx>> for &Device<Ctx> {
    type Error = crate::error::Error;

    fn try_from(dev: &device::Device<Ctx>) -> Result<Self, Self::Error> {
        // SAFETY: The device is valid.
        if !unsafe { bindings::dev_is_pci(dev.as_raw()) } {
            return Err(EINVAL);
        }

        // SAFETY: As it is on the PCI bus, it is part of a `struct pci_dev`.
        let pdev = unsafe { container_of!(dev.as_raw(), bindings::pci_dev, dev) };
        // SAFETY: `pdev` lives as long as `dev`, and what is known of `dev` holds for it.
        Ok(unsafe { &*pdev.cast() })
    }
}

// SAFETY: The reference to a device may be dropped in any thread.
unsafe impl Send for Device {}

// SAFETY: What `&Device` allows is synchronised by C or constant.
unsafe impl Sync for Device {}

// SAFETY: As above; being bound is nothing that belongs to a thread.
unsafe impl Sync for Device<device::Bound> {}
