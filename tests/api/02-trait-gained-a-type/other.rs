// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::types::ForeignOwnable;

pub fn name<T: ForeignOwnable>() -> &'static str {
    T::name()
}
