// SPDX-License-Identifier: GPL-2.0

//! Character devices of the "misc" class: one `/dev` node with file operations of its own.
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)
//!
//! A [`MiscDeviceRegistration`] keeps the node in place. Each `open` makes a private object, [`MiscDevice::Ptr`], which
//! the other operations borrow and `release` gets back.
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     fs::{File, Kiocb},
//!     iov::IovIterDest,
//!     miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration},
//! };
//!
//! struct Greeter;
//!
//! #[vtable]
//! impl MiscDevice for Greeter {
//!     type Ptr = KBox<Self>;
//!
//!     fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<KBox<Self>> {
//!         Ok(KBox::new(Greeter, GFP_KERNEL)?)
//!     }
//!
//!     fn read_iter(mut kiocb: Kiocb<'_, KBox<Self>>, iov: &mut IovIterDest<'_>) -> Result<usize> {
//!         iov.simple_read_from_buffer(kiocb.ki_pos_mut(), b"hello\n")
//!     }
//! }
//!
//! let options = MiscDeviceOptions { name: c"greeter" };
//! let node = KBox::pin_init(MiscDeviceRegistration::<Greeter>::register(options), GFP_KERNEL)?;
//! # drop(node);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use crate::{
    bindings, container_of,
    device::Device,
    error::{to_result, Error, Result, VTABLE_DEFAULT_ERROR},
    ffi::{c_int, c_long, c_uint, c_ulong},
    fs::{File, Kiocb},
    iov::{IovIterDest, IovIterSource},
    mm::virt::VmaNew,
    prelude::*,
    seq_file::SeqFile,
    sync::Arc,
    types::{ForeignOwnable, Opaque},
};
use core::{any::Any, marker::PhantomData};

/// What a misc device is registered with.
#[derive(Copy, Clone)]
pub struct MiscDeviceOptions {
    /// The name of the node in `/dev`.
    pub name: &'static CStr,
}

impl MiscDeviceOptions {
    /// The C description, for `misc_register`.
    pub const fn into_raw<T: MiscDevice>(self) -> bindings::miscdevice {
        bindings::miscdevice {
            minor: bindings::MISC_DYNAMIC_MINOR as c_int,
            name: self.name.as_ptr().cast(),
            fops: MiscdeviceVTable::<T>::build(),
            ..pin_init::zeroed()
        }
    }
}

/// A registered misc device. Dropping it removes the node; files that are open stay usable.
///
/// # Invariants
///
/// `inner` is registered, and was so from its initialisation on, at the same address.
#[pin_data(PinnedDrop)]
pub struct MiscDeviceRegistration<T> {
    #[pin]
    inner: Opaque<bindings::miscdevice>,
    data: Option<Arc<dyn Any + Send + Sync>>,
    _t: PhantomData<T>,
}

// SAFETY: a misc device may be deregistered on another thread than the one that registered it.
unsafe impl<T> Send for MiscDeviceRegistration<T> {}

// SAFETY: `&self` gives no access that needs a lock.
unsafe impl<T> Sync for MiscDeviceRegistration<T> {}

impl<T: MiscDevice> MiscDeviceRegistration<T> {
    /// Registers a misc device.
    pub fn register(opts: MiscDeviceOptions) -> impl PinInit<Self, Error> {
        Self::register_any(opts, None)
    }

    /// Registers a misc device together with data that [`MiscDevice::open`] finds by [`data`](Self::data): the device
    /// that the node is for, say. Beyond mainline.
    pub fn register_with_data<D: Any + Send + Sync>(
        opts: MiscDeviceOptions,
        data: Arc<D>,
    ) -> impl PinInit<Self, Error> {
        Self::register_any(opts, Some(data))
    }

    fn register_any(opts: MiscDeviceOptions, data: Option<Arc<dyn Any + Send + Sync>>) -> impl PinInit<Self, Error> {
        // The data comes first: once the node is there, it may be opened.
        try_pin_init!(Self {
            data,
            inner <- Opaque::try_ffi_init(move |slot: *mut bindings::miscdevice| {
                // SAFETY: the initialiser's place is valid for writes.
                unsafe { slot.write(opts.into_raw::<T>()) };

                // SAFETY: `slot` was just filled in, is pinned, and is deregistered before it goes away. (On failure
                // nothing was registered.)
                to_result(unsafe { bindings::misc_register(slot) })
            }),
            _t: PhantomData,
        })
    }

    /// The data that the device was registered with, if that was a `D`. Beyond mainline.
    pub fn data<D: Any + Send + Sync>(&self) -> Option<Arc<D>> {
        let data = self.data.clone().filter(|data| (**data).is::<D>())?;
        // SAFETY: the value is a `D`, and its count is the one just taken.
        Some(unsafe { Arc::from_raw(Arc::into_raw(data).cast::<D>()) })
    }

    /// The C object.
    pub fn as_raw(&self) -> *mut bindings::miscdevice {
        self.inner.get()
    }

    /// The device of the node, for messages and as a parent.
    pub fn device(&self) -> &Device {
        // SAFETY: `misc_register` set `this_device`, which lives until the device is deregistered, and so for as long
        // as `self` is borrowed.
        unsafe { Device::from_raw((*self.as_raw()).this_device) }
    }
}

#[pinned_drop]
impl<T> PinnedDrop for MiscDeviceRegistration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: the device is registered by the type invariant.
        unsafe { bindings::misc_deregister(self.inner.get()) };
    }
}

/// The file operations of a misc device.
///
/// Only [`open`](MiscDevice::open) is required; the others are left out of the C table if they are not implemented.
#[vtable]
pub trait MiscDevice: Sized {
    /// The private object of one open file.
    type Ptr: ForeignOwnable + Send + Sync;

    /// The node is opened.
    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr>;

    /// The last descriptor of the open file is closed.
    fn release(device: Self::Ptr, _file: &File) {
        drop(device);
    }

    /// `mmap(2)`: sets up the new piece of the process's address space.
    fn mmap(_device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>, _file: &File, _vma: &VmaNew) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `read(2)` and its like. Tells how many bytes were given.
    fn read_iter(_kiocb: Kiocb<'_, Self::Ptr>, _iov: &mut IovIterDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `write(2)` and its like. Tells how many bytes were taken.
    fn write_iter(_kiocb: Kiocb<'_, Self::Ptr>, _iov: &mut IovIterSource<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `ioctl(2)`. See [`kernel::ioctl`](mod@crate::ioctl) for what `cmd` holds.
    fn ioctl(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `ioctl(2)` of a 32-bit process on a 64-bit kernel.
    ///
    /// Left out, such calls go to [`ioctl`](Self::ioctl) with `arg` taken for a pointer: enough unless the argument
    /// has another layout there, or is no pointer.
    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(
        _device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Prints into `/proc/PID/fdinfo/FD`.
    fn show_fdinfo(_device: <Self::Ptr as ForeignOwnable>::Borrowed<'_>, _m: &SeqFile, _file: &File) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// The C callbacks of `T`.
struct MiscdeviceVTable<T: MiscDevice>(PhantomData<T>);

impl<T: MiscDevice> MiscdeviceVTable<T> {
    /// # Safety
    ///
    /// `file` and `inode` must be those of an `open` of a device that was registered with `T`.
    unsafe extern "C" fn open(inode: *mut bindings::inode, raw_file: *mut bindings::file) -> c_int {
        // SAFETY: both are valid during `open`.
        let ret = unsafe { bindings::generic_file_open(inode, raw_file) };
        if ret != 0 {
            return ret;
        }

        // SAFETY: `misc_open` stored the `struct miscdevice` there: the `inner` of a registration with `T`. It holds
        // `misc_mtx`, which `misc_deregister` takes, so the registration is valid until this returns. Its fields were
        // initialised before that.
        let misc = unsafe {
            let inner = (*raw_file).private_data.cast::<Opaque<bindings::miscdevice>>();
            &*container_of!(inner, MiscDeviceRegistration<T>, inner)
        };

        // SAFETY: the file is valid during `open`, and no descriptor of it exists yet.
        let file = unsafe { File::from_raw_file(raw_file) };

        match T::open(file, misc) {
            Ok(ptr) => {
                // SAFETY: the file is still being opened, so nothing else uses its private data. This replaces the
                // pointer from above, of which `misc_open` has no further use.
                unsafe { (*raw_file).private_data = ptr.into_foreign() };
                0
            }
            Err(err) => err.to_errno(),
        }
    }

    /// # Safety
    ///
    /// `file` must have been opened by [`Self::open`], and be on its way out.
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `open` put it there with `into_foreign`, and nothing borrows it any more: `release` is the last call.
        let ptr = unsafe { T::Ptr::from_foreign((*file).private_data) };

        // SAFETY: the file is valid until `release` returns; it has no descriptor any more.
        T::release(ptr, unsafe { File::from_raw_file(file) });
        0
    }

    /// # Safety
    ///
    /// `kiocb` must be a valid read from a file that [`Self::open`] opened, and `iter` its destination.
    unsafe extern "C" fn read_iter(kiocb: *mut bindings::kiocb, iter: *mut bindings::iov_iter) -> isize {
        // SAFETY: the caller gives us both exclusively for this call; the private data is `open`'s, only shared until
        // `release`.
        let (kiocb, iov) = unsafe { (Kiocb::from_raw(kiocb), IovIterDest::from_raw(iter)) };

        match T::read_iter(kiocb, iov) {
            Ok(count) => count as isize,
            Err(err) => err.to_errno() as isize,
        }
    }

    /// # Safety
    ///
    /// `kiocb` must be a valid write to a file that [`Self::open`] opened, and `iter` its source.
    unsafe extern "C" fn write_iter(kiocb: *mut bindings::kiocb, iter: *mut bindings::iov_iter) -> isize {
        // SAFETY: the caller gives us both exclusively for this call; the private data is `open`'s, only shared until
        // `release`.
        let (kiocb, iov) = unsafe { (Kiocb::from_raw(kiocb), IovIterSource::from_raw(iter)) };

        match T::write_iter(kiocb, iov) {
            Ok(count) => count as isize,
            Err(err) => err.to_errno() as isize,
        }
    }

    /// # Safety
    ///
    /// `file` must have been opened by [`Self::open`], and `vma` be a mapping of it that is being set up.
    unsafe extern "C" fn mmap(file: *mut bindings::file, vma: *mut bindings::vm_area_struct) -> c_int {
        // SAFETY: the private data is `open`'s, only shared until `release`, which is after this call.
        let device = unsafe { T::Ptr::borrow((*file).private_data) };
        // SAFETY: the caller passes a new mapping, which is ours for this call, with the mmap lock held for writing.
        let area = unsafe { VmaNew::from_raw(vma) };
        // SAFETY: the file is valid for this call; `mmap` does not use `fdget_pos`.
        let file = unsafe { File::from_raw_file(file) };

        match T::mmap(device, file, area) {
            Ok(()) => 0,
            Err(err) => err.to_errno(),
        }
    }

    /// # Safety
    ///
    /// `file` must have been opened by [`Self::open`].
    unsafe extern "C" fn ioctl(file: *mut bindings::file, cmd: c_uint, arg: c_ulong) -> c_long {
        // SAFETY: the private data is `open`'s, only shared until `release`, which is after this call.
        let device = unsafe { T::Ptr::borrow((*file).private_data) };
        // SAFETY: the file is valid for this call; `ioctl` does not use `fdget_pos`.
        let file = unsafe { File::from_raw_file(file) };

        match T::ioctl(device, file, cmd, arg) {
            Ok(ret) => ret,
            Err(err) => err.to_errno() as c_long,
        }
    }

    /// # Safety
    ///
    /// `file` must have been opened by [`Self::open`].
    #[cfg(CONFIG_COMPAT)]
    unsafe extern "C" fn compat_ioctl(file: *mut bindings::file, cmd: c_uint, arg: c_ulong) -> c_long {
        // SAFETY: the private data is `open`'s, only shared until `release`, which is after this call.
        let device = unsafe { T::Ptr::borrow((*file).private_data) };
        // SAFETY: the file is valid for this call; `ioctl` does not use `fdget_pos`.
        let file = unsafe { File::from_raw_file(file) };

        match T::compat_ioctl(device, file, cmd, arg) {
            Ok(ret) => ret,
            Err(err) => err.to_errno() as c_long,
        }
    }

    /// # Safety
    ///
    /// `file` must have been opened by [`Self::open`], and `seq_file` be in its `show`.
    unsafe extern "C" fn show_fdinfo(seq_file: *mut bindings::seq_file, file: *mut bindings::file) {
        // SAFETY: the private data is `open`'s, only shared until `release`, which is after this call.
        let device = unsafe { T::Ptr::borrow((*file).private_data) };
        // SAFETY: the file is valid for this call; `fdinfo` does not use `fdget_pos`.
        let file = unsafe { File::from_raw_file(file) };
        // SAFETY: the caller gives us the `seq_file` for this call.
        let m = unsafe { SeqFile::from_raw(seq_file) };

        T::show_fdinfo(device, m, file);
    }

    const VTABLE: bindings::file_operations = bindings::file_operations {
        // While a file is open, the module that holds these functions must stay. Each module has its own copy of this
        // crate, so this is the driver's module.
        owner: crate::module::this_module::<crate::LocalModule>().as_ptr(),
        open: Some(Self::open),
        release: Some(Self::release),
        mmap: if T::HAS_MMAP { Some(Self::mmap) } else { None },
        read_iter: if T::HAS_READ_ITER { Some(Self::read_iter) } else { None },
        write_iter: if T::HAS_WRITE_ITER { Some(Self::write_iter) } else { None },
        unlocked_ioctl: if T::HAS_IOCTL { Some(Self::ioctl) } else { None },
        #[cfg(CONFIG_COMPAT)]
        compat_ioctl: if T::HAS_COMPAT_IOCTL {
            Some(Self::compat_ioctl)
        } else if T::HAS_IOCTL {
            Some(bindings::compat_ptr_ioctl)
        } else {
            None
        },
        show_fdinfo: if T::HAS_SHOW_FDINFO { Some(Self::show_fdinfo) } else { None },
        ..pin_init::zeroed()
    };

    const fn build() -> &'static bindings::file_operations {
        &Self::VTABLE
    }
}
