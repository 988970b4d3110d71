// SPDX-License-Identifier: GPL-2.0

//! The Universal Serial Bus.
//!
//! C header: [`include/linux/usb.h`](srctree/include/linux/usb.h)
//!
//! A [`Driver`] is bound to an [`Interface`], one function of a device.
//!
//! # Examples
//!
//! ```
//! # mod usb_doc {
//! # use kernel::prelude::*;
//! use kernel::{device::{Core, Device}, sync::aref::ARef, usb};
//!
//! struct Scanner {
//!     intf: ARef<usb::Interface>,
//! }
//!
//! kernel::usb_device_table!(
//!     USB_TABLE,
//!     <Scanner as usb::Driver>::IdInfo,
//!     [(usb::DeviceId::from_id(0x04b8, 0x0110), 600), (usb::DeviceId::from_id(0x04b8, 0x0131), 1600)]
//! );
//!
//! impl usb::Driver for Scanner {
//!     /// Dots per inch.
//!     type IdInfo = u32;
//!     type Data<'bound> = Self;
//!     const ID_TABLE: usb::IdTable<u32> = &USB_TABLE;
//!
//!     fn probe<'bound>(
//!         intf: &'bound usb::Interface<Core<'_>>,
//!         _id: &usb::DeviceId,
//!         dpi: Option<&'bound u32>,
//!     ) -> impl PinInit<Self, Error> + 'bound {
//!         let dev: &Device<Core<'_>> = intf.as_ref();
//!         dev_info!(dev, "{} dpi\n", dpi.copied().unwrap_or(300));
//!         Ok(Self { intf: intf.into() })
//!     }
//!
//!     fn disconnect<'bound>(intf: &'bound usb::Interface<Core<'_>>, _data: Pin<&Self>) {
//!         let dev: &Device<Core<'_>> = intf.as_ref();
//!         dev_info!(dev, "gone\n");
//!     }
//! }
//! # }
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel that has USB, as a module or built in. (Debian's cloud kernels have none.)

use crate::{
    bindings, device,
    device_id::{RawDeviceId, RawDeviceIdIndex},
    driver,
    error::{to_result, Error, Result},
    prelude::*,
    sync::aref::AlwaysRefCounted,
    types::Opaque,
    ThisModule,
};
use core::{marker::PhantomData, mem::offset_of, ptr::NonNull};

/// The bus's side of a [`Driver`].
pub struct Adapter<T: Driver>(T);

// SAFETY: `struct usb_driver` has a `struct device_driver` at the offset, and the driver data is set in `probe_callback`.
unsafe impl<T: Driver> driver::DriverLayout for Adapter<T> {
    type DriverType = bindings::usb_driver;
    type DriverData<'bound> = T::Data<'bound>;

    #[cfg(kmod_has = "field:usb_driver.driver")]
    const DEVICE_DRIVER_OFFSET: usize = offset_of!(bindings::usb_driver, driver);
    // Up to v6.7 (some stable kernels have the change), inside a wrapper that told drivers of devices from those of
    // interfaces.
    #[cfg(not(kmod_has = "field:usb_driver.driver"))]
    const DEVICE_DRIVER_OFFSET: usize = offset_of!(bindings::usb_driver, drvwrap.driver);
}

// SAFETY: the driver is registered by `usb_register_driver` and in use until `usb_deregister`.
unsafe impl<T: Driver> driver::RegistrationOps for Adapter<T> {
    unsafe fn register(udrv: &Opaque<Self::DriverType>, name: &'static CStr, module: &'static ThisModule) -> Result {
        let udrv = udrv.get();

        // SAFETY: nobody else uses the driver yet.
        unsafe {
            (*udrv).name = name.as_char_ptr();
            (*udrv).probe = Some(Self::probe_callback);
            (*udrv).disconnect = Some(Self::disconnect_callback);
            (*udrv).id_table = T::ID_TABLE.as_ptr();
        }

        // SAFETY: the driver is filled in, and stays in place until it is unregistered.
        to_result(unsafe { bindings::usb_register_driver(udrv, module.as_ptr(), name.as_char_ptr()) })
    }

    unsafe fn unregister(udrv: &Opaque<Self::DriverType>) {
        // SAFETY: the driver is registered, by this function's requirement.
        unsafe { bindings::usb_deregister(udrv.get()) };
    }
}

impl<T: Driver> Adapter<T> {
    extern "C" fn probe_callback(intf: *mut bindings::usb_interface, id: *const bindings::usb_device_id) -> c_int {
        // SAFETY: the bus passes a valid interface, and holds its lock.
        let intf = unsafe { &*intf.cast::<Interface<device::CoreInternal<'_>>>() };
        // SAFETY: the type is transparent over `usb_device_id`, and the pointer valid during `probe`.
        let id = unsafe { &*id.cast::<DeviceId>() };

        driver::probe_result(|| {
            let dev: &device::Device<device::CoreInternal<'_>> = intf.as_ref();
            dev.reserve_drvdata()?;
            // SAFETY: the id is from `T::ID_TABLE`, or one that user space added, which has the information of one that is
            // there, or none.
            let info = unsafe { id.info_unchecked_opt::<T::IdInfo>() };
            dev.set_drvdata(T::probe(intf, id, info))?;
            Ok(0)
        })
    }

    extern "C" fn disconnect_callback(intf: *mut bindings::usb_interface) {
        // SAFETY: the bus passes a valid interface, and holds its lock.
        let intf = unsafe { &*intf.cast::<Interface<device::CoreInternal<'_>>>() };
        let dev: &device::Device<device::CoreInternal<'_>> = intf.as_ref();
        // SAFETY: `probe_callback` succeeded, and so set the data.
        let data = unsafe { dev.drvdata_borrow::<T::Data<'_>>() };

        T::disconnect(intf, data);
    }
}

/// An entry of a driver's table: which devices or interfaces it is for.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct DeviceId(bindings::usb_device_id);

impl DeviceId {
    /// One product of a vendor; C's `USB_DEVICE`.
    pub const fn from_id(vendor: u16, product: u16) -> Self {
        Self(bindings::usb_device_id {
            match_flags: bindings::USB_DEVICE_ID_MATCH_DEVICE as u16,
            idVendor: vendor,
            idProduct: product,
            ..pin_init::zeroed()
        })
    }

    /// Some versions of a product; C's `USB_DEVICE_VER`.
    pub const fn from_device_ver(vendor: u16, product: u16, bcd_lo: u16, bcd_hi: u16) -> Self {
        Self(bindings::usb_device_id {
            match_flags: bindings::USB_DEVICE_ID_MATCH_DEVICE_AND_VERSION as u16,
            idVendor: vendor,
            idProduct: product,
            bcdDevice_lo: bcd_lo,
            bcdDevice_hi: bcd_hi,
            ..pin_init::zeroed()
        })
    }

    /// A class of devices; C's `USB_DEVICE_INFO`.
    pub const fn from_device_info(class: u8, subclass: u8, protocol: u8) -> Self {
        Self(bindings::usb_device_id {
            match_flags: bindings::USB_DEVICE_ID_MATCH_DEV_INFO as u16,
            bDeviceClass: class,
            bDeviceSubClass: subclass,
            bDeviceProtocol: protocol,
            ..pin_init::zeroed()
        })
    }

    /// A class of interfaces; C's `USB_INTERFACE_INFO`.
    pub const fn from_interface_info(class: u8, subclass: u8, protocol: u8) -> Self {
        Self(bindings::usb_device_id {
            match_flags: bindings::USB_DEVICE_ID_MATCH_INT_INFO as u16,
            bInterfaceClass: class,
            bInterfaceSubClass: subclass,
            bInterfaceProtocol: protocol,
            ..pin_init::zeroed()
        })
    }

    /// The interfaces of a product with some class; C's `USB_DEVICE_INTERFACE_CLASS`.
    pub const fn from_device_interface_class(vendor: u16, product: u16, class: u8) -> Self {
        Self(bindings::usb_device_id {
            match_flags: bindings::USB_DEVICE_ID_MATCH_DEVICE as u16 | bindings::USB_DEVICE_ID_MATCH_INT_CLASS as u16,
            idVendor: vendor,
            idProduct: product,
            bInterfaceClass: class,
            ..pin_init::zeroed()
        })
    }

    /// The interfaces of a product with some protocol; C's `USB_DEVICE_INTERFACE_PROTOCOL`.
    pub const fn from_device_interface_protocol(vendor: u16, product: u16, protocol: u8) -> Self {
        Self(bindings::usb_device_id {
            match_flags: bindings::USB_DEVICE_ID_MATCH_DEVICE as u16
                | bindings::USB_DEVICE_ID_MATCH_INT_PROTOCOL as u16,
            idVendor: vendor,
            idProduct: product,
            bInterfaceProtocol: protocol,
            ..pin_init::zeroed()
        })
    }

    /// One interface of a product, by its number; C's `USB_DEVICE_INTERFACE_NUMBER`.
    pub const fn from_device_interface_number(vendor: u16, product: u16, number: u8) -> Self {
        Self(bindings::usb_device_id {
            match_flags: bindings::USB_DEVICE_ID_MATCH_DEVICE as u16 | bindings::USB_DEVICE_ID_MATCH_INT_NUMBER as u16,
            idVendor: vendor,
            idProduct: product,
            bInterfaceNumber: number,
            ..pin_init::zeroed()
        })
    }

    /// The interfaces of a product with some class, subclass and protocol; C's `USB_DEVICE_AND_INTERFACE_INFO`.
    pub const fn from_device_and_interface_info(
        vendor: u16,
        product: u16,
        class: u8,
        subclass: u8,
        protocol: u8,
    ) -> Self {
        Self(bindings::usb_device_id {
            match_flags: (bindings::USB_DEVICE_ID_MATCH_INT_INFO | bindings::USB_DEVICE_ID_MATCH_DEVICE) as u16,
            idVendor: vendor,
            idProduct: product,
            bInterfaceClass: class,
            bInterfaceSubClass: subclass,
            bInterfaceProtocol: protocol,
            ..pin_init::zeroed()
        })
    }
}

// SAFETY: the type is transparent over `usb_device_id`, a table of which ends with one that is all zeroes.
unsafe impl RawDeviceId for DeviceId {
    type RawType = bindings::usb_device_id;
}

// SAFETY: `driver_info` is as large as a pointer, and the driver's.
unsafe impl RawDeviceIdIndex for DeviceId {
    const DRIVER_DATA_OFFSET: usize = offset_of!(bindings::usb_device_id, driver_info);
}

/// A driver's table, made by [`usb_device_table!`](crate::usb_device_table), with information of type `T` in each entry.
pub type IdTable<T> = &'static dyn kernel::device_id::IdTable<DeviceId, T>;

/// Makes a table of [`DeviceId`]s, each with information for the driver, that module loading tools see too.
#[macro_export]
macro_rules! usb_device_table {
    ($table_name:ident, $id_info_type:ty, $table_data:tt $(,)?) => {
        $crate::module_device_table!("usb", $table_name, $crate::usb::DeviceId, $id_info_type, $table_data);
    };
}

/// A driver of USB interfaces. See the [module's page](self) for an example.
pub trait Driver {
    /// The information in each entry of the table.
    type IdInfo: 'static;

    /// The driver's data of one interface, dropped after [`disconnect`](Self::disconnect).
    type Data<'bound>: Send + 'bound;

    /// What the driver is for.
    const ID_TABLE: IdTable<Self::IdInfo>;

    /// An interface turned up that matches `id`: makes the data for it.
    fn probe<'bound>(
        interface: &'bound Interface<device::Core<'_>>,
        id: &DeviceId,
        id_info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound;

    /// The interface goes away, or the driver does.
    fn disconnect<'bound>(interface: &'bound Interface<device::Core<'_>>, data: Pin<&Self::Data<'bound>>);
}

/// An interface: one function of a USB device; C's `struct usb_interface`.
///
/// # Invariants
///
/// The C object is valid, and in a state that fits `Ctx`.
#[repr(transparent)]
pub struct Interface<Ctx: device::DeviceContext = device::Normal>(Opaque<bindings::usb_interface>, PhantomData<Ctx>);

impl<Ctx: device::DeviceContext> Interface<Ctx> {
    fn as_raw(&self) -> *mut bindings::usb_interface {
        self.0.get()
    }
}

// SAFETY: the type is transparent over `usb_interface`, whose device is at this offset.
unsafe impl<Ctx: device::DeviceContext> device::AsBusDevice<Ctx> for Interface<Ctx> {
    const OFFSET: usize = offset_of!(bindings::usb_interface, dev);
}

// SAFETY: the context is a marker only.
kernel::impl_device_context_deref!(unsafe { Interface });
kernel::impl_device_context_into_aref!(Interface);

impl<Ctx: device::DeviceContext> AsRef<device::Device<Ctx>> for Interface<Ctx> {
    fn as_ref(&self) -> &device::Device<Ctx> {
        // SAFETY: the interface is valid, and its device is in the same state.
        unsafe { device::Device::from_raw(&raw mut (*self.as_raw()).dev) }
    }
}

impl<Ctx: device::DeviceContext> AsRef<Device> for Interface<Ctx> {
    fn as_ref(&self) -> &Device {
        // SAFETY: an interface belongs to a device, on which it holds a count.
        unsafe { &*bindings::interface_to_usbdev(self.as_raw()).cast() }
    }
}

// SAFETY: `usb_get_intf` and `usb_put_intf` change the interface's own count.
unsafe impl AlwaysRefCounted for Interface {
    fn inc_ref(&self) {
        // SAFETY: a reference means that the count is not zero.
        unsafe { bindings::usb_get_intf(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller gives up one count.
        unsafe { bindings::usb_put_intf(obj.cast().as_ptr()) }
    }
}

// SAFETY: an interface may be released on any thread.
unsafe impl Send for Interface {}

// SAFETY: what a shared interface offers is safe on several threads at once.
unsafe impl Sync for Interface {}

// SAFETY: as for the other states; what `Bound` adds is too.
unsafe impl Sync for Interface<device::Bound> {}

/// A USB device; C's `struct usb_device`.
///
/// # Invariants
///
/// The C object is valid, and in a state that fits `Ctx`.
#[repr(transparent)]
pub struct Device<Ctx: device::DeviceContext = device::Normal>(Opaque<bindings::usb_device>, PhantomData<Ctx>);

impl<Ctx: device::DeviceContext> Device<Ctx> {
    fn as_raw(&self) -> *mut bindings::usb_device {
        self.0.get()
    }
}

// SAFETY: the context is a marker only.
kernel::impl_device_context_deref!(unsafe { Device });
kernel::impl_device_context_into_aref!(Device);

// SAFETY: `usb_get_dev` and `usb_put_dev` change the device's own count.
unsafe impl AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        // SAFETY: a reference means that the count is not zero.
        unsafe { bindings::usb_get_dev(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller gives up one count.
        unsafe { bindings::usb_put_dev(obj.cast().as_ptr()) }
    }
}

impl<Ctx: device::DeviceContext> AsRef<device::Device<Ctx>> for Device<Ctx> {
    fn as_ref(&self) -> &device::Device<Ctx> {
        // SAFETY: the USB device is valid, and its device is in the same state.
        unsafe { device::Device::from_raw(&raw mut (*self.as_raw()).dev) }
    }
}

// SAFETY: a device may be released on any thread.
unsafe impl Send for Device {}

// SAFETY: what a shared device offers is safe on several threads at once.
unsafe impl Sync for Device {}

// SAFETY: as for the other states; what `Bound` adds is too.
unsafe impl Sync for Device<device::Bound> {}

/// Declares a module that has one USB driver and nothing else.
///
/// The fields are those of [`module!`](crate::prelude::module), with the [`Driver`](crate::usb::Driver) as `type`.
#[macro_export]
macro_rules! module_usb_driver {
    ($($f:tt)*) => {
        $crate::module_driver!(<T>, $crate::usb::Adapter<T>, { $($f)* });
    }
}
