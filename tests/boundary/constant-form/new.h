// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// Macros became the enumerators of an enum with a tag.
enum dma_direction {
	DMA_BIDIRECTIONAL = 0,
	DMA_TO_DEVICE = 1,
};
