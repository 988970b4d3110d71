// SPDX-License-Identifier: GPL-2.0

//! The Inter-Integrated Circuit bus, I2C.
//!
//! C header: [`include/linux/i2c.h`](srctree/include/linux/i2c.h)
//!
//! A [`Driver`] is bound to an [`I2cClient`], a chip at an address of an [`I2cAdapter`]. A chip that no firmware describes
//! is made known with a [`Registration`].
//!
//! # Examples
//!
//! ```
//! # mod i2c_doc {
//! # use kernel::prelude::*;
//! use kernel::{device::Core, i2c};
//!
//! struct Thermometer {
//!     resolution: u32,
//! }
//!
//! kernel::i2c_device_table!(
//!     I2C_TABLE,
//!     <Thermometer as i2c::Driver>::IdInfo,
//!     [(i2c::DeviceId::new(c"tmp-one"), 8), (i2c::DeviceId::new(c"tmp-two"), 12)]
//! );
//!
//! impl i2c::Driver for Thermometer {
//!     /// Bits.
//!     type IdInfo = u32;
//!     type Data<'bound> = Self;
//!     const I2C_ID_TABLE: Option<i2c::IdTable<u32>> = Some(&I2C_TABLE);
//!
//!     fn probe<'bound>(
//!         _dev: &'bound i2c::I2cClient<Core<'_>>,
//!         id_info: Option<&'bound u32>,
//!     ) -> impl PinInit<Self, Error> + 'bound {
//!         Ok(Self { resolution: *id_info.ok_or(ENODEV)? })
//!     }
//! }
//! # }
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel that has I2C, as a module or built in. (Debian's cloud kernels have none.)

use crate::{
    acpi, bindings, container_of, device,
    device_id::{RawDeviceId, RawDeviceIdIndex},
    devres::Devres,
    driver,
    error::{to_result, Error, Result},
    of,
    prelude::*,
    sync::aref::{ARef, AlwaysRefCounted},
    types::Opaque,
    ThisModule,
};
use core::{marker::PhantomData, mem::offset_of, ptr::NonNull};

/// An entry of a driver's table: the name of a chip.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct DeviceId(bindings::i2c_device_id);

impl DeviceId {
    /// The chip `id`, a name of at most 19 bytes.
    #[inline(always)]
    pub const fn new(id: &'static CStr) -> Self {
        let mut raw: bindings::i2c_device_id = pin_init::zeroed();
        raw.name = name(id);
        Self(raw)
    }
}

/// A name with the NULs that C wants behind it. One that does not fit fails the build.
#[inline(always)]
const fn name<const N: usize>(name: &CStr) -> [c_char; N] {
    let bytes = name.to_bytes_with_nul();
    build_assert!(bytes.len() <= N, "the name is too long");

    let mut raw = [0; N];
    let mut i = 0;
    while i < bytes.len() {
        raw[i] = bytes[i];
        i += 1;
    }
    raw
}

// SAFETY: the type is transparent over `i2c_device_id`, a table of which ends with one that is all zeroes.
unsafe impl RawDeviceId for DeviceId {
    type RawType = bindings::i2c_device_id;
}

// SAFETY: `driver_data` is as large as a pointer, and the driver's.
unsafe impl RawDeviceIdIndex for DeviceId {
    const DRIVER_DATA_OFFSET: usize = offset_of!(bindings::i2c_device_id, driver_data);
}

/// A driver's table, made by [`i2c_device_table!`](crate::i2c_device_table), with information of type `T` in each entry.
pub type IdTable<T> = &'static dyn kernel::device_id::IdTable<DeviceId, T>;

/// Makes a table of [`DeviceId`]s, each with information for the driver, that module loading tools see too.
#[macro_export]
macro_rules! i2c_device_table {
    ($table_name:ident, $id_info_type:ty, $table_data:tt $(,)?) => {
        $crate::module_device_table!("i2c", $table_name, $crate::i2c::DeviceId, $id_info_type, $table_data);
    };
}

/// The bus's side of a [`Driver`].
pub struct Adapter<T: Driver>(T);

// SAFETY: `struct i2c_driver` has a `struct device_driver` at the offset, and the driver data is set in `probe`.
unsafe impl<T: Driver> driver::DriverLayout for Adapter<T> {
    type DriverType = bindings::i2c_driver;
    type DriverData<'bound> = T::Data<'bound>;
    const DEVICE_DRIVER_OFFSET: usize = offset_of!(bindings::i2c_driver, driver);
}

// SAFETY: the driver is registered by `i2c_register_driver` and in use until `i2c_del_driver`.
unsafe impl<T: Driver> driver::RegistrationOps for Adapter<T> {
    unsafe fn register(idrv: &Opaque<Self::DriverType>, name: &'static CStr, module: &'static ThisModule) -> Result {
        const {
            assert!(
                T::ACPI_ID_TABLE.is_some() || T::OF_ID_TABLE.is_some() || T::I2C_ID_TABLE.is_some(),
                "a driver needs at least one table of ids"
            )
        };
        let idrv = idrv.get();

        // SAFETY: nobody else uses the driver yet.
        unsafe {
            (*idrv).driver.name = name.as_char_ptr();
            #[cfg(any(
                kmod_has = "sig:i2c_driver.probe=int (*)(struct i2c_client *)",
                not(kmod_has = "field:i2c_driver.probe_new")
            ))]
            {
                (*idrv).probe = Some(Self::probe_callback);
            }
            // Up to v6.2 `probe` has the matching id as a second argument, and `probe_new` is without.
            #[cfg(all(
                kmod_has = "field:i2c_driver.probe_new",
                not(kmod_has = "sig:i2c_driver.probe=int (*)(struct i2c_client *)")
            ))]
            {
                (*idrv).probe_new = Some(Self::probe_callback);
            }
            (*idrv).remove = Some(Self::remove_callback);
            (*idrv).shutdown = Some(Self::shutdown_callback);
            if let Some(table) = T::I2C_ID_TABLE {
                (*idrv).id_table = table.as_ptr();
            }
            if let Some(table) = T::OF_ID_TABLE {
                (*idrv).driver.of_match_table = table.as_ptr();
            }
            if let Some(table) = T::ACPI_ID_TABLE {
                (*idrv).driver.acpi_match_table = table.as_ptr();
            }
        }

        // SAFETY: the driver is filled in, and stays in place until it is unregistered.
        to_result(unsafe { bindings::i2c_register_driver(module.as_ptr(), idrv) })
    }

    unsafe fn unregister(idrv: &Opaque<Self::DriverType>) {
        // SAFETY: the driver is registered, by this function's requirement.
        unsafe { bindings::i2c_del_driver(idrv.get()) };
    }
}

impl<T: Driver> Adapter<T> {
    extern "C" fn probe_callback(idev: *mut bindings::i2c_client) -> c_int {
        // SAFETY: the bus passes a valid client, and holds its lock.
        let idev = unsafe { &*idev.cast::<I2cClient<device::CoreInternal<'_>>>() };

        driver::probe_result(|| {
            let dev: &device::Device<device::CoreInternal<'_>> = idev.as_ref();
            dev.reserve_drvdata()?;
            let info = Self::i2c_id_info(idev).or_else(|| {
                // SAFETY: the tables are those of this adapter.
                unsafe { <Self as driver::Adapter>::id_info(dev) }
            });
            dev.set_drvdata(T::probe(idev, info))?;
            Ok(0)
        })
    }

    fn remove(idev: *mut bindings::i2c_client) {
        // SAFETY: the bus passes a valid client, and holds its lock.
        let idev = unsafe { &*idev.cast::<I2cClient<device::CoreInternal<'_>>>() };
        let dev: &device::Device<device::CoreInternal<'_>> = idev.as_ref();
        // SAFETY: `probe_callback` succeeded, and so set the data.
        let data = unsafe { dev.drvdata_borrow::<T::Data<'_>>() };

        T::unbind(idev, data);
    }

    #[cfg(kmod_has = "sig:i2c_driver.remove=void (*)(struct i2c_client *)")]
    extern "C" fn remove_callback(idev: *mut bindings::i2c_client) {
        Self::remove(idev);
    }

    // Up to v6.0 `remove` returned a number, which had to be 0.
    #[cfg(not(kmod_has = "sig:i2c_driver.remove=void (*)(struct i2c_client *)"))]
    extern "C" fn remove_callback(idev: *mut bindings::i2c_client) -> c_int {
        Self::remove(idev);
        0
    }

    extern "C" fn shutdown_callback(idev: *mut bindings::i2c_client) {
        // SAFETY: the bus passes a valid client, and holds its lock.
        let idev = unsafe { &*idev.cast::<I2cClient<device::CoreInternal<'_>>>() };
        let dev: &device::Device<device::CoreInternal<'_>> = idev.as_ref();
        // SAFETY: the bus calls this only for clients that are bound: `probe_callback` set the data.
        let data = unsafe { dev.drvdata_borrow::<T::Data<'_>>() };

        T::shutdown(idev, data);
    }

    /// The information in the entry of the driver's I2C table that matches, if any.
    fn i2c_id_info(dev: &I2cClient) -> Option<&'static T::IdInfo> {
        let table = T::I2C_ID_TABLE?;
        // SAFETY: the table ends as C expects, and the client is valid.
        let raw_id = unsafe { bindings::i2c_match_id(table.as_ptr(), dev.as_raw()) };
        // SAFETY: null, or an entry of the table; the type is transparent over it.
        let id = unsafe { raw_id.cast::<DeviceId>().as_ref() }?;
        // SAFETY: the entry is from a table with information of this type.
        Some(unsafe { id.info_unchecked::<T::IdInfo>() })
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

/// Declares a module that has one I2C driver and nothing else.
///
/// The fields are those of [`module!`](crate::prelude::module), with the [`Driver`](crate::i2c::Driver) as `type`.
#[macro_export]
macro_rules! module_i2c_driver {
    ($($f:tt)*) => {
        $crate::module_driver!(<T>, $crate::i2c::Adapter<T>, { $($f)* });
    };
}

/// A driver of I2C chips. It must have at least one of the tables. See the [module's page](self) for an example.
pub trait Driver {
    /// The information in each entry of the tables.
    type IdInfo: 'static;

    /// The driver's data of one chip, dropped after [`unbind`](Self::unbind).
    type Data<'bound>: Send + 'bound;

    /// The chips by name, for those that a [`Registration`] or user space made known.
    const I2C_ID_TABLE: Option<IdTable<Self::IdInfo>> = None;

    /// The chips by their name in a device tree.
    const OF_ID_TABLE: Option<of::IdTable<Self::IdInfo>> = None;

    /// The chips by their ACPI identifier.
    const ACPI_ID_TABLE: Option<acpi::IdTable<Self::IdInfo>> = None;

    /// A chip turned up: makes the data for it.
    fn probe<'bound>(
        dev: &'bound I2cClient<device::Core<'_>>,
        id_info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound;

    /// The machine is switched off or restarted.
    fn shutdown<'bound>(dev: &'bound I2cClient<device::Core<'_>>, this: Pin<&Self::Data<'bound>>) {
        let _ = (dev, this);
    }

    /// The chip or the driver goes away.
    fn unbind<'bound>(dev: &'bound I2cClient<device::Core<'_>>, this: Pin<&Self::Data<'bound>>) {
        let _ = (dev, this);
    }
}

/// A bus, by the chip that drives it; C's `struct i2c_adapter`.
///
/// # Invariants
///
/// The C object is valid, and in a state that fits `Ctx`.
#[repr(transparent)]
pub struct I2cAdapter<Ctx: device::DeviceContext = device::Normal>(Opaque<bindings::i2c_adapter>, PhantomData<Ctx>);

impl<Ctx: device::DeviceContext> I2cAdapter<Ctx> {
    fn as_raw(&self) -> *mut bindings::i2c_adapter {
        self.0.get()
    }
}

impl I2cAdapter {
    /// The number of the bus.
    #[inline]
    pub fn index(&self) -> i32 {
        // SAFETY: the adapter is valid; the number is constant.
        unsafe { (*self.as_raw()).nr }
    }

    /// The bus with a number.
    pub fn get(index: i32) -> Result<ARef<Self>> {
        // SAFETY: `i2c_get_adapter` takes any number.
        let adapter = NonNull::new(unsafe { bindings::i2c_get_adapter(index) }).ok_or(ENODEV)?;
        // SAFETY: the type is transparent over `i2c_adapter`, and the call gave us a count.
        Ok(unsafe { ARef::from_raw(adapter.cast()) })
    }
}

// SAFETY: the context is a marker only.
kernel::impl_device_context_deref!(unsafe { I2cAdapter });
kernel::impl_device_context_into_aref!(I2cAdapter);

// SAFETY: an adapter is counted by its device, and by its module, which must stay too: `i2c_put_adapter` gives up both.
unsafe impl AlwaysRefCounted for I2cAdapter {
    fn inc_ref(&self) {
        // SAFETY: a reference means that neither count is zero.
        unsafe { bindings::i2c_hold_adapter(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller gives up one of each.
        unsafe { bindings::i2c_put_adapter(obj.as_ref().as_raw()) }
    }
}

/// What a [`Registration`] says about a chip.
#[repr(transparent)]
pub struct I2cBoardInfo(bindings::i2c_board_info);

impl I2cBoardInfo {
    /// The chip named `type_`, of at most 19 bytes, at the address `addr`.
    #[inline(always)]
    pub const fn new(type_: &'static CStr, addr: u16) -> Self {
        let mut raw: bindings::i2c_board_info = pin_init::zeroed();
        raw.type_ = name(type_);
        raw.addr = addr;
        Self(raw)
    }

    fn as_raw(&self) -> *const bindings::i2c_board_info {
        &self.0
    }
}

/// A chip on a bus; C's `struct i2c_client`.
///
/// # Invariants
///
/// The C object is valid, and in a state that fits `Ctx`.
#[repr(transparent)]
pub struct I2cClient<Ctx: device::DeviceContext = device::Normal>(Opaque<bindings::i2c_client>, PhantomData<Ctx>);

impl<Ctx: device::DeviceContext> I2cClient<Ctx> {
    fn as_raw(&self) -> *mut bindings::i2c_client {
        self.0.get()
    }
}

// SAFETY: the type is transparent over `i2c_client`, whose device is at this offset.
unsafe impl<Ctx: device::DeviceContext> device::AsBusDevice<Ctx> for I2cClient<Ctx> {
    const OFFSET: usize = offset_of!(bindings::i2c_client, dev);
}

// SAFETY: the context is a marker only.
kernel::impl_device_context_deref!(unsafe { I2cClient });
kernel::impl_device_context_into_aref!(I2cClient);

// SAFETY: a client is counted by its device.
unsafe impl AlwaysRefCounted for I2cClient {
    fn inc_ref(&self) {
        // SAFETY: a reference means that the count is not zero.
        unsafe { bindings::get_device(self.as_ref().as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller gives up one count.
        unsafe { bindings::put_device(&raw mut (*obj.as_ref().as_raw()).dev) }
    }
}

impl<Ctx: device::DeviceContext> AsRef<device::Device<Ctx>> for I2cClient<Ctx> {
    fn as_ref(&self) -> &device::Device<Ctx> {
        // SAFETY: the client is valid, and its device is in the same state.
        unsafe { device::Device::from_raw(&raw mut (*self.as_raw()).dev) }
    }
}

impl<Ctx: device::DeviceContext> TryFrom<&device::Device<Ctx>> for &I2cClient<Ctx> {
    type Error = kernel::error::Error;

    fn try_from(dev: &device::Device<Ctx>) -> Result<Self, Self::Error> {
        // SAFETY: the device is valid.
        if unsafe { bindings::i2c_verify_client(dev.as_raw()) }.is_null() {
            return Err(EINVAL);
        }
        // SAFETY: the device is that of a client, in the same state.
        Ok(unsafe { &*container_of!(dev.as_raw(), bindings::i2c_client, dev).cast() })
    }
}

// SAFETY: a client may be released on any thread.
unsafe impl Send for I2cClient {}

// SAFETY: what a shared client offers is safe on several threads at once.
unsafe impl Sync for I2cClient {}

/// A chip made known to the system. Dropping it takes the chip away.
///
/// # Invariants
///
/// The pointer is to a client that `i2c_new_client_device` made.
#[repr(transparent)]
pub struct Registration(NonNull<bindings::i2c_client>);

impl Registration {
    /// Makes a chip on `i2c_adapter` known, for as long as `parent_dev` is bound to its driver.
    pub fn new<'a>(
        i2c_adapter: &I2cAdapter,
        i2c_board_info: &I2cBoardInfo,
        parent_dev: &'a device::Device<device::Bound>,
    ) -> impl PinInit<Devres<Self>, Error> + 'a {
        let registration = Self::try_new(i2c_adapter, i2c_board_info);
        Devres::new(parent_dev, registration)
    }

    fn try_new(i2c_adapter: &I2cAdapter, i2c_board_info: &I2cBoardInfo) -> Result<Self> {
        // SAFETY: both arguments are valid; the information is copied.
        let client = crate::error::from_err_ptr(unsafe {
            bindings::i2c_new_client_device(i2c_adapter.as_raw(), i2c_board_info.as_raw())
        })?;
        NonNull::new(client).map(Self).ok_or(ENOMEM)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: the client is one that we made, by the type invariant.
        unsafe { bindings::i2c_unregister_device(self.0.as_ptr()) }
    }
}

// SAFETY: a chip may be taken away on any thread.
unsafe impl Send for Registration {}

// SAFETY: `&self` gives no access.
unsafe impl Sync for Registration {}
