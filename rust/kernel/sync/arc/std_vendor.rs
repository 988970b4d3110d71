// SPDX-License-Identifier: GPL-2.0
//! What the standard library's `Arc` can do and ours can in the same way.
//!
//! C header: none.
//!
//! # Examples
//!
//! ```
//! use core::any::Any;
//! use kernel::sync::Arc;
//!
//! let any: Arc<dyn Any + Send + Sync> = Arc::new(7u32, GFP_KERNEL)?;
//! let number = any.downcast::<u32>().map_err(|_| EINVAL)?;
//! assert_eq!(*number, 7);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel.

use crate::sync::Arc;
use core::any::Any;

impl Arc<dyn Any + Send + Sync> {
    /// Gives the value its type back; returns itself if it has another one.
    pub fn downcast<T>(self) -> core::result::Result<Arc<T>, Self>
    where
        T: Any + Send + Sync,
    {
        if !(*self).is::<T>() {
            return Err(self);
        }
        let ptr = self.into_raw().cast::<T>();
        // SAFETY: The value is a `T`, so its address is that of the value of an `ArcInner<T>`; its reference moves
        // over.
        Ok(unsafe { Arc::from_raw(ptr) })
    }
}
