// SPDX-License-Identifier: GPL-2.0
//! `/sys/kernel/config/my_driver`: each `mkdir` in it makes an object with one setting, `level`.
#![no_std]

use kernel::{
    configfs::{self, configfs_attrs},
    new_mutex,
    page::PAGE_SIZE,
    prelude::*,
    sync::Mutex,
};

module! {
    type: MyModule,
    name: "my_driver",
    authors: ["me"],
    description: "Objects that user space makes and configures",
    license: "GPL",
}

/// Lives while the module is loaded.
#[pin_data]
struct MyModule {
    #[pin]
    _subsystem: configfs::Subsystem<MyDriver>,
}

impl kernel::InPlaceModule for MyModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let item_type = configfs_attrs! {
            container: configfs::Subsystem<MyDriver>,
            data: MyDriver,
            child: Child,
            attributes: [
                limit: 0,
            ],
        };
        try_pin_init!(Self {
            _subsystem <- configfs::Subsystem::new(c"my_driver", item_type, try_pin_init!(MyDriver {})),
        })
    }
}

/// The greatest level.
const LIMIT: u8 = 9;

/// The directory that `mkdir` is called in.
#[pin_data]
struct MyDriver {}

#[vtable]
impl configfs::AttributeOperations<0> for MyDriver {
    type Data = MyDriver;

    fn show(_me: &MyDriver, page: &mut [u8; PAGE_SIZE]) -> Result<usize> {
        Ok(show_digit(page, LIMIT))
    }
}

#[vtable]
impl configfs::GroupOperations for MyDriver {
    type Child = Child;

    fn make_group(&self, name: &CStr) -> Result<impl PinInit<configfs::Group<Child>, Error>> {
        let item_type = configfs_attrs! {
            container: configfs::Group<Child>,
            data: Child,
            attributes: [
                level: 0,
            ],
        };
        let child = try_pin_init!(Child { level <- new_mutex!(0) });
        Ok(configfs::Group::new(name.try_into()?, item_type, child))
    }
}

/// What `mkdir` makes.
#[pin_data]
struct Child {
    #[pin]
    level: Mutex<u8>,
}

#[vtable]
impl configfs::AttributeOperations<0> for Child {
    type Data = Child;

    fn show(me: &Child, page: &mut [u8; PAGE_SIZE]) -> Result<usize> {
        Ok(show_digit(page, *me.level.lock()))
    }

    fn store(me: &Child, page: &[u8]) -> Result {
        let level = match page.trim_ascii() {
            [digit @ b'0'..=b'9'] => digit - b'0',
            _ => return Err(EINVAL),
        };
        *me.level.lock() = level;
        Ok(())
    }
}

/// Writes a number up to [`LIMIT`] and returns how many bytes it wrote.
fn show_digit(page: &mut [u8; PAGE_SIZE], number: u8) -> usize {
    let text = [b'0' + number, b'\n'];
    page[..text.len()].copy_from_slice(&text);
    text.len()
}
