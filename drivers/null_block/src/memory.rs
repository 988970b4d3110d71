// SPDX-License-Identifier: GPL-2.0
//! The data of a disk, in memory: blocks come when they are written, and go when they are discarded.
use crate::disk::Null;
use kernel::{
    alloc::flags::__GFP_NOWARN,
    block::mq::{Op, OwnedRequest},
    page::PAGE_SIZE,
    prelude::*,
    xarray::{AllocKind, XArray},
};

#[repr(align(4096))]
#[derive(Zeroable)]
struct Block([u8; PAGE_SIZE]);

/// The blocks that were written, by their number. What is not there reads as zeros.
#[pin_data]
pub struct Memory {
    #[pin]
    blocks: XArray<KBox<Block>>,
}

impl Memory {
    pub fn new() -> impl PinInit<Self> {
        pin_init!(Self { blocks <- XArray::new(AllocKind::Alloc) })
    }

    /// Does what a request asks for.
    pub fn transfer(&self, rq: &OwnedRequest<Null>) -> Result {
        match rq.op() {
            op @ (Op::Read | Op::Write) => {
                let mut at = rq.sector() << 9;
                for segment in rq.segments() {
                    let mut done = 0;
                    for (index, part) in pieces(at, segment.len() as u64) {
                        let (len, to) = (part.len(), done + part.len());
                        match op {
                            Op::Read => match self.blocks.lock().get(index) {
                                Some(block) => segment.copy_from_slice(done, &block.0[part])?,
                                None => segment.fill_zero(done, len)?,
                            },
                            _ => self.with_block(index, |block| segment.copy_to_slice(done, &mut block.0[part]))?,
                        }
                        done = to;
                    }
                    at += segment.len() as u64;
                }
                Ok(())
            }
            Op::Discard => {
                for (sector, len) in rq.ranges() {
                    for (index, part) in pieces(sector << 9, len.into()) {
                        let mut blocks = self.blocks.lock();
                        if part.len() == PAGE_SIZE {
                            blocks.remove(index);
                        } else if let Some(block) = blocks.get_mut(index) {
                            block.0[part].fill(0);
                        }
                    }
                }
                Ok(())
            }
            _ => Err(EOPNOTSUPP),
        }
    }

    /// Calls `f` with a block, which is made if it is not there.
    fn with_block(&self, index: usize, f: impl FnOnce(&mut Block) -> Result) -> Result {
        let flags = GFP_ATOMIC | __GFP_NOWARN;
        let mut blocks = self.blocks.lock();
        if blocks.get(index).is_none() {
            blocks.store(index, KBox::init(Block::init_zeroed(), flags)?, flags)?;
        }
        blocks.get_mut(index).map_or(Err(ENOMEM), f)
    }
}

/// The parts of blocks that `len` bytes at `at` lie in.
fn pieces(at: u64, len: u64) -> impl Iterator<Item = (usize, core::ops::Range<usize>)> {
    let end = at + len;
    let mut next = at;
    core::iter::from_fn(move || {
        if next >= end {
            return None;
        }
        let offset = (next % PAGE_SIZE as u64) as usize;
        let len = (end - next).min((PAGE_SIZE - offset) as u64) as usize;
        let piece = ((next / PAGE_SIZE as u64) as usize, offset..offset + len);
        next += len as u64;
        Some(piece)
    })
}
