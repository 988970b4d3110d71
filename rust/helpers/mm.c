// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>

__rust_helper struct page *rust_helper_alloc_pages(gfp_t flags, unsigned int order)
{
	return alloc_pages(flags, order);
}

__rust_helper bool rust_helper_is_vmalloc_addr(const void *address)
{
	return is_vmalloc_addr(address);
}

/* kmap_local_page() came with v5.11 ("mm/highmem: Provide kmap_local*"). */
__rust_helper void *rust_helper_kmap_local_page(struct page *page)
{
#if KMOD_HAS(fn, kmap_local_page)
	return kmap_local_page(page);
#else
	return kmap_atomic(page);
#endif
}

__rust_helper void rust_helper_kunmap_local(const void *address)
{
#if KMOD_HAS(fn, kmap_local_page)
	kunmap_local(address);
#else
	kunmap_atomic((void *)address);
#endif
}

__rust_helper int rust_helper_page_to_nid(const struct page *page)
{
	return page_to_nid(page);
}
