// SPDX-License-Identifier: GPL-2.0
#include <linux/bug.h>

/* The place that the kernel itself names is this one; the caller's comes first. */
__rust_helper void rust_helper_rust_warn(const char *file, size_t file_len, unsigned int line)
{
	WARN(1, "%.*s:%u\n", (int)file_len, file, line);
}
