// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// A field went, and nothing came in its place.
struct timer_options {
	int delay;
};
