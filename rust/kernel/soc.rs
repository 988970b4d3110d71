// SPDX-License-Identifier: GPL-2.0

//! The chip that the machine is made of, as user space sees it in `/sys/devices/soc*`.
//!
//! C header: [`include/linux/sys_soc.h`](srctree/include/linux/sys_soc.h)
//!
//! # Examples
//!
//! ```
//! # mod soc_doc {
//! # use kernel::prelude::*;
//! use kernel::{soc::{Attributes, Registration}, str::CString};
//!
//! fn register() -> Result<Pin<KBox<Registration>>> {
//!     let attributes = Attributes {
//!         machine: None,
//!         family: Some(CString::try_from(c"ACME")?),
//!         revision: Some(CString::try_from(c"2.0")?),
//!         serial_number: None,
//!         soc_id: Some(CString::try_from(c"ACME20")?),
//!     };
//!     KBox::pin_init(Registration::new(attributes), GFP_KERNEL)
//! }
//! # }
//! # Ok::<(), Error>(())
//! ```
//!
//! Only on kernels with `CONFIG_SOC_BUS`, which those for PCs lack.

use crate::{bindings, error::from_err_ptr, prelude::*, str::CString, types::Opaque};

/// What is known of the chip.
pub struct Attributes {
    /// The board, if it has a name.
    pub machine: Option<CString>,
    /// The family of chips.
    pub family: Option<CString>,
    /// The revision of the chip.
    pub revision: Option<CString>,
    /// The serial number of the chip.
    pub serial_number: Option<CString>,
    /// The chip within its family.
    pub soc_id: Option<CString>,
}

/// A registered chip. Dropping it takes it out of sysfs.
///
/// # Invariants
///
/// `soc_dev` was registered with `inner`, which points into `_attributes`.
#[pin_data(PinnedDrop)]
pub struct Registration {
    soc_dev: *mut bindings::soc_device,
    _attributes: Attributes,
    #[pin]
    inner: Opaque<bindings::soc_device_attribute>,
}

// SAFETY: `&self` gives no access.
unsafe impl Sync for Registration {}

// SAFETY: the chip may be taken away on any thread.
unsafe impl Send for Registration {}

#[pinned_drop]
impl PinnedDrop for Registration {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: the device is registered by the type invariant. Its strings are dropped after this.
        unsafe { bindings::soc_device_unregister(self.soc_dev) };
    }
}

impl Registration {
    /// Registers the chip.
    pub fn new(attr: Attributes) -> impl PinInit<Self, Error> {
        fn as_ptr(string: &Option<CString>) -> *const c_char {
            string.as_ref().map_or(core::ptr::null(), |string| string.as_char_ptr())
        }

        // The strings are allocations of their own, so they stay where they are when `attr` moves.
        let raw = bindings::soc_device_attribute {
            machine: as_ptr(&attr.machine),
            family: as_ptr(&attr.family),
            revision: as_ptr(&attr.revision),
            serial_number: as_ptr(&attr.serial_number),
            soc_id: as_ptr(&attr.soc_id),
            ..pin_init::zeroed()
        };

        try_pin_init!(Self {
            inner: Opaque::new(raw),
            _attributes: attr,
            // SAFETY: the attributes and their strings stay in place until the device is unregistered.
            soc_dev: from_err_ptr(unsafe { bindings::soc_device_register(inner.get()) })?,
        })
    }
}
