// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>

__rust_helper void rust_helper_bitmap_copy_and_extend(unsigned long *to, const unsigned long *from,
						      unsigned int count, unsigned int size)
{
	bitmap_copy_and_extend(to, from, count, size);
}

/* The functions behind these have other names on 5.10. */
__rust_helper unsigned long rust_helper_find_last_bit(const unsigned long *addr, unsigned long size)
{
	return find_last_bit(addr, size);
}

__rust_helper unsigned long rust_helper_find_next_bit(const unsigned long *addr, unsigned long size,
						      unsigned long offset)
{
	return find_next_bit(addr, size, offset);
}

__rust_helper unsigned long rust_helper_find_next_zero_bit(const unsigned long *addr, unsigned long size,
							   unsigned long offset)
{
	return find_next_zero_bit(addr, size, offset);
}
