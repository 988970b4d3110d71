// SPDX-License-Identifier: GPL-2.0
#include <linux/uio.h>

/* The field moved into a union with v6.4; the inline function finds it. */
__rust_helper size_t rust_helper_iov_iter_count(const struct iov_iter *i)
{
	return iov_iter_count(i);
}
