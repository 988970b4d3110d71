// SPDX-License-Identifier: MIT OR Apache-2.0
use kernel::iov::Source;

pub fn length(source: &Source) -> usize {
    source.len()
}
