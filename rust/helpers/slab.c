// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

/*
 * krealloc_node_align() and kvrealloc_node_align() came with v6.18 ("mm/slub: allow to set node and align in k[v]realloc").
 * Before, only a new allocation can be given a node, and kmalloc() aligns to more than ARCH_KMALLOC_MINALIGN for sure
 * only when the size is a power of two. The old size is for kvrealloc(), which took it up to v6.11.
 */
#if !KMOD_HAS(macro, krealloc_node_align)
static inline size_t kmod_kmalloc_size(size_t size, unsigned long align)
{
	return align <= ARCH_KMALLOC_MINALIGN ? size : roundup_pow_of_two(size);
}
#endif

__rust_helper void *rust_helper_krealloc_sized(const void *p, size_t old_size, size_t size, unsigned long align, gfp_t flags,
					       int nid)
{
#if KMOD_HAS(macro, krealloc_node_align)
	return krealloc_node_align(p, size, align, flags, nid);
#else
	void *new;

	size = kmod_kmalloc_size(size, align);
	if (p && IS_ALIGNED((unsigned long)p, align))
		return krealloc(p, size, flags);
	new = kmalloc_node(size, flags, nid);
	if (new && p) {
		memcpy(new, p, min(old_size, size));
		kfree(p);
	}
	return new;
#endif
}

__rust_helper void *rust_helper_kvrealloc_sized(const void *p, size_t old_size, size_t size, unsigned long align, gfp_t flags,
						int nid)
{
#if KMOD_HAS(macro, kvrealloc_node_align)
	return kvrealloc_node_align(p, size, align, flags, nid);
#else
	void *new;

	if (align > PAGE_SIZE)
		return NULL;
	if (p && size <= old_size && IS_ALIGNED((unsigned long)p, align))
		return (void *)p;
	new = kvmalloc_node(kmod_kmalloc_size(size, align), flags, nid);
	if (new && p) {
		memcpy(new, p, min(old_size, size));
		kvfree(p);
	}
	return new;
#endif
}
