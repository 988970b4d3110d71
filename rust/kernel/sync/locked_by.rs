// SPDX-License-Identifier: GPL-2.0
//! A value protected by a lock that does not contain it.
//!
//! C header: none.
//!
//! Available on every supported kernel.

use super::lock::{Backend, Lock};
use crate::build_assert::build_assert;
use core::{cell::UnsafeCell, mem::size_of, ptr};

/// A value that the lock around some `U` protects, though it is stored elsewhere, e.g. a field of each file under the
/// lock of its directory.
///
/// # Invariants
///
/// `owner` is the address of a value that lies in a lock, or did.
///
/// # Examples
///
/// ```
/// use kernel::sync::{new_mutex, LockedBy, Mutex};
///
/// struct Directory {
///     bytes: u64,
/// }
///
/// struct File {
///     bytes: LockedBy<u64, Directory>,
/// }
///
/// fn grow(file: &File, directory: &Mutex<Directory>, by: u64) -> u64 {
///     let mut directory = directory.lock();
///     directory.bytes += by;
///     let bytes = file.bytes.access_mut(&mut directory);
///     *bytes += by;
///     *bytes
/// }
///
/// let directory = KBox::pin_init(new_mutex!(Directory { bytes: 0 }), GFP_KERNEL)?;
/// let file = File { bytes: LockedBy::new(&directory, 0) };
/// assert_eq!(grow(&file, &directory, 512), 512);
/// assert_eq!(directory.lock().bytes, 512);
/// # Ok::<(), Error>(())
/// ```
pub struct LockedBy<T: ?Sized, U: ?Sized> {
    owner: *const U,
    data: UnsafeCell<T>,
}

// SAFETY: Sending it sends the value; the pointer is only compared.
unsafe impl<T: ?Sized + Send, U: ?Sized> Send for LockedBy<T, U> {}

// SAFETY: Through a shared reference the value is reached with the lock held (sends it to and fro, hence `T: Send`);
// `access` gives shared access from several threads at once only to a `T: Sync`.
unsafe impl<T: ?Sized + Send, U: ?Sized> Sync for LockedBy<T, U> {}

impl<T, U> LockedBy<T, U> {
    /// Puts `data` under the lock `owner`.
    ///
    /// If the owner goes away, the value can no longer be reached; it is still dropped.
    pub fn new<B: Backend>(owner: &Lock<U, B>, data: T) -> Self {
        build_assert!(size_of::<Lock<U, B>>() > 0, "a lock without size cannot be told from others by its address");
        // INVARIANT: The value of a lock.
        Self { owner: owner.data.get(), data: UnsafeCell::new(data) }
    }
}

impl<T: ?Sized, U> LockedBy<T, U> {
    /// Reads the value; borrowing the locked `owner` proves that the lock is held.
    ///
    /// # Panics
    ///
    /// If `owner` is another one than the value was made with.
    pub fn access<'a>(&'a self, owner: &'a U) -> &'a T
    where
        T: Sync,
    {
        self.check(owner);
        // SAFETY: `owner` is borrowed shared during `'a`, so its lock is held and there is no exclusive borrow for
        // `access_mut`.
        unsafe { &*self.data.get() }
    }

    /// Changes the value; exclusively borrowing the locked `owner` proves that the lock is held.
    ///
    /// # Panics
    ///
    /// If `owner` is another one than the value was made with.
    pub fn access_mut<'a>(&'a self, owner: &'a mut U) -> &'a mut T {
        self.check(owner);
        // SAFETY: `owner` is borrowed exclusively during `'a`, so its lock is held and there is no other borrow of it
        // for any access.
        unsafe { &mut *self.data.get() }
    }

    /// Two values of a type without size may share an address, so that comparing addresses would prove nothing.
    #[inline]
    fn check(&self, owner: &U) {
        build_assert!(size_of::<U>() > 0, "an owner without size cannot be told from others by its address");
        if !ptr::eq(owner, self.owner) {
            panic!("mismatched owners");
        }
    }
}
