// SPDX-License-Identifier: GPL-2.0
//! Sleepable RCU: readers may sleep, and each [`Srcu`] waits for its own readers only.
//!
//! C header: [`include/linux/srcu.h`](srctree/include/linux/srcu.h)
//!
//! Available on every supported kernel.

use super::LockClassKey;
use crate::{
    error::{to_result, Error},
    ffi::c_int,
    str::{CStr, CStrExt as _},
    types::{NotThreadSafe, Opaque},
};
use core::pin::Pin;
use pin_init::{pin_data, pin_init, pinned_drop, PinInit};

/// Makes an [`Srcu`] with a lock class of its own, named after the place in the source unless a name is given.
#[macro_export]
macro_rules! new_srcu {
    ($($name:literal)?) => {
        $crate::sync::Srcu::new($crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}
pub use new_srcu;

/// A domain of readers and those who wait for them.
///
/// Dropping it waits for readers, too. There are none left then but those whose [`Guard`] was forgotten: forgetting one
/// makes [`synchronize`](Self::synchronize) and dropping wait for ever.
///
/// It belongs on the heap or in a static: on kernels as old as 5.10 it holds the nodes of all processors that there could be, more
/// than a kernel stack.
///
/// # Invariants
///
/// Once pinned, it is initialised.
///
/// # Examples
///
/// ```
/// use kernel::sync::{srcu::new_srcu, Arc, Srcu};
///
/// let srcu: Arc<Srcu> = Arc::pin_init(new_srcu!("configuration"), GFP_KERNEL)?;
/// let guard = srcu.read_lock();
/// // Sleeping is allowed here.
/// guard.unlock();
/// srcu.synchronize_expedited();
/// # Ok::<(), Error>(())
/// ```
#[pin_data(PinnedDrop)]
#[repr(transparent)]
pub struct Srcu {
    #[pin]
    inner: Opaque<bindings::srcu_struct>,
}

impl Srcu {
    /// Makes a domain; [`new_srcu!`] supplies name and class.
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self, Error> {
        pin_init!(Self {
            // SAFETY: `slot` is valid and stays where it is; name and key are `'static`.
            inner <- Opaque::try_ffi_init(|slot| to_result(unsafe {
                bindings::init_srcu_struct_with_key(slot, name.as_char_ptr(), key.as_ptr())
            })),
        }? Error)
    }

    /// Begins to read.
    #[inline]
    pub fn read_lock(&self) -> Guard<'_> {
        // SAFETY: By the type invariant it is initialised.
        let idx = unsafe { bindings::srcu_read_lock(self.inner.get()) };
        // INVARIANT: Just begun.
        Guard { srcu: self, idx, _nts: NotThreadSafe }
    }

    /// Waits until all who read now have ended; it sleeps.
    #[inline]
    pub fn synchronize(&self) {
        // SAFETY: By the type invariant it is initialised.
        unsafe { bindings::synchronize_srcu(self.inner.get()) };
    }

    /// As [`synchronize`](Self::synchronize), but quick rather than cheap.
    #[inline]
    pub fn synchronize_expedited(&self) {
        // SAFETY: By the type invariant it is initialised.
        unsafe { bindings::synchronize_srcu_expedited(self.inner.get()) };
    }
}

#[pinned_drop]
impl PinnedDrop for Srcu {
    fn drop(self: Pin<&mut Self>) {
        // With a reader left, the clean-up would give up with the C object still in use.
        self.synchronize_expedited();
        // SAFETY: By the type invariant it is initialised, and nobody uses it any more.
        unsafe { bindings::cleanup_srcu_struct(self.inner.get()) };
    }
}

// SAFETY: It has no tie to a thread.
unsafe impl Send for Srcu {}

// SAFETY: All its operations may be called from several threads.
unsafe impl Sync for Srcu {}

/// Evidence of reading; ends it when dropped.
///
/// # Invariants
///
/// This task is a reader of `srcu`, with the index `idx`.
#[must_use = "if unused, the lock will be immediately unlocked"]
pub struct Guard<'a> {
    srcu: &'a Srcu,
    idx: c_int,
    _nts: NotThreadSafe,
}

impl Guard<'_> {
    /// Ends reading.
    #[inline]
    pub fn unlock(self) {}
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant this task is a reader with that index.
        unsafe { bindings::srcu_read_unlock(self.srcu.inner.get(), self.idx) };
    }
}
