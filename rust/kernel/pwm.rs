// SPDX-License-Identifier: GPL-2.0

//! Chips that make pulses of a given width.
//!
//! C header: [`include/linux/pwm.h`](srctree/include/linux/pwm.h)
//!
//! A driver implements [`PwmOps`] on its data, and makes a [`Chip`] with it, each of whose outputs is a [`Device`]. Wishes
//! are [`Waveform`]s, which the driver rounds to what the hardware can do, [`PwmOps::WfHw`].
//!
//! # Examples
//!
//! ```
//! # mod pwm_doc {
//! # use kernel::prelude::*;
//! use kernel::{device::{self, Bound}, pwm};
//!
//! /// The register of an output: on for this part, of 255, of a millisecond.
//! #[derive(Copy, Clone, Default)]
//! struct Duty(u8);
//!
//! struct Dimmer;
//!
//! impl pwm::PwmOps for Dimmer {
//!     type WfHw = Duty;
//!
//!     fn round_waveform_tohw(
//!         _chip: &pwm::Chip<Self>,
//!         _pwm: &pwm::Device,
//!         wf: &pwm::Waveform,
//!     ) -> Result<pwm::RoundedWaveform<Duty>> {
//!         let duty = (wf.duty_length_ns.min(1_000_000) * 255 / 1_000_000) as u8;
//!         Ok(pwm::RoundedWaveform { status: 0, hardware_waveform: Duty(duty) })
//!     }
//! }
//!
//! fn register(dev: &device::Device<Bound>) -> Result {
//!     pwm::Chip::new(dev, 4, Ok(Dimmer))?.register()?;
//!     Ok(())
//! }
//! # }
//! # Ok::<(), Error>(())
//! ```
//!
//! Only on kernels with `CONFIG_PWM` that know waveforms, which came with v6.13, and export `pwmchip_release`.

use crate::{
    bindings, container_of,
    device::{self, Bound},
    devres,
    error::{from_err_ptr, from_result, to_result, Error, Result},
    prelude::*,
    sync::aref::{ARef, AlwaysRefCounted},
    types::Opaque,
};
use core::{marker::PhantomData, ops::Deref, ptr::NonNull};

/// The wish for an output: high for some time of each period, from an offset on.
#[derive(Copy, Clone, Default, Debug, PartialEq, Eq)]
pub struct Waveform {
    /// How long a period is; 0 for an output that is off.
    pub period_length_ns: u64,
    /// How long the output is high.
    pub duty_length_ns: u64,
    /// When in the period it becomes high.
    pub duty_offset_ns: u64,
}

impl From<bindings::pwm_waveform> for Waveform {
    fn from(wf: bindings::pwm_waveform) -> Self {
        Waveform {
            period_length_ns: wf.period_length_ns,
            duty_length_ns: wf.duty_length_ns,
            duty_offset_ns: wf.duty_offset_ns,
        }
    }
}

impl From<Waveform> for bindings::pwm_waveform {
    fn from(wf: Waveform) -> Self {
        bindings::pwm_waveform {
            period_length_ns: wf.period_length_ns,
            duty_length_ns: wf.duty_length_ns,
            duty_offset_ns: wf.duty_offset_ns,
        }
    }
}

/// How a waveform was rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundingOutcome {
    /// No part of it grew.
    ExactOrRoundedDown,
    /// A part of it grew, as the hardware cannot do less.
    RoundedUp,
}

/// One output of a chip.
///
/// # Invariants
///
/// The C object is valid, and so is its chip.
#[repr(transparent)]
pub struct Device(Opaque<bindings::pwm_device>);

impl Device {
    /// # Safety
    ///
    /// For `'a`, `ptr` must point to a valid output.
    unsafe fn from_raw<'a>(ptr: *mut bindings::pwm_device) -> &'a Self {
        // SAFETY: the type is transparent; the caller answers for the rest.
        unsafe { &*ptr.cast::<Self>() }
    }

    fn as_raw(&self) -> *mut bindings::pwm_device {
        self.0.get()
    }

    /// The number of the output.
    pub fn hwpwm(&self) -> u32 {
        // SAFETY: the output is valid; the number is constant.
        unsafe { (*self.as_raw()).hwpwm }
    }

    /// The chip, whose driver's data must be a `T`.
    pub fn chip<T: PwmOps>(&self) -> &Chip<T> {
        // SAFETY: an output belongs to a chip.
        unsafe { Chip::from_raw((*self.as_raw()).chip) }
    }

    /// Who uses the output, if anybody does.
    pub fn label(&self) -> Option<&CStr> {
        // SAFETY: the output is valid.
        let label = unsafe { (*self.as_raw()).label };
        // SAFETY: the label is a string that stays as long as the user does.
        (!label.is_null()).then(|| unsafe { CStr::from_char_ptr(label) })
    }

    /// Sets a waveform; with `exact`, fails rather than rounding it.
    pub fn set_waveform(&self, wf: &Waveform, exact: bool) -> Result {
        let wf = bindings::pwm_waveform::from(*wf);
        // SAFETY: both are valid.
        let ret = unsafe { bindings::pwm_set_waveform_might_sleep(self.as_raw(), &wf, exact) };
        // 1 tells of rounding up.
        to_result(ret.min(0))
    }

    /// Rounds a waveform to what the hardware can do.
    pub fn round_waveform(&self, wf: &mut Waveform) -> Result<RoundingOutcome> {
        let mut raw = bindings::pwm_waveform::from(*wf);
        // SAFETY: both are valid.
        let ret = unsafe { bindings::pwm_round_waveform_might_sleep(self.as_raw(), &mut raw) };
        to_result(ret.min(0))?;
        *wf = raw.into();
        Ok(if ret == 0 { RoundingOutcome::ExactOrRoundedDown } else { RoundingOutcome::RoundedUp })
    }

    /// The waveform that the hardware makes at present.
    pub fn get_waveform(&self) -> Result<Waveform> {
        let mut wf = bindings::pwm_waveform::from(Waveform::default());
        // SAFETY: both are valid.
        to_result(unsafe { bindings::pwm_get_waveform_might_sleep(self.as_raw(), &mut wf) })?;
        Ok(wf.into())
    }
}

/// What the hardware can do of a wish.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct RoundedWaveform<WfHw> {
    /// 0, or 1 if a part of the waveform grew.
    pub status: c_int,
    /// What is to be written to the hardware.
    pub hardware_waveform: WfHw,
}

/// A driver's data of one chip, and what the driver does with it.
pub trait PwmOps: 'static + Send + Sync + Sized {
    /// A waveform as the hardware has it, of at most 20 bytes.
    type WfHw: Copy + Default;

    /// An output gets a user.
    fn request(_chip: &Chip<Self>, _pwm: &Device, _parent_dev: &device::Device<Bound>) -> Result {
        Ok(())
    }

    /// Measures a signal.
    fn capture(
        _chip: &Chip<Self>,
        _pwm: &Device,
        _result: &mut bindings::pwm_capture,
        _timeout: usize,
        _parent_dev: &device::Device<Bound>,
    ) -> Result {
        Err(ENOTSUPP)
    }

    /// Rounds a waveform to what the hardware can do.
    fn round_waveform_tohw(_chip: &Chip<Self>, _pwm: &Device, _wf: &Waveform) -> Result<RoundedWaveform<Self::WfHw>> {
        Err(ENOTSUPP)
    }

    /// Tells which waveform the hardware makes of a register's contents.
    fn round_waveform_fromhw(_chip: &Chip<Self>, _pwm: &Device, _wfhw: &Self::WfHw, _wf: &mut Waveform) -> Result {
        Err(ENOTSUPP)
    }

    /// Reads what the hardware does.
    fn read_waveform(_chip: &Chip<Self>, _pwm: &Device, _parent_dev: &device::Device<Bound>) -> Result<Self::WfHw> {
        Err(ENOTSUPP)
    }

    /// Tells the hardware what to do.
    fn write_waveform(
        _chip: &Chip<Self>,
        _pwm: &Device,
        _wfhw: &Self::WfHw,
        _parent_dev: &device::Device<Bound>,
    ) -> Result {
        Err(ENOTSUPP)
    }
}

/// The C callbacks of `T`, each of which the library calls for an output of a chip with a `T`, registered and so with a
/// parent that is bound.
struct Adapter<T: PwmOps>(PhantomData<T>);

impl<T: PwmOps> Adapter<T> {
    unsafe extern "C" fn request_callback(chip: *mut bindings::pwm_chip, pwm: *mut bindings::pwm_device) -> c_int {
        // SAFETY: see the type.
        let (chip, pwm) = unsafe { (Chip::<T>::from_raw(chip), Device::from_raw(pwm)) };
        // SAFETY: see the type.
        from_result(|| T::request(chip, pwm, unsafe { chip.bound_parent_device() }).map(|()| 0))
    }

    unsafe extern "C" fn capture_callback(
        chip: *mut bindings::pwm_chip,
        pwm: *mut bindings::pwm_device,
        result: *mut bindings::pwm_capture,
        timeout: c_ulong,
    ) -> c_int {
        // SAFETY: see the type; the result is ours to write.
        let (chip, pwm, result) = unsafe { (Chip::<T>::from_raw(chip), Device::from_raw(pwm), &mut *result) };
        // SAFETY: see the type.
        from_result(|| T::capture(chip, pwm, result, timeout, unsafe { chip.bound_parent_device() }).map(|()| 0))
    }

    unsafe extern "C" fn round_waveform_tohw_callback(
        chip: *mut bindings::pwm_chip,
        pwm: *mut bindings::pwm_device,
        wf: *const bindings::pwm_waveform,
        wfhw: *mut c_void,
    ) -> c_int {
        // SAFETY: see the type; the waveform is valid.
        let (chip, pwm, wf) = unsafe { (Chip::<T>::from_raw(chip), Device::from_raw(pwm), Waveform::from(*wf)) };
        from_result(|| {
            let rounded = T::round_waveform_tohw(chip, pwm, &wf)?;
            // SAFETY: `wfhw` has room for `sizeof_wfhw` bytes.
            unsafe { wfhw.cast::<T::WfHw>().write_unaligned(rounded.hardware_waveform) };
            Ok(rounded.status)
        })
    }

    unsafe extern "C" fn round_waveform_fromhw_callback(
        chip: *mut bindings::pwm_chip,
        pwm: *mut bindings::pwm_device,
        wfhw: *const c_void,
        wf: *mut bindings::pwm_waveform,
    ) -> c_int {
        // SAFETY: see the type; the waveform is valid, and `wfhw` was written by a function of this type.
        let (chip, pwm, wfhw, mut waveform) = unsafe {
            (
                Chip::<T>::from_raw(chip),
                Device::from_raw(pwm),
                wfhw.cast::<T::WfHw>().read_unaligned(),
                Waveform::from(*wf),
            )
        };
        from_result(|| {
            T::round_waveform_fromhw(chip, pwm, &wfhw, &mut waveform)?;
            // SAFETY: the waveform is ours to write.
            unsafe { *wf = waveform.into() };
            Ok(0)
        })
    }

    unsafe extern "C" fn read_waveform_callback(
        chip: *mut bindings::pwm_chip,
        pwm: *mut bindings::pwm_device,
        wfhw: *mut c_void,
    ) -> c_int {
        // SAFETY: see the type.
        let (chip, pwm) = unsafe { (Chip::<T>::from_raw(chip), Device::from_raw(pwm)) };
        from_result(|| {
            // SAFETY: see the type.
            let hw = T::read_waveform(chip, pwm, unsafe { chip.bound_parent_device() })?;
            // SAFETY: `wfhw` has room for `sizeof_wfhw` bytes.
            unsafe { wfhw.cast::<T::WfHw>().write_unaligned(hw) };
            Ok(0)
        })
    }

    unsafe extern "C" fn write_waveform_callback(
        chip: *mut bindings::pwm_chip,
        pwm: *mut bindings::pwm_device,
        wfhw: *const c_void,
    ) -> c_int {
        // SAFETY: see the type; `wfhw` was written by a function of this type.
        let (chip, pwm, wfhw) =
            unsafe { (Chip::<T>::from_raw(chip), Device::from_raw(pwm), wfhw.cast::<T::WfHw>().read_unaligned()) };
        // SAFETY: see the type.
        from_result(|| T::write_waveform(chip, pwm, &wfhw, unsafe { chip.bound_parent_device() }).map(|()| 0))
    }
}

/// The C side of a driver; C's `struct pwm_ops`.
#[repr(transparent)]
pub struct PwmOpsVTable(bindings::pwm_ops);

// SAFETY: the table is never changed.
unsafe impl Send for PwmOpsVTable {}

// SAFETY: the table is never changed.
unsafe impl Sync for PwmOpsVTable {}

impl PwmOpsVTable {
    fn as_raw(&self) -> *const bindings::pwm_ops {
        &self.0
    }
}

/// The C side of `T`.
pub const fn create_pwm_ops<T: PwmOps>() -> PwmOpsVTable {
    const { assert!(size_of::<T::WfHw>() <= bindings::PWM_WFHWSIZE as usize, "the hardware's waveform is too large") };

    PwmOpsVTable(bindings::pwm_ops {
        request: Some(Adapter::<T>::request_callback),
        capture: Some(Adapter::<T>::capture_callback),
        round_waveform_tohw: Some(Adapter::<T>::round_waveform_tohw_callback),
        round_waveform_fromhw: Some(Adapter::<T>::round_waveform_fromhw_callback),
        read_waveform: Some(Adapter::<T>::read_waveform_callback),
        write_waveform: Some(Adapter::<T>::write_waveform_callback),
        sizeof_wfhw: size_of::<T::WfHw>(),
        ..pin_init::zeroed()
    })
}

/// A chip, with the driver's data.
///
/// # Invariants
///
/// The C object is valid, its private data an initialised `T`, and its parent bound until it is registered.
#[repr(transparent)]
pub struct Chip<T: PwmOps>(Opaque<bindings::pwm_chip>, PhantomData<T>);

impl<T: PwmOps> Chip<T> {
    const PWM_VTABLE: PwmOpsVTable = create_pwm_ops::<T>();

    /// # Safety
    ///
    /// For `'a`, `ptr` must point to a valid chip with a `T`.
    unsafe fn from_raw<'a>(ptr: *mut bindings::pwm_chip) -> &'a Self {
        // SAFETY: the type is transparent; the caller answers for the rest.
        unsafe { &*ptr.cast::<Self>() }
    }

    fn as_raw(&self) -> *mut bindings::pwm_chip {
        self.0.get()
    }

    /// How many outputs there are.
    pub fn num_channels(&self) -> u32 {
        // SAFETY: the chip is valid; the number is constant.
        unsafe { (*self.as_raw()).npwm }
    }

    /// Whether the operations do not sleep.
    pub fn is_atomic(&self) -> bool {
        // SAFETY: the chip is valid.
        unsafe { (*self.as_raw()).atomic }
    }

    /// The device of the chip.
    pub fn device(&self) -> &device::Device {
        // SAFETY: the chip is valid, and its device lives as long.
        unsafe { device::Device::from_raw(&raw mut (*self.as_raw()).dev) }
    }

    /// The driver's data.
    pub fn drvdata(&self) -> &T {
        // SAFETY: the private data is an initialised `T` as long as the chip lives.
        unsafe { &*bindings::pwmchip_get_drvdata(self.as_raw()).cast::<T>() }
    }

    /// The device that the chip belongs to.
    ///
    /// # Safety
    ///
    /// It must be bound to its driver as long as `self` is borrowed.
    unsafe fn bound_parent_device(&self) -> &device::Device<Bound> {
        // SAFETY: a chip has a parent; the caller says that it is bound.
        unsafe { device::Device::from_raw((*self.as_raw()).dev.parent) }
    }

    /// Drops the driver's data when the last count on the chip is given up.
    ///
    /// # Safety
    ///
    /// `dev` must be the device of a chip with a `T` that nobody uses any more.
    unsafe extern "C" fn release_callback(dev: *mut bindings::device) {
        // SAFETY: the device is that of a chip with a `T`.
        unsafe {
            let chip = container_of!(dev, bindings::pwm_chip, dev);
            core::ptr::drop_in_place(bindings::pwmchip_get_drvdata(chip).cast::<T>());
            bindings::pwmchip_release(dev);
        }
    }

    /// Makes a chip with `num_channels` outputs.
    pub fn new<'a>(
        parent_dev: &'a device::Device<Bound>,
        num_channels: u32,
        data: impl pin_init::PinInit<T, Error>,
    ) -> Result<UnregisteredChip<'a, T>> {
        // The private data is at an offset that suits numbers of 64 bits.
        const { assert!(align_of::<T>() <= align_of::<u64>(), "the data must not need more than usual alignment") };

        // SAFETY: the parent is valid.
        let chip = from_err_ptr(unsafe { bindings::pwmchip_alloc(parent_dev.as_raw(), num_channels, size_of::<T>()) })?;

        // SAFETY: the chip is ours, and its private data has room for a `T`, which stays in place.
        let result = unsafe { data.__pinned_init(bindings::pwmchip_get_drvdata(chip).cast::<T>()) };
        if let Err(err) = result {
            // SAFETY: we have the only count; nothing is to be dropped.
            unsafe { bindings::pwmchip_put(chip) };
            return Err(err);
        }

        // SAFETY: the chip is ours, and not registered.
        unsafe {
            (*chip).dev.release = Some(Self::release_callback);
            (*chip).ops = const { &Self::PWM_VTABLE }.as_raw();
        }

        // SAFETY: the chip is complete, and we give up our count.
        let chip = unsafe { ARef::from_raw(NonNull::new_unchecked(chip.cast())) };
        Ok(UnregisteredChip { chip, parent_dev })
    }
}

// SAFETY: a chip is counted by its device.
unsafe impl<T: PwmOps> AlwaysRefCounted for Chip<T> {
    fn inc_ref(&self) {
        // SAFETY: a reference means that the count is not zero.
        unsafe { bindings::get_device(&raw mut (*self.as_raw()).dev) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller gives up one count.
        unsafe { bindings::put_device(&raw mut (*obj.as_ref().as_raw()).dev) };
    }
}

// SAFETY: a chip may be released on any thread; its data is `Send`.
unsafe impl<T: PwmOps> Send for Chip<T> {}

// SAFETY: the library locks the chip; its data is `Sync`.
unsafe impl<T: PwmOps> Sync for Chip<T> {}

/// A chip that nobody sees yet.
pub struct UnregisteredChip<'a, T: PwmOps> {
    chip: ARef<Chip<T>>,
    parent_dev: &'a device::Device<Bound>,
}

impl<T: PwmOps> UnregisteredChip<'_, T> {
    /// Shows the chip to users, for as long as its parent is bound to its driver.
    pub fn register(self) -> Result<ARef<Chip<T>>> {
        let owner = crate::module::this_module::<crate::LocalModule>().as_ptr();
        // SAFETY: the chip is complete, and not registered.
        to_result(unsafe { bindings::__pwmchip_add(self.chip.as_raw(), owner) })?;
        let registration = Registration { chip: self.chip.clone() };
        devres::register(self.parent_dev, registration, GFP_KERNEL)?;
        Ok(self.chip)
    }
}

impl<T: PwmOps> Deref for UnregisteredChip<'_, T> {
    type Target = Chip<T>;

    fn deref(&self) -> &Chip<T> {
        &self.chip
    }
}

/// A chip that users see, until this is dropped.
struct Registration<T: PwmOps> {
    chip: ARef<Chip<T>>,
}

impl<T: PwmOps> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: the chip is registered.
        unsafe { bindings::pwmchip_remove(self.chip.as_raw()) };
    }
}

/// Declares a module that has one platform driver of a PWM chip and nothing else.
///
/// As [`module_platform_driver!`](crate::module_platform_driver), with the library's symbols imported.
#[macro_export]
macro_rules! module_pwm_platform_driver {
    ($($user_args:tt)*) => {
        $crate::module_platform_driver! {
            $($user_args)*
            imports_ns: ["PWM"],
        }
    };
}
