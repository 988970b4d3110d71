// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// blk-mq: the NUMA node that init_request() is given became signed.
struct blk_mq_ops {
	int (*init_request)(void *set, void *rq, unsigned int hctx_idx, int numa_node);
};
