// SPDX-License-Identifier: GPL-2.0
#include <linux/debugfs.h>

/*
 * Functions, macros or, without CONFIG_DEBUG_FS, inline stubs: through these helpers the Rust side
 * sees the same three functions everywhere.
 */
__rust_helper struct dentry *
rust_helper_debugfs_create_dir(const char *name, struct dentry *parent)
{
	return debugfs_create_dir(name, parent);
}

__rust_helper struct dentry *
rust_helper_debugfs_create_file(const char *name, umode_t mode, struct dentry *parent, void *data,
				const struct file_operations *fops)
{
	return debugfs_create_file(name, mode, parent, data, fops);
}

__rust_helper void rust_helper_debugfs_remove(struct dentry *dentry)
{
	/* Before v5.10 debugfs_remove() left the children of a directory behind. */
	debugfs_remove_recursive(dentry);
}
