// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// 2d470c778120: security_secid_to_secctx() fills a structure, and returns a length where it returned 0.
/**
 * security_secid_to_secctx() - Convert a secid to a secctx
 * @secid: the id
 * @secdata: the text
 * @seclen: its length
 *
 * Return: 0 on success, an error on failure.
 */
int security_secid_to_secctx(unsigned int secid, char **secdata, unsigned int *seclen);
