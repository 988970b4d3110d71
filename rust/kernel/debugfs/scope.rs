// SPDX-License-Identifier: GPL-2.0

//! Data with the debugfs entries that show it.

use super::{
    callback_adapters::{FormatAdapter, NoWriter, WritableAdapter},
    entry::Entry,
    file_ops::FileOps,
    BinaryReader, BinaryWriter, Reader, Writer,
};
use crate::{fmt, prelude::*, str::CStr, uaccess::UserSliceReader};
use core::{
    marker::{PhantomData, PhantomPinned},
    mem::ManuallyDrop,
    ops::Deref,
};

/// A piece of data with the debugfs entries that show it.
///
/// Dropping it removes the entries, and then the data.
#[pin_data]
pub struct Scope<T> {
    // Fields are dropped in this order: operations on the entries use the data.
    entry: Entry<'static>,
    #[pin]
    data: T,
    /// The entries point to the data, even if `T` could be moved.
    #[pin]
    _pin: PhantomPinned,
}

/// A file with its data.
///
/// Dropping it removes the file, and then the data.
#[pin_data]
pub struct File<T> {
    #[pin]
    pub(super) scope: Scope<T>,
}

impl<'a, T: 'a> Scope<T> {
    pub(super) fn new<E: 'a, F>(data: impl PinInit<T, E> + 'a, init: F) -> impl PinInit<Self, E> + 'a
    where
        F: for<'data> FnOnce(&'data T) -> Entry<'static> + 'a,
    {
        try_pin_init!(Self { data <- data, entry: Entry::empty(), _pin: PhantomPinned } ? E).pin_chain(|scope| {
            let entry = init(&scope.data);
            // SAFETY: `entry` is not structurally pinned; nothing is moved out of `scope`.
            unsafe { scope.get_unchecked_mut() }.entry = entry;
            Ok(())
        })
    }

    /// Lets `init` fill the directory `entry`.
    pub(super) fn fill<F>(data: &T, entry: Entry<'static>, init: F) -> Entry<'static>
    where
        F: for<'data, 'dir> FnOnce(&'data T, &'dir ScopedDir<'data, 'dir>),
    {
        let dir = ScopedDir { entry: ManuallyDrop::new(entry), _phantom: PhantomData };
        init(data, &dir);
        ManuallyDrop::into_inner(dir.entry)
    }

    /// A directory in the root of debugfs for one piece of data, which `init` fills with files that show parts of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{
    ///     debugfs::Scope,
    ///     sync::atomic::{Atomic, Relaxed},
    /// };
    ///
    /// struct Port {
    ///     sent: Atomic<u64>,
    ///     received: Atomic<u64>,
    /// }
    ///
    /// let port = Port { sent: Atomic::<u64>::new(0), received: Atomic::<u64>::new(0) };
    /// let scope = KBox::pin_init(
    ///     Scope::dir(port, c"kmod_doc_port", |port, dir| {
    ///         dir.read_only_file(c"sent", &port.sent);
    ///         dir.read_write_file(c"received", &port.received);
    ///     }),
    ///     GFP_KERNEL,
    /// )?;
    /// scope.sent.store(1, Relaxed);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn dir<E: 'a, F>(data: impl PinInit<T, E> + 'a, name: &'a CStr, init: F) -> impl PinInit<Self, E> + 'a
    where
        F: for<'data, 'dir> FnOnce(&'data T, &'dir ScopedDir<'data, 'dir>) + 'a,
    {
        Scope::new(data, move |data| Scope::fill(data, Entry::dynamic_dir(name, None), init))
    }
}

impl<T> Deref for Scope<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T> Deref for File<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.scope
    }
}

/// The directory of a [`Scope`], or one below it, while it is filled.
///
/// What is made in it may refer to the scope's data, and is removed together with the scope.
pub struct ScopedDir<'data, 'dir> {
    /// Removed with the directory of the scope, which removes everything below it.
    entry: ManuallyDrop<Entry<'dir>>,
    /// `'data` must neither grow nor shrink.
    _phantom: PhantomData<fn(&'data ()) -> &'data ()>,
}

impl<'data, 'dir> ScopedDir<'data, 'dir> {
    /// A directory in this one.
    pub fn dir<'dir2>(&'dir2 self, name: &CStr) -> ScopedDir<'data, 'dir2> {
        ScopedDir { entry: ManuallyDrop::new(Entry::dir(name, &self.entry)), _phantom: PhantomData }
    }

    fn create_file<T: Sync>(&self, name: &CStr, data: &'data T, vtable: &'static FileOps<T>) {
        // Removed with the directory, before `data` goes away.
        core::mem::forget(Entry::file(name, &self.entry, data, vtable));
    }

    /// A text file that can be read.
    pub fn read_only_file<T: Writer + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.create_file(name, data, &FileOps::<T>::READ)
    }

    /// A binary file that can be read.
    pub fn read_binary_file<T: BinaryWriter + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.create_file(name, data, &FileOps::<T>::READ_BINARY)
    }

    /// A text file that can be read, formatted by a function that captures nothing.
    pub fn read_callback_file<T, F>(&self, name: &CStr, data: &'data T, _f: &'static F)
    where
        T: Send + Sync + 'static,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Send + Sync,
    {
        self.create_file(name, data, FileOps::<FormatAdapter<T, F>>::READ.adapt())
    }

    /// A text file that can be read and written.
    pub fn read_write_file<T: Writer + Reader + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.create_file(name, data, &FileOps::<T>::READ_WRITE)
    }

    /// A binary file that can be read and written.
    pub fn read_write_binary_file<T: BinaryWriter + BinaryReader + Send + Sync + 'static>(
        &self,
        name: &CStr,
        data: &'data T,
    ) {
        self.create_file(name, data, &FileOps::<T>::READ_WRITE_BINARY)
    }

    /// A text file that can be read and written, by functions that capture nothing.
    pub fn read_write_callback_file<T, F, W>(&self, name: &CStr, data: &'data T, _f: &'static F, _w: &'static W)
    where
        T: Send + Sync + 'static,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Send + Sync,
        W: Fn(&T, &mut UserSliceReader) -> Result + Send + Sync,
    {
        self.create_file(name, data, FileOps::<WritableAdapter<FormatAdapter<T, F>, W>>::READ_WRITE.adapt().adapt())
    }

    /// A text file that can be written.
    pub fn write_only_file<T: Reader + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.create_file(name, data, &FileOps::<T>::WRITE)
    }

    /// A binary file that can be written.
    pub fn write_binary_file<T: BinaryReader + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.create_file(name, data, &FileOps::<T>::WRITE_BINARY)
    }

    /// A text file that can be written, taken in by a function that captures nothing.
    pub fn write_only_callback_file<T, W>(&self, name: &CStr, data: &'data T, _w: &'static W)
    where
        T: Send + Sync + 'static,
        W: Fn(&T, &mut UserSliceReader) -> Result + Send + Sync,
    {
        self.create_file(name, data, FileOps::<WritableAdapter<NoWriter<T>, W>>::WRITE.adapt().adapt())
    }
}
