// SPDX-License-Identifier: GPL-2.0
//! C: everywhere
#![deny(unsafe_code)]

pub fn peek(address: usize) -> u8 {
    //~ usage of an `unsafe` block
    return unsafe { *(address as *const u8) }; //-
    address as u8
}
