// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod drift`: what changes between two kernels of that which Rust consumes of C.
use crate::{cli, cmd::session::Session, cmd::surface, error::Result, exit::Exit};
use kmod_boundary::{Finding, Severity, Uses, drift, rules};
use kmod_setup::Scope;

pub fn run(args: &cli::Drift) -> Result<Exit> {
    let session = Session::open(Scope::Build)?;
    let uses = Uses::of(&surface::sources(&session)?);
    uses.unread.iter().for_each(|why| eprintln!("not read: {why}"));
    let old = surface::surface(&session, &session.kernel(&args.from)?)?;
    let new = surface::surface(&session, &session.kernel(&args.to)?)?;
    let findings = drift(&old, &new, &uses, &rules::builtin()?);
    let open = findings.iter().filter(|finding| finding.open()).count();
    if args.json {
        let json = serde_json::json!({ "version": 1, "from": old.label, "to": new.label, "findings": findings });
        println!("{json}");
    } else {
        findings.iter().filter(|finding| args.all || finding.open()).for_each(show);
        println!("{} to {}: {} changes, {open} of them open", old.label, new.label, findings.len());
    }
    let breaks = findings.iter().any(|finding| finding.open() && finding.severity == Severity::Breaks);
    Ok(if breaks { Exit::TestFailed } else { Exit::Ok })
}

fn show(finding: &Finding) {
    let severity = format!("{:?}", finding.severity).to_lowercase();
    let places: Vec<_> = finding.breaks.iter().take(3).map(ToString::to_string).collect();
    let more = if finding.breaks.len() > 3 { ", …" } else { "" };
    let handled = finding.handled.as_ref().map(|how| format!(" [{how}]")).unwrap_or_default();
    println!("{severity}: {}: {} ({}{more}){handled}", finding.rule, finding.message, places.join(", "));
}
