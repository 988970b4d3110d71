// SPDX-License-Identifier: MIT OR Apache-2.0
//! The part of a real kbuild command line that clang needs to read the same headers in the same way.
use crate::{Error, Kernel, Result};
use kmod_os::Cmd;
use std::path::{Path, PathBuf};

/// Flags that clang gets as they are.
const KEPT: [&str; 5] = ["-nostdinc", "-fshort-wchar", "-funsigned-char", "-fms-extensions", "-m64"];
/// Flags that take a path or a definition, in the same word or the next.
const KEPT_WITH_VALUE: [&str; 5] = ["-I", "-D", "-include", "-isystem", "-std"];

/// Compiles an empty module with kbuild and takes the flags from the command that it recorded.
pub(crate) fn of_kbuild(kernel: &Kernel) -> Result<Vec<String>> {
    let failed = |why: String| Error::Flags { path: kernel.build_dir.clone(), why };
    let dir = kmod_os::temp_dir()?;
    kmod_os::write(dir.path().join("Kbuild"), "obj-m := kmod.o\n")?;
    kmod_os::write(dir.path().join("kmod.c"), "#include <linux/module.h>\nMODULE_LICENSE(\"GPL\");\n")?;
    kernel.make(dir.path()).arg("kmod.o").run()?;
    let recorded = kmod_os::read_to_string(dir.path().join(".kmod.o.cmd"))?;
    let line = recorded.lines().find_map(|line| line.split_once(":= ")).map(|(_, command)| command);
    let words = words(line.ok_or_else(|| failed("its .cmd file has no command".to_owned()))?);
    let absolute = |path: &str| {
        let tree = kernel.build_dir.join(path.trim_start_matches("./"));
        if Path::new(path).is_absolute() { path.to_owned() } else { tree.display().to_string() }
    };
    Ok(clang_usable(&words, absolute))
}

/// Keeps what decides how headers read; paths are made absolute.
fn clang_usable(words: &[String], absolute: impl Fn(&str) -> String) -> Vec<String> {
    let mut flags = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if KEPT.contains(&word.as_str()) {
            flags.push(word.clone());
            continue;
        }
        let Some(flag) = KEPT_WITH_VALUE.into_iter().find(|flag| word.starts_with(flag)) else { continue };
        let value = match &word[flag.len()..] {
            "" => words.next().map_or("", String::as_str),
            value => value,
        };
        match flag {
            "-D" | "-std" => flags.push(format!("{flag}{value}")),
            _ => flags.extend([flag.to_owned(), absolute(value)]),
        }
    }
    flags
}

/// Splits a command line as the shell does, as far as kbuild writes one: quotes, and backslashes outside of single ones.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | ';' if quote.is_none() => {
                words.extend(word.take());
                if c == ';' {
                    break;
                }
            }
            '\'' | '"' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            c if quote == Some(c) => quote = None,
            '\\' if quote != Some('\'') => word.get_or_insert_default().extend(chars.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// clang's own headers, which go with the libclang that is loaded (`…/lib/clang/VERSION/include`).
pub(crate) fn resource_dir(libclang: &Path) -> Option<PathBuf> {
    let real = libclang.canonicalize().ok()?;
    let versions = kmod_os::read_dir(real.parent()?.join("clang")).ok()?;
    versions.into_iter().map(|version| version.join("include")).rfind(|dir| dir.join("stddef.h").exists())
}

impl Kernel {
    /// `make -C <build tree> M=<dir>` with what this kernel needs.
    pub fn make(&self, dir: &Path) -> Cmd {
        let mut module = std::ffi::OsString::from("M=");
        module.push(dir);
        // A make that runs us, or Debian's packaging, must not leak into kbuild.
        let clean = ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "KBUILD_OUTPUT", "ARCH", "CROSS_COMPILE"];
        let command = Cmd::new("make").arg("-C").arg(&self.build_dir).arg(module).args(&self.make_args);
        clean.into_iter().fold(command, Cmd::env_remove)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kbuild_line() {
        let line = r#"gcc-12 -Wp,-MMD,x/.d -nostdinc -I/abs -I./include -include ./a.h -D__KERNEL__ -DN='"d"' -DM=\"q\" -O2 -std=gnu11 -m64 -c -o d.o d.c ; ./tools/objtool -I/no"#;
        let flags = clang_usable(&words(line), |path| format!("/k/{}", path.trim_start_matches("./")));
        let expected = ["-nostdinc", "-I", "/k//abs", "-I", "/k/include", "-include", "/k/a.h", "-D__KERNEL__"];
        assert_eq!(flags[..8], expected);
        assert_eq!(flags[8..], ["-DN=\"d\"", "-DM=\"q\"", "-std=gnu11", "-m64"]);
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_split(line in "\\PC*|(-[ID]|-include|'|\"|\\\\| |x){0,20}") {
            clang_usable(&words(&line), str::to_owned);
        }
    }
}
