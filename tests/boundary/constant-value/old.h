// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// A flag within the kernel moved.
#define QUEUE_FLAG_STOPPED 1
