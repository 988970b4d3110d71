// SPDX-License-Identifier: GPL-2.0
//! Views of a part: [`io_project!`](crate::io::io_project), [`io_read!`](crate::io::io_read),
//! [`io_write!`](crate::io::io_write).

use super::{Io, IoBackend};
use crate::ptr::KnownSize;

/// What [`io_project!`](crate::io::io_project) puts a view into, so that the type of the view says all the others.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct ProjectHelper<T>(pub T);

impl<'a, T> ProjectHelper<T>
where
    T: Io<'a, Backend: IoBackend<View<'a, T::Target> = T>>,
{
    /// Returns the pointer of the view.
    #[inline(always)]
    pub fn as_ptr(self) -> *mut T::Target {
        T::Backend::as_ptr::<T::Target>(self.0)
    }

    /// Makes the view of a part.
    ///
    /// # Safety
    ///
    /// The same as that of [`IoBackend::project_view`].
    #[inline(always)]
    pub unsafe fn project_view<U: ?Sized + KnownSize>(self, ptr: *mut U) -> <T::Backend as IoBackend>::View<'a, U> {
        // SAFETY: the caller's promise is the same.
        unsafe { T::Backend::project_view::<T::Target, U>(self.0, ptr) }
    }
}

/// Makes the view of a part of some memory: `io_project!(memory, .field)`, `io_project!(memory, [build: 3].field)`.
///
/// The steps are those of [`ptr::project!`](crate::ptr::project), where it is said what `build`, `try` and `panic` do.
///
/// # Examples
///
/// ```
/// use kernel::io::{io_project, Mmio};
///
/// #[repr(C)]
/// struct Queue {
///     doorbell: u32,
///     entries: [u64; 16],
/// }
///
/// fn entry(queues: Mmio<'_, [Queue]>, queue: usize) -> Result<Mmio<'_, u64>> {
///     Ok(io_project!(queues, [try: queue].entries[build: 0]))
/// }
/// ```
#[macro_export]
macro_rules! io_project {
    ($io:expr, $($steps:tt)*) => {
        match {
            #[allow(unused_imports)]
            use $crate::io::IoBase as _;
            $crate::io::ProjectHelper($io.as_view())
        } {
            whole => {
                let part = $crate::ptr::project!(mut whole.as_ptr(), $($steps)*);
                // SAFETY: `project!` steps from the pointer of the view to a part of what it points to.
                unsafe { whole.project_view(part) }
            }
        }
    };
}

/// Reads a part of some memory in one access: `io_read!(memory, .field)`. See [`io_project!`](crate::io::io_project).
///
/// # Examples
///
/// ```
/// use kernel::io::{io_read, Mmio};
///
/// #[repr(C)]
/// struct Completion {
///     result: u32,
///     status: u16,
/// }
///
/// fn status(queue: Mmio<'_, [Completion; 4]>, head: usize) -> Result<u16> {
///     Ok(io_read!(queue, [try: head].status))
/// }
/// ```
#[macro_export]
macro_rules! io_read {
    ($io:expr, $($steps:tt)*) => {
        $crate::io::Io::read_val($crate::io::io_project!($io, $($steps)*))
    };
}

/// Writes a part of some memory in one access: `io_write!(memory, .field, value)`. See
/// [`io_project!`](crate::io::io_project).
///
/// # Examples
///
/// ```
/// use kernel::io::{io_write, Mmio};
///
/// #[repr(C)]
/// struct Queue {
///     doorbell: u32,
///     depth: u16,
/// }
///
/// fn ring(queues: Mmio<'_, [Queue]>, queue: usize, tail: u32) -> Result {
///     io_write!(queues, [try: queue].doorbell, tail);
///     Ok(())
/// }
/// ```
#[macro_export]
macro_rules! io_write {
    // Moves the steps into the second brackets, up to the comma that the value follows.
    (@steps [$io:expr] [$($steps:tt)*] , $value:expr $(,)?) => {
        $crate::io::Io::write_val($crate::io::io_project!($io, $($steps)*), $value)
    };
    (@steps [$io:expr] [$($steps:tt)*] $step:tt $($rest:tt)*) => {
        $crate::io::io_write!(@steps [$io] [$($steps)* $step] $($rest)*)
    };
    ($io:expr, $($rest:tt)*) => {
        $crate::io::io_write!(@steps [$io] [] $($rest)*)
    };
}
