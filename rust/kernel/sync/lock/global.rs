// SPDX-License-Identifier: GPL-2.0
//! Locks in a `static`.
//!
//! C headers: those of the locks behind them, see [`lock`](super).
//!
//! # Examples
//!
//! A module's list of minor numbers, and a counter in each device that the same lock protects:
//!
//! ```
//! # mod example {
//! # use kernel::prelude::*;
//! use kernel::sync::{global_lock, GlobalGuard, GlobalLockedBy};
//!
//! global_lock! {
//!     // SAFETY: `open` below initialises it before it is used.
//!     pub(crate) unsafe(uninit) static MINORS: Mutex<u64> = 0;
//! }
//!
//! pub(crate) struct Device {
//!     users: GlobalLockedBy<u32, MINORS>,
//! }
//!
//! impl Device {
//!     pub(crate) fn open(&self, guard: &mut GlobalGuard<MINORS>) -> u32 {
//!         let users = self.users.as_mut(guard);
//!         *users += 1;
//!         *users
//!     }
//! }
//!
//! # pub(crate) fn run() {
//! // SAFETY: Called once, before the first use.
//! unsafe { MINORS.init() };
//! let device = Device { users: GlobalLockedBy::new(0) };
//! let mut minors = MINORS.lock();
//! *minors |= 1;
//! assert_eq!(device.open(&mut minors), 1);
//! # }
//! # }
//! # example::run();
//! ```
//!
//! Available on every supported kernel.

use super::{Backend, Guard, Lock};
use crate::{
    str::{CStr, CStrExt as _},
    sync::{LockClassKey, LockedBy},
    types::Opaque,
};
use core::{
    cell::UnsafeCell,
    marker::{PhantomData, PhantomPinned},
    pin::Pin,
};

/// What there is to know about one lock; [`global_lock!`] implements it.
pub trait GlobalLockBackend {
    /// The lock's name.
    const NAME: &'static CStr;
    /// What it protects.
    type Item: 'static;
    /// What kind it is.
    type Backend: Backend + 'static;

    /// Its class.
    fn get_lock_class() -> Pin<&'static LockClassKey>;
}

/// A lock in a `static`; [`global_lock!`] makes one.
///
/// # Invariants
///
/// There is one of each type. It is initialised before it is used.
pub struct GlobalLock<B: GlobalLockBackend> {
    inner: Lock<B::Item, B::Backend>,
}

impl<B: GlobalLockBackend> GlobalLock<B> {
    /// Makes the value of the `static`.
    ///
    /// # Safety
    ///
    /// There is only one `GlobalLock<B>`, it lies in a `static`, and [`init`](Self::init) is called before anything
    /// else.
    pub const unsafe fn new(data: B::Item) -> Self {
        // INVARIANT: The caller promises it.
        Self { inner: Lock { state: Opaque::uninit(), _pin: PhantomPinned, data: UnsafeCell::new(data) } }
    }

    /// Initialises the lock.
    ///
    /// # Safety
    ///
    /// It is called once, and nothing else is called before it has returned.
    pub unsafe fn init(&'static self) {
        // SAFETY: A `static` stays where it is; name and key are `'static`; the caller promises that nobody uses the
        // lock yet.
        unsafe { B::Backend::init(self.inner.state.get(), B::NAME.as_char_ptr(), B::get_lock_class().as_ptr()) }
    }

    /// Takes the lock, waiting for it if need be.
    pub fn lock(&'static self) -> GlobalGuard<B> {
        GlobalGuard { inner: self.inner.lock() }
    }

    /// Takes the lock if that is possible at once.
    #[must_use = "if unused, the lock will be immediately unlocked"]
    pub fn try_lock(&'static self) -> Option<GlobalGuard<B>> {
        Some(GlobalGuard { inner: self.inner.try_lock()? })
    }
}

/// Access to what a [`GlobalLock`] protects; its type says which lock is held.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub struct GlobalGuard<B: GlobalLockBackend> {
    inner: Guard<'static, B::Item, B::Backend>,
}

impl<B: GlobalLockBackend> core::ops::Deref for GlobalGuard<B> {
    type Target = B::Item;

    fn deref(&self) -> &B::Item {
        &self.inner
    }
}

impl<B: GlobalLockBackend> core::ops::DerefMut for GlobalGuard<B>
where
    B::Item: Unpin,
{
    fn deref_mut(&mut self) -> &mut B::Item {
        &mut self.inner
    }
}

/// A value that a [`GlobalLock`] protects without holding it.
///
/// As [`LockedBy`], but the type already says which lock it is, so that nothing is left to check at run time.
pub struct GlobalLockedBy<T: ?Sized, B: GlobalLockBackend> {
    _backend: PhantomData<B>,
    value: UnsafeCell<T>,
}

// SAFETY: It has the same value and gives the same access as the `LockedBy`.
unsafe impl<T, B> Send for GlobalLockedBy<T, B>
where
    T: ?Sized,
    B: GlobalLockBackend,
    LockedBy<T, B::Item>: Send,
{
}

// SAFETY: It has the same value and gives the same access as the `LockedBy`.
unsafe impl<T, B> Sync for GlobalLockedBy<T, B>
where
    T: ?Sized,
    B: GlobalLockBackend,
    LockedBy<T, B::Item>: Sync,
{
}

impl<T, B: GlobalLockBackend> GlobalLockedBy<T, B> {
    /// Puts `val` under the lock of the type `B`.
    pub fn new(val: T) -> Self {
        Self { value: UnsafeCell::new(val), _backend: PhantomData }
    }
}

impl<T: ?Sized, B: GlobalLockBackend> GlobalLockedBy<T, B> {
    /// Reads the value while the lock is held.
    pub fn as_ref<'a>(&'a self, _guard: &'a GlobalGuard<B>) -> &'a T {
        // SAFETY: The only lock of type `B` is held during `'a`, and its guard is borrowed, so there is no `&mut` to
        // the value.
        unsafe { &*self.value.get() }
    }

    /// Changes the value while the lock is held.
    pub fn as_mut<'a>(&'a self, _guard: &'a mut GlobalGuard<B>) -> &'a mut T {
        // SAFETY: The only lock of type `B` is held, and its guard is borrowed exclusively during `'a`.
        unsafe { &mut *self.value.get() }
    }

    /// The value itself: an exclusive reference needs no lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

/// Declares a lock in a `static`, and a type of the same name for [`GlobalGuard`] and [`GlobalLockedBy`].
///
/// The kind is `Mutex`, `SpinLock` or `SpinLockIrq`. `unsafe(uninit)` says that the author sees to it that `init()` is
/// called once, before anything else, e.g. in the module's initialiser. See the [module's example](self).
#[macro_export]
macro_rules! global_lock {
    {
        $(#[$meta:meta])* $pub:vis
        unsafe(uninit) static $name:ident: $kind:ident<$valuety:ty> = $value:expr;
    } => {
        #[doc = ::core::concat!("The type of the global lock `", ::core::stringify!($name), "`.")]
        #[allow(non_camel_case_types, unreachable_pub)]
        $pub enum $name {}

        impl $crate::sync::GlobalLockBackend for $name {
            const NAME: &'static $crate::str::CStr = $crate::c_str!(::core::stringify!($name));
            type Item = $valuety;
            type Backend = $crate::global_lock_inner!(backend $kind);

            fn get_lock_class() -> ::core::pin::Pin<&'static $crate::sync::LockClassKey> {
                $crate::static_lock_class!()
            }
        }

        $(#[$meta])*
        #[allow(unreachable_pub)]
        $pub static $name: $crate::sync::GlobalLock<$name> =
            // SAFETY: The type has just been declared, so this is the only lock of it; the author promises the call of
            // `init`.
            unsafe { $crate::sync::GlobalLock::new($value) };
    };
}
pub use global_lock;

/// The backend of each kind of lock.
#[doc(hidden)]
#[macro_export]
macro_rules! global_lock_inner {
    (backend Mutex) => {
        $crate::sync::lock::mutex::MutexBackend
    };
    (backend SpinLock) => {
        $crate::sync::lock::spinlock::SpinLockBackend
    };
    (backend SpinLockIrq) => {
        $crate::sync::lock::spinlock::SpinLockIrqBackend
    };
}
