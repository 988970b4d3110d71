// SPDX-License-Identifier: GPL-2.0

//! Files in debugfs, by which a driver shows its state to developers.
//!
//! C header: [`include/linux/debugfs.h`](srctree/include/linux/debugfs.h)
//!
//! What a file shows belongs to the file: [`File`] and [`Scope`] own their data, remove the entry when they are dropped,
//! and only then drop the data, so an operation never meets data that is gone. There are two styles:
//!
//! * [`Dir`] makes [`File`]s one by one, each to be kept in a field of the driver;
//! * [`Scope`] makes a directory for one piece of data, with files for parts of it, to be kept as one field.
//!
//! Errors are not reported: as in C, a driver works the same without its debugfs files.
//!
//! Formats come from traits: [`Writer`] and [`Reader`] for text, by [`Debug`](fmt::Debug) and
//! [`FromStr`](core::str::FromStr) where the type has them, [`BinaryWriter`] and [`BinaryReader`] for bytes.
//!
//! # Examples
//!
//! ```
//! use kernel::{
//!     debugfs::{Dir, File},
//!     sync::atomic::{Atomic, Relaxed},
//! };
//!
//! #[pin_data]
//! struct Stats {
//!     #[pin]
//!     resets: File<Atomic<u32>>,
//! }
//!
//! let dir = Dir::new(c"kmod_doc_stats");
//! let stats = KBox::pin_init(
//!     pin_init!(Stats { resets <- dir.read_write_file(c"resets", Atomic::<u32>::new(0)) }),
//!     GFP_KERNEL,
//! )?;
//! stats.resets.store(1, Relaxed);
//! assert_eq!(stats.resets.load(Relaxed), 1);
//! # Ok::<(), Error>(())
//! ```
//!
//! Available on every supported kernel; one built without `CONFIG_DEBUG_FS` makes no files.

use crate::{fmt, prelude::*, str::CStr, sync::Arc, uaccess::UserSliceReader};
use core::{
    marker::{PhantomData, PhantomPinned},
    mem::ManuallyDrop,
    ops::Deref,
};

mod traits;
pub use traits::{BinaryReader, BinaryReaderMut, BinaryWriter, Reader, Writer};

mod callback_adapters;
use callback_adapters::{FormatAdapter, NoWriter, WritableAdapter};

mod entry;
use entry::Entry;

mod file_ops;
use file_ops::{BinaryReadFile, BinaryReadWriteFile, BinaryWriteFile, FileOps, ReadFile, ReadWriteFile, WriteFile};

/// A directory. It stays as long as this object, a clone of it, or anything in it.
#[derive(Clone)]
pub struct Dir(Option<Arc<Entry<'static>>>);

impl Dir {
    fn create(name: &CStr, parent: Option<Arc<Entry<'static>>>) -> Self {
        // Without memory there is no directory, and nothing in it.
        Self(Arc::new(Entry::dynamic_dir(name, parent), GFP_KERNEL).ok())
    }

    /// A directory in the root of debugfs.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::debugfs::Dir;
    /// let dir = Dir::new(c"kmod_doc_new");
    /// # let _ = dir;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(name: &CStr) -> Self {
        Dir::create(name, None)
    }

    /// A directory in this one.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::debugfs::Dir;
    /// let dir = Dir::new(c"kmod_doc_subdir");
    /// let queues = dir.subdir(c"queues");
    /// # let _ = queues;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn subdir(&self, name: &CStr) -> Self {
        match &self.0 {
            Some(parent) => Dir::create(name, Some(parent.clone())),
            None => Dir(None),
        }
    }

    fn create_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
        file_ops: &'static FileOps<T>,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Sync + 'static,
    {
        let scope = Scope::<T>::new(data, move |data| match &self.0 {
            // SAFETY: the entry goes into the scope that owns the pinned `data`, and is dropped before it.
            Some(dir) => unsafe { Entry::dynamic_file(name, dir.clone(), data, file_ops) },
            None => Entry::empty(),
        });
        try_pin_init!(File { scope <- scope } ? E)
    }

    /// A text file that can be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::debugfs::Dir;
    /// let dir = Dir::new(c"kmod_doc_read_only");
    /// let version = KBox::pin_init(dir.read_only_file(c"version", 3), GFP_KERNEL)?;
    /// assert_eq!(**version, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read_only_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Writer + Send + Sync + 'static,
    {
        self.create_file(name, data, &<T as ReadFile<_>>::FILE_OPS)
    }

    /// A binary file that can be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::debugfs::Dir;
    /// let dir = Dir::new(c"kmod_doc_read_binary");
    /// let rom = KBox::pin_init(dir.read_binary_file(c"rom", [0xaa_u8, 0x55]), GFP_KERNEL)?;
    /// # let _ = rom;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read_binary_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: BinaryWriter + Send + Sync + 'static,
    {
        self.create_file(name, data, &<T as BinaryReadFile<_>>::FILE_OPS)
    }

    /// A text file that can be read, formatted by a function that captures nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::debugfs::Dir;
    /// let dir = Dir::new(c"kmod_doc_read_callback");
    /// let kelvin = 300_i32;
    /// let file = KBox::pin_init(
    ///     dir.read_callback_file(c"celsius", kelvin, &|kelvin, f| writeln!(f, "{}", kelvin - 273)),
    ///     GFP_KERNEL,
    /// )?;
    /// # let _ = file;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read_callback_file<'a, T, E: 'a, F>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
        _f: &'static F,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Send + Sync + 'static,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Send + Sync,
    {
        self.create_file(name, data, <FormatAdapter<T, F> as ReadFile<_>>::FILE_OPS.adapt())
    }

    /// A text file that can be read and written.
    pub fn read_write_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Writer + Reader + Send + Sync + 'static,
    {
        self.create_file(name, data, &<T as ReadWriteFile<_>>::FILE_OPS)
    }

    /// A binary file that can be read and written.
    pub fn read_write_binary_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: BinaryWriter + BinaryReader + Send + Sync + 'static,
    {
        self.create_file(name, data, &<T as BinaryReadWriteFile<_>>::FILE_OPS)
    }

    /// A text file that can be read and written, by functions that capture nothing.
    pub fn read_write_callback_file<'a, T, E: 'a, F, W>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
        _f: &'static F,
        _w: &'static W,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Send + Sync + 'static,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Send + Sync,
        W: Fn(&T, &mut UserSliceReader) -> Result + Send + Sync,
    {
        self.create_file(
            name,
            data,
            <WritableAdapter<FormatAdapter<T, F>, W> as ReadWriteFile<_>>::FILE_OPS.adapt().adapt(),
        )
    }

    /// A text file that can be written.
    pub fn write_only_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Reader + Send + Sync + 'static,
    {
        self.create_file(name, data, &<T as WriteFile<_>>::FILE_OPS)
    }

    /// A binary file that can be written.
    pub fn write_binary_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: BinaryReader + Send + Sync + 'static,
    {
        self.create_file(name, data, &<T as BinaryWriteFile<_>>::FILE_OPS)
    }

    /// A text file that can be written, taken in by a function that captures nothing.
    pub fn write_callback_file<'a, T, E: 'a, W>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
        _w: &'static W,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Send + Sync + 'static,
        W: Fn(&T, &mut UserSliceReader) -> Result + Send + Sync,
    {
        self.create_file(name, data, <WritableAdapter<NoWriter<T>, W> as WriteFile<_>>::FILE_OPS.adapt().adapt())
    }

    /// A directory in this one for one piece of data, which `init` fills with files that show parts of it.
    ///
    /// It keeps this directory until it is dropped.
    pub fn scope<'a, T: 'a, E: 'a, F>(
        &'a self,
        data: impl PinInit<T, E> + 'a,
        name: &'a CStr,
        init: F,
    ) -> impl PinInit<Scope<T>, E> + 'a
    where
        F: for<'data, 'dir> FnOnce(&'data T, &'dir ScopedDir<'data, 'dir>) + 'a,
    {
        Scope::new(data, move |data| {
            let entry = match &self.0 {
                Some(dir) => Entry::dynamic_dir(name, Some(dir.clone())),
                None => Entry::empty(),
            };
            Scope::fill(data, entry, init)
        })
    }
}

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
    scope: Scope<T>,
}

impl<'a, T: 'a> Scope<T> {
    fn new<E: 'a, F>(data: impl PinInit<T, E> + 'a, init: F) -> impl PinInit<Self, E> + 'a
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
    fn fill<F>(data: &T, entry: Entry<'static>, init: F) -> Entry<'static>
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
        self.create_file(name, data, &<T as ReadFile<_>>::FILE_OPS)
    }

    /// A binary file that can be read.
    pub fn read_binary_file<T: BinaryWriter + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.create_file(name, data, &<T as BinaryReadFile<_>>::FILE_OPS)
    }

    /// A text file that can be read, formatted by a function that captures nothing.
    pub fn read_callback_file<T, F>(&self, name: &CStr, data: &'data T, _f: &'static F)
    where
        T: Send + Sync + 'static,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Send + Sync,
    {
        self.create_file(name, data, <FormatAdapter<T, F> as ReadFile<_>>::FILE_OPS.adapt())
    }

    /// A text file that can be read and written.
    pub fn read_write_file<T: Writer + Reader + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.create_file(name, data, &<T as ReadWriteFile<_>>::FILE_OPS)
    }

    /// A binary file that can be read and written.
    pub fn read_write_binary_file<T: BinaryWriter + BinaryReader + Send + Sync + 'static>(
        &self,
        name: &CStr,
        data: &'data T,
    ) {
        self.create_file(name, data, &<T as BinaryReadWriteFile<_>>::FILE_OPS)
    }

    /// A text file that can be read and written, by functions that capture nothing.
    pub fn read_write_callback_file<T, F, W>(&self, name: &CStr, data: &'data T, _f: &'static F, _w: &'static W)
    where
        T: Send + Sync + 'static,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Send + Sync,
        W: Fn(&T, &mut UserSliceReader) -> Result + Send + Sync,
    {
        self.create_file(
            name,
            data,
            <WritableAdapter<FormatAdapter<T, F>, W> as ReadWriteFile<_>>::FILE_OPS.adapt().adapt(),
        )
    }

    /// A text file that can be written.
    pub fn write_only_file<T: Reader + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.create_file(name, data, &<T as WriteFile<_>>::FILE_OPS)
    }

    /// A binary file that can be written.
    pub fn write_binary_file<T: BinaryReader + Send + Sync + 'static>(&self, name: &CStr, data: &'data T) {
        self.create_file(name, data, &<T as BinaryWriteFile<_>>::FILE_OPS)
    }

    /// A text file that can be written, taken in by a function that captures nothing.
    pub fn write_only_callback_file<T, W>(&self, name: &CStr, data: &'data T, _w: &'static W)
    where
        T: Send + Sync + 'static,
        W: Fn(&T, &mut UserSliceReader) -> Result + Send + Sync,
    {
        self.create_file(name, data, <WritableAdapter<NoWriter<T>, W> as WriteFile<_>>::FILE_OPS.adapt().adapt())
    }
}
