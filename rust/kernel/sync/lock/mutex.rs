// SPDX-License-Identifier: GPL-2.0
//! The lock that sleeps.
//!
//! C header: [`include/linux/mutex.h`](srctree/include/linux/mutex.h)
//!
//! # Examples
//!
//! ```
//! use kernel::sync::{new_mutex, Mutex};
//!
//! #[pin_data]
//! struct Port {
//!     index: u32,
//!     #[pin]
//!     settings: Mutex<[u32; 2]>,
//! }
//!
//! let port = KBox::pin_init(
//!     pin_init!(Port {
//!         index: 1,
//!         settings <- new_mutex!([115_200, 8], "Port::settings"),
//!     }),
//!     GFP_KERNEL,
//! )?;
//! port.settings.lock()[0] = 9_600;
//! assert_eq!(*port.settings.lock(), [9_600, 8]);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

/// Makes a [`Mutex`] with a lock class of its own, named after the place in the source unless a name is given.
#[macro_export]
macro_rules! new_mutex {
    ($inner:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::Mutex::new($inner, $crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}
pub use new_mutex;

/// A value that one task at a time can access, while the others sleep.
///
/// A task that takes a mutex it already holds waits for ever.
pub type Mutex<T> = super::Lock<T, MutexBackend>;

/// Access to what a [`Mutex`] protects.
pub type MutexGuard<'a, T> = super::Guard<'a, T, MutexBackend>;

/// `struct mutex`.
pub struct MutexBackend;

// SAFETY: A `struct mutex` excludes.
unsafe impl super::Backend for MutexBackend {
    type State = bindings::mutex;
    type GuardState = ();

    unsafe fn init(ptr: *mut Self::State, name: *const crate::ffi::c_char, key: *mut bindings::lock_class_key) {
        // SAFETY: The caller promises valid pointers that live long enough.
        unsafe { bindings::__mutex_init(ptr, name, key) }
    }

    #[inline]
    unsafe fn lock(ptr: *mut Self::State) -> Self::GuardState {
        // With lockdep, `mutex_lock()` is a macro for this function and the ordinary lock subclass.
        #[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
        // SAFETY: The caller promises an initialised mutex.
        unsafe {
            bindings::mutex_lock_nested(ptr, 0)
        };
        #[cfg(not(CONFIG_DEBUG_LOCK_ALLOC))]
        // SAFETY: The caller promises an initialised mutex.
        unsafe {
            bindings::mutex_lock(ptr)
        };
    }

    #[inline]
    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Self::GuardState> {
        // SAFETY: The caller promises an initialised mutex.
        let taken = unsafe { bindings::mutex_trylock(ptr) };
        (taken != 0).then_some(())
    }

    #[inline]
    unsafe fn unlock(ptr: *mut Self::State, _guard_state: &Self::GuardState) {
        // SAFETY: The caller holds the mutex.
        unsafe { bindings::mutex_unlock(ptr) };
    }

    #[inline]
    unsafe fn assert_is_held(ptr: *mut Self::State) {
        #[cfg(CONFIG_LOCKDEP)]
        // SAFETY: The caller promises an initialised mutex.
        unsafe {
            bindings::mutex_assert_is_held(ptr)
        };
        #[cfg(not(CONFIG_LOCKDEP))]
        let _ = ptr;
    }
}
