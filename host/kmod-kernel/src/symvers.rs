// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Module.symvers`: what a kernel exports to modules.
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    /// `EXPORT_SYMBOL`
    Any,
    /// `EXPORT_SYMBOL_GPL`: for modules under a GPL-compatible licence.
    Gpl,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Zero when the kernel is built without MODVERSIONS.
    pub crc: u32,
    /// `vmlinux`, or the module's path without `.ko`.
    pub module: String,
    pub kind: ExportKind,
    pub namespace: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Symvers(BTreeMap<String, Export>);

impl Symvers {
    /// Lines are `crc <TAB> name <TAB> module <TAB> kind [<TAB> namespace]`. The error is the first line that is not.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut exports = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() {
                continue;
            }
            let (name, export) = parse_line(line)
                .ok_or_else(|| format!("line {}: not `crc name module kind namespace`: {line:.80}", number + 1))?;
            exports.insert(name, export);
        }
        Ok(Self(exports))
    }

    pub fn get(&self, name: &str) -> Option<&Export> {
        self.0.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Export)> {
        self.0.iter().map(|(name, export)| (name.as_str(), export))
    }
}

fn parse_line(line: &str) -> Option<(String, Export)> {
    let mut parts = line.split('\t');
    let crc = u32::from_str_radix(parts.next()?.trim_start_matches("0x"), 16).ok()?;
    let (name, module, kind) = (parts.next()?, parts.next()?, parts.next()?);
    let kind = match kind {
        "EXPORT_SYMBOL" => ExportKind::Any,
        "EXPORT_SYMBOL_GPL" => ExportKind::Gpl,
        _ => return None,
    };
    let namespace = parts.next().filter(|n| !n.is_empty()).map(str::to_owned);
    Some((name.to_owned(), Export { crc, module: module.to_owned(), kind, namespace }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_namespaces() {
        let text = "0x1f\tfoo\tvmlinux\tEXPORT_SYMBOL\t\n0x00000000\tbar\tdrivers/a/b\tEXPORT_SYMBOL_GPL\tPWM\n";
        let symvers = Symvers::parse(text).unwrap();
        let foo = Export { crc: 31, module: "vmlinux".into(), kind: ExportKind::Any, namespace: None };
        assert_eq!(symvers.get("foo"), Some(&foo));
        let bar = symvers.get("bar").unwrap();
        assert_eq!((bar.kind, bar.namespace.as_deref()), (ExportKind::Gpl, Some("PWM")));
    }

    #[test]
    fn a_cut_file_names_its_line() {
        let error = Symvers::parse("0x1f\tfoo\tvmlinux\tEXPORT_SYMBOL\t\n0x00\tba").unwrap_err();
        assert!(error.starts_with("line 2:"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*|(0x[0-9a-f]{0,9}\t[a-z\t\n]{0,9}){0,9}") {
            let _ = Symvers::parse(&text);
        }
    }
}
