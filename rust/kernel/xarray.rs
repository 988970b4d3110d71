// SPDX-License-Identifier: GPL-2.0
//! Arrays of pointers that are large and sparse.
//!
//! C header: [`include/linux/xarray.h`](srctree/include/linux/xarray.h)
//!
//! Every kernel has it.

use crate::{
    alloc,
    build_assert::const_assert,
    error::{Error, Result},
    prelude::{pin_data, pin_init, pinned_drop, PinInit},
    types::{ForeignOwnable, NotThreadSafe, Opaque},
};
use core::{ffi::c_void, fmt, marker::PhantomData, pin::Pin, ptr::NonNull};

/// An array of values that own memory, such as [`KBox`](crate::alloc::KBox) or [`Arc`](crate::sync::Arc), by index.
///
/// Only the indices in use take memory, the less the closer together they are.
///
/// # Invariants
///
/// `xa` is initialised, and each of its entries is what [`ForeignOwnable::into_foreign`] of a `T` returned, and belongs
/// to it.
///
/// # Examples
///
/// ```
/// use kernel::xarray::{AllocKind, XArray};
///
/// let queues = KBox::pin_init(XArray::<KBox<u32>>::new(AllocKind::Alloc1), GFP_KERNEL)?;
/// let depth = KBox::new(128, GFP_KERNEL)?;
///
/// let mut guard = queues.lock();
/// assert!(guard.get(7).is_none());
/// assert!(guard.store(7, depth, GFP_ATOMIC)?.is_none());
/// if let Some(depth) = guard.get_mut(7) {
///     *depth /= 2;
/// }
/// assert_eq!(guard.get(7).copied(), Some(64));
/// assert_eq!(guard.remove(7).map(|depth| *depth), Some(64));
/// assert!(guard.remove(7).is_none());
/// # Ok::<(), Error>(())
/// ```
#[pin_data(PinnedDrop)]
pub struct XArray<T: ForeignOwnable> {
    #[pin]
    xa: Opaque<bindings::xarray>,
    _owns: PhantomData<T>,
}

#[pinned_drop]
impl<T: ForeignOwnable> PinnedDrop for XArray<T> {
    fn drop(self: Pin<&mut Self>) {
        let xa = self.xa.get();
        let mut index = 0;
        // SAFETY: the array is initialised.
        let mut entry = unsafe { bindings::xa_find(xa, &mut index, usize::MAX, bindings::XA_PRESENT) };
        while let Some(present) = NonNull::new(entry) {
            // SAFETY: by the type invariant it is a `T` of the array's, which nobody will look for again.
            drop(unsafe { T::from_foreign(present.as_ptr().cast()) });
            // SAFETY: the array is initialised.
            entry = unsafe { bindings::xa_find_after(xa, &mut index, usize::MAX, bindings::XA_PRESENT) };
        }
        // SAFETY: the array is initialised, and nobody else has it.
        unsafe { bindings::xa_destroy(xa) };
    }
}

/// From which index on an array is to find a free index by itself.
pub enum AllocKind {
    /// From 0.
    Alloc,
    /// From 1.
    Alloc1,
}

impl<T: ForeignOwnable> XArray<T> {
    /// Makes an empty array.
    pub fn new(kind: AllocKind) -> impl PinInit<Self> {
        let flags = match kind {
            AllocKind::Alloc => bindings::XA_FLAGS_ALLOC,
            AllocKind::Alloc1 => bindings::XA_FLAGS_ALLOC1,
        };
        pin_init!(Self {
            // INVARIANT: it is initialised, and empty.
            // SAFETY: it is a pointer to memory for an `xarray`, which does not move.
            xa <- Opaque::ffi_init(|xa| unsafe { bindings::xa_init_flags(xa, flags) }),
            _owns: PhantomData,
        })
    }

    /// Locks the array, or returns [`None`] if somebody else has it locked.
    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        // SAFETY: the array is initialised.
        let locked = unsafe { bindings::xa_trylock(self.xa.get()) } != 0;
        // INVARIANT: it was just locked.
        locked.then(|| Guard { xa: self, _not_send: NotThreadSafe })
    }

    /// Locks the array.
    pub fn lock(&self) -> Guard<'_, T> {
        // SAFETY: the array is initialised.
        unsafe { bindings::xa_lock(self.xa.get()) };
        // INVARIANT: it was just locked.
        Guard { xa: self, _not_send: NotThreadSafe }
    }
}

/// A locked [`XArray`]. The lock is a spin lock: nothing may sleep while it is held.
///
/// # Invariants
///
/// The array is locked, by this thread.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub struct Guard<'a, T: ForeignOwnable> {
    xa: &'a XArray<T>,
    _not_send: NotThreadSafe,
}

impl<T: ForeignOwnable> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: by the type invariant, this thread has it locked.
        unsafe { bindings::xa_unlock(self.xa.xa.get()) };
    }
}

/// Why a value could not be stored, and the value.
pub struct StoreError<T> {
    /// Why.
    pub error: Error,
    /// The value.
    pub value: T,
}

impl<T> fmt::Debug for StoreError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreError").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<T> From<StoreError<T>> for Error {
    fn from(value: StoreError<T>) -> Self {
        value.error
    }
}

impl<'a, T: ForeignOwnable> Guard<'a, T> {
    /// Returns the entry at `index`.
    fn load(&self, index: usize) -> Option<NonNull<c_void>> {
        // SAFETY: the array is initialised.
        NonNull::new(unsafe { bindings::xa_load(self.xa.xa.get(), index) }.cast())
    }

    /// Returns the value at `index`.
    pub fn get(&self, index: usize) -> Option<T::Borrowed<'_>> {
        let entry = self.load(index)?;
        // SAFETY: it is a `T` of the array's, which keeps it as long as the guard is borrowed.
        Some(unsafe { T::borrow(entry.as_ptr()) })
    }

    /// Returns the value at `index`, which can be changed.
    pub fn get_mut(&mut self, index: usize) -> Option<T::BorrowedMut<'_>> {
        let entry = self.load(index)?;
        // SAFETY: it is a `T` of the array's, which keeps it as long as the guard is borrowed, and nobody else gets it.
        Some(unsafe { T::borrow_mut(entry.as_ptr()) })
    }

    /// Takes the value at `index` out.
    pub fn remove(&mut self, index: usize) -> Option<T> {
        // SAFETY: the array is initialised, and locked by this thread.
        let entry = unsafe { bindings::__xa_erase(self.xa.xa.get(), index) };
        // SAFETY: it was a `T` of the array's, or null.
        unsafe { T::try_from_foreign(entry.cast()) }
    }

    /// Puts a value at `index`, and returns the one that was there.
    ///
    /// It may have to allocate memory. If `gfp` allows to sleep, it lets go of the lock while it does.
    pub fn store(&mut self, index: usize, value: T, gfp: alloc::Flags) -> Result<Option<T>, StoreError<T>> {
        // The array has a use of its own for the two lowest bits.
        const_assert!(T::FOREIGN_ALIGN >= 4, "the pointers have to be aligned to 4 at least");

        let new = value.into_foreign();
        // INVARIANT (of `XArray`): a `T` that belongs to the array, if it is stored.
        // SAFETY: the array is initialised, and locked by this thread.
        let old = unsafe { bindings::__xa_store(self.xa.xa.get(), index, new.cast(), gfp.as_raw()) };

        // SAFETY: `__xa_store()` returned it.
        match unsafe { bindings::xa_err(old) } {
            // SAFETY: it was a `T` of the array's, or null.
            0 => Ok(unsafe { T::try_from_foreign(old.cast()) }),
            errno => Err(StoreError {
                error: Error::from_errno(errno),
                // SAFETY: it was not stored, so it is still that of `into_foreign`.
                value: unsafe { T::from_foreign(new) },
            }),
        }
    }
}

// SAFETY: it is so many `T`, and the lock is that of the kernel.
unsafe impl<T: ForeignOwnable + Send> Send for XArray<T> {}

// SAFETY: what is in it is reached under its lock only, by one thread at a time.
unsafe impl<T: ForeignOwnable + Send> Sync for XArray<T> {}
