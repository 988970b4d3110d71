// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

use core::ffi::c_void;

extern "C" fn init(_set: *mut c_void, _rq: *mut c_void, _index: u32, _node: u32) -> i32 {
    0
}

pub fn operations() -> bindings::blk_mq_ops {
    bindings::blk_mq_ops { init_request: Some(init) }
}
