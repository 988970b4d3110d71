// SPDX-License-Identifier: GPL-2.0
#include <linux/random.h>

__rust_helper u32 rust_helper___get_random_u32_below(u32 ceil)
{
	/* It came in v6.2, and to v6.1.y, in place of prandom_u32_max(). */
#if KMOD_HAS(fn, __get_random_u32_below)
	return __get_random_u32_below(ceil);
#else
	return prandom_u32_max(ceil);
#endif
}
