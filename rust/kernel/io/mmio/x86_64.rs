// SPDX-License-Identifier: GPL-2.0
//! The accessors of `asm/io.h` for x86: a `mov` each, as the inline functions of C are.
//!
//! Not a volatile access of Rust's, which the compiler may make the operand of another instruction: hypervisors emulate
//! few others on device memory. `readl()` and `writel()` also keep the compiler from moving accesses of normal memory
//! past them; the relaxed ones do not.
use core::{arch::asm, ffi::c_void};

macro_rules! accessors {
    ($($type:ty, $class:ident, $read:literal, $write:literal:
       $ordered_read:ident, $ordered_write:ident, $relaxed_read:ident, $relaxed_write:ident;)*) => {$(
        accessors!(@ $type, $class, $read, $write, $ordered_read, $ordered_write, [nostack, preserves_flags]);
        accessors!(@ $type, $class, $read, $write, $relaxed_read, $relaxed_write, [nomem, nostack, preserves_flags]);
    )*};
    (@ $type:ty, $class:ident, $read:literal, $write:literal, $read_name:ident, $write_name:ident, [$($option:ident),*]) => {
        /// # Safety
        ///
        /// `addr` is the address of mapped device memory, aligned for the access.
        #[inline(always)]
        pub(super) unsafe fn $read_name(addr: *const c_void) -> $type {
            let value;
            // SAFETY: The caller promises the address; nothing but the named register changes.
            unsafe { asm!($read, in(reg) addr, out($class) value, options($($option),*)) };
            value
        }

        /// # Safety
        ///
        /// `addr` is the address of mapped device memory, aligned for the access.
        #[inline(always)]
        pub(super) unsafe fn $write_name(value: $type, addr: *mut c_void) {
            // SAFETY: The caller promises the address; no register changes.
            unsafe { asm!($write, in(reg) addr, in($class) value, options($($option),*)) };
        }
    };
}

accessors! {
    u8, reg_byte, "mov {1}, byte ptr [{0}]", "mov byte ptr [{0}], {1}":
        readb, writeb, readb_relaxed, writeb_relaxed;
    u16, reg, "mov {1:x}, word ptr [{0}]", "mov word ptr [{0}], {1:x}":
        readw, writew, readw_relaxed, writew_relaxed;
    u32, reg, "mov {1:e}, dword ptr [{0}]", "mov dword ptr [{0}], {1:e}":
        readl, writel, readl_relaxed, writel_relaxed;
    u64, reg, "mov {1:r}, qword ptr [{0}]", "mov qword ptr [{0}], {1:r}":
        readq, writeq, readq_relaxed, writeq_relaxed;
}
