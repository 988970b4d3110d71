// SPDX-License-Identifier: GPL-2.0

#include <linux/of.h>
#include <linux/property.h>

/* A function up to v5.19, a macro around __dev_fwnode() and __dev_fwnode_const() since. */
__rust_helper struct fwnode_handle *rust_helper_dev_fwnode(struct device *dev)
{
	return dev_fwnode(dev);
}

/* Exported up to v6.8, inline since. */
__rust_helper void rust_helper_fwnode_handle_put(struct fwnode_handle *fwnode)
{
	fwnode_handle_put(fwnode);
}

/* Inline up to v6.13: the same as fwnode_property_present(). */
__rust_helper bool rust_helper_fwnode_property_read_bool(const struct fwnode_handle *fwnode, const char *name)
{
	return fwnode_property_read_bool(fwnode, name);
}

__rust_helper bool rust_helper_is_of_node(const struct fwnode_handle *fwnode)
{
	return is_of_node(fwnode);
}

/* The path of a node; the functions that give its parts are not exported. */
__rust_helper int rust_helper_fwnode_path(char *buf, size_t size, struct fwnode_handle *fwnode)
{
	return scnprintf(buf, size, "%pfwf", fwnode);
}
