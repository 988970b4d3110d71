// SPDX-License-Identifier: GPL-2.0
//! What happens to a request.
use crate::{config::Settings, memory::Memory, timer::Timer};
use kernel::{
    block::mq::{
        Driver, HwQueue, InFlight, OwnedRequest, QueueLimits, Refused, Status, TagSet, TagSetOptions, TimedOut,
        TimeoutAction,
    },
    prelude::*,
    sync::{Arc, ArcBorrow},
    time::Delta,
};

/// How a request comes to its end; the numbers are those of C's `irqmode`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    AtOnce = 0,
    SoftIrq = 1,
    Timer = 2,
}

/// What the queues of a disk share.
pub struct Shared {
    completion: Completion,
    delay: Delta,
    memory: Option<Pin<KBox<Memory>>>,
    /// The requests whose timers run, by hardware queue.
    pub in_flight: KVec<InFlight<Null>>,
}

/// Makes the tag set of a disk.
pub fn tag_set(settings: &Settings) -> Result<Arc<TagSet<Null>>> {
    let mut in_flight = KVec::new();
    if settings.completion == Completion::Timer {
        for _ in 0..settings.queues {
            in_flight.push(InFlight::new(settings.depth, GFP_KERNEL)?, GFP_KERNEL)?;
        }
    }
    let memory = match settings.memory_backed {
        true => Some(KBox::pin_init(Memory::new(), GFP_KERNEL)?),
        false => None,
    };
    let (completion, delay) = (settings.completion, settings.delay);
    let shared = Arc::new(Shared { completion, delay, memory, in_flight }, GFP_KERNEL)?;
    let options = TagSetOptions { hw_queues: settings.queues, tags: settings.depth, ..Default::default() };
    Arc::pin_init(TagSet::with_data(options, shared), GFP_KERNEL)
}

/// What a disk can do.
pub fn limits(settings: &Settings) -> QueueLimits {
    let discard = settings.discard && settings.memory_backed;
    QueueLimits {
        logical_block_size: settings.block_size,
        physical_block_size: settings.block_size,
        max_discard_sectors: if discard { u32::MAX >> 9 } else { 0 },
        discard_granularity: if discard { settings.block_size } else { 0 },
        ..Default::default()
    }
}

/// The driver of all disks.
pub struct Null;

#[vtable]
impl Driver for Null {
    type TagSetData = Arc<Shared>;
    type QueueData = ();
    type HwData = Arc<Shared>;
    type RequestData = Option<Timer>;

    fn new_request(shared: ArcBorrow<'_, Shared>, hw_queue: u32) -> Result<Option<Timer>> {
        match shared.completion {
            Completion::Timer => Timer::new(shared.into(), hw_queue).map(Some),
            _ => Ok(None),
        }
    }

    fn init_hctx(shared: ArcBorrow<'_, Shared>, _hw_queue: u32) -> Result<Arc<Shared>> {
        Ok(shared.into())
    }

    #[inline(always)]
    fn queue_rq(hw_queue: HwQueue<'_, Self>, rq: OwnedRequest<Self>, _is_last: bool) -> Result<(), Refused<Self>> {
        let shared = hw_queue.data();
        if let Some(memory) = &shared.memory {
            match memory.transfer(&rq) {
                Ok(()) => {}
                // It comes again when there may be memory.
                Err(ENOMEM) => return Err(rq.refuse(Status::RESOURCE)),
                Err(e) => {
                    rq.end(e.into());
                    return Ok(());
                }
            }
        }
        match shared.completion {
            Completion::AtOnce => rq.end(Status::OK),
            Completion::SoftIrq => rq.complete(),
            Completion::Timer => Timer::start(rq, shared.delay),
        }
        Ok(())
    }

    fn complete(rq: OwnedRequest<Self>) {
        rq.end(Status::OK);
    }

    fn timeout(late: TimedOut<'_, Self>) -> TimeoutAction {
        let hw_queue = late.hw_queue();
        let shared = hw_queue.data();
        match shared.in_flight.get(hw_queue.index() as usize).and_then(|in_flight| in_flight.take_late(&late)) {
            Some(rq) => rq.end(Status::TIMEOUT),
            // Somebody is ending it.
            None => return TimeoutAction::Reset,
        }
        TimeoutAction::Done
    }
}
