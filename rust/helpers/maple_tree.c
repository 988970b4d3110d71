// SPDX-License-Identifier: GPL-2.0
#if __has_include(<linux/maple_tree.h>)
#include <linux/maple_tree.h>

__rust_helper void rust_helper_mt_init_flags(struct maple_tree *mt, unsigned int flags)
{
	mt_init_flags(mt, flags);
}

__rust_helper void rust_helper_mtree_lock(struct maple_tree *mt)
{
	mtree_lock(mt);
}

__rust_helper void rust_helper_mtree_unlock(struct maple_tree *mt)
{
	mtree_unlock(mt);
}

/* What the macro defines a variable with. */
__rust_helper struct ma_state rust_helper_MA_STATE(struct maple_tree *mt, unsigned long first, unsigned long end)
{
	MA_STATE(mas, mt, first, end);

	return mas;
}

#endif
