// SPDX-License-Identifier: GPL-2.0
//! A growing array on the heap.
//!
//! C headers: [`include/linux/slab.h`](srctree/include/linux/slab.h),
//! [`include/linux/vmalloc.h`](srctree/include/linux/vmalloc.h)
//!
//! All supported kernels have what this module needs.
//!
//! # Examples
//!
//! ```
//! let mut numbers = KVec::new();
//! for n in [3, 1, 2] {
//!     numbers.push(n, GFP_KERNEL)?;
//! }
//! numbers.sort_unstable();
//! assert_eq!(&numbers[..], &[1, 2, 3]);
//! # Ok::<(), Error>(())
//! ```

use super::{
    allocator::{KVmalloc, Kmalloc, Vmalloc},
    layout::ArrayLayout,
    AllocError, Allocator, Flags, NumaNode,
};
use crate::page::PAGE_SIZE;
use core::{
    marker::PhantomData,
    mem::{ManuallyDrop, MaybeUninit},
    ptr,
    ptr::NonNull,
    slice,
};
use pin_init::Zeroable;

mod errors;
mod iter;
mod traits;
pub use self::errors::{InsertError, PushError, RemoveError};
pub use self::iter::{DrainAll, IntoIter};

/// Makes a [`KVec`] of its elements, as `vec![]` does: a `Result`, as it allocates (with `GFP_KERNEL`).
///
/// ```
/// let v = kernel::kvec![1, 2, 3]?;
/// assert_eq!(v, [1, 2, 3]);
/// let v = kernel::kvec![7u8; 4]?;
/// assert_eq!(v, [7; 4]);
/// let v: KVec<u32> = kernel::kvec![];
/// assert!(v.is_empty());
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! kvec {
    () => {
        $crate::alloc::KVec::new()
    };
    ($elem:expr; $n:expr) => {
        $crate::alloc::KVec::from_elem($elem, $n, GFP_KERNEL)
    };
    ($($x:expr),+ $(,)?) => {
        match $crate::alloc::KBox::new_uninit(GFP_KERNEL) {
            Ok(array) => Ok($crate::alloc::KVec::from($crate::alloc::KBox::write(array, [$($x),+]))),
            Err(e) => Err(e),
        }
    };
}

/// A growing array, allocated with `A`.
///
/// One of the aliases is usually meant: [`KVec`], [`VVec`], [`KVVec`]. It derefs to a slice. What may allocate takes
/// [`Flags`] and can fail; elements of size 0 never do.
///
/// # Invariants
///
/// - `ptr` comes from `A` for `layout`; if that has size 0, it dangles.
/// - `len` is at most the capacity; the first `len` elements are initialised.
pub struct Vec<T, A: Allocator> {
    ptr: NonNull<T>,
    layout: ArrayLayout<T>,
    len: usize,
    _p: PhantomData<A>,
}

/// A [`Vec`] of [`Kmalloc`].
///
/// ```
/// let mut v = KVec::new();
/// v.push(1, GFP_KERNEL)?;
/// assert_eq!(v, [1]);
/// # Ok::<(), Error>(())
/// ```
pub type KVec<T> = Vec<T, Kmalloc>;

/// A [`Vec`] of [`Vmalloc`].
///
/// ```
/// let v = VVec::from_elem(1u8, 10_000, GFP_KERNEL)?;
/// assert_eq!(v.len(), 10_000);
/// # Ok::<(), Error>(())
/// ```
pub type VVec<T> = Vec<T, Vmalloc>;

/// A [`Vec`] of [`KVmalloc`].
///
/// ```
/// let mut v = KVVec::with_capacity(2, GFP_KERNEL)?;
/// v.extend_from_slice(b"ab", GFP_KERNEL)?;
/// assert_eq!(v, b"ab");
/// # Ok::<(), Error>(())
/// ```
pub type KVVec<T> = Vec<T, KVmalloc>;

// SAFETY: A `Vec` owns its elements, so it may go to another thread when they may.
unsafe impl<T, A> Send for Vec<T, A>
where
    T: Send,
    A: Allocator,
{
}

// SAFETY: A shared `Vec` gives shared access to its elements, so it may be shared when they may.
unsafe impl<T, A> Sync for Vec<T, A>
where
    T: Sync,
    A: Allocator,
{
}

impl<T, A> Vec<T, A>
where
    A: Allocator,
{
    #[inline]
    const fn is_zst() -> bool {
        size_of::<T>() == 0
    }

    /// How many elements fit without allocating.
    pub const fn capacity(&self) -> usize {
        if const { Self::is_zst() } {
            usize::MAX
        } else {
            self.layout.len()
        }
    }

    /// The number of elements.
    #[inline]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Counts `additional` more elements, which the caller wrote into the spare capacity.
    ///
    /// # Safety
    ///
    /// The first `additional` elements of the spare capacity exist and are initialised.
    #[inline]
    pub const unsafe fn inc_len(&mut self, additional: usize) {
        debug_assert!(additional <= self.capacity() - self.len);
        // SAFETY: The sum is at most the capacity, as the caller promises.
        // INVARIANT: The caller promises that the elements are initialised and within the capacity.
        self.len = unsafe { self.len.unchecked_add(additional) };
    }

    /// Forgets the last `count` elements, or as many as there are, and returns them.
    ///
    /// They are still initialised; the caller decides about dropping them.
    fn dec_len(&mut self, count: usize) -> &mut [T] {
        let old_len = self.len;
        // INVARIANT: Fewer of the initialised elements are counted.
        self.len = old_len.saturating_sub(count);
        let end = self.len;
        // SAFETY: The elements between the new and the old length are initialised by the type invariant, and nobody
        // else refers to them, as the vector is borrowed exclusively.
        unsafe { slice::from_raw_parts_mut(self.as_mut_ptr().add(end), old_len - end) }
    }

    /// All elements.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        self
    }

    /// All elements, to change them.
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self
    }

    /// The address of the first element; it dangles when nothing is allocated.
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self.ptr.as_ptr()
    }

    /// The address of the first element; it dangles when nothing is allocated.
    #[inline]
    pub const fn as_ptr(&self) -> *const T {
        self.ptr.as_ptr().cast_const()
    }

    /// Whether there are no elements.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// An empty vector, without memory.
    #[inline]
    pub const fn new() -> Self {
        // INVARIANT: The layout has size 0, the pointer dangles, and there are no elements.
        Self { ptr: NonNull::dangling(), layout: ArrayLayout::empty(), len: 0, _p: PhantomData }
    }

    /// The memory behind the last element, up to the capacity.
    ///
    /// ```
    /// let mut v = KVec::with_capacity(2, GFP_KERNEL)?;
    /// v.spare_capacity_mut()[0].write(7);
    /// // SAFETY: One element was just written.
    /// unsafe { v.inc_len(1) };
    /// assert_eq!(v, [7]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn spare_capacity_mut(&mut self) -> &mut [MaybeUninit<T>] {
        let spare = self.capacity() - self.len;
        // SAFETY: By the type invariants `len` is at most the capacity; the memory up to that belongs to the vector,
        // which is borrowed exclusively, and need not be initialised.
        unsafe { slice::from_raw_parts_mut(self.as_mut_ptr().add(self.len).cast(), spare) }
    }

    /// Appends an element.
    ///
    /// ```
    /// let mut v = KVec::new();
    /// v.push(1, GFP_KERNEL)?;
    /// v.push(2, GFP_KERNEL)?;
    /// assert_eq!(v, [1, 2]);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn push(&mut self, v: T, flags: Flags) -> Result<(), AllocError> {
        // Only what is rare is a call.
        if self.len == self.capacity() {
            self.reserve(1, flags)?;
        }
        // SAFETY: There is room for one more element.
        unsafe { self.push_within_capacity_unchecked(v) };
        Ok(())
    }

    /// Appends an element if there is room; else the error gives it back.
    ///
    /// ```
    /// let mut v = KVec::with_capacity(1, GFP_KERNEL)?;
    /// v.push_within_capacity(5)?;
    /// assert_eq!(v, [5]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn push_within_capacity(&mut self, v: T) -> Result<(), PushError<T>> {
        if self.len >= self.capacity() {
            return Err(PushError(v));
        }
        // SAFETY: There is room for one more element.
        unsafe { self.push_within_capacity_unchecked(v) };
        Ok(())
    }

    /// # Safety
    ///
    /// The length is less than the capacity.
    #[inline]
    unsafe fn push_within_capacity_unchecked(&mut self, v: T) {
        // SAFETY: The caller promises that this element exists in the memory of the vector.
        unsafe { self.as_mut_ptr().add(self.len).write(v) };
        // SAFETY: Just written, and within the capacity.
        unsafe { self.inc_len(1) };
    }

    /// Inserts an element before the one at `index` if there is room; else the error gives it back.
    ///
    /// ```
    /// use kernel::alloc::kvec::InsertError;
    ///
    /// let mut v = KVec::with_capacity(3, GFP_KERNEL)?;
    /// for i in 0..2 {
    ///     v.insert_within_capacity(0, i)?;
    /// }
    /// assert_eq!(v, [1, 0]);
    /// assert!(matches!(v.insert_within_capacity(3, 9), Err(InsertError::IndexOutOfBounds(9))));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn insert_within_capacity(&mut self, index: usize, element: T) -> Result<(), InsertError<T>> {
        let len = self.len;
        if index > len {
            return Err(InsertError::IndexOutOfBounds(element));
        }
        if len >= self.capacity() {
            return Err(InsertError::OutOfCapacity(element));
        }
        // SAFETY: `index <= len < capacity`, so that moving the elements from `index` on by one stays within the
        // memory; what is written over has been moved away.
        unsafe {
            let place = self.as_mut_ptr().add(index);
            ptr::copy(place, place.add(1), len - index);
            place.write(element);
        }
        // SAFETY: All `len + 1` elements are initialised, and `len` was less than the capacity.
        unsafe { self.inc_len(1) };
        Ok(())
    }

    /// Takes the last element.
    ///
    /// ```
    /// let mut v = kernel::kvec![1, 2]?;
    /// assert_eq!(v.pop(), Some(2));
    /// assert_eq!(v, [1]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pop(&mut self) -> Option<T> {
        let last: *mut T = self.dec_len(1).first_mut()?;
        // SAFETY: The element is initialised, and not counted any more, so that nobody drops it but the caller.
        Some(unsafe { last.read() })
    }

    /// Takes the element at `i`; those behind it move up.
    ///
    /// ```
    /// let mut v = kernel::kvec![1, 2, 3]?;
    /// assert_eq!(v.remove(0)?, 1);
    /// assert_eq!(v, [2, 3]);
    /// assert!(v.remove(2).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn remove(&mut self, i: usize) -> Result<T, RemoveError> {
        let place: *mut T = self.get_mut(i).ok_or(RemoveError)?;
        // SAFETY: The element is initialised, and written over or not counted any more below.
        let value = unsafe { place.read() };
        let behind = self.len - i - 1;
        // SAFETY: These are the elements behind it, all initialised; they move down by one, onto the one that was
        // taken.
        unsafe { ptr::copy(place.add(1), place, behind) };
        // The last element is counted no more; it was moved, so it must not be dropped.
        self.dec_len(1);
        Ok(value)
    }

    /// An empty vector with room for exactly `capacity` elements.
    ///
    /// ```
    /// let v = KVec::<u32>::with_capacity(20, GFP_KERNEL)?;
    /// assert!(v.capacity() >= 20 && v.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_capacity(capacity: usize, flags: Flags) -> Result<Self, AllocError> {
        let mut v = Vec::new();
        v.reserve(capacity, flags)?;
        Ok(v)
    }

    /// `n` elements of zero bytes.
    ///
    /// ```
    /// assert_eq!(KVec::<u16>::zeroed(3, GFP_KERNEL)?, [0, 0, 0]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn zeroed(n: usize, flags: Flags) -> Result<Self, AllocError>
    where
        T: Zeroable,
    {
        let mut v = Self::with_capacity(n, flags | super::flags::__GFP_ZERO)?;
        // SAFETY: There is room for `n` elements, and the memory was asked for with `__GFP_ZERO`; zeros are a valid
        // `T`.
        unsafe { v.inc_len(n) };
        Ok(v)
    }

    /// Takes ownership of raw parts.
    ///
    /// # Safety
    ///
    /// Unless `T` has size 0:
    ///
    /// - `ptr` was allocated by `A` for `capacity` elements; it dangles if `capacity` is 0.
    /// - `capacity * size_of::<T>()` is at most `isize::MAX`.
    ///
    /// In any case the first `length` elements are initialised, `length` is at most `capacity`, and nobody else owns
    /// them.
    pub unsafe fn from_raw_parts(ptr: *mut T, length: usize, capacity: usize) -> Self {
        let layout = if Self::is_zst() {
            ArrayLayout::empty()
        } else {
            // SAFETY: The caller promises that the size is at most `isize::MAX`.
            unsafe { ArrayLayout::new_unchecked(capacity) }
        };
        // INVARIANT: The caller promises the rest.
        // SAFETY: A pointer from an allocator, and a dangling one, is not null.
        Self { ptr: unsafe { NonNull::new_unchecked(ptr) }, layout, len: length, _p: PhantomData }
    }

    /// Gives ownership away: the pointer, the length and the capacity, which [`from_raw_parts`](Self::from_raw_parts)
    /// takes back.
    ///
    /// ```
    /// let (ptr, len, capacity) = kernel::kvec![1, 2]?.into_raw_parts();
    /// // SAFETY: The parts were just given away.
    /// let v = unsafe { KVec::from_raw_parts(ptr, len, capacity) };
    /// assert_eq!(v, [1, 2]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn into_raw_parts(self) -> (*mut T, usize, usize) {
        let mut this = ManuallyDrop::new(self);
        let (len, capacity) = (this.len(), this.capacity());
        (this.as_mut_ptr(), len, capacity)
    }

    /// Drops all elements and keeps the memory.
    ///
    /// ```
    /// let mut v = kernel::kvec![1, 2]?;
    /// v.clear();
    /// assert!(v.is_empty() && v.capacity() >= 2);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Makes room for at least `additional` more elements; grows to at least twice the size.
    ///
    /// ```
    /// let mut v = kernel::kvec![1]?;
    /// v.reserve(10, GFP_KERNEL)?;
    /// assert!(v.capacity() >= 11);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn reserve(&mut self, additional: usize, flags: Flags) -> Result<(), AllocError> {
        // For elements of size 0 the capacity is `usize::MAX`, of which `len` can not be more.
        if self.capacity() - self.len >= additional {
            return Ok(());
        }
        if Self::is_zst() {
            return Err(AllocError);
        }
        let needed = self.len.checked_add(additional).ok_or(AllocError)?;
        self.set_capacity(needed.max(self.capacity().saturating_mul(2)), flags)
    }

    /// Reallocates for `capacity` elements, which is at least `len`. Not for elements of size 0.
    fn set_capacity(&mut self, capacity: usize, flags: Flags) -> Result<(), AllocError> {
        let layout = ArrayLayout::new(capacity).map_err(|_| AllocError)?;
        // SAFETY: By the type invariants `ptr` comes from `A` for the old layout, or dangles if that has size 0.
        let memory =
            unsafe { A::realloc(Some(self.ptr.cast()), layout.into(), self.layout.into(), flags, NumaNode::NO_NODE)? };
        // INVARIANT: The memory comes from `A` for this layout. The first `len` elements were kept, as there is room
        // for them.
        self.ptr = memory.cast();
        self.layout = layout;
        Ok(())
    }

    /// Gives back what the elements do not need, if the allocator can; else the memory stays as it is.
    fn shrink(&mut self, flags: Flags) {
        if !Self::is_zst() && self.len < self.capacity() {
            // Not being able to shrink is no error.
            let _ = self.set_capacity(self.len, flags);
        }
    }

    /// Drops all elements but the first `len`.
    ///
    /// ```
    /// let mut v = kernel::kvec![1, 2, 3]?;
    /// v.truncate(1);
    /// assert_eq!(v, [1]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn truncate(&mut self, len: usize) {
        if let Some(count) = self.len.checked_sub(len) {
            let rest: *mut [T] = self.dec_len(count);
            // SAFETY: The elements are initialised and not counted any more, so that they are dropped once.
            unsafe { ptr::drop_in_place(rest) };
        }
    }

    /// Takes all elements, one by one; those that are not taken are dropped with the iterator.
    ///
    /// ```
    /// let mut v = kernel::kvec![1, 2, 3]?;
    /// assert_eq!(v.drain_all().sum::<i32>(), 6);
    /// assert!(v.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn drain_all(&mut self) -> DrainAll<'_, T> {
        // The elements are counted no more: should the iterator be leaked, they are too.
        let len = self.len;
        DrainAll::new(self.dec_len(len))
    }

    /// Keeps the elements of which `f` says so, in their order.
    ///
    /// ```
    /// let mut v = kernel::kvec![1, 2, 3, 4]?;
    /// v.retain(|x| *x % 2 == 0);
    /// assert_eq!(v, [2, 4]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn retain(&mut self, mut f: impl FnMut(&mut T) -> bool) {
        let mut kept = 0;
        for i in 0..self.len {
            if self.get_mut(i).is_some_and(&mut f) {
                if i != kept {
                    self.swap(i, kept);
                }
                kept += 1;
            }
        }
        self.truncate(kept);
    }
}

impl<T> Vec<T, KVmalloc> {
    /// Gives memory back, as far as there remains room for the elements, and for `min_capacity` of them.
    ///
    /// Only whole pages of virtually contiguous memory can be given back; else nothing happens.
    ///
    /// ```
    /// let mut v = KVVec::with_capacity(1 << 20, GFP_KERNEL)?;
    /// v.push(1u8, GFP_KERNEL)?;
    /// v.shrink_to(0, GFP_KERNEL)?;
    /// assert_eq!(v, [1]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn shrink_to(&mut self, min_capacity: usize, flags: Flags) -> Result<(), AllocError> {
        let target = self.len.max(min_capacity);
        if Self::is_zst() || target >= self.capacity() {
            return Ok(());
        }
        // SAFETY: The function only compares the address.
        if !unsafe { bindings::is_vmalloc_addr(self.as_ptr().cast()) } {
            return Ok(());
        }
        let layout = ArrayLayout::<T>::new(target).map_err(|_| AllocError)?;
        if layout.size().div_ceil(PAGE_SIZE) >= self.layout.size().div_ceil(PAGE_SIZE) {
            return Ok(());
        }
        if target == 0 {
            *self = Self::new();
            return Ok(());
        }
        // A new allocation, as reallocating never moves to a smaller one.
        let new = KVmalloc::alloc(layout.into(), flags, NumaNode::NO_NODE)?.cast::<T>();
        // SAFETY: The first `len` elements are initialised, the new memory has room for them, and cannot overlap.
        unsafe { ptr::copy_nonoverlapping(self.ptr.as_ptr(), new.as_ptr(), self.len) };
        // SAFETY: The old memory comes from `KVmalloc` for the old layout; its elements were moved away.
        unsafe { KVmalloc::free(self.ptr.cast(), self.layout.into()) };
        // INVARIANT: The memory comes from `KVmalloc` for this layout and holds the `len` elements.
        self.ptr = new;
        self.layout = layout;
        Ok(())
    }
}

impl<T: Clone, A: Allocator> Vec<T, A> {
    /// Appends `value` `n` times.
    ///
    /// ```
    /// let mut v = kernel::kvec![1]?;
    /// v.extend_with(2, 9, GFP_KERNEL)?;
    /// assert_eq!(v, [1, 9, 9]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn extend_with(&mut self, n: usize, value: T, flags: Flags) -> Result<(), AllocError> {
        let Some(clones) = n.checked_sub(1) else { return Ok(()) };
        self.reserve(n, flags)?;
        for _ in 0..clones {
            // SAFETY: There is room for `n` more elements, of which fewer were pushed.
            unsafe { self.push_within_capacity_unchecked(value.clone()) };
        }
        // SAFETY: There is room for one more.
        unsafe { self.push_within_capacity_unchecked(value) };
        Ok(())
    }

    /// Appends clones of all elements of `other`.
    ///
    /// ```
    /// let mut v = kernel::kvec![1]?;
    /// v.extend_from_slice(&[2, 3], GFP_KERNEL)?;
    /// assert_eq!(v, [1, 2, 3]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn extend_from_slice(&mut self, other: &[T], flags: Flags) -> Result<(), AllocError> {
        self.reserve(other.len(), flags)?;
        for item in other {
            // SAFETY: There is room for as many elements as `other` has.
            unsafe { self.push_within_capacity_unchecked(item.clone()) };
        }
        Ok(())
    }

    /// `value` `n` times.
    pub fn from_elem(value: T, n: usize, flags: Flags) -> Result<Self, AllocError> {
        let mut v = Self::with_capacity(n, flags)?;
        v.extend_with(n, value, flags)?;
        Ok(v)
    }

    /// Makes it `new_len` elements long: drops some, or appends clones of `value`.
    ///
    /// ```
    /// let mut v = kernel::kvec![1, 2, 3]?;
    /// v.resize(1, 0, GFP_KERNEL)?;
    /// v.resize(3, 7, GFP_KERNEL)?;
    /// assert_eq!(v, [1, 7, 7]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn resize(&mut self, new_len: usize, value: T, flags: Flags) -> Result<(), AllocError> {
        match new_len.checked_sub(self.len) {
            Some(more) => self.extend_with(more, value, flags),
            None => {
                self.truncate(new_len);
                Ok(())
            }
        }
    }
}

impl<T, A> Drop for Vec<T, A>
where
    A: Allocator,
{
    fn drop(&mut self) {
        // SAFETY: The elements are initialised by the type invariant, and dropped only here.
        unsafe { ptr::drop_in_place::<[T]>(self.as_mut_slice()) };
        // SAFETY: By the type invariants the memory comes from `A` for this layout, or dangles if that has size 0.
        unsafe { A::free(self.ptr.cast(), self.layout.into()) };
    }
}
