// SPDX-License-Identifier: GPL-2.0

//! Block device drivers with multiple queues, blk-mq.
//!
//! C header: [`include/linux/blk-mq.h`](srctree/include/linux/blk-mq.h)
//!
//! A driver implements [`Operations`], makes a [`TagSet`], which bounds how many requests may be under way, and builds a
//! [`GenDisk`](gen_disk::GenDisk) on it. The block layer then calls [`Operations::queue_rq`] with requests.
//!
//! Who may end a request is a matter of counting: a [`Request`] comes as an
//! [`ARef`](crate::sync::aref::ARef), which may be cloned and kept, and only the last one ends it by
//! [`Request::end_ok`]. The count lies in the request's private data, so that C never sees a request that Rust still
//! holds.
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     block::mq::{self, gen_disk::{GenDisk, GenDiskBuilder}, Operations, Request, TagSet},
//!     sync::{aref::ARef, Arc},
//! };
//!
//! /// A disk that forgets what is written, and reads as whatever the buffer held.
//! struct Null;
//!
//! #[vtable]
//! impl Operations for Null {
//!     type QueueData = ();
//!
//!     fn queue_rq(_data: (), rq: ARef<Request<Self>>, _is_last: bool) -> Result {
//!         // Nobody has another reference, so this cannot fail.
//!         Request::end_ok(rq).map_err(|_| EIO)
//!     }
//!
//!     fn commit_rqs(_data: ()) {}
//!
//!     fn complete(rq: ARef<Request<Self>>) {
//!         let _ = Request::end_ok(rq);
//!     }
//! }
//!
//! let tags: Arc<TagSet<Null>> = Arc::pin_init(TagSet::new(1, 16, 1), GFP_KERNEL)?;
//! let disk: GenDisk<Null> = GenDiskBuilder::new()
//!     .logical_block_size(512)?
//!     .physical_block_size(4096)?
//!     .capacity_sectors(8)
//!     .build(fmt!("kmod_doc_null"), tags, ())?;
//! # drop(disk);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

pub mod gen_disk;
mod operations;
mod request;
mod tag_set;

pub use operations::Operations;
pub use request::Request;
pub use tag_set::TagSet;
