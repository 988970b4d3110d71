// SPDX-License-Identifier: GPL-2.0
//! A reference-counted pointer, as the standard library's `Arc` but with the kernel's reference count.
//!
//! It differs from the standard one in that there are no weak references, the count saturates (see [`Refcount`])
//! instead of aborting, allocation can fail, and the value is pinned from the start: an `Arc<T>` never gives out `&mut
//! T`.
//!
//! The types here are three: [`Arc`] owns a reference; [`ArcBorrow`] lends one without counting; [`UniqueArc`] is known
//! to be the only reference, so that the value can still be changed.
//!
//! C header: [`include/linux/refcount.h`](srctree/include/linux/refcount.h)
//!
//! Available on every supported kernel.

use crate::{
    alloc::{AllocError, Flags, KBox},
    ffi::c_void,
    fmt,
    init::InPlaceInit,
    sync::Refcount,
    types::ForeignOwnable,
};
use core::{
    borrow::{Borrow, BorrowMut},
    marker::PhantomData,
    mem::{align_of_val, offset_of, size_of, ManuallyDrop, MaybeUninit},
    ops::{Deref, DerefMut},
    pin::Pin,
    ptr::NonNull,
};
use pin_init::{InPlaceWrite, Init, PinInit};

mod std_vendor;

/// A reference-counted pointer to a value of type `T`.
///
/// The value is dropped and its memory freed with the last `Arc`.
///
/// # Invariants
///
/// `ptr` points to a live `ArcInner` that was allocated as a [`KBox`], and each `Arc` owns one of its references.
///
/// # Examples
///
/// ```
/// use kernel::sync::Arc;
///
/// struct Ring {
///     entries: u32,
/// }
///
/// let ring = Arc::new(Ring { entries: 64 }, GFP_KERNEL)?;
/// let reader = ring.clone();
/// assert!(Arc::ptr_eq(&ring, &reader));
/// drop(ring);
/// assert_eq!(reader.entries, 64);
/// # Ok::<(), Error>(())
/// ```
///
/// `self` may be an `Arc`, and an `Arc<T>` becomes an `Arc` of a trait that `T` implements:
///
/// ```
/// use kernel::sync::{Arc, ArcBorrow};
///
/// trait Queue {
///     fn depth(self: ArcBorrow<'_, Self>) -> u32;
///     fn stop(self: Arc<Self>) {}
/// }
///
/// struct Nvme;
///
/// impl Queue for Nvme {
///     fn depth(self: ArcBorrow<'_, Self>) -> u32 {
///         32
///     }
/// }
///
/// let queue: Arc<dyn Queue> = Arc::new(Nvme, GFP_KERNEL)?;
/// assert_eq!(queue.as_arc_borrow().depth(), 32);
/// queue.stop();
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
#[derive(core::marker::CoercePointee)]
pub struct Arc<T: ?Sized> {
    ptr: NonNull<ArcInner<T>>,
    // The drop checker must know that dropping an `Arc` may drop a `T`.
    _p: PhantomData<ArcInner<T>>,
}

#[repr(C)]
struct ArcInner<T: ?Sized> {
    refcount: Refcount,
    data: T,
}

impl<T: ?Sized> ArcInner<T> {
    /// Gets from the value back to the allocation that holds it.
    ///
    /// # Safety
    ///
    /// `ptr` points to the `data` of a live `ArcInner<T>`.
    unsafe fn container_of(ptr: *const T) -> NonNull<ArcInner<T>> {
        // SAFETY: The caller promises a live value.
        let align = align_of_val(unsafe { &*ptr });
        // `repr(C)`: the value comes after the count, rounded up to its own alignment, which is a power of two.
        let offset = (size_of::<Refcount>() + align - 1) & !(align - 1);
        // The cast keeps the metadata of an unsized `T`, which is also that of its `ArcInner`.
        let inner = ptr as *const ArcInner<T>;
        // SAFETY: The value lies `offset` behind the start of the same allocation, says the caller.
        unsafe { NonNull::new_unchecked(inner.byte_sub(offset).cast_mut()) }
    }
}

// The value stays where it is when an `Arc` to it moves.
impl<T: ?Sized> Unpin for Arc<T> {}

// SAFETY: An `Arc` gives shared access to the value (hence `T: Sync`), and the last one, on any thread, drops it (`T:
// Send`).
unsafe impl<T: ?Sized + Sync + Send> Send for Arc<T> {}

// SAFETY: `&Arc<T>` gives `&T` (hence `T: Sync`), and by cloning an `Arc` that may be the last one dropped (`T: Send`).
unsafe impl<T: ?Sized + Sync + Send> Sync for Arc<T> {}

impl<T> InPlaceInit<T> for Arc<T> {
    type PinnedSelf = Self;

    #[inline]
    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        UniqueArc::try_pin_init(init, flags).map(Into::into)
    }

    #[inline]
    fn try_init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        UniqueArc::try_init(init, flags).map(Into::into)
    }
}

impl<T> Arc<T> {
    /// Where the value lies, counted from the start of the allocation.
    pub const DATA_OFFSET: usize = offset_of!(ArcInner<T>, data);

    /// Allocates a count and moves `contents` behind it.
    pub fn new(contents: T, flags: Flags) -> Result<Self, AllocError> {
        let inner = KBox::new(ArcInner { refcount: Refcount::new(1), data: contents }, flags)?;
        let inner = KBox::into_raw(inner);
        // SAFETY: It is a box's, hence not null, and the count of one belongs to the result.
        Ok(unsafe { Self::from_inner(NonNull::new_unchecked(inner)) })
    }
}

impl<T: ?Sized> Arc<T> {
    /// # Safety
    ///
    /// `inner` is live, was allocated as a [`KBox`], and one of its references belongs to the result.
    #[inline]
    unsafe fn from_inner(inner: NonNull<ArcInner<T>>) -> Self {
        // INVARIANT: The caller promises it.
        Arc { ptr: inner, _p: PhantomData }
    }

    /// Hands the reference over as a pointer to the value; get it back with [`from_raw`](Self::from_raw).
    pub fn into_raw(self) -> *const T {
        Self::as_ptr(&ManuallyDrop::new(self))
    }

    /// A pointer to the value, valid as long as a reference to it exists.
    pub fn as_ptr(this: &Self) -> *const T {
        let inner = this.ptr.as_ptr();
        // SAFETY: By the type invariant it is live.
        unsafe { &raw const (*inner).data }
    }

    /// Takes back a reference that [`into_raw`](Self::into_raw) gave out.
    ///
    /// # Safety
    ///
    /// `ptr` is what `into_raw` returned, and this function is called once for each of those calls.
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        // SAFETY: The reference that `into_raw` gave out keeps the `ArcInner` alive, of which it returned the value's
        // address.
        let inner = unsafe { ArcInner::container_of(ptr) };
        // SAFETY: That reference belongs to the result.
        unsafe { Self::from_inner(inner) }
    }

    /// Lends the reference.
    #[inline]
    pub fn as_arc_borrow(&self) -> ArcBorrow<'_, T> {
        // SAFETY: `self` keeps the value alive during the borrow and there can be no `UniqueArc` of it meanwhile.
        unsafe { ArcBorrow::from_inner(self.ptr) }
    }

    /// Says whether both point to the same allocation.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        core::ptr::eq(this.ptr.as_ptr(), other.ptr.as_ptr())
    }

    /// Makes the value changeable if this is the only reference; drops the reference otherwise.
    ///
    /// Of two threads that call it with the last two references one gets the value: none is lost between them.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::sync::Arc;
    ///
    /// let only = Arc::new(42, GFP_KERNEL)?;
    /// assert_eq!(*Arc::into_unique_or_drop(only).ok_or(EINVAL)?, 42);
    ///
    /// let first = Arc::new(42, GFP_KERNEL)?;
    /// let second = first.clone();
    /// assert!(Arc::into_unique_or_drop(first).is_none());
    /// assert_eq!(*second, 42);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn into_unique_or_drop(this: Self) -> Option<Pin<UniqueArc<T>>> {
        let this = ManuallyDrop::new(this);
        // SAFETY: By the type invariant it is live.
        let refcount = unsafe { &(*this.ptr.as_ptr()).refcount };
        if !refcount.dec_and_test() {
            return None;
        }
        // That was the last one: nobody else can see the count any more, so it may go up again.
        refcount.set(1);
        // INVARIANT: The only reference.
        // SAFETY: The count of one just set belongs to the result.
        let inner = unsafe { Arc::from_inner(this.ptr) };
        // SAFETY: An `Arc`'s value does not move, which the pin now says.
        Some(unsafe { Pin::new_unchecked(UniqueArc { inner }) })
    }
}

// SAFETY: `into_foreign` gives out the address of the `ArcInner`, aligned as its type; `from_foreign` takes the same
// one back.
unsafe impl<T: 'static> ForeignOwnable for Arc<T> {
    const FOREIGN_ALIGN: usize = core::mem::align_of::<ArcInner<T>>();

    type Borrowed<'a> = ArcBorrow<'a, T>;
    type BorrowedMut<'a> = Self::Borrowed<'a>;

    fn into_foreign(self) -> *mut c_void {
        ManuallyDrop::new(self).ptr.as_ptr().cast()
    }

    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // SAFETY: The caller passes what `into_foreign` returned, which is not null and carries a reference.
        unsafe { Self::from_inner(NonNull::new_unchecked(ptr.cast())) }
    }

    unsafe fn borrow<'a>(ptr: *mut c_void) -> ArcBorrow<'a, T> {
        // SAFETY: The caller passes what `into_foreign` returned and does not call `from_foreign` during `'a`, so the
        // reference that it carries keeps the value alive and there is no `UniqueArc` of it.
        unsafe { ArcBorrow::from_inner(NonNull::new_unchecked(ptr.cast())) }
    }

    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> ArcBorrow<'a, T> {
        // SAFETY: The caller's promises include those of `borrow`.
        unsafe { <Self as ForeignOwnable>::borrow(ptr) }
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: By the type invariant it is live as long as `self` is.
        unsafe { &self.ptr.as_ref().data }
    }
}

impl<T: ?Sized> AsRef<T> for Arc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

/// An `Arc<T>` can stand where something that owns or borrows a `T` is asked for.
impl<T: ?Sized> Borrow<T> for Arc<T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: By the type invariant it is live.
        unsafe { self.ptr.as_ref() }.refcount.inc();
        // SAFETY: The reference just taken belongs to the result.
        unsafe { Self::from_inner(self.ptr) }
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is live. Between giving back the reference and looking at the answer another
        // thread may free it, but it is not touched after that unless it was the last one.
        let last = unsafe { self.ptr.as_ref() }.refcount.dec_and_test();
        if last {
            // SAFETY: It was allocated as a box, and nobody else has a reference to it.
            drop(unsafe { KBox::from_raw(self.ptr.as_ptr()) });
        }
    }
}

impl<T: ?Sized> From<UniqueArc<T>> for Arc<T> {
    fn from(item: UniqueArc<T>) -> Self {
        item.inner
    }
}

impl<T: ?Sized> From<Pin<UniqueArc<T>>> for Arc<T> {
    fn from(item: Pin<UniqueArc<T>>) -> Self {
        // SAFETY: An `Arc` never moves its value.
        unsafe { Pin::into_inner_unchecked(item) }.inner
    }
}

/// A lent reference to the value of an [`Arc`], from which an `Arc` can be made.
///
/// It is better than `&Arc<T>`, which is a pointer to a pointer, and better than `&T`, from which no `Arc` can be had.
///
/// # Invariants
///
/// During `'a` the `ArcInner` is live, and there is no [`UniqueArc`] of it.
///
/// # Examples
///
/// ```
/// use kernel::sync::{Arc, ArcBorrow};
///
/// fn keep(value: ArcBorrow<'_, u32>) -> Arc<u32> {
///     value.into()
/// }
///
/// let lent = Arc::new(7, GFP_KERNEL)?;
/// let kept = keep(lent.as_arc_borrow());
/// assert!(Arc::ptr_eq(&lent, &kept));
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
#[derive(core::marker::CoercePointee)]
pub struct ArcBorrow<'a, T: ?Sized + 'a> {
    inner: NonNull<ArcInner<T>>,
    _p: PhantomData<&'a ()>,
}

// SAFETY: It is like an `&Arc<T>`: gives shared access, and an `Arc` that may be the last one dropped.
unsafe impl<T: ?Sized + Sync + Send> Send for ArcBorrow<'_, T> {}

// SAFETY: As above.
unsafe impl<T: ?Sized + Sync + Send> Sync for ArcBorrow<'_, T> {}

impl<T: ?Sized> Clone for ArcBorrow<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for ArcBorrow<'_, T> {}

impl<T: ?Sized> ArcBorrow<'_, T> {
    /// # Safety
    ///
    /// `inner` is live during the lifetime of the result, and there is no [`UniqueArc`] of it meanwhile.
    #[inline]
    unsafe fn from_inner(inner: NonNull<ArcInner<T>>) -> Self {
        // INVARIANT: The caller promises it.
        Self { inner, _p: PhantomData }
    }

    /// Borrows a reference that [`Arc::into_raw`] gave out.
    ///
    /// # Safety
    ///
    /// - `ptr` is what `Arc::into_raw` or [`Arc::as_ptr`] returned.
    /// - During the lifetime of the result the reference count stays above zero and there is no [`UniqueArc`] of the
    ///   value.
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        // SAFETY: The caller promises that it is the value of a live `ArcInner`.
        let inner = unsafe { ArcInner::container_of(ptr) };
        // SAFETY: The caller promises the rest.
        unsafe { Self::from_inner(inner) }
    }
}

impl<T: ?Sized> From<ArcBorrow<'_, T>> for Arc<T> {
    fn from(b: ArcBorrow<'_, T>) -> Self {
        // SAFETY: By the type invariant it is live, and `ManuallyDrop` keeps the borrowed reference from being given
        // back.
        let lent = ManuallyDrop::new(unsafe { Arc::from_inner(b.inner) });
        Arc::clone(&lent)
    }
}

impl<T: ?Sized> Deref for ArcBorrow<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: By the type invariant it is live.
        unsafe { &self.inner.as_ref().data }
    }
}

/// The only reference to a value, which becomes an [`Arc`] when it is finished.
///
/// # Invariants
///
/// The count is one, and there is no [`ArcBorrow`] of the value.
///
/// # Examples
///
/// ```
/// use kernel::sync::{Arc, UniqueArc};
///
/// let mut config = UniqueArc::new([0u8; 4], GFP_KERNEL)?;
/// config[0] = 1;
/// let config: Arc<[u8; 4]> = config.into();
///
/// // First the memory, where allocation may fail and sleep; then the value, where it may not.
/// let memory = UniqueArc::<u64>::new_uninit(GFP_KERNEL)?;
/// let late: Arc<u64> = memory.write(config[0].into()).into();
/// assert_eq!(*late, 1);
/// # Ok::<(), Error>(())
/// ```
pub struct UniqueArc<T: ?Sized> {
    inner: Arc<T>,
}

impl<T> InPlaceInit<T> for UniqueArc<T> {
    type PinnedSelf = Pin<Self>;

    #[inline]
    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Pin<Self>, E>
    where
        E: From<AllocError>,
    {
        UniqueArc::new_uninit(flags)?.write_pin_init(init)
    }

    #[inline]
    fn try_init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        UniqueArc::new_uninit(flags)?.write_init(init)
    }
}

impl<T> InPlaceWrite<T> for UniqueArc<MaybeUninit<T>> {
    type Initialized = UniqueArc<T>;

    fn write_init<E>(mut self, init: impl Init<T, E>) -> Result<UniqueArc<T>, E> {
        let slot = self.as_mut_ptr();
        // SAFETY: The slot is valid for writes; on an error it is forgotten as uninitialised memory.
        unsafe { init.__init(slot)? };
        // SAFETY: The initialiser succeeded.
        Ok(unsafe { self.assume_init() })
    }

    fn write_pin_init<E>(mut self, init: impl PinInit<T, E>) -> Result<Pin<UniqueArc<T>>, E> {
        let slot = self.as_mut_ptr();
        // SAFETY: The slot is valid for writes and the value stays there; on an error it is forgotten as uninitialised
        // memory.
        unsafe { init.__pinned_init(slot)? };
        // SAFETY: The initialiser succeeded.
        Ok(unsafe { self.assume_init() }.into())
    }
}

impl<T> UniqueArc<T> {
    /// Allocates a count and moves `value` behind it.
    pub fn new(value: T, flags: Flags) -> Result<Self, AllocError> {
        // INVARIANT: A new `Arc` has a count of one.
        Ok(Self { inner: Arc::new(value, flags)? })
    }

    /// Allocates memory for a value that comes later.
    pub fn new_uninit(flags: Flags) -> Result<UniqueArc<MaybeUninit<T>>, AllocError> {
        let inner = KBox::<ArcInner<MaybeUninit<T>>>::new_uninit(flags)?;
        let inner = KBox::into_raw(inner).cast::<ArcInner<MaybeUninit<T>>>();
        // SAFETY: Just allocated for this type.
        unsafe { (&raw mut (*inner).refcount).write(Refcount::new(1)) };
        // INVARIANT: The count is one.
        // SAFETY: The count is initialised, the value needs no initialisation, and the box is not null.
        Ok(UniqueArc { inner: unsafe { Arc::from_inner(NonNull::new_unchecked(inner)) } })
    }
}

impl<T: ?Sized> UniqueArc<T> {
    /// A pointer to the value, valid as long as a reference to it exists.
    pub fn as_ptr(this: &Self) -> *const T {
        Arc::as_ptr(&this.inner)
    }
}

impl<T> UniqueArc<MaybeUninit<T>> {
    /// Moves `value` in.
    pub fn write(mut self, value: T) -> UniqueArc<T> {
        self.deref_mut().write(value);
        // SAFETY: Just written.
        unsafe { self.assume_init() }
    }

    /// Says that the value has been initialised.
    ///
    /// # Safety
    ///
    /// It has.
    pub unsafe fn assume_init(self) -> UniqueArc<T> {
        let inner = ManuallyDrop::new(self).inner.ptr.cast();
        // INVARIANT: The count is still one.
        // SAFETY: The layouts are the same, the caller promises a valid value, and the reference moves over to the
        // result.
        UniqueArc { inner: unsafe { Arc::from_inner(inner) } }
    }

    /// Initialises the value in place; frees the memory on an error.
    pub fn init_with<E>(self, init: impl Init<T, E>) -> core::result::Result<UniqueArc<T>, E> {
        self.write_init(init)
    }

    /// Initialises the value in place and pins it there; frees the memory on an error.
    pub fn pin_init_with<E>(self, init: impl PinInit<T, E>) -> core::result::Result<Pin<UniqueArc<T>>, E> {
        self.write_pin_init(init)
    }
}

impl<T: ?Sized> From<UniqueArc<T>> for Pin<UniqueArc<T>> {
    fn from(obj: UniqueArc<T>) -> Self {
        // SAFETY: The value lies on the heap, and from here on there is only pinned access to it.
        unsafe { Pin::new_unchecked(obj) }
    }
}

impl<T: ?Sized> Deref for UniqueArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for UniqueArc<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: By the type invariant nobody else has access; a pinned `UniqueArc` gives no `&mut Self` in safe code.
        unsafe { &mut self.inner.ptr.as_mut().data }
    }
}

/// A `UniqueArc<T>` can stand where something that owns or borrows a `T` is asked for.
impl<T: ?Sized> Borrow<T> for UniqueArc<T> {
    fn borrow(&self) -> &T {
        self
    }
}

/// A `UniqueArc<T>` can stand where something that owns or exclusively borrows a `T` is asked for.
impl<T: ?Sized> BorrowMut<T> for UniqueArc<T> {
    fn borrow_mut(&mut self) -> &mut T {
        self
    }
}

impl<T: fmt::Display + ?Sized> fmt::Display for UniqueArc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl<T: fmt::Display + ?Sized> fmt::Display for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl<T: fmt::Debug + ?Sized> fmt::Debug for UniqueArc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: fmt::Debug + ?Sized> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
