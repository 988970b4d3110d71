// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many requests at a time by io_uring: what has ended is begun anew, all in one call.
use crate::{
    DEPTH,
    device::{BLOCK, Device, Operation},
};
use anyhow::{Result, ensure};
use io_uring::{IoUring, opcode, types::Fd};
use std::os::fd::AsRawFd;

pub fn run(device: &mut Device, operation: Operation, requests: u64, ready: &mut dyn FnMut()) -> Result<()> {
    let mut ring = IoUring::new(DEPTH)?;
    let fd = Fd(device.file.as_raw_fd());
    let mut free: Vec<usize> = (0..DEPTH as usize).collect();
    let (mut begun, mut ended) = (0, 0);
    ready();
    while ended < requests {
        while begun < requests
            && let Some(slot) = free.pop()
        {
            let at = device.next();
            let block = device.blocks[slot].0.as_mut_ptr();
            let entry = match operation {
                Operation::Read => opcode::Read::new(fd, block, BLOCK as u32).offset(at).build(),
                Operation::Write => opcode::Write::new(fd, block, BLOCK as u32).offset(at).build(),
            };
            // SAFETY: The block is `BLOCK` bytes of the device's, which outlives the ring; no other request has it until
            // this one has ended, and nothing else looks at it.
            unsafe { ring.submission().push(&entry.user_data(slot as u64))? };
            begun += 1;
        }
        ring.submit_and_wait(1)?;
        for done in ring.completion() {
            ensure!(done.result() == BLOCK as i32, "a request ended with {}", done.result());
            free.push(done.user_data() as usize);
            ended += 1;
        }
    }
    Ok(())
}
