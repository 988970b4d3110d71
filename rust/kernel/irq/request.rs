// SPDX-License-Identifier: GPL-2.0

//! Requesting an interrupt, and handling it.
//!
//! C header: [`include/linux/interrupt.h`](srctree/include/linux/interrupt.h)

use super::Flags;
use crate::{
    device::{Bound, Device},
    devres,
    error::to_result,
    prelude::*,
    sync::Arc,
};
use core::{
    marker::PhantomPinned,
    sync::atomic::{AtomicBool, Ordering},
};

/// What a [`Handler`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum IrqReturn {
    /// The interrupt was not from this device.
    None = bindings::irqreturn_IRQ_NONE as u32,
    /// It was, and has been dealt with.
    Handled = bindings::irqreturn_IRQ_HANDLED as u32,
}

/// Handles an interrupt, in interrupt context.
pub trait Handler: Sync {
    /// Called for each interrupt. Must not sleep.
    fn handle(&self) -> IrqReturn;
}

/// A handler that is shared with other code.
impl<T: Handler + Send> Handler for Arc<T> {
    fn handle(&self) -> IrqReturn {
        T::handle(self)
    }
}

/// The right to request one of a device's interrupts while the device is bound.
///
/// # Invariants
///
/// `irq` is the number of an interrupt of `dev`.
pub struct IrqRequest<'a> {
    dev: &'a Device<Bound>,
    irq: u32,
    /// To be set when the interrupt must stay the device's beyond `'a`, until the device is unbound.
    keep: Option<&'a AtomicBool>,
}

impl<'a> IrqRequest<'a> {
    /// For bus abstractions.
    ///
    /// # Safety
    ///
    /// `irq` is the number of an interrupt of `dev`, for `'a`.
    pub(crate) unsafe fn new(dev: &'a Device<Bound>, irq: u32) -> Self {
        // INVARIANT: By the requirements of this function.
        Self { dev, irq, keep: None }
    }

    /// For buses whose interrupts can be freed while the device is bound: `keep` says that this one must not be.
    pub(crate) fn keeping(self, keep: &'a AtomicBool) -> Self {
        Self { keep: Some(keep), ..self }
    }

    /// The same request, for as long as the device is bound.
    ///
    /// # Safety
    ///
    /// The result is not used after the resources of the device were released.
    unsafe fn until_unbound(self) -> IrqRequest<'static> {
        if let Some(keep) = self.keep {
            keep.store(true, Ordering::Relaxed);
        }
        // SAFETY: By the requirements of this function, the device is bound while the result is used.
        let dev = unsafe { &*core::ptr::from_ref(self.dev) };
        // INVARIANT: The interrupt stays the device's.
        IrqRequest { dev, irq: self.irq, keep: None }
    }

    /// The interrupt's number.
    pub fn irq(&self) -> u32 {
        self.irq
    }

    fn synchronize(&self) {
        // SAFETY: The interrupt is a valid one; the methods that call this may sleep.
        unsafe { bindings::synchronize_irq(self.irq) };
    }
}

/// A handler that is called for a device's interrupt until this is dropped.
///
/// # Examples
///
/// ```
/// use kernel::{
///     irq::{Flags, Handler, IrqRequest, IrqReturn, Registration}, prelude::*, sync::atomic::{Atomic, Relaxed},
/// };
///
/// struct Counter(Atomic<u32>);
///
/// impl Handler for Counter {
///     fn handle(&self) -> IrqReturn {
///         self.0.fetch_add(1, Relaxed);
///         IrqReturn::Handled
///     }
/// }
///
/// fn count(request: IrqRequest<'_>) -> Result<Pin<KBox<Registration<'_, Counter>>>> {
///     // SAFETY: A box is dropped by its owner.
///     let counter = unsafe {
///         Registration::new(request, Flags::SHARED, c"counter", Ok(Counter(Atomic::new(0))))
///     };
///     let counter = KBox::pin_init(counter, GFP_KERNEL)?;
///     counter.synchronize();
///     pr_info!("{} so far\n", counter.handler().0.load(Relaxed));
///     Ok(counter)
/// }
/// ```
///
/// # Invariants
///
/// The interrupt is requested with `self` as the cookie.
#[pin_data(PinnedDrop)]
pub struct Registration<'a, T: Handler> {
    request: IrqRequest<'a>,

    #[pin]
    handler: T,

    /// C has a pointer to this.
    #[pin]
    _pin: PhantomPinned,
}

impl<'a, T: Handler> Registration<'a, T> {
    /// Requests the interrupt; `name` is what `/proc/interrupts` shows.
    ///
    /// # Safety
    ///
    /// The registration is dropped, not leaked, before `'a` ends.
    pub unsafe fn new(
        request: IrqRequest<'a>,
        flags: Flags,
        name: &'static CStr,
        handler: impl PinInit<T, Error> + 'a,
    ) -> impl PinInit<Self, Error> + 'a
    where
        T: 'a,
    {
        try_pin_init!(&this in Self {
            handler <- handler,
            _pin: {
                let cookie = this.as_ptr().cast::<c_void>();
                // SAFETY: The handler is initialised, and stays in place until `PinnedDrop` has freed the interrupt:
                // `self` is pinned, and by the requirements of this function, not leaked. The callbacks expect a
                // `Self`; all they use of it is the handler.
                to_result(unsafe {
                    bindings::request_irq(
                        request.irq,
                        Some(handle_irq_callback::<T>),
                        flags.into_inner(),
                        name.as_char_ptr(),
                        cookie,
                    )
                })?;
                PhantomPinned
            },
            request,
        })
    }

    /// The handler, which may be running meanwhile.
    pub fn handler(&self) -> &T {
        &self.handler
    }

    /// Waits until the handler does not run for an interrupt that happened before this call.
    pub fn synchronize(&self) {
        self.request.synchronize();
    }
}

#[pinned_drop]
impl<T: Handler> PinnedDrop for Registration<'_, T> {
    fn drop(self: Pin<&mut Self>) {
        let cookie = core::ptr::from_ref(&*self).cast_mut().cast::<c_void>();
        // SAFETY: By the type's invariant. This waits for a handler that is running.
        unsafe { bindings::free_irq(self.request.irq, cookie) };
    }
}

/// # Safety
///
/// `ptr` is the cookie of a [`Registration`] for `T`, whose handler is initialised.
unsafe extern "C" fn handle_irq_callback<T: Handler>(_irq: c_int, ptr: *mut c_void) -> c_uint {
    let registration = ptr.cast::<Registration<'_, T>>();
    // SAFETY: By the requirements of this function. Other fields may not be initialised yet.
    let handler = unsafe { &*core::ptr::addr_of!((*registration).handler) };
    T::handle(handler) as c_uint
}

/// What the part of a [`ThreadedHandler`] in interrupt context says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ThreadedIrqReturn {
    /// The interrupt was not from this device.
    None = bindings::irqreturn_IRQ_NONE as u32,
    /// It was, and has been dealt with.
    Handled = bindings::irqreturn_IRQ_HANDLED as u32,
    /// It was; the thread does the rest.
    WakeThread = bindings::irqreturn_IRQ_WAKE_THREAD as u32,
}

/// Handles an interrupt in a thread of its own, which may sleep.
pub trait ThreadedHandler: Sync {
    /// Called for each interrupt, in interrupt context. Must not sleep. Left out, it wakes the thread.
    fn handle(&self) -> ThreadedIrqReturn {
        ThreadedIrqReturn::WakeThread
    }

    /// Called in the thread.
    fn handle_threaded(&self) -> IrqReturn;
}

/// A handler that is shared with other code.
impl<T: ThreadedHandler + Send> ThreadedHandler for Arc<T> {
    fn handle(&self) -> ThreadedIrqReturn {
        T::handle(self)
    }

    fn handle_threaded(&self) -> IrqReturn {
        T::handle_threaded(self)
    }
}

/// A handler that is called for a device's interrupt, in part by a thread, until this is dropped.
///
/// # Examples
///
/// ```
/// use kernel::{
///     irq::{Flags, IrqRequest, IrqReturn, ThreadedHandler, ThreadedRegistration}, new_mutex, prelude::*, sync::Mutex,
/// };
///
/// #[pin_data]
/// struct Log {
///     #[pin]
///     lines: Mutex<KVec<u8>>,
/// }
///
/// impl ThreadedHandler for Log {
///     fn handle_threaded(&self) -> IrqReturn {
///         // Here one may sleep, hence allocate.
///         match self.lines.lock().push(b'!', GFP_KERNEL) {
///             Ok(()) => IrqReturn::Handled,
///             Err(_) => IrqReturn::None,
///         }
///     }
/// }
///
/// fn log(request: IrqRequest<'_>) -> Result<Pin<KBox<ThreadedRegistration<'_, Log>>>> {
///     let log = try_pin_init!(Log { lines <- new_mutex!(KVec::new()) }? Error);
///     // SAFETY: A box is dropped by its owner.
///     let log = unsafe { ThreadedRegistration::new(request, Flags::ONESHOT, c"log", log) };
///     KBox::pin_init(log, GFP_KERNEL)
/// }
/// ```
///
/// # Invariants
///
/// The interrupt is requested with `self` as the cookie.
#[pin_data(PinnedDrop)]
pub struct ThreadedRegistration<'a, T: ThreadedHandler> {
    request: IrqRequest<'a>,

    #[pin]
    handler: T,

    /// C has a pointer to this.
    #[pin]
    _pin: PhantomPinned,
}

impl<'a, T: ThreadedHandler> ThreadedRegistration<'a, T> {
    /// Requests the interrupt; `name` is what `/proc/interrupts` shows.
    ///
    /// # Safety
    ///
    /// The registration is dropped, not leaked, before `'a` ends.
    pub unsafe fn new(
        request: IrqRequest<'a>,
        flags: Flags,
        name: &'static CStr,
        handler: impl PinInit<T, Error> + 'a,
    ) -> impl PinInit<Self, Error> + 'a
    where
        T: 'a,
    {
        try_pin_init!(&this in Self {
            handler <- handler,
            _pin: {
                let cookie = this.as_ptr().cast::<c_void>();
                // SAFETY: The handler is initialised, and stays in place until `PinnedDrop` has freed the interrupt:
                // `self` is pinned, and by the requirements of this function, not leaked. The callbacks expect a
                // `Self`; all they use of it is the handler.
                to_result(unsafe {
                    bindings::request_threaded_irq(
                        request.irq,
                        Some(handle_threaded_irq_callback::<T>),
                        Some(thread_fn_callback::<T>),
                        flags.into_inner(),
                        name.as_char_ptr(),
                        cookie,
                    )
                })?;
                PhantomPinned
            },
            request,
        })
    }

    /// The handler, which may be running meanwhile.
    pub fn handler(&self) -> &T {
        &self.handler
    }

    /// Waits until the handler does not run for an interrupt that happened before this call.
    pub fn synchronize(&self) {
        self.request.synchronize();
    }
}

#[pinned_drop]
impl<T: ThreadedHandler> PinnedDrop for ThreadedRegistration<'_, T> {
    fn drop(self: Pin<&mut Self>) {
        let cookie = core::ptr::from_ref(&*self).cast_mut().cast::<c_void>();
        // SAFETY: By the type's invariant. This waits for a handler that is running.
        unsafe { bindings::free_irq(self.request.irq, cookie) };
    }
}

/// # Safety
///
/// `ptr` is the cookie of a [`ThreadedRegistration`] for `T`, whose handler is initialised.
unsafe extern "C" fn handle_threaded_irq_callback<T: ThreadedHandler>(_irq: c_int, ptr: *mut c_void) -> c_uint {
    let registration = ptr.cast::<ThreadedRegistration<'_, T>>();
    // SAFETY: By the requirements of this function. Other fields may not be initialised yet.
    let handler = unsafe { &*core::ptr::addr_of!((*registration).handler) };
    T::handle(handler) as c_uint
}

/// # Safety
///
/// `ptr` is the cookie of a [`ThreadedRegistration`] for `T`, whose handler is initialised.
unsafe extern "C" fn thread_fn_callback<T: ThreadedHandler>(_irq: c_int, ptr: *mut c_void) -> c_uint {
    let registration = ptr.cast::<ThreadedRegistration<'_, T>>();
    // SAFETY: By the requirements of this function. Other fields may not be initialised yet.
    let handler = unsafe { &*core::ptr::addr_of!((*registration).handler) };
    T::handle_threaded(handler) as c_uint
}

/// The same initialiser, with the error that registrations have.
fn with_error<T, E>(init: impl PinInit<T, E>) -> impl PinInit<T, Error>
where
    Error: From<E>,
{
    // SAFETY: `init` does what is asked of this closure.
    unsafe { pin_init::pin_init_from_closure(move |slot| init.__pinned_init(slot).map_err(Error::from)) }
}

/// Hands a handler to the request's device, which frees the interrupt and drops the handler when it is unbound.
///
/// Beyond mainline: without `unsafe`, as there is nothing that could be leaked.
///
/// # Examples
///
/// ```
/// use kernel::{device::Bound, irq, pci, prelude::*, sync::{atomic::{Atomic, Relaxed}, Arc}};
///
/// struct Counter(Atomic<u32>);
///
/// impl irq::Handler for Counter {
///     fn handle(&self) -> irq::IrqReturn {
///         self.0.fetch_add(1, Relaxed);
///         irq::IrqReturn::Handled
///     }
/// }
///
/// fn count(dev: &pci::Device<Bound>) -> Result<Arc<Counter>> {
///     let counter = Arc::new(Counter(Atomic::new(0)), GFP_KERNEL)?;
///     let vectors = dev.alloc_irq_vectors(1, 1, pci::IrqTypes::all())?;
///     // The device keeps the vector, too.
///     irq::register(vectors.index(0)?.into(), irq::Flags::SHARED, c"counter", counter.clone())?;
///     Ok(counter)
/// }
/// ```
pub fn register<T: Handler + Send + 'static, E: 'static>(
    request: IrqRequest<'_>,
    flags: Flags,
    name: &'static CStr,
    handler: impl PinInit<T, E> + 'static,
) -> Result
where
    Error: From<E>,
{
    let dev = request.dev;
    let handler = with_error(handler);
    // SAFETY: The registration becomes a resource of the device, and is dropped with the others.
    let registration = unsafe { Registration::new(request.until_unbound(), flags, name, handler) };
    devres::register::<_, Error>(dev, registration, GFP_KERNEL)
}

/// As [`register`], for a [`ThreadedHandler`]. Beyond mainline.
pub fn register_threaded<T: ThreadedHandler + Send + 'static, E: 'static>(
    request: IrqRequest<'_>,
    flags: Flags,
    name: &'static CStr,
    handler: impl PinInit<T, E> + 'static,
) -> Result
where
    Error: From<E>,
{
    let dev = request.dev;
    let handler = with_error(handler);
    // SAFETY: The registration becomes a resource of the device, and is dropped with the others.
    let registration = unsafe { ThreadedRegistration::new(request.until_unbound(), flags, name, handler) };
    devres::register::<_, Error>(dev, registration, GFP_KERNEL)
}
