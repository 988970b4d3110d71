// SPDX-License-Identifier: GPL-2.0

//! Tables of device ids: what a bus matches devices against, and the data that a driver hangs on each entry.
//!
//! C header: [`include/linux/mod_devicetable.h`](srctree/include/linux/mod_devicetable.h)
//!
//! A bus defines an id type ([`RawDeviceId`]) and a macro such as [`pci_device_table!`](crate::pci_device_table); a
//! driver writes its table with that macro. All kernels have the C side.
//!
//! # Invariants
//!
//! An [`IdArray`] is laid out as the C array that the bus walks: its ids, then one id of zeros.

use core::{
    marker::PhantomData,
    mem::{self, MaybeUninit},
    ptr,
};

/// An id of a bus, as a Rust type.
///
/// # Safety
///
/// `Self` is a `#[repr(transparent)]` wrapper around [`Self::RawType`], which is the bus' C structure, of which the
/// all-zero value ends a table.
pub unsafe trait RawDeviceId {
    /// The C structure.
    type RawType: Copy;
}

/// A [`RawDeviceId`] that has room for a pointer to the driver's data.
///
/// # Safety
///
/// [`Self::DRIVER_DATA_OFFSET`] is the offset, in [`RawDeviceId::RawType`], of a pointer-sized and pointer-aligned
/// field that C leaves to the driver.
pub unsafe trait RawDeviceIdIndex: RawDeviceId {
    /// Where in the C structure the driver's data is.
    const DRIVER_DATA_OFFSET: usize;

    /// The data that the driver gave for this id.
    ///
    /// # Safety
    ///
    /// This id is an entry of an [`IdArray`] that [`IdArray::new`] made with data of type `U`.
    unsafe fn info_unchecked<U>(&self) -> &'static U {
        let field = ptr::from_ref(self).cast::<u8>();
        // SAFETY: By the requirements of the trait and of this function, there is a `&'static U` at that offset.
        unsafe { *field.add(Self::DRIVER_DATA_OFFSET).cast::<&'static U>() }
    }

    /// As [`Self::info_unchecked`], for ids that the bus may have made up itself, without data.
    ///
    /// # Safety
    ///
    /// As [`Self::info_unchecked`], or the field for the driver's data is zero.
    unsafe fn info_unchecked_opt<U>(&self) -> Option<&'static U> {
        let field = ptr::from_ref(self).cast::<u8>();
        // SAFETY: By the requirements of this function, there is a `&'static U` at that offset, or zero, which is
        // `None`.
        unsafe { *field.add(Self::DRIVER_DATA_OFFSET).cast::<Option<&'static U>>() }
    }
}

/// A table of `N` device ids, ended as C expects.
#[repr(C)]
pub struct IdArray<T: RawDeviceId, U: 'static, const N: usize> {
    // `MaybeUninit`, as the driver's data is a pointer where the C structure has an integer.
    raw_ids: [MaybeUninit<T::RawType>; N],
    sentinel: MaybeUninit<T::RawType>,
    _info: PhantomData<&'static U>,
}

// SAFETY: The table is never written; what it points to is `Sync`.
unsafe impl<T: RawDeviceId, U: Sync + 'static, const N: usize> Send for IdArray<T, U, N> {}
// SAFETY: As above.
unsafe impl<T: RawDeviceId, U: Sync + 'static, const N: usize> Sync for IdArray<T, U, N> {}

impl<T: RawDeviceId, U: 'static, const N: usize> IdArray<T, U, N> {
    const fn from_raw_ids(raw_ids: [MaybeUninit<T::RawType>; N]) -> Self {
        // INVARIANT: The sentinel is all zeros.
        Self { raw_ids, sentinel: MaybeUninit::zeroed(), _info: PhantomData }
    }
}

impl<T: RawDeviceId + RawDeviceIdIndex, U: 'static, const N: usize> IdArray<T, U, N> {
    /// Makes a table of ids with data.
    pub const fn new(ids: [(T, &'static U); N]) -> Self {
        let mut raw_ids = [const { MaybeUninit::<T::RawType>::uninit() }; N];
        let mut i = 0;
        while i < N {
            // SAFETY: `T` is a transparent wrapper around `T::RawType`.
            raw_ids[i] = unsafe { mem::transmute_copy(&ids[i].0) };
            let field = raw_ids[i].as_mut_ptr().cast::<u8>();
            // SAFETY: By the requirements of `RawDeviceIdIndex`, a pointer fits there.
            unsafe { field.add(T::DRIVER_DATA_OFFSET).cast::<&'static U>().write(ids[i].1) };
            i += 1;
        }
        mem::forget(ids);
        Self::from_raw_ids(raw_ids)
    }
}

impl<T: RawDeviceId, const N: usize> IdArray<T, (), N> {
    /// Makes a table of ids that carry no data.
    pub const fn new_without_index(ids: [T; N]) -> Self {
        // SAFETY: `T` is a transparent wrapper around `T::RawType`, and so is `MaybeUninit<T::RawType>`.
        let raw_ids = unsafe { mem::transmute_copy(&ids) };
        mem::forget(ids);
        Self::from_raw_ids(raw_ids)
    }
}

/// A table of ids of any length.
pub trait IdTable<T: RawDeviceId, U> {
    /// The C array, which ends with an id of zeros.
    fn as_ptr(&self) -> *const T::RawType;
}

impl<T: RawDeviceId, U, const N: usize> IdTable<T, U> for IdArray<T, U, N> {
    fn as_ptr(&self) -> *const T::RawType {
        // The pointer is made from `self`, not from `raw_ids`: C reads the sentinel through it too.
        ptr::from_ref(self).cast()
    }
}

/// Defines a table of ids and tells `modpost` of it, so that `depmod` and `modprobe` find the module for a device.
///
/// Bus abstractions wrap this in a macro of their own. The arguments are the bus' name in `modpost`, the table's name,
/// the id type, the type of the driver's data, and the entries; the last form is for ids that carry no data.
///
/// ```
/// kernel::module_device_table!("pci", MY_TABLE, kernel::pci::DeviceId, u32, [
///     (kernel::pci::DeviceId::from_id(kernel::pci::Vendor::REDHAT, 0x5), 42),
/// ]);
/// ```
#[macro_export]
macro_rules! module_device_table {
    // First the form without data: a `[` could start a type as well.
    ($bus:literal, $table:ident, $id:ty, [$($entry:expr),* $(,)?]) => {
        const $table: $crate::device_id::IdArray<$id, (), { [$(::core::stringify!($entry)),*].len() }> =
            $crate::device_id::IdArray::new_without_index([$($entry),*]);
        $crate::module_device_table!(@modpost $bus, $table: $id, (), [$(::core::stringify!($entry)),*]);
    };
    ($bus:literal, $table:ident, $id:ty, $info:ty, [$(($entry:expr, $data:expr $(,)?)),* $(,)?]) => {
        const $table: $crate::device_id::IdArray<$id, $info, { [$(::core::stringify!($entry)),*].len() }> =
            $crate::device_id::IdArray::new([$(($entry, {
                static INFO: $info = $data;
                &INFO
            })),*]);
        $crate::module_device_table!(@modpost $bus, $table: $id, $info, [$(::core::stringify!($entry)),*]);
    };
    // `modpost` finds a table by its symbol. Each kernel knows one of these forms and takes no notice of the others;
    // newest first: the prefix says what it is and is followed by the module's name, the prefix alone, the suffix.
    (@modpost $bus:literal, $table:ident: $id:ty, $info:ty, $entries:expr) => {
        $crate::module_device_table!(@symbol $bus, $table: $id, $info, $entries, "__mod_device_table__kmod_rust__", "");
        $crate::module_device_table!(@symbol $bus, $table: $id, $info, $entries, "__mod_device_table__", "");
        $crate::module_device_table!(@symbol $bus, $table: $id, $info, $entries, "__mod_", "_device_table");
    };
    (@symbol $bus:literal, $table:ident: $id:ty, $info:ty, $entries:expr, $prefix:literal, $suffix:literal) => {
        const _: () = {
            #[used]
            #[export_name = ::core::concat!(
                $prefix, $bus, "__", ::core::module_path!(), "_",
                ::core::line!(), "_", ::core::stringify!($table), $suffix
            )]
            static MOD_DEVICE_TABLE: $crate::device_id::IdArray<$id, $info, { $entries.len() }> = $table;
        };
    };
}
