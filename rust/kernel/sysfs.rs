// SPDX-License-Identifier: GPL-2.0

//! Attributes: files in sysfs, each with one value.
//!
//! C headers: [`include/linux/sysfs.h`](srctree/include/linux/sysfs.h), [`include/linux/device.h`](srctree/include/linux/device.h)
//!
//! Beyond mainline. An [`Attribute`] says how a file is read and written; [`attribute_groups!`](crate::attribute_groups)
//! makes a table of them, which a driver names: [`pci::Driver::DEV_GROUPS`](crate::pci::Driver::DEV_GROUPS),
//! [`platform::Driver::DEV_GROUPS`](crate::platform::Driver::DEV_GROUPS),
//! [`block::mq::Driver::DISK_GROUPS`](crate::block::mq::Driver::DISK_GROUPS).
//!
//! The driver core creates the files when `probe` has succeeded, and takes them away before the driver's `unbind`; it
//! waits for those that are being read or written. So whoever reads or writes one finds the driver's data there. All
//! kernels have the C side.
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     device::Core,
//!     pci,
//!     prelude::*,
//!     str::parse_int::ParseInt,
//!     sync::atomic::{Atomic, Relaxed},
//!     sysfs::Groups,
//! };
//!
//! struct Fan {
//!     revision: u8,
//!     speed: Atomic<u32>,
//! }
//!
//! struct FanDriver;
//!
//! kernel::attribute_groups!(FAN_GROUPS, pci::Adapter<FanDriver>, [
//!     [
//!         ro(c"revision", |_dev, fan, page| page.emit(fmt!("{}", fan.revision))),
//!         rw(
//!             c"speed",
//!             |_dev, fan, page| page.emit(fmt!("{}", fan.speed.load(Relaxed))),
//!             |_dev, fan, text| {
//!                 fan.speed.store(u32::from_str(text)?, Relaxed);
//!                 Ok(())
//!             },
//!         )
//!         .mode(0o600),
//!     ],
//!     // A folder of its own, with a file that only newer fans have.
//!     c"alarm": [ro(c"count", |_dev, _fan, page| page.emit(fmt!("0")))
//!         .visible(|_dev, fan| fan.revision >= 2)],
//! ]);
//!
//! kernel::pci_device_table!(FANS, (), [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 0x5), ())]);
//!
//! impl pci::Driver for FanDriver {
//!     type IdInfo = ();
//!     type Data<'bound> = Fan;
//!     const ID_TABLE: pci::IdTable<()> = &FANS;
//!     const DEV_GROUPS: Groups<pci::Adapter<Self>> = FAN_GROUPS;
//!
//!     fn probe<'bound>(
//!         dev: &'bound pci::Device<Core<'_>>,
//!         _info: Option<&'bound ()>,
//!     ) -> impl PinInit<Fan, Error> + 'bound {
//!         Ok(Fan { revision: dev.revision_id(), speed: Atomic::new(0) })
//!     }
//! }
//! ```

use crate::{
    device::{Bound, BoundInternal, Device},
    driver::DriverLayout,
    fmt::{self, Write as _},
    page::PAGE_SIZE,
    prelude::*,
    str::{BStr, Formatter},
    types::Opaque,
};
use core::{marker::PhantomData, ptr};

/// What an attribute's text is written to: a page.
pub struct Page<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl Page<'_> {
    /// Adds text. Fails with `ENOSPC` when the page is full.
    ///
    /// A newline follows the last of it, which need not be there.
    pub fn emit(&mut self, args: fmt::Arguments<'_>) -> Result {
        let rest = self.buffer.get_mut(self.len..).unwrap_or_default();
        let mut text = Formatter::new(rest);
        text.write_fmt(args).map_err(|_| ENOSPC)?;
        self.len += text.bytes_written();
        Ok(())
    }

    /// Ends the text with a newline and tells its length.
    fn finish(mut self) -> Result<usize> {
        if self.buffer.get(..self.len).and_then(|text| text.last()) != Some(&b'\n') {
            self.emit(crate::prelude::fmt!("\n"))?;
        }
        Ok(self.len)
    }
}

/// What has attributes: a device while a driver is bound to it, named by the driver's adapter
/// (`pci::Adapter<MyDriver>`); or a driver's [disks](crate::block::mq::Disks).
///
/// # Safety
///
/// The functions may be called for a device whose C side got a table of [`Groups<Self>`].
pub unsafe trait Owner: Sized + 'static {
    /// How an attribute is read.
    type Show: Copy + Send + Sync;

    /// How an attribute is written: with what was written, without its last newline.
    type Store: Copy + Send + Sync;

    /// Whether there is the attribute: asked once, when the device gets its files.
    type Visible: Copy + Send + Sync;

    /// Calls `f` for `dev`.
    ///
    /// # Safety
    ///
    /// `dev` got its attributes from a [`Groups<Self>`] and has them for the time of this call.
    unsafe fn show(f: Self::Show, dev: *mut bindings::device, page: &mut Page<'_>) -> Result;

    /// Calls `f` for `dev`.
    ///
    /// # Safety
    ///
    /// As for [`Self::show`].
    unsafe fn store(f: Self::Store, dev: *mut bindings::device, text: &BStr) -> Result;

    /// Calls `f` for `dev`.
    ///
    /// # Safety
    ///
    /// As for [`Self::show`], or it is about to get them.
    unsafe fn visible(f: Self::Visible, dev: *mut bindings::device) -> bool;
}

// SAFETY: A driver's adapter hands the table over as `dev_groups`: the files are there only between a successful probe and
// `remove`, when the driver's data is. `'bound` is any lifetime to the functions: nothing shorter can be put into the data.
unsafe impl<A: DriverLayout + 'static> Owner for A
where
    for<'bound> A::DriverData<'bound>: Sync,
{
    type Show = for<'a, 'bound> fn(&'a Device<Bound>, Pin<&'a A::DriverData<'bound>>, &mut Page<'_>) -> Result;
    type Store = for<'a, 'bound> fn(&'a Device<Bound>, Pin<&'a A::DriverData<'bound>>, &BStr) -> Result;
    type Visible = for<'a, 'bound> fn(&'a Device<Bound>, Pin<&'a A::DriverData<'bound>>) -> bool;

    unsafe fn show(f: Self::Show, dev: *mut bindings::device, page: &mut Page<'_>) -> Result {
        // SAFETY: The device is bound while it has the files, and the data set.
        let dev = unsafe { Device::<BoundInternal>::from_raw(dev) };
        // SAFETY: As above.
        f(dev, unsafe { dev.drvdata_borrow::<A::DriverData<'_>>() }, page)
    }

    unsafe fn store(f: Self::Store, dev: *mut bindings::device, text: &BStr) -> Result {
        // SAFETY: As in `show`.
        let dev = unsafe { Device::<BoundInternal>::from_raw(dev) };
        // SAFETY: As above.
        f(dev, unsafe { dev.drvdata_borrow::<A::DriverData<'_>>() }, text)
    }

    unsafe fn visible(f: Self::Visible, dev: *mut bindings::device) -> bool {
        // SAFETY: As in `show`: probe has succeeded.
        let dev = unsafe { Device::<BoundInternal>::from_raw(dev) };
        // SAFETY: As above.
        f(dev, unsafe { dev.drvdata_borrow::<A::DriverData<'_>>() })
    }
}

/// A file: its name, its mode, and what is done when it is read or written.
///
/// # Invariants
///
/// It is the object that C calls the functions of `raw` with: these look for the rest around it.
#[repr(C)]
pub struct Attribute<T: Owner> {
    // First: C knows this part only.
    raw: Opaque<bindings::device_attribute>,
    show: Option<T::Show>,
    store: Option<T::Store>,
    visible: Option<T::Visible>,
    mode: u16,
}

// SAFETY: Nobody but C (for lockdep, under its locks) changes the C side; the functions are `Send`.
unsafe impl<T: Owner> Send for Attribute<T> {}
// SAFETY: As above; the functions are `Sync`.
unsafe impl<T: Owner> Sync for Attribute<T> {}

impl<T: Owner> Attribute<T> {
    /// A file that everybody can read.
    pub const fn ro(name: &'static CStr, show: T::Show) -> Self {
        Self::new(name, 0o444, Some(show), None)
    }

    /// A file that everybody can read and root can write.
    pub const fn rw(name: &'static CStr, show: T::Show, store: T::Store) -> Self {
        Self::new(name, 0o644, Some(show), Some(store))
    }

    /// A file that root can write.
    pub const fn wo(name: &'static CStr, store: T::Store) -> Self {
        Self::new(name, 0o200, None, Some(store))
    }

    /// With other rights. That everybody may write does not compile.
    pub const fn mode(mut self, mode: u16) -> Self {
        build_assert!(mode & !0o775 == 0, "an attribute's mode is rights only, and none to write for everybody");
        self.mode = mode;
        self
    }

    /// There only if `visible` says so when the device gets its files.
    pub const fn visible(mut self, visible: T::Visible) -> Self {
        self.visible = Some(visible);
        self
    }

    const fn new(name: &'static CStr, mode: u16, show: Option<T::Show>, store: Option<T::Store>) -> Self {
        #[allow(clippy::needless_update, reason = "with lockdep there is more")]
        let attr = bindings::attribute { name: name.as_ptr().cast(), mode, ..pin_init::zeroed() };
        let on_show: Show = if show.is_some() { Some(Self::on_show) } else { None };
        let on_store: Store = if store.is_some() { Some(Self::on_store) } else { None };

        // Newer kernels have a second name for each pointer, for functions that take a constant attribute.
        #[cfg(kmod_has = "field:device_attribute.show_const")]
        let raw = bindings::device_attribute {
            attr,
            __bindgen_anon_1: bindings::device_attribute__bindgen_ty_1 { show: on_show },
            __bindgen_anon_2: bindings::device_attribute__bindgen_ty_2 { store: on_store },
        };
        #[cfg(not(kmod_has = "field:device_attribute.show_const"))]
        let raw = bindings::device_attribute { attr, show: on_show, store: on_store };

        Self { raw: Opaque::new(raw), show, store, visible: None, mode }
    }

    /// # Safety
    ///
    /// `attr` is the C side of a `Self` in a table that `dev` got its files from and has them for the time of this call;
    /// `page` is a page that is ours.
    unsafe extern "C" fn on_show(
        dev: *mut bindings::device,
        attr: *mut bindings::device_attribute,
        page: *mut c_char,
    ) -> isize {
        // SAFETY: By the type's invariant the C side is the first field of a `Self`.
        let this = unsafe { &*attr.cast::<Self>() };
        // C counts the whole page as too long. SAFETY: It is ours, and C has set it to zero.
        let buffer = unsafe { core::slice::from_raw_parts_mut(page.cast::<u8>(), PAGE_SIZE - 1) };
        let mut page = Page { buffer, len: 0 };
        // SAFETY: By the requirements of this function.
        let shown = this.show.ok_or(EIO).and_then(|show| unsafe { T::show(show, dev, &mut page) });
        match shown.and_then(|()| page.finish()) {
            Ok(len) => len as isize,
            Err(err) => err.to_errno() as isize,
        }
    }

    /// # Safety
    ///
    /// As for [`Self::on_show`]; there are `len` bytes at `text`.
    unsafe extern "C" fn on_store(
        dev: *mut bindings::device,
        attr: *mut bindings::device_attribute,
        text: *const c_char,
        len: usize,
    ) -> isize {
        // SAFETY: As in `on_show`.
        let this = unsafe { &*attr.cast::<Self>() };
        // SAFETY: By the requirements of this function.
        let text = unsafe { core::slice::from_raw_parts(text.cast::<u8>(), len) };
        let text = BStr::from_bytes(text.strip_suffix(b"\n").unwrap_or(text));
        // SAFETY: By the requirements of this function.
        match this.store.ok_or(EIO).and_then(|store| unsafe { T::store(store, dev, text) }) {
            Ok(()) => len as isize,
            Err(err) => err.to_errno() as isize,
        }
    }

    /// Which rights an attribute has on a device: none, if it is not there.
    ///
    /// # Safety
    ///
    /// `attr` is the C side of a `Self` in a table that the device of `kobj` has, or is about to get, its files from.
    unsafe extern "C" fn on_visible(
        kobj: *mut bindings::kobject,
        attr: *mut bindings::attribute,
        _n: c_int,
    ) -> bindings::umode_t {
        // SAFETY: By the requirements of this function; the attribute is the first field of the C side, that of `Self`.
        let (dev, this) = unsafe { (crate::container_of!(kobj, bindings::device, kobj), &*attr.cast::<Self>()) };
        // SAFETY: By the requirements of this function.
        let there = this.visible.is_none_or(|visible| unsafe { T::visible(visible, dev) });
        if there {
            this.mode
        } else {
            0
        }
    }
}

type Show = Option<unsafe extern "C" fn(*mut bindings::device, *mut bindings::device_attribute, *mut c_char) -> isize>;
type Store =
    Option<unsafe extern "C" fn(*mut bindings::device, *mut bindings::device_attribute, *const c_char, usize) -> isize>;
type Visible =
    Option<unsafe extern "C" fn(*mut bindings::kobject, *mut bindings::attribute, c_int) -> bindings::umode_t>;

/// Addresses, with a null at the end, as C wants them.
#[doc(hidden)]
#[repr(C)]
pub struct List<P: 'static, const N: usize> {
    items: [&'static P; N],
    end: Option<&'static P>,
}

impl<P: 'static, const N: usize> List<P, N> {
    /// The addresses of `items`.
    pub const fn new(items: [&'static P; N]) -> Self {
        Self { items, end: None }
    }
}

/// Attributes in one folder.
///
/// # Invariants
///
/// `raw` has a list of [`Attribute<T>`]s.
#[doc(hidden)]
#[repr(transparent)]
pub struct Group<T> {
    raw: bindings::attribute_group,
    _p: PhantomData<fn(T)>,
}

// SAFETY: It is never changed; the attributes are `Sync`.
unsafe impl<T> Sync for Group<T> {}

impl<T: Owner> Group<T> {
    /// The attributes of `list`, in the folder `name`, or in that of the device.
    pub const fn new<const N: usize>(name: Option<&'static CStr>, list: &'static List<Attribute<T>, N>) -> Self {
        let name = match name {
            Some(name) => name.as_ptr().cast(),
            None => ptr::null(),
        };
        // C changes nothing but what is in the attributes' `Opaque`.
        let attrs = ptr::from_ref(list).cast_mut().cast::<*mut bindings::attribute>();
        let is_visible: Visible = Some(Attribute::<T>::on_visible);

        // Newer kernels have a second name for each pointer, for constant attributes.
        #[cfg(kmod_has = "field:attribute_group.is_visible_const")]
        let raw = bindings::attribute_group {
            name,
            __bindgen_anon_1: bindings::attribute_group__bindgen_ty_1 { is_visible },
            __bindgen_anon_2: bindings::attribute_group__bindgen_ty_2 { attrs },
            ..pin_init::zeroed()
        };
        #[cfg(not(kmod_has = "field:attribute_group.is_visible_const"))]
        let raw = bindings::attribute_group { name, is_visible, attrs, ..pin_init::zeroed() };

        Self { raw, _p: PhantomData }
    }
}

/// A table of attributes: see [`attribute_groups!`](crate::attribute_groups).
///
/// # Invariants
///
/// `raw` is null, or a list, with a null at the end, of groups of [`Attribute<T>`]s.
pub struct Groups<T> {
    raw: *const *const bindings::attribute_group,
    _p: PhantomData<fn(T)>,
}

impl<T> Groups<T> {
    /// No attributes.
    pub const NONE: Self = Self { raw: ptr::null(), _p: PhantomData };

    #[doc(hidden)]
    pub const fn new<const N: usize>(list: &'static List<Group<T>, N>) -> Self {
        // INVARIANT: By those of `Group`, whose C side is all there is to it.
        Self { raw: ptr::from_ref(list).cast(), _p: PhantomData }
    }

    /// The table as C wants it, which does not change it.
    pub(crate) const fn as_ptr(&self) -> *mut *const bindings::attribute_group {
        self.raw.cast_mut()
    }
}

/// Defines a table of [`Attribute`](crate::sysfs::Attribute)s: its visibility and name, what
/// [has](crate::sysfs::Owner) them, and a list of groups: attributes, in the device's own folder or, after a name and a
/// colon, in one of that name. Each is written as the call that makes it, from `ro`, `rw` or `wo` on.
///
/// Beyond mainline. See the [module](crate::sysfs)'s example.
#[macro_export]
macro_rules! attribute_groups {
    ($vis:vis $table:ident, $owner:ty, [$(
        $($folder:literal:)? [$($kind:ident($($arg:tt)*) $(.$method:ident($($method_arg:tt)*))*),+ $(,)?]
    ),+ $(,)?]) => {
        $vis const $table: $crate::sysfs::Groups<$owner> = {
            static GROUPS: $crate::sysfs::List<
                $crate::sysfs::Group<$owner>,
                { [$(::core::stringify!($($kind)+)),+].len() },
            > = $crate::sysfs::List::new([$({
                static ATTRIBUTES: $crate::sysfs::List<
                    $crate::sysfs::Attribute<$owner>,
                    { [$(::core::stringify!($kind)),+].len() },
                > = $crate::sysfs::List::new([$({
                    static ATTRIBUTE: $crate::sysfs::Attribute<$owner> =
                        $crate::sysfs::Attribute::<$owner>::$kind($($arg)*)$(.$method($($method_arg)*))*;
                    &ATTRIBUTE
                }),+]);
                static GROUP: $crate::sysfs::Group<$owner> =
                    $crate::sysfs::Group::new($crate::attribute_groups!(@folder $($folder)?), &ATTRIBUTES);
                &GROUP
            }),+]);
            $crate::sysfs::Groups::new(&GROUPS)
        };
    };
    (@folder) => { ::core::option::Option::None };
    (@folder $folder:literal) => { ::core::option::Option::Some($folder) };
}
