// SPDX-License-Identifier: GPL-2.0
//! Where the controller finds a request's data: physical region pages.
//!
//! A command names the first page itself, and the second; or, if there are more, a list of all but the first. Each tag has
//! a short list of its own; long ones come from a pool.
use kernel::{
    block::mq::DmaSegment,
    device::{Bound, Device},
    dma::{Coherent, DmaAddress},
    io::io_write,
    prelude::*,
    sync::atomic::{Acquire, Atomic, Relaxed, Release},
};

pub(crate) const PAGE: u32 = 4096;

/// Entries of a short list.
const SHORT: usize = 32;

/// Entries of a long list, which fill a page.
const LONG: usize = 512;

/// The largest transfer: the pages of a long list, and part of one before it.
pub(crate) const MAX_BYTES: u32 = LONG as u32 * PAGE;

/// How many long lists there are: as many as a word has bits.
const LONG_LISTS: usize = 32;

/// The lists of one queue.
pub(crate) struct Lists {
    short: Coherent<[u64]>,
    long: Coherent<[u64]>,
    /// A bit for each long list that nobody has.
    free: Atomic<u32>,
}

/// A long list that a request has.
pub(crate) struct LongList(u8);

impl Lists {
    pub(crate) fn new(dev: &Device<Bound>, tags: u32) -> Result<Self> {
        Ok(Self {
            short: Coherent::zeroed_slice(dev, tags as usize * SHORT, GFP_KERNEL)?,
            long: Coherent::zeroed_slice(dev, LONG_LISTS * LONG, GFP_KERNEL)?,
            free: Atomic::new(u32::MAX),
        })
    }

    fn acquire(&self) -> Result<LongList> {
        let mut free = self.free.load(Relaxed);
        while free != 0 {
            match self.free.cmpxchg(free, free & (free - 1), Acquire) {
                Ok(_) => return Ok(LongList(free.trailing_zeros() as u8)),
                Err(now) => free = now,
            }
        }
        Err(EBUSY)
    }

    pub(crate) fn give_back(&self, list: LongList) {
        let mut free = self.free.load(Relaxed);
        while let Err(now) = self.free.cmpxchg(free, free | 1 << list.0, Release) {
            free = now;
        }
    }

    /// The two pointers that a command needs for this data.
    ///
    /// Fails with `EBUSY` if all long lists are in use.
    #[inline(always)]
    pub(crate) fn describe(&self, tag: u32, data: &[DmaSegment], list: &mut Option<LongList>) -> Result<(u64, u64)> {
        if let [only] = data {
            let (address, len) = (only.address(), only.len());
            let room = PAGE - address as u32 % PAGE;
            if len <= room {
                return Ok((address, 0));
            }
            if len - room <= PAGE {
                return Ok((address, address + u64::from(room)));
            }
        }
        self.describe_list(tag, data, list)
    }

    #[inline(never)]
    fn describe_list(&self, tag: u32, data: &[DmaSegment], list: &mut Option<LongList>) -> Result<(u64, u64)> {
        let count = pages(data).count();
        let mut pages = pages(data);
        let first = pages.next().ok_or(EINVAL)?;
        if count == 2 {
            return Ok((first, pages.next().ok_or(EINVAL)?));
        }

        let (memory, start) = if count - 1 <= SHORT {
            (&self.short, tag as usize * SHORT)
        } else if count - 1 <= LONG {
            (&self.long, usize::from(list.insert(self.acquire()?).0) * LONG)
        } else {
            return Err(EINVAL);
        };
        for (i, page) in pages.enumerate() {
            io_write!(memory, [try: start + i], page);
        }
        Ok((first, memory.dma_address() + 8 * start as u64))
    }

    /// A page that holds pairs of words, in the place of a long list.
    pub(crate) fn fill(
        &self,
        pairs: impl Iterator<Item = [u64; 2]>,
        list: &mut Option<LongList>,
    ) -> Result<DmaAddress> {
        let start = usize::from(list.insert(self.acquire()?).0) * LONG;
        for (i, pair) in pairs.take(LONG / 2).enumerate() {
            io_write!(self.long, [try: start + 2 * i], pair[0]);
            io_write!(self.long, [try: start + 2 * i + 1], pair[1]);
        }
        Ok(self.long.dma_address() + 8 * start as u64)
    }
}

/// The addresses at which the data begins and then each page of it.
fn pages(data: &[DmaSegment]) -> impl Iterator<Item = u64> + '_ {
    data.iter().flat_map(|segment| {
        let (start, end) = (segment.address(), segment.address() + u64::from(segment.len()));
        let second = (start | u64::from(PAGE - 1)) + 1;
        Iterator::chain(core::iter::once(start), (second..end).step_by(PAGE as usize))
    })
}
