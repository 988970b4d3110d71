// SPDX-License-Identifier: GPL-2.0
//! I/O queues: requests of the block layer become commands, and completions end them.
use crate::{
    command::{io, Command, Status},
    controller::Controller,
    doorbell::{Doorbell, Shadows},
    namespace::Namespace,
    prp::{Lists, LongList},
    regs::Regs,
    ring::{CompletionRing, SubmissionRing},
};
use kernel::{
    block::mq::{
        self, CompletionBatch, Driver, HwQueue, HwQueueType, InFlight, Op, OwnedRequest, QueueMaps, Refused, TimedOut,
        TimeoutAction,
    },
    device::{Bound, Device},
    dma::DmaAddress,
    irq::{Handler, IrqReturn},
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, ArcBorrow,
    },
};

/// How often a command that failed is tried again.
const RETRIES: u8 = 5;

/// The queues of a controller, which its namespaces share.
pub(crate) struct Queues {
    /// First those that interrupt, then those that are polled.
    pub(crate) list: KVec<Arc<IoQueue>>,
    /// How many are polled.
    pub(crate) polled: u32,
    /// How many commands each may have under way.
    pub(crate) tags: u32,
    /// Of their doorbells.
    pub(crate) shadows: Arc<Shadows>,
}

impl Queues {
    fn interrupting(&self) -> u32 {
        self.list.len() as u32 - self.polled
    }
}

/// A submission queue and its completion queue.
#[pin_data]
pub(crate) struct IoQueue {
    /// Its number for the controller: the first is 1.
    pub(crate) id: u16,
    /// The vector of its interrupt, unless it is polled.
    pub(crate) vector: Option<u16>,
    regs: Arc<Regs>,
    #[pin]
    submissions: SubmissionRing,
    completions: CompletionRing,
    lists: Lists,
    in_flight: InFlight<Io>,
    /// Not 0 once the controller is gone, and every request fails.
    dead: Atomic<u32>,
}

/// What is known of a request.
#[derive(Default)]
pub(crate) struct Pdu {
    list: Option<LongList>,
    status: u16,
    retries: u8,
}

impl IoQueue {
    /// A queue for `tags` commands at a time.
    pub(crate) fn new<'a>(
        dev: &'a Device<Bound>,
        regs: Arc<Regs>,
        id: u16,
        vector: Option<u16>,
        tags: u32,
        shadows: Arc<Shadows>,
    ) -> Result<impl PinInit<Self, Error> + 'a> {
        let doorbell = regs.doorbell(id)?;
        Ok(try_pin_init!(Self {
            id,
            vector,
            // One entry stays empty: a ring that is full would look as one that is empty.
            submissions <- SubmissionRing::new(dev, tags + 1, Doorbell::new(doorbell, shadows.clone())),
            completions: CompletionRing::new(dev, tags + 1, Doorbell::new(doorbell + regs.stride(), shadows))?,
            regs,
            lists: Lists::new(dev, tags)?,
            in_flight: InFlight::new(tags, GFP_KERNEL)?,
            dead: Atomic::new(0),
        }))
    }

    /// Where the rings are: submissions, completions.
    pub(crate) fn dma_addresses(&self) -> (DmaAddress, DmaAddress) {
        (self.submissions.dma_address(), self.completions.dma_address())
    }

    /// Forgets the commands: the controller, which is disabled, knows of none.
    pub(crate) fn reset(&self) {
        self.submissions.reset();
        self.completions.reset();
        for rq in self.in_flight.take_all() {
            Io::retry(rq, mq::Status::IOERR);
        }
    }

    /// Fails all requests, now and later.
    pub(crate) fn kill(&self) {
        self.dead.store(1, Relaxed);
        self.in_flight.take_all().for_each(|rq| Io::end(rq, mq::Status::IOERR));
    }

    /// Ends the requests that the controller has completed. Tells whether there were any.
    #[inline(never)]
    pub(crate) fn collect(&self) -> bool {
        let mut batch = CompletionBatch::new();
        self.completions.drain(&self.regs, |completion, _| {
            // A number that is nobody's is the controller's error, and harms nobody.
            let Some(mut rq) = self.in_flight.take(completion.id().into()) else {
                return;
            };
            rq.data_mut().status = completion.status().0;
            if completion.status() == Status::OK {
                Io::tidy(&mut rq);
                rq.complete_in(&mut batch);
            } else {
                rq.complete();
            }
        })
    }

    /// Has a request done that reads or writes.
    #[inline(always)]
    fn transfer(
        &self,
        namespace: &Namespace,
        mut rq: OwnedRequest<Io>,
        opcode: u8,
        is_last: bool,
    ) -> Result<(), Refused<Io>> {
        let mut list = None;
        let tag = rq.tag();
        let data = match rq.map_dma() {
            Ok(data) => data,
            Err(status) => return Err(rq.refuse(status)),
        };
        let Ok((first, second)) = self.lists.describe(tag, data, &mut list) else {
            return Err(rq.refuse(mq::Status::RESOURCE));
        };
        rq.data_mut().list = list;

        let mut command = Command::new(opcode, namespace.id);
        command.set_data(first, second);
        command.set_word10(namespace.block(rq.sector()));
        let blocks = namespace.blocks(rq.bytes());
        command.set_word12(u64::from(blocks.wrapping_sub(1)) | if rq.flags().fua() { io::FUA } else { 0 });
        self.submit(rq, command, is_last)
    }

    /// Has a request done that moves no data.
    #[inline(never)]
    fn other(&self, namespace: &Namespace, mut rq: OwnedRequest<Io>, is_last: bool) -> Result<(), Refused<Io>> {
        let command = match rq.op() {
            Op::Flush => Ok(Command::new(io::FLUSH, namespace.id)),
            Op::Discard => self.discard(namespace, &mut rq),
            Op::WriteZeroes => Ok(Self::write_zeroes(namespace, &rq)),
            _ => Err(mq::Status::NOTSUPP),
        };
        match command {
            Ok(command) => self.submit(rq, command, is_last),
            Err(status) => Err(rq.refuse(status)),
        }
    }

    /// Gives a command to the controller.
    #[inline(always)]
    fn submit(&self, rq: OwnedRequest<Io>, mut command: Command, is_last: bool) -> Result<(), Refused<Io>> {
        command.set_id(rq.tag() as u16);
        // Before the controller can complete it.
        if let Err(rq) = self.in_flight.insert(rq) {
            return Err(rq.refuse(mq::Status::IOERR));
        }
        // The entry is within the ring.
        let _ = self.submissions.push(&self.regs, &command, is_last);
        Ok(())
    }

    fn discard(&self, namespace: &Namespace, rq: &mut OwnedRequest<Io>) -> Result<Command, mq::Status> {
        let mut list = None;
        let mut count = 0_u64;
        let ranges = rq
            .ranges()
            .inspect(|_| count += 1)
            .map(|(sector, bytes)| [u64::from(namespace.blocks(bytes)) << 32, namespace.block(sector)]);
        let address = self.lists.fill(ranges, &mut list).map_err(|_| mq::Status::RESOURCE)?;
        rq.data_mut().list = list;

        let mut command = Command::new(io::DATASET_MANAGEMENT, namespace.id);
        command.set_data(address, 0);
        command.set_word10(count.wrapping_sub(1) | io::DEALLOCATE_RANGES);
        Ok(command)
    }

    fn write_zeroes(namespace: &Namespace, rq: &OwnedRequest<Io>) -> Command {
        let mut command = Command::new(io::WRITE_ZEROES, namespace.id);
        command.set_word10(namespace.block(rq.sector()));
        let blocks = u64::from(namespace.blocks(rq.bytes()).wrapping_sub(1));
        command.set_word12(blocks | if rq.flags().no_unmap() { 0 } else { io::DEALLOCATE });
        command
    }
}

impl Handler for IoQueue {
    fn handle(&self) -> IrqReturn {
        if self.collect() {
            IrqReturn::Handled
        } else {
            IrqReturn::None
        }
    }
}

/// What the block layer calls.
pub(crate) struct Io;

impl Io {
    #[inline(always)]
    fn end(mut rq: OwnedRequest<Io>, status: mq::Status) {
        Self::tidy(&mut rq);
        rq.end(status);
    }

    /// Leaves nothing behind of a request that ends.
    #[inline(always)]
    fn tidy(rq: &mut OwnedRequest<Io>) {
        Self::release_list(rq);
        rq.data_mut().retries = 0;
    }

    #[inline(always)]
    fn release_list(rq: &mut OwnedRequest<Io>) {
        if let Some(list) = rq.data_mut().list.take() {
            rq.hw_queue().data().lists.give_back(list);
        }
    }

    /// Has a request done again, unless that was done often enough.
    #[cold]
    fn retry(mut rq: OwnedRequest<Io>, status: mq::Status) {
        if rq.flags().fail_fast() || rq.data().retries >= RETRIES {
            return Self::end(rq, status);
        }
        Self::release_list(&mut rq);
        rq.data_mut().retries += 1;
        rq.requeue();
    }

    #[cold]
    fn failed(rq: OwnedRequest<Io>, status: Status) {
        // Generic codes, and from 0x280 those of damaged data (section 4.6.1.2 of the specification).
        let end = match status.code() {
            0x001 => mq::Status::NOTSUPP,
            0x080 | 0x081 => mq::Status::NOSPC,
            0x280 | 0x281 | 0x287 => mq::Status::MEDIUM,
            0x282..=0x284 => mq::Status::PROTECTION,
            _ => mq::Status::IOERR,
        };
        if status.is_final() {
            Self::end(rq, end);
        } else {
            Self::retry(rq, end);
        }
    }
}

#[vtable]
impl Driver for Io {
    type TagSetData = Arc<Queues>;
    type QueueData = Arc<Namespace>;
    type HwData = Arc<IoQueue>;
    type RequestData = Pdu;

    const DMA: bool = true;

    fn new_request(_queues: ArcBorrow<'_, Queues>, _hw_queue: u32) -> Result<Pdu> {
        Ok(Pdu::default())
    }

    fn init_hctx(queues: ArcBorrow<'_, Queues>, hw_queue: u32) -> Result<Arc<IoQueue>> {
        queues.list.get(hw_queue as usize).cloned().ok_or(EINVAL)
    }

    #[inline(always)]
    fn queue_rq(hw_queue: HwQueue<'_, Self>, rq: OwnedRequest<Self>, is_last: bool) -> Result<(), Refused<Self>> {
        let queue = hw_queue.data();
        if queue.dead.load(Relaxed) != 0 {
            return Err(rq.refuse(mq::Status::IOERR));
        }
        let namespace = hw_queue.queue_data();
        let opcode = match rq.op() {
            Op::Read => io::READ,
            Op::Write => io::WRITE,
            _ => return queue.other(&namespace, rq, is_last),
        };
        queue.transfer(&namespace, rq, opcode, is_last)
    }

    fn commit_rqs(hw_queue: HwQueue<'_, Self>) {
        let queue = hw_queue.data();
        queue.submissions.flush(&queue.regs);
    }

    fn map_queues(queues: ArcBorrow<'_, Queues>, maps: &mut QueueMaps<'_>) {
        let interrupting = queues.interrupting();
        // The tag set has these queues; and types beyond the first only if some are polled.
        let _ = match queues.list.first().and_then(|queue| queue.vector) {
            Some(vector @ 1..) => maps.by_interrupt(HwQueueType::Default, 0, interrupting, vector.into()),
            // All have the same.
            _ => maps.spread(HwQueueType::Default, 0, interrupting),
        };
        let _ = maps.spread(HwQueueType::Read, 0, 0);
        let _ = maps.spread(HwQueueType::Poll, interrupting, queues.polled);
    }

    fn poll(hw_queue: HwQueue<'_, Self>) -> bool {
        hw_queue.data().collect()
    }

    #[inline(always)]
    fn complete(rq: OwnedRequest<Self>) {
        match Status(rq.data().status) {
            Status::OK => Self::end(rq, mq::Status::OK),
            status => Self::failed(rq, status),
        }
    }

    fn timeout(late: TimedOut<'_, Self>) -> TimeoutAction {
        let queue = late.hw_queue().data();
        // The interrupt may have been lost.
        queue.collect();
        if queue.dead.load(Relaxed) != 0 {
            queue.in_flight.take_late(&late).into_iter().for_each(|rq| Self::end(rq, mq::Status::IOERR));
        }
        if !queue.in_flight.contains(&late) {
            return TimeoutAction::Done;
        }
        let controller = &late.hw_queue().queue_data().controller;
        if late.count() > 1 || !controller.is_on() || controller.abort(queue.id, late.tag() as u16).is_err() {
            Controller::reset(controller);
        }
        TimeoutAction::Reset
    }
}
