// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod drift`: what changes between two kernels of that which Rust consumes of C.
use crate::{cli, cmd::session::Session, cmd::surface, error::Result, exit::Exit};
use kmod_boundary::{Finding, Severity, drift, fix, rules};
use kmod_setup::Scope;

pub fn run(args: &cli::Drift) -> Result<Exit> {
    let session = Session::open(Scope::Build)?;
    let sources = surface::sources(&session, &args.rust)?;
    let uses = surface::uses(&sources, args.rust.is_empty());
    let headers = surface::headers(&session, &args.rust, &sources)?;
    let [old, new] = surface::both(&session, [&args.from, &args.to], &headers)?;
    let findings = drift(&old, &new, &uses, &rules::builtin()?);
    let open = findings.iter().filter(|finding| finding.open()).count();
    if args.json {
        let json = serde_json::json!({ "version": 1, "from": old.label, "to": new.label, "findings": findings });
        println!("{json}");
    } else {
        findings.iter().filter(|finding| args.all || finding.open()).for_each(show);
        println!("{} to {}: {} changes, {open} of them open", old.label, new.label, findings.len());
    }
    if let Some(path) = &args.fix {
        let mends = fix::mend(&findings, [&old, &new], &sources);
        kmod_os::write(path, mends.iter().map(fix::Mend::diff).collect::<String>())?;
        eprintln!(
            "{}: mends {} files; next: git apply it, and look at what is still open",
            path.display(),
            mends.len()
        );
    }
    let breaks = findings.iter().any(|finding| finding.open() && finding.severity == Severity::Breaks);
    Ok(if breaks { Exit::TestFailed } else { Exit::Ok })
}

fn show(finding: &Finding) {
    let places: Vec<_> = finding.breaks.iter().take(3).map(ToString::to_string).collect();
    let more = if finding.breaks.len() > 3 { ", …" } else { "" };
    let handled = finding.handled.as_ref().map(|how| format!(" [{how}]")).unwrap_or_default();
    println!("{}: {}: {} ({}{more}){handled}", finding.severity, finding.rule, finding.message, places.join(", "));
}
