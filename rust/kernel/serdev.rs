// SPDX-License-Identifier: GPL-2.0

//! Devices behind a serial port.
//!
//! C header: [`include/linux/serdev.h`](srctree/include/linux/serdev.h)
//!
//! The port is open from before [`Driver::probe`] until the driver's data is dropped.
//!
//! # Examples
//!
//! ```
//! # mod serdev_doc {
//! # use kernel::prelude::*;
//! use kernel::{device::{Bound, Core}, of, serdev, sync::atomic::{Atomic, Relaxed}};
//!
//! struct Receiver {
//!     received: Atomic<u64>,
//! }
//!
//! kernel::of_device_table!(
//!     OF_TABLE,
//!     <Receiver as serdev::Driver>::IdInfo,
//!     [(of::DeviceId::new(c"acme,receiver"), ())]
//! );
//!
//! #[vtable]
//! impl serdev::Driver for Receiver {
//!     type IdInfo = ();
//!     type Data<'bound> = Self;
//!     const OF_ID_TABLE: Option<of::IdTable<()>> = Some(&OF_TABLE);
//!
//!     fn probe<'bound>(
//!         sdev: &'bound serdev::Device<Core<'_>>,
//!         _info: Option<&'bound ()>,
//!     ) -> impl PinInit<Self, Error> + 'bound {
//!         sdev.set_baudrate(9600).map_err(|_| EINVAL)?;
//!         sdev.set_parity(serdev::Parity::Even)?;
//!         Ok(Self { received: Atomic::<u64>::new(0) })
//!     }
//!
//!     fn receive<'bound>(_sdev: &'bound serdev::Device<Bound>, this: Pin<&Self>, data: &[u8]) -> usize {
//!         this.received.add(data.len() as u64, Relaxed);
//!         data.len()
//!     }
//! }
//! # }
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel that has `CONFIG_SERIAL_DEV_BUS`.

use crate::{
    acpi, bindings, device, driver,
    error::{to_result, Error, Result, VTABLE_DEFAULT_ERROR},
    new_mutex, of,
    prelude::*,
    sync::{aref::AlwaysRefCounted, Mutex},
    time::Jiffies,
    types::{ForeignOwnable, Opaque},
    ThisModule,
};
use core::{marker::PhantomData, mem::offset_of, ptr::NonNull};

/// Which bit is added to each character for a check.
#[repr(u32)]
pub enum Parity {
    /// None.
    None = bindings::serdev_parity_SERDEV_PARITY_NONE,
    /// One that makes the number of ones even.
    Even = bindings::serdev_parity_SERDEV_PARITY_EVEN,
    /// One that makes the number of ones odd.
    Odd = bindings::serdev_parity_SERDEV_PARITY_ODD,
}

/// The bus's side of a [`Driver`].
pub struct Adapter<T: Driver>(T);

// SAFETY: `struct serdev_device_driver` has a `struct device_driver` at the offset, and the driver data is set in `probe`.
unsafe impl<T: Driver> driver::DriverLayout for Adapter<T> {
    type DriverType = bindings::serdev_device_driver;
    type DriverData<'bound> = PrivateData<'bound, T>;
    const DEVICE_DRIVER_OFFSET: usize = offset_of!(bindings::serdev_device_driver, driver);
}

// SAFETY: the driver is registered by `__serdev_device_driver_register`, and in use until it is unregistered.
unsafe impl<T: Driver> driver::RegistrationOps for Adapter<T> {
    unsafe fn register(sdrv: &Opaque<Self::DriverType>, name: &'static CStr, module: &'static ThisModule) -> Result {
        let sdrv = sdrv.get();

        // SAFETY: nobody else uses the driver yet.
        unsafe {
            (*sdrv).driver.name = name.as_char_ptr();
            (*sdrv).probe = Some(Self::probe_callback);
            (*sdrv).remove = Some(Self::remove_callback);
            if let Some(table) = T::OF_ID_TABLE {
                (*sdrv).driver.of_match_table = table.as_ptr();
            }
            if let Some(table) = T::ACPI_ID_TABLE {
                (*sdrv).driver.acpi_match_table = table.as_ptr();
            }
        }

        // SAFETY: the driver is filled in, and stays in place until it is unregistered.
        to_result(unsafe { bindings::__serdev_device_driver_register(sdrv, module.as_ptr()) })
    }

    unsafe fn unregister(sdrv: &Opaque<Self::DriverType>) {
        // SAFETY: the driver is registered, by this function's requirement.
        unsafe { bindings::serdev_device_driver_unregister(sdrv.get()) };
    }
}

/// An open port, closed when it is dropped.
struct Port<'a>(&'a Device<device::Bound>);

impl Drop for Port<'_> {
    fn drop(&mut self) {
        // SAFETY: the device is open. This waits for `receive_buf`.
        unsafe { bindings::serdev_device_close(self.0.as_raw()) };
    }
}

/// What is kept for a bound device: the driver's data, and the port that it may use as long as it lives.
#[pin_data]
pub struct PrivateData<'bound, T: Driver> {
    // Fields are dropped in this order: the data may use the port, and closing that waits for who uses the lock.
    #[pin]
    data: T::Data<'bound>,
    port: Port<'bound>,
    /// Whether the driver wants what comes in. Held while it gets something.
    #[pin]
    receiving: Mutex<bool>,
}

// The number of characters taken became unsigned in v6.8.
#[cfg(kmod_has = "sig:serdev_device_ops.receive_buf=size_t (*)(struct serdev_device *, const u8 *, size_t)")]
type Count = usize;
#[cfg(not(kmod_has = "sig:serdev_device_ops.receive_buf=size_t (*)(struct serdev_device *, const u8 *, size_t)"))]
type Count = c_int;

impl<T: Driver> Adapter<T> {
    const OPS: bindings::serdev_device_ops = bindings::serdev_device_ops {
        receive_buf: if T::HAS_RECEIVE { Some(Self::receive_buf_callback) } else { None },
        write_wakeup: Some(bindings::serdev_device_write_wakeup),
    };

    extern "C" fn probe_callback(sdev: *mut bindings::serdev_device) -> c_int {
        // SAFETY: the bus passes a valid device, and holds its lock.
        let sdev = unsafe { &*sdev.cast::<Device<device::CoreInternal<'_>>>() };

        driver::probe_result(|| {
            let dev: &device::Device<device::CoreInternal<'_>> = sdev.as_ref();
            dev.reserve_drvdata()?;
            // SAFETY: the tables are those of this adapter.
            let info = unsafe { <Self as driver::Adapter>::id_info(dev) };

            // SAFETY: the operations are static. Until the data is set below, they take nothing.
            unsafe { bindings::serdev_device_set_client_ops(sdev.as_raw(), &Self::OPS) };

            dev.set_drvdata(try_pin_init!(PrivateData::<'_, T> {
                port: {
                    // SAFETY: the device is valid, and not open.
                    to_result(unsafe { bindings::serdev_device_open(sdev.as_raw()) })?;
                    Port(sdev)
                },
                data <- T::probe(sdev, info),
                receiving <- new_mutex!(true),
            }? Error))?;
            Ok(0)
        })
    }

    extern "C" fn remove_callback(sdev: *mut bindings::serdev_device) {
        // SAFETY: the bus passes a valid device, and holds its lock.
        let sdev = unsafe { &*sdev.cast::<Device<device::CoreInternal<'_>>>() };
        let dev: &device::Device<device::CoreInternal<'_>> = sdev.as_ref();
        // SAFETY: `probe_callback` succeeded, and so set the data.
        let private = unsafe { dev.drvdata_borrow::<PrivateData<'_, T>>() };

        // SAFETY: the data is pinned with what it is in.
        T::unbind(sdev, unsafe { private.map_unchecked(|private| &private.data) });

        // From here on the resources of the device go away: the driver must not be called any more.
        *private.receiving.lock() = false;
    }

    /// # Safety
    ///
    /// `sdev` must be a device whose client operations are [`Self::OPS`], and `buf` point to `length` bytes.
    unsafe extern "C" fn receive_buf_callback(
        sdev: *mut bindings::serdev_device,
        buf: *const u8,
        length: usize,
    ) -> Count {
        // SAFETY: the caller passes a valid device.
        let data = unsafe { bindings::dev_get_drvdata(&raw mut (*sdev).dev) };
        if data.is_null() {
            // Still in `probe`, or past `remove`. What is not taken stays in the port's buffer.
            return 0;
        }

        // SAFETY: the data was set by `probe_callback`. It lives until the port is closed, which waits for this function.
        let private = unsafe { Pin::<KBox<PrivateData<'_, T>>>::borrow(data) };
        let receiving = private.receiving.lock();
        if !*receiving {
            return 0;
        }

        // SAFETY: the device is bound, as `remove` waits for the lock.
        let sdev = unsafe { &*sdev.cast::<Device<device::Bound>>() };
        // SAFETY: the caller passes a buffer of this length.
        let buf = unsafe { core::slice::from_raw_parts(buf, length) };
        // SAFETY: the data is pinned with what it is in.
        let data = unsafe { private.map_unchecked(|private| &private.data) };

        // A driver may claim more than there was.
        T::receive(sdev, data, buf).min(length) as Count
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

/// Declares a module that has one driver of serial devices and nothing else.
///
/// The fields are those of [`module!`](crate::prelude::module), with the [`Driver`](crate::serdev::Driver) as `type`.
#[macro_export]
macro_rules! module_serdev_device_driver {
    ($($f:tt)*) => {
        $crate::module_driver!(<T>, $crate::serdev::Adapter<T>, { $($f)* });
    };
}

/// A driver of devices behind a serial port. See the [module's page](self) for an example.
#[vtable]
pub trait Driver {
    /// The information in each entry of the tables.
    type IdInfo: 'static;

    /// The driver's data of one device, dropped after [`unbind`](Self::unbind).
    type Data<'bound>: Send + Sync + 'bound;

    /// The devices by their name in a device tree.
    const OF_ID_TABLE: Option<of::IdTable<Self::IdInfo>> = None;

    /// The devices by their ACPI identifier.
    const ACPI_ID_TABLE: Option<acpi::IdTable<Self::IdInfo>> = None;

    /// A device turned up: makes the data for it. The port is open.
    fn probe<'bound>(
        sdev: &'bound Device<device::Core<'_>>,
        id_info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound;

    /// The device or the driver goes away.
    fn unbind<'bound>(sdev: &'bound Device<device::Core<'_>>, this: Pin<&Self::Data<'bound>>) {
        let _ = (sdev, this);
    }

    /// Characters came in. Tells how many of them are taken; the others come again.
    ///
    /// Without this, everything that comes in stays with the port.
    fn receive<'bound>(sdev: &'bound Device<device::Bound>, this: Pin<&Self::Data<'bound>>, data: &[u8]) -> usize {
        let _ = (sdev, this, data);
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// A device behind a serial port; C's `struct serdev_device`.
///
/// # Invariants
///
/// The C object is valid, and in a state that fits `Ctx`.
#[repr(transparent)]
pub struct Device<Ctx: device::DeviceContext = device::Normal>(Opaque<bindings::serdev_device>, PhantomData<Ctx>);

impl<Ctx: device::DeviceContext> Device<Ctx> {
    fn as_raw(&self) -> *mut bindings::serdev_device {
        self.0.get()
    }
}

// While a device is bound, its port is open: from before `probe` until the driver's data is gone.
impl Device<device::Bound> {
    /// Sets the speed in bits a second; gives the speed that was set instead, if it is another.
    pub fn set_baudrate(&self, speed: u32) -> Result<(), u32> {
        // SAFETY: the port is open.
        let set = unsafe { bindings::serdev_device_set_baudrate(self.as_raw(), speed) };
        if set == speed {
            Ok(())
        } else {
            Err(set)
        }
    }

    /// Lets the wires RTS and CTS say who is ready, or not.
    pub fn set_flow_control(&self, enable: bool) {
        // SAFETY: the port is open.
        unsafe { bindings::serdev_device_set_flow_control(self.as_raw(), enable) };
    }

    /// Sets the parity bit.
    pub fn set_parity(&self, parity: Parity) -> Result {
        // SAFETY: the port is open.
        to_result(unsafe { bindings::serdev_device_set_parity(self.as_raw(), parity as u32) })
    }

    /// Writes all of `data`, waiting at most `timeout` for room, or without a limit if that is 0.
    ///
    /// Tells how many characters were written: fewer if the time was up. They may still be on their way:
    /// see [`wait_until_sent`](Self::wait_until_sent).
    pub fn write_all(&self, data: &[u8], timeout: Jiffies) -> Result<usize> {
        // drift: serdev_device_write: an `int` or a `ssize_t`, read as what it is.
        // SAFETY: the port is open, and `data` is valid for its length.
        let ret = unsafe {
            bindings::serdev_device_write(
                self.as_raw(),
                data.as_ptr(),
                data.len(),
                isize::try_from(timeout).unwrap_or_default(),
            )
        };
        usize::try_from(ret).map_err(|_| Error::from_errno(ret as c_int))
    }

    /// Writes as much of `data` as there is room for; tells how many characters that were.
    pub fn write(&self, data: &[u8]) -> Result<u32> {
        // SAFETY: the port is open, and `data` is valid for its length.
        let ret = unsafe { bindings::serdev_device_write_buf(self.as_raw(), data.as_ptr(), data.len()) };
        u32::try_from(ret).map_err(|_| Error::from_errno(ret))
    }

    /// Throws away what was written and has not been sent.
    pub fn write_flush(&self) {
        // SAFETY: the port is open.
        unsafe { bindings::serdev_device_write_flush(self.as_raw()) };
    }

    /// Waits at most `timeout` for everything to be sent, or without a limit if that is 0.
    pub fn wait_until_sent(&self, timeout: Jiffies) {
        // SAFETY: the port is open.
        unsafe { bindings::serdev_device_wait_until_sent(self.as_raw(), isize::try_from(timeout).unwrap_or_default()) };
    }
}

// SAFETY: the type is transparent over `serdev_device`, whose device is at this offset.
unsafe impl<Ctx: device::DeviceContext> device::AsBusDevice<Ctx> for Device<Ctx> {
    const OFFSET: usize = offset_of!(bindings::serdev_device, dev);
}

// SAFETY: the context is a marker only.
kernel::impl_device_context_deref!(unsafe { Device });
kernel::impl_device_context_into_aref!(Device);

// SAFETY: the device is counted by its `struct device`.
unsafe impl AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        // SAFETY: a reference means that the count is not zero.
        unsafe { bindings::get_device(self.as_ref().as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller gives up one count.
        unsafe { bindings::put_device(&raw mut (*obj.as_ref().as_raw()).dev) }
    }
}

impl<Ctx: device::DeviceContext> AsRef<device::Device<Ctx>> for Device<Ctx> {
    fn as_ref(&self) -> &device::Device<Ctx> {
        // SAFETY: the serial device is valid, and its device is in the same state.
        unsafe { device::Device::from_raw(&raw mut (*self.as_raw()).dev) }
    }
}

// SAFETY: a device may be released on any thread.
unsafe impl Send for Device {}

// SAFETY: what a shared device offers is safe on several threads at once.
unsafe impl Sync for Device {}

// SAFETY: as for the other states; the port does its own locking.
unsafe impl Sync for Device<device::Bound> {}
