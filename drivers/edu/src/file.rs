// SPDX-License-Identifier: GPL-2.0
//! `/dev/edu`: the device's memory as a file of 4095 bytes, moved by DMA, and two ioctls.
use crate::{engine::Engine, regs::MEMORY_SIZE};
use kernel::{
    fs::{File, Kiocb},
    ioctl::{_IOC_SIZE, _IOWR},
    iov::{IovIterDest, IovIterSource},
    miscdevice::{MiscDevice, MiscDeviceRegistration},
    prelude::*,
    sync::{Arc, ArcBorrow},
    uaccess::UserSlice,
};

/// Takes `n` and returns its factorial (`u32`).
const FACTORIAL: u32 = _IOWR::<u32>('E' as u32, 0);

pub(crate) struct EduFile;

#[vtable]
impl MiscDevice for EduFile {
    type Ptr = Arc<Engine>;

    fn open(_file: &File, misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        misc.data().ok_or(ENXIO)
    }

    fn read_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let position = position(&kiocb)?;
        let length = iov.len().min(MEMORY_SIZE - position);
        if length == 0 {
            return Ok(0);
        }
        let mut bytes = KVec::from_elem(0, length, GFP_KERNEL)?;
        kiocb.file().read(position, &mut bytes)?;
        let copied = iov.copy_to_iter(&bytes);
        if copied == 0 {
            return Err(EFAULT);
        }
        *kiocb.ki_pos_mut() += copied as i64;
        Ok(copied)
    }

    fn write_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        let position = position(&kiocb)?;
        if iov.is_empty() {
            return Ok(0);
        }
        // What does not fit is refused whole: half a transfer helps nobody.
        if iov.len() > MEMORY_SIZE - position {
            return Err(EINVAL);
        }
        let mut bytes = KVec::with_capacity(iov.len(), GFP_KERNEL)?;
        iov.copy_from_iter_vec(&mut bytes, GFP_KERNEL)?;
        if bytes.is_empty() {
            return Err(EFAULT);
        }
        kiocb.file().write(position, &bytes)?;
        *kiocb.ki_pos_mut() += bytes.len() as i64;
        Ok(bytes.len())
    }

    fn ioctl(engine: ArcBorrow<'_, Engine>, _file: &File, cmd: u32, arg: usize) -> Result<isize> {
        if cmd != FACTORIAL {
            return Err(ENOTTY);
        }
        let (mut reader, mut writer) = UserSlice::new(UserPtr::from_addr(arg), _IOC_SIZE(cmd)).reader_writer();
        let n = reader.read::<u32>()?;
        writer.write(&engine.factorial(n)?)?;
        Ok(0)
    }
}

/// The position as an offset in the device's memory: 0 to its end.
fn position(kiocb: &Kiocb<'_, Arc<Engine>>) -> Result<usize> {
    match usize::try_from(kiocb.ki_pos()) {
        Ok(position) if position <= MEMORY_SIZE => Ok(position),
        _ => Err(EINVAL),
    }
}
