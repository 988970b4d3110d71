// SPDX-License-Identifier: GPL-2.0

//! Power supplies, as the devices see them that they feed.
//!
//! C header: [`include/linux/regulator/consumer.h`](srctree/include/linux/regulator/consumer.h)
//!
//! Whether a [`Regulator`] is on is a part of its type: [`Enabled`] or [`Disabled`].
//!
//! # Examples
//!
//! ```
//! use kernel::{device::Device, regulator::{Disabled, Enabled, Regulator, Voltage}};
//!
//! /// Turns on the supply of the I/O pins, at 1.8 V.
//! fn power_up(dev: &Device) -> Result<Regulator<Enabled>> {
//!     let supply = Regulator::<Disabled>::get(dev, c"vddio")?;
//!     let voltage = Voltage::from_microvolts(1_800_000);
//!     supply.set_voltage(voltage, voltage)?;
//!     supply.try_into_enabled().map_err(|err| err.error)
//! }
//! # let _ = power_up;
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel; where `CONFIG_REGULATOR` is off, every supply is there and always on.

use crate::{
    bindings,
    device::{Bound, Device},
    error::{from_err_ptr, to_result, Result},
    prelude::*,
};
use core::{marker::PhantomData, mem::ManuallyDrop};

mod private {
    pub trait Sealed {}

    impl Sealed for super::Enabled {}
    impl Sealed for super::Disabled {}
}

/// What is known of a regulator: [`Enabled`] or [`Disabled`].
pub trait RegulatorState: private::Sealed + 'static {
    /// Whether the regulator must be disabled when it is dropped.
    const DISABLE_ON_DROP: bool;
}

/// The regulator is on, as far as its owner has a say.
pub struct Enabled;

/// The owner has not turned the regulator on. Others may have.
pub struct Disabled;

impl RegulatorState for Enabled {
    const DISABLE_ON_DROP: bool = true;
}

impl RegulatorState for Disabled {
    const DISABLE_ON_DROP: bool = false;
}

/// States in which it makes sense to ask whether the regulator is on.
pub trait IsEnabled: RegulatorState {}

impl IsEnabled for Disabled {}

/// A change of state that failed.
pub struct Error<State: RegulatorState> {
    /// Why.
    pub error: kernel::error::Error,

    /// The regulator, as it was.
    pub regulator: Regulator<State>,
}

/// Turns on the supply `name` of `dev`, for as long as the device is bound to its driver.
pub fn devm_enable(dev: &Device<Bound>, name: &CStr) -> Result {
    // SAFETY: the device is bound, and the name is a string.
    to_result(unsafe { bindings::devm_regulator_get_enable(dev.as_raw(), name.as_char_ptr()) })
}

/// As [`devm_enable`], for a supply that may be absent: fails with [`ENODEV`] then.
pub fn devm_enable_optional(dev: &Device<Bound>, name: &CStr) -> Result {
    // SAFETY: the device is bound, and the name is a string.
    to_result(unsafe { bindings::devm_regulator_get_enable_optional(dev.as_raw(), name.as_char_ptr()) })
}

/// A power supply of a device.
///
/// # Invariants
///
/// * `inner` came from `regulator_get` and was not given back. (It is null where `CONFIG_REGULATOR` is off.)
/// * With [`Enabled`], it was enabled once, and this not undone.
pub struct Regulator<State>
where
    State: RegulatorState,
{
    inner: *mut bindings::regulator,
    _phantom: PhantomData<State>,
}

impl<T: RegulatorState> Regulator<T> {
    /// Asks for a voltage in a range.
    pub fn set_voltage(&self, min_voltage: Voltage, max_voltage: Voltage) -> Result {
        // SAFETY: the regulator is valid by the type invariants.
        to_result(unsafe {
            bindings::regulator_set_voltage(self.inner, min_voltage.as_microvolts(), max_voltage.as_microvolts())
        })
    }

    /// The present voltage.
    pub fn get_voltage(&self) -> Result<Voltage> {
        // SAFETY: the regulator is valid by the type invariants.
        let voltage = unsafe { bindings::regulator_get_voltage(self.inner) };
        to_result(voltage.min(0))?;
        Ok(Voltage::from_microvolts(voltage))
    }

    fn get_internal(dev: &Device, name: &CStr) -> Result<Regulator<Disabled>> {
        // SAFETY: the device is valid, and the name is a string.
        let inner = from_err_ptr(unsafe { bindings::regulator_get(dev.as_raw(), name.as_char_ptr()) })?;
        Ok(Regulator { inner, _phantom: PhantomData })
    }

    fn enable_internal(&self) -> Result {
        // SAFETY: the regulator is valid by the type invariants.
        to_result(unsafe { bindings::regulator_enable(self.inner) })
    }

    fn disable_internal(&self) -> Result {
        // SAFETY: the regulator is valid by the type invariants.
        to_result(unsafe { bindings::regulator_disable(self.inner) })
    }

    /// The same regulator in another state, which the caller brought it into.
    fn into_state<U: RegulatorState>(self) -> Regulator<U> {
        let this = ManuallyDrop::new(self);
        Regulator { inner: this.inner, _phantom: PhantomData }
    }
}

impl Regulator<Disabled> {
    /// The supply `name` of `dev`.
    pub fn get(dev: &Device, name: &CStr) -> Result<Self> {
        Self::get_internal(dev, name)
    }

    /// Turns the regulator on.
    pub fn try_into_enabled(self) -> Result<Regulator<Enabled>, Error<Disabled>> {
        match self.enable_internal() {
            Ok(()) => Ok(self.into_state()),
            Err(error) => Err(Error { error, regulator: self }),
        }
    }
}

impl Regulator<Enabled> {
    /// The supply `name` of `dev`, turned on.
    pub fn get(dev: &Device, name: &CStr) -> Result<Self> {
        Self::get_internal(dev, name)?.try_into_enabled().map_err(|err| err.error)
    }

    /// Turns the regulator off, unless others have it on.
    pub fn try_into_disabled(self) -> Result<Regulator<Disabled>, Error<Enabled>> {
        match self.disable_internal() {
            Ok(()) => Ok(self.into_state()),
            Err(error) => Err(Error { error, regulator: self }),
        }
    }
}

impl<T: IsEnabled> Regulator<T> {
    /// Whether the regulator is on, by whomever.
    pub fn is_enabled(&self) -> bool {
        // SAFETY: the regulator is valid by the type invariants.
        unsafe { bindings::regulator_is_enabled(self.inner) > 0 }
    }
}

impl<T: RegulatorState> Drop for Regulator<T> {
    fn drop(&mut self) {
        if T::DISABLE_ON_DROP {
            // There is nobody left to tell of an error; C complains in the log.
            let _ = self.disable_internal();
        }
        // SAFETY: the regulator is valid by the type invariants, and not used any more.
        unsafe { bindings::regulator_put(self.inner) };
    }
}

// SAFETY: a regulator may be used and given back on any thread.
unsafe impl<T: RegulatorState> Send for Regulator<T> {}

// SAFETY: the C functions lock the regulator.
unsafe impl<T: RegulatorState> Sync for Regulator<T> {}

/// A voltage.
///
/// # Examples
///
/// ```
/// use kernel::regulator::Voltage;
///
/// assert!(Voltage::from_microvolts(1_800_000) < Voltage::from_microvolts(3_300_000));
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Voltage(i32);

impl Voltage {
    /// From millionths of a volt.
    pub fn from_microvolts(uv: i32) -> Self {
        Self(uv)
    }

    /// In millionths of a volt.
    pub fn as_microvolts(self) -> i32 {
        self.0
    }
}
