// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

/// # Safety
///
/// The tree is valid.
pub unsafe fn ends(root: *const bindings::rb_root) -> [*mut bindings::rb_node; 2] {
    // SAFETY: The caller promises it.
    unsafe { [bindings::rb_first(root), bindings::rb_last(root)] }
}
