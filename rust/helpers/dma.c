// SPDX-License-Identifier: GPL-2.0

#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/mm.h>

__rust_helper void *rust_helper_dma_alloc_attrs(struct device *dev, size_t size, dma_addr_t *dma_handle,
						gfp_t flag, unsigned long attrs)
{
	return dma_alloc_attrs(dev, size, dma_handle, flag, attrs);
}

__rust_helper void rust_helper_dma_free_attrs(struct device *dev, size_t size, void *cpu_addr,
					      dma_addr_t dma_handle, unsigned long attrs)
{
	dma_free_attrs(dev, size, cpu_addr, dma_handle, attrs);
}

__rust_helper int rust_helper_dma_set_mask(struct device *dev, u64 mask)
{
	return dma_set_mask(dev, mask);
}

__rust_helper int rust_helper_dma_set_coherent_mask(struct device *dev, u64 mask)
{
	return dma_set_coherent_mask(dev, mask);
}

__rust_helper int rust_helper_dma_set_mask_and_coherent(struct device *dev, u64 mask)
{
	return dma_set_mask_and_coherent(dev, mask);
}

/* Returned an error up to v6.11 for a device that has no such limit. */
__rust_helper void rust_helper_dma_set_max_seg_size(struct device *dev, unsigned int size)
{
	dma_set_max_seg_size(dev, size);
}

__rust_helper int rust_helper_dma_map_single(struct device *dev, void *ptr, size_t size,
					     enum dma_data_direction dir, dma_addr_t *addr)
{
	*addr = dma_map_single(dev, ptr, size, dir);
	return dma_mapping_error(dev, *addr);
}

__rust_helper void rust_helper_dma_unmap_single(struct device *dev, dma_addr_t addr, size_t size,
						enum dma_data_direction dir)
{
	dma_unmap_single(dev, addr, size, dir);
}

__rust_helper void rust_helper_dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
						       enum dma_data_direction dir)
{
	dma_sync_single_for_cpu(dev, addr, size, dir);
}

__rust_helper void rust_helper_dma_sync_single_for_device(struct device *dev, dma_addr_t addr, size_t size,
							  enum dma_data_direction dir)
{
	dma_sync_single_for_device(dev, addr, size, dir);
}

/* Inline in the newest kernels. */
__rust_helper struct dma_pool *rust_helper_dma_pool_create(const char *name, struct device *dev, size_t size,
							   size_t align, size_t boundary)
{
	return dma_pool_create(name, dev, size, align, boundary);
}

/* NULL for a page that is not in the linear mapping. */
__rust_helper void *rust_helper_page_address(struct page *page)
{
	return page_address(page);
}
