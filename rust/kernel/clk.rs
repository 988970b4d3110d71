// SPDX-License-Identifier: GPL-2.0

//! Clocks, as the devices see them that they drive.
//!
//! C header: [`include/linux/clk.h`](srctree/include/linux/clk.h)
//!
//! [`Hertz`] is on every supported kernel; [`Clk`](Clk) and [`OptionalClk`](OptionalClk) are where `CONFIG_COMMON_CLK` is.

use crate::ffi::c_ulong;

/// A frequency.
///
/// # Examples
///
/// ```
/// use kernel::clk::Hertz;
///
/// let rate = Hertz::from_khz(32);
/// assert_eq!(rate, Hertz(32_000));
/// assert_eq!(rate.as_khz(), 32);
/// assert!(rate < Hertz::from_mhz(1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Debug)]
pub struct Hertz(pub c_ulong);

impl Hertz {
    const KHZ_TO_HZ: c_ulong = 1_000;
    const MHZ_TO_HZ: c_ulong = 1_000_000;
    const GHZ_TO_HZ: c_ulong = 1_000_000_000;

    /// From thousands of Hertz.
    pub const fn from_khz(khz: c_ulong) -> Self {
        Self(khz * Self::KHZ_TO_HZ)
    }

    /// From millions of Hertz.
    pub const fn from_mhz(mhz: c_ulong) -> Self {
        Self(mhz * Self::MHZ_TO_HZ)
    }

    /// From thousands of millions of Hertz.
    pub const fn from_ghz(ghz: c_ulong) -> Self {
        Self(ghz * Self::GHZ_TO_HZ)
    }

    /// In Hertz.
    pub const fn as_hz(&self) -> c_ulong {
        self.0
    }

    /// In whole thousands of Hertz.
    pub const fn as_khz(&self) -> c_ulong {
        self.0 / Self::KHZ_TO_HZ
    }

    /// In whole millions of Hertz.
    pub const fn as_mhz(&self) -> c_ulong {
        self.0 / Self::MHZ_TO_HZ
    }

    /// In whole thousands of millions of Hertz.
    pub const fn as_ghz(&self) -> c_ulong {
        self.0 / Self::GHZ_TO_HZ
    }
}

impl From<Hertz> for c_ulong {
    fn from(freq: Hertz) -> Self {
        freq.0
    }
}

#[cfg(CONFIG_COMMON_CLK)]
mod common_clk {
    use super::Hertz;
    use crate::{
        bindings,
        device::Device,
        error::{from_err_ptr, to_result, Result},
        str::{CStr, CStrExt as _},
    };
    use core::{ops::Deref, ptr};

    /// A clock that drives a device.
    ///
    /// A clock is prepared first, which may sleep, and then enabled, which may not. Both are counted: every call wants its
    /// counterpart, before the `Clk` is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(CONFIG_COMMON_CLK)]
    /// # mod example {
    /// # use kernel::prelude::*;
    /// use kernel::{clk::{Clk, Hertz}, device::Device};
    ///
    /// fn start(dev: &Device) -> Result<Clk> {
    ///     let clk = Clk::get(dev, Some(c"core"))?;
    ///     clk.set_rate(Hertz::from_mhz(48))?;
    ///     clk.prepare_enable()?;
    ///     Ok(clk)
    /// }
    ///
    /// fn stop(clk: Clk) {
    ///     clk.disable_unprepare();
    /// }
    /// # }
    /// ```
    ///
    /// # Invariants
    ///
    /// The pointer came from `clk_get` or its like, and may be null: a clock of which nothing is known.
    #[repr(transparent)]
    pub struct Clk(*mut bindings::clk);

    // SAFETY: a clock may be used and given up on any thread.
    unsafe impl Send for Clk {}

    // SAFETY: the C functions lock the clock.
    unsafe impl Sync for Clk {}

    impl Clk {
        /// The clock of `dev` called `name`, or the only one.
        pub fn get(dev: &Device, name: Option<&CStr>) -> Result<Self> {
            let id = name.map_or(ptr::null(), |name| name.as_char_ptr());
            // SAFETY: the device is valid; the name is a string or null.
            from_err_ptr(unsafe { bindings::clk_get(dev.as_raw(), id) }).map(Self)
        }

        /// The C object.
        #[inline]
        pub fn as_raw(&self) -> *mut bindings::clk {
            self.0
        }

        /// Starts a prepared clock. Does not sleep.
        #[inline]
        pub fn enable(&self) -> Result {
            // SAFETY: the pointer is valid for this, by the type invariant.
            to_result(unsafe { bindings::clk_enable(self.as_raw()) })
        }

        /// Undoes one [`enable`](Self::enable). Does not sleep.
        #[inline]
        pub fn disable(&self) {
            // SAFETY: the pointer is valid for this, by the type invariant.
            unsafe { bindings::clk_disable(self.as_raw()) };
        }

        /// Gets the clock ready to be enabled. May sleep.
        #[inline]
        pub fn prepare(&self) -> Result {
            // SAFETY: the pointer is valid for this, by the type invariant.
            to_result(unsafe { bindings::clk_prepare(self.as_raw()) })
        }

        /// Undoes one [`prepare`](Self::prepare). May sleep.
        #[inline]
        pub fn unprepare(&self) {
            // SAFETY: the pointer is valid for this, by the type invariant.
            unsafe { bindings::clk_unprepare(self.as_raw()) };
        }

        /// Prepares and enables the clock. May sleep.
        #[inline]
        pub fn prepare_enable(&self) -> Result {
            // SAFETY: the pointer is valid for this, by the type invariant.
            to_result(unsafe { bindings::clk_prepare_enable(self.as_raw()) })
        }

        /// Undoes one [`prepare_enable`](Self::prepare_enable). May sleep.
        #[inline]
        pub fn disable_unprepare(&self) {
            // SAFETY: the pointer is valid for this, by the type invariant.
            unsafe { bindings::clk_disable_unprepare(self.as_raw()) };
        }

        /// The clock's frequency.
        #[inline]
        pub fn rate(&self) -> Hertz {
            // SAFETY: the pointer is valid for this, by the type invariant.
            Hertz(unsafe { bindings::clk_get_rate(self.as_raw()) })
        }

        /// Changes the clock's frequency, to one near `rate`.
        #[inline]
        pub fn set_rate(&self, rate: Hertz) -> Result {
            // SAFETY: the pointer is valid for this, by the type invariant.
            to_result(unsafe { bindings::clk_set_rate(self.as_raw(), rate.as_hz()) })
        }
    }

    impl Drop for Clk {
        fn drop(&mut self) {
            // SAFETY: the pointer came from `clk_get` or its like, and is not used any more.
            unsafe { bindings::clk_put(self.as_raw()) };
        }
    }

    /// A clock that a device may have. Without one, all operations succeed and do nothing.
    #[repr(transparent)]
    pub struct OptionalClk(Clk);

    impl OptionalClk {
        /// The clock of `dev` called `name`, or the only one, if it has one.
        pub fn get(dev: &Device, name: Option<&CStr>) -> Result<Self> {
            let id = name.map_or(ptr::null(), |name| name.as_char_ptr());
            // SAFETY: the device is valid; the name is a string or null.
            from_err_ptr(unsafe { bindings::clk_get_optional(dev.as_raw(), id) }).map(|clk| Self(Clk(clk)))
        }
    }

    impl Deref for OptionalClk {
        type Target = Clk;

        fn deref(&self) -> &Clk {
            &self.0
        }
    }
}

#[cfg(CONFIG_COMMON_CLK)]
pub use common_clk::*;
