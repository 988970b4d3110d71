// SPDX-License-Identifier: GPL-2.0

//! Firmware images, loaded by user space's file system or built into the kernel.
//!
//! C header: [`include/linux/firmware.h`](srctree/include/linux/firmware.h)
//!
//! # Examples
//!
//! ```
//! use kernel::{device::Device, firmware::Firmware};
//!
//! /// Loads the image and checks its first word.
//! fn load(dev: &Device) -> Result<Firmware> {
//!     let image = Firmware::request(c"vendor/chip.bin", dev)?;
//!     match image.data() {
//!         [0x4b, 0x4d, 0x4f, 0x44, ..] => Ok(image),
//!         _ => Err(EINVAL),
//!     }
//! }
//! # let _ = load;
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel that has `CONFIG_FW_LOADER`.

use crate::{
    bindings,
    device::Device,
    error::{code::*, to_result, Result},
    ffi::{c_char, c_int},
    str::{CStr, CStrExt as _},
};
use core::ptr::NonNull;

type RequestFn = unsafe extern "C" fn(*mut *const bindings::firmware, *const c_char, *mut bindings::device) -> c_int;

/// A firmware image in memory, released when it is dropped.
///
/// # Invariants
///
/// The pointer is to a `struct firmware` that a request function gave us.
pub struct Firmware(NonNull<bindings::firmware>);

impl Firmware {
    fn request_internal(name: &CStr, dev: &Device, request: RequestFn) -> Result<Self> {
        let mut fw = core::ptr::null();
        // SAFETY: `fw` is valid for writes, the name is a string, the device is valid for the call.
        to_result(unsafe { request(&mut fw, name.as_char_ptr(), dev.as_raw()) })?;
        NonNull::new(fw.cast_mut()).map(Self).ok_or(ENOENT)
    }

    /// Loads the image `name`, waiting for it; complains in the kernel log if there is none.
    pub fn request(name: &CStr, dev: &Device) -> Result<Self> {
        Self::request_internal(name, dev, bindings::request_firmware)
    }

    /// Loads the image `name`, waiting for it, for an image that may well be absent.
    pub fn request_nowarn(name: &CStr, dev: &Device) -> Result<Self> {
        Self::request_internal(name, dev, bindings::firmware_request_nowarn)
    }

    fn as_raw(&self) -> *mut bindings::firmware {
        self.0.as_ptr()
    }

    /// The length of the image in bytes.
    pub fn size(&self) -> usize {
        // SAFETY: the object is valid by the type invariant, and never changes.
        unsafe { (*self.as_raw()).size }
    }

    /// The image.
    pub fn data(&self) -> &[u8] {
        // SAFETY: the object is valid by the type invariant, and never changes.
        let data = unsafe { (*self.as_raw()).data };
        if data.is_null() {
            return &[];
        }
        // SAFETY: `data` points to `size` bytes that stay as they are until the image is released.
        unsafe { core::slice::from_raw_parts(data, self.size()) }
    }
}

impl Drop for Firmware {
    fn drop(&mut self) {
        // SAFETY: the request function gave us this object, and nothing borrows it any more.
        unsafe { bindings::release_firmware(self.as_raw()) };
    }
}

// SAFETY: an image may be released on any thread.
unsafe impl Send for Firmware {}

// SAFETY: an image never changes.
unsafe impl Sync for Firmware {}

/// Loads the image `name` into `buf`, waiting for it; fails if it is larger.
///
/// Nothing tells how long the image is: this is for images of a known length.
pub fn request_into_buf(name: &CStr, dev: &Device, buf: &mut [u8]) -> Result {
    let mut fw = core::ptr::null();
    // SAFETY: `fw` is valid for writes, the name is a string, the device is valid for the call, and `buf` for writes of
    // its length.
    to_result(unsafe {
        bindings::request_firmware_into_buf(
            &mut fw,
            name.as_char_ptr(),
            dev.as_raw(),
            buf.as_mut_ptr().cast(),
            buf.len(),
        )
    })?;
    // SAFETY: the call above gave us `fw`. Releasing it leaves the contents of `buf` alone.
    unsafe { bindings::release_firmware(fw) };
    Ok(())
}

/// Says in the module's information which firmware images it may ask for, for tools that build an initramfs.
///
/// The argument is a type with a constant parameter, given without it, and a function
/// `const fn create(module_name: &'static CStr) -> ModInfoBuilder<N>`. It is called twice: to count the bytes, and to fill
/// them in.
///
/// # Examples
///
/// ```
/// # mod firmware_doc {
/// # use kernel::prelude::*;
/// use kernel::{firmware::ModInfoBuilder, str::CStr};
///
/// struct Images<const N: usize>;
///
/// impl<const N: usize> Images<N> {
///     const fn create(module_name: &'static CStr) -> ModInfoBuilder<N> {
///         ModInfoBuilder::new(module_name)
///             .new_entry().push("vendor/").push("boot.bin")
///             .new_entry().push("vendor/").push("main.bin")
///     }
/// }
///
/// kernel::module_firmware!(Images);
/// # }
/// # Ok::<(), Error>(())
/// ```
#[macro_export]
macro_rules! module_firmware {
    // Neither `expr` nor `ty` would do: the constant parameter is inferred.
    ($($builder:tt)*) => {
        const _: () = {
            // Built as a module, entries have no prefix.
            const __MODULE_FIRMWARE_PREFIX: &$crate::str::CStr = c"";

            #[link_section = ".modinfo"]
            #[used]
            static __MODULE_FIRMWARE: [u8; $($builder)*::create(__MODULE_FIRMWARE_PREFIX)
                .build_length()] = $($builder)*::create(__MODULE_FIRMWARE_PREFIX).build();
        };
    };
}

/// Writes the entries of [`module_firmware!`](crate::module_firmware).
///
/// With `N` 0 it only counts.
pub struct ModInfoBuilder<const N: usize> {
    buf: [u8; N],
    n: usize,
    module_name: &'static CStr,
}

impl<const N: usize> ModInfoBuilder<N> {
    /// No entries.
    pub const fn new(module_name: &'static CStr) -> Self {
        Self { buf: [0; N], n: 0, module_name }
    }

    const fn push_bytes(mut self, bytes: &[u8]) -> Self {
        let mut i = 0;
        while N > 0 && i < bytes.len() {
            self.buf[self.n + i] = bytes[i];
            i += 1;
        }
        self.n += bytes.len();
        self
    }

    /// Appends to the path of the current entry.
    pub const fn push(self, s: &str) -> Self {
        assert!(self.n > 0, "new_entry() comes before push()");
        self.push_bytes(s.as_bytes())
    }

    /// Starts an entry.
    pub const fn new_entry(self) -> Self {
        let prefix = self.module_name.to_bytes();
        let this = if self.n > 0 { self.push_bytes(b"\0") } else { self };
        let this = if prefix.is_empty() { this } else { this.push_bytes(prefix).push_bytes(b".") };
        this.push_bytes(b"firmware=")
    }

    /// The entries, each ended by a NUL.
    pub const fn build(self) -> [u8; N] {
        let this = self.push_bytes(b"\0");
        assert!(this.n == N, "the builder gave another length before");
        this.buf
    }
}

impl ModInfoBuilder<0> {
    /// How many bytes the entries take.
    pub const fn build_length(self) -> usize {
        // The last entry's NUL.
        self.n + 1
    }
}
