// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// 2d470c778120: security_secid_to_secctx() fills a structure, and returns a length where it returned 0.
struct lsm_context {
	char *context;
	unsigned int len;
	int id;
};

/**
 * security_secid_to_secctx() - Convert a secid to a secctx
 * @secid: the id
 * @cp: the text and its length
 *
 * Return: the length of the text on success, an error on failure.
 */
int security_secid_to_secctx(unsigned int secid, struct lsm_context *cp);
