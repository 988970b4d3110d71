// SPDX-License-Identifier: GPL-2.0

//! Generic netlink: messages to user space, each with typed attributes.
//!
//! C header: [`include/net/genetlink.h`](srctree/include/net/genetlink.h)
//!
//! A [`Family`] is a static with a name, by which user space finds it, and groups to which listeners subscribe. A message
//! is built in a [`NetlinkSkBuff`], and sent to a group.
//!
//! # Examples
//!
//! ```
//! # mod netlink_doc {
//! # use kernel::prelude::*;
//! use kernel::net::netlink::{Family, MulticastGroup, NetlinkSkBuff, GENLMSG_DEFAULT_SIZE};
//!
//! static GROUPS: [MulticastGroup; 1] = [MulticastGroup::const_new(c"alarms")];
//!
//! pub static FAMILY: Family = Family::const_new(
//!     kernel::module::this_module::<kernel::LocalModule>(),
//!     b"kmod_doc",
//!     1,
//!     &GROUPS,
//! );
//!
//! /// Tells the temperature, as attribute 1 of command 1.
//! pub fn alarm(temperature: u32) -> Result {
//!     let mut message = NetlinkSkBuff::new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL)?.genlmsg_put(0, 0, &FAMILY, 1)?;
//!     message.put_u32(1, temperature)?;
//!     message.multicast(&FAMILY, 0, 0, GFP_KERNEL)
//! }
//! # }
//! # use netlink_doc::*;
//! let registration = FAMILY.register()?;
//! if FAMILY.has_listeners(0) {
//!     alarm(95)?;
//! }
//! drop(registration);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use crate::{
    alloc::{self, AllocError},
    bindings,
    error::{to_result, Result},
    prelude::*,
    types::Opaque,
    ThisModule,
};
use core::{mem::ManuallyDrop, ptr::NonNull};

/// How much fits into a message that takes up one page.
pub const GENLMSG_DEFAULT_SIZE: usize = bindings::GENLMSG_DEFAULT_SIZE as usize;

/// Room for a message.
///
/// # Invariants
///
/// The pointer is to a netlink `sk_buff` that is ours.
pub struct NetlinkSkBuff {
    skb: NonNull<bindings::sk_buff>,
}

impl NetlinkSkBuff {
    /// Room for attributes of `size` bytes.
    pub fn new(size: usize, flags: alloc::Flags) -> Result<NetlinkSkBuff, AllocError> {
        // SAFETY: `genlmsg_new` takes any size.
        let skb = unsafe { bindings::genlmsg_new(size, flags.as_raw()) };
        Ok(NetlinkSkBuff { skb: NonNull::new(skb).ok_or(AllocError)? })
    }

    /// Puts the header of a message in.
    pub fn genlmsg_put(self, portid: u32, seq: u32, family: &'static Family, cmd: u8) -> Result<GenlMsg, AllocError> {
        // SAFETY: the buffer is ours; C only reads from the family.
        let hdr = unsafe { bindings::genlmsg_put(self.skb.as_ptr(), portid, seq, family.as_raw(), 0, cmd) };
        Ok(GenlMsg { hdr: NonNull::new(hdr).ok_or(AllocError)?, skb: self })
    }
}

impl Drop for NetlinkSkBuff {
    fn drop(&mut self) {
        // SAFETY: the buffer is ours, and not used any more.
        unsafe { bindings::nlmsg_free(self.skb.as_ptr()) };
    }
}

/// A message that is being built.
///
/// # Invariants
///
/// `hdr` is the header of a message in `skb` that was not ended.
pub struct GenlMsg {
    hdr: NonNull<c_void>,
    skb: NetlinkSkBuff,
}

impl GenlMsg {
    /// Adds a number; [`EMSGSIZE`] if there is no room.
    pub fn put_u32(&mut self, attrtype: c_int, value: u32) -> Result {
        self.put(attrtype, &value.to_ne_bytes())
    }

    /// Adds a string; [`EMSGSIZE`] if there is no room.
    pub fn put_string(&mut self, attrtype: c_int, value: &CStr) -> Result {
        self.put(attrtype, value.to_bytes_with_nul())
    }

    /// Adds an attribute that says something by being there; [`EMSGSIZE`] if there is no room.
    pub fn put_flag(&mut self, attrtype: c_int) -> Result {
        self.put(attrtype, &[])
    }

    fn put(&mut self, attrtype: c_int, value: &[u8]) -> Result {
        let len = c_int::try_from(value.len())?;
        // SAFETY: the buffer is ours, and `value` valid for its length.
        to_result(unsafe { bindings::nla_put(self.skb.skb.as_ptr(), attrtype, len, value.as_ptr().cast()) })
    }

    /// Sends the message to the listeners of the family's group `group`; [`ESRCH`] if there are none.
    pub fn multicast(self, family: &'static Family, portid: u32, group: u32, flags: alloc::Flags) -> Result {
        // The buffer is given away below.
        let this = ManuallyDrop::new(self);
        let skb = this.skb.skb.as_ptr();

        // SAFETY: the header belongs to the buffer, by the type invariant.
        unsafe { bindings::genlmsg_end(skb, this.hdr.as_ptr()) };

        // SAFETY: the buffer is ours to give away.
        to_result(unsafe { bindings::genlmsg_multicast(family.as_raw(), skb, portid, group, flags.as_raw()) })
    }
}

impl Drop for GenlMsg {
    fn drop(&mut self) {
        // SAFETY: the header belongs to the buffer, by the type invariant.
        unsafe { bindings::genlmsg_cancel(self.skb.skb.as_ptr(), self.hdr.as_ptr()) };
    }
}

/// A name with the NULs that C wants behind it. One that does not fit fails the build.
#[inline(always)]
const fn name<const N: usize>(bytes: &[u8]) -> [c_char; N] {
    build_assert!(bytes.len() < N, "the name is too long");

    let mut raw = [0; N];
    let mut i = 0;
    while i < bytes.len() {
        raw[i] = bytes[i];
        i += 1;
    }
    raw
}

/// A kind of messages, by name.
#[repr(transparent)]
pub struct Family {
    inner: Opaque<bindings::genl_family>,
}

// SAFETY: C locks what it changes in a family.
unsafe impl Sync for Family {}

impl Family {
    /// A family for a static, of a `name` of at most 15 bytes.
    #[inline(always)]
    pub const fn const_new(
        module: &ThisModule,
        name: &[u8],
        version: u32,
        mcgrps: &'static [MulticastGroup],
    ) -> Family {
        build_assert!(mcgrps.len() <= u8::MAX as usize, "there are too many groups");

        let mut family: bindings::genl_family = pin_init::zeroed();
        family.name = self::name(name);
        family.version = version;
        family.module = module.as_ptr();
        family.mcgrps = mcgrps.as_ptr().cast();
        family.n_mcgrps = mcgrps.len() as u8;
        Family { inner: Opaque::new(family) }
    }

    /// Whether somebody listens to the family's group `group`. The family must be registered.
    pub fn has_listeners(&self, group: u32) -> bool {
        // SAFETY: the family is valid; C checks the group's number.
        unsafe { bindings::genl_has_listeners(self.as_raw(), group) != 0 }
    }

    /// The C object.
    pub fn as_raw(&self) -> *mut bindings::genl_family {
        self.inner.get()
    }

    /// Makes the family known to user space.
    pub fn register(&'static self) -> Result<Registration> {
        // SAFETY: the family is static. A second registration fails, by its name.
        to_result(unsafe { bindings::genl_register_family(self.as_raw()) })?;
        Ok(Registration { family: self })
    }
}

/// A group of a [`Family`], to which listeners subscribe.
#[repr(transparent)]
pub struct MulticastGroup {
    group: bindings::genl_multicast_group,
}

// SAFETY: a group is never changed.
unsafe impl Sync for MulticastGroup {}

impl MulticastGroup {
    /// A group of a `name` of at most 15 bytes.
    #[inline(always)]
    pub const fn const_new(name: &CStr) -> MulticastGroup {
        let mut group: bindings::genl_multicast_group = pin_init::zeroed();
        group.name = self::name(name.to_bytes());
        MulticastGroup { group }
    }
}

/// A family that user space knows, until this is dropped.
pub struct Registration {
    family: &'static Family,
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: the family is registered. An error means that it is not, and changes nothing.
        unsafe { bindings::genl_unregister_family(self.family.as_raw()) };
    }
}
