// SPDX-License-Identifier: GPL-2.0

//! Devices, whatever their bus.
//!
//! C header: [`include/linux/device.h`](srctree/include/linux/device.h)
//!
//! A reference to a [`Device`] says in its type what is known about the device, the [`DeviceContext`]:
//!
//! | context | who has it | what it allows |
//! | --- | --- | --- |
//! | [`Normal`] | anyone, counted with [`ARef`](crate::sync::aref::ARef) | what needs no driver |
//! | [`Bound`] | whoever knows that the driver stays bound meanwhile | the device's resources |
//! | [`Core`] | the bus' callbacks, such as probe | in addition, what needs the device lock |
//! | [`CoreInternal`], [`BoundInternal`] | bus abstractions only | the driver's data |
//!
//! Each dereferences to the one above it. [`Core`] cannot outlive the callback: its lifetime is invariant and not
//! `'bound`.
//!
//! # Examples
//!
//! ```
//! use kernel::{device::{Bound, Core, Device}, prelude::*, sync::aref::ARef};
//!
//! fn needs_bound(dev: &Device<Bound>) {
//!     dev_info!(dev, "driven\n");
//! }
//!
//! fn in_probe(dev: &Device<Core<'_>>) -> ARef<Device> {
//!     needs_bound(dev);
//!     dev.into()
//! }
//! ```

use crate::{
    devres::Node,
    fmt,
    prelude::*,
    sync::aref::ARef,
    types::{ForeignOwnable, Opaque},
};
use core::{marker::PhantomData, ptr};

pub mod pm;
pub mod property;

/// A `struct device`, in the context `Ctx`.
///
/// # Invariants
///
/// The device was initialised by C and is refcounted; what `Ctx` promises holds for as long as the reference is valid.
///
/// # For bus abstractions
///
/// A bus' device is a `#[repr(transparent)]` type generic over the context, with [`AsBusDevice`],
/// `AsRef<device::Device<Ctx>>` and the conversions of [`impl_device_context_deref!`](crate::impl_device_context_deref)
/// and [`impl_device_context_into_aref!`](crate::impl_device_context_into_aref).
#[repr(transparent)]
pub struct Device<Ctx: DeviceContext = Normal>(Opaque<bindings::device>, PhantomData<Ctx>);

impl Device {
    /// Takes a reference to a device that C handed out.
    ///
    /// # Safety
    ///
    /// `ptr` is a valid device with a non-zero refcount for the time of this call, which may be dropped in any thread.
    pub unsafe fn get_device(ptr: *mut bindings::device) -> ARef<Self> {
        // SAFETY: By the requirements of this function.
        unsafe { Self::from_raw(ptr) }.into()
    }

    /// Says that the device is bound to its driver.
    ///
    /// # Safety
    ///
    /// The device stays bound for as long as the returned reference is used.
    pub unsafe fn as_bound(&self) -> &Device<Bound> {
        let ptr = ptr::from_ref(self).cast::<Device<Bound>>();
        // SAFETY: `Device` has the same layout in all contexts; that it is bound, the caller knows.
        unsafe { &*ptr }
    }
}

impl<'a> Device<CoreInternal<'a>> {
    /// Makes room for the driver's data, to be dropped after all that is added to the device from now on.
    ///
    /// A bus abstraction calls this first thing in probe.
    pub(crate) fn reserve_drvdata(&self) -> Result {
        // SAFETY: `no_drvdata` does nothing.
        unsafe { Node::add(self, self.as_raw().cast(), no_drvdata, GFP_KERNEL) }
    }

    /// Keeps the driver's data with the device until it is unbound, when it is dropped.
    ///
    /// What borrows from the device's being bound may be part of the data: it is dropped before unbinding is over,
    /// after the resources of [`devres`](crate::devres).
    pub fn set_drvdata<T>(&self, data: impl PinInit<T, Error>) -> Result {
        let data = KBox::pin_init(data, GFP_KERNEL)?.into_foreign();
        let dev = self.as_raw();

        // The entry knows the data itself: some buses make the device forget it before its resources are released (USB).
        // SAFETY: The data is a `Pin<KBox<T>>`, and the device lock, which this context says is held, keeps everybody else away
        // from the entry. It is released when the device is unbound, and nobody uses the data any more.
        if !unsafe { Node::replace(self, dev.cast(), data, drop_drvdata::<T>) } {
            // SAFETY: As above.
            let added = unsafe { Node::add(self, data, drop_drvdata::<T>, GFP_KERNEL) };
            if let Err(err) = added {
                // SAFETY: It came from `into_foreign`, and was not handed over.
                drop(unsafe { Pin::<KBox<T>>::from_foreign(data) });
                return Err(err);
            }
        }
        // SAFETY: `dev` is valid.
        unsafe { bindings::dev_set_drvdata(dev, data) };
        Ok(())
    }
}

/// What is done when the driver set no data.
fn no_drvdata(_dev: *mut c_void) {}

/// Drops the driver's data.
///
/// # Safety
///
/// `data` came from a `Pin<KBox<T>>` that nobody uses any more.
unsafe fn drop_drvdata<T>(data: *mut c_void) {
    // SAFETY: By the requirements of this function.
    drop(unsafe { Pin::<KBox<T>>::from_foreign(data) });
    #[cfg(kmod_fail_alloc)]
    crate::kunit::fail_alloc::unbound();
}

impl<Ctx: InternalBoundContext> Device<Ctx> {
    /// The driver's data.
    ///
    /// # Safety
    ///
    /// [`Device::set_drvdata`] has succeeded for this device, with data of type `T`, since it was bound.
    pub unsafe fn drvdata_borrow<T>(&self) -> Pin<&T> {
        // SAFETY: `self.as_raw()` is valid.
        let data = unsafe { bindings::dev_get_drvdata(self.as_raw()) };
        // SAFETY: By the requirements of this function the data is a `Pin<KBox<T>>`, which lives as long as the device
        // is bound, hence as long as `self`.
        unsafe { Pin::<KBox<T>>::borrow(data) }
    }
}

impl<Ctx: DeviceContext> Device<Ctx> {
    pub(crate) fn as_raw(&self) -> *mut bindings::device {
        self.0.get()
    }

    /// Makes a reference from a C pointer.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` is a valid device with a non-zero refcount, and what `Ctx` promises holds.
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::device) -> &'a Self {
        // SAFETY: `Device` is a transparent wrapper; the rest is up to the caller.
        unsafe { &*ptr.cast() }
    }

    /// Logs at the emergency level: the system is unusable. See [`dev_emerg!`](crate::dev_emerg).
    pub fn pr_emerg(&self, args: fmt::Arguments<'_>) {
        self.printk(c"\x010", args);
    }

    /// Logs at the alert level: act at once. See [`dev_alert!`](crate::dev_alert).
    pub fn pr_alert(&self, args: fmt::Arguments<'_>) {
        self.printk(c"\x011", args);
    }

    /// Logs at the critical level. See [`dev_crit!`](crate::dev_crit).
    pub fn pr_crit(&self, args: fmt::Arguments<'_>) {
        self.printk(c"\x012", args);
    }

    /// Logs at the error level. See [`dev_err!`](crate::dev_err).
    pub fn pr_err(&self, args: fmt::Arguments<'_>) {
        self.printk(c"\x013", args);
    }

    /// Logs at the warning level. See [`dev_warn!`](crate::dev_warn).
    pub fn pr_warn(&self, args: fmt::Arguments<'_>) {
        self.printk(c"\x014", args);
    }

    /// Logs at the notice level: normal, but significant. See [`dev_notice!`](crate::dev_notice).
    pub fn pr_notice(&self, args: fmt::Arguments<'_>) {
        self.printk(c"\x015", args);
    }

    /// Logs at the information level. See [`dev_info!`](crate::dev_info).
    pub fn pr_info(&self, args: fmt::Arguments<'_>) {
        self.printk(c"\x016", args);
    }

    /// Logs at the debug level, in builds with debug assertions. See [`dev_dbg!`](crate::dev_dbg).
    pub fn pr_dbg(&self, args: fmt::Arguments<'_>) {
        if cfg!(debug_assertions) {
            self.printk(c"\x017", args);
        }
    }

    /// Logs a message, with the device and its driver in front; `level` is one of `KERN_*`
    /// ([`include/linux/kern_levels.h`](srctree/include/linux/kern_levels.h)).
    fn printk(&self, level: &CStr, args: fmt::Arguments<'_>) {
        // `%pA` is for kernels that are built with this very crate: C gets the finished text.
        crate::print::with_line(args, |text| {
            // Since v5.15 `dev_printk` is a macro around `_dev_printk`.
            #[cfg(kmod_has = "fn:_dev_printk")]
            // SAFETY: The strings end with NUL, the device is valid, and the format takes a string.
            unsafe {
                bindings::_dev_printk(level.as_char_ptr(), self.as_raw(), c"%s".as_char_ptr(), text.as_char_ptr())
            };
            #[cfg(not(kmod_has = "fn:_dev_printk"))]
            // SAFETY: As above.
            unsafe {
                bindings::dev_printk(level.as_char_ptr(), self.as_raw(), c"%s".as_char_ptr(), text.as_char_ptr())
            };
        });
    }

    /// What firmware says of the device.
    pub fn fwnode(&self) -> Option<&property::FwNode> {
        // SAFETY: `self.as_raw()` is valid.
        let fwnode = unsafe { bindings::dev_fwnode(self.as_raw()) };
        // SAFETY: The device keeps its firmware node; `FwNode` is a transparent wrapper.
        unsafe { fwnode.cast::<property::FwNode>().as_ref() }
    }

    /// The device's name, as in sysfs.
    pub fn name(&self) -> &CStr {
        // SAFETY: `self.as_raw()` is valid, and a device that drivers see keeps its name.
        unsafe { CStr::from_char_ptr(bindings::dev_name(self.as_raw())) }
    }
}

// SAFETY: `get_device` and `put_device` count references; the device lives while there are any.
unsafe impl crate::sync::aref::AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        // SAFETY: By the type's invariant the refcount is not zero.
        unsafe { bindings::get_device(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: ptr::NonNull<Self>) {
        // SAFETY: The caller gives up a reference, so the refcount is not zero.
        unsafe { bindings::put_device(obj.cast().as_ptr()) };
    }
}

// SAFETY: The reference to a device may be dropped in any thread.
unsafe impl Send for Device {}

// SAFETY: What `&Device` allows is synchronised by C or constant.
unsafe impl Sync for Device {}

// SAFETY: As above; being bound is nothing that belongs to a thread.
unsafe impl Sync for Device<Bound> {}

/// What is known about a device. See the [module](self)'s text.
pub trait DeviceContext: private::Sealed {}

/// Nothing is known but that the device exists.
pub struct Normal;

/// The bus holds the device lock in a callback, for `'a`.
pub struct Core<'a>(PhantomData<fn(&'a ()) -> &'a ()>);

/// As [`Core`], for bus abstractions, which do not show it to drivers.
pub struct CoreInternal<'a>(PhantomData<fn(&'a ()) -> &'a ()>);

/// As [`Bound`], for abstractions that reach the driver's data.
pub struct BoundInternal;

/// The device is bound to its driver for as long as the reference is valid.
pub struct Bound;

mod private {
    pub trait Sealed {}

    impl Sealed for super::Bound {}
    impl Sealed for super::BoundInternal {}
    impl Sealed for super::Core<'_> {}
    impl Sealed for super::CoreInternal<'_> {}
    impl Sealed for super::Normal {}
}

impl DeviceContext for Bound {}
impl DeviceContext for BoundInternal {}
impl<'a> DeviceContext for Core<'a> {}
impl<'a> DeviceContext for CoreInternal<'a> {}
impl DeviceContext for Normal {}

/// The contexts in which the driver's data can be reached.
pub trait InternalBoundContext: DeviceContext {}

impl<'a> InternalBoundContext for CoreInternal<'a> {}
impl InternalBoundContext for BoundInternal {}

impl<Ctx: DeviceContext> AsRef<Device<Ctx>> for Device<Ctx> {
    fn as_ref(&self) -> &Device<Ctx> {
        self
    }
}

/// A bus' device, which contains a [`Device`].
///
/// # Safety
///
/// `Self` is a transparent wrapper around a C structure that has its `struct device` at [`Self::OFFSET`], where
/// `AsRef<Device<Ctx>>` finds it.
pub unsafe trait AsBusDevice<Ctx: DeviceContext>: AsRef<Device<Ctx>> {
    /// Where the C structure has its `struct device`.
    const OFFSET: usize;

    /// The bus' device that contains `dev`.
    ///
    /// # Safety
    ///
    /// `dev` is part of a `Self`.
    unsafe fn from_device(dev: &Device<Ctx>) -> &Self
    where
        Self: Sized,
    {
        // SAFETY: By the requirements of this function, the result is in the same object, and it is a valid `Self`.
        unsafe { &*dev.as_raw().byte_sub(Self::OFFSET).cast() }
    }
}

/// Implements [`Deref`](core::ops::Deref) for a device type from one context to the next weaker one.
#[doc(hidden)]
#[macro_export]
macro_rules! __impl_device_context_deref {
    (unsafe { $device:ident<$($lt:lifetime)?>, $src:ty => $dst:ty }) => {
        impl<$($lt)?> ::core::ops::Deref for $device<$src> {
            type Target = $device<$dst>;

            fn deref(&self) -> &Self::Target {
                let ptr = ::core::ptr::from_ref(self).cast::<Self::Target>();
                // SAFETY: Who uses the macro promises that the context has no part in the layout; and `$dst` promises
                // less.
                unsafe { &*ptr }
            }
        }
    };
}

/// Implements [`Deref`](core::ops::Deref) for a device type from each context to the next weaker one.
///
/// # Safety
///
/// The type's layout is the same in all contexts.
#[macro_export]
macro_rules! impl_device_context_deref {
    (unsafe { $device:ident }) => {
        $crate::__impl_device_context_deref!(unsafe {
            $device<'a>, $crate::device::CoreInternal<'a> => $crate::device::Core<'a>
        });
        $crate::__impl_device_context_deref!(unsafe {
            $device<'a>, $crate::device::Core<'a> => $crate::device::Bound
        });
        $crate::__impl_device_context_deref!(unsafe {
            $device<>, $crate::device::BoundInternal => $crate::device::Bound
        });
        $crate::__impl_device_context_deref!(unsafe {
            $device<>, $crate::device::Bound => $crate::device::Normal
        });
    };
}

/// Implements the conversion of a device reference in one context to a counted one.
#[doc(hidden)]
#[macro_export]
macro_rules! __impl_device_context_into_aref {
    ($device:ident $(<$lt:lifetime>)?, $src:ty) => {
        impl<$($lt)?> ::core::convert::From<&$device<$src>> for $crate::sync::aref::ARef<$device> {
            fn from(dev: &$device<$src>) -> Self {
                let dev: &$device = dev;
                dev.into()
            }
        }
    };
}

/// Implements the conversion of a device reference in any context to a counted one, `ARef<Device>`.
#[macro_export]
macro_rules! impl_device_context_into_aref {
    ($device:ident) => {
        $crate::__impl_device_context_into_aref!($device<'a>, $crate::device::CoreInternal<'a>);
        $crate::__impl_device_context_into_aref!($device<'a>, $crate::device::Core<'a>);
        $crate::__impl_device_context_into_aref!($device, $crate::device::BoundInternal);
        $crate::__impl_device_context_into_aref!($device, $crate::device::Bound);
    };
}

// The context is a `PhantomData`: it has no part in the layout.
impl_device_context_deref!(unsafe { Device });
impl_device_context_into_aref!(Device);

/// Logs with one of the `pr_*` methods of [`Device`](crate::device::Device).
#[doc(hidden)]
#[macro_export]
macro_rules! dev_printk {
    ($method:ident, $dev:expr, $($f:tt)*) => {
        $crate::device::Device::$method($dev.as_ref(), $crate::prelude::fmt!($($f)*))
    };
}

/// Logs an emergency: the system is unusable, with the device's name in front.
///
/// # Examples
///
/// ```
/// use kernel::{device::Device, prelude::*};
///
/// fn log(dev: &Device) {
///     dev_emerg!(dev, "fan stopped at {} degrees\n", 110);
/// }
/// ```
#[macro_export]
macro_rules! dev_emerg {
    ($($f:tt)*) => { $crate::dev_printk!(pr_emerg, $($f)*) };
}

/// Logs what must be acted on at once, with the device's name in front.
///
/// # Examples
///
/// ```
/// use kernel::{device::Device, prelude::*};
///
/// fn log(dev: &Device) {
///     dev_alert!(dev, "battery empty\n");
/// }
/// ```
#[macro_export]
macro_rules! dev_alert {
    ($($f:tt)*) => { $crate::dev_printk!(pr_alert, $($f)*) };
}

/// Logs a critical condition, with the device's name in front.
///
/// # Examples
///
/// ```
/// use kernel::{device::Device, prelude::*};
///
/// fn log(dev: &Device) {
///     dev_crit!(dev, "{} of {} links down\n", 2, 2);
/// }
/// ```
#[macro_export]
macro_rules! dev_crit {
    ($($f:tt)*) => { $crate::dev_printk!(pr_crit, $($f)*) };
}

/// Logs an error, with the device's name in front.
///
/// # Examples
///
/// ```
/// use kernel::{device::Device, prelude::*};
///
/// fn log(dev: &Device) {
///     dev_err!(dev, "no answer: {:?}\n", ETIMEDOUT);
/// }
/// ```
#[macro_export]
macro_rules! dev_err {
    ($($f:tt)*) => { $crate::dev_printk!(pr_err, $($f)*) };
}

/// Logs a warning, with the device's name in front.
///
/// # Examples
///
/// ```
/// use kernel::{device::Device, prelude::*};
///
/// fn log(dev: &Device) {
///     dev_warn!(dev, "slow link ({} lanes)\n", 1);
/// }
/// ```
#[macro_export]
macro_rules! dev_warn {
    ($($f:tt)*) => { $crate::dev_printk!(pr_warn, $($f)*) };
}

/// Logs a normal but significant event, with the device's name in front.
///
/// # Examples
///
/// ```
/// use kernel::{device::Device, prelude::*};
///
/// fn log(dev: &Device) {
///     dev_notice!(dev, "firmware {}.{}\n", 1, 4);
/// }
/// ```
#[macro_export]
macro_rules! dev_notice {
    ($($f:tt)*) => { $crate::dev_printk!(pr_notice, $($f)*) };
}

/// Logs information, with the device's name in front.
///
/// # Examples
///
/// ```
/// use kernel::{device::Device, prelude::*};
///
/// fn log(dev: &Device) {
///     dev_info!(dev, "{lanes} lanes\n", lanes = 4);
/// }
/// ```
#[macro_export]
macro_rules! dev_info {
    ($($f:tt)*) => { $crate::dev_printk!(pr_info, $($f)*) };
}

/// Logs a debug message, in builds with debug assertions, with the device's name in front.
///
/// # Examples
///
/// ```
/// use kernel::{device::Device, prelude::*};
///
/// fn log(dev: &Device) {
///     dev_dbg!(dev, "status {:#010x}\n", 0x80);
/// }
/// ```
#[macro_export]
macro_rules! dev_dbg {
    ($($f:tt)*) => { $crate::dev_printk!(pr_dbg, $($f)*) };
}
