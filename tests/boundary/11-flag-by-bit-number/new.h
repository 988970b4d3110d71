// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// mm: the flags of a mapping are made of bit numbers by a macro with a parameter (v7.0).
enum {
	VMA_READ_BIT = 0,
};

#define BIT(nr) (1UL << (nr))
#define INIT_VM_FLAG(name) BIT((int)VMA_ ## name ## _BIT)
#define VM_READ INIT_VM_FLAG(READ)
