// SPDX-License-Identifier: MIT OR Apache-2.0
//! The crates of a tree's `rust/`, compiled in the order of its Makefile: macros for the host, the others for the kernel.
use super::{Cmd, Path, Result, Sysroot, Tree, rustc};

struct Crate {
    name: &'static str,
    /// Its root, below `rust/`.
    root: &'static str,
    cfgs: &'static [&'static str],
    externs: &'static [&'static str],
}

const LIBRARIES: &[Crate] = &[
    Crate {
        name: "proc_macro2",
        root: "proc-macro2/lib.rs",
        cfgs: &["feature=\"proc-macro\"", "wrap_proc_macro", "proc_macro_span_file", "proc_macro_span_location"],
        externs: &[],
    },
    Crate { name: "quote", root: "quote/lib.rs", cfgs: &["feature=\"proc-macro\""], externs: &["proc_macro2"] },
    Crate {
        name: "syn",
        root: "syn/lib.rs",
        cfgs: &[
            "feature=\"clone-impls\"",
            "feature=\"derive\"",
            "feature=\"full\"",
            "feature=\"parsing\"",
            "feature=\"printing\"",
            "feature=\"proc-macro\"",
            "feature=\"visit\"",
            "feature=\"visit-mut\"",
        ],
        externs: &["proc_macro2", "quote"],
    },
];

const MACROS: &[Crate] = &[
    Crate {
        name: "zerocopy_derive",
        root: "zerocopy-derive/lib.rs",
        cfgs: &["zerocopy_unstable_linux"],
        externs: &["proc_macro", "proc_macro2", "quote", "syn"],
    },
    Crate { name: "macros", root: "macros/lib.rs", cfgs: &[], externs: &["proc_macro", "proc_macro2", "quote", "syn"] },
    Crate {
        name: "pin_init_internal",
        root: "pin-init/internal/src/lib.rs",
        cfgs: &["kernel", "USE_RUSTC_FEATURES"],
        externs: &["proc_macro", "proc_macro2", "quote", "syn"],
    },
];

const IN_KERNEL: &[Crate] = &[
    Crate { name: "ffi", root: "ffi.rs", cfgs: &[], externs: &[] },
    Crate { name: "build_error", root: "build_error.rs", cfgs: &[], externs: &[] },
    Crate { name: "zerocopy", root: "zerocopy/src/lib.rs", cfgs: &["no_fp_fmt_parse"], externs: &[] },
    Crate {
        name: "pin_init",
        root: "pin-init/src/lib.rs",
        cfgs: &["kernel", "USE_RUSTC_FEATURES"],
        externs: &["pin_init_internal", "macros"],
    },
    Crate { name: "bindings", root: "bindings/lib.rs", cfgs: &[], externs: &["ffi", "pin_init"] },
    Crate { name: "uapi", root: "uapi/lib.rs", cfgs: &[], externs: &["ffi", "pin_init"] },
    Crate {
        name: "kernel",
        root: "kernel/lib.rs",
        cfgs: &[],
        externs: &["ffi", "pin_init", "build_error", "macros", "bindings", "uapi", "zerocopy", "zerocopy_derive"],
    },
];

/// Compiles all of them to `dir/rust`; nothing is linked but the macros.
pub(super) fn build(dir: &Path, tree: &Tree, sysroot: &Sysroot) -> Result<()> {
    for (crates, kind) in [(LIBRARIES, "rlib"), (MACROS, "proc-macro")] {
        for library in crates {
            let edition = if library.name == "quote" { "--edition=2018" } else { "--edition=2021" };
            let command = rustc(dir).args([edition, "--cap-lints=allow", "-L", "rust", "@rustc_cfg"]);
            library.compile(command, kind, "link", tree, dir)?;
        }
    }
    for library in IN_KERNEL {
        library.compile(for_kernel(dir, tree, sysroot).arg("--cap-lints=allow"), "rlib", "metadata", tree, dir)?;
    }
    Ok(())
}

impl Crate {
    fn compile(&self, command: Cmd, kind: &str, emit: &str, tree: &Tree, dir: &Path) -> Result<()> {
        let command = command
            .args(["--crate-name", self.name, "--crate-type", kind, "--emit", emit, "--out-dir", "rust"])
            .args(self.cfgs.iter().flat_map(|cfg| ["--cfg", cfg]))
            .args(self.externs.iter().flat_map(|name| ["--extern", name]))
            .arg(tree.dir.join("rust").join(self.root))
            .env("OBJTREE", dir)
            .env("CARGO_PKG_VERSION", "0.8.0");
        Ok(command.run().map(drop)?)
    }
}

/// rustc for a crate that runs in the kernel, in the folder of what is built.
pub(super) fn for_kernel(built: &Path, tree: &Tree, sysroot: &Sysroot) -> Cmd {
    rustc(built)
        .args(&tree.flags)
        .args(sysroot.flags())
        .arg("--target")
        .arg(&sysroot.spec)
        .args(["-Cpanic=abort", "-L", "rust", "@rustc_cfg"])
        .env("OBJTREE", built)
}
