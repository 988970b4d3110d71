// SPDX-License-Identifier: GPL-2.0
//! The controller: on, off, and on again.
use crate::{
    admin::{self, Admin},
    command::{admin as op, Command},
    identity::Identity,
    namespace::{self, Disk},
    queue::{Io, Queues},
    regs::{self, Regs},
};
use kernel::{
    block::mq::TagSet,
    device::{Bound, Device},
    io::{poll::read_poll_timeout, Io as _},
    new_mutex,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{Atomic, Relaxed},
        Arc, Mutex,
    },
    time::Delta,
    workqueue::{self, impl_has_work, new_work, Work, WorkItem},
};

/// How long the controller may take to abort a command.
const ABORT_LIMIT: Delta = Delta::from_secs(2);
/// How long it may take to shut down.
const SHUTDOWN_LIMIT: Delta = Delta::from_secs(5);

#[pin_data]
pub(crate) struct Controller {
    dev: ARef<Device>,
    instance: Instance,
    pub(crate) regs: Arc<Regs>,
    pub(crate) identity: Identity,
    admin: Arc<Admin>,
    queues: Arc<Queues>,
    tag_set: Arc<TagSet<Io>>,
    #[pin]
    state: Mutex<State>,
    #[pin]
    reset: Work<Controller>,
}

struct State {
    life: Life,
    disks: KVec<Disk>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Live,
    /// It does not answer, or is gone.
    Dead,
    /// The driver lets it go.
    Removed,
}

impl_has_work! {
    impl HasWork<Self> for Controller { self.reset }
}

/// Waits until a shutdown, or becoming ready or not, has come about.
fn wait_for(regs: &Regs, limit: Delta, done: impl Fn(regs::CSTS) -> bool) -> Result {
    let status = read_poll_timeout(
        || regs.with(|bar| bar.read(regs::CSTS)),
        // All ones are what one reads where no device is.
        |status| status.into_raw() == u32::MAX || done(*status),
        Delta::from_micros(100),
        limit,
    )?;
    if status.into_raw() == u32::MAX {
        return Err(ENODEV);
    }
    Ok(())
}

/// How long the controller may take to become ready, or not ready.
fn ready_limit(regs: &Regs) -> Result<Delta> {
    let units: u32 = regs.with(|bar| bar.read(regs::CAP).timeout().into())?;
    Ok(Delta::from_millis(500 * (i64::from(units) + 1)))
}

/// Switches the controller off: it does not touch memory after this.
pub(crate) fn disable(regs: &Regs) -> Result {
    regs.with(|bar| bar.write_reg(regs::CC::zeroed()))?;
    wait_for(regs, ready_limit(regs)?, |status| status.ready() == 0_u32)
}

/// Switches the controller on, which must be off, with its admin queue.
pub(crate) fn enable(regs: &Regs, admin: &Admin) -> Result {
    admin.announce()?;
    regs.with(|bar| {
        let on = regs::CC::zeroed().with_const_completion_entry::<4>().with_const_submission_entry::<6>();
        bar.write_reg(on.with_enable(true));
    })?;
    wait_for(regs, ready_limit(regs)?, |status| status.ready() == 1_u32)
}

/// How many I/O queues the controller lets us have, of `wanted`.
pub(crate) fn set_queue_count(admin: &Admin, wanted: u16) -> Result<u16> {
    let mut command = Command::new(op::SET_FEATURES, 0);
    let count = u64::from(wanted - 1);
    command.set_word10(u64::from(op::NUMBER_OF_QUEUES) | (count | count << 16) << 32);
    let granted = admin.run(command, admin::LIMIT)?;
    // Both numbers are one less than what they stand for.
    let (submission, completion) = (granted as u16, (granted >> 16) as u16);
    Ok(submission.min(completion).min(wanted - 1) + 1)
}

impl Controller {
    pub(crate) fn new<'a>(
        dev: &'a Device<Bound>,
        regs: Arc<Regs>,
        identity: Identity,
        admin: Arc<Admin>,
        queues: Arc<Queues>,
        tag_set: Arc<TagSet<Io>>,
    ) -> Result<impl PinInit<Self, Error> + 'a> {
        Ok(try_pin_init!(Self {
            dev: dev.into(),
            instance: Instance::acquire()?,
            regs,
            identity,
            admin,
            queues,
            tag_set,
            state <- new_mutex!(State { life: Life::Live, disks: KVec::new() }),
            reset <- new_work!("nvme reset"),
        }))
    }

    /// Says what the controller is.
    pub(crate) fn describe(&self) {
        let (model, serial, firmware) = (self.identity.model(), self.identity.serial(), self.identity.firmware());
        let (queues, polled) = (self.queues.list.len(), self.queues.polled);
        dev_info!(self.dev, "{model}, serial {serial}, firmware {firmware}: {queues} queues, {polled} polled\n");
    }

    /// How it is, in a word.
    pub(crate) fn state_name(&self) -> &'static str {
        // Whoever resets it has the lock.
        match self.state.try_lock().map(|state| state.life) {
            Some(Life::Live) => "live",
            Some(Life::Dead) => "dead",
            Some(Life::Removed) => "deleting",
            None => "resetting",
        }
    }

    /// Says that there will be no disk for a namespace.
    pub(crate) fn refuse(&self, namespace: u32) {
        dev_warn!(self.dev, "namespace {namespace}: neither 512 to 4096 bytes a block, or metadata\n");
    }

    /// Tells the controller, which was just enabled, of the I/O queues.
    pub(crate) fn create_queues(&self) -> Result {
        let shadows = &self.queues.shadows;
        shadows.reset();
        if self.identity.has_shadow_doorbells() {
            let mut command = Command::new(op::SHADOW_DOORBELLS, 0);
            let (values, events) = shadows.dma_addresses();
            command.set_data(values, events);
            match self.admin.run(command, admin::LIMIT) {
                Ok(_) => shadows.enable(),
                // It goes without. A controller that does not answer does not do what follows either.
                Err(err) => dev_warn!(self.dev, "no shadow doorbells: {err:?}\n"),
            }
        }
        let tags = u64::from(self.queues.tags);
        for queue in &self.queues.list {
            let id = queue.id;
            let (submissions, completions) = queue.dma_addresses();
            let size = u64::from(id) | tags << 16;
            // Contiguous, with interrupts or without.
            let flags = queue.vector.map_or(0b01, |vector| 0b11 | u64::from(vector) << 16);

            let mut command = Command::new(op::CREATE_CQ, 0);
            command.set_data(completions, 0);
            command.set_word10(size | flags << 32);
            self.admin.run(command, admin::LIMIT)?;

            let mut command = Command::new(op::CREATE_SQ, 0);
            command.set_data(submissions, 0);
            command.set_word10(size | (0b01 | u64::from(id) << 16) << 32);
            self.admin.run(command, admin::LIMIT)?;
        }
        Ok(())
    }

    /// Makes disks of all namespaces.
    pub(crate) fn add_namespaces(this: &Arc<Self>, dev: &Device<Bound>) -> Result {
        let found = namespace::find(this, &this.admin)?;
        for (namespace, limits) in found {
            let disk = namespace::add(dev, this.instance.0, namespace, limits, this.tag_set.clone())?;
            this.state.lock().disks.push(disk, GFP_KERNEL)?;
        }
        Ok(())
    }

    /// Has a command that is late aborted.
    pub(crate) fn abort(&self, queue: u16, tag: u16) -> Result {
        let mut abort = Command::new(op::ABORT, 0);
        abort.set_word10(u64::from(queue) | u64::from(tag) << 16);
        self.admin.run(abort, ABORT_LIMIT)?;
        dev_warn!(self.dev, "queue {queue}: command {tag} is late: aborted\n");
        Ok(())
    }

    /// Has the controller reset, soon.
    pub(crate) fn reset(this: &Arc<Self>) {
        // If it is enqueued already, a reset is coming.
        if workqueue::system_long().enqueue(this.clone()).is_ok() {
            dev_warn!(this.dev, "commands are late: the controller is reset\n");
        }
    }

    /// Switches the controller off and on, and has all commands done again.
    fn restart(&self) -> Result {
        self.admin.kill();
        disable(&self.regs)?;
        for queue in &self.queues.list {
            queue.reset();
        }
        enable(&self.regs, &self.admin)?;
        let wanted = self.queues.list.len() as u16;
        if set_queue_count(&self.admin, wanted)? < wanted {
            return Err(ENODEV);
        }
        self.create_queues()
    }

    /// Fails all requests, now and later. The disks are quiesced.
    fn fail_all(&self) {
        self.admin.kill();
        self.queues.list.iter().for_each(|queue| queue.kill());
    }

    /// Whether the device is there, and on.
    pub(crate) fn is_on(&self) -> bool {
        let on = |status: regs::CSTS| status.into_raw() != u32::MAX && status.ready() == 1_u32;
        self.regs.with(|bar| bar.read(regs::CSTS)).is_ok_and(on)
    }

    /// Removes the disks, and shuts the controller down if it is still there.
    pub(crate) fn remove(&self) {
        let mut state = self.state.lock();
        let dead = state.life == Life::Dead || !self.is_on();
        state.life = Life::Removed;
        let disks = core::mem::take(&mut state.disks);
        // Whoever is about to reset the controller needs the lock, and finds that there is no need.
        drop(state);

        if dead {
            self.tag_set.quiesce();
            self.fail_all();
            self.tag_set.unquiesce();
        }
        // Waits for the requests that are under way.
        drop(disks);
        if !dead && self.shut_down().is_err() {
            dev_warn!(self.dev, "the controller does not shut down\n");
        }
    }

    /// Lets the controller bring everything to where it is safe, and switches it off.
    fn shut_down(&self) -> Result {
        for queue in &self.queues.list {
            for opcode in [op::DELETE_SQ, op::DELETE_CQ] {
                let mut command = Command::new(opcode, 0);
                command.set_word10(queue.id.into());
                self.admin.run(command, admin::LIMIT)?;
            }
        }
        self.regs.with(|bar| {
            let config = bar.read(regs::CC);
            bar.write_reg(config.with_const_shutdown::<1>());
        })?;
        wait_for(&self.regs, SHUTDOWN_LIMIT, |status| status.shutdown() == 2_u32)?;
        disable(&self.regs)
    }
}

impl WorkItem for Controller {
    type Pointer = Arc<Controller>;

    fn run(this: Arc<Controller>) {
        let mut state = this.state.lock();
        this.tag_set.quiesce();
        // While the disks are being removed, nothing is worth doing again.
        let result = match state.life {
            // What ailed the controller may have ended only while the first try waited for it.
            Life::Live => this.restart().or_else(|_| this.restart()),
            _ => disable(&this.regs).and(Err(ENODEV)),
        };
        if let Err(err) = result {
            this.fail_all();
            if state.life == Life::Live {
                dev_err!(this.dev, "the controller does not come back: {err:?}\n");
                state.life = Life::Dead;
            }
        }
        this.tag_set.unquiesce();
    }
}

/// A number that no other controller has at the time: one of the first 64.
struct Instance(u32);

static INSTANCES: Atomic<u64> = Atomic::new(0);

impl Instance {
    fn acquire() -> Result<Self> {
        let mut taken = INSTANCES.load(Relaxed);
        loop {
            let free = taken.trailing_ones();
            if free == u64::BITS {
                return Err(ENOSPC);
            }
            match INSTANCES.cmpxchg(taken, taken | 1 << free, Relaxed) {
                Ok(_) => return Ok(Self(free)),
                Err(now) => taken = now,
            }
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let mut taken = INSTANCES.load(Relaxed);
        while let Err(now) = INSTANCES.cmpxchg(taken, taken & !(1 << self.0), Relaxed) {
            taken = now;
        }
    }
}
