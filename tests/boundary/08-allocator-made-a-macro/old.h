// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// krealloc() became a macro, for the profiling of allocations (v6.10).
typedef unsigned long size_t;
typedef unsigned int gfp_t;

void *krealloc(const void *objp, size_t new_size, gfp_t flags);
