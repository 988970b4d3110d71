// SPDX-License-Identifier: GPL-2.0
#include <linux/blk-mq.h>
#include <linux/blkdev.h>

__rust_helper void *rust_helper_blk_mq_rq_to_pdu(struct request *rq)
{
	return blk_mq_rq_to_pdu(rq);
}

__rust_helper struct request *rust_helper_blk_mq_rq_from_pdu(void *pdu)
{
	return blk_mq_rq_from_pdu(pdu);
}

/* An inline function up to v5.10, when block devices had a size of their own. */
__rust_helper void rust_helper_set_capacity(struct gendisk *disk, sector_t sectors)
{
	set_capacity(disk, sectors);
}

/*
 * A disk with its queue. Limits are an argument of blk_mq_alloc_disk() since v6.9, and whether a disk rotates is one of
 * them since v6.11; before, they were set on the queue, which until v5.13 was allocated on its own.
 */
__rust_helper struct gendisk *
rust_helper_blk_mq_alloc_disk_with_limits(struct blk_mq_tag_set *set, unsigned int logical_block_size,
					  unsigned int physical_block_size, bool rotational,
					  void *queuedata)
{
#if KMOD_HAS2(field, queue_limits, features)
	struct queue_limits lim = {
		.logical_block_size = logical_block_size,
		.physical_block_size = physical_block_size,
		.features = rotational ? BLK_FEAT_ROTATIONAL : 0,
	};

	return blk_mq_alloc_disk(set, &lim, queuedata);
#else
	struct gendisk *disk;
#if KMOD_HAS2(fn, __blk_mq_alloc_disk, 4)
	struct queue_limits lim = {
		.logical_block_size = logical_block_size,
		.physical_block_size = physical_block_size,
	};

	disk = blk_mq_alloc_disk(set, &lim, queuedata);
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
	blk_queue_logical_block_size(disk->queue, logical_block_size);
	blk_queue_physical_block_size(disk->queue, physical_block_size);
#endif
	if (!rotational)
		blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	return disk;
#endif
}

/* device_add_disk() tells of errors since v5.15. */
__rust_helper int rust_helper_add_disk(struct gendisk *disk)
{
#if KMOD_HAS(fn, __blk_mq_alloc_disk)
	return device_add_disk(NULL, disk, NULL);
#else
	device_add_disk(NULL, disk, NULL);
	return 0;
#endif
}

/* Gives up a disk from blk_mq_alloc_disk_with_limits() that add_disk() added. */
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
	/* put_disk() would give up a count on the queue that only add_disk() takes. */
	blk_cleanup_queue(disk->queue);
	disk->queue = NULL;
#endif
	put_disk(disk);
}
