// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the macros expand to. Not part of the API: it may change at any time.

use crate::{Init, PinInit};
use core::{
    marker::PhantomData,
    mem::{self, MaybeUninit},
    pin::Pin,
    ptr,
};

pub use crate::stack::StackInit;

/// Makes a type invariant in `T` and `E`, and neither owner of them nor less `Send`.
pub type Invariant<T, E> = PhantomData<(fn(*mut T) -> *mut T, fn(E) -> E)>;

/// A closure that is an initializer.
pub(crate) struct InitClosure<F, T: ?Sized, E>(F, Invariant<T, E>);

impl<F, T: ?Sized, E> InitClosure<F, T, E> {
    /// The callers, which are `unsafe`, pass a closure that keeps the promises of the trait they return.
    #[inline]
    pub(crate) const fn new(f: F) -> Self {
        Self(f, PhantomData)
    }
}

// SAFETY: The closure keeps the promises, see `InitClosure::new`.
unsafe impl<T: ?Sized, F, E> PinInit<T, E> for InitClosure<F, T, E>
where
    F: FnOnce(*mut T) -> Result<(), E>,
{
    #[inline]
    unsafe fn __pinned_init(self, slot: *mut T) -> Result<(), E> {
        (self.0)(slot)
    }
}

// SAFETY: The closure keeps the promises, see `InitClosure::new`.
unsafe impl<T: ?Sized, F, E> Init<T, E> for InitClosure<F, T, E>
where
    F: FnOnce(*mut T) -> Result<(), E>,
{
    #[inline]
    unsafe fn __init(self, slot: *mut T) -> Result<(), E> {
        (self.0)(slot)
    }
}

/// The proof that the end of an initialiser was reached: code that a user puts into `pin_init!` cannot `return Ok(…)`.
pub struct InitOk(());

impl InitOk {
    /// # Safety
    /// Every field must have been initialised.
    #[inline]
    pub unsafe fn new() -> Self {
        Self(())
    }
}

/// Tells the compiler which struct an initialiser is for.
pub trait InitData: Copy {
    type Datee: ?Sized;

    /// Gives the closure its types.
    #[inline]
    fn __make_closure<F, E>(self, f: F) -> F
    where
        F: FnOnce(*mut Self::Datee) -> Result<InitOk, E>,
    {
        f
    }
}

/// A type that `#[pin_data]` was put on.
///
/// # Safety
/// Only implemented by `#[pin_data]`. `PinData` has one function for each field, which gives the field's [`Slot`].
pub unsafe trait HasPinData {
    type PinData: InitData<Datee = Self>;

    /// # Safety
    /// Only called by `pin_init!`.
    unsafe fn __pin_data() -> Self::PinData;
}

/// Every type: what `init!` uses in place of [`HasPinData`].
pub trait HasInitData {
    #[inline]
    fn __init_data() -> AllData<Self> {
        AllData(PhantomData)
    }
}

impl<T: ?Sized> HasInitData for T {}

/// The [`InitData`] of every type.
pub struct AllData<T: ?Sized>(PhantomData<fn(*mut T) -> *mut T>);

impl<T: ?Sized> Clone for AllData<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for AllData<T> {}

impl<T: ?Sized> InitData for AllData<T> {
    type Datee = T;
}

/// How a field of type `T` lies in its struct.
pub trait FieldKind<T: ?Sized> {
    /// # Safety
    /// As [`ptr::write`]; an [`Unaligned`] field need not be aligned.
    #[inline]
    unsafe fn write(field: *mut T, value: T)
    where
        T: Sized,
    {
        // SAFETY: The caller answers for it.
        unsafe { field.write(value) }
    }

    /// # Safety
    /// As [`ptr::drop_in_place`]; an [`Unaligned`] field need not be aligned.
    #[inline]
    unsafe fn drop(field: *mut T) {
        // SAFETY: The caller answers for it.
        unsafe { ptr::drop_in_place(field) }
    }
}

/// A field that is pinned with its struct.
pub enum Pinned {}
impl<T: ?Sized> FieldKind<T> for Pinned {}

/// A field that may move even if its struct is pinned.
pub enum Unpinned {}
impl<T: ?Sized> FieldKind<T> for Unpinned {}

/// A field that may move, of a struct that may be packed.
pub enum Unaligned {}
impl<T> FieldKind<T> for Unaligned {
    #[inline]
    unsafe fn write(field: *mut T, value: T) {
        // SAFETY: The caller answers for it.
        unsafe { field.write_unaligned(value) }
    }

    #[inline]
    unsafe fn drop(field: *mut T) {
        // SAFETY: The caller answers for it; the field is not used any more.
        drop(unsafe { field.read_unaligned() })
    }
}

/// The place of a field that is to be initialised.
///
/// # Invariants
/// The pointer is valid for writes, and aligned unless `K` is [`Unaligned`]; if `K` is [`Pinned`], what is built there stays
/// there.
pub struct Slot<K, T: ?Sized>(*mut T, PhantomData<K>);

impl<K: FieldKind<T>, T: ?Sized> Slot<K, T> {
    /// # Safety
    /// `field` must fulfil the invariants. It must be forgotten by everybody else as long as the slot or its guard lives.
    #[inline]
    pub unsafe fn new(field: *mut T) -> Self {
        // INVARIANT: By the conditions of this function.
        Self(field, PhantomData)
    }

    /// Puts a value there.
    #[inline]
    pub fn write(self, value: T) -> DropGuard<K, T>
    where
        T: Sized,
    {
        // SAFETY: By the type invariant.
        unsafe { K::write(self.0, value) };
        // INVARIANT: The field is initialised, and nobody else has a claim on it.
        DropGuard(self.0, PhantomData)
    }
}

impl<T: ?Sized> Slot<Pinned, T> {
    /// Builds a value there.
    #[inline]
    pub fn init<E>(self, init: impl PinInit<T, E>) -> Result<DropGuard<Pinned, T>, E> {
        // SAFETY: By the type invariant. On failure the pointer is not used any more.
        unsafe { init.__pinned_init(self.0)? };
        // INVARIANT: The field is initialised, and nobody else has a claim on it.
        Ok(DropGuard(self.0, PhantomData))
    }
}

impl<T: ?Sized> Slot<Unpinned, T> {
    /// Builds a value there.
    #[inline]
    pub fn init<E>(self, init: impl Init<T, E>) -> Result<DropGuard<Unpinned, T>, E> {
        // SAFETY: By the type invariant. On failure the pointer is not used any more.
        unsafe { init.__init(self.0)? };
        // INVARIANT: The field is initialised, and nobody else has a claim on it.
        Ok(DropGuard(self.0, PhantomData))
    }
}

impl<T> Slot<Unaligned, T> {
    /// Builds a value there; by way of the stack if the field is not aligned.
    #[inline]
    pub fn init<E>(self, init: impl Init<T, E>) -> Result<DropGuard<Unaligned, T>, E> {
        if self.0.is_aligned() {
            // SAFETY: By the type invariant, and it is aligned. On failure the pointer is not used any more.
            unsafe { init.__init(self.0)? };
            // INVARIANT: The field is initialised, and nobody else has a claim on it.
            return Ok(DropGuard(self.0, PhantomData));
        }
        let mut value = MaybeUninit::uninit();
        // SAFETY: The variable is valid for writes and aligned. On failure it is not used any more.
        unsafe { init.__init(value.as_mut_ptr())? };
        // SAFETY: It has just been initialised.
        Ok(self.write(unsafe { value.assume_init() }))
    }
}

/// Drops an initialised field unless told to [keep](DropGuard::keep) it: a later field may fail.
///
/// # Invariants
/// The pointer refers to an initialised field, which the guard owns; if `K` is [`Pinned`], the field is pinned.
pub struct DropGuard<K: FieldKind<T>, T: ?Sized>(*mut T, PhantomData<K>);

impl<K: FieldKind<T>, T: ?Sized> DropGuard<K, T> {
    /// The struct is complete and owns the field from now on.
    #[inline]
    pub fn keep(self) {
        mem::forget(self);
    }
}

impl<T: ?Sized> DropGuard<Pinned, T> {
    /// The field, for the initialisers of later fields.
    #[inline]
    pub fn field(&mut self) -> Pin<&mut T> {
        // SAFETY: By the type invariant the field is initialised, owned and pinned.
        unsafe { Pin::new_unchecked(&mut *self.0) }
    }
}

impl<T: ?Sized> DropGuard<Unpinned, T> {
    /// The field, for the initialisers of later fields.
    #[inline]
    pub fn field(&mut self) -> &mut T {
        // SAFETY: By the type invariant the field is initialised and owned.
        unsafe { &mut *self.0 }
    }
}

impl<K: FieldKind<T>, T: ?Sized> Drop for DropGuard<K, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant the guard owns the initialised field.
        unsafe { K::drop(self.0) }
    }
}

/// Proves that `PinnedDrop::drop` is called by `Drop::drop`.
pub struct OnlyCallFromDrop(());

impl OnlyCallFromDrop {
    /// # Safety
    /// Only called by the `Drop` that `#[pin_data(PinnedDrop)]` makes.
    pub unsafe fn new() -> Self {
        Self(())
    }
}

/// The type of a slot, as a value: lets a `Zeroable` bound be checked on a type that the macro cannot name.
#[inline]
pub fn assert_zeroable<T: crate::Zeroable>(_: *mut T) {}
