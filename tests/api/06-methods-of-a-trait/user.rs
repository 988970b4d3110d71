// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::str::CStr;

pub fn pointer(name: &CStr) -> *const u8 {
    name.as_char_ptr()
}

pub fn pointers(names: &[CStr]) -> Vec<*const u8> {
    names.iter().map(CStr::as_char_ptr).collect()
}
