// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// drm/panthor: padding of a structure that user space knows got another use (linux-next, 2026-01).
struct drm_panthor_gpu_info {
	unsigned int gpu_id;
	unsigned int pad0;
};
