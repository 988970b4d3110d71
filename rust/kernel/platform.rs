// SPDX-License-Identifier: GPL-2.0

//! Platform drivers: for devices that no bus can enumerate, but firmware describes.
//!
//! C header: [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h)
//!
//! All kernels have the C side.
//!
//! # Examples
//!
//! ```
//! use kernel::{acpi, device::Core, io::mem::IoMem, of, platform, prelude::*};
//!
//! struct Uart<'bound> {
//!     regs: IoMem<'bound, 0x20>,
//! }
//!
//! struct UartDriver;
//!
//! kernel::acpi_device_table!(ACPI_IDS, u32, [(acpi::DeviceId::new(c"VNDR0001"), 16)]);
//! kernel::of_device_table!(OF_IDS, u32, [(of::DeviceId::new(c"vendor,uart"), 64)]);
//!
//! impl platform::Driver for UartDriver {
//!     type IdInfo = u32;
//!     type Data<'bound> = Uart<'bound>;
//!     const ACPI_ID_TABLE: Option<acpi::IdTable<u32>> = Some(&ACPI_IDS);
//!     const OF_ID_TABLE: Option<of::IdTable<u32>> = Some(&OF_IDS);
//!
//!     fn probe<'bound>(
//!         dev: &'bound platform::Device<Core<'_>>,
//!         fifo_size: Option<&'bound u32>,
//!     ) -> impl PinInit<Uart<'bound>, Error> + 'bound {
//!         let regs = dev.io_request_by_index(0).ok_or(ENODEV)?.iomap_sized()?;
//!         dev_info!(dev, "fifo of {} bytes\n", fifo_size.unwrap_or(&1));
//!         Ok(Uart { regs })
//!     }
//! }
//! ```

#[cfg(CONFIG_HAS_IOMEM)]
use crate::io::mem::IoRequest;
use crate::{
    acpi, container_of,
    device::{self, pm, Bound},
    dma, driver,
    error::to_result,
    io::Resource,
    irq::IrqRequest,
    of,
    prelude::*,
    sysfs::Groups,
    types::Opaque,
};
use core::{
    marker::PhantomData,
    mem::offset_of,
    ptr::{addr_of_mut, null, NonNull},
};

/// Makes a [`Driver`] something that [`driver::Registration`] can register.
pub struct Adapter<T: Driver>(T);

// SAFETY: A `struct platform_driver` has its `struct device_driver` in the field `driver`, and `probe_callback` keeps
// `T::Data`.
unsafe impl<T: Driver> driver::DriverLayout for Adapter<T> {
    type DriverType = bindings::platform_driver;
    type DriverData<'bound> = T::Data<'bound>;
    const DEVICE_DRIVER_OFFSET: usize = offset_of!(Self::DriverType, driver);
}

// SAFETY: `platform_driver_unregister` returns when the driver is used no more.
unsafe impl<T: Driver> driver::RegistrationOps for Adapter<T> {
    unsafe fn register(pdrv: &Opaque<Self::DriverType>, name: &'static CStr, module: &'static ThisModule) -> Result {
        let pdrv = pdrv.get();

        // SAFETY: By the requirements of this function, nobody else uses `pdrv` yet.
        unsafe {
            (*pdrv).driver.name = name.as_char_ptr();
            (*pdrv).probe = Some(Self::probe_callback);
            (*pdrv).driver.of_match_table = T::OF_ID_TABLE.map_or(null(), |ids| ids.as_ptr());
            (*pdrv).driver.acpi_match_table = T::ACPI_ID_TABLE.map_or(null(), |ids| ids.as_ptr());
            (*pdrv).driver.pm = T::PM_OPS.as_ptr();
            (*pdrv).driver.dev_groups = T::DEV_GROUPS.as_ptr();
            bindings::platform_driver_set_remove(pdrv, Some(Self::remove_callback));
        }

        // The newest kernels want the module's name too.
        #[cfg(kmod_has = "fn:__platform_driver_register/3")]
        // SAFETY: `pdrv` is filled in, and stays in place until it is unregistered.
        let ret = unsafe { bindings::__platform_driver_register(pdrv, module.as_ptr(), name.as_char_ptr()) };
        #[cfg(not(kmod_has = "fn:__platform_driver_register/3"))]
        // SAFETY: As above.
        let ret = unsafe { bindings::__platform_driver_register(pdrv, module.as_ptr()) };
        to_result(ret)
    }

    unsafe fn unregister(pdrv: &Opaque<Self::DriverType>) {
        // SAFETY: By the requirements of this function, it is registered.
        unsafe { bindings::platform_driver_unregister(pdrv.get()) };
    }
}

impl<T: Driver> Adapter<T> {
    extern "C" fn probe_callback(pdev: *mut bindings::platform_device) -> c_int {
        // SAFETY: The bus calls this with a valid device, whose lock it holds, in the course of binding it.
        let pdev = unsafe { &*pdev.cast::<Device<device::CoreInternal<'_>>>() };

        driver::probe_result(|| {
            let dev: &device::Device<device::CoreInternal<'_>> = pdev.as_ref();
            dev.reserve_drvdata()?;
            if let Some(mask) = T::DMA_MASK {
                // SAFETY: Nobody has allocated or mapped DMA memory for the device: it is about to be bound.
                unsafe { dma::set_mask_and_coherent(dev, mask)? };
            }

            // SAFETY: The device is being bound to a driver with this adapter's tables.
            let info = unsafe { <Self as driver::Adapter>::id_info(dev) };
            dev.set_drvdata(T::probe(pdev, info))?;
            Ok(0)
        })
    }

    fn remove(pdev: *mut bindings::platform_device) {
        // SAFETY: The bus calls this with a valid device, whose lock it holds, that was bound by `probe_callback`.
        let pdev = unsafe { &*pdev.cast::<Device<device::CoreInternal<'_>>>() };
        let dev: &device::Device<device::CoreInternal<'_>> = pdev.as_ref();

        // SAFETY: `probe_callback` has succeeded, hence set the data.
        let data = unsafe { dev.drvdata_borrow::<T::Data<'_>>() };
        T::unbind(pdev, data);
    }

    // Up to v6.10 it returned an error, of which nothing came.
    #[cfg(not(kmod_has = "sig:platform_driver.remove=int (*)(struct platform_device *)"))]
    extern "C" fn remove_callback(pdev: *mut bindings::platform_device) {
        Self::remove(pdev);
    }
    #[cfg(kmod_has = "sig:platform_driver.remove=int (*)(struct platform_device *)")]
    extern "C" fn remove_callback(pdev: *mut bindings::platform_device) -> c_int {
        Self::remove(pdev);
        0
    }
}

impl<T: Driver> driver::Adapter for Adapter<T> {
    type IdInfo = T::IdInfo;

    fn of_id_table() -> Option<of::IdTable<Self::IdInfo>> {
        T::OF_ID_TABLE
    }

    fn acpi_id_table() -> Option<acpi::IdTable<Self::IdInfo>> {
        T::ACPI_ID_TABLE
    }
}

/// Declares a module that is one platform driver.
///
/// # Examples
///
/// ```ignore
/// kernel::module_platform_driver! {
///     type: UartDriver,
///     name: "my_uart",
///     authors: ["Me"],
///     description: "A driver for my UART",
///     license: "GPL",
/// }
/// ```
#[macro_export]
macro_rules! module_platform_driver {
    ($($f:tt)*) => {
        $crate::module_driver!(<T>, $crate::platform::Adapter<T>, { $($f)* });
    };
}

/// A platform driver. See the [module](self)'s example.
pub trait Driver: Sized {
    /// What the driver knows of each id of its tables.
    type IdInfo: 'static;

    /// What the driver keeps with a device while it is bound.
    type Data<'bound>: Send + 'bound;

    /// The devicetree ids that the driver is for.
    const OF_ID_TABLE: Option<of::IdTable<Self::IdInfo>> = None;

    /// The ACPI ids that the driver is for.
    const ACPI_ID_TABLE: Option<acpi::IdTable<Self::IdInfo>> = None;

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

    /// Binds a device: called when there is one that fits a table, or that has the driver's name.
    ///
    /// `id_info` is `None` when it was the name.
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

/// A platform device.
///
/// # Invariants
///
/// The C device is valid, and what `Ctx` promises holds.
#[repr(transparent)]
pub struct Device<Ctx: device::DeviceContext = device::Normal>(Opaque<bindings::platform_device>, PhantomData<Ctx>);

impl<Ctx: device::DeviceContext> Device<Ctx> {
    fn as_raw(&self) -> *mut bindings::platform_device {
        self.0.get()
    }

    /// # Safety
    ///
    /// `resource` is null or one of the device's.
    unsafe fn resource(&self, resource: *mut bindings::resource) -> Option<&Resource> {
        // SAFETY: A device keeps its resources; `Resource` is a transparent wrapper.
        (!resource.is_null()).then(|| unsafe { Resource::from_raw(resource) })
    }

    /// The device's memory resource number `index`.
    pub fn resource_by_index(&self, index: u32) -> Option<&Resource> {
        // SAFETY: The device is valid.
        unsafe {
            self.resource(bindings::platform_get_resource(self.as_raw(), bindings::IORESOURCE_MEM as c_uint, index))
        }
    }

    /// The device's memory resource with that name.
    pub fn resource_by_name(&self, name: &CStr) -> Option<&Resource> {
        // SAFETY: The device is valid, `name` is a string.
        unsafe {
            self.resource(bindings::platform_get_resource_byname(
                self.as_raw(),
                bindings::IORESOURCE_MEM as c_uint,
                name.as_char_ptr(),
            ))
        }
    }
}

#[cfg(CONFIG_HAS_IOMEM)]
impl Device<Bound> {
    /// The right to map the device's memory resource number `index`.
    pub fn io_request_by_index(&self, index: u32) -> Option<IoRequest<'_>> {
        self.resource_by_index(index)
            // SAFETY: It is one of the device's resources, which it keeps.
            .map(|resource| unsafe { IoRequest::new(self.as_ref(), resource) })
    }

    /// The right to map the device's memory resource with that name.
    pub fn io_request_by_name(&self, name: &CStr) -> Option<IoRequest<'_>> {
        self.resource_by_name(name)
            // SAFETY: It is one of the device's resources, which it keeps.
            .map(|resource| unsafe { IoRequest::new(self.as_ref(), resource) })
    }
}

// SAFETY: A `struct platform_device` has its `struct device` in the field `dev`, which `as_ref` gives.
unsafe impl<Ctx: device::DeviceContext> device::AsBusDevice<Ctx> for Device<Ctx> {
    const OFFSET: usize = offset_of!(bindings::platform_device, dev);
}

impl Device<Bound> {
    /// Makes a request of what one of the functions below returned: an interrupt's number or an error.
    fn irq_request(&self, irq: c_int) -> Result<IrqRequest<'_>> {
        to_result(irq)?;
        // SAFETY: C gave the number of one of the device's interrupts, which it keeps.
        Ok(unsafe { IrqRequest::new(self.as_ref(), irq as u32) })
    }

    /// The right to request the device's interrupt number `index`. It is an error, also in the log, if there is none.
    pub fn irq_by_index(&self, index: u32) -> Result<IrqRequest<'_>> {
        // SAFETY: The device is valid.
        self.irq_request(unsafe { bindings::platform_get_irq(self.as_raw(), index) })
    }

    /// As [`Self::irq_by_index`], without a message.
    pub fn optional_irq_by_index(&self, index: u32) -> Result<IrqRequest<'_>> {
        // SAFETY: The device is valid.
        self.irq_request(unsafe { bindings::platform_get_irq_optional(self.as_raw(), index) })
    }

    /// The right to request the device's interrupt with that name. It is an error, also in the log, if there is none.
    pub fn irq_by_name(&self, name: &CStr) -> Result<IrqRequest<'_>> {
        // SAFETY: The device is valid, `name` is a string.
        self.irq_request(unsafe { bindings::platform_get_irq_byname(self.as_raw(), name.as_char_ptr()) })
    }

    /// As [`Self::irq_by_name`], without a message.
    pub fn optional_irq_by_name(&self, name: &CStr) -> Result<IrqRequest<'_>> {
        // SAFETY: The device is valid, `name` is a string.
        self.irq_request(unsafe { bindings::platform_get_irq_byname_optional(self.as_raw(), name.as_char_ptr()) })
    }
}

// The context is a `PhantomData`: it has no part in the layout.
crate::impl_device_context_deref!(unsafe { Device });
crate::impl_device_context_into_aref!(Device);

impl<'a> crate::dma::Device<'a> for Device<device::Core<'a>> {}

// SAFETY: `get_device` and `put_device` count references; the device lives while there are any.
unsafe impl crate::sync::aref::AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        // SAFETY: The device is valid.
        unsafe { bindings::get_device(self.as_ref().as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller gives up a reference.
        unsafe { bindings::platform_device_put(obj.cast().as_ptr()) };
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
        if !unsafe { bindings::dev_is_platform(dev.as_raw()) } {
            return Err(EINVAL);
        }

        // SAFETY: As it is on the platform bus, it is part of a `struct platform_device`.
        let pdev = unsafe { container_of!(dev.as_raw(), bindings::platform_device, dev) };
        // SAFETY: `pdev` lives as long as `dev`, and what is known of `dev` holds for it.
        Ok(unsafe { &*pdev.cast() })
    }
}

// SAFETY: The reference to a device may be dropped in any thread.
unsafe impl Send for Device {}

// SAFETY: What `&Device` allows is synchronised by C or constant.
unsafe impl Sync for Device {}

// SAFETY: As above; being bound is nothing that belongs to a thread.
unsafe impl Sync for Device<Bound> {}
