// SPDX-License-Identifier: GPL-2.0

#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/scatterlist.h>

__rust_helper dma_addr_t rust_helper_sg_dma_address(struct scatterlist *sg)
{
	return sg_dma_address(sg);
}

__rust_helper unsigned int rust_helper_sg_dma_len(struct scatterlist *sg)
{
	return sg_dma_len(sg);
}

/* Inline up to v5.14. */
__rust_helper int rust_helper_dma_map_sgtable(struct device *dev, struct sg_table *sgt,
					      enum dma_data_direction dir, unsigned long attrs)
{
	return dma_map_sgtable(dev, sgt, dir, attrs);
}

__rust_helper void rust_helper_dma_unmap_sgtable(struct device *dev, struct sg_table *sgt,
						 enum dma_data_direction dir, unsigned long attrs)
{
	dma_unmap_sgtable(dev, sgt, dir, attrs);
}

/* Up to v5.14 the same was done by a function that could also append to a table. */
__rust_helper int rust_helper_sg_alloc_table_from_pages_segment(struct sg_table *sgt, struct page **pages,
								unsigned int n_pages, unsigned int offset,
								unsigned long size, unsigned int max_segment,
								gfp_t gfp)
{
#if KMOD_HAS(fn, sg_alloc_table_from_pages_segment)
	return sg_alloc_table_from_pages_segment(sgt, pages, n_pages, offset, size, max_segment, gfp);
#else
	struct scatterlist *last;

	last = __sg_alloc_table_from_pages(sgt, pages, n_pages, offset, size, max_segment, NULL, 0, gfp);
	return PTR_ERR_OR_ZERO(last);
#endif
}

/* Inline in the newest kernels. */
__rust_helper struct scatterlist *rust_helper_sg_next(struct scatterlist *sg)
{
	return sg_next(sg);
}
