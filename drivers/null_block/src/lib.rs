// SPDX-License-Identifier: GPL-2.0
//! Disks for tests and measurements, made through configfs: they keep no data, or keep it in memory.
//!
//! configfs ([`config`]) → a [`disk`] with a tag set of its own → for each request its data ([`memory`]), then its end: at
//! once, in the block layer's softirq, or when a timer expires ([`timer`]).
#![no_std]

mod config;
mod disk;
mod memory;
mod timer;

use config::Directory;
use kernel::{
    configfs::{self, configfs_attrs},
    prelude::*,
};

module! {
    type: NullBlock,
    name: "null_block",
    authors: ["The cargo-kmod developers"],
    description: "Disks that do nothing, or keep their data in memory",
    license: "GPL",
}

/// Lives while the module is loaded.
#[pin_data]
struct NullBlock {
    #[pin]
    _subsystem: configfs::Subsystem<Directory>,
}

impl kernel::InPlaceModule for NullBlock {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let item_type = configfs_attrs! {
            container: configfs::Subsystem<Directory>,
            data: Directory,
            child: config::Config,
            attributes: [
                features: 0,
            ],
        };
        try_pin_init!(Self {
            _subsystem <- configfs::Subsystem::new(c"null_block", item_type, try_pin_init!(Directory {})),
        })
    }
}
