// SPDX-License-Identifier: MIT OR Apache-2.0
use crate::bindings;

pub fn info(id: u32) -> bindings::drm_panthor_gpu_info {
    bindings::drm_panthor_gpu_info { gpu_id: id, pad0: 0 }
}
