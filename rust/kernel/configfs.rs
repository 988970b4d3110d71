// SPDX-License-Identifier: GPL-2.0

//! Kernel objects that user space makes with `mkdir` and configures through files, in configfs.
//!
//! C header: [`include/linux/configfs.h`](srctree/include/linux/configfs.h)
//!
//! A [`Subsystem`] is a directory in the root of configfs (`/sys/kernel/config`). If its data type implements
//! [`GroupOperations`], `mkdir` in it makes a [`Group`], which may have groups in turn. Files in both are attributes:
//! implementations of [`AttributeOperations`] on the data type, told apart by a number. [`configfs_attrs!`] puts them
//! together.
//!
//! # Examples
//!
//! ```ignore
//! use kernel::{configfs::{self, configfs_attrs}, page::PAGE_SIZE, sync::atomic::{Atomic, Relaxed}};
//!
//! struct Settings {
//!     verbose: Atomic<bool>,
//! }
//!
//! #[vtable]
//! impl configfs::AttributeOperations<0> for Settings {
//!     type Data = Settings;
//!
//!     fn show(settings: &Settings, page: &mut [u8; PAGE_SIZE]) -> Result<usize> {
//!         let text: &[u8] = if settings.verbose.load(Relaxed) { b"1\n" } else { b"0\n" };
//!         page[..text.len()].copy_from_slice(text);
//!         Ok(text.len())
//!     }
//!
//!     fn store(settings: &Settings, page: &[u8]) -> Result {
//!         settings.verbose.store(kernel::str::kstrtobool_bytes(page)?, Relaxed);
//!         Ok(())
//!     }
//! }
//!
//! let item_type = configfs_attrs! {
//!     container: configfs::Subsystem<Settings>,
//!     data: Settings,
//!     attributes: [
//!         verbose: 0,
//!     ],
//! };
//! let settings = Settings { verbose: Atomic::<bool>::new(false) };
//! let subsystem = KBox::pin_init(configfs::Subsystem::new(c"my_driver", item_type, settings), GFP_KERNEL)?;
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel that has configfs, as a module or built in.

use crate::{
    alloc::flags,
    bindings, container_of,
    ffi::{c_char, c_void},
    page::PAGE_SIZE,
    prelude::*,
    str::CString,
    sync::{Arc, ArcBorrow},
    types::Opaque,
};
use core::{cell::UnsafeCell, marker::PhantomData};

pub use crate::configfs_attrs;

/// A directory in the root of configfs, which lives as long as this object.
///
/// # Invariants
///
/// `subsystem` is registered.
#[pin_data(PinnedDrop)]
pub struct Subsystem<Data> {
    #[pin]
    subsystem: Opaque<bindings::configfs_subsystem>,
    #[pin]
    data: Data,
}

// SAFETY: a subsystem may be unregistered on any thread, and configfs does its own locking.
unsafe impl<Data: Send> Send for Subsystem<Data> {}

// SAFETY: configfs itself calls from any thread, so `Data` is shared in any case.
unsafe impl<Data: Sync> Sync for Subsystem<Data> {}

impl<Data> Subsystem<Data> {
    /// Makes the directory `name`, with what `item_type` says in it.
    pub fn new(
        name: &'static CStr,
        item_type: &'static ItemType<Subsystem<Data>, Data>,
        data: impl PinInit<Data, Error>,
    ) -> impl PinInit<Self, Error> {
        // The data comes first: once the subsystem is registered, user space may ask for it.
        try_pin_init!(Self {
            data <- data,
            subsystem <- Opaque::try_ffi_init(move |slot: *mut bindings::configfs_subsystem| {
                // SAFETY: `slot` is valid for writes, and the C type may be all zeroes. Name and type are static. The
                // group and the mutex are initialised before they are used, and pinned.
                unsafe {
                    slot.write_bytes(0, 1);
                    bindings::config_group_init_type_name(
                        &raw mut (*slot).su_group,
                        name.as_char_ptr(),
                        item_type.as_ptr(),
                    );
                    bindings::__mutex_init(
                        &raw mut (*slot).su_mutex,
                        c"configfs_subsystem".as_char_ptr(),
                        crate::static_lock_class!().as_ptr(),
                    );
                }

                // SAFETY: the subsystem is initialised, and unregistered before it goes away.
                let ret = unsafe { bindings::configfs_register_subsystem(slot) };
                crate::error::to_result(ret).inspect_err(|_| {
                    // SAFETY: nothing uses the mutex, as the registration failed.
                    unsafe { bindings::mutex_destroy(&raw mut (*slot).su_mutex) };
                })
            }),
        })
    }
}

#[pinned_drop]
impl<Data> PinnedDrop for Subsystem<Data> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: the subsystem is registered by the type invariant, and nothing uses its mutex after that.
        unsafe {
            bindings::configfs_unregister_subsystem(self.subsystem.get());
            bindings::mutex_destroy(&raw mut (*self.subsystem.get()).su_mutex);
        }
    }
}

/// A type with a `config_group` in it.
///
/// # Safety
///
/// The two functions must be inverse to each other, and only do pointer arithmetic.
pub unsafe trait HasGroup<Data> {
    /// What configfs does with an item of this type when its count drops to zero.
    #[doc(hidden)]
    const ITEM_OPERATIONS: bindings::configfs_item_operations;

    /// The group in `this`.
    ///
    /// # Safety
    ///
    /// `this` must point into an allocation of a `Self`.
    unsafe fn group(this: *const Self) -> *const bindings::config_group;

    /// What `group` is in.
    ///
    /// # Safety
    ///
    /// `group` must point to the group in a `Self`.
    unsafe fn container_of(group: *const bindings::config_group) -> *const Self;
}

// SAFETY: `container_of!` undoes the field projection.
unsafe impl<Data> HasGroup<Data> for Subsystem<Data> {
    // The object belongs to the driver; unregistering waits for nobody but drops configfs's own use.
    const ITEM_OPERATIONS: bindings::configfs_item_operations = pin_init::zeroed();

    unsafe fn group(this: *const Self) -> *const bindings::config_group {
        // SAFETY: the caller's pointer is within an allocation.
        unsafe { &raw const (*Opaque::cast_into(&raw const (*this).subsystem)).su_group }
    }

    unsafe fn container_of(group: *const bindings::config_group) -> *const Self {
        // SAFETY: the group is that of a subsystem, by the caller's promise.
        let subsystem = unsafe { container_of!(group, bindings::configfs_subsystem, su_group) };
        let opaque = Opaque::cast_from(subsystem);
        // SAFETY: the subsystem is the field of a `Self`.
        unsafe { container_of!(opaque, Subsystem<Data>, subsystem) }
    }
}

/// A directory that user space made.
///
/// configfs holds a count on it until the directory is removed and the last user gone.
#[pin_data]
pub struct Group<Data> {
    #[pin]
    group: Opaque<bindings::config_group>,
    #[pin]
    data: Data,
}

impl<Data> Group<Data> {
    /// A group to be returned by [`GroupOperations::make_group`].
    pub fn new(
        name: CString,
        item_type: &'static ItemType<Group<Data>, Data>,
        data: impl PinInit<Data, Error>,
    ) -> impl PinInit<Self, Error> {
        // The data comes first: the name of an initialised group may be an allocation, to be freed by configfs.
        try_pin_init!(Self {
            data <- data,
            group <- Opaque::ffi_init(move |slot: *mut bindings::config_group| {
                // SAFETY: `slot` is valid for writes, and the C type may be all zeroes. The name is copied, the type is
                // static.
                unsafe {
                    slot.write_bytes(0, 1);
                    bindings::config_group_init_type_name(slot, name.as_char_ptr(), item_type.as_ptr());
                }
            }),
        })
    }

    /// Takes back the count that `make_group` gave to configfs.
    ///
    /// # Safety
    ///
    /// `item` must be that of a group made by `make_group`, and never be used again by configfs.
    unsafe extern "C" fn release(item: *mut bindings::config_item) {
        // SAFETY: the item is that of a group, which is that of a `Self`.
        let this =
            unsafe { <Self as HasGroup<Data>>::container_of(container_of!(item, bindings::config_group, cg_item)) };
        // SAFETY: `make_group` called `into_raw`, and configfs gives the count up.
        drop(unsafe { Arc::from_raw(this) });
    }
}

// SAFETY: `container_of!` undoes the field projection.
unsafe impl<Data> HasGroup<Data> for Group<Data> {
    const ITEM_OPERATIONS: bindings::configfs_item_operations =
        bindings::configfs_item_operations { release: Some(Self::release), ..pin_init::zeroed() };

    unsafe fn group(this: *const Self) -> *const bindings::config_group {
        // SAFETY: the caller's pointer is within an allocation.
        Opaque::cast_into(unsafe { &raw const (*this).group })
    }

    unsafe fn container_of(group: *const bindings::config_group) -> *const Self {
        let opaque = Opaque::cast_from(group);
        // SAFETY: the group is that of a `Self`, by the caller's promise.
        unsafe { container_of!(opaque, Self, group) }
    }
}

/// The data of a group or subsystem.
///
/// # Safety
///
/// `this` must be the group of a [`Group<Data>`] or [`Subsystem<Data>`] that is linked into configfs for `'a`.
unsafe fn data_of<'a, Data>(this: *mut bindings::config_group) -> &'a Data {
    // SAFETY: a linked group is initialised. That of a subsystem is the only one inside the subsystem it belongs to.
    let is_subsystem = unsafe { &raw mut (*(*this).cg_subsys).su_group } == this;

    if is_subsystem {
        // SAFETY: by this function's requirement and the check.
        unsafe { &(*Subsystem::<Data>::container_of(this)).data }
    } else {
        // SAFETY: by this function's requirement and the check.
        unsafe { &(*Group::<Data>::container_of(this)).data }
    }
}

struct GroupOperationsVTable<Parent, Child>(PhantomData<(Parent, Child)>);

impl<Parent, Child> GroupOperationsVTable<Parent, Child>
where
    Parent: GroupOperations<Child = Child>,
    Child: 'static,
{
    /// # Safety
    ///
    /// `this` must be as [`data_of`] asks, for this call, and `name` a string.
    unsafe extern "C" fn make_group(
        this: *mut bindings::config_group,
        name: *const c_char,
    ) -> *mut bindings::config_group {
        // SAFETY: by this function's requirements.
        let (parent, name) = unsafe { (data_of::<Parent>(this), CStr::from_char_ptr(name)) };

        let group = parent.make_group(name).and_then(|init| Arc::pin_init(init, flags::GFP_KERNEL));
        match group {
            // SAFETY: the pointer is that of a group; configfs gets its count, and returns it by `release`.
            Ok(group) => unsafe { Group::<Child>::group(Arc::into_raw(group)) }.cast_mut(),
            Err(err) => err.to_ptr(),
        }
    }

    /// # Safety
    ///
    /// `this` must be as [`data_of`] asks, for this call, and `item` one that [`make_group`](Self::make_group) made in it.
    unsafe extern "C" fn drop_item(this: *mut bindings::config_group, item: *mut bindings::config_item) {
        // SAFETY: by this function's requirements. configfs's count keeps the group until the end of this function.
        let (parent, child) = unsafe {
            let group = container_of!(item, bindings::config_group, cg_item);
            (data_of::<Parent>(this), ArcBorrow::from_raw(Group::<Child>::container_of(group)))
        };
        parent.drop_item(child);

        // SAFETY: configfs leaves it to `drop_item` to give up the count of the directory.
        unsafe { bindings::config_item_put(item) };
    }

    const VTABLE: bindings::configfs_group_operations = bindings::configfs_group_operations {
        make_group: Some(Self::make_group),
        drop_item: if Parent::HAS_DROP_ITEM { Some(Self::drop_item) } else { None },
        ..pin_init::zeroed()
    };
}

/// What happens on `mkdir` and `rmdir` in a directory whose data is `Self`.
#[vtable]
pub trait GroupOperations {
    /// The data of the groups in this directory.
    type Child: 'static;

    /// `mkdir`: makes the group `name`.
    fn make_group(&self, name: &CStr) -> Result<impl PinInit<Group<Self::Child>, Error>>;

    /// `rmdir`: the group is not in the directory any more.
    fn drop_item(&self, _child: ArcBorrow<'_, Group<Self::Child>>) {
        kernel::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }
}

/// A file of a directory whose data is `Data`: attribute `ID`, implemented by `O`.
///
/// Made by [`configfs_attrs!`].
#[repr(transparent)]
pub struct Attribute<const ID: u64, O, Data> {
    attribute: Opaque<bindings::configfs_attribute>,
    _p: PhantomData<(O, Data)>,
}

// SAFETY: the C object is never changed.
unsafe impl<const ID: u64, O, Data> Sync for Attribute<ID, O, Data> {}

// SAFETY: the C object is never changed.
unsafe impl<const ID: u64, O, Data> Send for Attribute<ID, O, Data> {}

impl<const ID: u64, O, Data> Attribute<ID, O, Data>
where
    O: AttributeOperations<ID, Data = Data>,
{
    /// # Safety
    ///
    /// `item` must be that of a group as [`data_of`] asks, for this call, and `page` point to a page that is ours.
    unsafe extern "C" fn show(item: *mut bindings::config_item, page: *mut c_char) -> isize {
        // SAFETY: by this function's requirements.
        let (data, page) = unsafe {
            let group = container_of!(item, bindings::config_group, cg_item);
            (data_of::<Data>(group), &mut *page.cast::<[u8; PAGE_SIZE]>())
        };
        match O::show(data, page) {
            Ok(size) => size as isize,
            Err(err) => err.to_errno() as isize,
        }
    }

    /// # Safety
    ///
    /// `item` must be that of a group as [`data_of`] asks, for this call, and `page` point to `size` bytes that are ours.
    unsafe extern "C" fn store(item: *mut bindings::config_item, page: *const c_char, size: usize) -> isize {
        // SAFETY: by this function's requirements.
        let (data, page) = unsafe {
            let group = container_of!(item, bindings::config_group, cg_item);
            (data_of::<Data>(group), core::slice::from_raw_parts(page.cast::<u8>(), size))
        };
        match O::store(data, page) {
            Ok(()) => size as isize,
            Err(err) => err.to_errno() as isize,
        }
    }

    /// The attribute `name`.
    pub const fn new(name: &'static CStr) -> Self {
        Self {
            attribute: Opaque::new(bindings::configfs_attribute {
                ca_name: name.as_ptr().cast(),
                // An open file keeps the module, and so this attribute.
                ca_owner: crate::module::this_module::<crate::LocalModule>().as_ptr(),
                ca_mode: if O::HAS_STORE { 0o660 } else { 0o440 },
                show: Some(Self::show),
                store: if O::HAS_STORE { Some(Self::store) } else { None },
            }),
            _p: PhantomData,
        }
    }
}

/// What happens when attribute `ID` is read or written.
#[vtable]
pub trait AttributeOperations<const ID: u64 = 0> {
    /// The data of the directory with the attribute.
    type Data;

    /// The file is read: puts its contents into `page` and tells their length.
    fn show(data: &Self::Data, page: &mut [u8; PAGE_SIZE]) -> Result<usize>;

    /// The file is written: takes in `page`.
    ///
    /// Without this, the file can only be read.
    fn store(_data: &Self::Data, _page: &[u8]) -> Result {
        kernel::build_error!(crate::error::VTABLE_DEFAULT_ERROR)
    }
}

/// A list of `N - 1` attributes, with a null at its end.
///
/// Made by [`configfs_attrs!`].
///
/// # Invariants
///
/// Each element is null or points to an [`Attribute`] for `Data`; the last is null.
#[repr(transparent)]
pub struct AttributeList<const N: usize, Data>(UnsafeCell<[*mut c_void; N]>, PhantomData<Data>);

// SAFETY: the list is only changed by `add`, whose caller answers for it.
unsafe impl<const N: usize, Data> Send for AttributeList<N, Data> {}

// SAFETY: the list is only changed by `add`, whose caller answers for it.
unsafe impl<const N: usize, Data> Sync for AttributeList<N, Data> {}

impl<const N: usize, Data> AttributeList<N, Data> {
    /// An empty list.
    ///
    /// # Safety
    ///
    /// Elements must be added in order, from 0 to `N - 2`, before the list is used by an [`ItemType`].
    #[doc(hidden)]
    pub const unsafe fn new() -> Self {
        Self(UnsafeCell::new([core::ptr::null_mut(); N]), PhantomData)
    }

    /// Sets element `I`.
    ///
    /// # Safety
    ///
    /// While the list is in use by configfs, the element may only be set to what it already is.
    #[doc(hidden)]
    pub const unsafe fn add<const I: usize, const ID: u64, O>(&'static self, attribute: &'static Attribute<ID, O, Data>)
    where
        O: AttributeOperations<ID, Data = Data>,
    {
        // The last element stays null.
        const { assert!(I + 1 < N) };

        let element = core::ptr::from_ref(attribute).cast_mut().cast();
        // SAFETY: the index is within the list; by the caller's promise no reader sees a change.
        unsafe { (*self.0.get())[I] = element };
    }
}

/// What a directory whose container is `Container`, a [`Group`] or [`Subsystem`] with `Data`, has in it and can do.
///
/// Made by [`configfs_attrs!`].
#[pin_data]
pub struct ItemType<Container, Data> {
    #[pin]
    item_type: Opaque<bindings::config_item_type>,
    _p: PhantomData<(Container, Data)>,
}

// SAFETY: the C object is never changed.
unsafe impl<Container, Data> Sync for ItemType<Container, Data> {}

// SAFETY: the C object is never changed.
unsafe impl<Container, Data> Send for ItemType<Container, Data> {}

impl<Container, Data> ItemType<Container, Data>
where
    Container: HasGroup<Data>,
{
    const fn with_group_operations<const N: usize>(
        owner: &'static ThisModule,
        attributes: &'static AttributeList<N, Data>,
        group_operations: *const bindings::configfs_group_operations,
    ) -> Self {
        Self {
            item_type: Opaque::new(bindings::config_item_type {
                ct_owner: owner.as_ptr(),
                // Both tables are only read. They are pointers to constants since v7.0.
                // drift: config_item_type.ct_*: either pointer is set from what `cast_mut()` gives.
                ct_item_ops: (&raw const *const { &Container::ITEM_OPERATIONS }).cast_mut(),
                ct_group_ops: group_operations.cast_mut(),
                ct_attrs: core::ptr::from_ref(attributes).cast_mut().cast(),
                ct_bin_attrs: core::ptr::null_mut(),
            }),
            _p: PhantomData,
        }
    }

    /// A type whose directories can have groups of `Child` in them.
    #[doc(hidden)]
    pub const fn new_with_child_ctor<const N: usize, Child>(
        owner: &'static ThisModule,
        attributes: &'static AttributeList<N, Data>,
    ) -> Self
    where
        Data: GroupOperations<Child = Child>,
        Child: 'static,
    {
        Self::with_group_operations(owner, attributes, &GroupOperationsVTable::<Data, Child>::VTABLE)
    }

    /// A type whose directories have only attributes.
    #[doc(hidden)]
    pub const fn new<const N: usize>(owner: &'static ThisModule, attributes: &'static AttributeList<N, Data>) -> Self {
        Self::with_group_operations(owner, attributes, core::ptr::null())
    }
}

impl<Container, Data> ItemType<Container, Data> {
    fn as_ptr(&self) -> *const bindings::config_item_type {
        self.item_type.get()
    }
}

/// Makes an [`ItemType`], of static lifetime.
///
/// * `container` is the [`Subsystem`] or [`Group`] type that it is for, and `data` the data type in that.
/// * `child`, which may be left out, is the data type of the groups in it: `data` must implement [`GroupOperations`].
/// * `attributes` lists the files: each has a name, and the number for which `data` implements
///   [`AttributeOperations`].
///
/// See the [module's page](self) for an example.
#[macro_export]
macro_rules! configfs_attrs {
    (
        container: $container:ty,
        data: $data:ty,
        attributes: [$($name:ident: $attr:literal),* $(,)?] $(,)?
    ) => {
        $crate::configfs_attrs!(@type
            $container, $data, new::<N>, [$($name: $attr,)*]
        )
    };
    (
        container: $container:ty,
        data: $data:ty,
        child: $child:ty,
        attributes: [$($name:ident: $attr:literal),* $(,)?] $(,)?
    ) => {
        $crate::configfs_attrs!(@type
            $container, $data, new_with_child_ctor::<N, $child>, [$($name: $attr,)*]
        )
    };
    (@type $container:ty, $data:ty, $new:ident::<N $(, $child:ty)?>, [$($name:ident: $attr:literal,)*]) => {{
        // One more for the null at the end.
        const N: usize = <[u64]>::len(&[$($attr),*]) + 1;

        // SAFETY: the elements are added below, in order, before the type is handed out.
        static ATTRIBUTES: $crate::configfs::AttributeList<N, $data> =
            unsafe { $crate::configfs::AttributeList::new() };

        $crate::configfs_attrs!(@add $data, ATTRIBUTES, (0), [$($name: $attr,)*]);

        static ITEM_TYPE: $crate::configfs::ItemType<$container, $data> =
            $crate::configfs::ItemType::<$container, $data>::$new::<N $(, $child)?>(
                $crate::module::this_module::<$crate::LocalModule>(),
                &ATTRIBUTES,
            );

        &ITEM_TYPE
    }};
    (@add $data:ty, $list:ident, ($index:expr), []) => {};
    (@add $data:ty, $list:ident, ($index:expr), [$name:ident: $attr:literal, $($rest:tt)*]) => {
        {
            static ATTRIBUTE: $crate::configfs::Attribute<$attr, $data, $data> =
                $crate::configfs::Attribute::new($crate::c_str!(::core::stringify!($name)));

            // SAFETY: this element is set nowhere else, and here always to the same.
            unsafe { $list.add::<{ $index }, $attr, _>(&ATTRIBUTE) };
        }
        $crate::configfs_attrs!(@add $data, $list, ($index + 1), [$($rest)*]);
    };
}
