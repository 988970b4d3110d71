// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// Macros became the enumerators of an enum with a tag.
#define DMA_TO_DEVICE 1
