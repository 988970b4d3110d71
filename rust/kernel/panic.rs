// SPDX-License-Identifier: GPL-2.0
//! What happens when Rust code panics: one line in the log, then an oops.

use crate::prelude::*;

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(kmod_kunit)]
    crate::kunit::panicked(info);
    // The tag is fixed, so that whoever reads the log can tell a panic of Rust code from an oops of another cause.
    let message = info.message();
    match info.location() {
        Some(place) => {
            pr_emerg!("rust_panic at {}:{}: {}\n", place.file(), place.line(), format_args!("{message}"))
        }
        None => pr_emerg!("rust_panic: {}\n", format_args!("{message}")),
    }
    trap()
}

/// Like `BUG()`. Not a call into C, which objtool would take for one that returns.
fn trap() -> ! {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: The instruction traps, and the kernel ends this thread.
    unsafe {
        core::arch::asm!("ud2", options(noreturn, nomem, nostack))
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: The instruction traps, and the kernel ends this thread.
    unsafe {
        core::arch::asm!("brk #0x800", options(noreturn, nomem, nostack))
    }
}
