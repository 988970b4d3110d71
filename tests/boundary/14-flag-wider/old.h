// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// mm: VM_MERGEABLE became as wide as the flags that it is one of: the fix of CVE-2025-40040.
#define VM_MERGEABLE 0x80000000
