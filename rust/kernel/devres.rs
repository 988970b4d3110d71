// SPDX-License-Identifier: GPL-2.0

//! Device resources: what is released when the device is unbound from its driver.
//!
//! C header: [`include/linux/device/devres.h`](srctree/include/linux/device/devres.h)
//!
//! [`Devres`] holds a resource that anyone may keep a handle of, and that nobody can reach once the device is unbound.
//! [`register`] hands a value to the device for good. All kernels have the C side; nothing here depends on how devres
//! works inside, only on `devres_alloc`, `devres_add`, `devres_find` and `devres_destroy`.
//!
//! # Examples
//!
//! A register window that outlives its driver's binding to the device, in the hands of a debugfs file, say:
//!
//! ```
//! use kernel::{device::{Bound, Device}, devres::Devres, prelude::*, sync::Arc};
//!
//! struct Window(u32);
//!
//! fn share(dev: &Device<Bound>) -> Result<Arc<Devres<Window>>> {
//!     let window = Arc::new(Devres::new(dev, Window(7))?, GFP_KERNEL)?;
//!     // With the bound device at hand, there is no question whether the resource is still there …
//!     assert_eq!(window.access(dev)?.0, 7);
//!     // … and without it, one asks.
//!     assert_eq!(window.try_access_with(|w| w.0), Some(7));
//!     Ok(window)
//! }
//! ```

use crate::{
    alloc::Flags,
    device::{Bound, Device, DeviceContext},
    prelude::*,
    revocable::{Revocable, RevocableGuard},
    sync::{aref::ARef, rcu, Arc, Completion},
    types::{CovariantForLt, ForLt, ForeignOwnable},
};
use core::ops::Deref;

/// An entry in a device's list of resources.
///
/// One C release function serves all of them, so that an entry is found by its data alone: the address of a generic
/// function is no identity.
pub(crate) struct Node {
    data: *mut c_void,
    release: unsafe fn(*mut c_void),
}

impl Node {
    /// Adds an entry: `release` is called with `data` when `dev` is unbound, in reverse order of addition.
    ///
    /// # Safety
    ///
    /// It is sound to call `release` with `data` once, at any time until `dev` is unbound.
    pub(crate) unsafe fn add<Ctx: DeviceContext>(
        dev: &Device<Ctx>,
        data: *mut c_void,
        release: unsafe fn(*mut c_void),
        flags: Flags,
    ) -> Result {
        // SAFETY: `release_node` expects what is allocated here: a `Node`.
        let node = unsafe { bindings::devres_alloc(Some(release_node), size_of::<Node>(), flags.as_raw()) };
        let node = core::ptr::NonNull::new(node).ok_or(ENOMEM)?;
        // SAFETY: The memory is as large as a `Node`, aligned for any type, and ours.
        unsafe { node.cast().write(Node { data, release }) };
        // SAFETY: `dev` is valid; `node` came from `devres_alloc` and is on no list.
        unsafe { bindings::devres_add(dev.as_raw(), node.as_ptr()) };
        Ok(())
    }

    /// Takes the entry for `data` off, without releasing it. Returns whether it was there.
    pub(crate) fn remove(dev: &Device, data: *mut c_void) -> bool {
        // SAFETY: `dev` is valid; `match_node` is only called for entries with `release_node`, which are `Node`s.
        let ret = unsafe { bindings::devres_destroy(dev.as_raw(), Some(release_node), Some(match_node), data) };
        ret == 0
    }

    /// Makes the entry for `data` one for `new`, which is released in its place. Returns whether there is such an entry.
    ///
    /// # Safety
    ///
    /// As for [`Self::add`], with `new`; and no one releases or changes the entry meanwhile.
    pub(crate) unsafe fn replace<Ctx: DeviceContext>(
        dev: &Device<Ctx>,
        data: *mut c_void,
        new: *mut c_void,
        release: unsafe fn(*mut c_void),
    ) -> bool {
        // SAFETY: `dev` is valid; `match_node` is only called for entries with `release_node`, which are `Node`s.
        let node = unsafe { bindings::devres_find(dev.as_raw(), Some(release_node), Some(match_node), data) };
        // SAFETY: `node` is null or a `Node`, which nobody else touches.
        let Some(node) = (unsafe { node.cast::<Node>().as_mut() }) else {
            return false;
        };
        *node = Node { data: new, release };
        true
    }
}

unsafe extern "C" fn release_node(_dev: *mut bindings::device, res: *mut c_void) {
    // SAFETY: The core calls this with what `Node::add` allocated and wrote.
    let node = unsafe { &*res.cast::<Node>() };
    // SAFETY: By the requirements of `Node::add`; the core releases an entry once.
    unsafe { (node.release)(node.data) };
}

unsafe extern "C" fn match_node(_dev: *mut bindings::device, res: *mut c_void, data: *mut c_void) -> c_int {
    // SAFETY: The core calls this with what `Node::add` allocated and wrote.
    let node = unsafe { &*res.cast::<Node>() };
    (node.data == data).into()
}

#[pin_data]
struct Inner<T> {
    #[pin]
    data: Revocable<T>,
    /// Completed when `data` has been dropped, for the other of [`Devres::drop`] and [`Devres::release`] to wait for.
    #[pin]
    dropped: Completion,
}

/// A resource of a device, dropped when the device is unbound or the `Devres` is dropped, whichever is first.
///
/// # Invariants
///
/// While the device is bound, `inner.data` has not been revoked, unless this is being dropped.
pub struct Devres<T: Send + 'static> {
    dev: ARef<Device>,
    inner: Arc<Inner<T>>,
}

impl<T: Send + 'static> Devres<T> {
    /// Makes `data` a resource of `dev`.
    pub fn new<E>(dev: &Device<Bound>, data: impl PinInit<T, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        let inner = Arc::pin_init::<Error>(
            try_pin_init!(Inner {
                data <- Revocable::new(data),
                dropped <- Completion::new(),
            }),
            GFP_KERNEL,
        )?;

        let node = Arc::into_raw(inner.clone());
        // SAFETY: `release` takes over the reference in `node`.
        let added = unsafe { Node::add(dev, node.cast_mut().cast(), Self::release, GFP_KERNEL) };
        if let Err(err) = added {
            // SAFETY: The reference was not handed over.
            drop(unsafe { Arc::from_raw(node) });
            return Err(err);
        }

        // INVARIANT: `data` is revoked by `release`, when the device is unbound, and by `drop`.
        Ok(Self { dev: dev.into(), inner })
    }

    /// Called when the device is unbound.
    ///
    /// # Safety
    ///
    /// `inner` is a reference from [`Arc::into_raw`], which passes to this function.
    unsafe fn release(inner: *mut c_void) {
        // SAFETY: By the requirements of this function.
        let inner = unsafe { Arc::from_raw(inner.cast::<Inner<T>>()) };

        if inner.data.revoke() {
            inner.dropped.complete_all();
        } else {
            // `Devres::drop` was first; the resource must be gone before the device is unbound.
            inner.dropped.wait_for_completion();
        }
    }

    /// The device that the resource belongs to.
    pub fn device(&self) -> &Device {
        &self.dev
    }

    /// The resource, without a check that costs anything later: `dev` proves that it is bound.
    ///
    /// Fails with `EINVAL` for another device than the resource's, and with `ENXIO` for one that is just being unbound.
    pub fn access<'a>(&'a self, dev: &'a Device<Bound>) -> Result<&'a T> {
        if self.dev.as_raw() != dev.as_raw() {
            return Err(EINVAL);
        }
        // Driver data is dropped after the device's resources are gone, and may hold a `Device<Bound>`.
        self.try_access_with_guard(&rcu::read_lock()).ok_or(ENXIO)?;
        // SAFETY: The device is bound, and stays so for `'a`; hence the data, which was there just now, is not revoked.
        Ok(unsafe { self.inner.data.access() })
    }

    /// The resource, unless the device has been unbound. The guard must not be held across anything that sleeps.
    pub fn try_access(&self) -> Option<RevocableGuard<'_, T>> {
        self.inner.data.try_access()
    }

    /// Calls `f` with the resource, unless the device has been unbound. `f` must not sleep.
    #[inline(always)]
    pub fn try_access_with<R, F: FnOnce(&T) -> R>(&self, f: F) -> Option<R> {
        self.inner.data.try_access_with(f)
    }

    /// The resource, unless the device has been unbound, for as long as `guard` lives.
    pub fn try_access_with_guard<'a>(&'a self, guard: &'a rcu::Guard) -> Option<&'a T> {
        self.inner.data.try_access_with_guard(guard)
    }
}

// SAFETY: `Devres` may be dropped from any thread, as `T` may.
unsafe impl<T: Send> Send for Devres<T> {}
// SAFETY: `&Devres` gives no more than `&T`.
unsafe impl<T: Send + Sync> Sync for Devres<T> {}

impl<T: Send + 'static> Drop for Devres<T> {
    fn drop(&mut self) {
        // SAFETY: Who borrows the data borrows `self` too, hence nobody does.
        if unsafe { self.inner.data.revoke_nosync() } {
            self.inner.dropped.complete_all();

            let node = Arc::as_ptr(&self.inner);
            if Node::remove(&self.dev, node.cast_mut().cast()) {
                // SAFETY: The entry is gone without having been released, and with it the owner of this reference.
                drop(unsafe { Arc::from_raw(node) });
            }
        } else {
            // What the resource refers to may be gone when this returns; and so must the resource.
            self.inner.dropped.wait_for_completion();
        }
    }
}

/// Access to a resource of a [`DevresLt`].
pub struct DevresGuard<'a, F: CovariantForLt>(RevocableGuard<'a, F::Of<'static>>);

impl<'a, F: CovariantForLt> Deref for DevresGuard<'a, F> {
    type Target = F::Of<'a>;

    fn deref(&self) -> &Self::Target {
        F::cast_ref(&*self.0)
    }
}

/// A [`Devres`] whose resource borrows from the bound device.
///
/// The resource's type is named by a [`ForLt`]: `F::Of<'a>` borrows for `'a`. It is lent out with the lifetime that the
/// caller can prove, never with the one that it was made with.
pub struct DevresLt<F: ForLt>(Devres<F::Of<'static>>)
where
    for<'a> F::Of<'a>: Send;

impl<F: ForLt> DevresLt<F>
where
    for<'a> F::Of<'a>: Send,
{
    /// Makes `data` a resource of `dev`.
    ///
    /// # Safety
    ///
    /// All that `data` borrows lives until `dev` has been unbound and the resource has been dropped.
    pub unsafe fn new<'a, E>(dev: &'a Device<Bound>, data: impl PinInit<F::Of<'a>, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        let init = move |slot: *mut F::Of<'static>| {
            // SAFETY: Lifetimes have no part in the layout; the rest is as the caller of the closure guarantees.
            unsafe { data.__pinned_init(slot.cast::<F::Of<'a>>()) }
        };
        // SAFETY: `init` initialises the slot or fails. The longer lifetime is never handed out.
        let init = unsafe { pin_init::pin_init_from_closure::<F::Of<'static>, E>(init) };
        Ok(Self(Devres::new(dev, init)?))
    }

    /// The device that the resource belongs to.
    pub fn device(&self) -> &Device {
        self.0.device()
    }

    /// Calls `f` with the resource. Fails as [`Devres::access`] does.
    pub fn access_with<R, G>(&self, dev: &Device<Bound>, f: G) -> Result<R>
    where
        G: for<'a> FnOnce(&F::Of<'a>) -> R,
    {
        self.0.access(dev).map(f)
    }

    /// Calls `f` with the resource, unless the device has been unbound. `f` must not sleep.
    #[inline(always)]
    pub fn try_access_with<R, G>(&self, f: G) -> Option<R>
    where
        G: for<'a> FnOnce(&F::Of<'a>) -> R,
    {
        self.0.try_access_with(|data| f(data))
    }
}

impl<F: CovariantForLt> DevresLt<F>
where
    for<'a> F::Of<'a>: Send,
{
    /// The resource. Fails as [`Devres::access`] does.
    pub fn access<'a>(&'a self, dev: &'a Device<Bound>) -> Result<&'a F::Of<'a>> {
        self.0.access(dev).map(|data| F::cast_ref(data))
    }

    /// The resource, unless the device has been unbound. The guard must not be held across anything that sleeps.
    pub fn try_access(&self) -> Option<DevresGuard<'_, F>> {
        self.0.try_access().map(DevresGuard)
    }
}

/// Drops what [`register_foreign`] handed to a device.
///
/// # Safety
///
/// `data` came from `P::into_foreign`, and passes to this function.
unsafe fn drop_foreign<P: ForeignOwnable>(data: *mut c_void) {
    // SAFETY: By the requirements of this function.
    drop(unsafe { P::from_foreign(data) });
}

/// Hands an owning pointer to `dev`, which drops it when it is unbound.
fn register_foreign<P>(dev: &Device<Bound>, data: P, flags: Flags) -> Result
where
    P: ForeignOwnable + Send + 'static,
{
    let data = data.into_foreign();
    // SAFETY: `drop_foreign` takes over `data`, which may be dropped in any thread.
    let added = unsafe { Node::add(dev, data, drop_foreign::<P>, flags) };
    if added.is_err() {
        // SAFETY: The data was not handed over.
        unsafe { drop_foreign::<P>(data) };
    }
    added
}

/// Hands `data` to `dev`, which drops it when it is unbound.
///
/// # Examples
///
/// ```
/// use kernel::{device::{Bound, Device}, devres, prelude::*};
///
/// struct Led;
///
/// impl Drop for Led {
///     fn drop(&mut self) {
///         pr_info!("the device is gone, light off\n");
///     }
/// }
///
/// fn light(dev: &Device<Bound>) -> Result {
///     devres::register(dev, Led, GFP_KERNEL)
/// }
/// ```
pub fn register<T, E>(dev: &Device<Bound>, data: impl PinInit<T, E>, flags: Flags) -> Result
where
    T: Send + 'static,
    Error: From<E>,
{
    register_foreign(dev, KBox::pin_init(data, flags)?, flags)
}
