// SPDX-License-Identifier: GPL-2.0
//! The accessors of `asm/io.h` for x86: a `mov` each, as the inline functions of C are.
//!
//! Not a volatile access of Rust's, which the compiler may make the operand of another instruction: hypervisors emulate
//! few others on device memory. They keep the compiler from moving accesses of normal memory past them. The processor
//! does not move them, hence the relaxed ones are the same.
use core::{arch::asm, ffi::c_void};

macro_rules! accessors {
    ($($type:ty, $class:ident, $read:literal, $write:literal: $read_name:ident, $write_name:ident;)*) => {$(
        /// # Safety
        ///
        /// `addr` is the address of mapped device memory, aligned for the access.
        #[inline(always)]
        pub(super) unsafe fn $read_name(addr: *const c_void) -> $type {
            let value;
            // SAFETY: The caller promises the address; nothing but the named register changes.
            unsafe { asm!($read, in(reg) addr, out($class) value, options(nostack, preserves_flags)) };
            value
        }

        /// # Safety
        ///
        /// `addr` is the address of mapped device memory, aligned for the access.
        #[inline(always)]
        pub(super) unsafe fn $write_name(value: $type, addr: *mut c_void) {
            // SAFETY: The caller promises the address; no register changes.
            unsafe { asm!($write, in(reg) addr, in($class) value, options(nostack, preserves_flags)) };
        }
    )*};
}

accessors! {
    u8, reg_byte, "mov {1}, byte ptr [{0}]", "mov byte ptr [{0}], {1}": readb, writeb;
    u16, reg, "mov {1:x}, word ptr [{0}]", "mov word ptr [{0}], {1:x}": readw, writew;
    u32, reg, "mov {1:e}, dword ptr [{0}]", "mov dword ptr [{0}], {1:e}": readl, writel;
    u64, reg, "mov {1:r}, qword ptr [{0}]", "mov qword ptr [{0}], {1:r}": readq, writeq;
}
