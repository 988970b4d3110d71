// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

use core::ffi::c_void;

/// # Safety
///
/// The memory is of this allocator.
pub unsafe fn grow(memory: *mut c_void, size: usize, flags: bindings::gfp_t) -> *mut c_void {
    // SAFETY: The caller promises it.
    unsafe { bindings::krealloc(memory, size as _, flags) }
}
