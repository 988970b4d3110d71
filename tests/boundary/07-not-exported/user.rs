// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

/// # Safety
///
/// Nobody else uses the object.
pub unsafe fn free(object: *mut bindings::drm_gem_object) {
    // SAFETY: The caller promises it.
    unsafe { bindings::drm_gem_object_free(object) };
}
