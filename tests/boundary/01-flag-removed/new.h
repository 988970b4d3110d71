// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// 9377b95cda73: a flag of the block layer that everybody set was removed.
enum {
	BLK_MQ_F_TAG_QUEUE_SHARED = 1 << 1,
};
