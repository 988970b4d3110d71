// SPDX-License-Identifier: GPL-2.0
#include <linux/device.h>
#include <linux/err.h>
#include <linux/regulator/consumer.h>

/* Functions or, without CONFIG_REGULATOR, inline stubs. */
__rust_helper struct regulator *rust_helper_regulator_get(struct device *dev, const char *id)
{
	return regulator_get(dev, id);
}

__rust_helper void rust_helper_regulator_put(struct regulator *regulator)
{
	regulator_put(regulator);
}

__rust_helper int rust_helper_regulator_enable(struct regulator *regulator)
{
	return regulator_enable(regulator);
}

__rust_helper int rust_helper_regulator_disable(struct regulator *regulator)
{
	return regulator_disable(regulator);
}

__rust_helper int rust_helper_regulator_is_enabled(struct regulator *regulator)
{
	return regulator_is_enabled(regulator);
}

__rust_helper int rust_helper_regulator_set_voltage(struct regulator *regulator, int min_uV, int max_uV)
{
	return regulator_set_voltage(regulator, min_uV, max_uV);
}

__rust_helper int rust_helper_regulator_get_voltage(struct regulator *regulator)
{
	return regulator_get_voltage(regulator);
}

#if !KMOD_HAS(fn, devm_regulator_get_enable)
/* Both functions below came with v6.0. */
static void kmod_regulator_disable(void *regulator)
{
	regulator_disable(regulator);
}

static int kmod_devm_regulator_enable(struct device *dev, struct regulator *regulator)
{
	int ret;

	if (IS_ERR(regulator))
		return PTR_ERR(regulator);
	ret = regulator_enable(regulator);
	if (ret)
		return ret;
	return devm_add_action_or_reset(dev, kmod_regulator_disable, regulator);
}
#endif

__rust_helper int rust_helper_devm_regulator_get_enable(struct device *dev, const char *id)
{
#if KMOD_HAS(fn, devm_regulator_get_enable)
	return devm_regulator_get_enable(dev, id);
#else
	return kmod_devm_regulator_enable(dev, devm_regulator_get(dev, id));
#endif
}

__rust_helper int rust_helper_devm_regulator_get_enable_optional(struct device *dev, const char *id)
{
#if KMOD_HAS(fn, devm_regulator_get_enable)
	return devm_regulator_get_enable_optional(dev, id);
#else
	return kmod_devm_regulator_enable(dev, devm_regulator_get_optional(dev, id));
#endif
}
