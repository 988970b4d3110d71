// SPDX-License-Identifier: GPL-2.0
//! One operation at a time: start it, sleep, be woken by the interrupt that ends it.
//!
//! The DMA buffer belongs to the device from the start of a transfer to its interrupt, whoever is still waiting for it: a process
//! that is killed meanwhile leaves the engine busy, and nobody touches the buffer until the interrupt has come.
use crate::regs;
use kernel::{
    device::Core,
    devres::Devres,
    dma::Coherent,
    io::Io,
    irq::{IrqReturn, ThreadedHandler},
    new_condvar, new_mutex, pci,
    prelude::*,
    sync::{CondVar, CondVarTimeoutResult, Mutex, MutexGuard},
    time::msecs_to_jiffies,
};

pub(crate) type Bar0<'a> = pci::Bar<'a, { regs::END }>;
type DevresBar0 = pci::DevresBar<{ regs::END }>;

/// How long nothing may end before the device counts as dead. It takes a tenth of a second for a transfer, and an emulated
/// machine on a busy host many times that.
const LIMIT_MS: u32 = 10_000;

#[pin_data]
pub(crate) struct Engine {
    bar: DevresBar0,
    buffer: Devres<Coherent<[u8]>>,
    #[pin]
    state: Mutex<State>,
    #[pin]
    changed: CondVar,
}

#[derive(Default)]
struct State {
    /// The device is at work, or its result has not been fetched.
    busy: bool,
    /// Who started the operation waits for its end, and will fetch the result.
    awaited: bool,
    /// How many operations have ended.
    ended: u64,
    /// The device sleeps, or is about to: start nothing yet.
    asleep: bool,
    /// What [`Engine::alive`] was before the device slept.
    alive: u32,
    /// The device is being taken away: start nothing.
    gone: bool,
}

/// Checks that an edu device answers and returns its version.
pub(crate) fn identify(bar: &Bar0<'_>) -> Result<(u32, u32)> {
    const PROBE: u32 = 0x1234_5678;
    let identity = bar.read(regs::IDENTITY);
    bar.write_reg(regs::LIVENESS::zeroed().with_value(PROBE));
    if identity.mark() != 0xed_u32 || bar.read(regs::LIVENESS).into_raw() != !PROBE {
        return Err(ENODEV);
    }
    Ok((identity.major().into(), identity.minor().into()))
}

impl Engine {
    pub(crate) fn new<'a>(pdev: &'a pci::Device<Core<'_>>, bar: DevresBar0) -> Result<impl PinInit<Self, Error> + 'a> {
        let memory = Coherent::zeroed_slice(pdev.as_ref(), regs::MEMORY_SIZE, GFP_KERNEL)?;
        let buffer = Devres::new(pdev.as_ref(), memory)?;
        Ok(try_pin_init!(Self {
            bar,
            buffer,
            state <- new_mutex!(State::default()),
            changed <- new_condvar!(),
        }))
    }

    /// The device's version.
    ///
    /// # Errors
    /// `ENXIO` when the device is gone.
    pub(crate) fn version(&self) -> Result<(u32, u32)> {
        let identity = self.with_bar(|bar| bar.read(regs::IDENTITY))?;
        Ok((identity.major().into(), identity.minor().into()))
    }

    /// The complement of what was last given to [`Engine::prove_alive`].
    ///
    /// # Errors
    /// `ENXIO` when the device is gone.
    pub(crate) fn alive(&self) -> Result<u32> {
        self.with_bar(|bar| bar.read(regs::LIVENESS).into_raw())
    }

    /// Asks the device for the complement of `value`.
    ///
    /// # Errors
    /// `ENXIO` when the device is gone.
    pub(crate) fn prove_alive(&self, value: u32) -> Result {
        self.with_bar(|bar| bar.write_reg(regs::LIVENESS::zeroed().with_value(value)))
    }

    /// How many operations have ended.
    pub(crate) fn operations(&self) -> u64 {
        self.state.lock().ended
    }

    /// The factorial of `n`, modulo 2³², computed by the device.
    ///
    /// # Errors
    /// `ENXIO` when the device is gone, `EINTR` on a signal, `ETIMEDOUT`.
    pub(crate) fn factorial(&self, n: u32) -> Result<u32> {
        let state = self.acquire()?;
        let state = self.run(state, |bar| {
            bar.write_reg(regs::STATUS::zeroed().with_raise_interrupt(true));
            bar.write_reg(regs::FACTORIAL::zeroed().with_value(n));
        })?;
        let result = self.with_bar(|bar| bar.read(regs::FACTORIAL).into_raw());
        drop(state);
        result
    }

    /// Moves `data` to `offset` in the device's memory by DMA.
    ///
    /// # Errors
    /// `EINVAL` when it does not fit; those of [`Engine::factorial`].
    pub(crate) fn write(&self, offset: usize, data: &[u8]) -> Result {
        check(offset, data.len())?;
        let state = self.acquire()?;
        let source = self.with_buffer(|buffer| {
            kernel::io::io_project!(buffer, [try: ..data.len()]).copy_from_slice(data);
            Ok::<_, Error>(buffer.dma_address())
        })??;
        self.transfer(state, source, regs::MEMORY + offset as u64, data.len(), false).map(drop)
    }

    /// Moves the bytes at `offset` in the device's memory to `data` by DMA.
    ///
    /// # Errors
    /// Those of [`Engine::write`].
    pub(crate) fn read(&self, offset: usize, data: &mut [u8]) -> Result {
        check(offset, data.len())?;
        let state = self.acquire()?;
        let destination = self.with_buffer(|buffer| buffer.dma_address())?;
        let state = self.transfer(state, regs::MEMORY + offset as u64, destination, data.len(), true)?;
        self.with_buffer(|buffer| {
            kernel::io::io_project!(buffer, [try: ..data.len()]).copy_to_slice(data);
            Ok::<_, Error>(())
        })??;
        drop(state);
        Ok(())
    }

    /// Lets nobody start anything more and waits for what is running.
    ///
    /// # Errors
    /// `ETIMEDOUT` when the device does not end it.
    pub(crate) fn stop(&self) -> Result {
        let mut state = self.state.lock();
        state.gone = true;
        self.changed.notify_all();
        self.wait(&mut state, |state| !state.busy)
    }

    /// Waits for what is running, lets nobody start anything until [`Engine::wake`], and keeps what the device would forget.
    ///
    /// # Errors
    /// `ETIMEDOUT` when the device does not end it: it stays awake.
    pub(crate) fn sleep(&self) -> Result {
        let mut state = self.state.lock();
        state.asleep = true;
        let slept = self.wait(&mut state, |state| !state.busy).and_then(|()| self.alive());
        state.asleep = slept.is_ok();
        state.alive = !slept?;
        Ok(())
    }

    /// Ends what [`Engine::sleep`] began.
    ///
    /// # Errors
    /// `ENODEV` when it is not the device that wakes.
    pub(crate) fn wake(&self) -> Result {
        let mut state = self.state.lock();
        self.with_bar(identify)??;
        self.prove_alive(state.alive)?;
        state.asleep = false;
        self.changed.notify_all();
        Ok(())
    }

    fn transfer<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        source: u64,
        destination: u64,
        length: usize,
        to_host: bool,
    ) -> Result<MutexGuard<'a, State>> {
        self.run(state, |bar| {
            bar.write_reg(regs::DMA_SOURCE::zeroed().with_address(source));
            bar.write_reg(regs::DMA_DESTINATION::zeroed().with_address(destination));
            bar.write_reg(regs::DMA_COUNT::zeroed().with_bytes(length as u64));
            let command = regs::DMA_COMMAND::zeroed().with_raise_interrupt(true).with_to_host(to_host);
            bar.write_reg(command.with_start(true));
        })
    }

    /// Waits for the device to be free.
    fn acquire(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state.lock();
        self.wait(&mut state, |state| state.gone || !(state.busy || state.asleep))?;
        if state.gone {
            return Err(ENXIO);
        }
        Ok(state)
    }

    /// Starts an operation on the free device and waits for its interrupt.
    fn run<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        start: impl FnOnce(&Bar0<'_>),
    ) -> Result<MutexGuard<'a, State>> {
        let number = state.ended;
        self.with_bar(start)?;
        state.busy = true;
        state.awaited = true;
        let waited = self.wait(&mut state, |state| state.ended > number);
        state.awaited = false;
        if state.ended > number {
            // Others may start as soon as the lock is released, with which the caller fetches the result.
            state.busy = false;
            self.changed.notify_all();
        }
        waited?;
        Ok(state)
    }

    /// Waits until `done`, for as long as the device keeps ending operations: those of others, who may be many, included.
    fn wait(&self, state: &mut MutexGuard<'_, State>, done: impl Fn(&State) -> bool) -> Result {
        let limit = msecs_to_jiffies(LIMIT_MS);
        let (mut ended, mut left) = (state.ended, limit);
        while !done(state) {
            match self.changed.wait_interruptible_timeout(state, left) {
                CondVarTimeoutResult::Woken { jiffies } => left = jiffies,
                CondVarTimeoutResult::Timeout => left = 0,
                CondVarTimeoutResult::Signal { .. } => return Err(EINTR),
            }
            if state.ended != ended {
                (ended, left) = (state.ended, limit);
            } else if left == 0 && !done(state) {
                return Err(ETIMEDOUT);
            }
        }
        Ok(())
    }

    fn with_bar<R>(&self, f: impl FnOnce(&Bar0<'_>) -> R) -> Result<R> {
        self.bar.try_access_with(f).ok_or(ENXIO)
    }

    fn with_buffer<R>(&self, f: impl FnOnce(&Coherent<[u8]>) -> R) -> Result<R> {
        self.buffer.try_access_with(f).ok_or(ENXIO)
    }
}

/// The device ends the whole machine on an address that it does not have: nothing gets past here.
fn check(offset: usize, length: usize) -> Result {
    match offset.checked_add(length) {
        Some(end) if end <= regs::MEMORY_SIZE && length > 0 => Ok(()),
        _ => Err(EINVAL),
    }
}

impl ThreadedHandler for Engine {
    fn handle_threaded(&self) -> IrqReturn {
        let mut state = self.state.lock();
        let raised = self.with_bar(|bar| {
            let status = bar.read(regs::INTERRUPT_STATUS).into_raw();
            bar.write_reg(regs::INTERRUPT_ACKNOWLEDGE::zeroed().with_bits(status));
            status
        });
        match raised {
            Ok(status) if status != 0 => {
                state.ended += 1;
                state.busy = state.awaited;
                self.changed.notify_all();
                IrqReturn::Handled
            }
            _ => IrqReturn::None,
        }
    }
}
