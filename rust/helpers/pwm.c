// SPDX-License-Identifier: GPL-2.0
#include <linux/pwm.h>

#if KMOD_HAS(fn, pwmchip_get_drvdata)
__rust_helper void *rust_helper_pwmchip_get_drvdata(struct pwm_chip *chip)
{
	return pwmchip_get_drvdata(chip);
}
#endif
