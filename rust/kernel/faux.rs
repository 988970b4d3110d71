// SPDX-License-Identifier: GPL-2.0

//! Faux devices: for drivers that need a device to hang something on, and have none.
//!
//! C header: [`include/linux/device/faux.h`](srctree/include/linux/device/faux.h)
//!
//! Kernels before v6.14 lack the faux bus; there it is a platform device with a driver of its own.
//!
//! # Examples
//!
//! ```
//! use kernel::{faux, prelude::*};
//!
//! let device = faux::Registration::new(c"doctest-faux", None)?;
//! dev_info!(device.as_ref(), "somewhere to hang things on\n");
//! # Ok::<(), Error>(())
//! ```

use crate::{device, prelude::*, types::Opaque};
use core::{
    marker::PhantomData,
    ptr::{null_mut, NonNull},
};

/// A faux device.
///
/// # Invariants
///
/// The C device is valid, and what `Ctx` promises holds.
// A `struct faux_device` is nothing but its `struct device`.
#[repr(transparent)]
pub struct Device<Ctx: device::DeviceContext = device::Normal>(Opaque<bindings::device>, PhantomData<Ctx>);

// The context is a `PhantomData`: it has no part in the layout.
crate::impl_device_context_deref!(unsafe { Device });

impl<Ctx: device::DeviceContext> AsRef<device::Device<Ctx>> for Device<Ctx> {
    fn as_ref(&self) -> &device::Device<Ctx> {
        // SAFETY: The device is valid, lives as long as `self`, and what is known of `self` holds for it.
        unsafe { device::Device::from_raw(self.0.get()) }
    }
}

// SAFETY: The `struct device` is all there is, and what `as_ref` gives.
unsafe impl<Ctx: device::DeviceContext> device::AsBusDevice<Ctx> for Device<Ctx> {
    const OFFSET: usize = 0;
}

/// A faux device that exists, bound, until this is dropped.
///
/// # Invariants
///
/// The device is ours, and bound.
pub struct Registration(NonNull<bindings::device>);

impl Registration {
    /// Creates a device, below `parent` if there is one.
    pub fn new(name: &CStr, parent: Option<&device::Device>) -> Result<Self> {
        let parent = parent.map_or(null_mut(), device::Device::as_raw);
        // SAFETY: `name` is a string, `parent` is null or a valid device.
        let dev = unsafe { bindings::faux_create(name.as_char_ptr(), parent) };
        // INVARIANT: It has just been created.
        NonNull::new(dev).map(Self).ok_or(ENODEV)
    }
}

impl AsRef<Device<device::Bound>> for Registration {
    fn as_ref(&self) -> &Device<device::Bound> {
        // SAFETY: By the type's invariant; `Device` is a transparent wrapper.
        unsafe { self.0.cast().as_ref() }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: By the type's invariant.
        unsafe { bindings::faux_destroy(self.0.as_ptr()) };
    }
}

// SAFETY: A faux device may be destroyed in any thread that may sleep.
unsafe impl Send for Registration {}

// SAFETY: `&Registration` gives a bound device only, which is `Sync`.
unsafe impl Sync for Registration {}
