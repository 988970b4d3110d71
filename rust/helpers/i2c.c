// SPDX-License-Identifier: GPL-2.0
#include <linux/i2c.h>

/* The counterpart of i2c_put_adapter() for an adapter that the caller already holds. */
__rust_helper void rust_helper_i2c_hold_adapter(struct i2c_adapter *adapter)
{
	__module_get(adapter->owner);
	get_device(&adapter->dev);
}
