// SPDX-License-Identifier: GPL-2.0
//! The macros that implement [`ListItem`](super::ListItem).

/// Types that have [`ListLinks`](super::ListLinks) in a field; [`impl_list_item!`] implements it.
///
/// # Safety
///
/// `raw_get_list_links` must return a pointer to the links, the same ones for the same item always.
pub unsafe trait HasListLinks<const ID: u64 = 0> {
    /// Returns a pointer to the links.
    ///
    /// # Safety
    ///
    /// `ptr` must point to a valid item, of which nothing is read.
    unsafe fn raw_get_list_links(ptr: *mut Self) -> *mut crate::list::ListLinks<ID>;
}

/// Implements [`HasListLinks`]: `impl HasListLinks<0> for Type { self.links }`, with `impl{T}` if there are generic
/// parameters.
#[macro_export]
#[doc(hidden)]
macro_rules! impl_has_list_links {
    ($(
        impl$({$($generics:tt)*})? HasListLinks$(<$id:tt>)? for $self:ty { self$(.$field:ident)* }
    )*) => {$(
        // SAFETY: it is the field, which compiles only if that is `ListLinks` of this `ID`.
        unsafe impl$(<$($generics)*>)? $crate::list::HasListLinks$(<$id>)? for $self {
            #[inline]
            unsafe fn raw_get_list_links(ptr: *mut Self) -> *mut $crate::list::ListLinks$(<$id>)? {
                // SAFETY: the caller promises that it is a pointer to an item.
                unsafe { &raw mut (*ptr)$(.$field)* }
            }
        }
    )*};
}
#[doc(inline)]
pub use impl_has_list_links;

/// Types whose [`ListLinks`](super::ListLinks) are those of a [`ListLinksSelfPtr`](super::ListLinksSelfPtr), for items
/// of type `T`.
///
/// # Safety
///
/// The links that `raw_get_list_links` returns must be the field `inner` of a `ListLinksSelfPtr<T, ID>`.
pub unsafe trait HasSelfPtr<T: ?Sized, const ID: u64 = 0>
where
    Self: HasListLinks<ID>,
{
}

/// Implements [`HasListLinks`] and [`HasSelfPtr`]: `impl HasSelfPtr<Item, 0> for Type { self.links }`.
#[macro_export]
#[doc(hidden)]
macro_rules! impl_has_list_links_self_ptr {
    ($(
        impl$({$($generics:tt)*})? HasSelfPtr<$item:ty $(, $id:tt)?> for $self:ty { self$(.$field:ident)* }
    )*) => {$(
        // SAFETY: `raw_get_list_links` below returns the links of such a field.
        unsafe impl$(<$($generics)*>)? $crate::list::HasSelfPtr<$item $(, $id)?> for $self {}

        // SAFETY: it is the field, which compiles only if that is `ListLinksSelfPtr` of this `ID`.
        unsafe impl$(<$($generics)*>)? $crate::list::HasListLinks$(<$id>)? for $self {
            #[inline]
            unsafe fn raw_get_list_links(ptr: *mut Self) -> *mut $crate::list::ListLinks$(<$id>)? {
                // SAFETY: the caller promises that it is a pointer to an item.
                let links: *mut $crate::list::ListLinksSelfPtr<$item $(, $id)?> =
                    unsafe { &raw mut (*ptr)$(.$field)* };
                // The links come first in it.
                links.cast()
            }
        }
    )*};
}
#[doc(inline)]
pub use impl_has_list_links_self_ptr;

/// Implements [`ListItem`](super::ListItem) for an item, and says which field has the links.
///
/// - `using ListLinks { self.links };` for a field of [`ListLinks`](super::ListLinks); it may be a field of a field.
/// - `using ListLinksSelfPtr { self.links };` for a field of [`ListLinksSelfPtr`](super::ListLinksSelfPtr), which items
///   that are not [`Sized`] need.
///
/// # Examples
///
/// ```
/// use kernel::list::{impl_list_arc_safe, impl_list_item, List, ListArc, ListLinks, ListLinksSelfPtr};
///
/// #[pin_data]
/// struct Slot<T> {
///     value: T,
///     #[pin]
///     links: ListLinks<3>,
/// }
///
/// impl_list_arc_safe! {
///     impl{T} ListArcSafe<3> for Slot<T> { untracked; }
/// }
/// impl_list_item! {
///     impl{T} ListItem<3> for Slot<T> { using ListLinks { self.links }; }
/// }
///
/// // Work of different kinds in one list.
/// trait Work {
///     fn cost(&self) -> u32;
/// }
///
/// #[pin_data]
/// struct Item<W: ?Sized> {
///     #[pin]
///     links: ListLinksSelfPtr<Item<dyn Work>>,
///     work: W,
/// }
///
/// impl_list_arc_safe! {
///     impl{W: ?Sized} ListArcSafe<0> for Item<W> { untracked; }
/// }
/// impl_list_item! {
///     impl ListItem<0> for Item<dyn Work> { using ListLinksSelfPtr { self.links }; }
/// }
///
/// struct Copy(u32);
/// struct Flush;
///
/// impl Work for Copy {
///     fn cost(&self) -> u32 {
///         self.0
///     }
/// }
///
/// impl Work for Flush {
///     fn cost(&self) -> u32 {
///         100
///     }
/// }
///
/// fn item<W: Work>(work: W) -> Result<ListArc<Item<W>>> {
///     ListArc::pin_init(try_pin_init!(Item { links <- ListLinksSelfPtr::new(), work }), GFP_KERNEL)
/// }
///
/// let mut todo: List<Item<dyn Work>> = List::new();
/// todo.push_back(item(Copy(3))?);
/// todo.push_back(item(Flush)?);
/// assert_eq!(todo.iter().map(|item| item.work.cost()).sum::<u32>(), 103);
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! impl_list_item {
    ($(
        impl$({$($generics:tt)*})? ListItem<$num:tt> for $self:ty {
            using $links:ident { self$(.$field:ident)* };
        }
    )*) => {$(
        $crate::list::impl_list_item!(@$links [$($($generics)*)?] $num, $self, [$($field)*]);
    )*};

    (@ListLinks [$($generics:tt)*] $num:tt, $self:ty, [$($field:ident)*]) => {
        $crate::list::impl_has_list_links! {
            impl{$($generics)*} HasListLinks<$num> for $self { self$(.$field)* }
        }

        // SAFETY: the item and its field are a fixed distance apart, so each leads to the other.
        unsafe impl<$($generics)*> $crate::list::ListItem<$num> for $self {
            #[inline]
            unsafe fn view_links(me: *const Self) -> *mut $crate::list::ListLinks<$num> {
                // SAFETY: the caller promises that it is a pointer to an item.
                unsafe { <Self as $crate::list::HasListLinks<$num>>::raw_get_list_links(me.cast_mut()) }
            }

            #[inline]
            unsafe fn view_value(me: *mut $crate::list::ListLinks<$num>) -> *const Self {
                // SAFETY: the caller promises that `prepare_to_insert` returned it, so it points to the field of an
                // item.
                unsafe { $crate::container_of!(me, Self, $($field).*) }
            }

            #[inline]
            unsafe fn prepare_to_insert(me: *const Self) -> *mut $crate::list::ListLinks<$num> {
                // SAFETY: the caller promises that it is a pointer to an item.
                unsafe { <Self as $crate::list::ListItem<$num>>::view_links(me) }
            }

            #[inline]
            unsafe fn post_remove(me: *mut $crate::list::ListLinks<$num>) -> *const Self {
                // SAFETY: the caller promises that `prepare_to_insert` returned it.
                unsafe { <Self as $crate::list::ListItem<$num>>::view_value(me) }
            }
        }
    };

    (@ListLinksSelfPtr [$($generics:tt)*] $num:tt, $self:ty, [$($field:ident)*]) => {
        $crate::list::impl_has_list_links_self_ptr! {
            impl{$($generics)*} HasSelfPtr<$self, $num> for $self { self$(.$field)* }
        }

        // SAFETY: the item leads to its field, which keeps a pointer to the item while it is in a list.
        unsafe impl<$($generics)*> $crate::list::ListItem<$num> for $self {
            #[inline]
            unsafe fn view_links(me: *const Self) -> *mut $crate::list::ListLinks<$num> {
                // SAFETY: the caller promises that it is a pointer to an item.
                unsafe { <Self as $crate::list::HasListLinks<$num>>::raw_get_list_links(me.cast_mut()) }
            }

            #[inline]
            unsafe fn view_value(me: *mut $crate::list::ListLinks<$num>) -> *const Self {
                let links = me.cast::<$crate::list::ListLinksSelfPtr<Self, $num>>();
                // SAFETY: the links are in an item that is in a list, so its pointer has been set.
                unsafe {
                    *$crate::types::Opaque::cast_into(
                        $crate::list::ListLinksSelfPtr::raw_get_self_ptr(links),
                    )
                }
            }

            #[inline]
            unsafe fn prepare_to_insert(me: *const Self) -> *mut $crate::list::ListLinks<$num> {
                // SAFETY: the caller promises that it is a pointer to an item.
                let me_links = unsafe { <Self as $crate::list::ListItem<$num>>::view_links(me) };
                let links = me_links.cast::<$crate::list::ListLinksSelfPtr<Self, $num>>();
                // SAFETY: the links are those of `ListLinksSelfPtr`, and belong to the caller while the item is in no
                // list.
                unsafe {
                    *$crate::types::Opaque::cast_into(
                        $crate::list::ListLinksSelfPtr::raw_get_self_ptr(links),
                    ) = me;
                }
                me_links
            }

            #[inline]
            unsafe fn post_remove(me: *mut $crate::list::ListLinks<$num>) -> *const Self {
                // SAFETY: the caller promises that `prepare_to_insert` returned it.
                unsafe { <Self as $crate::list::ListItem<$num>>::view_value(me) }
            }
        }
    };
}
#[doc(inline)]
pub use impl_list_item;
