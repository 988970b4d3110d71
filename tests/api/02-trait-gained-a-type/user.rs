// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::types::ForeignOwnable;

pub struct Mine;

impl ForeignOwnable for Mine {
    fn into_foreign(self) -> *mut u8 {
        core::ptr::null_mut()
    }
}
