// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of needs. A new need is a row.
use kmod_build::Toolchain;
use kmod_os::{Cache, Cmd};
use std::path::Path;

/// What a command needs the thing for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// To build a module.
    Build,
    /// To boot a VM as well.
    Boot,
    /// To run this project's own tests as well.
    Tests,
}

pub struct Need {
    pub name: &'static str,
    /// The least that will do, in words.
    pub needed: &'static str,
    pub scope: Scope,
    /// Distribution packages that bring it, the first that the archive has counts.
    pub packages: &'static [&'static str],
    /// How to get it without apt.
    pub how: &'static str,
    /// What is there, or why it does not do.
    probe: fn(&Cache) -> Result<String, String>,
}

/// How one need stands.
pub struct Check {
    pub need: &'static Need,
    pub yours: Result<String, String>,
}

pub const NEEDS: &[Need] = &[
    Need {
        name: "rustc",
        needed: "1.88 or later",
        scope: Scope::Build,
        packages: &[],
        how: "install rustup, or `rustup update stable`",
        probe: |_| toolchain().map(|t| t.release().to_owned()),
    },
    Need {
        name: "rust-src",
        needed: "of the same version",
        scope: Scope::Build,
        packages: &[],
        how: "rustup component add rust-src",
        probe: |cache| {
            let library = toolchain()?.library(cache).map_err(|_| "not found".to_owned())?;
            Ok(library.display().to_string())
        },
    },
    Need {
        name: "libclang",
        needed: "14 or later",
        scope: Scope::Build,
        packages: &["libclang1-19", "libclang1-16", "libclang1-14"],
        how: "your distribution's libclang",
        probe: |_| {
            let (path, version) = kmod_kernel::libclang().map_err(|e| e.to_string())?;
            Ok(format!("{version} ({})", path.display()))
        },
    },
    Need {
        name: "cc",
        needed: "gcc 10 or later",
        scope: Scope::Build,
        packages: &["gcc"],
        how: "your distribution's gcc",
        probe: |_| first_line("gcc", "--version"),
    },
    Need {
        name: "make",
        needed: "GNU make 4",
        scope: Scope::Build,
        packages: &["make"],
        how: "your distribution's make",
        probe: |_| first_line("make", "--version"),
    },
    Need {
        name: "libc",
        needed: "static, for the guest",
        scope: Scope::Boot,
        packages: &["libc6-dev"],
        how: "your distribution's C library for development",
        probe: |_| {
            let path = Cmd::new("gcc").arg("-print-file-name=libc.a").run().map_err(|e| e.to_string())?;
            let path = path.trim().to_owned();
            if Path::new(&path).is_absolute() { Ok(path) } else { Err("not found".into()) }
        },
    },
    Need {
        name: "libelf",
        needed: "for the kernel's objtool",
        scope: Scope::Build,
        packages: &["libelf1", "libelf1t64"],
        how: "your distribution's libelf",
        probe: |_| {
            // What the dynamic loader would find, asked of the loader's own cache.
            let known = Cmd::new("/sbin/ldconfig").arg("-p").output().map_err(|e| e.to_string())?.stdout;
            let line = known.lines().find(|l| l.trim_start().starts_with("libelf.so.1 "));
            line.and_then(|l| l.split("=> ").nth(1)).map(str::to_owned).ok_or_else(|| "not found".into())
        },
    },
    Need {
        name: "QEMU",
        needed: "7.2 or later",
        scope: Scope::Boot,
        packages: &["qemu-system-x86"],
        how: "your distribution's qemu-system-x86_64",
        probe: |_| {
            let qemu = kmod_vm::Qemu::find("qemu-system-x86_64").map_err(|e| e.to_string())?;
            let (major, minor, patch) = qemu.version;
            let found = format!("{major}.{minor}.{patch}");
            if (major, minor) < (7, 2) { Err(format!("{found} is too old")) } else { Ok(found) }
        },
    },
    Need {
        name: "Chromium",
        needed: "any, to open what `cargo kmod report` writes",
        scope: Scope::Tests,
        packages: &["chromium-headless-shell", "chromium"],
        how: "your distribution's chromium",
        probe: |_| {
            let known = ["chromium-headless-shell", "chromium"];
            known.iter().find_map(|name| first_line(name, "--version").ok()).ok_or_else(|| "not found".to_owned())
        },
    },
];

/// How each need of `scope` stands on this machine.
pub fn check(scope: Scope, cache: &Cache) -> Vec<Check> {
    let needs = NEEDS.iter().filter(|need| need.scope <= scope);
    needs.map(|need| Check { need, yours: (need.probe)(cache) }).collect()
}

pub(crate) fn toolchain() -> Result<Toolchain, String> {
    Toolchain::find(Path::new(".")).map_err(|e| e.to_string())
}

fn first_line(program: &str, arg: &str) -> Result<String, String> {
    let output = Cmd::new(program).arg(arg).output().map_err(|_| "not found".to_owned())?;
    Ok(output.stdout.lines().next().unwrap_or_default().to_owned())
}
