// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// c5b6ababd21a: mutex_trylock() became a macro, for lockdep.
struct mutex {
	long owner;
};

int _mutex_trylock_nest_lock(struct mutex *lock, void *nest_lock);

#define mutex_trylock(lock) _mutex_trylock_nest_lock(lock, (void *)0)
