// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod policy check`: the Rust kernel policy over a series.
use super::boundary::{Given, partial};
use crate::{cli, error::Result, exit::Exit};
use kmod_boundary::policy::{self, Context, Finding, STANCES, Severity, Stances};
use serde_json::{Value, json};

pub fn run(command: &cli::PolicyCommand) -> Result<Exit> {
    let cli::PolicyCommand::Check { series: args, policy: file, sarif } = command;
    let text = file.as_ref().map(kmod_os::read_to_string).transpose()?;
    let stances = Stances::parse(text.as_deref().unwrap_or(STANCES))?;
    let given = Given::read(args)?;
    partial(&given.impact.problems);
    let findings = policy::check(&Context {
        series: &given.series,
        maintainers: &given.maintainers,
        stances: &stances,
        effects: &given.impact.effects,
        exists: &|path| given.exists(path),
    })?;
    if *sarif {
        println!("{:#}", as_sarif(&findings));
    } else if args.json {
        println!("{:#}", json!({ "findings": findings, "partial": given.impact.problems }));
    } else {
        findings.iter().for_each(print);
        // b4 takes each line of what it pipes a patch to for a warning.
        if args.series != "-" {
            println!("{} findings", findings.len());
        }
    }
    let violated = findings.iter().any(|f| f.severity == Severity::Must);
    Ok(match violated {
        true => Exit::TestFailed,
        false if !given.impact.problems.is_empty() => Exit::Usage,
        false => Exit::Ok,
    })
}

fn print(finding: &Finding) {
    let at = finding.file.iter().map(|f| format!("{f}:{}: ", finding.line.unwrap_or(1))).collect::<String>();
    println!("{at}{} ({}; policy {:?}): {}", finding.rule, level(finding.severity), finding.policy, finding.message);
    println!("  why: {}", finding.why);
    match &finding.stance {
        Some(s) => {
            println!("  stance of {}: {:?}, may break Rust: {} ({})", s.name, s.stance, s.may_break_rust, s.source)
        }
        None => println!("  stance: none on record"),
    }
    println!("  owners: {}", finding.owners.join(", "));
    println!("  Rust owners: {}", finding.rust_owners.join(", "));
}

/// SARIF's words.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Must => "error",
        Severity::Should => "warning",
        Severity::Note => "note",
    }
}

fn as_sarif(findings: &[Finding]) -> Value {
    let results = findings.iter().map(|f| {
        let place = f.file.iter().map(|file| {
            json!({ "physicalLocation": {
                "artifactLocation": { "uri": file },
                "region": { "startLine": f.line.unwrap_or(1) },
            }})
        });
        json!({
            "ruleId": f.rule,
            "level": level(f.severity),
            "message": { "text": format!("{}: {}", f.message, f.why) },
            "locations": place.collect::<Vec<_>>(),
            "properties": { "policy": f.policy, "stance": f.stance, "owners": f.owners, "rustOwners": f.rust_owners },
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "cargo-kmod", "version": env!("CARGO_PKG_VERSION") } },
            "results": results.collect::<Vec<_>>(),
        }],
    })
}
