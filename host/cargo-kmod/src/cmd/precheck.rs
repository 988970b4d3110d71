// SPDX-License-Identifier: MIT OR Apache-2.0
//! Of a driver that uses C by name: what the kernel to build for lacks, or has otherwise, said as findings on the boundary
//! instead of errors of the compiler. Most drivers use the `kernel` crate alone, and nothing is read for them.
use crate::{
    cmd::{session::Session, surface},
    error::{Error, Result},
    project::{Source, Subject},
};
use kmod_boundary::{Class, Finding, Form, Severity, Surface, Uses, drift, rules, rules::Remedy};
use kmod_kernel::Kernel;
use std::{collections::BTreeSet, path::Path};

/// What a driver uses of C, and what the kernel to build for says of it.
pub struct Asked {
    uses: Uses,
    new: Surface,
    /// The other kernels at hand, first those that the manifest names: the code was written for them.
    others: Vec<String>,
}

impl Asked {
    /// None for a driver that names nothing of C.
    pub fn of(session: &Session, subject: &Subject, kernel: &Kernel) -> Result<Option<Self>> {
        let mut sources = Vec::new();
        match &subject.source {
            Source::File(path) => surface::add(path, &path.display().to_string(), &mut sources)?,
            Source::Package { manifest, .. } => {
                let folder = manifest.parent().unwrap_or(Path::new("."));
                surface::add(folder, &folder.display().to_string(), &mut sources)?;
            }
        }
        if !sources.iter().any(|source| source.text.contains("bindings::") || source.text.contains("uapi::")) {
            return Ok(None);
        }
        let mut helpers = Vec::new();
        surface::add(&session.sdk.rust.join("helpers"), "rust/helpers", &mut helpers)?;
        let ours = Uses::of(&helpers);
        // What our helpers give, a driver has too; what they ask the kernel for, they ask for themselves.
        let mut uses = Uses::of(&sources);
        (uses.helpers, uses.called_in_c, uses.evaluated) = (ours.helpers, ours.called_in_c, true);
        let known = kmod_kernel::list(&session.sdk.kernels, &session.cache)?;
        let installed = known.into_iter().filter(|info| info.installed.is_some()).map(|info| info.id);
        let mut others: Vec<String> = installed.filter(|id| *id != kernel.id).collect();
        others.sort_by_key(|id| !subject.wants.kernels.contains(id));
        Ok(Some(Self { uses, new: surface::of_ours(session, kernel)?, others }))
    }

    /// Refuses what no compiler can accept: names that another kernel has and this one has not.
    pub fn refuse(&self, session: &Session, subject: &Subject, kernel: &Kernel) -> Result<()> {
        // What one of our helpers gives is there, whatever the kernel has.
        let absent =
            |name: &&String| self.new.state(name).form == Form::Absent && !self.uses.helpers.contains_key(*name);
        let mut missing: BTreeSet<&String> = self.uses.names.keys().filter(absent).collect();
        let mut findings = Vec::new();
        for id in &self.others {
            if missing.is_empty() {
                break;
            }
            let gone = |finding: &Finding| finding.class == Class::Gone && missing.remove(&finding.name);
            findings.extend(self.against(session, id, gone)?);
        }
        match findings.is_empty() {
            true => Ok(()),
            false => Err(Error::Drift { driver: subject.name.clone(), kernel: kernel.id.clone(), findings }),
        }
    }

    /// What may be behind an error of the compiler: how this kernel differs from one that the code was written for.
    pub fn suspects(&self, session: &Session) -> Result<Vec<String>> {
        self.others.first().map_or(Ok(Vec::new()), |id| {
            self.against(session, id, |finding| finding.class != Class::Gone && finding.severity == Severity::Breaks)
        })
    }

    fn against(&self, session: &Session, id: &str, wanted: impl FnMut(&Finding) -> bool) -> Result<Vec<String>> {
        let old = surface::of_ours(session, &session.kernel(id)?)?;
        let mut findings = drift(&old, &self.new, &self.uses, &rules::builtin()?);
        findings.retain(Finding::open);
        findings.sort_by(|a, b| a.breaks.cmp(&b.breaks));
        Ok(findings.into_iter().filter(wanted).map(|finding| line(&finding, id)).collect())
    }
}

/// `src/lib.rs:3: function-gone: no `f`; debian-7.2 has it (extern function, include/linux/x.h:9)`, and what to do.
fn line(finding: &Finding, id: &str) -> String {
    let places: Vec<_> = finding.breaks.iter().take(3).map(ToString::to_string).collect();
    let there = finding.before.at.as_ref().map(|at| format!(", {at}")).unwrap_or_default();
    let what = match finding.class {
        Class::Gone => format!("no `{}`; {id} has it ({}{there})", finding.name, finding.before.form.name()),
        _ => format!("{} (compared with {id}{there})", finding.message),
    };
    let next = match (finding.remedy, finding.query()) {
        (Some(Remedy::Helper), _) => "write a C helper".to_owned(),
        (Some(Remedy::Constant), _) => "give Rust a C constant".to_owned(),
        (Some(Remedy::Cast), _) => "cast it".to_owned(),
        (_, Some(query)) => format!("guard it with `#[cfg(kmod_has = \"{query}\")]`"),
        _ => "guard it with a `#[cfg(…)]`".to_owned(),
    };
    format!("{}: {}: {what}; next: {next}", places.join(", "), finding.rule)
}
