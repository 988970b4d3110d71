// SPDX-License-Identifier: GPL-2.0
//! The admin queue: one command at a time.
use crate::{
    command::{admin, Command, Completion, Status},
    doorbell::{Doorbell, Shadows},
    regs::{self, Regs},
    ring::{CompletionRing, SubmissionRing},
};
use kernel::{
    device::{Bound, Device},
    dma::Coherent,
    io::{poll::read_poll_timeout, Io},
    irq::{Handler, IrqReturn},
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        Arc, Mutex,
    },
    time::Delta,
};

const ENTRIES: u32 = 32;

/// What identify commands return.
pub(crate) const PAGE: usize = 4096;

#[pin_data]
pub(crate) struct Admin {
    regs: Arc<Regs>,
    #[pin]
    submissions: SubmissionRing,
    completions: CompletionRing,
    /// The second half of the last completion, and its first; 0 while there is none.
    answer: Atomic<u64>,
    result: Atomic<u64>,
    #[pin]
    state: Mutex<State>,
}

struct State {
    /// The identifier of the next command.
    next_id: u16,
    /// Where data is returned.
    page: Coherent<[u8]>,
    /// The controller does not answer: ask nothing any more.
    dead: bool,
}

impl Admin {
    pub(crate) fn new<'a>(dev: &'a Device<Bound>, regs: Arc<Regs>) -> Result<impl PinInit<Self, Error> + 'a> {
        let doorbell = regs.doorbell(0)?;
        let page = Coherent::zeroed_slice(dev, PAGE, GFP_KERNEL)?;
        // Off for good: by this queue the controller is told of the shadows of the others.
        let shadows = Arc::new(Shadows::new(dev)?, GFP_KERNEL)?;
        Ok(try_pin_init!(Self {
            submissions <- SubmissionRing::new(dev, ENTRIES, Doorbell::new(doorbell, shadows.clone())),
            completions: CompletionRing::new(dev, ENTRIES, Doorbell::new(doorbell + regs.stride(), shadows))?,
            regs,
            answer: Atomic::new(0),
            result: Atomic::new(0),
            state <- new_mutex!(State { next_id: 1, page, dead: false }),
        }))
    }

    /// Tells the controller, which is disabled, where the queue is.
    pub(crate) fn announce(&self) -> Result {
        let mut state = self.state.lock();
        state.dead = false;
        self.submissions.reset();
        self.completions.reset();
        self.regs.with(|bar| {
            let size = ENTRIES - 1;
            bar.write_reg(regs::AQA::zeroed().try_with_completion(size)?.try_with_submission(size)?);
            bar.write_reg(regs::ASQ::zeroed().with_address(self.submissions.dma_address()));
            bar.write_reg(regs::ACQ::zeroed().with_address(self.completions.dma_address()));
            Ok(())
        })?
    }

    /// Asks nothing any more, until the queue is announced again.
    pub(crate) fn kill(&self) {
        self.state.lock().dead = true;
    }

    /// Has a command done, and returns the first word of its result.
    ///
    /// Fails with `ETIMEDOUT` if there is no answer, `ENODEV` if there was none before, and `EIO` if it is an error.
    pub(crate) fn run(&self, command: Command, limit: Delta) -> Result<u32> {
        self.run_with(&mut self.state.lock(), command, limit)
    }

    fn run_with(&self, state: &mut State, mut command: Command, limit: Delta) -> Result<u32> {
        if state.dead {
            return Err(ENODEV);
        }
        let id = state.next_id;
        state.next_id = id.checked_add(1).unwrap_or(1);
        command.set_id(id);
        self.answer.store(0, Relaxed);
        self.submissions.push(&self.regs, &command, true)?;

        let answer = read_poll_timeout(
            || {
                self.collect();
                Ok(Completion(self.answer.load(Acquire)))
            },
            |answer| answer.0 != 0 && answer.id() == id,
            Delta::from_micros(20),
            limit,
        );
        // What is late is not waited for again: the controller must be reset.
        let answer = answer.inspect_err(|_| state.dead = true)?;
        if answer.status() != Status::OK {
            return Err(EIO);
        }
        Ok(self.result.load(Relaxed) as u32)
    }

    /// Has the controller describe itself or a namespace.
    pub(crate) fn identify(&self, namespace: u32, what: u8, to: &mut [u8; PAGE]) -> Result {
        let mut state = self.state.lock();
        let mut command = Command::new(admin::IDENTIFY, namespace);
        command.set_data(state.page.dma_address(), 0);
        command.set_word10(what.into());
        self.run_with(&mut state, command, LIMIT)?;
        state.page.copy_to_slice(to);
        Ok(())
    }

    /// Looks for an answer.
    fn collect(&self) -> bool {
        self.completions.drain(&self.regs, |completion, result| {
            self.result.store(result(), Relaxed);
            self.answer.store(completion.0, Release);
        })
    }
}

/// How long an ordinary command may take.
pub(crate) const LIMIT: Delta = Delta::from_secs(30);

impl Handler for Admin {
    fn handle(&self) -> IrqReturn {
        if self.collect() {
            IrqReturn::Handled
        } else {
            IrqReturn::None
        }
    }
}
