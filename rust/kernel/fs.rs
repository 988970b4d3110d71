// SPDX-License-Identifier: GPL-2.0

//! Files as the virtual file system sees them.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)
//!
//! Available on every supported kernel.

pub mod file;
pub use self::file::{File, LocalFile};

mod kiocb;
pub use self::kiocb::Kiocb;
