// SPDX-License-Identifier: GPL-2.0
//! The two rings of a queue: submissions and completions.
use crate::{
    command::{Command, Completion},
    doorbell::Doorbell,
    regs::Regs,
};
use kernel::{
    device::{Bound, Device},
    dma::{Coherent, DmaAddress},
    io::{io_project, io_read, io_write, Io},
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed, Release},
        SpinLock,
    },
    transmute::AsBytes,
};

/// The size of a command.
const COMMAND: usize = size_of::<Command>();

/// The ring into which commands go.
#[pin_data]
pub(crate) struct SubmissionRing {
    entries: Coherent<[u8]>,
    count: u32,
    doorbell: Doorbell,
    #[pin]
    tail: SpinLock<Tail>,
}

/// How far the ring is filled.
#[derive(Default)]
struct Tail {
    next: u32,
    /// What the controller knows.
    told: u32,
}

impl SubmissionRing {
    pub(crate) fn new<'a>(dev: &'a Device<Bound>, entries: u32, doorbell: Doorbell) -> impl PinInit<Self, Error> + 'a {
        try_pin_init!(Self {
            count: entries,
            entries: Coherent::zeroed_slice(dev, entries as usize * COMMAND, GFP_KERNEL)?,
            doorbell,
            tail <- new_spinlock!(Tail::default()),
        })
    }

    pub(crate) fn dma_address(&self) -> DmaAddress {
        self.entries.dma_address()
    }

    /// Adds a command, and tells the controller if it is the last for now. There is room: a queue has fewer commands
    /// under way than entries.
    #[inline(always)]
    pub(crate) fn push(&self, regs: &Regs, command: &Command, is_last: bool) -> Result {
        let mut tail = self.tail.lock();
        // As indices are below the count, nothing overflows.
        let at = (tail.next as usize).wrapping_mul(COMMAND);
        io_project!(self.entries, [try: at..at.wrapping_add(COMMAND)]).copy_from_slice(AsBytes::as_bytes(&command.0));
        tail.next = tail.next.wrapping_add(1);
        if tail.next == self.count {
            tail.next = 0;
        }
        if is_last {
            self.tell(regs, &mut tail);
        }
        Ok(())
    }

    /// Tells the controller of the commands that it does not know yet.
    pub(crate) fn flush(&self, regs: &Regs) {
        let mut tail = self.tail.lock();
        if tail.told != tail.next {
            self.tell(regs, &mut tail);
        }
    }

    #[inline(always)]
    fn tell(&self, regs: &Regs, tail: &mut Tail) {
        // A write to a register comes after those to memory before it.
        self.doorbell.ring(regs, tail.told, tail.next);
        tail.told = tail.next;
    }

    /// Forgets everything: the controller has been reset.
    pub(crate) fn reset(&self) {
        *self.tail.lock() = Tail::default();
    }
}

/// The ring out of which completions come.
pub(crate) struct CompletionRing {
    /// Two words each.
    entries: Coherent<[u64]>,
    count: u32,
    doorbell: Doorbell,
    /// The next entry.
    head: Atomic<u32>,
    /// What the phase is when that entry is new.
    phase: Atomic<u32>,
    /// Whether somebody is going through the entries.
    busy: Atomic<u32>,
}

const FREE: u32 = 0;
const BUSY: u32 = 1;
/// Somebody else came meanwhile.
const AGAIN: u32 = 2;

impl CompletionRing {
    pub(crate) fn new(dev: &Device<Bound>, entries: u32, doorbell: Doorbell) -> Result<Self> {
        Ok(Self {
            entries: Coherent::zeroed_slice(dev, 2 * entries as usize, GFP_KERNEL)?,
            count: entries,
            doorbell,
            head: Atomic::new(0),
            phase: Atomic::new(1),
            busy: Atomic::new(FREE),
        })
    }

    pub(crate) fn dma_address(&self) -> DmaAddress {
        self.entries.dma_address()
    }

    /// The completion at `head`, if it is new.
    #[inline(always)]
    fn peek(&self, head: u32, phase: u32) -> Option<Completion> {
        let read = || Ok::<_, Error>(io_read!(self.entries, [try: (head as usize).wrapping_mul(2) | 1]));
        let completion = Completion(read().ok()?);
        (u32::from(completion.phase()) == phase).then_some(completion)
    }

    /// The first word of the completion at `head`.
    fn result(&self, head: u32) -> u64 {
        let read = || Ok::<_, Error>(io_read!(self.entries, [try: (head as usize).wrapping_mul(2)]));
        read().unwrap_or(0)
    }

    /// Calls `f` with each new completion and a way to get its result, in the order in which they came. Tells whether
    /// there were any.
    ///
    /// One caller at a time goes through the entries; another leaves them to it.
    #[inline(always)]
    pub(crate) fn drain(&self, regs: &Regs, mut f: impl FnMut(Completion, &dyn Fn() -> u64)) -> bool {
        if self.busy.xchg(BUSY, Acquire) != FREE {
            // Whoever it is looks once more.
            if self.busy.xchg(AGAIN, Full) != FREE {
                return false;
            }
        }
        let mut any = false;
        loop {
            let (mut head, mut phase) = (self.head.load(Relaxed), self.phase.load(Relaxed));
            let first = head;
            while let Some(completion) = self.peek(head, phase) {
                f(completion, &|| self.result(head));
                head = head.wrapping_add(1);
                if head == self.count {
                    (head, phase) = (0, phase ^ 1);
                }
            }
            if head != first {
                any = true;
                self.head.store(head, Relaxed);
                self.phase.store(phase, Relaxed);
                self.doorbell.ring(regs, first, head);
            }
            if self.busy.cmpxchg(BUSY, FREE, Full).is_ok() {
                return any;
            }
            self.busy.xchg(BUSY, Full);
        }
    }

    /// Forgets everything: the controller has been reset.
    pub(crate) fn reset(&self) {
        while self.busy.xchg(BUSY, Full) != FREE {
            kernel::processor::cpu_relax();
        }
        for word in 0..self.entries.len() {
            let clear = || -> Result {
                io_write!(self.entries, [try: word], 0);
                Ok(())
            };
            // All words are within.
            let _ = clear();
        }
        self.head.store(0, Relaxed);
        self.phase.store(1, Relaxed);
        self.busy.store(FREE, Release);
    }
}
