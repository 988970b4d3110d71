// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

/*
 * vrealloc_node_align() came with v6.18 ("mm/vmalloc: allow to set node and align in vrealloc"), vrealloc() itself with
 * v6.12. Before, memory is aligned to a page and no further, and a node can be asked for with GFP_KERNEL only.
 */
__rust_helper void *rust_helper_vrealloc_sized(const void *p, size_t old_size, size_t size, unsigned long align, gfp_t flags,
					       int nid)
{
#if KMOD_HAS(macro, vrealloc_node_align)
	return vrealloc_node_align(p, size, align, flags, nid);
#else
	void *new;

	if (align > PAGE_SIZE)
		return NULL;
	if (p && size <= old_size)
		return (void *)p;
	new = flags == GFP_KERNEL && nid != NUMA_NO_NODE ? vmalloc_node(size, nid) : __vmalloc(size, flags);
	if (new && p) {
		memcpy(new, p, old_size);
		vfree(p);
	}
	return new;
#endif
}
