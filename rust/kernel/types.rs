// SPDX-License-Identifier: GPL-2.0
//! Small types that everything else uses: foreign ownership, scope guards, opaque C values.
//!
//! C headers: none. All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! use kernel::types::ScopeGuard;
//!
//! let guard = ScopeGuard::new(|| pr_info!("left early\n"));
//! guard.dismiss();
//! ```

use crate::ffi::c_void;
use core::{
    cell::UnsafeCell,
    marker::{PhantomData, PhantomPinned},
    mem::MaybeUninit,
    ops::{Deref, DerefMut},
    ptr::NonNull,
};
use pin_init::{PinInit, Wrapper, Zeroable};

pub mod for_lt;
pub use for_lt::{CovariantForLt, ForLt};

/// A value that C can keep as a pointer: private data of a device, the argument of a callback.
///
/// # Safety
///
/// - [`into_foreign`](Self::into_foreign) returns a pointer aligned to [`FOREIGN_ALIGN`](Self::FOREIGN_ALIGN), never
///   null.
/// - That pointer stays valid for [`from_foreign`](Self::from_foreign) and the two borrows until it is given back.
pub unsafe trait ForeignOwnable: Sized {
    /// The alignment of the pointers that [`into_foreign`](Self::into_foreign) returns: bits below may be used for
    /// tags.
    const FOREIGN_ALIGN: usize;

    /// What is seen of the value through a shared borrow of it while C owns it.
    type Borrowed<'a>
    where
        Self: 'a;

    /// What is seen of the value through an exclusive borrow of it while C owns it.
    type BorrowedMut<'a>
    where
        Self: 'a;

    /// Gives the value away as a pointer, which is not null.
    fn into_foreign(self) -> *mut c_void;

    /// Takes the value back.
    ///
    /// # Safety
    ///
    /// `ptr` came from [`into_foreign`](Self::into_foreign), was not taken back yet, and nothing borrowed from it is in
    /// use.
    unsafe fn from_foreign(ptr: *mut c_void) -> Self;

    /// Takes the value back, unless the pointer is null.
    ///
    /// # Safety
    ///
    /// `ptr` is null, or fulfils the requirements of [`from_foreign`](Self::from_foreign).
    unsafe fn try_from_foreign(ptr: *mut c_void) -> Option<Self> {
        if ptr.is_null() {
            return None;
        }
        // SAFETY: `ptr` is not null, so the caller promises the requirements of `from_foreign`.
        Some(unsafe { Self::from_foreign(ptr) })
    }

    /// Borrows the value that C owns.
    ///
    /// # Safety
    ///
    /// `ptr` came from [`into_foreign`](Self::into_foreign), is not taken back during `'a`, and is not borrowed mutably
    /// during `'a`.
    unsafe fn borrow<'a>(ptr: *mut c_void) -> Self::Borrowed<'a>;

    /// Borrows the value that C owns, exclusively.
    ///
    /// # Safety
    ///
    /// `ptr` came from [`into_foreign`](Self::into_foreign), is not taken back during `'a`, and is not borrowed in any
    /// other way during `'a`.
    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> Self::BorrowedMut<'a>;
}

// SAFETY: The dangling pointer is aligned for `()`, not null, and no method reads through it.
unsafe impl ForeignOwnable for () {
    const FOREIGN_ALIGN: usize = align_of::<()>();
    type Borrowed<'a> = ();
    type BorrowedMut<'a> = ();

    fn into_foreign(self) -> *mut c_void {
        NonNull::dangling().as_ptr()
    }

    unsafe fn from_foreign(_: *mut c_void) -> Self {}

    unsafe fn borrow<'a>(_: *mut c_void) -> Self::Borrowed<'a> {}

    unsafe fn borrow_mut<'a>(_: *mut c_void) -> Self::BorrowedMut<'a> {}
}

/// Runs a function when it goes out of scope, unless dismissed before.
///
/// ```
/// use kernel::types::ScopeGuard;
///
/// fn fill(fail: bool) -> Result<KVec<u8>> {
///     let mut bytes = ScopeGuard::new_with_data(KVec::new(), |bytes: KVec<u8>| pr_info!("{} dropped\n", bytes.len()));
///     bytes.push(1, GFP_KERNEL)?;
///     if fail {
///         return Err(EIO);
///     }
///     Ok(bytes.dismiss())
/// }
///
/// assert!(fill(true).is_err());
/// assert_eq!(fill(false)?.len(), 1);
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The inner value is `Some` until the guard is dismissed or dropped.
pub struct ScopeGuard<T, F: FnOnce(T)>(Option<(T, F)>);

impl<T, F: FnOnce(T)> ScopeGuard<T, F> {
    /// Keeps `data` until the end of the scope and then calls `cleanup_func` with it.
    pub fn new_with_data(data: T, cleanup_func: F) -> Self {
        // INVARIANT: It is `Some`.
        Self(Some((data, cleanup_func)))
    }

    /// Returns the data and does not call the function.
    pub fn dismiss(mut self) -> T {
        match self.0.take() {
            Some((data, _)) => data,
            // SAFETY: By the type invariant it was `Some`, as `self` was neither dismissed nor dropped yet.
            None => unsafe { core::hint::unreachable_unchecked() },
        }
    }
}

impl ScopeGuard<(), fn(())> {
    /// Calls `cleanup` at the end of the scope.
    pub fn new(cleanup: impl FnOnce()) -> ScopeGuard<(), impl FnOnce(())> {
        ScopeGuard::new_with_data((), move |()| cleanup())
    }
}

impl<T, F: FnOnce(T)> Deref for ScopeGuard<T, F> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some((data, _)) => data,
            // SAFETY: By the type invariant it is `Some`: a dismissed guard cannot be borrowed any more.
            None => unsafe { core::hint::unreachable_unchecked() },
        }
    }
}

impl<T, F: FnOnce(T)> DerefMut for ScopeGuard<T, F> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.0 {
            Some((data, _)) => data,
            // SAFETY: By the type invariant it is `Some`: a dismissed guard cannot be borrowed any more.
            None => unsafe { core::hint::unreachable_unchecked() },
        }
    }
}

impl<T, F: FnOnce(T)> Drop for ScopeGuard<T, F> {
    fn drop(&mut self) {
        if let Some((data, cleanup)) = self.0.take() {
            cleanup(data)
        }
    }
}

/// A value that belongs to C: Rust assumes nothing about its contents, which C may change at any time.
///
/// It may be uninitialised, is not moved once pinned, and a shared reference to it allows no more than taking its
/// address.
///
/// ```
/// use kernel::types::Opaque;
///
/// let raw = Opaque::new(5u32);
/// assert_eq!(Opaque::cast_into(&raw), raw.get());
/// ```
#[repr(transparent)]
pub struct Opaque<T> {
    value: UnsafeCell<MaybeUninit<T>>,
    _pin: PhantomPinned,
}

// SAFETY: The contents need not be initialised at all, so the zero bytes will do too.
unsafe impl<T> Zeroable for Opaque<T> {}

impl<T> Opaque<T> {
    /// Wraps an initialised value.
    pub const fn new(value: T) -> Self {
        Self { value: UnsafeCell::new(MaybeUninit::new(value)), _pin: PhantomPinned }
    }

    /// Reserves the room only.
    pub const fn uninit() -> Self {
        Self { value: UnsafeCell::new(MaybeUninit::uninit()), _pin: PhantomPinned }
    }

    /// All bytes zero.
    pub const fn zeroed() -> Self {
        Self { value: UnsafeCell::new(MaybeUninit::zeroed()), _pin: PhantomPinned }
    }

    /// Initialises in place with a C function that cannot fail.
    ///
    /// `init_func` gets a pointer to memory that is valid for writes and not initialised, and must not read it before
    /// writing.
    pub fn ffi_init(init_func: impl FnOnce(*mut T)) -> impl PinInit<Self> {
        // SAFETY: `slot` is valid for writes and stays pinned. An `Opaque` is initialised whatever `init_func` leaves
        // there.
        unsafe {
            pin_init::pin_init_from_closure::<_, core::convert::Infallible>(move |slot: *mut Self| {
                init_func(Self::cast_into(slot));
                Ok(())
            })
        }
    }

    /// Initialises in place with a C function that may fail; then it must leave nothing to clean up.
    pub fn try_ffi_init<E>(init_func: impl FnOnce(*mut T) -> Result<(), E>) -> impl PinInit<Self, E> {
        // SAFETY: `slot` is valid for writes and stays pinned. An `Opaque` is initialised whatever `init_func` leaves
        // there, and has no drop glue, so that a failed initialisation leaves nothing to drop.
        unsafe { pin_init::pin_init_from_closure::<_, E>(move |slot: *mut Self| init_func(Self::cast_into(slot))) }
    }

    /// The address of the value.
    pub const fn get(&self) -> *mut T {
        UnsafeCell::get(&self.value).cast::<T>()
    }

    /// The address of the value, without a reference to it.
    pub const fn cast_into(this: *const Self) -> *mut T {
        UnsafeCell::raw_get(this.cast::<UnsafeCell<MaybeUninit<T>>>()).cast::<T>()
    }

    /// The opposite of [`cast_into`](Self::cast_into).
    pub const fn cast_from(this: *const T) -> *const Self {
        this.cast()
    }
}

impl<T> Wrapper<T> for Opaque<T> {
    fn pin_init<E>(slot: impl PinInit<T, E>) -> impl PinInit<Self, E> {
        Self::try_ffi_init(|ptr: *mut T| {
            // SAFETY: `ptr` is valid for writes and pinned, as it lies in an `Opaque` that is initialised in place; on
            // error nobody uses the memory.
            unsafe { PinInit::<T, E>::__pinned_init(slot, ptr) }
        })
    }
}

/// A marker that makes the type that holds it neither [`Send`] nor [`Sync`].
///
/// ```
/// use kernel::types::NotThreadSafe;
///
/// struct OfThisTask(#[allow(dead_code)] NotThreadSafe);
/// let _ = OfThisTask(NotThreadSafe);
/// ```
pub type NotThreadSafe = PhantomData<*mut ()>;

/// The value of the type [`NotThreadSafe`](type@NotThreadSafe).
#[allow(non_upper_case_globals)]
pub const NotThreadSafe: NotThreadSafe = PhantomData;
