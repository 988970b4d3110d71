// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod new`: a copy of a template, which is a driver itself, under another name.
use crate::{
    cli,
    error::{Error, Result},
    exit::Exit,
    sdk::Sdk,
};
use clap::ValueEnum;
use kmod_os::Cache;
use std::path::{Path, PathBuf};

/// What a build leaves in a template's folder.
const MADE: [&str; 3] = ["target", ".kmod", "Cargo.lock"];

pub fn run(args: &cli::New) -> Result<Exit> {
    let names = Names::of(&args.name)?;
    let sdk = Sdk::find(&Cache::of_user()?)?;
    let dir = args.path.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    if kmod_os::exists(&dir) {
        return Err(Error::Exists { path: dir });
    }
    let template = args.template.to_possible_value().expect("no template is hidden");
    copy(&sdk.template(template.get_name()), &dir, &names)?;
    sdk.link(&dir)?;
    println!("wrote {}: a {} driver; next: cd {0} && cargo kmod test", dir.display(), template.get_name());
    Ok(Exit::Ok)
}

fn copy(from: &Path, to: &Path, names: &Names) -> Result<()> {
    for path in kmod_os::read_dir(from)? {
        let name = path.file_name().unwrap_or_default();
        let to = to.join(name);
        if MADE.iter().any(|made| name == *made) {
            continue;
        } else if path.is_dir() {
            copy(&path, &to, names)?;
        } else {
            kmod_os::write(to, names.put_into(&kmod_os::read_to_string(&path)?))?;
        }
    }
    Ok(())
}

/// The spellings of a driver's name; the templates' is `my_driver`.
struct Names {
    package: String,
    module: String,
    title: String,
}

impl Names {
    fn of(name: &str) -> Result<Self> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let why = if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(fits) {
            Some("it has to begin with a lower-case letter, and hold only those, digits, `-` and `_`")
        } else if name.len() > 31 {
            Some("the kernel's names of disks have at most 31 characters")
        } else if RESERVED.contains(&name.replace('-', "_").as_str()) {
            Some("Rust or the `kernel` crate uses this name")
        } else {
            None
        };
        if let Some(why) = why {
            return Err(Error::Name { name: name.to_owned(), why });
        }
        let module = name.replace('-', "_");
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        let title = module.split('_').filter(|word| !word.is_empty()).map(capital).collect();
        Ok(Self { package: name.to_owned(), module, title })
    }

    fn put_into(&self, text: &str) -> String {
        text.replace("name = \"my_driver\"\nversion", &format!("name = \"{}\"\nversion", self.package))
            .replace("my_driver", &self.module)
            .replace("MyDriver", &self.title)
    }
}

/// Crates that a driver uses, and words of Rust that could begin a name.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "kernel", "macros", "bindings", "uapi", "ffi", "build_error", "pin_init", "zerocopy", "kmod_testing", "rustix",
    "core", "alloc", "std", "test", "proc_macro", "abstract", "as", "async", "await", "become", "box", "break", "const",
    "continue", "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
    "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield",
];

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn a_name_is_put_into_each_spelling() {
        let names = Names::of("usb-lamp2").unwrap();
        assert_eq!(names.put_into("name = \"my_driver\"\nversion = 1"), "name = \"usb-lamp2\"\nversion = 1");
        assert_eq!(names.put_into("name: \"my_driver\", struct MyDriver"), "name: \"usb_lamp2\", struct UsbLamp2");
    }

    #[test]
    fn names_that_cannot_be() {
        for name in ["", "2fast", "Big", "a/b", "../x", "kernel", "pin-init", "fn", "é", &"a".repeat(32)] {
            assert!(Names::of(name).is_err(), "{name}");
        }
    }
}
