// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernels that the project knows, as data (`kernels/*.toml`).
use crate::{Error, Package, Result, archive::Archive};
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path};

/// One file of `kernels/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    pub description: String,
    pub suites: Vec<String>,
    /// The name of a flavour's header package; one `*` for the part that counts up, `{flavour}` for the flavour.
    pub headers: String,
    /// What to unpack; `{abi}` is what stands between `linux-headers-` and the flavour in the header package's name.
    pub packages: Vec<String>,
    pub host_libraries: HostLibraries,
    /// What the id calls it → what the packages call it.
    pub flavours: BTreeMap<String, String>,
    #[serde(default = "default_flavour")]
    pub default: String,
    /// What is taken for granted of this kernel: queries, with a `!` before those whose answer is no.
    #[serde(default)]
    pub expect: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostLibraries {
    pub suites: Vec<String>,
    pub packages: Vec<String>,
}

fn default_flavour() -> String {
    "cloud".to_owned()
}

/// A definition with its flavour chosen.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// With the flavour: `debian-6.1-cloud`.
    pub name: String,
    pub flavour: String,
    pub definition: Definition,
}

/// A version to unpack.
pub(crate) struct Choice {
    pub abi: String,
    pub version: String,
    pub packages: Vec<Package>,
}

impl Definition {
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let definition: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if definition.headers.matches('*').count() != 1 || !definition.headers.contains("{flavour}") {
            return Err("`headers` wants one `*` and `{flavour}`".to_owned());
        }
        if !definition.flavours.contains_key(&definition.default) {
            return Err(format!("`flavours` has no `{}`, the default", definition.default));
        }
        let query = |expectation: &String| expectation.trim_start_matches('!').parse::<crate::Query>();
        definition.expect.iter().try_for_each(|text| query(text).map(drop)).map_err(|error| error.to_string())?;
        Ok(definition)
    }
}

/// Every kernel, in the order of the files' names; the default flavour first and without its name.
pub(crate) fn all(dir: &Path) -> Result<Vec<(String, Entry)>> {
    let mut files = kmod_os::read_dir(dir)?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let mut kernels = Vec::new();
    for path in files {
        let text = kmod_os::read_to_string(&path)?;
        let definition =
            Definition::parse(&text).map_err(|message| Error::Definition { path: path.clone(), message })?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let entry = |flavour: &String| Entry {
            name: format!("{stem}-{flavour}"),
            flavour: definition.flavours[flavour].clone(),
            definition: definition.clone(),
        };
        kernels.push((stem.clone(), entry(&definition.default)));
        kernels.extend(
            definition.flavours.keys().filter(|f| **f != definition.default).map(|f| (format!("{stem}-{f}"), entry(f))),
        );
    }
    Ok(kernels)
}

/// The kernel called `id`, which may name the default flavour too.
pub(crate) fn find(dir: &Path, id: &str) -> Result<Entry> {
    let mut kernels = all(dir)?;
    if let Some(at) = kernels.iter().position(|(known, entry)| known == id || entry.name == id) {
        return Ok(kernels.swap_remove(at).1);
    }
    let mut near: Vec<_> = kernels.into_iter().map(|(known, _)| (strsim::jaro_winkler(&known, id), known)).collect();
    near.retain(|(likeness, _)| *likeness > 0.7);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.truncate(4);
    Err(Error::UnknownKernel { id: id.to_owned(), near: near.into_iter().map(|(_, known)| known).collect() })
}

impl Entry {
    /// The header package of this ABI.
    pub fn headers(&self, abi: &str) -> String {
        format!("linux-headers-{abi}-{}", self.flavour)
    }

    /// The newest version of which the archive has every package.
    pub fn newest(&self, archive: &Archive) -> Result<Choice> {
        let suites: Vec<_> = self.definition.suites.iter().map(String::as_str).collect();
        let headers = self.definition.headers.replace("{flavour}", &self.flavour);
        let (prefix, suffix) = headers.split_once('*').unwrap_or((&headers, ""));
        let names = archive.names(&suites, prefix)?;
        let matching: Vec<_> =
            names.iter().map(String::as_str).filter(|name| counts_up(name, prefix, suffix)).collect();
        for candidate in archive.available(&suites, &matching)? {
            let abi =
                candidate.name.trim_start_matches("linux-headers-").trim_end_matches(&format!("-{}", self.flavour));
            let fill = |name: &String| name.replace("{abi}", abi).replace("{flavour}", &self.flavour);
            let wanted: Vec<_> = self.definition.packages.iter().map(fill).collect();
            let there = archive.available(&suites, &wanted.iter().map(String::as_str).collect::<Vec<_>>())?;
            let at = |name: &String| there.iter().find(|p| p.name == *name && p.version == candidate.version).cloned();
            if let Some(packages) = wanted.iter().map(at).collect() {
                return Ok(Choice { abi: abi.to_owned(), version: candidate.version, packages });
            }
        }
        Err(Error::NoPackage { package: headers, suites: suites.join(", ") })
    }
}

/// `*` stands for no dash: `6.1.0-*-amd64` is not `6.1.0-9-rt-amd64`.
fn counts_up(name: &str, prefix: &str, suffix: &str) -> bool {
    let middle = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
    middle.is_some_and(|middle| !middle.is_empty() && !middle.contains('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernels() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernels")
    }

    #[test]
    fn the_projects_own_files_are_read() {
        let ids: Vec<_> = all(&kernels()).unwrap().into_iter().map(|(id, _)| id).collect();
        assert!(ids.contains(&"debian-6.1".to_owned()) && ids.contains(&"debian-7.2-generic".to_owned()), "{ids:?}");
        assert_eq!(find(&kernels(), "debian-6.1").unwrap().name, find(&kernels(), "debian-6.1-cloud").unwrap().name);
    }

    #[test]
    fn an_unknown_id_names_its_neighbours() {
        let error = find(&kernels(), "debain-6.1").unwrap_err().to_string();
        assert!(error.contains("near: debian-6.1"), "{error}");
    }

    #[test]
    fn a_definition_says_what_is_wrong_with_it() {
        assert!(Definition::parse("description = 1").unwrap_err().contains("description"));
        let text = std::fs::read_to_string(kernels().join("debian-6.1.toml")).unwrap();
        assert!(Definition::parse(&text.replace("cloud =", "cluod =")).unwrap_err().contains("default"));
        assert!(Definition::parse(&text.replace("0-*-{f", "0-{f")).unwrap_err().contains("one `*`"));
        assert!(Definition::parse(&text.replace("suites", "suits")).is_err());
        assert!(Definition::parse(&text.replace("\"config:", "\"konfig:")).unwrap_err().contains("no such kind"));
    }

    #[test]
    fn the_star_stands_for_no_dash() {
        assert!(counts_up("linux-headers-6.1.0-56-amd64", "linux-headers-6.1.0-", "-amd64"));
        assert!(!counts_up("linux-headers-6.1.0-56-cloud-amd64", "linux-headers-6.1.0-", "-amd64"));
        assert!(!counts_up("linux-headers-6.1.0-amd64", "linux-headers-6.1.0-", "-amd64"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*|([a-z=\"\\[\\]{}*\n ]{0,30})") {
            let _ = Definition::parse(&text);
        }
    }
}
