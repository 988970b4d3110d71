// SPDX-License-Identifier: MIT OR Apache-2.0
pub fn length(list: &[u8]) -> usize {
    list.len()
}
