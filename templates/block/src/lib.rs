// SPDX-License-Identifier: GPL-2.0
//! `/dev/my_driver`: a disk whose requests all end well at once; it keeps no data.
#![no_std]

use kernel::{
    block::mq::{
        gen_disk::{GenDisk, GenDiskBuilder},
        Operations, Request, TagSet,
    },
    new_mutex,
    prelude::*,
    sync::{aref::ARef, Arc, Mutex},
};

const BLOCK_SIZE: u32 = 4096;
/// 64 MiB, in sectors of 512 bytes.
const SECTORS: u64 = 64 << 11;

module! {
    type: MyModule,
    name: "my_driver",
    authors: ["me"],
    description: "A disk that keeps no data",
    license: "GPL",
}

/// Lives while the module is loaded.
#[pin_data]
struct MyModule {
    // Nobody locks it: a module has to be `Sync`, and a disk is not.
    #[pin]
    _disk: Mutex<GenDisk<MyDriver>>,
}

impl kernel::InPlaceModule for MyModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            // One hardware queue, at most 64 requests under way.
            let tags = Arc::pin_init(TagSet::new(1, 64, 1), GFP_KERNEL)?;
            let disk = GenDiskBuilder::new()
                .logical_block_size(BLOCK_SIZE)?
                .physical_block_size(BLOCK_SIZE)?
                .capacity_sectors(SECTORS)
                .build(fmt!("my_driver"), tags, ())?;
            Ok(try_pin_init!(Self { _disk <- new_mutex!(disk) }))
        })
    }
}

struct MyDriver;

#[vtable]
impl Operations for MyDriver {
    type QueueData = ();

    fn queue_rq(_data: (), rq: ARef<Request<Self>>, _is_last: bool) -> Result {
        // The only reference, so this does not fail.
        Request::end_ok(rq).map_err(|_| EIO)
    }

    fn commit_rqs(_data: ()) {}

    fn complete(rq: ARef<Request<Self>>) {
        // Nobody calls `Request::complete` here, which would lead to this.
        let _ = Request::end_ok(rq);
    }
}
