// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel's configuration as kbuild reads it (`include/config/auto.conf`).
use std::collections::BTreeMap;

/// The symbols that are set, without `CONFIG_`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config(BTreeMap<String, String>);

impl Config {
    /// Reads `CONFIG_NAME=value` lines; whatever else a line holds is not a setting.
    pub fn parse(text: &str) -> Self {
        let setting = |line: &str| {
            let (name, value) = line.trim().strip_prefix("CONFIG_")?.split_once('=')?;
            (value != "n").then(|| (name.to_owned(), value.to_owned()))
        };
        Self(text.lines().filter_map(setting).collect())
    }

    /// The value as written: `y`, `m`, a number, or a string in its quotes.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Built in or a module.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some("y" | "m"))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_nothing_else() {
        let config = Config::parse(
            "# CONFIG_OFF is not set\nCONFIG_PCI=y\nCONFIG_E1000=m\nCONFIG_HZ=250\nCONFIG_NO=n\n=\nCONFIG_\n",
        );
        assert!(config.is_on("PCI") && config.is_on("E1000") && !config.is_on("HZ") && !config.is_on("NO"));
        assert_eq!(config.get("HZ"), Some("250"));
        assert_eq!(config.iter().count(), 3);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC*|(CONFIG_[A-Z=ynm\"\n ]{0,9}){0,9}") {
            Config::parse(&text);
        }
    }
}
