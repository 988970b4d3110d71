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

mod traits;
pub use traits::{BinaryReader, BinaryReaderMut, BinaryWriter, Reader, Writer};

mod callback_adapters;
use callback_adapters::{FormatAdapter, NoWriter, WritableAdapter};

mod entry;
use entry::Entry;

mod file_ops;
use file_ops::FileOps;

mod scope;
pub use scope::{File, Scope, ScopedDir};

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
        self.create_file(name, data, &FileOps::<T>::READ)
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
        self.create_file(name, data, &FileOps::<T>::READ_BINARY)
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
        self.create_file(name, data, FileOps::<FormatAdapter<T, F>>::READ.adapt())
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
        self.create_file(name, data, &FileOps::<T>::READ_WRITE)
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
        self.create_file(name, data, &FileOps::<T>::READ_WRITE_BINARY)
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
        self.create_file(name, data, FileOps::<WritableAdapter<FormatAdapter<T, F>, W>>::READ_WRITE.adapt().adapt())
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
        self.create_file(name, data, &FileOps::<T>::WRITE)
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
        self.create_file(name, data, &FileOps::<T>::WRITE_BINARY)
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
        self.create_file(name, data, FileOps::<WritableAdapter<NoWriter<T>, W>>::WRITE.adapt().adapt())
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
