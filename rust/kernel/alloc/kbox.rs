// SPDX-License-Identifier: GPL-2.0
//! A value on the heap, owned.
//!
//! C headers: [`include/linux/slab.h`](srctree/include/linux/slab.h),
//! [`include/linux/vmalloc.h`](srctree/include/linux/vmalloc.h)
//!
//! All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! let mut value = KBox::new(24u64, GFP_KERNEL)?;
//! *value += 1;
//! assert_eq!(KBox::into_inner(value), 25);
//! # Ok::<(), Error>(())
//! ```

use super::{
    allocator::{KVmalloc, Kmalloc, Vmalloc, VmallocPageIter},
    AllocError, Allocator, Flags, NumaNode,
};
use crate::{ffi::c_void, fmt, init::InPlaceInit, page::AsPageIter, types::ForeignOwnable};
use core::{
    alloc::Layout,
    borrow::{Borrow, BorrowMut},
    marker::PhantomData,
    mem::{ManuallyDrop, MaybeUninit},
    ops::{Deref, DerefMut},
    pin::Pin,
    ptr::NonNull,
};
use pin_init::{InPlaceWrite, Init, PinInit, Zeroable, ZeroableOption};

/// A value on the heap, allocated with `A`.
///
/// One of the aliases is usually meant: [`KBox`], [`VBox`], [`KVBox`]. A value of size 0 takes no memory.
///
/// ```
/// let shared: KBox<[u8]> = KBox::new([1, 2, 3], GFP_KERNEL)?;
/// assert_eq!(shared.len(), 3);
/// assert!(KBox::<[u8; 1 << 40]>::new_uninit(GFP_KERNEL | __GFP_NOWARN).is_err());
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// The pointer comes from `A`, or dangles if the value has size 0; it is aligned and points to a valid `T`.
#[repr(transparent)]
#[derive(core::marker::CoercePointee)]
pub struct Box<#[pointee] T: ?Sized, A: Allocator>(NonNull<T>, PhantomData<A>);

/// A [`Box`] of [`Kmalloc`].
///
/// ```
/// let value = KBox::new(5, GFP_KERNEL)?;
/// assert_eq!(*value, 5);
/// # Ok::<(), Error>(())
/// ```
pub type KBox<T> = Box<T, Kmalloc>;

/// A [`Box`] of [`Vmalloc`].
///
/// ```
/// let value = VBox::new([0u8; 64], GFP_KERNEL)?;
/// assert_eq!(value[63], 0);
/// # Ok::<(), Error>(())
/// ```
pub type VBox<T> = Box<T, Vmalloc>;

/// A [`Box`] of [`KVmalloc`].
///
/// ```
/// let value = KVBox::new("text", GFP_KERNEL)?;
/// assert_eq!(*value, "text");
/// # Ok::<(), Error>(())
/// ```
pub type KVBox<T> = Box<T, KVmalloc>;

// SAFETY: A `Box` is a `NonNull` in memory, whose option is `None` when all bytes are zero.
unsafe impl<T, A: Allocator> ZeroableOption for Box<T, A> {}

// SAFETY: A `Box` owns its value, so it may go to another thread when the value may.
unsafe impl<T, A> Send for Box<T, A>
where
    T: Send + ?Sized,
    A: Allocator,
{
}

// SAFETY: A shared `Box` gives shared access to its value, so it may be shared when the value may.
unsafe impl<T, A> Sync for Box<T, A>
where
    T: Sync + ?Sized,
    A: Allocator,
{
}

impl<T, A> Box<T, A>
where
    T: ?Sized,
    A: Allocator,
{
    /// Takes ownership of a raw pointer.
    ///
    /// # Safety
    ///
    /// `raw` points to a valid value in memory that `A` allocated for its layout (it dangles when the size is 0), and
    /// nobody else owns it.
    #[inline]
    pub const unsafe fn from_raw(raw: *mut T) -> Self {
        // INVARIANT: The caller promises it.
        // SAFETY: The caller promises that it points to a value, so it is not null.
        Self(unsafe { NonNull::new_unchecked(raw) }, PhantomData)
    }

    /// Gives ownership away as a raw pointer, which [`from_raw`](Self::from_raw) takes back.
    ///
    /// ```
    /// let raw = KBox::into_raw(KBox::new(24, GFP_KERNEL)?);
    /// // SAFETY: `raw` was just made by `into_raw`.
    /// let value = unsafe { KBox::from_raw(raw) };
    /// assert_eq!(*value, 24);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn into_raw(b: Self) -> *mut T {
        ManuallyDrop::new(b).0.as_ptr()
    }

    /// Never frees the value.
    ///
    /// ```
    /// let value = KBox::leak(KBox::new(24, GFP_KERNEL)?);
    /// *value += 1;
    /// // SAFETY: It was leaked from a `KBox`, and nothing else owns it.
    /// drop(unsafe { KBox::from_raw(value) });
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn leak<'a>(b: Self) -> &'a mut T {
        // SAFETY: By the type invariant the pointer is valid; ownership was given up, so it stays valid.
        unsafe { &mut *Box::into_raw(b) }
    }
}

impl<T, A> Box<MaybeUninit<T>, A>
where
    A: Allocator,
{
    /// Declares the value initialised.
    ///
    /// # Safety
    ///
    /// It is.
    pub unsafe fn assume_init(self) -> Box<T, A> {
        // SAFETY: `T` has the layout of `MaybeUninit<T>`, and the caller promises that the value is valid.
        unsafe { Box::from_raw(Self::into_raw(self).cast()) }
    }

    /// Writes the value.
    ///
    /// ```
    /// let value = KBox::new_uninit(GFP_KERNEL)?.write(5);
    /// assert_eq!(*value, 5);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn write(mut self, value: T) -> Box<T, A> {
        (*self).write(value);
        // SAFETY: It was just written.
        unsafe { self.assume_init() }
    }
}

impl<T, A> Box<T, A>
where
    A: Allocator,
{
    /// Allocates memory and moves `x` into it.
    pub fn new(x: T, flags: Flags) -> Result<Self, AllocError> {
        Ok(Self::new_uninit(flags)?.write(x))
    }

    /// Allocates memory for a `T`.
    ///
    /// ```
    /// let mut value = KBox::<u64>::new_uninit(GFP_KERNEL)?;
    /// // SAFETY: The memory is valid for a write.
    /// unsafe { value.as_mut_ptr().write(3) };
    /// // SAFETY: Just written.
    /// assert_eq!(*unsafe { value.assume_init() }, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new_uninit(flags: Flags) -> Result<Box<MaybeUninit<T>, A>, AllocError> {
        let memory = A::alloc(Layout::new::<MaybeUninit<T>>(), flags, NumaNode::NO_NODE)?;
        // INVARIANT: `memory` comes from `A` for this layout, and dangles when the size is 0; any bytes will do.
        Ok(Box(memory.cast(), PhantomData))
    }

    /// Allocates a value of zero bytes.
    ///
    /// ```
    /// assert_eq!(*KBox::<[u16; 4]>::zeroed(GFP_KERNEL)?, [0; 4]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn zeroed(flags: Flags) -> Result<Self, AllocError>
    where
        T: Zeroable,
    {
        let memory = Self::new_uninit(flags | super::flags::__GFP_ZERO)?;
        // SAFETY: The memory was asked for with `__GFP_ZERO`, and zeros are a valid `T`.
        Ok(unsafe { memory.assume_init() })
    }

    /// Allocates memory and moves `x` into it, pinned.
    #[inline]
    pub fn pin(x: T, flags: Flags) -> Result<Pin<Box<T, A>>, AllocError>
    where
        A: 'static,
    {
        Ok(Self::new(x, flags)?.into())
    }

    /// Allocates a slice and initialises its elements in place: the one with index `i` with `init(i)`.
    ///
    /// When one fails, those before it are dropped.
    ///
    /// ```
    /// let squares: Pin<KBox<[usize]>> = KBox::pin_slice(|i| Ok::<_, Error>(i * i), 4, GFP_KERNEL)?;
    /// assert_eq!(&*squares, &[0, 1, 4, 9]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pin_slice<Func, Item, E>(mut init: Func, len: usize, flags: Flags) -> Result<Pin<Box<[T], A>>, E>
    where
        Func: FnMut(usize) -> Item,
        Item: PinInit<T, E>,
        E: From<AllocError>,
    {
        let mut buffer = super::Vec::<T, A>::with_capacity(len, flags)?;
        for i in 0..len {
            let slot = buffer.spare_capacity_mut().first_mut().ok_or(AllocError)?.as_mut_ptr();
            // SAFETY: `slot` is valid for writes and not initialised; on error it is left alone. The elements are
            // pinned from here on: the vector is not grown any more, and drops them in place.
            unsafe { init(i).__pinned_init(slot)? };
            // SAFETY: `i < len` and `len` is at most the capacity; the element was just initialised.
            unsafe { buffer.inc_len(1) };
        }
        let (ptr, _, capacity) = buffer.into_raw_parts();
        let slice = core::ptr::slice_from_raw_parts_mut(ptr, len);
        debug_assert!(size_of::<T>() == 0 || capacity == len);
        // SAFETY: The vector allocated `len` elements with `A` (it never takes more than it is asked for), and all are
        // initialised.
        Ok(Pin::from(unsafe { Box::from_raw(slice) }))
    }

    /// Pins the value.
    pub fn into_pin(this: Self) -> Pin<Self> {
        this.into()
    }

    /// Drops the value and keeps the memory.
    ///
    /// ```
    /// let empty = KBox::drop_contents(KBox::new([1u8; 8], GFP_KERNEL)?);
    /// assert_eq!(*empty.write([2; 8]), [2; 8]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn drop_contents(this: Self) -> Box<MaybeUninit<T>, A> {
        let ptr = Self::into_raw(this);
        // SAFETY: `ptr` points to a valid value, as it came from a `Box`, and nobody drops it again.
        unsafe { core::ptr::drop_in_place(ptr) };
        // SAFETY: The memory is that of the `Box`; any bytes will do.
        unsafe { Box::from_raw(ptr.cast()) }
    }

    /// Moves the value out and frees the memory.
    pub fn into_inner(b: Self) -> T {
        // SAFETY: By the type invariant the value is valid; it is not used any more, as the memory is freed as
        // uninitialised.
        let value = unsafe { b.0.read() };
        // SAFETY: The memory is that of the `Box`; any bytes will do.
        drop(unsafe { Box::<MaybeUninit<T>, A>::from_raw(Self::into_raw(b).cast()) });
        value
    }
}

impl<T, A> From<Box<T, A>> for Pin<Box<T, A>>
where
    T: ?Sized,
    A: Allocator,
{
    /// The value does not move when the `Box` does, and cannot be taken out of a pinned one.
    fn from(b: Box<T, A>) -> Self {
        // SAFETY: The value stays where it is until it is dropped, as moving the `Box` moves a pointer only.
        unsafe { Pin::new_unchecked(b) }
    }
}

impl<T, A> InPlaceWrite<T> for Box<MaybeUninit<T>, A>
where
    A: Allocator + 'static,
{
    type Initialized = Box<T, A>;

    fn write_init<E>(mut self, init: impl Init<T, E>) -> Result<Self::Initialized, E> {
        let slot = (*self).as_mut_ptr();
        // SAFETY: `slot` is valid for writes; on error the memory is freed as uninitialised.
        unsafe { init.__init(slot)? };
        // SAFETY: Just initialised.
        Ok(unsafe { self.assume_init() })
    }

    fn write_pin_init<E>(mut self, init: impl PinInit<T, E>) -> Result<Pin<Self::Initialized>, E> {
        let slot = (*self).as_mut_ptr();
        // SAFETY: `slot` is valid for writes and does not move, as it is pinned right afterwards; on error the memory
        // is freed as uninitialised.
        unsafe { init.__pinned_init(slot)? };
        // SAFETY: Just initialised.
        Ok(unsafe { self.assume_init() }.into())
    }
}

impl<T, A> InPlaceInit<T> for Box<T, A>
where
    A: Allocator + 'static,
{
    type PinnedSelf = Pin<Self>;

    #[inline]
    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Pin<Self>, E>
    where
        E: From<AllocError>,
    {
        Self::new_uninit(flags)?.write_pin_init(init)
    }

    #[inline]
    fn try_init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        Self::new_uninit(flags)?.write_init(init)
    }
}

/// The alignment of a `Box<T, A>`: allocators may align to more than the type asks for.
const fn foreign_align<T, A: Allocator>() -> usize {
    if size_of::<T>() == 0 || align_of::<T>() > A::MIN_ALIGN {
        align_of::<T>()
    } else {
        A::MIN_ALIGN
    }
}

// SAFETY: The pointer is that of the `Box`: not null, aligned as `foreign_align` says, and valid until it is taken
// back.
unsafe impl<T, A> ForeignOwnable for Box<T, A>
where
    A: Allocator,
{
    const FOREIGN_ALIGN: usize = foreign_align::<T, A>();
    type Borrowed<'a>
        = &'a T
    where
        Self: 'a;
    type BorrowedMut<'a>
        = &'a mut T
    where
        Self: 'a;

    fn into_foreign(self) -> *mut c_void {
        Box::into_raw(self).cast()
    }

    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // SAFETY: The caller promises that `ptr` came from `into_foreign`, that is from `into_raw`, and is taken back
        // once.
        unsafe { Box::from_raw(ptr.cast()) }
    }

    unsafe fn borrow<'a>(ptr: *mut c_void) -> &'a T {
        // SAFETY: The caller promises that the value lives during `'a` and is not borrowed mutably.
        unsafe { &*ptr.cast() }
    }

    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> &'a mut T {
        // SAFETY: The caller promises that the value lives during `'a` and is not borrowed otherwise.
        unsafe { &mut *ptr.cast() }
    }
}

// SAFETY: The pointer is that of the `Box`: not null, aligned as `foreign_align` says, and valid until it is taken
// back.
unsafe impl<T, A> ForeignOwnable for Pin<Box<T, A>>
where
    A: Allocator,
{
    const FOREIGN_ALIGN: usize = foreign_align::<T, A>();
    type Borrowed<'a>
        = Pin<&'a T>
    where
        Self: 'a;
    type BorrowedMut<'a>
        = Pin<&'a mut T>
    where
        Self: 'a;

    fn into_foreign(self) -> *mut c_void {
        // SAFETY: The value is not moved: it is only reached through the pinned references and `Box` below.
        Box::into_raw(unsafe { Pin::into_inner_unchecked(self) }).cast()
    }

    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // SAFETY: The caller promises that `ptr` came from `into_foreign` and is taken back once; the value was pinned
        // and is again.
        unsafe { Pin::new_unchecked(Box::from_raw(ptr.cast())) }
    }

    unsafe fn borrow<'a>(ptr: *mut c_void) -> Pin<&'a T> {
        // SAFETY: The caller promises that the value lives during `'a` and is not borrowed mutably; it is pinned.
        unsafe { Pin::new_unchecked(&*ptr.cast()) }
    }

    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> Pin<&'a mut T> {
        // SAFETY: The caller promises that the value lives during `'a` and is not borrowed otherwise; it is pinned.
        unsafe { Pin::new_unchecked(&mut *ptr.cast()) }
    }
}

impl<T, A> Deref for Box<T, A>
where
    T: ?Sized,
    A: Allocator,
{
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref() }
    }
}

impl<T, A> DerefMut for Box<T, A>
where
    T: ?Sized,
    A: Allocator,
{
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: By the type invariant; the exclusive borrow is passed on.
        unsafe { self.0.as_mut() }
    }
}

impl<T, A> Borrow<T> for Box<T, A>
where
    T: ?Sized,
    A: Allocator,
{
    fn borrow(&self) -> &T {
        self
    }
}

impl<T, A> BorrowMut<T> for Box<T, A>
where
    T: ?Sized,
    A: Allocator,
{
    fn borrow_mut(&mut self) -> &mut T {
        self
    }
}

impl<T, A> fmt::Display for Box<T, A>
where
    T: ?Sized + fmt::Display,
    A: Allocator,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        <T as fmt::Display>::fmt(&**self, f)
    }
}

impl<T, A> fmt::Debug for Box<T, A>
where
    T: ?Sized + fmt::Debug,
    A: Allocator,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        <T as fmt::Debug>::fmt(&**self, f)
    }
}

impl<T, A> Drop for Box<T, A>
where
    T: ?Sized,
    A: Allocator,
{
    fn drop(&mut self) {
        let layout = Layout::for_value::<T>(self);
        // SAFETY: By the type invariant the value is valid; nobody uses it any more.
        unsafe { core::ptr::drop_in_place::<T>(self.0.as_ptr()) };
        // SAFETY: By the type invariant the memory came from `A` for this layout, and dangles if that has size 0.
        unsafe { A::free(self.0.cast(), layout) };
    }
}

impl<T> AsPageIter for VBox<T> {
    type Iter<'a>
        = VmallocPageIter<'a>
    where
        T: 'a;

    fn page_iter(&mut self) -> Self::Iter<'_> {
        // SAFETY: By the type invariant the value lies in an allocation of `Vmalloc` of its size (a size of 0 has no
        // pages to look at), and is borrowed exclusively.
        unsafe { VmallocPageIter::new(self.0.cast(), size_of::<T>()) }
    }
}
