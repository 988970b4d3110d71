// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// c5b6ababd21a: mutex_trylock() became a macro, for lockdep.
struct mutex {
	long owner;
};

int mutex_trylock(struct mutex *lock);
