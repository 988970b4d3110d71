// SPDX-License-Identifier: MIT OR Apache-2.0
//! The traits: what an initializer is, who runs one, and what wraps a value that needs one.

use crate::{__internal, cast_pin_init, pin_init_from_closure};
use core::{cell::UnsafeCell, convert::Infallible, marker::PhantomData, mem::MaybeUninit, pin::Pin, ptr};

/// A recipe that builds a pinned `T` in place, or fails with `E`.
///
/// Values are made with [`pin_init!`](crate::pin_init!), or with [`pin_init_from_closure`] where that is not enough. Any
/// `T` is the infallible initializer of itself, and `Result<T, E>` one that may fail.
///
/// # Safety
/// [`__pinned_init`](PinInit::__pinned_init) must
/// - on `Ok(())` have initialised all of `slot`, with a value that keeps the promises of a pinned one;
/// - on `Err(_)` leave `slot` such that its memory may be freed: nothing is left to drop, nothing refers to it;
/// - at all times not move what has been built in `slot`.
#[must_use = "An initializer must be used in order to create its value."]
pub unsafe trait PinInit<T: ?Sized, E = Infallible>: Sized {
    /// Builds the value in `slot`.
    ///
    /// # Safety
    /// - `slot` must be valid for writes and aligned.
    /// - The caller does not touch `slot` when this fails, except to free it.
    /// - On success, `slot` must stay where it is until the value has been dropped, as for any pinned value.
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E>;

    /// Runs `f` on the value after this initializer has built it; if `f` fails, the value is dropped.
    fn pin_chain<F>(self, f: F) -> ChainPinInit<Self, F, T, E>
    where
        F: FnOnce(Pin<&mut T>) -> Result<(), E>,
    {
        ChainPinInit(self, f, PhantomData)
    }
}

/// A recipe that builds a `T` in place, or fails with `E`; the value may be moved afterwards.
///
/// Made with [`init!`](crate::init!), or with [`init_from_closure`](crate::init_from_closure).
///
/// # Safety
/// As for [`PinInit`]; in addition the value may be moved once [`__init`](Init::__init) has returned, and
/// [`__pinned_init`](PinInit::__pinned_init) must do just what `__init` does.
#[must_use = "An initializer must be used in order to create its value."]
pub unsafe trait Init<T: ?Sized, E = Infallible>: PinInit<T, E> {
    /// Builds the value in `slot`.
    ///
    /// # Safety
    /// - `slot` must be valid for writes and aligned.
    /// - The caller does not touch `slot` when this fails, except to free it.
    unsafe fn __init(self, slot: *mut T) -> Result<(), E>;

    /// Runs `f` on the value after this initializer has built it; if `f` fails, the value is dropped.
    fn chain<F>(self, f: F) -> ChainInit<Self, F, T, E>
    where
        F: FnOnce(&mut T) -> Result<(), E>,
    {
        ChainInit(self, f, PhantomData)
    }
}

/// The initializer that [`PinInit::pin_chain`] returns.
pub struct ChainPinInit<I, F, T: ?Sized, E>(I, F, __internal::Invariant<T, E>);

// SAFETY: On success `I` has built the value and `f` saw it pinned. If `f` fails, the value is dropped in place.
unsafe impl<T: ?Sized, E, I, F> PinInit<T, E> for ChainPinInit<I, F, T, E>
where
    I: PinInit<T, E>,
    F: FnOnce(Pin<&mut T>) -> Result<(), E>,
{
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E> {
        // SAFETY: The caller answers for `slot`.
        unsafe { self.0.__pinned_init(slot)? };
        // SAFETY: `slot` has just been initialised, and the caller promises that it is pinned.
        (self.1)(unsafe { Pin::new_unchecked(&mut *slot) }).inspect_err(|_| {
            // SAFETY: The value is initialised, and after a failure nobody else drops it.
            unsafe { ptr::drop_in_place(slot) }
        })
    }
}

/// The initializer that [`Init::chain`] returns.
pub struct ChainInit<I, F, T: ?Sized, E>(I, F, __internal::Invariant<T, E>);

// SAFETY: On success `I` has built the value. If `f` fails, the value is dropped in place.
unsafe impl<T: ?Sized, E, I, F> Init<T, E> for ChainInit<I, F, T, E>
where
    I: Init<T, E>,
    F: FnOnce(&mut T) -> Result<(), E>,
{
    unsafe fn __init(self, slot: *mut T) -> Result<(), E> {
        // SAFETY: The caller answers for `slot`.
        unsafe { self.0.__init(slot)? };
        // SAFETY: `slot` has just been initialised.
        (self.1)(unsafe { &mut *slot }).inspect_err(|_| {
            // SAFETY: The value is initialised, and after a failure nobody else drops it.
            unsafe { ptr::drop_in_place(slot) }
        })
    }
}

// SAFETY: It does what `__init` does.
unsafe impl<T: ?Sized, E, I, F> PinInit<T, E> for ChainInit<I, F, T, E>
where
    I: Init<T, E>,
    F: FnOnce(&mut T) -> Result<(), E>,
{
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E> {
        // SAFETY: The caller promises more than `__init` asks for.
        unsafe { self.__init(slot) }
    }
}

// SAFETY: `write` initialises all of `slot`; it never fails.
unsafe impl<T> Init<T> for T {
    unsafe fn __init(self, slot: *mut T) -> Result<(), Infallible> {
        // SAFETY: `slot` is valid for writes and aligned.
        unsafe { slot.write(self) };
        Ok(())
    }
}

// SAFETY: It does what `__init` does; the value moves into `slot` before it is pinned.
unsafe impl<T> PinInit<T> for T {
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), Infallible> {
        // SAFETY: The caller promises more than `__init` asks for.
        unsafe { self.__init(slot) }
    }
}

// SAFETY: `Ok` initialises all of `slot`, `Err` does not touch it.
unsafe impl<T, E> Init<T, E> for Result<T, E> {
    unsafe fn __init(self, slot: *mut T) -> Result<(), E> {
        // SAFETY: `slot` is valid for writes and aligned.
        unsafe { slot.write(self?) };
        Ok(())
    }
}

// SAFETY: It does what `__init` does; the value moves into `slot` before it is pinned.
unsafe impl<T, E> PinInit<T, E> for Result<T, E> {
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E> {
        // SAFETY: The caller promises more than `__init` asks for.
        unsafe { self.__init(slot) }
    }
}

/// A place with room for a `T`, into which an initializer can build one.
pub trait InPlaceWrite<T> {
    /// The place once it holds a value.
    type Initialized;

    /// Builds a value in the place.
    fn write_init<E>(self, init: impl Init<T, E>) -> Result<Self::Initialized, E>;

    /// Builds a value in the place, to stay there.
    fn write_pin_init<E>(self, init: impl PinInit<T, E>) -> Result<Pin<Self::Initialized>, E>;
}

impl<T> InPlaceWrite<T> for &'static mut MaybeUninit<T> {
    type Initialized = &'static mut T;

    fn write_init<E>(self, init: impl Init<T, E>) -> Result<Self::Initialized, E> {
        // SAFETY: `self` is valid for writes and aligned, and is not used after a failure.
        unsafe { init.__init(self.as_mut_ptr())? };
        // SAFETY: It has just been initialised.
        Ok(unsafe { self.assume_init_mut() })
    }

    fn write_pin_init<E>(self, init: impl PinInit<T, E>) -> Result<Pin<Self::Initialized>, E> {
        // SAFETY: `self` is valid for writes and aligned, and borrowed for ever, so that the value never moves.
        unsafe { init.__pinned_init(self.as_mut_ptr())? };
        // SAFETY: It has just been initialised. Being `'static`, it is never moved nor freed.
        Ok(unsafe { Pin::new_unchecked(self.assume_init_mut()) })
    }
}

/// Runs an initializer that cannot fail.
///
/// # Safety
/// - `slot` must be valid for writes and aligned.
/// - `slot` must stay where it is until the value has been dropped, unless `init` is an [`Init`].
#[inline(always)]
pub unsafe fn raw_init<T>(slot: *mut T, init: impl PinInit<T>) {
    // SAFETY: By the requirements of this function; there is no error to be told.
    let Ok(()) = unsafe { init.__pinned_init(slot) };
}

/// Runs an initializer.
///
/// # Safety
/// Those of [`raw_init`]; and the caller does not touch `slot` when this fails, except to free it.
#[inline(always)]
pub unsafe fn raw_try_init<T, E>(slot: *mut T, init: impl PinInit<T, E>) -> Result<(), E> {
    // SAFETY: By the requirements of this function.
    unsafe { init.__pinned_init(slot) }
}

/// `Drop` for a pinned type: implemented with [`#[pinned_drop]`](crate::pinned_drop), asked for with
/// [`#[pin_data(PinnedDrop)]`](crate::pin_data).
///
/// # Safety
/// Only implemented by [`#[pinned_drop]`](crate::pinned_drop).
pub unsafe trait PinnedDrop: __internal::HasPinData {
    /// Runs when the value goes away. The token makes sure that nobody calls it by hand.
    fn drop(self: Pin<&mut Self>, only_call_from_drop: __internal::OnlyCallFromDrop);
}

/// A type that can be built from an initializer of the one value in it.
pub trait Wrapper<T> {
    /// Makes an initializer of `Self` out of one of `T`.
    fn pin_init<E>(value_init: impl PinInit<T, E>) -> impl PinInit<Self, E>;
}

impl<T> Wrapper<T> for UnsafeCell<T> {
    fn pin_init<E>(value_init: impl PinInit<T, E>) -> impl PinInit<Self, E> {
        // SAFETY: `UnsafeCell<T>` has the layout of `T`, and any pinned `T` makes a pinned `UnsafeCell<T>`.
        unsafe { cast_pin_init(value_init) }
    }
}

impl<T> Wrapper<T> for MaybeUninit<T> {
    fn pin_init<E>(value_init: impl PinInit<T, E>) -> impl PinInit<Self, E> {
        // SAFETY: `MaybeUninit<T>` has the layout of `T`; an initialised one needs no other promise.
        unsafe { pin_init_from_closure(move |slot: *mut Self| value_init.__pinned_init(slot.cast())) }
    }
}
