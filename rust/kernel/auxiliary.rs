// SPDX-License-Identifier: GPL-2.0

//! The auxiliary bus: parts of a device that have drivers of their own.
//!
//! C header: [`include/linux/auxiliary_bus.h`](srctree/include/linux/auxiliary_bus.h)
//!
//! The driver of the whole device registers the parts ([`Registration`]), with data that the parts' drivers can reach
//! ([`Device::registration_data`]). The bus came with v5.11: this module is there when the kernel has it.
//!
//! The data is reached only from the module that registered the device: what another module was compiled with, its
//! types do not tell.
//!
//! # Examples
//!
//! ```
//! use kernel::{auxiliary, device::{Bound, Core, Device}, prelude::*};
//!
//! struct Port;
//! struct Shared {
//!     speed: u32,
//! }
//!
//! kernel::auxiliary_device_table!(PORTS, u32, [(auxiliary::DeviceId::new(c"my_card", c"port"), 8)]);
//!
//! impl auxiliary::Driver for Port {
//!     type IdInfo = u32;
//!     type Data<'bound> = Self;
//!     const ID_TABLE: auxiliary::IdTable<u32> = &PORTS;
//!
//!     fn probe<'bound>(
//!         dev: &'bound auxiliary::Device<Core<'_>>,
//!         lanes: &'bound u32,
//!     ) -> impl PinInit<Self, Error> + 'bound {
//!         let shared = dev.registration_data::<kernel::types::CovariantForLt!(Shared)>()?;
//!         dev_info!(dev, "port {}: {lanes} lanes at {}\n", dev.id(), shared.speed);
//!         Ok(Port)
//!     }
//! }
//!
//! fn add_port(
//!     card: &Device<Bound>,
//! ) -> Result<auxiliary::Registration<'_, kernel::types::CovariantForLt!(Shared)>> {
//!     auxiliary::Registration::new(card, c"port", 0, c"my_card", Ok::<_, Error>(Shared { speed: 10 }))
//! }
//! ```

use crate::{
    container_of,
    device::{self, Bound},
    device_id::{RawDeviceId, RawDeviceIdIndex},
    driver,
    error::to_result,
    prelude::*,
    str::CString,
    types::{CovariantForLt, ForLt, ForeignOwnable, Opaque},
};
use core::{
    any::TypeId,
    marker::PhantomData,
    mem::offset_of,
    ptr::{addr_of_mut, null_mut, NonNull},
};

/// Makes a [`Driver`] something that [`driver::Registration`] can register.
pub struct Adapter<T: Driver>(T);

// SAFETY: A `struct auxiliary_driver` has its `struct device_driver` in the field `driver`, and `probe_callback` keeps
// `T::Data`.
unsafe impl<T: Driver> driver::DriverLayout for Adapter<T> {
    type DriverType = bindings::auxiliary_driver;
    type DriverData<'bound> = T::Data<'bound>;
    const DEVICE_DRIVER_OFFSET: usize = offset_of!(Self::DriverType, driver);
}

// SAFETY: `auxiliary_driver_unregister` returns when the driver is used no more.
unsafe impl<T: Driver> driver::RegistrationOps for Adapter<T> {
    unsafe fn register(adrv: &Opaque<Self::DriverType>, name: &'static CStr, module: &'static ThisModule) -> Result {
        let adrv = adrv.get();

        // SAFETY: By the requirements of this function, nobody else uses `adrv` yet.
        unsafe {
            (*adrv).name = name.as_char_ptr();
            (*adrv).probe = Some(Self::probe_callback);
            (*adrv).remove = Some(Self::remove_callback);
            (*adrv).id_table = T::ID_TABLE.as_ptr();
        }

        // SAFETY: `adrv` is filled in, and stays in place until it is unregistered.
        to_result(unsafe { bindings::__auxiliary_driver_register(adrv, module.as_ptr(), name.as_char_ptr()) })
    }

    unsafe fn unregister(adrv: &Opaque<Self::DriverType>) {
        // SAFETY: By the requirements of this function, it is registered.
        unsafe { bindings::auxiliary_driver_unregister(adrv.get()) };
    }
}

impl<T: Driver> Adapter<T> {
    extern "C" fn probe_callback(
        adev: *mut bindings::auxiliary_device,
        id: *const bindings::auxiliary_device_id,
    ) -> c_int {
        // SAFETY: The bus calls this with a valid device, whose lock it holds, in the course of binding it.
        let adev = unsafe { &*adev.cast::<Device<device::CoreInternal<'_>>>() };
        // SAFETY: The bus gives the entry that matched; `DeviceId` is a transparent wrapper.
        let id = unsafe { &*id.cast::<DeviceId>() };

        driver::probe_result(|| {
            let dev: &device::Device<device::CoreInternal<'_>> = adev.as_ref();
            dev.reserve_drvdata()?;

            // SAFETY: The entry is one of `T::ID_TABLE`: this bus matches by nothing else.
            let info = unsafe { id.info_unchecked::<T::IdInfo>() };
            dev.set_drvdata(T::probe(adev, info))?;
            Ok(0)
        })
    }

    extern "C" fn remove_callback(adev: *mut bindings::auxiliary_device) {
        // SAFETY: The bus calls this with a valid device, whose lock it holds, that was bound by `probe_callback`.
        let adev = unsafe { &*adev.cast::<Device<device::CoreInternal<'_>>>() };
        let dev: &device::Device<device::CoreInternal<'_>> = adev.as_ref();

        // SAFETY: `probe_callback` has succeeded, hence set the data.
        let data = unsafe { dev.drvdata_borrow::<T::Data<'_>>() };
        T::unbind(adev, data);
    }
}

/// Declares a module that is one auxiliary driver.
#[macro_export]
macro_rules! module_auxiliary_driver {
    ($($f:tt)*) => {
        $crate::module_driver!(<T>, $crate::auxiliary::Adapter<T>, { $($f)* });
    };
}

/// Which devices an entry of a driver's table is for.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct DeviceId(bindings::auxiliary_device_id);

impl DeviceId {
    /// Devices that module `modname` registered as `name`: together short enough for the C structure.
    #[inline(always)]
    pub const fn new(modname: &'static CStr, name: &'static CStr) -> Self {
        let (modname, name) = (modname.to_bytes(), name.to_bytes());
        let mut id: bindings::auxiliary_device_id = pin_init::zeroed();
        build_assert!(modname.len() + 1 + name.len() < id.name.len(), "the names are too long");

        let mut i = 0;
        while i < modname.len() {
            id.name[i] = modname[i];
            i += 1;
        }
        id.name[i] = b'.';
        let start = i + 1;
        let mut i = 0;
        while i < name.len() {
            id.name[start + i] = name[i];
            i += 1;
        }
        Self(id)
    }
}

// SAFETY: `DeviceId` is a transparent wrapper around `struct auxiliary_device_id`, a table of which ends with zeros.
unsafe impl RawDeviceId for DeviceId {
    type RawType = bindings::auxiliary_device_id;
}

// SAFETY: `driver_data` is a `kernel_ulong_t`, for the driver.
unsafe impl RawDeviceIdIndex for DeviceId {
    const DRIVER_DATA_OFFSET: usize = offset_of!(bindings::auxiliary_device_id, driver_data);
}

/// A driver's table of auxiliary ids.
pub type IdTable<T> = &'static dyn crate::device_id::IdTable<DeviceId, T>;

/// Defines a driver's table of auxiliary ids: its name, the type of the data, and pairs of id and data.
#[macro_export]
macro_rules! auxiliary_device_table {
    ($table_name:ident, $id_info_type:ty, $table_data:tt $(,)?) => {
        $crate::module_device_table!("auxiliary", $table_name, $crate::auxiliary::DeviceId, $id_info_type, $table_data);
    };
}

/// An auxiliary driver. See the [module](self)'s example.
pub trait Driver {
    /// What the driver knows of each id of its table.
    type IdInfo: 'static;

    /// What the driver keeps with a device while it is bound.
    type Data<'bound>: Send + 'bound;

    /// The devices that the driver is for.
    const ID_TABLE: IdTable<Self::IdInfo>;

    /// Binds a device: called when one of [`Self::ID_TABLE`] turns up.
    fn probe<'bound>(
        dev: &'bound Device<device::Core<'_>>,
        id_info: &'bound Self::IdInfo,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound;

    /// Called before the device's resources and the driver's data are dropped, for what needs the device to be operated
    /// once more.
    fn unbind<'bound>(dev: &'bound Device<device::Core<'_>>, this: Pin<&Self::Data<'bound>>) {
        let _ = (dev, this);
    }
}

/// An auxiliary device.
///
/// # Invariants
///
/// The C device is valid, and what `Ctx` promises holds.
#[repr(transparent)]
pub struct Device<Ctx: device::DeviceContext = device::Normal>(Opaque<bindings::auxiliary_device>, PhantomData<Ctx>);

impl<Ctx: device::DeviceContext> Device<Ctx> {
    fn as_raw(&self) -> *mut bindings::auxiliary_device {
        self.0.get()
    }

    /// The number that tells this device from others of that name.
    pub fn id(&self) -> u32 {
        // SAFETY: The device is valid; this does not change.
        unsafe { (*self.as_raw()).id }
    }
}

impl Device<device::Bound> {
    /// The device that this is a part of.
    pub fn parent(&self) -> &device::Device<device::Bound> {
        let parent = (**self).parent();
        // SAFETY: A part is registered while the whole is bound, and unregistered, hence unbound, before that ends.
        unsafe { parent.as_bound() }
    }

    /// The data that the device was registered with.
    ///
    /// Fails with `ENOENT` if it was registered by something else than a [`Registration`] of this module, and with
    /// `EINVAL` if the data is of another type.
    fn data<F: ForLt + 'static>(&self) -> Result<Pin<&F::Of<'static>>> {
        // SAFETY: The device is valid.
        let release = unsafe { (*self.as_raw()).dev.release };
        let ours: unsafe extern "C" fn(*mut bindings::device) = release_device;
        if release.is_none_or(|release| !core::ptr::fn_addr_eq(release, ours)) {
            return Err(ENOENT);
        }

        // SAFETY: With that release function, the device is part of a `RawDevice`.
        let raw = unsafe { &*container_of!(self.as_raw(), RawDevice, adev) };
        // SAFETY: By the type's invariant; the data is dropped after the device was unbound, hence lives as long as
        // `self`.
        let type_id = unsafe { *raw.data.cast::<TypeId>() };
        if type_id != TypeId::of::<F>() {
            return Err(EINVAL);
        }

        // SAFETY: As above; it is `Data<F>`, as the type was that.
        let data = unsafe { Pin::<KBox<Data<F>>>::borrow(raw.data) };
        // SAFETY: `data` is structurally pinned.
        Ok(unsafe { data.map_unchecked(|data| &data.data) })
    }

    /// Calls `f` with the data that the device was registered with. Fails as [`Self::registration_data`] does.
    pub fn registration_data_with<F: ForLt + 'static, R>(
        &self,
        f: impl for<'a> FnOnce(Pin<&'a F::Of<'a>>) -> R,
    ) -> Result<R> {
        let data = core::ptr::from_ref(self.data::<F>()?.get_ref()).cast::<F::Of<'_>>();
        // SAFETY: The data is pinned, and lives during this call; what it borrows does too. `f`, which works for any
        // lifetime, cannot keep it.
        Ok(f(unsafe { Pin::new_unchecked(&*data) }))
    }

    /// The data that the device was registered with.
    ///
    /// Fails with `ENOENT` if it was registered by something else than a [`Registration`] of this module, and with
    /// `EINVAL` if the data is of another type.
    pub fn registration_data<F: CovariantForLt + 'static>(&self) -> Result<Pin<&F::Of<'_>>> {
        let data = self.data::<F>()?;
        // SAFETY: The value stays where it is.
        Ok(unsafe { Pin::new_unchecked(F::cast_ref(data.get_ref())) })
    }
}

impl Device {
    /// The device that this is a part of.
    pub fn parent(&self) -> &device::Device {
        let dev: &device::Device = self.as_ref();
        // SAFETY: The bus does not take devices without a parent, and a device holds a reference to it.
        unsafe { device::Device::from_raw((*dev.as_raw()).parent) }
    }
}

// SAFETY: A `struct auxiliary_device` has its `struct device` in the field `dev`, which `as_ref` gives.
unsafe impl<Ctx: device::DeviceContext> device::AsBusDevice<Ctx> for Device<Ctx> {
    const OFFSET: usize = offset_of!(bindings::auxiliary_device, dev);
}

// The context is a `PhantomData`: it has no part in the layout.
crate::impl_device_context_deref!(unsafe { Device });
crate::impl_device_context_into_aref!(Device);

// SAFETY: `get_device` and `put_device` count references; the device lives while there are any.
unsafe impl crate::sync::aref::AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        // SAFETY: The device is valid.
        unsafe { bindings::get_device(self.as_ref().as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        let adev: *mut bindings::auxiliary_device = obj.cast().as_ptr();
        // SAFETY: The caller gives up a reference, so the device is still valid here.
        unsafe { bindings::put_device(addr_of_mut!((*adev).dev)) };
    }
}

impl<Ctx: device::DeviceContext> AsRef<device::Device<Ctx>> for Device<Ctx> {
    fn as_ref(&self) -> &device::Device<Ctx> {
        // SAFETY: The device is valid, hence so is this field.
        let dev = unsafe { addr_of_mut!((*self.as_raw()).dev) };
        // SAFETY: It lives as long as `self`, and what is known of `self` holds for it.
        unsafe { device::Device::from_raw(dev) }
    }
}

// SAFETY: The reference to a device may be dropped in any thread.
unsafe impl Send for Device {}

// SAFETY: What `&Device` allows is synchronised by C or constant.
unsafe impl Sync for Device {}

// SAFETY: As above; being bound is nothing that belongs to a thread.
unsafe impl Sync for Device<device::Bound> {}

/// The data of a registration.
#[repr(C)]
#[pin_data]
struct Data<F: ForLt + 'static> {
    // First: it is read before the type is known.
    type_id: TypeId,
    #[pin]
    data: F::Of<'static>,
}

/// A device that a [`Registration`] made.
///
/// # Invariants
///
/// `data` is a `Pin<KBox<Data<F>>>`, until the device has been unbound for good.
#[repr(C)]
struct RawDevice {
    adev: bindings::auxiliary_device,
    /// What `adev.name` points to.
    name: CString,
    data: *mut c_void,
}

/// Frees a device when nobody has it any more.
///
/// # Safety
///
/// `dev` is part of a `RawDevice` from `KBox::into_raw`, and its last reference is gone.
unsafe extern "C" fn release_device(dev: *mut bindings::device) {
    // SAFETY: By the requirements of this function.
    let raw = unsafe {
        let adev = container_of!(dev, bindings::auxiliary_device, dev);
        container_of!(adev, RawDevice, adev)
    };
    // SAFETY: As above.
    drop(unsafe { KBox::from_raw(raw) });
}

/// An auxiliary device that is registered until this is dropped.
///
/// `F` names the type of the data, which may borrow from what lives as long as the parent is bound.
///
/// # Invariants
///
/// `device` is registered, its parent bound.
pub struct Registration<'a, F: ForLt + 'static> {
    device: NonNull<RawDevice>,
    _parent: PhantomData<&'a device::Device<Bound>>,
    _data: PhantomData<F::Of<'a>>,
}

impl<'a, F: ForLt> Registration<'a, F>
where
    for<'b> F::Of<'b>: Send + Sync,
{
    /// Registers a device as part of `parent`, with data that may borrow for `'a`.
    ///
    /// # Safety
    ///
    /// The registration is dropped, not leaked, before `'a` ends.
    pub unsafe fn new_with_lt<E>(
        parent: &'a device::Device<device::Bound>,
        name: &CStr,
        id: u32,
        modname: &CStr,
        data: impl PinInit<F::Of<'a>, E>,
    ) -> Result<Self>
    where
        Error: From<E>,
    {
        // SAFETY: Lifetimes have no part in the layout, and the longer one is never handed out.
        let data = unsafe { pin_init::cast_pin_init::<F::Of<'a>, F::Of<'static>, E>(data) };
        let data: Pin<KBox<Data<F>>> = KBox::pin_init::<Error>(
            try_pin_init!(Data {
                type_id: TypeId::of::<F>(),
                data <- data,
            }? Error),
            GFP_KERNEL,
        )?;

        let mut raw = KBox::new(
            RawDevice {
                adev: bindings::auxiliary_device::default(),
                name: CString::try_from(name).map_err(|_| ENOMEM)?,
                data: null_mut(),
            },
            GFP_KERNEL,
        )?;
        raw.adev.name = raw.name.as_char_ptr();
        raw.adev.id = id;
        raw.adev.dev.parent = parent.as_raw();
        raw.adev.dev.release = Some(release_device);
        raw.data = data.into_foreign();
        let raw = KBox::into_raw(raw);

        // SAFETY: `raw` is valid.
        let adev = unsafe { addr_of_mut!((*raw).adev) };
        // SAFETY: `adev` is filled in as the bus wants it. On failure, it has no references yet.
        if let Err(err) = to_result(unsafe { bindings::auxiliary_device_init(adev) }) {
            // SAFETY: Nobody else knows of the data or the device.
            unsafe {
                Self::drop_data(raw);
                drop(KBox::from_raw(raw));
            }
            return Err(err);
        }

        // SAFETY: `adev` was initialised, `modname` is a string.
        let ret = unsafe { bindings::__auxiliary_device_add(adev, modname.as_char_ptr()) };
        if let Err(err) = to_result(ret) {
            // SAFETY: The device was not added, hence never bound. The last reference frees it.
            unsafe {
                Self::drop_data(raw);
                bindings::auxiliary_device_uninit(adev);
            }
            return Err(err);
        }

        // INVARIANT: The device was just added; the caller drops this while the parent is bound.
        Ok(Self {
            // SAFETY: A box is not null.
            device: unsafe { NonNull::new_unchecked(raw) },
            _parent: PhantomData,
            _data: PhantomData,
        })
    }

    /// Registers a device as part of `parent`, with data that borrows nothing.
    pub fn new<E>(
        parent: &'a device::Device<device::Bound>,
        name: &CStr,
        id: u32,
        modname: &CStr,
        data: impl PinInit<F::Of<'a>, E>,
    ) -> Result<Self>
    where
        F::Of<'a>: 'static,
        Error: From<E>,
    {
        // SAFETY: Leaked, it leaves a device behind, with data that stays valid.
        unsafe { Self::new_with_lt(parent, name, id, modname, data) }
    }
}

impl<F: ForLt> Registration<'_, F> {
    /// # Safety
    ///
    /// `raw` is valid, with its data, which nobody uses any more.
    unsafe fn drop_data(raw: *mut RawDevice) {
        // SAFETY: By the requirements of this function.
        drop(unsafe { Pin::<KBox<Data<F>>>::from_foreign((*raw).data) });
    }
}

impl<F: ForLt> Drop for Registration<'_, F> {
    fn drop(&mut self) {
        let raw = self.device.as_ptr();
        // SAFETY: `raw` is valid.
        let adev = unsafe { addr_of_mut!((*raw).adev) };

        // SAFETY: By the type's invariant. This unbinds the device and keeps new drivers off.
        unsafe { bindings::auxiliary_device_delete(adev) };
        // SAFETY: It was reached through the bound device only.
        unsafe { Self::drop_data(raw) };
        // SAFETY: That is the reference that `auxiliary_device_init` gave us.
        unsafe { bindings::auxiliary_device_uninit(adev) };
    }
}

// SAFETY: A device may be unregistered in any thread that may sleep, if its data may be dropped there.
unsafe impl<F: ForLt> Send for Registration<'_, F> where for<'a> F::Of<'a>: Send {}

// SAFETY: `&Registration` allows nothing.
unsafe impl<F: ForLt> Sync for Registration<'_, F> where for<'a> F::Of<'a>: Send {}
