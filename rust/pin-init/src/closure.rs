// SPDX-License-Identifier: MIT OR Apache-2.0
//! Initializers made of closures, and those made of other initializers.

use crate::{__internal::InitClosure, Init, PinInit};
use core::{mem::MaybeUninit, ptr};

/// Makes a [`PinInit`] of a closure that fills the slot.
///
/// # Safety
/// The closure must keep the promises of [`PinInit`].
#[inline]
pub const unsafe fn pin_init_from_closure<T: ?Sized, E>(f: impl FnOnce(*mut T) -> Result<(), E>) -> impl PinInit<T, E> {
    InitClosure::new(f)
}

/// Makes an [`Init`] of a closure that fills the slot.
///
/// # Safety
/// The closure must keep the promises of [`Init`].
#[inline]
pub const unsafe fn init_from_closure<T: ?Sized, E>(f: impl FnOnce(*mut T) -> Result<(), E>) -> impl Init<T, E> {
    InitClosure::new(f)
}

/// Uses an initializer of `T` to initialise a `U`.
///
/// # Safety
/// A `*mut U` to memory that is to hold a `U` must be usable as a `*mut T`, and a pinned `T` there must be a pinned `U`.
pub const unsafe fn cast_pin_init<T, U, E>(init: impl PinInit<T, E>) -> impl PinInit<U, E> {
    // SAFETY: `init` keeps its promises for `T`, which the caller says is as good as for `U`.
    unsafe { pin_init_from_closure(move |slot: *mut U| init.__pinned_init(slot.cast())) }
}

/// Uses an initializer of `T` to initialise a `U`.
///
/// # Safety
/// A `*mut U` to memory that is to hold a `U` must be usable as a `*mut T`, and a `T` there must be a `U`.
pub const unsafe fn cast_init<T, U, E>(init: impl Init<T, E>) -> impl Init<U, E> {
    // SAFETY: `init` keeps its promises for `T`, which the caller says is as good as for `U`.
    unsafe { init_from_closure(move |slot: *mut U| init.__init(slot.cast())) }
}

/// An initializer that leaves the memory as it is.
#[inline]
pub fn uninit<T, E>() -> impl Init<MaybeUninit<T>, E> {
    // SAFETY: Any memory is a `MaybeUninit`.
    unsafe { init_from_closure(|_| Ok(())) }
}

/// Drops the elements of an array that were built before one failed (or panicked).
struct BuiltElements<T> {
    first: *mut T,
    len: usize,
}

impl<T> Drop for BuiltElements<T> {
    fn drop(&mut self) {
        // SAFETY: `len` elements from `first` on are initialised, and belong to this guard until it is forgotten.
        unsafe { ptr::drop_in_place(ptr::slice_from_raw_parts_mut(self.first, self.len)) }
    }
}

/// Calls `build` with a pointer to each element of the array in turn; drops those built when one fails.
///
/// # Safety
/// `slot` must be valid for writes and aligned; `build` must initialise what it is passed when it returns `Ok`.
unsafe fn build_each<const N: usize, T, E>(
    slot: *mut [T; N],
    mut build: impl FnMut(usize, *mut T) -> Result<(), E>,
) -> Result<(), E> {
    let mut built = BuiltElements { first: slot.cast::<T>(), len: 0 };
    while built.len < N {
        build(built.len, built.first.wrapping_add(built.len))?;
        built.len += 1;
    }
    core::mem::forget(built);
    Ok(())
}

/// Initialises an array, with one initializer for each index.
///
/// ```
/// use pin_init::{init_array_from_fn, stack_pin_init};
/// stack_pin_init!(let squares: [usize; 4] = init_array_from_fn(|i| i * i));
/// assert_eq!(*squares, [0, 1, 4, 9]);
/// ```
pub fn init_array_from_fn<I, const N: usize, T, E>(mut make_init: impl FnMut(usize) -> I) -> impl Init<[T; N], E>
where
    I: Init<T, E>,
{
    // SAFETY: On success each element was initialised, on failure those that were have been dropped.
    unsafe {
        init_from_closure(move |slot: *mut [T; N]| {
            // An element is valid for writes and aligned because the array is.
            build_each(slot, |i, element| make_init(i).__init(element))
        })
    }
}

/// Initialises an array of pinned elements, with one initializer for each index.
pub fn pin_init_array_from_fn<I, const N: usize, T, E>(mut make_init: impl FnMut(usize) -> I) -> impl PinInit<[T; N], E>
where
    I: PinInit<T, E>,
{
    // SAFETY: On success each element was initialised, on failure those that were have been dropped.
    unsafe {
        pin_init_from_closure(move |slot: *mut [T; N]| {
            // An element is valid for writes, aligned and pinned because the array is.
            build_each(slot, |i, element| make_init(i).__pinned_init(element))
        })
    }
}

/// Runs `make_init` when the value is to be built, then the initializer that it returns.
///
/// That lets fallible code run first, with `?`.
pub fn pin_init_scope<T, E, F, I>(make_init: F) -> impl PinInit<T, E>
where
    F: FnOnce() -> Result<I, E>,
    I: PinInit<T, E>,
{
    // SAFETY: Either nothing was touched, or the inner initializer keeps the promises.
    unsafe { pin_init_from_closure(move |slot: *mut T| make_init()?.__pinned_init(slot)) }
}

/// Runs `make_init` when the value is to be built, then the initializer that it returns.
///
/// That lets fallible code run first, with `?`.
pub fn init_scope<T, E, F, I>(make_init: F) -> impl Init<T, E>
where
    F: FnOnce() -> Result<I, E>,
    I: Init<T, E>,
{
    // SAFETY: Either nothing was touched, or the inner initializer keeps the promises.
    unsafe { init_from_closure(move |slot: *mut T| make_init()?.__init(slot)) }
}
