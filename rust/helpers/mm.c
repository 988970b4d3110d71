// SPDX-License-Identifier: GPL-2.0
#include <linux/build_bug.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>

__rust_helper struct page *rust_helper_alloc_pages(gfp_t flags, unsigned int order)
{
	return alloc_pages(flags, order);
}

__rust_helper bool rust_helper_is_vmalloc_addr(const void *address)
{
	return is_vmalloc_addr(address);
}

/*
 * kmap_local_page() came with v5.11 ("mm/highmem: Provide kmap_local*"). Before, kmap_atomic() forbids page faults, which a
 * copy from user space needs; without high memory, that is on 64-bit machines, every page has an address anyway.
 */
__rust_helper void *rust_helper_kmap_local_page(struct page *page)
{
#if KMOD_HAS(fn, kmap_local_page)
	return kmap_local_page(page);
#else
	BUILD_BUG_ON(IS_ENABLED(CONFIG_HIGHMEM));
	return page_address(page);
#endif
}

__rust_helper void rust_helper_kunmap_local(const void *address)
{
#if KMOD_HAS(fn, kmap_local_page)
	kunmap_local(address);
#endif
}

__rust_helper int rust_helper_page_to_nid(const struct page *page)
{
	return page_to_nid(page);
}

__rust_helper void rust_helper_mmgrab(struct mm_struct *mm)
{
	mmgrab(mm);
}

__rust_helper void rust_helper_mmdrop(struct mm_struct *mm)
{
	mmdrop(mm);
}

__rust_helper void rust_helper_mmget(struct mm_struct *mm)
{
	mmget(mm);
}

__rust_helper bool rust_helper_mmget_not_zero(struct mm_struct *mm)
{
	return mmget_not_zero(mm);
}

__rust_helper void rust_helper_mmap_read_lock(struct mm_struct *mm)
{
	mmap_read_lock(mm);
}

__rust_helper bool rust_helper_mmap_read_trylock(struct mm_struct *mm)
{
	return mmap_read_trylock(mm);
}

__rust_helper void rust_helper_mmap_read_unlock(struct mm_struct *mm)
{
	mmap_read_unlock(mm);
}

/* Added in v5.14. */
__rust_helper struct vm_area_struct *rust_helper_vma_lookup(struct mm_struct *mm, unsigned long addr)
{
#if KMOD_HAS(fn, vma_lookup)
	return vma_lookup(mm, addr);
#else
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && addr >= vma->vm_start ? vma : NULL;
#endif
}

#if KMOD_HAS(fn, vma_end_read)
__rust_helper void rust_helper_vma_end_read(struct vm_area_struct *vma)
{
	vma_end_read(vma);
}
#endif

/* These fields have moved into and out of anonymous unions. */
__rust_helper vm_flags_t rust_helper_vma_flags(const struct vm_area_struct *vma)
{
	return READ_ONCE(vma->vm_flags);
}

__rust_helper unsigned long rust_helper_vma_start(const struct vm_area_struct *vma)
{
	return vma->vm_start;
}

__rust_helper unsigned long rust_helper_vma_end(const struct vm_area_struct *vma)
{
	return vma->vm_end;
}

/* Added in v6.3; before, the flags were assigned. */
__rust_helper void rust_helper_vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
#if KMOD_HAS(fn, vm_flags_set)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

__rust_helper void rust_helper_vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
#if KMOD_HAS(fn, vm_flags_clear)
	vm_flags_clear(vma, flags);
#else
	vma->vm_flags &= ~flags;
#endif
}

/* The newest of three names; each kernel exports one. */
__rust_helper void rust_helper_zap_vma_range(struct vm_area_struct *vma, unsigned long address,
					     unsigned long size)
{
#if KMOD_HAS(fn, zap_vma_range)
	zap_vma_range(vma, address, size);
#elif KMOD_HAS(export, zap_page_range_single)
	zap_page_range_single(vma, address, size, NULL);
#else
	zap_page_range(vma, address, size);
#endif
}
