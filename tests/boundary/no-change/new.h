// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// Nothing here changes what Rust sees: another spelling of a type, names of parameters, comments, a pointer to a constant,
// the order of functions, and things that Rust does not use.
struct thing {
	int id;
};

typedef unsigned char u8;
typedef long count_t;

int look(const struct thing *it);

/**
 * write_all() - does it, and says so at length.
 *
 * Return: a count
 */
count_t write_all(const u8 *bytes, unsigned long n);
#define UNUSED 2
struct unused {
	long came;
};
