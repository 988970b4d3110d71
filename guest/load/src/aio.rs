// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many requests at a time by the kernel's AIO, which fio calls libaio: what has ended is begun anew, all in one call.
use crate::{
    DEPTH,
    device::{BLOCK, Device, Operation},
};
use anyhow::{Context as _, Result, ensure};
use std::{io, mem, os::fd::AsRawFd, ptr};

/// The kernel's `IOCB_CMD_PREAD` and `IOCB_CMD_PWRITE`.
const PREAD: u16 = 0;
const PWRITE: u16 = 1;

pub fn run(device: &mut Device, operation: Operation, requests: u64, ready: &mut dyn FnMut()) -> Result<()> {
    let context = Context::new()?;
    // SAFETY: All zeroes is an `iocb`, a record of numbers.
    let mut iocbs = vec![unsafe { mem::zeroed::<libc::iocb>() }; DEPTH as usize];
    let mut events = [Event::default(); DEPTH as usize];
    let mut free: Vec<usize> = (0..DEPTH as usize).collect();
    let (mut begun, mut ended) = (0, 0);
    ready();
    while ended < requests {
        let mut batch = Vec::with_capacity(DEPTH as usize);
        while begun < requests
            && let Some(slot) = free.pop()
        {
            let at = device.next();
            let iocb = &mut iocbs[slot];
            iocb.aio_data = slot as u64;
            iocb.aio_lio_opcode = if operation == Operation::Read { PREAD } else { PWRITE };
            iocb.aio_fildes = device.file.as_raw_fd() as u32;
            iocb.aio_buf = device.blocks[slot].0.as_mut_ptr().expose_provenance() as u64;
            iocb.aio_nbytes = BLOCK as u64;
            iocb.aio_offset = at as i64;
            batch.push(ptr::from_mut(iocb));
            begun += 1;
        }
        context.submit(&mut batch)?;
        for event in context.wait(&mut events)? {
            ensure!(event.res == BLOCK as i64, "a request ended with {}", event.res);
            free.push(event.data as usize);
            ended += 1;
        }
    }
    Ok(())
}

/// The kernel's `io_event`.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Event {
    data: u64,
    _iocb: u64,
    res: i64,
    _res2: i64,
}

/// The kernel's `aio_context_t`.
struct Context(libc::c_ulong);

impl Context {
    fn new() -> Result<Self> {
        let mut id: libc::c_ulong = 0;
        // SAFETY: The kernel writes the context's name to `id`, which lives on.
        check(unsafe { libc::syscall(libc::SYS_io_setup, DEPTH, &mut id) }).context("io_setup")?;
        Ok(Self(id))
    }

    /// Begins all of `batch`.
    fn submit(&self, batch: &mut [*mut libc::iocb]) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        // SAFETY: Each points to an `iocb` whose buffer no other request has, and which lives until its event has come.
        let begun = unsafe { libc::syscall(libc::SYS_io_submit, self.0, batch.len(), batch.as_mut_ptr()) };
        ensure!(check(begun).context("io_submit")? == batch.len(), "io_submit took a part of the batch");
        Ok(())
    }

    /// Waits for one event at least.
    fn wait<'a>(&self, events: &'a mut [Event]) -> Result<&'a [Event]> {
        let (at, room) = (events.as_mut_ptr(), events.len());
        // SAFETY: There is room for that many events; no time limit is given.
        let count = unsafe { libc::syscall(libc::SYS_io_getevents, self.0, 1, room, at, ptr::null_mut::<u8>()) };
        Ok(&events[..check(count).context("io_getevents")?])
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: The context is this one's; the kernel waits for what is under way.
        unsafe { libc::syscall(libc::SYS_io_destroy, self.0) };
    }
}

fn check(result: libc::c_long) -> Result<usize> {
    Ok(usize::try_from(result).map_err(|_| io::Error::last_os_error())?)
}
