// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// mm: the flags of a mapping are made of bit numbers by a macro with a parameter (v7.0).
#define VM_READ 0x00000001
