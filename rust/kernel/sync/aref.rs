// SPDX-License-Identifier: GPL-2.0
//! Owned references to objects that carry their own reference count, such as C objects.
//!
//! Unlike [`Arc`](crate::sync::Arc), which allocates the count beside its value, [`ARef`] uses the count that the
//! object already has: its type says how to take and give back a reference through [`AlwaysRefCounted`].
//!
//! C header: [`include/linux/kref.h`](srctree/include/linux/kref.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{sync::aref::ARef, task::Task};
//!
//! let creator: ARef<Task> = ARef::from(&**current!());
//! let same = creator.clone();
//! assert_eq!(creator.pid(), same.pid());
//! ```
//!
//! Available on every supported kernel.

use crate::{ffi::c_void, types::ForeignOwnable};
use core::{marker::PhantomData, mem::ManuallyDrop, ops::Deref, ptr::NonNull};

/// A type whose values always live behind a reference count of their own.
///
/// # Safety
///
/// - [`inc_ref`](Self::inc_ref) keeps the object alive until a matching [`dec_ref`](Self::dec_ref).
/// - Every value of the type is managed by that count: none may be made that can be freed while its count is above
///   zero, e.g. on the stack or in a box.
///
/// # Examples
///
/// ```
/// use core::ptr::NonNull;
/// use kernel::sync::{aref::{ARef, AlwaysRefCounted}, Refcount};
///
/// struct Port {
///     number: u32,
///     users: Refcount,
/// }
///
/// // SAFETY: `users` counts, a port is freed at zero, and only `open` makes one.
/// unsafe impl AlwaysRefCounted for Port {
///     fn inc_ref(&self) {
///         self.users.inc();
///     }
///
///     unsafe fn dec_ref(port: NonNull<Self>) {
///         // SAFETY: the caller has a reference, so that the port is there.
///         if unsafe { port.as_ref() }.users.dec_and_test() {
///             // SAFETY: `open` took it out of a box, and that was the last reference.
///             drop(unsafe { KBox::from_raw(port.as_ptr()) });
///         }
///     }
/// }
///
/// fn open(number: u32) -> Result<ARef<Port>> {
///     let port = KBox::leak(KBox::new(Port { number, users: Refcount::new(1) }, GFP_KERNEL)?);
///     // SAFETY: the one reference that is counted is this.
///     Ok(unsafe { ARef::from_raw(NonNull::from(port)) })
/// }
///
/// let port = open(5)?;
/// let other: ARef<Port> = ARef::from(&*port);
/// drop(port);
/// assert_eq!(other.number, 5);
/// # Ok::<(), Error>(())
/// ```
pub unsafe trait AlwaysRefCounted {
    /// Takes one more reference to the object.
    fn inc_ref(&self);

    /// Gives one reference back, which may free the object.
    ///
    /// # Safety
    ///
    /// The caller owns a reference to `obj`, gives it up with this call, and does not use `obj` afterwards unless
    /// something else keeps it alive.
    unsafe fn dec_ref(obj: NonNull<Self>);
}

/// An owned reference to an object with its own reference count.
///
/// Cloning takes a reference, dropping gives it back.
///
/// # Invariants
///
/// `ptr` points to a live object, and this `ARef` owns one of its references.
pub struct ARef<T: AlwaysRefCounted> {
    ptr: NonNull<T>,
    _p: PhantomData<T>,
}

// SAFETY: An `ARef` gives shared access to `T` (hence `T: Sync`), and the last one to be dropped, on any thread, may
// free it (hence `T: Send`).
unsafe impl<T: AlwaysRefCounted + Sync + Send> Send for ARef<T> {}

// SAFETY: `&ARef<T>` gives `&T` (hence `T: Sync`), and by cloning an `ARef` that may be the last one dropped (hence `T:
// Send`).
unsafe impl<T: AlwaysRefCounted + Sync + Send> Sync for ARef<T> {}

// Moving an `ARef` does not move what it points to.
impl<T: AlwaysRefCounted> Unpin for ARef<T> {}

impl<T: AlwaysRefCounted> ARef<T> {
    /// Takes over a reference that the caller owns.
    ///
    /// # Safety
    ///
    /// `ptr` points to a live object, and the caller owns one reference to it, which now belongs to the result.
    #[inline]
    pub unsafe fn from_raw(ptr: NonNull<T>) -> Self {
        // INVARIANT: The caller promises both halves.
        Self { ptr, _p: PhantomData }
    }

    /// Hands the reference over to the caller, who has to give it back with [`AlwaysRefCounted::dec_ref`] or
    /// [`from_raw`](Self::from_raw).
    #[inline]
    pub fn into_raw(me: Self) -> NonNull<T> {
        ManuallyDrop::new(me).ptr
    }
}

impl<T: AlwaysRefCounted> Clone for ARef<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl<T: AlwaysRefCounted> Deref for ARef<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: By the type invariant the object is alive as long as `self` is.
        unsafe { self.ptr.as_ref() }
    }
}

impl<T: AlwaysRefCounted> From<&T> for ARef<T> {
    #[inline]
    fn from(obj: &T) -> Self {
        obj.inc_ref();
        // SAFETY: The reference just taken belongs to the result.
        unsafe { Self::from_raw(NonNull::from(obj)) }
    }
}

impl<T: AlwaysRefCounted> Drop for ARef<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant `self` owns a reference, and it is not used again.
        unsafe { T::dec_ref(self.ptr) };
    }
}

impl<T, U> PartialEq<ARef<U>> for ARef<T>
where
    T: AlwaysRefCounted + PartialEq<U>,
    U: AlwaysRefCounted,
{
    #[inline]
    fn eq(&self, other: &ARef<U>) -> bool {
        T::eq(self, other)
    }
}

impl<T: AlwaysRefCounted + Eq> Eq for ARef<T> {}

impl<T, U> PartialEq<&'_ U> for ARef<T>
where
    T: AlwaysRefCounted + PartialEq<U>,
{
    #[inline]
    fn eq(&self, other: &&U) -> bool {
        T::eq(self, other)
    }
}

// SAFETY: `into_foreign` gives out the pointer to a live, hence suitably aligned, `T`; `from_foreign` takes the same
// one back.
unsafe impl<T: AlwaysRefCounted> ForeignOwnable for ARef<T> {
    const FOREIGN_ALIGN: usize = core::mem::align_of::<T>();

    type Borrowed<'a>
        = &'a T
    where
        Self: 'a;
    type BorrowedMut<'a>
        = &'a T
    where
        Self: 'a;

    #[inline]
    fn into_foreign(self) -> *mut c_void {
        Self::into_raw(self).as_ptr().cast()
    }

    #[inline]
    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // SAFETY: The caller passes what `into_foreign` returned, which is not null and carries the reference.
        unsafe { Self::from_raw(NonNull::new_unchecked(ptr.cast())) }
    }

    #[inline]
    unsafe fn borrow<'a>(ptr: *mut c_void) -> &'a T
    where
        Self: 'a,
    {
        // SAFETY: The caller passes what `into_foreign` returned and does not call `from_foreign` during `'a`, so the
        // reference that it carries keeps the object alive.
        unsafe { &*ptr.cast() }
    }

    #[inline]
    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> &'a T
    where
        Self: 'a,
    {
        // SAFETY: The caller's promises include those of `borrow`.
        unsafe { <Self as ForeignOwnable>::borrow(ptr) }
    }
}
