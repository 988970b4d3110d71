// SPDX-License-Identifier: GPL-2.0

#include <linux/platform_device.h>

__rust_helper bool rust_helper_dev_is_platform(const struct device *dev)
{
	return dev->bus == &platform_bus_type;
}

/* The field has one type or another, and was part of a union while it went from one to the other. */
__rust_helper void rust_helper_platform_driver_set_remove(struct platform_driver *drv,
							  typeof(((struct platform_driver *)0)->remove) remove)
{
	drv->remove = remove;
}
