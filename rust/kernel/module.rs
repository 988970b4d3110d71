// SPDX-License-Identifier: GPL-2.0
//! What a kernel module is to Rust.
//!
//! C header: [`include/linux/module.h`](srctree/include/linux/module.h)
//!
//! All supported kernels have what this module needs. The macro [`module!`](macros::module) makes the C side of a
//! module.

use crate::{bindings, error::Result, str::CStr};

/// The type of a module: made when it is loaded, dropped when it is unloaded.
///
/// ```
/// struct Hello;
///
/// impl kernel::Module for Hello {
///     fn init(_module: &'static ThisModule) -> Result<Self> {
///         pr_info!("hello\n");
///         Ok(Hello)
///     }
/// }
///
/// impl Drop for Hello {
///     fn drop(&mut self) {
///         pr_info!("bye\n");
///     }
/// }
/// ```
pub trait Module: Sized + Sync + Send {
    /// Called when the module is loaded. An error refuses it.
    fn init(module: &'static ThisModule) -> Result<Self>;
}

/// A module that is initialised in place, because it is pinned.
pub trait InPlaceModule: Sync + Send {
    /// Called when the module is loaded. An error refuses it.
    fn init(module: &'static ThisModule) -> impl pin_init::PinInit<Self, crate::error::Error>;
}

impl<T: Module> InPlaceModule for T {
    fn init(module: &'static ThisModule) -> impl pin_init::PinInit<Self, crate::error::Error> {
        let init = move |slot: *mut Self| {
            let value = <Self as Module>::init(module)?;
            // SAFETY: `slot` is valid for writes, as it is given to an initialiser.
            unsafe { slot.write(value) };
            Ok(())
        };
        // SAFETY: On success the closure has written `slot`, on error it has not touched it; a value that could be
        // moved here may be pinned.
        unsafe { pin_init::pin_init_from_closure(init) }
    }
}

/// What [`module!`](macros::module) tells about the module that it makes.
pub trait ModuleMetadata {
    /// Its name.
    const NAME: &'static CStr;

    /// Its C side.
    const THIS_MODULE: ThisModule;
}

/// The C side of the module `M`, usually `crate::LocalModule`.
pub const fn this_module<M: ModuleMetadata>() -> &'static ThisModule {
    const { &M::THIS_MODULE }
}

/// C's `THIS_MODULE`: what keeps the code of this module loaded while C may call it.
///
/// The pointer is null for code that is built into the kernel.
pub struct ThisModule(*mut bindings::module);

// SAFETY: The pointer may be handed to C from any thread, and nothing else is done with it.
unsafe impl Sync for ThisModule {}

// SAFETY: As for `Sync`.
unsafe impl Send for ThisModule {}

impl ThisModule {
    /// Wraps the raw pointer.
    ///
    /// # Safety
    ///
    /// `ptr` is C's `THIS_MODULE` of the module that the caller is part of.
    pub const unsafe fn from_ptr(ptr: *mut bindings::module) -> ThisModule {
        ThisModule(ptr)
    }

    /// The raw pointer.
    pub const fn as_ptr(&self) -> *mut bindings::module {
        self.0
    }
}
