// SPDX-License-Identifier: GPL-2.0

//! What all bus drivers share: registration, and the `module_*_driver!` macros.
//!
//! C header: [`include/linux/device/driver.h`](srctree/include/linux/device/driver.h)
//!
//! A driver implements its bus' `Driver` trait (e.g. [`pci::Driver`](crate::pci::Driver)). The bus' `Adapter` turns
//! that into C callbacks, and a [`Registration`] of the adapter makes the driver known to the bus for as long as it
//! lives. [`module_driver!`](crate::module_driver) writes a module that does nothing else.
//!
//! # Lifetime of the driver's data
//!
//! What `probe` returns is kept with the device and dropped after all that was attached to the device with devres is
//! gone. Mainline has a field in `struct device_driver` for this, which older kernels lack; here an adapter reserves
//! the place first thing in `probe` (`Device::reserve_drvdata`), and as devres releases in reverse order, it is dropped
//! last.
//!
//! # Examples
//!
//! A module with drivers for two buses:
//!
//! ```
//! use kernel::{device::Core, driver, pci, platform, prelude::*, InPlaceModule};
//!
//! struct Board;
//! struct Card;
//!
//! kernel::pci_device_table!(CARDS, (), [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 0x5), ())]);
//!
//! impl pci::Driver for Card {
//!     type IdInfo = ();
//!     type Data<'bound> = Self;
//!     const ID_TABLE: pci::IdTable<Self::IdInfo> = &CARDS;
//!
//!     fn probe<'bound>(
//!         _dev: &'bound pci::Device<Core<'_>>,
//!         _info: Option<&'bound Self::IdInfo>,
//!     ) -> impl PinInit<Self, Error> + 'bound {
//!         Ok(Card)
//!     }
//! }
//!
//! impl platform::Driver for Board {
//!     type IdInfo = ();
//!     type Data<'bound> = Self;
//!
//!     fn probe<'bound>(
//!         _dev: &'bound platform::Device<Core<'_>>,
//!         _info: Option<&'bound Self::IdInfo>,
//!     ) -> impl PinInit<Self, Error> + 'bound {
//!         Ok(Board)
//!     }
//! }
//!
//! #[pin_data]
//! struct Drivers {
//!     #[pin]
//!     card: driver::Registration<pci::Adapter<Card>>,
//!     #[pin]
//!     board: driver::Registration<platform::Adapter<Board>>,
//! }
//!
//! impl InPlaceModule for Drivers {
//!     fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
//!         try_pin_init!(Self {
//!             card <- driver::Registration::new(c"my_card", module),
//!             board <- driver::Registration::new(c"my_board", module),
//!         })
//!     }
//! }
//! ```

use crate::{acpi, device, error::from_result, of, prelude::*, types::Opaque};

/// Runs a bus' `probe` for C. When allocations are to fail, one of it does.
pub(crate) fn probe_result(probe: impl FnOnce() -> Result<c_int>) -> c_int {
    #[cfg(kmod_fail_alloc)]
    let probe = || crate::kunit::fail_alloc::probe(probe);
    from_result(probe)
}

/// The C side of a bus' driver: its structure, and the data that the driver keeps with each device.
///
/// # Safety
///
/// [`Self::DriverType`] is the bus' driver structure, with a `struct device_driver` at [`Self::DEVICE_DRIVER_OFFSET`],
/// and the driver data of each device bound to such a driver has type [`Self::DriverData`].
pub unsafe trait DriverLayout {
    /// The bus' driver structure, e.g. `struct pci_driver`.
    type DriverType: Default;

    /// What the driver keeps with a bound device.
    type DriverData<'bound>;

    /// Where [`Self::DriverType`] has its `struct device_driver`.
    const DEVICE_DRIVER_OFFSET: usize;
}

/// How a bus registers a driver.
///
/// # Safety
///
/// After [`Self::register`] succeeded, the driver stays registered until [`Self::unregister`], and C uses nothing of it
/// after that.
pub unsafe trait RegistrationOps: DriverLayout {
    /// Fills in and registers the driver.
    ///
    /// # Safety
    ///
    /// When it succeeds, `reg` stays in place, and is not used otherwise, until [`Self::unregister`] was called for it.
    unsafe fn register(reg: &Opaque<Self::DriverType>, name: &'static CStr, module: &'static ThisModule) -> Result;

    /// Unregisters the driver; all its devices are unbound.
    ///
    /// # Safety
    ///
    /// `reg` was registered with [`Self::register`] and has not been unregistered since.
    unsafe fn unregister(reg: &Opaque<Self::DriverType>);
}

/// A driver that is registered with its bus.
///
/// # Invariants
///
/// `reg` is registered.
#[pin_data(PinnedDrop)]
pub struct Registration<T: RegistrationOps> {
    #[pin]
    reg: Opaque<T::DriverType>,
}

// SAFETY: `&Registration` allows nothing.
unsafe impl<T: RegistrationOps> Sync for Registration<T> {}
// SAFETY: A driver may be unregistered from any thread that may sleep.
unsafe impl<T: RegistrationOps> Send for Registration<T> {}

impl<T: RegistrationOps> Registration<T> {
    /// Registers a driver with its bus.
    pub fn new(name: &'static CStr, module: &'static ThisModule) -> impl PinInit<Self, Error>
    where
        T: 'static,
    {
        try_pin_init!(Self {
            // INVARIANT: The initialiser fails unless the driver was registered.
            reg <- Opaque::try_ffi_init(move |reg: *mut T::DriverType| {
                // SAFETY: `reg` is valid for writes.
                unsafe { reg.write(T::DriverType::default()) };
                // SAFETY: `reg` was just initialised, is pinned, and only we have it.
                let reg = unsafe { &*Opaque::cast_from(reg) };
                // SAFETY: `reg` is pinned and private, and `PinnedDrop` unregisters it.
                unsafe { T::register(reg, name, module) }
            }),
        })
    }
}

#[pinned_drop]
impl<T: RegistrationOps> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type's invariant, it is registered.
        unsafe { T::unregister(&self.reg) };
    }
}

/// Declares a module that does nothing but register one driver.
///
/// Bus abstractions wrap this in a macro of their own.
#[macro_export]
macro_rules! module_driver {
    (<$gen_type:ident>, $driver_ops:ty, { type: $type:ty, $($f:tt)* }) => {
        type Ops<$gen_type> = $driver_ops;

        #[$crate::prelude::pin_data]
        struct DriverModule {
            #[pin]
            _driver: $crate::driver::Registration<Ops<$type>>,
        }

        impl $crate::InPlaceModule for DriverModule {
            fn init(
                module: &'static $crate::ThisModule,
            ) -> impl $crate::prelude::PinInit<Self, $crate::error::Error> {
                $crate::try_pin_init!(Self {
                    _driver <- $crate::driver::Registration::new(
                        <LocalModule as $crate::ModuleMetadata>::NAME,
                        module,
                    ),
                })
            }
        }

        $crate::prelude::module! {
            type: DriverModule,
            $($f)*
        }
    };
}

/// Drivers whose devices are described by firmware: how their ACPI and devicetree tables are found and read.
pub trait Adapter {
    /// What the driver knows of each id.
    type IdInfo: 'static;

    /// The driver's table of ACPI ids.
    fn acpi_id_table() -> Option<acpi::IdTable<Self::IdInfo>>;

    /// The driver's table of devicetree ids.
    fn of_id_table() -> Option<of::IdTable<Self::IdInfo>>;

    /// What the driver's tables say of `dev`.
    ///
    /// # Safety
    ///
    /// `dev` is bound, or being bound, to a driver whose tables are those of this adapter.
    unsafe fn id_info(dev: &device::Device) -> Option<&'static Self::IdInfo> {
        // SAFETY: `dev.as_raw()` is a valid device that has a driver.
        let info = unsafe { bindings::device_get_match_data(dev.as_raw()) };
        // SAFETY: The match data of an id is null or, by the requirements of this function, what `IdArray::new` stored.
        unsafe { info.cast::<Self::IdInfo>().as_ref() }
    }
}
