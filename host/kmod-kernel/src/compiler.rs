// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine's C compiler for a kernel that another one built, and what of the kernel's configuration it cannot do.
use crate::{Config, Error, Result};
use kmod_os::Cmd;
use std::path::Path;

/// The compiler for a build tree, and what `make` must be told to use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Compiler {
    pub name: String,
    pub make_args: Vec<String>,
    /// It is the one that the tree asks for by itself.
    wanted: bool,
}

/// The tree's own compiler if the machine has it, else the machine's `gcc`.
pub(crate) fn choose(build_dir: &Path, config: &Config) -> Result<Compiler> {
    if config.is_on("CC_IS_CLANG") {
        return Ok(Compiler { name: "clang".to_owned(), make_args: vec!["LLVM=1".to_owned()], wanted: true });
    }
    let asked = kmod_os::read_to_string(build_dir.join(".kernelvariables")).ok().and_then(|text| asked_for(&text));
    let runs = |name: &str| Cmd::new(name).arg("--version").output().is_ok_and(|output| output.success);
    match asked {
        None => Ok(Compiler { name: "gcc".to_owned(), make_args: Vec::new(), wanted: true }),
        Some(name) if runs(&name) => Ok(Compiler { make_args: vec![format!("CC={name}")], name, wanted: true }),
        Some(_) if runs("gcc") => {
            Ok(Compiler { name: "gcc".to_owned(), make_args: vec!["CC=gcc".to_owned()], wanted: false })
        }
        Some(name) => Err(Error::NoCompiler { name }),
    }
}

/// `gcc-12` of `CC = $(if …) $(CROSS_COMPILE)gcc-12`, as Debian's header packages write it.
fn asked_for(variables: &str) -> Option<String> {
    let value = variables.lines().find_map(|line| line.strip_prefix("CC = "))?;
    let name = value.rsplit([')', ' ']).next()?;
    name.starts_with("gcc").then(|| name.to_owned())
}

/// What the kernel's build found its compiler able to do, and how to ask ours (the tests of the kernel's Kconfig files).
enum Probe {
    Flag(&'static str),
    Code(&'static str),
}

const TIED_GOTO: &str =
    r#"int foo(int *x) { asm goto (".long (%l[bar]) - .\n": "+m"(*x) ::: bar); return *x; bar: return 0; }"#;
const GOTO_OUTPUT: &str = r#"int foo(int x) { asm goto ("": "=r"(x) ::: bar); return x; bar: return 0; }"#;

const PROBES: [(&str, Probe); 4] = [
    ("CC_HAS_ASM_GOTO_OUTPUT", Probe::Code(GOTO_OUTPUT)),
    ("CC_HAS_ASM_GOTO_TIED_OUTPUT", Probe::Code(TIED_GOTO)),
    ("CC_HAS_MIN_FUNCTION_ALIGNMENT", Probe::Flag("-fmin-function-alignment=16")),
    ("CC_HAS_SANE_FUNCTION_ALIGNMENT", Probe::Flag("-fmin-function-alignment=16")),
];

/// The symbols to take from the configuration, and those to add to it, for a kernel that is not of this compiler.
pub(crate) struct Changes {
    pub drop: Vec<&'static str>,
    pub define: Vec<&'static str>,
}

impl Compiler {
    pub fn changes(&self, config: &Config) -> Result<Changes> {
        let mut changes = Changes { drop: Vec::new(), define: Vec::new() };
        if self.wanted {
            return Ok(changes);
        }
        // gcc compiles `asm goto` with outputs wrongly up to 11.4, 12.3 and 13.2 (init/Kconfig, GCC_ASM_GOTO_OUTPUT_BROKEN):
        // no probe of ours would see it. Kernels that have the WORKAROUND symbol cope in their headers.
        let broken = !config.is_on("GCC_ASM_GOTO_OUTPUT_WORKAROUND") && goto_output_broken(&self.version()?);
        for (symbol, probe) in &PROBES {
            let goto = symbol.starts_with("CC_HAS_ASM_GOTO");
            if config.is_on(symbol) && ((goto && broken) || !self.compiles(probe)?) {
                changes.drop.push(symbol);
                if goto && broken && !changes.define.contains(&"GCC_ASM_GOTO_OUTPUT_BROKEN") {
                    changes.define.push("GCC_ASM_GOTO_OUTPUT_BROKEN");
                }
            }
        }
        Ok(changes)
    }

    fn version(&self) -> Result<String> {
        Ok(Cmd::new(&self.name).args(["-dumpfullversion", "-dumpversion"]).run()?)
    }

    fn compiles(&self, probe: &Probe) -> Result<bool> {
        let dir = kmod_os::temp_dir()?;
        let (flag, code) = match probe {
            Probe::Flag(flag) => (Some(*flag), "int foo;"),
            Probe::Code(code) => (None, *code),
        };
        let source = dir.path().join("probe.c");
        kmod_os::write(&source, code)?;
        let object = dir.path().join("probe.o");
        let command = Cmd::new(&self.name).args(["-Werror", "-c", "-o"]).arg(object).args(flag).arg(source);
        Ok(command.output()?.success)
    }
}

fn goto_output_broken(version: &str) -> bool {
    let mut parts = version.trim().split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    match major {
        0..=10 => true,
        11 => minor < 5,
        12 => minor < 4,
        13 => minor < 3,
        _ => false,
    }
}

/// Takes symbols from, or adds them to, what kbuild and the headers read of a configuration.
pub(crate) fn rewrite(changes: &Changes, auto_conf: &str, autoconf_h: &str) -> (String, String) {
    let dropped = |name: &str| changes.drop.contains(&name);
    let conf = |line: &&str| {
        !line.strip_prefix("CONFIG_").and_then(|l| l.split_once('=')).is_some_and(|(name, _)| dropped(name))
    };
    let header = |line: &&str| {
        let name = line.strip_prefix("#define CONFIG_").and_then(|l| l.split(' ').next());
        !name.is_some_and(dropped)
    };
    let mut conf: Vec<_> = auto_conf.lines().filter(conf).map(str::to_owned).collect();
    let mut header: Vec<_> = autoconf_h.lines().filter(header).map(str::to_owned).collect();
    conf.extend(changes.define.iter().map(|name| format!("CONFIG_{name}=y")));
    header.extend(changes.define.iter().map(|name| format!("#define CONFIG_{name} 1")));
    (conf.join("\n") + "\n", header.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_that_a_header_package_asks_for() {
        let text = "override ARCH = x86\nCC = $(if $(DEBIAN_KERNEL_USE_CCACHE),$(CCACHE)) $(CROSS_COMPILE)gcc-12\n";
        assert_eq!(asked_for(text).as_deref(), Some("gcc-12"));
        assert_eq!(asked_for("CC = clang\n"), None);
        assert_eq!(asked_for(""), None);
    }

    #[test]
    fn compilers_that_miscompile() {
        let broken = ["10.2.1", "11.4.0", "12.2.0", "13.2.0", "x"].map(goto_output_broken);
        assert_eq!((broken, ["11.5.0", "12.4.0", "14.2.0"].map(goto_output_broken)), ([true; 5], [false; 3]));
    }

    #[test]
    fn both_files_change_alike() {
        let changes = Changes { drop: vec!["CC_HAS_X"], define: vec!["BROKEN"] };
        let (conf, header) = rewrite(
            &changes,
            "CONFIG_CC_HAS_X=y\nCONFIG_CC_HAS_XY=y\n",
            "#define CONFIG_CC_HAS_X 1\n#define CONFIG_CC_HAS_XY 1\n",
        );
        assert_eq!(conf, "CONFIG_CC_HAS_XY=y\nCONFIG_BROKEN=y\n");
        assert_eq!(header, "#define CONFIG_CC_HAS_XY 1\n#define CONFIG_BROKEN 1\n");
    }
}
