// SPDX-License-Identifier: GPL-2.0
//! Bitmaps.
//!
//! C headers: [`include/linux/bitmap.h`](srctree/include/linux/bitmap.h),
//! [`include/linux/bitops.h`](srctree/include/linux/bitops.h)
//!
//! Every kernel has it.

use crate::{
    alloc::{AllocError, Flags},
    pr_err,
};
use core::{
    cell::UnsafeCell,
    ops::{Deref, DerefMut},
    ptr::{self, NonNull},
};

const BITS_PER_LONG: usize = usize::BITS as usize;

/// A C bitmap, behind a reference that knows its length.
///
/// # Invariants
///
/// A reference to it points to as many `long`s as have room for its `len()` bits. At most `i32::MAX` bits, which is
/// what C counts with.
#[repr(C)]
pub struct Bitmap {
    /// Aligned as C wants it.
    _align: [usize; 0],
    /// A slice without a size, whose length is the number of bits.
    bits: [()],
}

impl Bitmap {
    /// Makes a reference of a pointer of C.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must be valid for reads of the `long`s of `nbits` bits, and nobody may write them but
    /// atomically. `nbits` may be `i32::MAX` at most.
    pub unsafe fn from_raw<'a>(ptr: *const usize, nbits: usize) -> &'a Bitmap {
        let bitmap = ptr::slice_from_raw_parts(ptr.cast::<()>(), nbits) as *const Bitmap;
        // INVARIANT: the caller's promise.
        // SAFETY: the pointer is aligned, and a `Bitmap` has a size of zero.
        unsafe { &*bitmap }
    }

    /// Makes an exclusive reference of a pointer of C.
    ///
    /// # Safety
    ///
    /// For `'a`, `ptr` must be valid for reads and writes of the `long`s of `nbits` bits, and nobody else may use them.
    /// `nbits` may be `i32::MAX` at most.
    pub unsafe fn from_raw_mut<'a>(ptr: *mut usize, nbits: usize) -> &'a mut Bitmap {
        let bitmap = ptr::slice_from_raw_parts_mut(ptr.cast::<()>(), nbits) as *mut Bitmap;
        // INVARIANT: the caller's promise.
        // SAFETY: the pointer is aligned, and a `Bitmap` has a size of zero.
        unsafe { &mut *bitmap }
    }

    /// Returns the pointer for C.
    pub fn as_ptr(&self) -> *const usize {
        ptr::from_ref(self).cast()
    }

    /// Returns the pointer for C, to be written through.
    pub fn as_mut_ptr(&mut self) -> *mut usize {
        ptr::from_mut(self).cast()
    }

    /// Returns the number of bits.
    #[expect(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.bits.len()
    }

    /// Returns whether there is a bit `index`, and complains if there is none.
    #[inline]
    fn has_bit(&self, index: usize) -> bool {
        let has = index < self.len();
        if !has {
            self.complain(index);
        }
        has
    }

    #[cold]
    #[inline(never)]
    fn complain(&self, index: usize) {
        pr_err!("bitmap: there is no bit {} of {}\n", index, self.len());
    }

    /// Sets bit `index`. If there is no such bit, it prints an error.
    #[inline]
    pub fn set_bit(&mut self, index: usize) {
        if self.has_bit(index) {
            // SAFETY: the bit is there (just checked), and nobody else uses it.
            unsafe { bindings::__set_bit(index, self.as_mut_ptr()) };
        }
    }

    /// Sets bit `index`, while others may change other bits. If there is no such bit, it prints an error.
    ///
    /// It orders nothing else.
    #[inline]
    pub fn set_bit_atomic(&self, index: usize) {
        if self.has_bit(index) {
            // SAFETY: the bit is there (just checked), and a `Bitmap` has no bytes of its own that would forbid writing
            // them.
            unsafe { bindings::set_bit(index, self.as_ptr().cast_mut()) };
        }
    }

    /// Clears bit `index`. If there is no such bit, it prints an error.
    #[inline]
    pub fn clear_bit(&mut self, index: usize) {
        if self.has_bit(index) {
            // SAFETY: the bit is there (just checked), and nobody else uses it.
            unsafe { bindings::__clear_bit(index, self.as_mut_ptr()) };
        }
    }

    /// Clears bit `index`, while others may change other bits. If there is no such bit, it prints an error.
    ///
    /// It orders nothing else.
    #[inline]
    pub fn clear_bit_atomic(&self, index: usize) {
        if self.has_bit(index) {
            // SAFETY: the bit is there (just checked), and a `Bitmap` has no bytes of its own that would forbid writing
            // them.
            unsafe { bindings::clear_bit(index, self.as_ptr().cast_mut()) };
        }
    }

    /// Copies the bits of `src`. What `self` has more is cleared; what `src` has more is left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut old = BitmapVec::new(16, GFP_KERNEL)?;
    /// old.set_bit(15);
    /// let mut new = BitmapVec::new(256, GFP_KERNEL)?;
    /// new.set_bit(200);
    ///
    /// new.copy_and_extend(&old);
    /// assert_eq!(new.next_bit(0), Some(15));
    /// assert_eq!(new.last_bit(), Some(15));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn copy_and_extend(&mut self, src: &Bitmap) {
        let len = src.len().min(self.len());
        // SAFETY: `len` bits are in both, and as C counts them (type invariant); nobody else uses those of `self`.
        unsafe { bindings::bitmap_copy_and_extend(self.as_mut_ptr(), src.as_ptr(), len as u32, self.len() as u32) };
    }

    /// Returns the index that C found, unless it is the length, which is how it says that there is none.
    fn found(&self, index: usize) -> Option<usize> {
        (index < self.len()).then_some(index)
    }

    /// Returns the last bit that is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut bits = BitmapVec::new(100, GFP_KERNEL)?;
    /// assert_eq!(bits.last_bit(), None);
    /// bits.set_bit(3);
    /// bits.set_bit(99);
    /// assert_eq!(bits.last_bit(), Some(99));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn last_bit(&self) -> Option<usize> {
        // SAFETY: there are so many bits to read.
        self.found(unsafe { bindings::find_last_bit(self.as_ptr(), self.len()) })
    }

    /// Returns the first bit that is set, from `start` on.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut bits = BitmapVec::new(100, GFP_KERNEL)?;
    /// bits.set_bit(70);
    /// assert_eq!(bits.next_bit(0), Some(70));
    /// assert_eq!(bits.next_bit(71), None);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub fn next_bit(&self, start: usize) -> Option<usize> {
        // SAFETY: there are so many bits to read; nothing is read if `start` is beyond them.
        self.found(unsafe { bindings::find_next_bit(self.as_ptr(), self.len(), start) })
    }

    /// Returns the first bit that is not set, from `start` on.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::bitmap::BitmapVec;
    ///
    /// let mut bits = BitmapVec::new_inline();
    /// bits.set_bit(0);
    /// bits.set_bit(1);
    /// assert_eq!(bits.next_zero_bit(0), Some(2));
    /// assert_eq!(bits.next_zero_bit(bits.len()), None);
    /// ```
    #[inline]
    pub fn next_zero_bit(&self, start: usize) -> Option<usize> {
        // SAFETY: there are so many bits to read; nothing is read if `start` is beyond them.
        self.found(unsafe { bindings::find_next_zero_bit(self.as_ptr(), self.len(), start) })
    }
}

/// The bits of a [`BitmapVec`], or where they are.
union Bits {
    inline: usize,
    ptr: NonNull<usize>,
}

/// A bitmap that owns its bits. A short one, of as many bits as a `long`, needs no allocation.
///
/// # Invariants
///
/// - `nbits` is at most [`BitmapVec::MAX_LEN`].
/// - If it is at most [`BitmapVec::MAX_INLINE_LEN`], the bits are in `bits.inline`, else `bits.ptr` is what
///   `bitmap_zalloc()` returned for so many bits.
///
/// # Examples
///
/// ```
/// use kernel::bitmap::BitmapVec;
///
/// let mut slots = BitmapVec::new(1000, GFP_KERNEL)?;
/// slots.set_bit(0);
/// slots.set_bit(500);
///
/// let free = slots.next_zero_bit(0).ok_or(ENOSPC)?;
/// assert_eq!(free, 1);
/// // From any thread.
/// slots.set_bit_atomic(free);
/// slots.clear_bit_atomic(500);
/// assert_eq!(slots.last_bit(), Some(1));
/// # Ok::<(), Error>(())
/// ```
pub struct BitmapVec {
    /// In a cell, since a bit can be set by a shared reference.
    bits: UnsafeCell<Bits>,
    nbits: usize,
}

impl Deref for BitmapVec {
    type Target = Bitmap;

    fn deref(&self) -> &Bitmap {
        // SAFETY: by the type invariant, there are so many bits, which belong to `self`.
        unsafe { Bitmap::from_raw(self.bits_ptr(), self.nbits) }
    }
}

impl DerefMut for BitmapVec {
    fn deref_mut(&mut self) -> &mut Bitmap {
        // SAFETY: by the type invariant, there are so many bits, which belong to `self`.
        unsafe { Bitmap::from_raw_mut(self.bits_ptr(), self.nbits) }
    }
}

// SAFETY: it is so many bits that it owns.
unsafe impl Send for BitmapVec {}

// SAFETY: a shared one can be read, and written atomically.
unsafe impl Sync for BitmapVec {}

impl Drop for BitmapVec {
    fn drop(&mut self) {
        if !self.is_inline() {
            // SAFETY: by the type invariant, it is what `bitmap_zalloc()` returned, and nobody uses it any more.
            unsafe { bindings::bitmap_free(self.bits_ptr()) };
        }
    }
}

impl BitmapVec {
    /// The largest length.
    pub const MAX_LEN: usize = i32::MAX as usize;

    /// The largest length that needs no allocation.
    pub const MAX_INLINE_LEN: usize = BITS_PER_LONG;

    /// Makes a bitmap of [`MAX_INLINE_LEN`](Self::MAX_INLINE_LEN) bits, none of which is set.
    #[inline]
    pub fn new_inline() -> Self {
        // INVARIANT: the bits are inline.
        Self { bits: Bits { inline: 0 }.into(), nbits: Self::MAX_INLINE_LEN }
    }

    /// Makes a bitmap of `nbits` bits, none of which is set; an error if that is more than [`MAX_LEN`](Self::MAX_LEN).
    pub fn new(nbits: usize, flags: Flags) -> Result<Self, AllocError> {
        if nbits <= Self::MAX_INLINE_LEN {
            // INVARIANT: the bits are inline.
            return Ok(Self { bits: Bits { inline: 0 }.into(), nbits });
        }
        if nbits > Self::MAX_LEN {
            return Err(AllocError);
        }
        // SAFETY: it can be called with any number of bits.
        let ptr = unsafe { bindings::bitmap_zalloc(nbits as u32, flags.as_raw()) };
        // INVARIANT: `bitmap_zalloc()` returned it for `nbits`, which was checked.
        Ok(Self { bits: Bits { ptr: NonNull::new(ptr).ok_or(AllocError)? }.into(), nbits })
    }

    /// Returns the number of bits.
    #[expect(clippy::len_without_is_empty)]
    #[inline]
    pub fn len(&self) -> usize {
        self.nbits
    }

    /// Sets each bit or clears it, by chance.
    pub fn fill_random(&mut self) {
        let (bits, size) = (self.as_mut_ptr(), self.nbits.div_ceil(usize::BITS as usize) * size_of::<usize>());
        // SAFETY: `bits` is valid for writes of all words that hold the bits, and any value of a word is fine. The size fits
        // an integer, as the number of bits does.
        unsafe { bindings::get_random_bytes(bits.cast(), size as _) };
    }

    fn is_inline(&self) -> bool {
        self.nbits <= Self::MAX_INLINE_LEN
    }

    /// Returns where the bits are.
    fn bits_ptr(&self) -> *mut usize {
        let bits = self.bits.get();
        if self.is_inline() {
            // SAFETY: it is a pointer to the union, of which only an address is taken.
            unsafe { &raw mut (*bits).inline }
        } else {
            // SAFETY: by the type invariant, it is a pointer, which does not change.
            unsafe { (*bits).ptr.as_ptr() }
        }
    }
}
