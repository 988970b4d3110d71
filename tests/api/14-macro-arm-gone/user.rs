// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::new_lock;

pub fn lock() -> kernel::sync::Lock {
    new_lock!()
}
