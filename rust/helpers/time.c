// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/timekeeping.h>

__rust_helper void rust_helper_fsleep(unsigned long usecs)
{
	fsleep(usecs);
}

__rust_helper void rust_helper_udelay(unsigned long usecs)
{
	udelay(usecs);
}

__rust_helper ktime_t rust_helper_ktime_get_real(void)
{
	return ktime_get_real();
}

__rust_helper ktime_t rust_helper_ktime_get_boottime(void)
{
	return ktime_get_boottime();
}

__rust_helper ktime_t rust_helper_ktime_get_clocktai(void)
{
	return ktime_get_clocktai();
}

/* Added in v6.13, when the callback became private to the timer; before, it was assigned. */
__rust_helper void rust_helper_hrtimer_setup(struct hrtimer *timer,
					     enum hrtimer_restart (*function)(struct hrtimer *),
					     clockid_t clock_id, enum hrtimer_mode mode)
{
#if KMOD_HAS(fn, hrtimer_setup)
	hrtimer_setup(timer, function, clock_id, mode);
#else
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
#endif
}
