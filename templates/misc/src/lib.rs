// SPDX-License-Identifier: GPL-2.0
//! `/dev/my_driver`: each open file keeps the last message that was written to it.
#![no_std]

use kernel::{
    fs::{File, Kiocb},
    iov::{IovIterDest, IovIterSource},
    miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration},
    new_mutex,
    prelude::*,
    sync::Mutex,
};

module! {
    type: MyModule,
    name: "my_driver",
    authors: ["me"],
    description: "Keeps a message for each open file",
    license: "GPL",
}

/// Lives while the module is loaded.
#[pin_data]
struct MyModule {
    #[pin]
    _device: MiscDeviceRegistration<MyDriver>,
}

impl kernel::InPlaceModule for MyModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _device <- MiscDeviceRegistration::register(MiscDeviceOptions { name: c"my_driver" }),
        })
    }
}

/// Lives while a file is open.
#[pin_data]
struct MyDriver {
    #[pin]
    message: Mutex<KVVec<u8>>,
}

#[vtable]
impl MiscDevice for MyDriver {
    type Ptr = Pin<KBox<Self>>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        let new = try_pin_init!(Self { message <- new_mutex!(KVVec::new()) });
        KBox::try_pin_init(new, GFP_KERNEL)
    }

    fn write_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let me = kiocb.file();
        let mut message = me.message.lock();
        message.clear();
        let written = iov.copy_from_iter_vec(&mut message, GFP_KERNEL)?;
        drop(message);
        // The next read starts at the message's first byte.
        *kiocb.ki_pos_mut() = 0;
        Ok(written)
    }

    fn read_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let me = kiocb.file();
        let message = me.message.lock();
        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), &message)
    }
}
