// SPDX-License-Identifier: GPL-2.0
//! Maple trees: maps from ranges of indices, which do not overlap, to pointers.
//!
//! C header: [`include/linux/maple_tree.h`](srctree/include/linux/maple_tree.h)
//!
//! Kernels before 6.1 lack it.

use crate::{
    alloc::Flags,
    error::{code::*, to_result, Error},
    prelude::{pin_data, pin_init, pinned_drop, PinInit},
    types::{ForeignOwnable, NotThreadSafe, Opaque},
};
use core::{
    marker::PhantomData,
    ops::{Bound, Deref, RangeBounds},
    pin::Pin,
    ptr::NonNull,
};

/// A map from ranges of indices to values that own memory, such as [`KBox`](crate::alloc::KBox).
///
/// It has a lock of its own, which the methods take.
///
/// # Invariants
///
/// `tree` is initialised, and each of its entries is what [`ForeignOwnable::into_foreign`] of a `T` returned, and
/// belongs to it.
///
/// # Examples
///
/// ```
/// use kernel::maple_tree::{InsertErrorKind, MapleTree};
///
/// let mappings = KBox::pin_init(MapleTree::<KBox<&'static str>>::new(), GFP_KERNEL)?;
/// mappings.insert_range(0x1000..0x3000, KBox::new("ring", GFP_KERNEL)?, GFP_KERNEL)?;
/// mappings.insert(0x3000, KBox::new("doorbell", GFP_KERNEL)?, GFP_KERNEL)?;
///
/// // Ranges may not overlap; what was not inserted comes back.
/// let error = mappings.insert_range(0x2fff.., KBox::new("rest", GFP_KERNEL)?, GFP_KERNEL).unwrap_err();
/// assert_eq!(error.cause, InsertErrorKind::Occupied);
/// assert_eq!(*error.value, "rest");
///
/// assert_eq!(mappings.lock().load(0x2abc).map(|name| *name), Some("ring"));
/// assert_eq!(mappings.erase(0x1000).map(|name| *name), Some("ring"));
/// assert!(mappings.lock().load(0x2abc).is_none());
/// # Ok::<(), Error>(())
/// ```
#[pin_data(PinnedDrop)]
#[repr(transparent)]
pub struct MapleTree<T: ForeignOwnable> {
    #[pin]
    tree: Opaque<bindings::maple_tree>,
    _owns: PhantomData<T>,
}

// SAFETY: it is so many `T`, and the lock is that of the kernel.
unsafe impl<T: ForeignOwnable + Send> Send for MapleTree<T> {}

// SAFETY: what is in it is reached under its lock only, by one thread at a time.
unsafe impl<T: ForeignOwnable + Send> Sync for MapleTree<T> {}

/// A [`MapleTree`] that finds free ranges by itself.
#[pin_data]
#[repr(transparent)]
pub struct MapleTreeAlloc<T: ForeignOwnable> {
    #[pin]
    tree: MapleTree<T>,
}

impl<T: ForeignOwnable> Deref for MapleTreeAlloc<T> {
    type Target = MapleTree<T>;

    #[inline]
    fn deref(&self) -> &MapleTree<T> {
        &self.tree
    }
}

/// Returns the first and the last index of a range, or [`None`] if it is empty.
fn first_and_last(range: impl RangeBounds<usize>) -> Option<(usize, usize)> {
    let first = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(start) => start.checked_add(1)?,
        Bound::Unbounded => 0,
    };
    let last = match range.end_bound() {
        Bound::Included(end) => *end,
        Bound::Excluded(end) => end.checked_sub(1)?,
        Bound::Unbounded => usize::MAX,
    };
    (first <= last).then_some((first, last))
}

impl<T: ForeignOwnable> MapleTree<T> {
    /// Makes an empty tree.
    pub fn new() -> impl PinInit<Self> {
        Self::with_flags(0)
    }

    fn with_flags(flags: u32) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: it is initialised, and empty.
            // SAFETY: it is a pointer to memory for a `maple_tree`, which does not move.
            tree <- Opaque::ffi_init(|tree| unsafe { bindings::mt_init_flags(tree, flags) }),
            _owns: PhantomData,
        })
    }

    /// Inserts a value at one index.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::maple_tree::{InsertErrorKind, MapleTree};
    ///
    /// let tree = KBox::pin_init(MapleTree::<KBox<u8>>::new(), GFP_KERNEL)?;
    /// tree.insert(usize::MAX, KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
    /// let again = tree.insert(usize::MAX, KBox::new(2, GFP_KERNEL)?, GFP_KERNEL);
    /// assert_eq!(again.unwrap_err().cause, InsertErrorKind::Occupied);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn insert(&self, index: usize, value: T, gfp: Flags) -> Result<(), InsertError<T>> {
        self.insert_range(index..=index, value, gfp)
    }

    /// Inserts a value for all indices of a range, none of which may be taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::maple_tree::{InsertErrorKind, MapleTree};
    ///
    /// let tree = KBox::pin_init(MapleTree::<KBox<u8>>::new(), GFP_KERNEL)?;
    /// tree.insert_range(10..=20, KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
    ///
    /// let empty = tree.insert_range(30..30, KBox::new(2, GFP_KERNEL)?, GFP_KERNEL);
    /// assert_eq!(empty.unwrap_err().cause, InsertErrorKind::InvalidRequest);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn insert_range<R>(&self, range: R, value: T, gfp: Flags) -> Result<(), InsertError<T>>
    where
        R: RangeBounds<usize>,
    {
        let Some((first, last)) = first_and_last(range) else {
            return Err(InsertError { value, cause: InsertErrorKind::InvalidRequest });
        };
        let entry = value.into_foreign();
        // INVARIANT: a `T` that belongs to the tree, if it is inserted.
        // SAFETY: the tree is initialised.
        let inserted = to_result(unsafe {
            bindings::mtree_insert_range(self.tree.get(), first, last, entry.cast(), gfp.as_raw())
        });
        inserted.map_err(|error| InsertError {
            // SAFETY: it was not inserted, so it is still that of `into_foreign`.
            value: unsafe { T::from_foreign(entry) },
            cause: match error {
                ENOMEM => InsertErrorKind::AllocError(crate::alloc::AllocError),
                EEXIST => InsertErrorKind::Occupied,
                _ => InsertErrorKind::InvalidRequest,
            },
        })
    }

    /// Takes out the value that is at `index`, with all the range that it was inserted for.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::maple_tree::MapleTree;
    ///
    /// let tree = KBox::pin_init(MapleTree::<KBox<u8>>::new(), GFP_KERNEL)?;
    /// tree.insert_range(..100, KBox::new(7, GFP_KERNEL)?, GFP_KERNEL)?;
    /// assert_eq!(tree.erase(50).map(|value| *value), Some(7));
    /// assert!(tree.erase(99).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn erase(&self, index: usize) -> Option<T> {
        // SAFETY: the tree is initialised.
        let entry = unsafe { bindings::mtree_erase(self.tree.get(), index) };
        // SAFETY: it was a `T` of the tree's, or null.
        unsafe { T::try_from_foreign(entry.cast()) }
    }

    /// Locks the tree. The lock is a spin lock: nothing may sleep while it is held.
    pub fn lock(&self) -> MapleGuard<'_, T> {
        // SAFETY: the tree is initialised.
        unsafe { bindings::mtree_lock(self.tree.get()) };
        // INVARIANT: it was just locked.
        MapleGuard(self, NotThreadSafe)
    }
}

#[pinned_drop]
impl<T: ForeignOwnable> PinnedDrop for MapleTree<T> {
    fn drop(self: Pin<&mut Self>) {
        let tree = self.tree.get();
        let mut index = 0;
        // SAFETY: the tree is initialised.
        let mut entry = unsafe { bindings::mt_find(tree, &mut index, usize::MAX) };
        while let Some(present) = NonNull::new(entry) {
            // SAFETY: by the type invariant it is a `T` of the tree's, which nobody will look for again.
            drop(unsafe { T::from_foreign(present.as_ptr().cast()) });
            // SAFETY: the tree is initialised.
            entry = unsafe { bindings::mt_find_after(tree, &mut index, usize::MAX) };
        }
        // SAFETY: the tree is initialised, and nobody else has it.
        unsafe { bindings::mtree_destroy(tree) };
    }
}

/// A locked [`MapleTree`].
///
/// # Invariants
///
/// The tree is locked, by this thread.
#[must_use = "if unused, the lock will be immediately unlocked"]
pub struct MapleGuard<'tree, T: ForeignOwnable>(&'tree MapleTree<T>, NotThreadSafe);

impl<'tree, T: ForeignOwnable> Drop for MapleGuard<'tree, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: by the type invariant, this thread has it locked.
        unsafe { bindings::mtree_unlock(self.0.tree.get()) };
    }
}

impl<'tree, T: ForeignOwnable> MapleGuard<'tree, T> {
    /// Makes a place in the tree, to look for values from `first` on; `end` is the last index that it is about.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::maple_tree::MapleTree;
    ///
    /// let tree = KBox::pin_init(MapleTree::<KBox<u8>>::new(), GFP_KERNEL)?;
    /// for i in 1..=3u8 {
    ///     tree.insert(usize::from(i) * 10, KBox::new(i, GFP_KERNEL)?, GFP_KERNEL)?;
    /// }
    ///
    /// let mut guard = tree.lock();
    /// let mut place = guard.ma_state(15, usize::MAX);
    /// let mut sum = 0;
    /// while let Some(value) = place.find(usize::MAX) {
    ///     sum += *value;
    /// }
    /// assert_eq!(sum, 2 + 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn ma_state(&mut self, first: usize, end: usize) -> MaState<'_, T> {
        // INVARIANT: it is a place in this tree, which stays locked as long as the guard is borrowed.
        // SAFETY: the tree is initialised.
        MaState { state: unsafe { bindings::MA_STATE(self.0.tree.get(), first, end) }, _guard: PhantomData }
    }

    /// Returns the value at `index`.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::maple_tree::MapleTree;
    ///
    /// let tree = KBox::pin_init(MapleTree::<KBox<u8>>::new(), GFP_KERNEL)?;
    /// tree.insert_range(5..8, KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
    ///
    /// let mut guard = tree.lock();
    /// if let Some(value) = guard.load(6) {
    ///     *value += 1;
    /// }
    /// assert_eq!(guard.load(7).map(|value| *value), Some(2));
    /// assert!(guard.load(8).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn load(&mut self, index: usize) -> Option<T::BorrowedMut<'_>> {
        // SAFETY: the tree is initialised.
        let entry = unsafe { bindings::mtree_load(self.0.tree.get(), index) };
        // SAFETY: it is a `T` of the tree's, which keeps it as long as the guard is borrowed, and nobody else gets it.
        NonNull::new(entry).map(|entry| unsafe { T::borrow_mut(entry.as_ptr().cast()) })
    }
}

impl<T: ForeignOwnable> MapleTreeAlloc<T> {
    /// Makes an empty tree.
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self { tree <- MapleTree::with_flags(bindings::MT_FLAGS_ALLOC_RANGE) })
    }

    /// Inserts a value for `size` free indices in a row that lie within `range`, and returns the first of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::maple_tree::{AllocErrorKind, MapleTreeAlloc};
    ///
    /// let tree = KBox::pin_init(MapleTreeAlloc::<KBox<u8>>::new(), GFP_KERNEL)?;
    /// tree.insert(4, KBox::new(0, GFP_KERNEL)?, GFP_KERNEL)?;
    ///
    /// // Not before index 4, where only 4 are free.
    /// let first = tree.alloc_range(5, KBox::new(1, GFP_KERNEL)?, ..16, GFP_KERNEL)?;
    /// assert_eq!(first, 5);
    /// let first = tree.alloc_range(4, KBox::new(2, GFP_KERNEL)?, ..16, GFP_KERNEL)?;
    /// assert_eq!(first, 0);
    ///
    /// let error = tree.alloc_range(7, KBox::new(3, GFP_KERNEL)?, ..16, GFP_KERNEL).unwrap_err();
    /// assert_eq!(error.cause, AllocErrorKind::Busy);
    /// let error = tree.alloc_range(17, KBox::new(4, GFP_KERNEL)?, ..16, GFP_KERNEL).unwrap_err();
    /// assert_eq!(error.cause, AllocErrorKind::InvalidRequest);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn alloc_range<R>(&self, size: usize, mut value: T, range: R, gfp: Flags) -> Result<usize, AllocError<T>>
    where
        R: RangeBounds<usize>,
    {
        let (min, max) = match first_and_last(range) {
            Some((min, max)) if size > 0 && max - min >= size - 1 => (min, max),
            _ => return Err(AllocError { value, cause: AllocErrorKind::InvalidRequest }),
        };
        // Not `mtree_alloc_range()`: up to 6.1 it takes all the range if the tree is empty.
        loop {
            let Some(first) = self.find_free(size, min, max) else {
                return Err(AllocError { value, cause: AllocErrorKind::Busy });
            };
            let cause = match self.insert_range(first..=first + (size - 1), value, gfp) {
                Ok(()) => return Ok(first),
                Err(error) => {
                    value = error.value;
                    error.cause
                }
            };
            match cause {
                // Somebody else took some of it in the meantime.
                InsertErrorKind::Occupied => {}
                InsertErrorKind::AllocError(error) => {
                    return Err(AllocError { value, cause: AllocErrorKind::AllocError(error) })
                }
                InsertErrorKind::InvalidRequest => {
                    return Err(AllocError { value, cause: AllocErrorKind::InvalidRequest })
                }
            }
        }
    }

    /// Returns the first of `size` free indices between `min` and `max`, which are that many at least.
    fn find_free(&self, size: usize, min: usize, max: usize) -> Option<usize> {
        let mut guard = self.lock();
        if max - min == size - 1 {
            // Some kernels reject a search of the only place there is.
            return guard.ma_state(min, max).find(max).is_none().then_some(min);
        }
        let mut place = guard.ma_state(0, 0);
        // SAFETY: it is a place in the tree, which is locked, and allows to allocate.
        to_result(unsafe { bindings::mas_empty_area(&mut place.state, min, max, size) }).ok()?;
        Some(place.state.index)
    }
}

/// A place in a locked [`MapleTree`].
///
/// # Invariants
///
/// It is a place in a tree that is locked for `'tree`.
pub struct MaState<'tree, T: ForeignOwnable> {
    state: bindings::ma_state,
    _guard: PhantomData<&'tree mut MapleTree<T>>,
}

impl<'tree, T: ForeignOwnable> MaState<'tree, T> {
    /// Moves to the next value that is not beyond `max`, and returns it.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::maple_tree::MapleTree;
    ///
    /// let tree = KBox::pin_init(MapleTree::<KBox<u8>>::new(), GFP_KERNEL)?;
    /// tree.insert(3, KBox::new(1, GFP_KERNEL)?, GFP_KERNEL)?;
    /// tree.insert(9, KBox::new(2, GFP_KERNEL)?, GFP_KERNEL)?;
    ///
    /// let mut guard = tree.lock();
    /// let mut place = guard.ma_state(0, usize::MAX);
    /// assert_eq!(place.find(8).map(|value| *value), Some(1));
    /// assert!(place.find(8).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn find(&mut self, max: usize) -> Option<T::BorrowedMut<'_>> {
        // SAFETY: it is a place in a locked tree.
        let entry = unsafe { bindings::mas_find(&mut self.state, max) };
        // SAFETY: it is a `T` of the tree's, which keeps it as long as it is locked, and nobody else gets it.
        NonNull::new(entry).map(|entry| unsafe { T::borrow_mut(entry.as_ptr().cast()) })
    }
}

/// Why a value could not be inserted, and the value.
#[derive(Debug)]
pub struct InsertError<T> {
    /// The value.
    pub value: T,
    /// Why.
    pub cause: InsertErrorKind,
}

/// Why a value could not be inserted.
#[derive(PartialEq, Eq, Copy, Clone, Debug)]
pub enum InsertErrorKind {
    /// There is another one at some of the indices.
    Occupied,
    /// There was not enough memory.
    AllocError(crate::alloc::AllocError),
    /// The range is empty.
    InvalidRequest,
}

impl From<InsertErrorKind> for Error {
    #[inline]
    fn from(kind: InsertErrorKind) -> Error {
        match kind {
            InsertErrorKind::Occupied => EEXIST,
            InsertErrorKind::AllocError(error) => error.into(),
            InsertErrorKind::InvalidRequest => EINVAL,
        }
    }
}

impl<T> From<InsertError<T>> for Error {
    #[inline]
    fn from(error: InsertError<T>) -> Error {
        error.cause.into()
    }
}

/// Why no range was found for a value, and the value.
#[derive(Debug)]
pub struct AllocError<T> {
    /// The value.
    pub value: T,
    /// Why.
    pub cause: AllocErrorKind,
}

/// Why no range was found for a value.
#[derive(PartialEq, Eq, Copy, Clone, Debug)]
pub enum AllocErrorKind {
    /// There are not so many free indices in a row.
    Busy,
    /// There was not enough memory.
    AllocError(crate::alloc::AllocError),
    /// The size is zero, or larger than the range.
    InvalidRequest,
}

impl From<AllocErrorKind> for Error {
    #[inline]
    fn from(kind: AllocErrorKind) -> Error {
        match kind {
            AllocErrorKind::Busy => EBUSY,
            AllocErrorKind::AllocError(error) => error.into(),
            AllocErrorKind::InvalidRequest => EINVAL,
        }
    }
}

impl<T> From<AllocError<T>> for Error {
    #[inline]
    fn from(error: AllocError<T>) -> Error {
        error.cause.into()
    }
}
