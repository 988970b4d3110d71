// SPDX-License-Identifier: GPL-2.0
//! Fields of an item that belong to whoever owns its [`ListArc`](super::ListArc).

use core::cell::UnsafeCell;

/// A field that only the owner of the item's [`ListArc`](super::ListArc) may touch, so that it needs no lock.
///
/// # Examples
///
/// ```
/// use kernel::list::{define_list_arc_field_getter, impl_list_arc_safe, ListArc, ListArcField};
///
/// struct Packet {
///     len: u16,
///     retries: ListArcField<u32>,
/// }
///
/// impl_list_arc_safe! {
///     impl ListArcSafe<0> for Packet { untracked; }
/// }
///
/// impl Packet {
///     define_list_arc_field_getter! {
///         fn retries(&self) -> &u32 { retries }
///         fn retries_mut(&mut self) -> &mut u32 { retries }
///     }
/// }
///
/// let mut packet: ListArc<Packet> = ListArc::new(Packet { len: 64, retries: ListArcField::new(0) }, GFP_KERNEL)?;
/// let shared = packet.clone_arc();
/// *Packet::retries_mut(&mut packet) += 1;
/// assert_eq!(*Packet::retries(&packet), 1);
/// // An ordinary reference does not do: it reaches the other fields only.
/// assert_eq!(shared.len, 64);
/// # Ok::<(), Error>(())
/// ```
pub struct ListArcField<T, const ID: u64 = 0> {
    value: UnsafeCell<T>,
}

// SAFETY: the owner of the `ListArc` may be on another thread: it has the value to itself, or lends it to others.
unsafe impl<T: Send + Sync, const ID: u64> Send for ListArcField<T, ID> {}

// SAFETY: as above.
unsafe impl<T: Send + Sync, const ID: u64> Sync for ListArcField<T, ID> {}

impl<T, const ID: u64> ListArcField<T, ID> {
    /// Makes a field.
    pub fn new(value: T) -> Self {
        Self { value: UnsafeCell::new(value) }
    }

    /// Returns the value, when nobody else can reach the item.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Returns the value.
    ///
    /// # Safety
    ///
    /// The caller must have shared access to the [`ListArc`](super::ListArc) of this `ID`, as long as it uses the
    /// reference.
    pub unsafe fn assert_ref(&self) -> &T {
        // SAFETY: the caller promises that nobody has exclusive access to the `ListArc`, and so none to the value.
        unsafe { &*self.value.get() }
    }

    /// Returns the value, to be changed.
    ///
    /// # Safety
    ///
    /// The caller must have exclusive access to the [`ListArc`](super::ListArc) of this `ID`, as long as it uses the
    /// reference.
    #[expect(clippy::mut_from_ref)]
    pub unsafe fn assert_mut(&self) -> &mut T {
        // SAFETY: the caller promises that nobody else has access to the `ListArc`, and so none to the value.
        unsafe { &mut *self.value.get() }
    }
}

/// Defines functions that reach a [`ListArcField`] through the [`ListArc`](super::ListArc).
///
/// In the `impl` of the item: `pub fn name(&self) -> &Type { field }` for a shared reference, `fn name(&mut self) ->
/// &mut Type { field }` for an exclusive one; `&self<ID>` if the `ID` is not 0. What they take is a reference to the
/// [`ListArc`](super::ListArc).
#[macro_export]
#[doc(hidden)]
macro_rules! define_list_arc_field_getter {
    () => {};
    ($vis:vis fn $name:ident(&self $(<$id:tt>)?) -> &$type:ty { $field:ident } $($rest:tt)*) => {
        $vis fn $name<'a>(self: &'a $crate::list::ListArc<Self $(, $id)?>) -> &'a $type {
            let field = &(&**self).$field;
            // SAFETY: `self` is shared access to the `ListArc`.
            unsafe { $crate::list::ListArcField::<$type $(, $id)?>::assert_ref(field) }
        }
        $crate::list::define_list_arc_field_getter!($($rest)*);
    };
    ($vis:vis fn $name:ident(&mut self $(<$id:tt>)?) -> &mut $type:ty { $field:ident } $($rest:tt)*) => {
        $vis fn $name<'a>(self: &'a mut $crate::list::ListArc<Self $(, $id)?>) -> &'a mut $type {
            let field = &(&**self).$field;
            // SAFETY: `self` is exclusive access to the `ListArc`.
            unsafe { $crate::list::ListArcField::<$type $(, $id)?>::assert_mut(field) }
        }
        $crate::list::define_list_arc_field_getter!($($rest)*);
    };
}
#[doc(inline)]
pub use define_list_arc_field_getter;
