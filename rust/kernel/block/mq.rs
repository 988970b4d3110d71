// SPDX-License-Identifier: GPL-2.0

//! Block device drivers with multiple queues, blk-mq.
//!
//! C header: [`include/linux/blk-mq.h`](srctree/include/linux/blk-mq.h)
//!
//! A driver implements [`Operations`], makes a [`TagSet`], which bounds how many requests may be under way, and builds a
//! [`GenDisk`](gen_disk::GenDisk) on it. The block layer then calls [`Operations::queue_rq`] with requests.
//!
//! In mainline's form, [`Operations`], who may end a request is a matter of counting: a [`Request`] comes as an
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
//! Beyond mainline, a driver may implement [`Driver`] instead. Its requests have one owner, which costs no counting, and it
//! gets all that the block layer offers: data of hardware queues and of requests, segments and their mapping for DMA,
//! time-outs, polling, queue maps, attributes. [`InFlight`] keeps the requests that a device has. Here, a disk in memory,
//! with a file `/sys/block/NAME/bytes`:
//!
//! ```
//! use kernel::{
//!     block::mq::{
//!         gen_disk::GenDiskBuilder, Disks, Driver, HwQueue, Op, OwnedRequest, QueueLimits, Refused, Status, TagSet, TagSetOptions,
//!     },
//!     new_spinlock,
//!     sync::{Arc, SpinLock},
//!     sysfs::Groups,
//! };
//!
//! #[pin_data]
//! struct Memory {
//!     #[pin]
//!     bytes: SpinLock<KVVec<u8>>,
//! }
//!
//! impl Memory {
//!     fn transfer(&self, rq: &OwnedRequest<Ram>) -> Result {
//!         let mut bytes = self.bytes.lock();
//!         let mut at = usize::try_from(rq.sector())? * 512;
//!         if !matches!(rq.op(), Op::Read | Op::Write) {
//!             return Err(EOPNOTSUPP);
//!         }
//!         for segment in rq.segments() {
//!             let part = bytes.get_mut(at..at + segment.len()).ok_or(EIO)?;
//!             match rq.op() {
//!                 Op::Read => segment.copy_from_slice(0, part)?,
//!                 _ => segment.copy_to_slice(0, part)?,
//!             }
//!             at += segment.len();
//!         }
//!         Ok(())
//!     }
//! }
//!
//! struct Ram;
//!
//! kernel::attribute_groups!(RAM_GROUPS, Disks<Ram>, [
//!     [ro(c"bytes", |memory, page| page.emit(fmt!("{}", memory.bytes.lock().len())))],
//! ]);
//!
//! #[vtable]
//! impl Driver for Ram {
//!     type TagSetData = ();
//!     type QueueData = Arc<Memory>;
//!     type HwData = ();
//!     /// How the request went.
//!     type RequestData = Option<Status>;
//!     const DISK_GROUPS: Groups<Disks<Self>> = RAM_GROUPS;
//!
//!     fn new_request(_data: (), _hw_queue: u32) -> Result<Option<Status>> {
//!         Ok(None)
//!     }
//!
//!     fn init_hctx(_data: (), _hw_queue: u32) -> Result {
//!         Ok(())
//!     }
//!
//!     fn queue_rq(
//!         hw_queue: HwQueue<'_, Self>,
//!         mut rq: OwnedRequest<Self>,
//!         _is_last: bool,
//!     ) -> Result<(), Refused<Self>> {
//!         let status = hw_queue.queue_data().transfer(&rq).map_or_else(Status::from, |()| Status::OK);
//!         *rq.data_mut() = Some(status);
//!         rq.complete();
//!         Ok(())
//!     }
//!
//!     fn complete(mut rq: OwnedRequest<Self>) {
//!         let status = rq.data_mut().take().unwrap_or(Status::IOERR);
//!         rq.end(status);
//!     }
//! }
//!
//! let bytes = KVVec::from_elem(0, 64 << 10, GFP_KERNEL)?;
//! let memory = Arc::pin_init(pin_init!(Memory { bytes <- new_spinlock!(bytes) }), GFP_KERNEL)?;
//! let tags = Arc::pin_init(TagSet::with_data(TagSetOptions { hw_queues: 2, ..Default::default() }, ()), GFP_KERNEL)?;
//! let limits = QueueLimits { logical_block_size: 512, max_hw_sectors: 64, ..Default::default() };
//! let disk = GenDiskBuilder::new()
//!     .limits(limits)?
//!     .capacity_sectors(128)
//!     .build::<Ram>(fmt!("kmod_doc_ram"), tags, memory)?;
//! disk.set_capacity(64);
//! # drop(disk);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

mod batch;
mod dma;
mod driver;
pub mod gen_disk;
mod hw_queue;
mod limits;
mod operations;
mod owned;
mod pdu;
mod request;
#[cfg(kmod_has = "field:blk_mq_ops.queue_rqs")]
mod request_list;
mod segments;
mod status;
mod tag_set;

pub use batch::CompletionBatch;
pub use dma::DmaSegment;
pub use driver::{Disks, Driver};
pub use hw_queue::{HwQueue, HwQueueType, QueueMaps};
pub use limits::QueueLimits;
pub use operations::Operations;
pub use owned::{InFlight, OwnedRequest, Refused, TimedOut, TimeoutAction};
pub use request::{Op, Request, RequestFlags};
pub use segments::Segment;
pub use status::Status;
pub use tag_set::{TagSet, TagSetOptions};
