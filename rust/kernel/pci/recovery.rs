// SPDX-License-Identifier: GPL-2.0

//! Errors of the PCI bus, and resets.
//!
//! C header: [`include/linux/pci.h`](srctree/include/linux/pci.h)
//!
//! Beyond mainline.

use super::{Adapter, Device, Driver};
use crate::{
    device::{self, Core, CoreInternal},
    prelude::*,
};
use core::{marker::PhantomData, ptr};

/// What the bus does with a device that an error was seen of, or near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelState {
    /// The device can be reached.
    Normal,
    /// Nothing gets through to the device, nor from it, until it is reset.
    Frozen,
    /// The device is lost.
    PermFailure,
}

impl ChannelState {
    fn from_raw(raw: bindings::pci_channel_state_t) -> Self {
        match raw {
            raw if raw == bindings::pci_channel_io_normal => Self::Normal,
            raw if raw == bindings::pci_channel_io_frozen => Self::Frozen,
            _ => Self::PermFailure,
        }
    }
}

/// What a driver makes of an error. Where several devices are concerned, the worst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ErsResult {
    /// It is no matter of this driver.
    None = bindings::pci_ers_result_PCI_ERS_RESULT_NONE as u32,
    /// It can go on without a reset.
    CanRecover = bindings::pci_ers_result_PCI_ERS_RESULT_CAN_RECOVER as u32,
    /// It needs the device to be reset.
    NeedReset = bindings::pci_ers_result_PCI_ERS_RESULT_NEED_RESET as u32,
    /// It gives the device up.
    Disconnect = bindings::pci_ers_result_PCI_ERS_RESULT_DISCONNECT as u32,
    /// The device works again.
    Recovered = bindings::pci_ers_result_PCI_ERS_RESULT_RECOVERED as u32,
}

/// What a driver does about errors of the bus, and around a reset of its device. Named in
/// [`Driver::ERROR_HANDLERS`] by [`ErrorHandlers::new`].
///
/// An error is [detected](Self::error_detected); then, as the drivers answer, [reached
/// again](Self::mmio_enabled) or [reset](Self::slot_reset); and in the end [resumed](Self::resume). A reset that was asked
/// for is [prepared](Self::reset_prepare) and [done](Self::reset_done). All are called with the device lock held, so the
/// device is bound.
///
/// # Examples
///
/// ```
/// use kernel::{
///     device::Core,
///     pci::{self, ChannelState, ErrorHandler, ErrorHandlers, ErsResult},
///     prelude::*,
/// };
///
/// struct Card;
///
/// kernel::pci_device_table!(CARDS, (), [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 0x5), ())]);
///
/// impl pci::Driver for Card {
///     type IdInfo = ();
///     type Data<'bound> = Card;
///     const ID_TABLE: pci::IdTable<()> = &CARDS;
///     const ERROR_HANDLERS: ErrorHandlers<Self> = ErrorHandlers::new();
///
///     fn probe<'bound>(
///         dev: &'bound pci::Device<Core<'_>>,
///         _info: Option<&'bound ()>,
///     ) -> impl PinInit<Card, Error> + 'bound {
///         pin_init::pin_init_scope(move || {
///             // What is restored after a reset.
///             dev.save_state()?;
///             Ok(Ok::<_, Error>(Card))
///         })
///     }
/// }
///
/// #[vtable]
/// impl ErrorHandler for Card {
///     fn error_detected(_dev: &pci::Device<Core<'_>>, _card: Pin<&Card>, state: ChannelState) -> ErsResult {
///         match state {
///             ChannelState::Normal => ErsResult::CanRecover,
///             ChannelState::Frozen => ErsResult::NeedReset,
///             ChannelState::PermFailure => ErsResult::Disconnect,
///         }
///     }
///
///     fn slot_reset(dev: &pci::Device<Core<'_>>, _card: Pin<&Card>) -> ErsResult {
///         dev.restore_state();
///         ErsResult::Recovered
///     }
/// }
/// ```
#[vtable]
pub trait ErrorHandler: Driver {
    /// An error was seen. The driver stops what it does; of a [frozen](ChannelState::Frozen) device it touches nothing.
    fn error_detected(dev: &Device<Core<'_>>, data: Pin<&Self::Data<'_>>, state: ChannelState) -> ErsResult;

    /// Registers can be reached again, without a reset; DMA is off.
    fn mmio_enabled(dev: &Device<Core<'_>>, data: Pin<&Self::Data<'_>>) -> ErsResult {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// The device was reset: it is as after power-on.
    fn slot_reset(dev: &Device<Core<'_>>, data: Pin<&Self::Data<'_>>) -> ErsResult {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// All drivers concerned say that it works again: the driver goes on.
    fn resume(dev: &Device<Core<'_>>, data: Pin<&Self::Data<'_>>) {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// The device is about to be reset, by user space say: the driver stops what it does. The configuration space is saved
    /// after this.
    fn reset_prepare(dev: &Device<Core<'_>>, data: Pin<&Self::Data<'_>>) {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }

    /// The device was reset, and its configuration space restored: the driver goes on.
    fn reset_done(dev: &Device<Core<'_>>, data: Pin<&Self::Data<'_>>) {
        let _ = (dev, data);
        crate::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }
}

/// The [`ErrorHandler`] of the driver `T`, or none.
///
/// # Invariants
///
/// `raw` is null, or for devices that are bound to `T`.
pub struct ErrorHandlers<T> {
    raw: *const bindings::pci_error_handlers,
    _p: PhantomData<fn(T)>,
}

impl<T> ErrorHandlers<T> {
    /// Nothing is done: after an error that concerns it, a device is not recovered.
    pub const NONE: Self = Self { raw: ptr::null(), _p: PhantomData };

    /// What C has in `struct pci_driver`.
    pub(super) const fn as_ptr(&self) -> *const bindings::pci_error_handlers {
        self.raw
    }
}

impl<T: ErrorHandler> ErrorHandlers<T> {
    /// Those of `T`.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        // INVARIANT: The callbacks are for the data of `T`.
        Self { raw: &Adapter::<T>::ERROR_HANDLERS, _p: PhantomData }
    }
}

impl<T: ErrorHandler> Adapter<T> {
    #[allow(clippy::needless_update, reason = "newer kernels have more")]
    const ERROR_HANDLERS: bindings::pci_error_handlers = bindings::pci_error_handlers {
        error_detected: Some(Self::error_detected),
        mmio_enabled: if T::HAS_MMIO_ENABLED { Some(Self::mmio_enabled) } else { None },
        slot_reset: if T::HAS_SLOT_RESET { Some(Self::slot_reset) } else { None },
        resume: if T::HAS_RESUME { Some(Self::resume) } else { None },
        reset_prepare: if T::HAS_RESET_PREPARE { Some(Self::reset_prepare) } else { None },
        reset_done: Some(Self::reset_done),
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// `pdev` is bound to `T`, its probe has succeeded, and the device lock is held, for this call.
    unsafe fn call<R>(pdev: *mut bindings::pci_dev, f: impl FnOnce(&Device<Core<'_>>, Pin<&T::Data<'_>>) -> R) -> R {
        // SAFETY: By the requirements of this function.
        let pdev = unsafe { &*pdev.cast::<Device<CoreInternal<'_>>>() };
        let dev: &device::Device<CoreInternal<'_>> = pdev.as_ref();
        // SAFETY: As above: the data is set.
        f(pdev, unsafe { dev.drvdata_borrow::<T::Data<'_>>() })
    }

    unsafe extern "C" fn error_detected(
        pdev: *mut bindings::pci_dev,
        state: bindings::pci_channel_state_t,
    ) -> bindings::pci_ers_result_t {
        // SAFETY: So C calls it.
        unsafe { Self::call(pdev, |dev, data| T::error_detected(dev, data, ChannelState::from_raw(state)) as u32) }
    }

    unsafe extern "C" fn mmio_enabled(pdev: *mut bindings::pci_dev) -> bindings::pci_ers_result_t {
        // SAFETY: So C calls it.
        unsafe { Self::call(pdev, |dev, data| T::mmio_enabled(dev, data) as u32) }
    }

    unsafe extern "C" fn slot_reset(pdev: *mut bindings::pci_dev) -> bindings::pci_ers_result_t {
        // SAFETY: So C calls it.
        unsafe { Self::call(pdev, |dev, data| T::slot_reset(dev, data) as u32) }
    }

    unsafe extern "C" fn resume(pdev: *mut bindings::pci_dev) {
        // SAFETY: So C calls it.
        unsafe { Self::call(pdev, |dev, data| T::resume(dev, data)) }
    }

    unsafe extern "C" fn reset_prepare(pdev: *mut bindings::pci_dev) {
        // SAFETY: So C calls it.
        unsafe { Self::call(pdev, |dev, data| T::reset_prepare(dev, data)) }
    }

    unsafe extern "C" fn reset_done(pdev: *mut bindings::pci_dev) {
        // What the bus saved over the reset is used up; the next one is an error's, over which it saves nothing.
        // SAFETY: So C calls it, with the configuration space restored. There is room since the first time.
        unsafe { bindings::pci_save_state(pdev) };
        if T::HAS_RESET_DONE {
            // SAFETY: So C calls it.
            unsafe { Self::call(pdev, |dev, data| T::reset_done(dev, data)) }
        }
    }
}

impl<'a> Device<Core<'a>> {
    /// Keeps the configuration space, for [`restore_state`](Self::restore_state).
    ///
    /// Beyond mainline.
    pub fn save_state(&self) -> Result {
        // SAFETY: The device is valid, and the device lock held.
        crate::error::to_result(unsafe { bindings::pci_save_state(self.as_raw()) })
    }

    /// Writes the configuration space as it was kept, after a reset. It stays kept, for the next.
    ///
    /// Beyond mainline.
    pub fn restore_state(&self) {
        // SAFETY: The device is valid, and the device lock held. Not to have saved the state is fine.
        unsafe { bindings::pci_restore_kept_state(self.as_raw()) };
    }
}
