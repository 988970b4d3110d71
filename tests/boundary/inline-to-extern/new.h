// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// An inline function got too large.
int page_order(int page);
