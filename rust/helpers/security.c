// SPDX-License-Identifier: GPL-2.0
#include <linux/security.h>

__rust_helper void rust_helper_security_cred_getsecid(const struct cred *c, u32 *secid)
{
	security_cred_getsecid(c, secid);
}

__rust_helper int rust_helper_security_binder_set_context_mgr(const struct cred *mgr)
{
	return security_binder_set_context_mgr(mgr);
}

__rust_helper int rust_helper_security_binder_transaction(const struct cred *from,
							  const struct cred *to)
{
	return security_binder_transaction(from, to);
}

__rust_helper int rust_helper_security_binder_transfer_binder(const struct cred *from,
							      const struct cred *to)
{
	return security_binder_transfer_binder(from, to);
}

__rust_helper int rust_helper_security_binder_transfer_file(const struct cred *from,
							    const struct cred *to,
							    struct file *file)
{
	return security_binder_transfer_file(from, to, file);
}

/*
 * Since v6.14 a context knows which security module it belongs to, and the call returns its length.
 * Before, there was only one module that could have given it out.
 */
__rust_helper int rust_helper_secid_to_secctx(u32 secid, char **data, u32 *len, int *id)
{
#if KMOD_HAS(type, lsm_context)
	struct lsm_context cp = {};
	int ret = security_secid_to_secctx(secid, &cp);

	if (ret < 0)
		return ret;
	*data = cp.context;
	*len = cp.len;
	*id = cp.id;
	return 0;
#else
	return security_secid_to_secctx(secid, data, len);
#endif
}

__rust_helper void rust_helper_release_secctx(char *data, u32 len, int id)
{
#if KMOD_HAS(type, lsm_context)
	struct lsm_context cp = { .context = data, .len = len, .id = id };

	security_release_secctx(&cp);
#else
	security_release_secctx(data, len);
#endif
}
