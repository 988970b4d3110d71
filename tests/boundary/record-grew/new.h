// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// A structure got a field in front, and all others moved.
struct work {
	long flags;
	void *func;
};
