// SPDX-License-Identifier: GPL-2.0
//! Commands and their completions, as the controller sees them.

/// The 64 bytes of a command: 16 words, in pairs.
pub(crate) struct Command(pub(crate) [u64; 8]);

/// Operations of the admin queue.
pub(crate) mod admin {
    pub(crate) const DELETE_SQ: u8 = 0x00;
    pub(crate) const CREATE_SQ: u8 = 0x01;
    pub(crate) const DELETE_CQ: u8 = 0x04;
    pub(crate) const CREATE_CQ: u8 = 0x05;
    pub(crate) const IDENTIFY: u8 = 0x06;
    pub(crate) const ABORT: u8 = 0x08;
    pub(crate) const SET_FEATURES: u8 = 0x09;
    pub(crate) const SHADOW_DOORBELLS: u8 = 0x7c;

    /// A feature: how many I/O queues there are.
    pub(crate) const NUMBER_OF_QUEUES: u32 = 0x07;
}

/// Operations of I/O queues.
pub(crate) mod io {
    pub(crate) const FLUSH: u8 = 0x00;
    pub(crate) const WRITE: u8 = 0x01;
    pub(crate) const READ: u8 = 0x02;
    pub(crate) const WRITE_ZEROES: u8 = 0x08;
    pub(crate) const DATASET_MANAGEMENT: u8 = 0x09;

    /// Of a read or a write: keep it for good before it ends.
    pub(crate) const FUA: u64 = 1 << 30;
    /// Of write zeroes: the space may be given back.
    pub(crate) const DEALLOCATE: u64 = 1 << 25;
    /// Of dataset management: the ranges are not used any more.
    pub(crate) const DEALLOCATE_RANGES: u64 = 1 << 34;
}

impl Command {
    /// A command for a namespace, or for none: 0. Its identifier is up to the queue.
    #[inline(always)]
    pub(crate) fn new(opcode: u8, namespace: u32) -> Self {
        Self([u64::from(opcode) | u64::from(namespace) << 32, 0, 0, 0, 0, 0, 0, 0])
    }

    #[inline(always)]
    pub(crate) fn set_id(&mut self, id: u16) {
        self.0[0] |= u64::from(id) << 16;
    }

    /// The two pointers to data.
    #[inline(always)]
    pub(crate) fn set_data(&mut self, first: u64, second: u64) {
        (self.0[3], self.0[4]) = (first, second);
    }

    /// Words 10 and 11, as one number.
    #[inline(always)]
    pub(crate) fn set_word10(&mut self, value: u64) {
        self.0[5] = value;
    }

    /// Words 12 and 13, as one number.
    #[inline(always)]
    pub(crate) fn set_word12(&mut self, value: u64) {
        self.0[6] = value;
    }
}

/// What the second half of a completion says: whose it is, and how it went.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Completion(pub(crate) u64);

impl Completion {
    /// The identifier of the command.
    #[inline(always)]
    pub(crate) fn id(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// Changes each time that the controller comes around the queue.
    #[inline(always)]
    pub(crate) fn phase(self) -> bool {
        self.0 & 1 << 48 != 0
    }

    #[inline(always)]
    pub(crate) fn status(self) -> Status {
        Status((self.0 >> 49) as u16)
    }
}

/// The status field of a completion: code and type of code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u16);

impl Status {
    pub(crate) const OK: Self = Self(0);

    /// The type of the code and the code itself.
    pub(crate) fn code(self) -> u16 {
        self.0 & 0x7ff
    }

    /// Whether there is no point in trying again.
    pub(crate) fn is_final(self) -> bool {
        self.0 & 0x4000 != 0
    }
}
