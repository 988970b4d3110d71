// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// fs: the position of an I/O control block moved into an anonymous structure (linux-next, 2022).
struct kiocb {
	struct {
		void *ki_filp;
		long long ki_pos;
	};
};
