// SPDX-License-Identifier: GPL-2.0

//! How a request ends: `blk_status_t`.

use crate::{bindings, error::Error};

/// How a request ended, or why it was refused.
///
/// Beyond mainline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Status(bindings::blk_status_t);

macro_rules! statuses {
    ($($(#[doc = $doc:literal])+ $name:ident = $raw:expr;)+) => {$(
        $(#[doc = $doc])+
        pub const $name: Self = Self($raw as bindings::blk_status_t);
    )+};
}

impl Status {
    statuses! {
        /// All went well.
        OK = bindings::BLK_STS_OK;
        /// The device does not know the operation.
        NOTSUPP = bindings::BLK_STS_NOTSUPP;
        /// The device did not answer.
        TIMEOUT = bindings::BLK_STS_TIMEOUT;
        /// There is no more space.
        NOSPC = bindings::BLK_STS_NOSPC;
        /// The device failed in a way that another path to it would not help.
        TARGET = bindings::BLK_STS_TARGET;
        /// What was to be read is damaged.
        MEDIUM = bindings::BLK_STS_MEDIUM;
        /// A checksum is wrong.
        PROTECTION = bindings::BLK_STS_PROTECTION;
        /// Something is lacking for now, such as memory. When refused with this, the request comes again.
        RESOURCE = bindings::BLK_STS_RESOURCE;
        /// The request would have to wait, and said not to.
        AGAIN = bindings::BLK_STS_AGAIN;
        /// Any other error.
        IOERR = bindings::BLK_STS_IOERR;
    }

    /// What a request is refused with for this reason.
    #[inline]
    pub(super) fn for_refusal(self) -> Self {
        // `EBUSY` promises in C that the end of another request of the hardware queue brings this one again. There may be
        // none; and those that end in a batch do not. With the other status the block layer tries again after a while.
        const BUSY: Status = Status(bindings::BLK_STS_DEV_RESOURCE as bindings::blk_status_t);
        match self {
            // Without a reason the request would be nobody's.
            Self::OK => Self::IOERR,
            BUSY => Self::RESOURCE,
            _ => self,
        }
    }

    #[inline(always)]
    pub(super) fn into_raw(self) -> bindings::blk_status_t {
        self.0
    }
}

impl From<Error> for Status {
    fn from(err: Error) -> Self {
        // SAFETY: The function takes any number.
        Self(unsafe { bindings::errno_to_blk_status(err.to_errno()) })
    }
}
