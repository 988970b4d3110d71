// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// Nothing here changes what Rust sees: another spelling of a type, names of parameters, comments, a pointer to a constant,
// the order of functions, and things that Rust does not use.
struct thing {
	int id;
};

/** write_all() - does. Return: a count */
long write_all(const unsigned char *data, unsigned long count);
int look(struct thing *it);
#define UNUSED 1
struct unused {
	int gone;
};
