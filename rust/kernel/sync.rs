// SPDX-License-Identifier: GPL-2.0
//! Synchronisation: locks, reference counts, atomics, RCU and ways to wait.
//!
//! C headers: [`include/linux/lockdep_types.h`](srctree/include/linux/lockdep_types.h), and those named by the modules
//! below.
//!
//! # Examples
//!
//! ```
//! use kernel::sync::{new_mutex, Arc, Mutex};
//!
//! let total: Arc<Mutex<u32>> = Arc::pin_init(new_mutex!(0, "total"), GFP_KERNEL)?;
//! *total.lock() += 1;
//! assert_eq!(*total.lock(), 1);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use crate::{prelude::*, types::Opaque};
use pin_init::{pin_data, pinned_drop};

mod arc;
pub mod aref;
pub mod atomic;
pub mod barrier;
pub mod completion;
mod condvar;
pub mod lock;
mod locked_by;
pub mod poll;
pub mod rcu;
mod refcount;
mod set_once;
pub mod srcu;

pub use arc::{Arc, ArcBorrow, UniqueArc};
pub use completion::Completion;
pub use condvar::{new_condvar, CondVar, CondVarTimeoutResult};
pub use lock::global::{global_lock, GlobalGuard, GlobalLock, GlobalLockBackend, GlobalLockedBy};
pub use lock::mutex::{new_mutex, Mutex, MutexGuard};
pub use lock::spinlock::{new_spinlock, new_spinlock_irq, SpinLock, SpinLockGuard, SpinLockIrq, SpinLockIrqGuard};
pub use locked_by::LockedBy;
pub use refcount::Refcount;
pub use set_once::SetOnce;
pub use srcu::Srcu;

/// What lockdep knows a class of locks by: its address.
///
/// It holds nothing on kernels without lockdep.
///
/// # Invariants
///
/// It lies in static memory of the module, or is registered with lockdep from its initialisation until it is dropped.
#[repr(transparent)]
#[pin_data(PinnedDrop)]
pub struct LockClassKey {
    #[pin]
    inner: Opaque<bindings::lock_class_key>,
}

// SAFETY: Only lockdep looks inside, and it may do so from any thread.
unsafe impl Send for LockClassKey {}

// SAFETY: Only lockdep looks inside, under its own lock.
unsafe impl Sync for LockClassKey {}

impl LockClassKey {
    /// Makes a key for a `static`; [`static_lock_class!`] is the safe way.
    ///
    /// # Safety
    ///
    /// The result becomes the value of a `static`, and is never dropped.
    pub const unsafe fn new_static() -> Self {
        // INVARIANT: The caller promises static memory.
        LockClassKey { inner: Opaque::zeroed() }
    }

    /// Makes a key that comes and goes.
    ///
    /// All locks that use it must be gone when it is dropped, which the type system cannot see:
    /// [`Lock::new`](lock::Lock::new) wants a `'static` key, so lending it is up to unsafe code.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{
    ///     sync::{LockClassKey, SpinLock},
    ///     types::ForeignOwnable,
    /// };
    ///
    /// let key = KBox::pin_init(LockClassKey::new_dynamic(), GFP_KERNEL)?.into_foreign();
    /// {
    ///     // SAFETY: `key` comes from `into_foreign`, and is taken back only after the last use of this borrow.
    ///     let key = unsafe { <Pin<KBox<LockClassKey>> as ForeignOwnable>::borrow(key) };
    ///     let lock = KBox::pin_init(SpinLock::new(0u32, c"dynamic", key), GFP_KERNEL)?;
    ///     *lock.lock() += 1;
    /// }
    /// // SAFETY: `key` comes from `into_foreign`; the lock that used it is gone.
    /// drop(unsafe { <Pin<KBox<LockClassKey>> as ForeignOwnable>::from_foreign(key) });
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new_dynamic() -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: Registered here, unregistered on drop.
            // SAFETY: `slot` is memory for a key that is not registered yet.
            inner <- Opaque::ffi_init(|slot| unsafe { bindings::lockdep_register_key(slot) })
        })
    }

    /// The C object.
    pub fn as_ptr(&self) -> *mut bindings::lock_class_key {
        self.inner.get()
    }
}

#[pinned_drop]
impl PinnedDrop for LockClassKey {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: A key that is dropped is not a static one, so by the type invariant it is registered. It is pinned,
        // so it has been at the same address all the time.
        unsafe { bindings::lockdep_unregister_key(self.as_ptr()) };
    }
}

/// Makes a lock class of its own for the place where it stands; gives a `Pin<&'static LockClassKey>`.
///
/// # Examples
///
/// ```
/// use kernel::sync::{static_lock_class, Arc, SpinLock};
///
/// let counter = Arc::pin_init(SpinLock::new(0u32, c"counter", static_lock_class!()), GFP_KERNEL)?;
/// assert_eq!(*counter.lock(), 0);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! static_lock_class {
    () => {{
        static CLASS: $crate::sync::LockClassKey =
            // SAFETY: It is the value of a `static`.
            unsafe { $crate::sync::LockClassKey::new_static() };
        $crate::prelude::Pin::static_ref(&CLASS)
    }};
}
pub use static_lock_class;

/// The name of a lock as a `CStr`: the one given, or else the place in the source.
#[doc(hidden)]
#[macro_export]
macro_rules! optional_name {
    () => {
        $crate::c_str!(::core::concat!(::core::file!(), ":", ::core::line!()))
    };
    ($name:literal) => {
        $crate::c_str!($name)
    };
}
