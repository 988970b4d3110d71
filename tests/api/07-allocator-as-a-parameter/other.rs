// SPDX-License-Identifier: MIT OR Apache-2.0
pub fn own() -> Box<u8> {
    Box::new(1)
}
