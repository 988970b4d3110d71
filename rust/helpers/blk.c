// SPDX-License-Identifier: GPL-2.0
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/mm.h>
#include <linux/pci.h>
#if __has_include(<linux/blk-mq-pci.h>)
#include <linux/blk-mq-pci.h>
#endif

__rust_helper phys_addr_t rust_helper_page_to_phys(struct page *page)
{
	return page_to_phys(page);
}

/* An inline function up to v5.10, when block devices had a size of their own. */
__rust_helper void rust_helper_set_capacity(struct gendisk *disk, sector_t sectors)
{
	set_capacity(disk, sectors);
}

/*
 * A disk with its queue. Limits are an argument of blk_mq_alloc_disk() since v6.9, and features among them since v6.11;
 * before, they were set on the queue, which until v5.13 was allocated on its own.
 */
__rust_helper struct gendisk *
rust_helper_blk_mq_alloc_disk_with_limits(struct blk_mq_tag_set *set, struct queue_limits *lim, bool rotational,
					  bool write_cache, bool fua, void *queuedata)
{
#if KMOD_HAS2(field, queue_limits, features)
	lim->features = (rotational ? BLK_FEAT_ROTATIONAL : 0) | (write_cache ? BLK_FEAT_WRITE_CACHE : 0) |
			(fua ? BLK_FEAT_FUA : 0);
	return blk_mq_alloc_disk(set, lim, queuedata);
#else
	struct gendisk *disk;
#if KMOD_HAS2(fn, __blk_mq_alloc_disk, 4)
	disk = blk_mq_alloc_disk(set, lim, queuedata);
	if (IS_ERR(disk))
		return disk;
#else
#if KMOD_HAS(fn, __blk_mq_alloc_disk)
	disk = blk_mq_alloc_disk(set, queuedata);
	if (IS_ERR(disk))
		return disk;
#else
	struct request_queue *queue = blk_mq_init_queue_data(set, queuedata);

	if (IS_ERR(queue))
		return ERR_CAST(queue);
	disk = alloc_disk_node(0, set->numa_node);
	if (!disk) {
		blk_cleanup_queue(queue);
		return ERR_PTR(-ENOMEM);
	}
	/* Without minors of its own, the disk gets one of the extended range, as every disk does since v5.14. */
	disk->flags |= GENHD_FL_EXT_DEVT;
	disk->queue = queue;
#endif
	blk_queue_logical_block_size(disk->queue, lim->logical_block_size);
	blk_queue_physical_block_size(disk->queue, lim->physical_block_size);
	if (lim->io_min)
		blk_queue_io_min(disk->queue, lim->io_min);
	if (lim->io_opt)
		blk_queue_io_opt(disk->queue, lim->io_opt);
	if (lim->max_hw_sectors)
		blk_queue_max_hw_sectors(disk->queue, lim->max_hw_sectors);
	if (lim->max_segments)
		blk_queue_max_segments(disk->queue, lim->max_segments);
	/* Without a limit, a virtual boundary makes segments unlimited; the two do not go together. */
	if (lim->virt_boundary_mask)
		blk_queue_virt_boundary(disk->queue, lim->virt_boundary_mask);
	else if (lim->max_segment_size)
		blk_queue_max_segment_size(disk->queue, lim->max_segment_size);
	if (lim->seg_boundary_mask)
		blk_queue_segment_boundary(disk->queue, lim->seg_boundary_mask);
	if (lim->max_hw_discard_sectors) {
		blk_queue_max_discard_sectors(disk->queue, lim->max_hw_discard_sectors);
		disk->queue->limits.discard_granularity = lim->discard_granularity ?: lim->logical_block_size;
		if (lim->max_discard_segments)
			blk_queue_max_discard_segments(disk->queue, lim->max_discard_segments);
#ifdef QUEUE_FLAG_DISCARD
		/* Up to v5.18 the limit alone did not say it. */
		blk_queue_flag_set(QUEUE_FLAG_DISCARD, disk->queue);
#endif
	}
	if (lim->max_write_zeroes_sectors)
		blk_queue_max_write_zeroes_sectors(disk->queue, lim->max_write_zeroes_sectors);
#endif
	blk_queue_write_cache(disk->queue, write_cache, fua);
	if (!rotational)
		blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	return disk;
#endif
}

/* As device_add_disk(), which tells of errors since v5.15. */
__rust_helper int rust_helper_add_disk_of(struct device *parent, struct gendisk *disk,
					  const struct attribute_group **groups)
{
#if KMOD_HAS(fn, __blk_mq_alloc_disk)
	return device_add_disk(parent, disk, groups);
#else
	device_add_disk(parent, disk, groups);
	return 0;
#endif
}

__rust_helper struct gendisk *rust_helper_dev_to_disk(struct device *dev)
{
	return dev_to_disk(dev);
}

__rust_helper void rust_helper_set_disk_ro(struct gendisk *disk, bool read_only)
{
	set_disk_ro(disk, read_only);
}

/* Requests that end together, since v5.16. */
#if KMOD_HAS(fn, blk_mq_add_to_batch)
__rust_helper bool rust_helper_blk_mq_batch_success(struct request *rq, struct io_comp_batch *batch)
{
	return blk_mq_add_to_batch(rq, batch, false, blk_mq_end_request_batch);
}
#endif

/* Functions of the block layer since v6.2. */
__rust_helper void rust_helper_blk_mq_quiesce_all(struct blk_mq_tag_set *set)
{
#if KMOD_HAS(fn, blk_mq_quiesce_tagset)
	blk_mq_quiesce_tagset(set);
#else
	struct request_queue *q;

	mutex_lock(&set->tag_list_lock);
	list_for_each_entry(q, &set->tag_list, tag_set_list)
		blk_mq_quiesce_queue(q);
	mutex_unlock(&set->tag_list_lock);
#endif
}

__rust_helper void rust_helper_blk_mq_unquiesce_all(struct blk_mq_tag_set *set)
{
#if KMOD_HAS(fn, blk_mq_unquiesce_tagset)
	blk_mq_unquiesce_tagset(set);
#else
	struct request_queue *q;

	mutex_lock(&set->tag_list_lock);
	list_for_each_entry(q, &set->tag_list, tag_set_list)
		blk_mq_unquiesce_queue(q);
	mutex_unlock(&set->tag_list_lock);
#endif
}

/* For PCI devices only up to v6.13. */
__rust_helper void rust_helper_blk_mq_map_irq_queues(struct blk_mq_queue_map *map, struct device *dev,
						     unsigned int offset)
{
#if KMOD_HAS(fn, blk_mq_map_hw_queues)
	blk_mq_map_hw_queues(map, dev, offset);
#else
	if (dev_is_pci(dev))
		blk_mq_pci_map_queues(map, to_pci_dev(dev), offset);
	else
		blk_mq_map_queues(map);
#endif
}

/* Gives up a disk from blk_mq_alloc_disk_with_limits() that add_disk_of() added. */
__rust_helper void rust_helper_del_disk(struct gendisk *disk)
{
	del_gendisk(disk);
#if !KMOD_HAS(fn, __blk_mq_alloc_disk)
	/* Since v5.19 (and for disks with a queue of their own, which these are) a part of del_gendisk(). */
	blk_cleanup_queue(disk->queue);
#endif
	put_disk(disk);
}

/* Gives up a disk from blk_mq_alloc_disk_with_limits() that was not added. */
__rust_helper void rust_helper_put_new_disk(struct gendisk *disk)
{
#if !KMOD_HAS(fn, __blk_mq_alloc_disk)
	/* put_disk() would give up a count on the queue that only add_disk_of() takes. */
	blk_cleanup_queue(disk->queue);
	disk->queue = NULL;
#endif
	put_disk(disk);
}
