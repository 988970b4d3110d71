// SPDX-License-Identifier: MIT OR Apache-2.0
//! Distribution packages without root: an apt state of our own in the cache, the machine's mirror and keys, any suite.
use crate::{Error, Result, sources, version};
use kmod_os::{Cache, Cmd, Progress};
use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Package lists younger than this are not asked for again.
const FRESH: Duration = Duration::from_secs(3600);

/// One package at one version.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Package {
    pub name: String,
    pub version: String,
}

/// The distribution's archive, as the machine's apt sources reach it.
pub struct Archive<'a> {
    cache: &'a Cache,
    progress: &'a dyn Progress,
}

impl<'a> Archive<'a> {
    pub fn new(cache: &'a Cache, progress: &'a dyn Progress) -> Self {
        Self { cache, progress }
    }

    /// The versions of `package` in these suites, the newest first.
    pub fn versions(&self, suites: &[&str], package: &str) -> Result<Vec<String>> {
        let mut found: Vec<_> =
            self.available(suites, &[package])?.into_iter().map(|package| package.version).collect();
        found.dedup();
        Ok(found)
    }

    /// Downloads a package (the newest, or just this version) and unpacks it in the cache at `into`, unless it is there.
    /// Returns the unpacked root.
    pub fn fetch(&self, suites: &[&str], package: &str, version: Option<&str>, into: &Path) -> Result<PathBuf> {
        self.cache.entry(into, |root| {
            let version = match version {
                Some(version) => version.to_owned(),
                None => {
                    self.versions(suites, package)?.into_iter().next().ok_or_else(|| no_package(suites, package))?
                }
            };
            self.unpack(suites, &[Package { name: package.to_owned(), version }], root)
        })
    }

    /// The same for the newest version of several packages.
    pub fn fetch_all(&self, suites: &[&str], packages: &[&str], into: &Path) -> Result<PathBuf> {
        self.cache.entry(into, |root| {
            let newest = |name: &&str| {
                let version =
                    self.versions(suites, name)?.into_iter().next().ok_or_else(|| no_package(suites, name))?;
                Ok(Package { name: (*name).to_owned(), version })
            };
            let packages = packages.iter().map(newest).collect::<Result<Vec<_>>>()?;
            self.unpack(suites, &packages, root)
        })
    }

    /// These packages and all that they depend on, resolved by apt as if nothing were installed.
    pub fn closure(&self, suites: &[&str], packages: &[&str]) -> Result<Vec<Package>> {
        let conf = self.state(suites)?;
        let install =
            apt("apt-get", &conf).args(["-qq", "-s", "--no-install-recommends", "-o", "Dir::State::status=/dev/null"]);
        let plan = install.args(["install", "--"]).args(packages).run();
        let of = || format!("{} of {}", packages.join(", "), suites.join(", "));
        let plan = plan.map_err(|source| Error::Resolve { packages: of(), source })?;
        Ok(plan.lines().filter_map(planned).collect())
    }

    /// The names in these suites that begin with `prefix`.
    pub(crate) fn names(&self, suites: &[&str], prefix: &str) -> Result<Vec<String>> {
        let conf = self.state(suites)?;
        let names = apt("apt-cache", &conf).args(["pkgnames", prefix]).run()?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Every version of these packages that the suites have, the newest first. Names that do not exist are not an error.
    pub(crate) fn available(&self, suites: &[&str], names: &[&str]) -> Result<Vec<Package>> {
        let conf = self.state(suites)?;
        let table = apt("apt-cache", &conf).arg("madison").args(names).run()?;
        let mut found: Vec<_> = table.lines().filter_map(|line| madison(line, suites)).collect();
        found.sort_by(|a, b| version::compare(&b.version, &a.version));
        Ok(found)
    }

    /// Downloads these packages and unpacks them all into the folder `root`.
    pub fn unpack(&self, suites: &[&str], packages: &[Package], root: &Path) -> Result<()> {
        let conf = self.state(suites)?;
        let named = packages.iter().take(6).map(|p| format!("{} {}", p.name, p.version)).collect::<Vec<_>>();
        let what = match packages.len() - named.len() {
            0 => named.join(", "),
            others => format!("{} and {others} others", named.join(", ")),
        };
        let pinned: Vec<_> = packages.iter().map(|p| format!("{}={}", p.name, p.version)).collect();
        let debs = root.join(".debs");
        kmod_os::create_dir_all(&debs)?;
        let failed = |source| Error::Download { package: what.clone(), source };
        let uris =
            apt("apt-get", &conf).args(["-qq", "download", "--print-uris"]).args(&pinned).run().map_err(failed)?;
        let total = uris.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()).sum();
        let download = apt("apt-get", &conf).args(["-qq", "download"]).args(&pinned).dir(&debs);
        self.watched(&format!("download {what}"), total, &debs, download).map_err(failed)?;
        let task = self.progress.start(&format!("unpack {what}"), None);
        for deb in kmod_os::read_dir(&debs)? {
            let unpack = Cmd::new("dpkg-deb").arg("-x").arg(&deb).arg(root).run();
            unpack.map_err(|source| Error::Unpack { package: deb.display().to_string(), source })?;
        }
        drop(task);
        Ok(kmod_os::remove_dir_all(&debs)?)
    }

    /// Runs a command that fills `dir` with `total` bytes, and tells how far it is.
    fn watched(&self, what: &str, total: u64, dir: &Path, command: Cmd) -> std::result::Result<(), kmod_os::Error> {
        let task = self.progress.start(what, Some(total));
        std::thread::scope(|scope| {
            let child = scope.spawn(move || command.run());
            while !child.is_finished() {
                std::thread::sleep(Duration::from_millis(100));
                let size = |path: PathBuf| std::fs::metadata(path).map_or(0, |meta| meta.len());
                task.set(kmod_os::read_dir(dir).map_or(0, |files| files.into_iter().map(size).sum()));
            }
            child.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).map(drop)
        })
    }

    /// The apt configuration for these suites, with package lists that are not older than [`FRESH`].
    fn state(&self, suites: &[&str]) -> Result<PathBuf> {
        for program in ["apt-get", "apt-cache", "dpkg-deb"] {
            Cmd::new(program).arg("--version").output().map_err(|_| Error::NoApt { program })?;
        }
        let dir = self.cache.path("apt").join(suites.join("+"));
        let _lock = self.cache.lock("apt")?;
        let (conf, stamp) = (dir.join("apt.conf"), dir.join("updated"));
        kmod_os::write_if_changed(dir.join("sources.list.d/suites.sources"), self.stanzas(suites)?)?;
        for folder in ["lists/partial", "archives/partial"] {
            kmod_os::create_dir_all(self.cache.path("apt").join(folder))?;
        }
        kmod_os::write_if_changed(&conf, configuration(&self.cache.path("apt"), &dir))?;
        let age = std::fs::metadata(&stamp)
            .and_then(|meta| meta.modified())
            .map(|time| SystemTime::now().duration_since(time));
        if matches!(age, Ok(Ok(age)) if age < FRESH) {
            return Ok(conf);
        }
        let task = self.progress.start(&format!("update the package lists of {}", suites.join(", ")), None);
        let update = apt("apt-get", &conf).args(["-qq", "update"]).run();
        drop(task);
        match update {
            Ok(_) => kmod_os::write(&stamp, "")?,
            Err(_) if stamp.exists() => {
                self.progress
                    .note(&format!("cannot update the package lists of {}: using the old ones", suites.join(", ")));
            }
            Err(source) => return Err(Error::Update { suites: suites.join(", "), source }),
        }
        Ok(conf)
    }

    /// Our sources: the machine's archives, asked for these suites. A machine without a security archive does without.
    fn stanzas(&self, suites: &[&str]) -> Result<String> {
        let mut known =
            kmod_os::read_to_string("/etc/apt/sources.list").map_or(Vec::new(), |text| sources::parse_list(&text));
        for path in kmod_os::read_dir("/etc/apt/sources.list.d").unwrap_or_default() {
            let text = kmod_os::read_to_string(&path).unwrap_or_default();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("list") => known.extend(sources::parse_list(&text)),
                Some("sources") => known.extend(sources::parse_deb822(&text)),
                _ => {}
            }
        }
        let stanza = |suite: &&str| sources::serving(&known, suite).map(|source| sources::stanza(source, &[suite]));
        let text: String = suites.iter().filter_map(stanza).collect();
        if text.is_empty() { Err(Error::NoMirror { suites: suites.join(", ") }) } else { Ok(text) }
    }
}

fn no_package(suites: &[&str], package: &str) -> Error {
    Error::NoPackage { package: package.to_owned(), suites: suites.join(", ") }
}

fn apt(program: &str, conf: &Path) -> Cmd {
    Cmd::new(program).arg("-c").arg(conf).env("LC_ALL", "C.UTF-8").env("DEBIAN_FRONTEND", "noninteractive")
}

/// Read after the machine's own configuration, so that its proxy and credentials hold and its hooks do not.
fn configuration(apt: &Path, dir: &Path) -> String {
    let (apt, dir) = (apt.display(), dir.display());
    format!(
        r#"Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{dir}/sources.list.d";
Dir::State::lists "{apt}/lists";
Dir::Cache "{apt}";
Dir::Cache::archives "{apt}/archives";
Dir::Cache::pkgcache "{dir}/pkgcache.bin";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "";
APT::Get::List-Cleanup "false";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "2";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"#
    )
}

/// ` name | version | uri suite/component arch Packages`; a line of one of our suites.
fn madison(line: &str, suites: &[&str]) -> Option<Package> {
    let mut parts = line.split('|').map(str::trim);
    let (name, version, origin) = (parts.next()?, parts.next()?, parts.next()?);
    let (suite, _) = origin.split(' ').nth(1)?.rsplit_once('/')?;
    suites.contains(&suite).then(|| Package { name: name.to_owned(), version: version.to_owned() })
}

/// `Inst name (version origin [arch])`: a line of what apt would do.
fn planned(line: &str) -> Option<Package> {
    let (name, rest) = line.strip_prefix("Inst ")?.split_once(" (")?;
    let name = name.split(' ').next()?;
    Some(Package { name: name.to_owned(), version: rest.split(' ').next()?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_lines() {
        let package = |name: &str, version: &str| Some(Package { name: name.into(), version: version.into() });
        let line = "Inst passwd (1:4.13+dfsg1-1+deb12u2 Debian:12.15/oldstable [amd64]) []";
        assert_eq!(planned(line), package("passwd", "1:4.13+dfsg1-1+deb12u2"));
        assert_eq!(planned("Inst bash [5.1] (5.2 Debian:12/oldstable [amd64])"), package("bash", "5.2"));
        assert_eq!(planned("Conf passwd (1:4.13 Debian:12.15/oldstable [amd64])"), None);
    }

    #[test]
    fn madison_lines() {
        let line = "linux-headers-6.1.0-56-amd64 |  6.1.192-2 | http://mirror.example/debian-security bookworm-security/main amd64 Packages";
        let package = Package { name: "linux-headers-6.1.0-56-amd64".into(), version: "6.1.192-2".into() };
        assert_eq!(madison(line, &["bookworm", "bookworm-security"]), Some(package));
        assert_eq!(madison(line, &["bookworm"]), None);
        assert_eq!(madison("a | b", &["bookworm"]), None);
    }
}
