// SPDX-License-Identifier: GPL-2.0
//! The kernel's API for Rust drivers: mainline's names, on kernels that were not built with Rust.
//!
//! Start with the [`prelude`]. Each module covers one subsystem of C, whose headers it names, and tells which kernels
//! lack it.
#![no_std]
// Methods on `ARef<…>` and the like, and smart pointers to trait objects: both are expected to become stable as they
// are.
#![feature(arbitrary_self_types)]
#![feature(cfg_version)]
#![feature(derive_coerce_pointee)]
// The types of C's constants are not the same on all kernels.
#![allow(clippy::unnecessary_cast)]
// The examples of `#[kunit_tests]` run inside the kernel, with the tests that they show.
#![allow(clippy::test_attr_in_doctest)]
// Weak symbols in `declare_trace!`, which expands in crates that do not ask for the feature.
#![allow(internal_features)]
#![feature(allow_internal_unstable)]
#![feature(linkage)]

// The macros of the crate `macros` name this crate as drivers do.
extern crate self as kernel;

pub use ffi;

pub mod acpi;
pub mod alloc;
#[cfg(CONFIG_AUXILIARY_BUS)]
pub mod auxiliary;
pub mod bitfield;
pub mod bitmap;
pub mod bits;
#[cfg(CONFIG_BLOCK)]
pub mod block;
pub mod bug;
pub mod build_assert;
pub mod clk;
#[cfg(CONFIG_CONFIGFS_FS)]
pub mod configfs;
pub mod cpu;
#[cfg(CONFIG_CPU_FREQ)]
pub mod cpufreq;
pub mod cpumask;
pub mod cred;
pub mod debugfs;
pub mod device;
pub mod device_id;
pub mod devres;
pub mod dma;
pub mod driver;
pub mod error;
pub mod faux;
#[cfg(CONFIG_FW_LOADER)]
pub mod firmware;
pub mod fmt;
pub mod fs;
#[cfg(kmod_has = "export:gpu_buddy_alloc_blocks")]
pub mod gpu;
#[cfg(CONFIG_I2C)]
pub mod i2c;
pub mod id_pool;
pub mod impl_flags;
pub mod init;
pub mod interop;
pub mod interrupt;
pub mod io;
pub mod ioctl;
pub mod iov;
pub mod irq;
pub mod jump_label;
pub mod kunit;
pub mod list;
#[cfg(kmod_has = "type:maple_tree")]
pub mod maple_tree;
pub mod miscdevice;
pub mod mm;
pub mod module;
pub mod module_param;
#[cfg(CONFIG_NET)]
pub mod net;
pub mod num;
pub mod of;
#[cfg(all(CONFIG_PM_OPP, kmod_has = "fn:dev_pm_opp_get"))]
pub mod opp;
pub mod page;
#[cfg(target_os = "none")]
mod panic;
#[cfg(CONFIG_PCI)]
pub mod pci;
pub mod pid_namespace;
pub mod platform;
pub mod prelude;
pub mod print;
pub mod processor;
pub mod ptr;
#[cfg(all(CONFIG_PWM, kmod_has = "type:pwm_waveform", kmod_has = "fn:pwmchip_release"))]
pub mod pwm;
pub mod rbtree;
pub mod regulator;
pub mod revocable;
pub mod safety;
pub mod scatterlist;
pub mod security;
pub mod seq_file;
#[cfg(CONFIG_SERIAL_DEV_BUS)]
pub mod serdev;
pub mod sizes;
#[cfg(CONFIG_SOC_BUS)]
pub mod soc;
pub mod std_vendor;
pub mod str;
pub mod sync;
pub mod sysfs;
pub mod task;
pub mod time;
pub mod tracepoint;
pub mod transmute;
pub mod types;
pub mod uaccess;
#[cfg(CONFIG_USB)]
pub mod usb;
pub mod workqueue;
pub mod xarray;

#[doc(hidden)]
pub use bindings;
pub use macros;
pub use module::{InPlaceModule, Module, ModuleMetadata, ThisModule};
pub use uapi;

/// The name under which this crate itself prints.
const __LOG_PREFIX: &[u8] = b"rust_kernel\0";

/// The module that this crate is a part of: each has its own copy.
#[doc(hidden)]
pub struct LocalModule;

impl ModuleMetadata for LocalModule {
    const NAME: &'static str::CStr = c"rust_kernel";

    // SAFETY: This is the C side of the module that this code is linked into.
    const THIS_MODULE: ThisModule = unsafe { ThisModule::from_ptr(&raw mut bindings::__this_module) };
}

/// The address of the struct that contains a field, from the address of the field.
///
/// The caller has to know that the field is one of such a struct: the result is a raw pointer.
///
/// ```
/// use kernel::container_of;
///
/// struct Test {
///     a: u64,
///     b: u32,
/// }
///
/// let test = Test { a: 10, b: 20 };
/// let b: *const u32 = &test.b;
/// // SAFETY: `b` points to the field `b` of a `Test`.
/// let whole = unsafe { &*container_of!(b, Test, b) };
/// assert_eq!(whole.a, 10);
/// ```
#[macro_export]
macro_rules! container_of {
    ($field_ptr:expr, $Container:ty, $($fields:tt)*) => {{
        let offset: usize = ::core::mem::offset_of!($Container, $($fields)*);
        let field_ptr = $field_ptr;
        let container_ptr = field_ptr.byte_sub(offset).cast::<$Container>();
        $crate::assert_same_type(field_ptr, (&raw const (*container_ptr).$($fields)*).cast_mut());
        container_ptr
    }};
}

/// Lets [`container_of!`] fail to compile when the pointer is not one to the field.
#[doc(hidden)]
pub fn assert_same_type<T>(_: T, _: T) {}

/// [`concat!`] for use in [`asm!`](core::arch::asm), where the pieces may be macros.
#[doc(hidden)]
#[macro_export]
macro_rules! concat_literals {
    ($($literal:literal),* $(,)?) => {
        ::core::concat!($($literal),*)
    };
}

/// [`core::arch::asm!`] in the syntax that the kernel's C code uses.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[macro_export]
macro_rules! asm {
    ($($asm:expr),* ; $($rest:tt)*) => {
        ::core::arch::asm!($($asm)*, options(att_syntax, raw), $($rest)*)
    };
}

/// [`core::arch::asm!`] in the syntax that the kernel's C code uses.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
#[macro_export]
macro_rules! asm {
    ($($asm:expr),* ; $($rest:tt)*) => {
        ::core::arch::asm!($($asm)*, $($rest)*)
    };
}

/// The name of the file of a [`Location`](core::panic::Location), as C wants it. Compilers before 1.92 do not know it.
///
/// ```
/// # use kernel::file_from_location;
/// let caller = core::panic::Location::caller();
/// pr_info!("called from {}\n", file_from_location(caller));
/// ```
#[inline]
#[allow(clippy::incompatible_msrv, reason = "asked for only of compilers that have it")]
pub fn file_from_location<'a>(loc: &'a core::panic::Location<'a>) -> &'a core::ffi::CStr {
    #[cfg(version("1.92"))]
    return loc.file_as_c_str();
    // rust-analyzer knows no `version`: for it, too, something is returned.
    #[allow(unreachable_code)]
    {
        let _ = loc;
        c"<Location::file_as_c_str() not supported>"
    }
}
