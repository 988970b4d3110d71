// SPDX-License-Identifier: GPL-2.0

//! Drivers of network PHYs, the chips between an Ethernet controller and the cable.
//!
//! C header: [`include/linux/phy.h`](srctree/include/linux/phy.h)
//!
//! A [`Driver`] overrides what its chip does in a way of its own; for everything else the library follows the standard.
//! Its functions get a `&mut` [`Device`], as the library calls them with the device's lock held.
//!
//! # Examples
//!
//! ```
//! # mod phy_doc {
//! # use kernel::prelude::*;
//! use kernel::net::phy::{self, reg::C22, DeviceId, Driver};
//!
//! struct Acme;
//!
//! #[vtable]
//! impl Driver for Acme {
//!     const NAME: &'static CStr = c"ACME PHY";
//!     const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_model_mask(0x0123_4560);
//!
//!     fn soft_reset(dev: &mut phy::Device) -> Result {
//!         // This chip forgets its power mode.
//!         dev.genphy_soft_reset()?;
//!         dev.write(C22::vendor_specific::<18>(), 0x8000)
//!     }
//! }
//! # }
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel that has `CONFIG_PHYLIB`, as a module or built in.

use crate::{
    bindings,
    device_id::RawDeviceId,
    error::{from_result, to_result, Result, VTABLE_DEFAULT_ERROR},
    prelude::*,
    types::Opaque,
};
use core::marker::PhantomData;

pub mod reg;

/// What a PHY is doing.
#[derive(PartialEq, Eq)]
pub enum DeviceState {
    /// It is there, and not ready to be used.
    Down,
    /// It is ready to be used by a controller.
    Ready,
    /// It is up, and has no work.
    Halted,
    /// It is up, and an error was met.
    Error,
    /// It is up, and about to look for a link.
    Up,
    /// The link is up.
    Running,
    /// The link is down.
    NoLink,
    /// It tests the cable.
    CableTest,
}

/// Whether both ends may send at once.
pub enum DuplexMode {
    /// They may.
    Full,
    /// They may not.
    Half,
    /// Nobody knows.
    Unknown,
}

/// A PHY.
///
/// # Invariants
///
/// * The C object is valid, and attached to a bus.
/// * Its lock is held while a `&mut Device` exists, or the device is not in use yet.
#[repr(transparent)]
pub struct Device(Opaque<bindings::phy_device>);

impl Device {
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to a valid `phy_device` which only the caller may use.
    unsafe fn from_raw<'a>(ptr: *mut bindings::phy_device) -> &'a mut Self {
        // SAFETY: the type is transparent over `phy_device`; the caller answers for the rest.
        unsafe { &mut *ptr.cast::<Self>() }
    }

    fn as_raw(&self) -> *mut bindings::phy_device {
        self.0.get()
    }

    /// For the accessors of fields that have less than a byte.
    fn raw_ref(&self) -> &bindings::phy_device {
        // SAFETY: the object is valid, and not changed while `self` is borrowed, as the lock is held.
        unsafe { &*self.as_raw() }
    }

    /// The identifier that the chip gave.
    pub fn phy_id(&self) -> u32 {
        self.raw_ref().phy_id
    }

    /// What the PHY is doing.
    pub fn state(&self) -> DeviceState {
        match self.raw_ref().state {
            bindings::phy_state_PHY_DOWN => DeviceState::Down,
            bindings::phy_state_PHY_READY => DeviceState::Ready,
            bindings::phy_state_PHY_HALTED => DeviceState::Halted,
            // Since v6.2; before, a PHY with an error was halted.
            #[cfg(kmod_has = "const:PHY_ERROR")]
            bindings::phy_state_PHY_ERROR => DeviceState::Error,
            bindings::phy_state_PHY_UP => DeviceState::Up,
            bindings::phy_state_PHY_RUNNING => DeviceState::Running,
            bindings::phy_state_PHY_NOLINK => DeviceState::NoLink,
            bindings::phy_state_PHY_CABLETEST => DeviceState::CableTest,
            _ => DeviceState::Error,
        }
    }

    /// Whether the link is up.
    pub fn is_link_up(&self) -> bool {
        self.raw_ref().link() == 1
    }

    /// Whether the two ends are to negotiate.
    pub fn is_autoneg_enabled(&self) -> bool {
        u32::from(self.raw_ref().autoneg()) == bindings::AUTONEG_ENABLE
    }

    /// Whether the two ends have negotiated.
    pub fn is_autoneg_completed(&self) -> bool {
        self.raw_ref().autoneg_complete() == 1
    }

    /// Sets the link's speed, in megabits a second.
    pub fn set_speed(&mut self, speed: u32) {
        // SAFETY: the object is valid, and `self` its only user.
        unsafe { (*self.as_raw()).speed = speed as c_int };
    }

    /// Sets whether both ends may send at once.
    pub fn set_duplex(&mut self, mode: DuplexMode) {
        let duplex = match mode {
            DuplexMode::Full => bindings::DUPLEX_FULL,
            DuplexMode::Half => bindings::DUPLEX_HALF,
            DuplexMode::Unknown => bindings::DUPLEX_UNKNOWN,
        };
        // SAFETY: the object is valid, and `self` its only user.
        unsafe { (*self.as_raw()).duplex = duplex as c_int };
    }

    /// Reads a register.
    pub fn read<R: reg::Register>(&mut self, reg: R) -> Result<u16> {
        reg.read(self)
    }

    /// Writes a register.
    pub fn write<R: reg::Register>(&mut self, reg: R, val: u16) -> Result {
        reg.write(self, val)
    }

    /// Reads a register of clause 22 on a page, for a driver that has pages.
    pub fn read_paged(&mut self, page: u16, regnum: u16) -> Result<u16> {
        // SAFETY: the device is valid.
        let ret = unsafe { bindings::phy_read_paged(self.as_raw(), page.into(), regnum.into()) };
        u16::try_from(ret).map_err(|_| Error::from_errno(ret))
    }

    /// Derives the link's speed and mode from what both ends can do.
    pub fn resolve_aneg_linkmode(&mut self) {
        // SAFETY: the device is valid, and its lock held.
        unsafe { bindings::phy_resolve_aneg_linkmode(self.as_raw()) };
    }

    /// Resets the chip, as the standard says.
    pub fn genphy_soft_reset(&mut self) -> Result {
        // SAFETY: the device is valid, and its lock held.
        to_result(unsafe { bindings::genphy_soft_reset(self.as_raw()) })
    }

    /// Initialises the chip anew.
    pub fn init_hw(&mut self) -> Result {
        // SAFETY: the device is valid, and its lock held.
        to_result(unsafe { bindings::phy_init_hw(self.as_raw()) })
    }

    /// Lets the two ends negotiate, or sets what was chosen.
    pub fn start_aneg(&mut self) -> Result {
        // Since v6.2 the library holds the lock where drivers call this, and has a function that does not take it.
        // SAFETY: the device is valid, and its lock held.
        #[cfg(kmod_has = "fn:_phy_start_aneg")]
        let ret = unsafe { bindings::_phy_start_aneg(self.as_raw()) };
        // SAFETY: the device is valid.
        #[cfg(not(kmod_has = "fn:_phy_start_aneg"))]
        let ret = unsafe { bindings::phy_start_aneg(self.as_raw()) };
        to_result(ret)
    }

    /// Wakes the chip, as the standard says.
    pub fn genphy_resume(&mut self) -> Result {
        // SAFETY: the device is valid, and its lock held.
        to_result(unsafe { bindings::genphy_resume(self.as_raw()) })
    }

    /// Lets the chip sleep, as the standard says.
    pub fn genphy_suspend(&mut self) -> Result {
        // SAFETY: the device is valid, and its lock held.
        to_result(unsafe { bindings::genphy_suspend(self.as_raw()) })
    }

    /// Reads the link's state, from registers of the kind `R`.
    pub fn genphy_read_status<R: reg::Register>(&mut self) -> Result<u16> {
        R::read_status(self)
    }

    /// Finds out whether the link is up, as the standard says.
    pub fn genphy_update_link(&mut self) -> Result {
        // SAFETY: the device is valid, and its lock held.
        to_result(unsafe { bindings::genphy_update_link(self.as_raw()) })
    }

    /// Finds out what the link partner can do, as the standard says.
    pub fn genphy_read_lpa(&mut self) -> Result {
        // SAFETY: the device is valid, and its lock held.
        to_result(unsafe { bindings::genphy_read_lpa(self.as_raw()) })
    }

    /// Finds out what the chip can do, as the standard says.
    pub fn genphy_read_abilities(&mut self) -> Result {
        // SAFETY: the device is valid, and its lock held.
        to_result(unsafe { bindings::genphy_read_abilities(self.as_raw()) })
    }
}

impl AsRef<kernel::device::Device> for Device {
    fn as_ref(&self) -> &kernel::device::Device {
        // SAFETY: the PHY is valid, and its device lives as long.
        unsafe { kernel::device::Device::from_raw(&raw mut (*self.as_raw()).mdio.dev) }
    }
}

/// What sets a driver's chips apart, for [`Driver::FLAGS`].
pub mod flags {
    use crate::bindings;

    /// The chip is inside the controller.
    pub const IS_INTERNAL: u32 = bindings::PHY_IS_INTERNAL as u32;
    /// The chip must be reset after its clock was turned on.
    pub const RST_AFTER_CLK_EN: u32 = bindings::PHY_RST_AFTER_CLK_EN as u32;
    /// The cable test has no interrupt.
    pub const POLL_CABLE_TEST: u32 = bindings::PHY_POLL_CABLE_TEST as u32;
    /// The driver wants to know of a suspend even if the chip has to stay awake.
    #[cfg(kmod_has = "const:PHY_ALWAYS_CALL_SUSPEND")]
    pub const ALWAYS_CALL_SUSPEND: u32 = bindings::PHY_ALWAYS_CALL_SUSPEND as u32;
    /// The driver wants to know of a suspend even if the chip has to stay awake. Before v6.5 there is no way to tell.
    #[cfg(not(kmod_has = "const:PHY_ALWAYS_CALL_SUSPEND"))]
    pub const ALWAYS_CALL_SUSPEND: u32 = 0;
}

/// The C callbacks of `T`.
struct Adapter<T: Driver>(PhantomData<T>);

/// The result of a callback that has no value.
fn status(result: Result) -> c_int {
    from_result(|| result.map(|()| 0))
}

// Each of these has the requirement that the library calls it for a device of the driver, with the device's lock held or
// the device not yet in use. That is what `Device::from_raw` asks for.
impl<T: Driver> Adapter<T> {
    unsafe extern "C" fn soft_reset_callback(phydev: *mut bindings::phy_device) -> c_int {
        // SAFETY: the requirement of all callbacks.
        status(T::soft_reset(unsafe { Device::from_raw(phydev) }))
    }

    unsafe extern "C" fn probe_callback(phydev: *mut bindings::phy_device) -> c_int {
        // SAFETY: the requirement of all callbacks.
        status(T::probe(unsafe { Device::from_raw(phydev) }))
    }

    unsafe extern "C" fn get_features_callback(phydev: *mut bindings::phy_device) -> c_int {
        // SAFETY: the requirement of all callbacks.
        status(T::get_features(unsafe { Device::from_raw(phydev) }))
    }

    unsafe extern "C" fn suspend_callback(phydev: *mut bindings::phy_device) -> c_int {
        // SAFETY: the requirement of all callbacks.
        status(T::suspend(unsafe { Device::from_raw(phydev) }))
    }

    unsafe extern "C" fn resume_callback(phydev: *mut bindings::phy_device) -> c_int {
        // SAFETY: the requirement of all callbacks.
        status(T::resume(unsafe { Device::from_raw(phydev) }))
    }

    unsafe extern "C" fn config_aneg_callback(phydev: *mut bindings::phy_device) -> c_int {
        // SAFETY: the requirement of all callbacks.
        status(T::config_aneg(unsafe { Device::from_raw(phydev) }))
    }

    unsafe extern "C" fn read_status_callback(phydev: *mut bindings::phy_device) -> c_int {
        // SAFETY: the requirement of all callbacks.
        status(T::read_status(unsafe { Device::from_raw(phydev) }).map(|_| ()))
    }

    unsafe extern "C" fn match_phy_device_callback(
        phydev: *mut bindings::phy_device,
        // Since v6.16.
        #[cfg(kmod_has = "field:phy_driver.match_phy_device/2")] _phydrv: *const bindings::phy_driver,
    ) -> c_int {
        // SAFETY: the requirement of all callbacks.
        T::match_phy_device(unsafe { Device::from_raw(phydev) }).into()
    }

    unsafe extern "C" fn read_mmd_callback(phydev: *mut bindings::phy_device, devnum: c_int, regnum: u16) -> c_int {
        // SAFETY: the requirement of all callbacks.
        let dev = unsafe { Device::from_raw(phydev) };
        // Units have numbers of five bits.
        from_result(|| T::read_mmd(dev, devnum as u8, regnum).map(c_int::from))
    }

    unsafe extern "C" fn write_mmd_callback(
        phydev: *mut bindings::phy_device,
        devnum: c_int,
        regnum: u16,
        val: u16,
    ) -> c_int {
        // SAFETY: the requirement of all callbacks.
        let dev = unsafe { Device::from_raw(phydev) };
        // Units have numbers of five bits.
        status(T::write_mmd(dev, devnum as u8, regnum, val))
    }

    unsafe extern "C" fn link_change_notify_callback(phydev: *mut bindings::phy_device) {
        // SAFETY: the requirement of all callbacks.
        T::link_change_notify(unsafe { Device::from_raw(phydev) });
    }
}

/// The C side of a [`Driver`]; C's `struct phy_driver`.
///
/// # Invariants
///
/// The callbacks are those of one driver.
#[repr(transparent)]
pub struct DriverVTable(Opaque<bindings::phy_driver>);

// SAFETY: `&self` gives no access.
unsafe impl Sync for DriverVTable {}

/// The C side of `T`.
///
/// [`module_phy_driver!`](crate::module_phy_driver) does this for all drivers of a module.
pub const fn create_phy_driver<T: Driver>() -> DriverVTable {
    // All callbacks are optional.
    DriverVTable(Opaque::new(bindings::phy_driver {
        name: T::NAME.as_ptr().cast_mut().cast(),
        flags: T::FLAGS,
        phy_id: T::PHY_DEVICE_ID.id(),
        phy_id_mask: T::PHY_DEVICE_ID.mask_as_int(),
        soft_reset: if T::HAS_SOFT_RESET { Some(Adapter::<T>::soft_reset_callback) } else { None },
        probe: if T::HAS_PROBE { Some(Adapter::<T>::probe_callback) } else { None },
        get_features: if T::HAS_GET_FEATURES { Some(Adapter::<T>::get_features_callback) } else { None },
        match_phy_device: if T::HAS_MATCH_PHY_DEVICE { Some(Adapter::<T>::match_phy_device_callback) } else { None },
        suspend: if T::HAS_SUSPEND { Some(Adapter::<T>::suspend_callback) } else { None },
        resume: if T::HAS_RESUME { Some(Adapter::<T>::resume_callback) } else { None },
        config_aneg: if T::HAS_CONFIG_ANEG { Some(Adapter::<T>::config_aneg_callback) } else { None },
        read_status: if T::HAS_READ_STATUS { Some(Adapter::<T>::read_status_callback) } else { None },
        read_mmd: if T::HAS_READ_MMD { Some(Adapter::<T>::read_mmd_callback) } else { None },
        write_mmd: if T::HAS_WRITE_MMD { Some(Adapter::<T>::write_mmd_callback) } else { None },
        link_change_notify: if T::HAS_LINK_CHANGE_NOTIFY {
            Some(Adapter::<T>::link_change_notify_callback)
        } else {
            None
        },
        ..pin_init::zeroed()
    }))
}

/// A driver of PHYs.
///
/// Where a function is left out, the library does what the standard says.
#[vtable]
pub trait Driver {
    /// What sets the chips apart: a union of [`flags`].
    const FLAGS: u32 = 0;

    /// The name that user space sees.
    const NAME: &'static CStr;

    /// Which chips the driver is for, unless it has [`match_phy_device`](Self::match_phy_device).
    const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_custom_mask(0, 0);

    /// Resets the chip.
    fn soft_reset(_dev: &mut Device) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A chip turned up.
    fn probe(_dev: &mut Device) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Finds out what the chip can do.
    fn get_features(_dev: &mut Device) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Whether the driver is for this chip.
    fn match_phy_device(_dev: &Device) -> bool {
        false
    }

    /// Lets the two ends negotiate, or sets what was chosen.
    fn config_aneg(_dev: &mut Device) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Finds out the state of the link.
    fn read_status(_dev: &mut Device) -> Result<u16> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Lets the chip sleep.
    fn suspend(_dev: &mut Device) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Wakes the chip.
    fn resume(_dev: &mut Device) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Reads a register of clause 45.
    fn read_mmd(_dev: &mut Device, _devnum: u8, _regnum: u16) -> Result<u16> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Writes a register of clause 45.
    fn write_mmd(_dev: &mut Device, _devnum: u8, _regnum: u16, _val: u16) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The link came up or went down.
    fn link_change_notify(_dev: &mut Device) {}
}

/// Registered drivers. Dropping it unregisters them.
///
/// # Invariants
///
/// The drivers were registered by `phy_drivers_register`.
pub struct Registration {
    drivers: Pin<&'static mut [DriverVTable]>,
}

// SAFETY: drivers may be unregistered on any thread.
unsafe impl Send for Registration {}

impl Registration {
    /// Registers drivers, all or none.
    pub fn register(module: &'static crate::ThisModule, drivers: Pin<&'static mut [DriverVTable]>) -> Result<Self> {
        if drivers.is_empty() {
            return Err(EINVAL);
        }
        let count = c_int::try_from(drivers.len())?;
        // SAFETY: the drivers are static, ours alone, and transparent over `phy_driver`.
        to_result(unsafe { bindings::phy_drivers_register(drivers[0].0.get(), count, module.as_ptr()) })?;
        Ok(Registration { drivers })
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: the drivers are registered by the type invariant.
        unsafe { bindings::phy_drivers_unregister(self.drivers[0].0.get(), self.drivers.len() as c_int) };
    }
}

/// An identifier of chips, with a mask of the bits that count.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct DeviceId(bindings::mdio_device_id);

impl DeviceId {
    /// All bits count.
    pub const fn new_with_exact_mask(id: u32) -> Self {
        Self::new_with_custom_mask(id, !0)
    }

    /// All but the revision counts.
    pub const fn new_with_model_mask(id: u32) -> Self {
        Self::new_with_custom_mask(id, !0 << 4)
    }

    /// The vendor counts.
    pub const fn new_with_vendor_mask(id: u32) -> Self {
        Self::new_with_custom_mask(id, !0 << 10)
    }

    /// The bits of `mask` count.
    pub const fn new_with_custom_mask(id: u32, mask: u32) -> Self {
        Self(bindings::mdio_device_id { phy_id: id, phy_id_mask: mask })
    }

    /// The chips of the driver `T`.
    pub const fn new_with_driver<T: Driver>() -> Self {
        T::PHY_DEVICE_ID
    }

    /// The identifier.
    pub const fn id(&self) -> u32 {
        self.0.phy_id
    }

    /// The mask.
    pub const fn mask_as_int(&self) -> u32 {
        self.0.phy_id_mask
    }

    /// The C object.
    #[doc(hidden)]
    pub const fn mdio_device_id(&self) -> bindings::mdio_device_id {
        self.0
    }
}

// SAFETY: the type is transparent over `mdio_device_id`, a table of which ends with one that is all zeroes.
unsafe impl RawDeviceId for DeviceId {
    type RawType = bindings::mdio_device_id;
}

/// Declares a module that has PHY drivers and nothing else.
///
/// `drivers` lists implementations of [`Driver`](crate::net::phy::Driver), and `device_table` the
/// [`DeviceId`](crate::net::phy::DeviceId)s for which the module is to be loaded. The other fields are those of
/// [`module!`](crate::prelude::module).
///
/// # Examples
///
/// ```
/// # mod module_phy_driver_doc {
/// use kernel::{net::phy::{self, DeviceId}, prelude::*};
///
/// kernel::module_phy_driver! {
///     drivers: [Fast, Faster],
///     device_table: [
///         DeviceId::new_with_driver::<Fast>(),
///         DeviceId::new_with_driver::<Faster>()
///     ],
///     name: "acme_phy",
///     authors: ["ACME"],
///     description: "ACME PHYs",
///     license: "GPL",
/// }
///
/// struct Fast;
///
/// #[vtable]
/// impl phy::Driver for Fast {
///     const NAME: &'static CStr = c"ACME Fast";
///     const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(0x0123_4561);
/// }
///
/// struct Faster;
///
/// #[vtable]
/// impl phy::Driver for Faster {
///     const NAME: &'static CStr = c"ACME Faster";
///     const PHY_DEVICE_ID: DeviceId = DeviceId::new_with_exact_mask(0x0123_4562);
/// }
/// # }
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! module_phy_driver {
    (drivers: [$($driver:ident),+ $(,)?], device_table: [$($dev:expr),+ $(,)?], $($f:tt)*) => {
        struct Module {
            _reg: $crate::net::phy::Registration,
        }

        $crate::prelude::module! {
            type: Module,
            $($f)*
        }

        $crate::module_device_table!("mdio", PHY_DEVICE_TABLE, $crate::net::phy::DeviceId, [$($dev),+]);

        const _: () = {
            static mut DRIVERS: [$crate::net::phy::DriverVTable; [$(::core::stringify!($driver)),+].len()] =
                [$($crate::net::phy::create_phy_driver::<$driver>()),+];

            impl $crate::Module for Module {
                fn init(module: &'static $crate::ThisModule) -> $crate::error::Result<Self> {
                    // SAFETY: nothing outside this block can name the array, and a module is initialised once.
                    let drivers = unsafe { &mut *(&raw mut DRIVERS) };
                    let reg = $crate::net::phy::Registration::register(
                        module,
                        ::core::pin::Pin::static_mut(drivers),
                    )?;
                    Ok(Module { _reg: reg })
                }
            }
        };
    };
}
