// SPDX-License-Identifier: GPL-2.0

//! Properties of a device that firmware describes: devicetree, ACPI or software nodes.
//!
//! C header: [`include/linux/property.h`](srctree/include/linux/property.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{device::Device, prelude::*};
//!
//! fn read(dev: &Device) -> Result {
//!     let node = dev.fwnode().ok_or(ENODEV)?;
//!
//!     // Missing: an error in the log, and `Err`.
//!     let lanes: u32 = node.property_read(c"lanes").required_by(dev)?;
//!     // Missing: a default.
//!     let delays: [u16; 2] = node.property_read(c"delays-ms").or([10, 20]);
//!
//!     for port in node.children() {
//!         dev_info!(dev, "{}: {lanes} lanes, {delays:?}\n", port.display_name());
//!     }
//!     Ok(())
//! }
//! ```

use crate::{
    error::to_result,
    fmt,
    prelude::*,
    str::CString,
    sync::aref::{ARef, AlwaysRefCounted},
    types::Opaque,
};
use core::{mem::MaybeUninit, ptr, slice};

/// What firmware says of a device or a part of it.
///
/// # Invariants
///
/// The node was initialised by C and is refcounted.
#[repr(transparent)]
pub struct FwNode(Opaque<bindings::fwnode_handle>);

impl FwNode {
    /// Takes over a reference from C.
    ///
    /// # Safety
    ///
    /// `raw` is null or a valid node, of which the caller owns a reference that passes to the result.
    unsafe fn from_raw(raw: *mut bindings::fwnode_handle) -> Option<ARef<Self>> {
        let node = ptr::NonNull::new(raw.cast::<Self>())?;
        // SAFETY: By the requirements of this function.
        Some(unsafe { ARef::from_raw(node) })
    }

    pub(crate) fn as_raw(&self) -> *mut bindings::fwnode_handle {
        self.0.get()
    }

    /// Whether the node is of a devicetree.
    pub fn is_of_node(&self) -> bool {
        // SAFETY: `self.as_raw()` is valid.
        unsafe { bindings::is_of_node(self.as_raw()) }
    }

    /// The node's own name, without its parents'.
    pub fn display_name(&self) -> impl fmt::Display + '_ {
        struct Name<'a>(&'a FwNode);

        impl fmt::Display for Name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // SAFETY: `self.0.as_raw()` is valid.
                let name = unsafe { bindings::fwnode_get_name(self.0.as_raw()) };
                if name.is_null() {
                    return Ok(());
                }
                // SAFETY: A node's name is a string that lives as long as the node.
                let name = unsafe { CStr::from_char_ptr(name) };
                fmt::Display::fmt(name, f)
            }
        }

        Name(self)
    }

    /// Whether there is such a property.
    pub fn property_present(&self, name: &CStr) -> bool {
        // SAFETY: `self.as_raw()` is valid, `name` is a string.
        unsafe { bindings::fwnode_property_present(self.as_raw(), name.as_char_ptr()) }
    }

    /// The value of a boolean property: whether it is there.
    pub fn property_read_bool(&self, name: &CStr) -> bool {
        // SAFETY: `self.as_raw()` is valid, `name` is a string.
        unsafe { bindings::fwnode_property_read_bool(self.as_raw(), name.as_char_ptr()) }
    }

    /// Where `match_str` is in a property that is a list of strings.
    pub fn property_match_string(&self, name: &CStr, match_str: &CStr) -> Result<usize> {
        // SAFETY: `self.as_raw()` is valid, the others are strings.
        let index = unsafe {
            bindings::fwnode_property_match_string(self.as_raw(), name.as_char_ptr(), match_str.as_char_ptr())
        };
        to_result(index)?;
        Ok(index as usize)
    }

    /// Reads the first `len` integers of a property.
    ///
    /// The outer error is of the allocation; what is wrong with the property, the guard tells.
    pub fn property_read_array_vec<'fwnode, 'name, T: PropertyInt>(
        &'fwnode self,
        name: &'name CStr,
        len: usize,
    ) -> Result<PropertyGuard<'fwnode, 'name, KVec<T>>> {
        let mut values: KVec<T> = KVec::with_capacity(len, GFP_KERNEL)?;

        let room = &mut values.spare_capacity_mut()[..len];
        let inner = T::read_array_from_fwnode_property(self, name, room).map(|read| read.len());
        let inner = inner.map(|len| {
            // SAFETY: The first `len` elements have just been initialised, and fit.
            unsafe { values.inc_len(len) };
            values
        });

        Ok(PropertyGuard { inner, fwnode: self, name })
    }

    /// The number of integers in a property.
    pub fn property_count_elem<T: PropertyInt>(&self, name: &CStr) -> Result<usize> {
        T::read_array_len_from_fwnode_property(self, name)
    }

    /// Reads a property.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{device::property::FwNode, prelude::*, str::CString};
    ///
    /// fn label(node: &FwNode) -> Option<CString> {
    ///     node.property_read(c"label").optional()
    /// }
    /// ```
    pub fn property_read<'fwnode, 'name, T: Property>(
        &'fwnode self,
        name: &'name CStr,
    ) -> PropertyGuard<'fwnode, 'name, T> {
        PropertyGuard { inner: T::read_from_fwnode_property(self, name), fwnode: self, name }
    }

    /// The child with that name.
    pub fn get_child_by_name(&self, name: &CStr) -> Option<ARef<Self>> {
        // SAFETY: `self.as_raw()` is valid, `name` is a string; the result is null or comes with a reference.
        unsafe { Self::from_raw(bindings::fwnode_get_named_child_node(self.as_raw(), name.as_char_ptr())) }
    }

    /// The node's children.
    pub fn children<'a>(&'a self) -> impl Iterator<Item = ARef<FwNode>> + 'a {
        let mut last: Option<ARef<FwNode>> = None;

        core::iter::from_fn(move || {
            let prev = last.take().map_or(ptr::null_mut(), |node| ARef::into_raw(node).as_ptr().cast());
            // SAFETY: `prev` is null or a child, and C takes over the reference to it; the result is null or comes with
            // one.
            let next = unsafe { Self::from_raw(bindings::fwnode_get_next_child_node(self.as_raw(), prev)) };
            last.clone_from(&next);
            next
        })
    }

    /// Follows entry `index` of a property that refers to other nodes, with arguments.
    pub fn property_get_reference_args(
        &self,
        prop: &CStr,
        nargs: NArgs<'_>,
        index: u32,
    ) -> Result<FwNodeReferenceArgs> {
        let mut args = bindings::fwnode_reference_args::default();

        let (nargs_prop, nargs) = match nargs {
            NArgs::Prop(name) => (name.as_char_ptr(), 0),
            NArgs::N(nargs) => (ptr::null(), nargs),
        };

        // SAFETY: `self.as_raw()` is valid, `args` is valid for writes, the names are strings or null.
        to_result(unsafe {
            bindings::fwnode_property_get_reference_args(
                self.as_raw(),
                prop.as_char_ptr(),
                nargs_prop,
                nargs,
                index,
                &mut args,
            )
        })?;

        // INVARIANT: C has filled in `args`, with a reference to the node.
        Ok(FwNodeReferenceArgs(args))
    }
}

/// How many arguments a reference has.
pub enum NArgs<'a> {
    /// As many as that property of the node referred to says, e.g. `#gpio-cells`.
    Prop(&'a CStr),
    /// That many.
    N(u32),
}

/// The arguments of a reference to another node.
///
/// # Invariants
///
/// `fwnode` is null or a node of which we own a reference; the first `nargs` of `args` are initialised.
#[repr(transparent)]
pub struct FwNodeReferenceArgs(bindings::fwnode_reference_args);

impl Drop for FwNodeReferenceArgs {
    fn drop(&mut self) {
        // SAFETY: By the type's invariant; null is fine.
        unsafe { bindings::fwnode_handle_put(self.0.fwnode) };
    }
}

impl FwNodeReferenceArgs {
    /// The arguments.
    pub fn as_slice(&self) -> &[u64] {
        let len = self.len().min(self.0.args.len());
        &self.0.args[..len]
    }

    /// The number of arguments.
    pub fn len(&self) -> usize {
        self.0.nargs as usize
    }

    /// Whether there are no arguments.
    pub fn is_empty(&self) -> bool {
        self.0.nargs == 0
    }
}

impl fmt::Debug for FwNodeReferenceArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_slice(), f)
    }
}

// SAFETY: `fwnode_handle_get` and `fwnode_handle_put` count references; the node lives while there are any.
unsafe impl AlwaysRefCounted for FwNode {
    fn inc_ref(&self) {
        // SAFETY: `self.as_raw()` is valid.
        unsafe { bindings::fwnode_handle_get(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: ptr::NonNull<Self>) {
        // SAFETY: The caller gives up a reference.
        unsafe { bindings::fwnode_handle_put(obj.cast().as_ptr()) };
    }
}

/// The node's path, of which at most 255 bytes are shown.
impl fmt::Display for FwNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut path = [0u8; 256];
        // SAFETY: `path` is writable for its length; `self.as_raw()` is valid.
        let len = unsafe { bindings::fwnode_path(path.as_mut_ptr(), path.len(), self.as_raw()) };
        let path = path.get(..len as usize).ok_or(fmt::Error)?;
        path.utf8_chunks().try_for_each(|part| f.write_str(part.valid()))
    }
}

mod private {
    pub trait Sealed {}
}
use private::Sealed;

/// What can be read from a property.
pub trait Property: Sized + Sealed {
    /// Reads it.
    fn read_from_fwnode_property(fwnode: &FwNode, name: &CStr) -> Result<Self>;
}

impl Sealed for CString {}

impl Property for CString {
    fn read_from_fwnode_property(fwnode: &FwNode, name: &CStr) -> Result<Self> {
        let mut string: *const c_char = ptr::null();
        // SAFETY: `fwnode.as_raw()` is valid, `name` is a string, `string` is valid for writes.
        to_result(unsafe { bindings::fwnode_property_read_string(fwnode.as_raw(), name.as_char_ptr(), &mut string) })?;

        // SAFETY: C has stored a string that is part of the node.
        let string = unsafe { CStr::from_char_ptr(string) };
        Ok(string.try_into()?)
    }
}

/// The integers that a property can be made of.
pub trait PropertyInt: Copy + Sealed {
    /// Reads as many integers as `out` has room for.
    fn read_array_from_fwnode_property<'a>(
        fwnode: &FwNode,
        name: &CStr,
        out: &'a mut [MaybeUninit<Self>],
    ) -> Result<&'a mut [Self]>;

    /// The number of integers in the property.
    fn read_array_len_from_fwnode_property(fwnode: &FwNode, name: &CStr) -> Result<usize>;
}

impl<T: PropertyInt, const N: usize> Sealed for [T; N] {}

impl<T: PropertyInt, const N: usize> Property for [T; N] {
    fn read_from_fwnode_property(fwnode: &FwNode, name: &CStr) -> Result<Self> {
        let mut values = [const { MaybeUninit::<T>::uninit() }; N];
        T::read_array_from_fwnode_property(fwnode, name, &mut values)?;
        // SAFETY: All elements have been read; an array of `MaybeUninit<T>` is laid out as one of `T`.
        Ok(unsafe { core::mem::transmute_copy(&values) })
    }
}

macro_rules! impl_property_int {
    ($($read:path: $($int:ty as $raw:ty),+;)*) => {$($(
        impl Sealed for $int {}

        impl Property for $int {
            fn read_from_fwnode_property(fwnode: &FwNode, name: &CStr) -> Result<Self> {
                let [value] = Property::read_from_fwnode_property(fwnode, name)?;
                Ok(value)
            }
        }

        impl PropertyInt for $int {
            fn read_array_from_fwnode_property<'a>(
                fwnode: &FwNode,
                name: &CStr,
                out: &'a mut [MaybeUninit<Self>],
            ) -> Result<&'a mut [Self]> {
                let values = out.as_mut_ptr().cast::<$raw>();
                // SAFETY: `fwnode.as_raw()` is valid, `name` is a string, `values` has room for `out.len()` integers.
                to_result(unsafe {
                    $read(fwnode.as_raw(), name.as_char_ptr(), values, out.len())
                })?;
                // SAFETY: C has written all of `out`.
                Ok(unsafe { slice::from_raw_parts_mut(values.cast(), out.len()) })
            }

            fn read_array_len_from_fwnode_property(fwnode: &FwNode, name: &CStr) -> Result<usize> {
                // SAFETY: As above; with no buffer, C counts.
                let len = unsafe {
                    $read(fwnode.as_raw(), name.as_char_ptr(), ptr::null_mut(), 0)
                };
                to_result(len)?;
                Ok(len as usize)
            }
        }
    )+)*};
}

impl_property_int! {
    bindings::fwnode_property_read_u8_array: u8 as u8, i8 as u8;
    bindings::fwnode_property_read_u16_array: u16 as u16, i16 as u16;
    bindings::fwnode_property_read_u32_array: u32 as u32, i32 as u32;
    bindings::fwnode_property_read_u64_array: u64 as u64, i64 as u64;
}

/// A property that was read, or not: says what to do when it is missing.
pub struct PropertyGuard<'fwnode, 'name, T> {
    inner: Result<T>,
    fwnode: &'fwnode FwNode,
    name: &'name CStr,
}

impl<T> PropertyGuard<'_, '_, T> {
    /// The value; when the property is missing or malformed, that is an error, also in `dev`'s log.
    pub fn required_by(self, dev: &super::Device) -> Result<T> {
        if let Err(err) = &self.inner {
            dev_err!(dev, "{}: required property '{}' cannot be read: {:?}\n", self.fwnode, self.name, err);
        }
        self.inner
    }

    /// The value, if there is one.
    pub fn optional(self) -> Option<T> {
        self.inner.ok()
    }

    /// The value, or `default`.
    pub fn or(self, default: T) -> T {
        self.inner.unwrap_or(default)
    }
}

impl<T: Default> PropertyGuard<'_, '_, T> {
    /// The value, or its type's default.
    pub fn or_default(self) -> T {
        self.inner.unwrap_or_default()
    }
}
