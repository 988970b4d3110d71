// SPDX-License-Identifier: GPL-2.0
//! [`ListArc`]: the one reference to an item that a list may take.

use crate::{
    alloc::{AllocError, Flags},
    prelude::{pin_data, pin_init, InPlaceInit, Init, PinInit},
    sync::{Arc, ArcBorrow, UniqueArc},
};
use core::{
    marker::PhantomPinned,
    mem::ManuallyDrop,
    ops::Deref,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
};

/// Types of which there can be a [`ListArc`]; [`impl_list_arc_safe!`] implements it.
///
/// The two methods tell the item when its [`ListArc`] comes and goes, so that it may keep track of that.
pub trait ListArcSafe<const ID: u64 = 0> {
    /// Called when a [`ListArc`] is made of the only reference to the item.
    ///
    /// # Safety
    ///
    /// A [`ListArc`] of this `ID` must be made right afterwards; there must be none yet.
    unsafe fn on_create_list_arc_from_unique(self: Pin<&mut Self>);

    /// Called when the [`ListArc`] ceases to be one.
    ///
    /// # Safety
    ///
    /// The [`ListArc`] of this `ID` must have been there, and must not be used afterwards.
    unsafe fn on_drop_list_arc(&self);
}

/// Items that keep track of whether their [`ListArc`] is there, so that one can be made of any [`Arc`].
///
/// # Safety
///
/// If `try_new_list_arc` returns `true`, there was no [`ListArc`] of this `ID`, and until `on_drop_list_arc` is called,
/// it does not return `true` again.
pub unsafe trait TryNewListArc<const ID: u64 = 0>: ListArcSafe<ID> {
    /// Claims the [`ListArc`]. If it returns `true`, the caller must make one, or call `on_drop_list_arc`.
    fn try_new_list_arc(&self) -> bool;
}

/// Implements [`ListArcSafe`] for an item.
///
/// - `untracked;` if it need not be known whether the [`ListArc`] is there. It is made along with the item then.
/// - `tracked_by field: Type;` if a field, such as an [`AtomicTracker`], keeps track. The item implements
///   [`TryNewListArc`] too then, if the type of the field does. The field has to be `#[pin]`.
///
/// # Examples
///
/// ```
/// use kernel::{
///     list::{impl_list_arc_safe, AtomicTracker, ListArc},
///     sync::Arc,
/// };
///
/// #[pin_data]
/// struct Buffer {
///     len: usize,
///     #[pin]
///     tracker: AtomicTracker,
/// }
///
/// impl_list_arc_safe! {
///     impl ListArcSafe<0> for Buffer { tracked_by tracker: AtomicTracker; }
/// }
///
/// let buffer = Arc::pin_init(try_pin_init!(Buffer { len: 512, tracker <- AtomicTracker::new() }), GFP_KERNEL)?;
/// let first = ListArc::try_from_arc(buffer.clone()).map_err(|_| EBUSY)?;
/// // There it is, so there is no second.
/// assert!(ListArc::try_from_arc(buffer.clone()).is_err());
/// drop(first);
/// assert!(ListArc::try_from_arc(buffer).is_ok_and(|again| again.len == 512));
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! impl_list_arc_safe {
    () => {};
    (impl$({$($generics:tt)*})? ListArcSafe<$num:tt> for $t:ty { untracked; } $($rest:tt)*) => {
        impl$(<$($generics)*>)? $crate::list::ListArcSafe<$num> for $t {
            unsafe fn on_create_list_arc_from_unique(self: ::core::pin::Pin<&mut Self>) {}
            unsafe fn on_drop_list_arc(&self) {}
        }
        $crate::list::impl_list_arc_safe! { $($rest)* }
    };
    (impl$({$($generics:tt)*})? ListArcSafe<$num:tt> for $t:ty {
        tracked_by $field:ident : $fty:ty;
    } $($rest:tt)*) => {
        impl$(<$($generics)*>)? $crate::list::ListArcSafe<$num> for $t {
            unsafe fn on_create_list_arc_from_unique(self: ::core::pin::Pin<&mut Self>) {
                ::pin_init::assert_pinned!($t, $field, $fty, inline);

                // SAFETY: the field is pinned with the item, as the line above checks.
                let field = unsafe { ::core::pin::Pin::map_unchecked_mut(self, |item| &mut item.$field) };
                // SAFETY: the caller's promise is the same.
                unsafe {
                    <$fty as $crate::list::ListArcSafe<$num>>::on_create_list_arc_from_unique(field)
                };
            }

            unsafe fn on_drop_list_arc(&self) {
                // SAFETY: the caller's promise is the same.
                unsafe { <$fty as $crate::list::ListArcSafe<$num>>::on_drop_list_arc(&self.$field) };
            }
        }

        // SAFETY: the field keeps track, and is told what the item is told.
        unsafe impl$(<$($generics)*>)? $crate::list::TryNewListArc<$num> for $t
        where
            $fty: $crate::list::TryNewListArc<$num>,
        {
            fn try_new_list_arc(&self) -> bool {
                <$fty as $crate::list::TryNewListArc<$num>>::try_new_list_arc(&self.$field)
            }
        }
        $crate::list::impl_list_arc_safe! { $($rest)* }
    };
}
#[doc(inline)]
pub use impl_list_arc_safe;

/// An [`Arc`] of which there is one at most for an item (and an `ID`), so that whoever has it may put the item into a
/// list.
///
/// There may be other [`Arc`]s to the item. As only the owner of this one touches the links, and the
/// [`ListArcField`](super::ListArcField)s, no lock is needed for those beyond that of the list.
///
/// # Invariants
///
/// - There is no other [`ListArc`] of the same `ID` to the item.
/// - `ListArcSafe::on_create_list_arc_from_unique` has been called, or `TryNewListArc::try_new_list_arc` returned
///   `true`, and `ListArcSafe::on_drop_list_arc` has not been called since.
#[repr(transparent)]
#[derive(core::marker::CoercePointee)]
pub struct ListArc<#[pointee] T, const ID: u64 = 0>
where
    T: ListArcSafe<ID> + ?Sized,
{
    arc: Arc<T>,
}

impl<T: ListArcSafe<ID>, const ID: u64> ListArc<T, ID> {
    /// Allocates an item.
    #[inline]
    pub fn new(contents: T, flags: Flags) -> Result<Self, AllocError> {
        Ok(Self::from(UniqueArc::new(contents, flags)?))
    }

    /// Allocates an item and initialises it in place; it is pinned.
    #[inline]
    pub fn pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        Ok(Self::from(UniqueArc::try_pin_init(init, flags)?))
    }

    /// Allocates an item and initialises it in place.
    #[inline]
    pub fn init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        Ok(Self::from(UniqueArc::try_init(init, flags)?))
    }
}

impl<T, const ID: u64> From<UniqueArc<T>> for ListArc<T, ID>
where
    T: ListArcSafe<ID> + ?Sized,
{
    #[inline]
    fn from(unique: UniqueArc<T>) -> Self {
        Self::from(Pin::from(unique))
    }
}

impl<T, const ID: u64> From<Pin<UniqueArc<T>>> for ListArc<T, ID>
where
    T: ListArcSafe<ID> + ?Sized,
{
    #[inline]
    fn from(mut unique: Pin<UniqueArc<T>>) -> Self {
        // SAFETY: it is the only reference, so there is no `ListArc`; one is made right away.
        unsafe { T::on_create_list_arc_from_unique(unique.as_mut()) };

        // INVARIANT: there is no other, and the item was just told.
        Self { arc: Arc::from(unique) }
    }
}

impl<T, const ID: u64> ListArc<T, ID>
where
    T: ListArcSafe<ID> + ?Sized,
{
    /// Makes the [`ListArc`]s of two different `ID`s of the only reference to an item.
    #[inline]
    pub fn pair_from_unique<const ID2: u64>(unique: UniqueArc<T>) -> (Self, ListArc<T, ID2>)
    where
        T: ListArcSafe<ID2>,
    {
        Self::pair_from_pin_unique(Pin::from(unique))
    }

    /// Makes the [`ListArc`]s of two different `ID`s of the only reference to a pinned item.
    #[inline]
    pub fn pair_from_pin_unique<const ID2: u64>(mut unique: Pin<UniqueArc<T>>) -> (Self, ListArc<T, ID2>)
    where
        T: ListArcSafe<ID2>,
    {
        const { assert!(ID != ID2, "there can be only one `ListArc` of an `ID`") };

        // SAFETY: it is the only reference, so there is no `ListArc` of either `ID`; one of each is made right away.
        unsafe {
            <T as ListArcSafe<ID>>::on_create_list_arc_from_unique(unique.as_mut());
            <T as ListArcSafe<ID2>>::on_create_list_arc_from_unique(unique.as_mut());
        }

        let first = Arc::from(unique);
        let second = first.clone();
        // INVARIANT: there is no other of either `ID`, and the item was just told.
        (Self { arc: first }, ListArc { arc: second })
    }

    /// Makes the [`ListArc`] of an item, unless it has one already: then the [`Arc`] is returned.
    ///
    /// ```
    /// use kernel::{list::{impl_list_arc_safe, AtomicTracker, ListArc}, sync::Arc};
    ///
    /// #[pin_data]
    /// struct Job {
    ///     #[pin]
    ///     queued: AtomicTracker,
    /// }
    ///
    /// impl_list_arc_safe! {
    ///     impl ListArcSafe<0> for Job {
    ///         tracked_by queued: AtomicTracker;
    ///     }
    /// }
    ///
    /// let job = Arc::pin_init(pin_init!(Job { queued <- AtomicTracker::new() }), GFP_KERNEL)?;
    /// let to_queue = ListArc::<Job>::try_from_arc(job.clone()).map_err(|_| EBUSY)?;
    /// assert!(ListArc::<Job>::try_from_arc(job.clone()).is_err());
    ///
    /// drop(to_queue);
    /// assert!(ListArc::<Job>::try_from_arc_or_drop(job).is_some());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn try_from_arc(arc: Arc<T>) -> Result<Self, Arc<T>>
    where
        T: TryNewListArc<ID>,
    {
        if arc.try_new_list_arc() {
            // INVARIANT: the item says that there is no other.
            Ok(Self { arc })
        } else {
            Err(arc)
        }
    }

    /// Makes the [`ListArc`] of an item, unless it has one already.
    pub fn try_from_arc_borrow(arc: ArcBorrow<'_, T>) -> Option<Self>
    where
        T: TryNewListArc<ID>,
    {
        // INVARIANT: the item says that there is no other.
        arc.try_new_list_arc().then(|| Self { arc: Arc::from(arc) })
    }

    /// Makes the [`ListArc`] of an item, unless it has one already: then the reference is dropped.
    pub fn try_from_arc_or_drop(arc: Arc<T>) -> Option<Self>
    where
        T: TryNewListArc<ID>,
    {
        Self::try_from_arc(arc).ok()
    }

    /// Takes the [`Arc`] out, without a word to the item.
    #[inline]
    fn into_inner(self) -> Arc<T> {
        let this = ManuallyDrop::new(self);
        // SAFETY: `this` is neither used again nor dropped.
        unsafe { core::ptr::read(&this.arc) }
    }

    /// Turns it into a pointer, to be turned back by [`ListArc::from_raw`].
    #[inline]
    pub fn into_raw(self) -> *const T {
        Arc::into_raw(self.into_inner())
    }

    /// Turns a pointer back that [`ListArc::into_raw`] made.
    ///
    /// # Safety
    ///
    /// `ptr` must be what `into_raw` of this very type returned, and must be turned back once only.
    #[inline]
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        // INVARIANT: the pointer was the only `ListArc`, and the item is not told anything.
        // SAFETY: `into_raw` made the pointer of an `Arc`, which the caller promises not to turn back twice.
        Self { arc: unsafe { Arc::from_raw(ptr) } }
    }

    /// Gives up that it is the only one.
    #[inline]
    pub fn into_arc(self) -> Arc<T> {
        let arc = self.into_inner();
        // SAFETY: `self` was the `ListArc`, and is gone.
        unsafe { T::on_drop_list_arc(&arc) };
        arc
    }

    /// Makes another, ordinary, reference to the item.
    #[inline]
    pub fn clone_arc(&self) -> Arc<T> {
        self.arc.clone()
    }

    /// Returns it as an [`Arc`].
    ///
    /// (To have it as an [`Arc`] for good, see [`ListArc::into_arc`].)
    #[inline]
    pub fn as_arc(&self) -> &Arc<T> {
        &self.arc
    }

    /// Returns it as an [`ArcBorrow`].
    #[inline]
    pub fn as_arc_borrow(&self) -> ArcBorrow<'_, T> {
        self.arc.as_arc_borrow()
    }

    /// Returns whether both are references to the same item.
    #[inline]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        Arc::ptr_eq(&this.arc, &other.arc)
    }
}

impl<T, const ID: u64> Deref for ListArc<T, ID>
where
    T: ListArcSafe<ID> + ?Sized,
{
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.arc
    }
}

impl<T, const ID: u64> Drop for ListArc<T, ID>
where
    T: ListArcSafe<ID> + ?Sized,
{
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `self` is the `ListArc`, and goes.
        unsafe { T::on_drop_list_arc(&self.arc) };
    }
}

impl<T, const ID: u64> AsRef<Arc<T>> for ListArc<T, ID>
where
    T: ListArcSafe<ID> + ?Sized,
{
    #[inline]
    fn as_ref(&self) -> &Arc<T> {
        self.as_arc()
    }
}

/// Keeps track of whether the [`ListArc`] of the item it is in is there; see [`impl_list_arc_safe!`].
///
/// # Invariants
///
/// If `claimed` is false, there is no [`ListArc`] of this `ID`.
#[pin_data]
#[repr(transparent)]
pub struct AtomicTracker<const ID: u64 = 0> {
    claimed: AtomicBool,
    /// As an item is told by `Pin<&mut Self>`, moving it must not be possible through `&mut`.
    #[pin]
    _pin: PhantomPinned,
}

impl<const ID: u64> AtomicTracker<ID> {
    /// Makes a tracker of an item without a [`ListArc`].
    pub fn new() -> impl PinInit<Self> {
        // INVARIANT: a new item has none.
        pin_init!(Self { claimed: AtomicBool::new(false), _pin: PhantomPinned })
    }
}

impl<const ID: u64> ListArcSafe<ID> for AtomicTracker<ID> {
    unsafe fn on_create_list_arc_from_unique(self: Pin<&mut Self>) {
        // INVARIANT: the caller makes a `ListArc`.
        // A shared reference will do: nobody else has one.
        self.claimed.store(true, Ordering::Relaxed);
    }

    unsafe fn on_drop_list_arc(&self) {
        // INVARIANT: the caller promises that the `ListArc` is gone.
        // Release: what its owner did comes before what the next one does.
        self.claimed.store(false, Ordering::Release);
    }
}

// SAFETY: only one of the callers that come before `on_drop_list_arc` finds the flag cleared.
unsafe impl<const ID: u64> TryNewListArc<ID> for AtomicTracker<ID> {
    fn try_new_list_arc(&self) -> bool {
        // INVARIANT: the flag is set if the caller makes a `ListArc`.
        self.claimed.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }
}
