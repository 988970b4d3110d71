// SPDX-License-Identifier: GPL-2.0
//! Values that can be taken away while others still refer to them.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)
//!
//! Available on every supported kernel.

use crate::{
    sync::{
        atomic::{Atomic, Full, Relaxed},
        rcu,
    },
    types::Opaque,
};
use core::{marker::PhantomData, ops::Deref, pin::Pin, ptr::drop_in_place};
use pin_init::{pin_data, pin_init, pinned_drop, PinInit, Wrapper};

/// A value that is dropped when it is revoked, while the `Revocable` lives on.
///
/// Access takes no lock, only an RCU read-side critical section, during which sleeping is forbidden; revoking waits for
/// these.
///
/// # Invariants
///
/// Until `is_available` turns false, `data` is initialised and pinned. Who turns it false drops it, after the RCU
/// readers that saw it true are gone.
///
/// # Examples
///
/// ```
/// use kernel::{revocable::Revocable, sync::rcu};
///
/// let registers = KBox::pin_init(Revocable::new([1u32, 2]), GFP_KERNEL)?;
/// assert_eq!(registers.try_access().map(|r| r[1]), Some(2));
/// assert_eq!(registers.try_access_with(|r| r[0]), Some(1));
///
/// let guard = rcu::read_lock();
/// assert!(registers.try_access_with_guard(&guard).is_some());
/// drop(guard);
///
/// // The device is unplugged.
/// assert!(registers.revoke());
/// assert!(registers.try_access().is_none());
/// # Ok::<(), Error>(())
/// ```
#[pin_data(PinnedDrop)]
pub struct Revocable<T> {
    is_available: Atomic<bool>,
    #[pin]
    data: Opaque<T>,
}

// SAFETY: Sending it sends the value.
unsafe impl<T: Send> Send for Revocable<T> {}

// SAFETY: It gives shared access (`T: Sync`), and whoever revokes the value drops it (`T: Send`).
unsafe impl<T: Sync + Send> Sync for Revocable<T> {}

impl<T> Revocable<T> {
    /// Makes a revocable value in place.
    pub fn new<E>(data: impl PinInit<T, E>) -> impl PinInit<Self, E> {
        pin_init!(Self {
            // INVARIANT: `data` is initialised below, or there will be no `Self`.
            is_available: Atomic::new(true),
            data <- Opaque::pin_init(data),
        }? E)
    }

    /// Gives access unless the value has been revoked.
    ///
    /// The caller must not sleep before it drops the result.
    #[inline(always)]
    pub fn try_access(&self) -> Option<RevocableGuard<'_, T>> {
        let guard = rcu::read_lock();
        let data = core::ptr::from_ref(self.try_access_with_guard(&guard)?);
        // INVARIANT: The guard was taken before the look at `is_available`, and goes with the pointer.
        Some(RevocableGuard { data, _rcu: guard, _p: PhantomData })
    }

    /// Gives access unless the value has been revoked, for as long as the caller's RCU guard lives.
    pub fn try_access_with_guard<'a>(&'a self, _guard: &'a rcu::Guard) -> Option<&'a T> {
        if !self.is_available.load(Relaxed) {
            return None;
        }
        // SAFETY: By the type invariant it is initialised, and not dropped as long as this reader is there.
        Some(unsafe { &*self.data.get() })
    }

    /// Runs `f` on the value unless it has been revoked; `f` must not sleep.
    #[inline(always)]
    pub fn try_access_with<R, F: FnOnce(&T) -> R>(&self, f: F) -> Option<R> {
        self.try_access().map(|guard| f(&guard))
    }

    /// Gives access without a check.
    ///
    /// # Safety
    ///
    /// The value has not been revoked and is not revoked as long as the result is used.
    pub unsafe fn access(&self) -> &T {
        // SAFETY: By the type invariant it is initialised, as the caller promises that it has not been revoked.
        unsafe { &*self.data.get() }
    }

    fn revoke_internal<const SYNC: bool>(&self) -> bool {
        let revoked = self.is_available.xchg(false, Full);
        if revoked {
            if SYNC {
                rcu::synchronize_rcu();
            }
            // SAFETY: By the type invariant it is initialised, and only one caller gets here. There are no readers:
            // they are gone after `synchronize_rcu`, or the caller of `revoke_nosync` promises so.
            unsafe { drop_in_place(self.data.get()) };
        }
        revoked
    }

    /// Revokes and drops the value without waiting for readers; says whether that had not been done before.
    ///
    /// # Safety
    ///
    /// Nobody uses the value.
    pub unsafe fn revoke_nosync(&self) -> bool {
        self.revoke_internal::<false>()
    }

    /// Revokes the value, waits for those who have access, and drops it; says whether that had not been done before.
    ///
    /// If somebody else has just begun to do it, this returns before the value has been dropped.
    pub fn revoke(&self) -> bool {
        self.revoke_internal::<true>()
    }
}

#[pinned_drop]
impl<T> PinnedDrop for Revocable<T> {
    fn drop(self: Pin<&mut Self>) {
        // There can be no readers any more: they borrow `self`.
        // SAFETY: Nothing is moved.
        let this = unsafe { self.get_unchecked_mut() };
        if *this.is_available.get_mut() {
            // SAFETY: By the type invariant it is initialised, and nobody comes after.
            unsafe { drop_in_place(this.data.get()) };
        }
    }
}

/// Access to a [`Revocable`]'s value, which is not dropped as long as this exists.
///
/// It is an RCU read-side critical section: no sleeping.
///
/// # Invariants
///
/// `data` stays valid as long as `_rcu` lives.
pub struct RevocableGuard<'a, T> {
    data: *const T,
    _rcu: rcu::Guard,
    _p: PhantomData<&'a T>,
}

impl<T> Deref for RevocableGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariant.
        unsafe { &*self.data }
    }
}
