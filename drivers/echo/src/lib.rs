// SPDX-License-Identifier: GPL-2.0
//! `/dev/echo`: what a process writes to its open file it can read back; ioctls tell length and CRC-32 and clear it.
//!
//! Shows a misc device with state of its own for each open file, and a dependency from crates.io at work in the kernel.
#![no_std]

use kernel::{
    fs::{File, Kiocb},
    ioctl::{_IO, _IOC_SIZE, _IOR},
    iov::{IovIterDest, IovIterSource},
    miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration},
    new_mutex,
    prelude::*,
    sync::Mutex,
    uaccess::UserSlice,
};

/// Forgets what was written.
const CLEAR: u32 = _IO('e' as u32, 0);
/// The number of bytes kept (`u32`).
const LENGTH: u32 = _IOR::<u32>('e' as u32, 1);
/// Their CRC-32 as in Ethernet (`u32`).
const CHECKSUM: u32 = _IOR::<u32>('e' as u32, 2);

/// More than this in one file is refused with `EFBIG`.
const LIMIT: usize = 64 << 10;

const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

module! {
    type: EchoModule,
    name: "echo",
    authors: ["the cargo-kmod developers"],
    description: "Keeps what is written and reads it back",
    license: "GPL",
}

#[pin_data]
struct EchoModule {
    #[pin]
    _device: MiscDeviceRegistration<Echo>,
}

impl kernel::InPlaceModule for EchoModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _device <- MiscDeviceRegistration::register(MiscDeviceOptions { name: c"echo" }),
        })
    }
}

/// One open file.
#[pin_data]
struct Echo {
    #[pin]
    bytes: Mutex<KVVec<u8>>,
}

#[vtable]
impl MiscDevice for Echo {
    type Ptr = Pin<KBox<Self>>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        KBox::try_pin_init(try_pin_init!(Echo { bytes <- new_mutex!(KVVec::new()) }), GFP_KERNEL)
    }

    fn read_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let me = kiocb.file();
        let bytes = me.bytes.lock();
        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), &bytes)
    }

    /// Appends; the position, which reads move, stays.
    fn write_iter(kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let me = kiocb.file();
        let mut bytes = me.bytes.lock();
        if !fits(bytes.len(), iov.len()) {
            return Err(EFBIG);
        }
        iov.copy_from_iter_vec(&mut bytes, GFP_KERNEL)
    }

    fn ioctl(me: Pin<&Self>, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        let mut bytes = me.bytes.lock();
        let answer = match cmd {
            CLEAR => {
                bytes.clear();
                return Ok(0);
            }
            LENGTH => bytes.len() as u32,
            CHECKSUM => CRC.checksum(&bytes),
            _ => return Err(ENOTTY),
        };
        // Copying to user space may fault and sleep: not with the lock held.
        drop(bytes);
        UserSlice::new(UserPtr::from_addr(arg), _IOC_SIZE(cmd)).writer().write(&answer)?;
        Ok(0)
    }
}

/// Whether `more` bytes may join those kept.
fn fits(kept: usize, more: usize) -> bool {
    kept.checked_add(more).is_some_and(|length| length <= LIMIT)
}

#[kunit_tests(echo)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_reached_but_not_passed() {
        assert!(fits(0, LIMIT) && fits(LIMIT, 0) && fits(LIMIT - 1, 1));
        assert!(!fits(LIMIT, 1));
        assert!(!fits(1, usize::MAX), "no overflow");
    }

    #[test]
    fn the_checksum_is_ethernets() -> Result {
        let mut bytes = KVVec::new();
        bytes.extend_from_slice(b"123456789", GFP_KERNEL)?;
        assert_eq!(CRC.checksum(&bytes), 0xcbf4_3926);
        Ok(())
    }
}
