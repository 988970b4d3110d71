// SPDX-License-Identifier: MIT OR Apache-2.0
//! The door to the outside: files, processes and the user's cache, with errors that name the path or the command.
//!
//! Invariant: library code of the project neither prints nor exits; it tells a [`Progress`] what it is doing.
mod cache;
mod fs;
mod process;
mod progress;

pub use cache::{Cache, Lock};
pub use fs::{
    copy, create_dir_all, exists, read, read_dir, read_to_string, remove_dir_all, remove_file, rename, set_current_dir,
    set_executable, symlink, temp_dir, write, write_if_changed,
};
pub use process::{Cmd, Output};
pub use progress::{Progress, Silent, Task};

/// What went wrong at the door, with the path or command that it went wrong with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {action} {}", path.display())]
    Io { action: &'static str, path: std::path::PathBuf, source: std::io::Error },
    #[error("cannot start `{program}`")]
    Start { program: String, source: std::io::Error },
    #[error("`{command}` failed ({status})\n{tail}")]
    Failed { command: String, status: std::process::ExitStatus, tail: String },
    #[error("no cache folder: neither CARGO_KMOD_CACHE, XDG_CACHE_HOME nor HOME is set")]
    NoCache,
}

pub type Result<T> = std::result::Result<T, Error>;
