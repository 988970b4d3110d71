// SPDX-License-Identifier: GPL-2.0

//! What a driver does when its device is put to sleep, and woken.
//!
//! C header: [`include/linux/pm.h`](srctree/include/linux/pm.h)
//!
//! Beyond mainline. A driver implements [`Operations`] and names the [`Ops`] of it in its bus' trait
//! ([`pci::Driver::PM_OPS`](crate::pci::Driver::PM_OPS),
//! [`platform::Driver::PM_OPS`](crate::platform::Driver::PM_OPS)). All kernels have the C side.
//!
//! When the system sleeps, the bus does its own part around the driver's: PCI saves the configuration space, turns the device
//! off, and restores it before the driver's [`resume`](Operations::resume).
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     device::{pm, Bound, Core, Device},
//!     pci,
//!     prelude::*,
//!     sync::atomic::{Atomic, Relaxed},
//! };
//!
//! struct Lamp {
//!     on: Atomic<bool>,
//! }
//!
//! struct LampDriver;
//!
//! kernel::pci_device_table!(LAMPS, (), [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 0x5), ())]);
//!
//! impl pci::Driver for LampDriver {
//!     type IdInfo = ();
//!     type Data<'bound> = Lamp;
//!     const ID_TABLE: pci::IdTable<()> = &LAMPS;
//!     const PM_OPS: pm::Ops<pci::Adapter<Self>> = pm::Ops::new::<Self>();
//!
//!     fn probe<'bound>(
//!         _dev: &'bound pci::Device<Core<'_>>,
//!         _info: Option<&'bound ()>,
//!     ) -> impl PinInit<Lamp, Error> + 'bound {
//!         Ok(Lamp { on: Atomic::new(true) })
//!     }
//! }
//!
//! #[vtable]
//! impl pm::Operations<pci::Adapter<Self>> for LampDriver {
//!     fn suspend(dev: &Device<Core<'_>>, lamp: Pin<&Lamp>) -> Result {
//!         dev_info!(dev, "off\n");
//!         lamp.on.store(false, Relaxed);
//!         Ok(())
//!     }
//!
//!     fn resume(_dev: &Device<Core<'_>>, lamp: Pin<&Lamp>) -> Result {
//!         lamp.on.store(true, Relaxed);
//!         Ok(())
//!     }
//! }
//! ```

use super::{Bound, BoundInternal, Core, CoreInternal, Device};
use crate::{driver::DriverLayout, error::from_result, prelude::*};
use core::{marker::PhantomData, ptr};

/// What the driver with adapter `A` does when the system, or the device alone, is put to sleep or woken.
///
/// What is left out is not done; but without [`freeze`](Self::freeze), [`suspend`](Self::suspend) is called instead, and without
/// [`thaw`](Self::thaw), [`resume`](Self::resume); as they are when the system is turned off after a hibernation, and when it has the
/// memory of the image again. An error of those that put to sleep keeps the system awake.
#[vtable]
pub trait Operations<A: DriverLayout> {
    /// The system goes to sleep, with its memory on. No process runs, but the device may still work, and interrupt.
    fn suspend(dev: &Device<Core<'_>>, data: Pin<&A::DriverData<'_>>) -> Result {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// The system has woken from [`suspend`](Self::suspend), or did not fall asleep after all.
    fn resume(dev: &Device<Core<'_>>, data: Pin<&A::DriverData<'_>>) -> Result {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// An image of the memory is about to be made: the device must be quiet, but need not be off.
    fn freeze(dev: &Device<Core<'_>>, data: Pin<&A::DriverData<'_>>) -> Result {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// The image is made, or could not be: the device is used once more.
    fn thaw(dev: &Device<Core<'_>>, data: Pin<&A::DriverData<'_>>) -> Result {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// The device alone is put to sleep, as nobody uses it.
    ///
    /// On PCI, a driver that has this lets the device sleep when user space does (`power/control` is `auto`).
    fn runtime_suspend(dev: &Device<Bound>, data: Pin<&A::DriverData<'_>>) -> Result {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// The device is woken from [`runtime_suspend`](Self::runtime_suspend): somebody is about to use it.
    fn runtime_resume(dev: &Device<Bound>, data: Pin<&A::DriverData<'_>>) -> Result {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// Nobody uses the device any more. It is put to sleep if this succeeds.
    fn runtime_idle(dev: &Device<Bound>, data: Pin<&A::DriverData<'_>>) -> Result {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }
}

/// The [`Operations`] of the driver with adapter `A`, or none.
///
/// # Invariants
///
/// `raw` is null, or for devices that are bound to the driver with adapter `A`.
pub struct Ops<A> {
    raw: *const bindings::dev_pm_ops,
    runtime: bool,
    _p: PhantomData<fn(A)>,
}

impl<A> Ops<A> {
    /// Nothing is done.
    pub const NONE: Self = Self { raw: ptr::null(), runtime: false, _p: PhantomData };

    /// What C has in `struct device_driver`.
    pub(crate) const fn as_ptr(&self) -> *const bindings::dev_pm_ops {
        self.raw
    }

    /// Whether the device may sleep while the system is awake.
    pub(crate) const fn has_runtime(&self) -> bool {
        self.runtime
    }
}

impl<A: DriverLayout> Ops<A>
where
    for<'bound> A::DriverData<'bound>: Sync,
{
    /// Those of `T`.
    pub const fn new<T: Operations<A>>() -> Self {
        // INVARIANT: The callbacks are for the data of `A`.
        Self { raw: &Callbacks::<A, T>::OPS, runtime: T::HAS_RUNTIME_SUSPEND, _p: PhantomData }
    }
}

struct Callbacks<A, T>(PhantomData<(A, T)>);

type Callback = unsafe extern "C" fn(*mut bindings::device) -> c_int;

impl<A: DriverLayout, T: Operations<A>> Callbacks<A, T> {
    const OPS: bindings::dev_pm_ops = {
        let suspend = Self::given(T::HAS_SUSPEND, Self::suspend);
        let resume = Self::given(T::HAS_RESUME, Self::resume);
        bindings::dev_pm_ops {
            suspend,
            resume,
            freeze: if T::HAS_FREEZE { Some(Self::freeze) } else { suspend },
            thaw: if T::HAS_THAW { Some(Self::thaw) } else { resume },
            poweroff: suspend,
            restore: resume,
            runtime_suspend: Self::given(T::HAS_RUNTIME_SUSPEND, Self::runtime_suspend),
            runtime_resume: Self::given(T::HAS_RUNTIME_RESUME, Self::runtime_resume),
            runtime_idle: Self::given(T::HAS_RUNTIME_IDLE, Self::runtime_idle),
            ..pin_init::zeroed()
        }
    };

    const fn given(has: bool, callback: Callback) -> Option<Callback> {
        if has {
            Some(callback)
        } else {
            None
        }
    }

    /// # Safety
    ///
    /// `dev` is bound to the driver with adapter `A`, its probe has succeeded, and the device lock is held, for this call.
    unsafe fn locked(
        dev: *mut bindings::device,
        f: impl FnOnce(&Device<Core<'_>>, Pin<&A::DriverData<'_>>) -> Result,
    ) -> c_int {
        // SAFETY: By the requirements of this function.
        let dev = unsafe { Device::<CoreInternal<'_>>::from_raw(dev) };
        // SAFETY: As above: the data is set.
        let data = unsafe { dev.drvdata_borrow::<A::DriverData<'_>>() };
        from_result(|| f(dev, data).map(|()| 0))
    }

    /// # Safety
    ///
    /// `dev` is bound to the driver with adapter `A`, and its probe has succeeded, for this call.
    unsafe fn bound(
        dev: *mut bindings::device,
        f: impl FnOnce(&Device<Bound>, Pin<&A::DriverData<'_>>) -> Result,
    ) -> c_int {
        // SAFETY: By the requirements of this function.
        let dev = unsafe { Device::<BoundInternal>::from_raw(dev) };
        // SAFETY: As above: the data is set.
        let data = unsafe { dev.drvdata_borrow::<A::DriverData<'_>>() };
        from_result(|| f(dev, data).map(|()| 0))
    }
}

/// Defines the C callbacks of the same names.
macro_rules! callbacks {
    ($($context:ident: $($name:ident),+;)+) => {
        impl<A: DriverLayout, T: Operations<A>> Callbacks<A, T> {$($(
            unsafe extern "C" fn $name(dev: *mut bindings::device) -> c_int {
                // SAFETY: So C calls it. System sleep comes with the device lock; and what comes without, only while the
                // bus has not yet begun to unbind the device.
                unsafe { Self::$context(dev, |dev, data| T::$name(dev, data)) }
            }
        )+)+}
    };
}

callbacks! {
    locked: suspend, resume, freeze, thaw;
    bound: runtime_suspend, runtime_resume, runtime_idle;
}
