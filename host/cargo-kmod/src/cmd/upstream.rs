// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod upstream`: what stands between a driver's source and mainline.
use crate::{
    cli,
    cmd::session::Session,
    error::Result,
    exit::Exit,
    project::{self, Subject},
};
use kmod_build::upstream::{Kind, Report};
use kmod_setup::Scope;

pub fn run(args: &cli::Upstream) -> Result<Exit> {
    let session = Session::open(Scope::Build)?;
    let build = cli::Build {
        file: args.file.clone(),
        package: args.package.clone(),
        profile: "release".to_owned(),
        ..cli::Build::default()
    };
    let kernel = session.kernel(&args.kernel)?;
    let mut exit = Exit::Ok;
    for subject in project::select(&build)? {
        let report = session.upstream(&subject, &kernel, &build, &args.tree)?;
        if args.json {
            println!("{}", json(&subject, &report));
        } else {
            print(&subject, &report);
        }
        if !report.differences.is_empty() {
            exit = Exit::TestFailed;
        }
    }
    Ok(exit)
}

fn print(subject: &Subject, report: &Report) {
    let here = std::env::current_dir().unwrap_or_default();
    for difference in &report.differences {
        let file = difference.file.strip_prefix(&here).unwrap_or(&difference.file);
        match &difference.kind {
            Kind::Beyond(item) => println!("{}:{}: `{item}` is beyond mainline", file.display(), difference.line),
            Kind::Error { rendered, .. } => println!("{}", rendered.trim_end()),
        }
    }
    let count = report.differences.len();
    let said = match count {
        0 => "takes it as it is".to_owned(),
        1 => "does not take it: 1 difference".to_owned(),
        n => format!("does not take it: {n} differences"),
    };
    println!("{}: the kernel crate of {} {said}", subject.name, report.version);
}

fn json(subject: &Subject, report: &Report) -> serde_json::Value {
    let differences = report.differences.iter().map(|difference| {
        let (kind, what) = match &difference.kind {
            Kind::Beyond(item) => ("beyond", item),
            Kind::Error { message, .. } => ("error", message),
        };
        serde_json::json!({ "file": difference.file, "line": difference.line, "kind": kind, "what": what })
    });
    let differences: Vec<_> = differences.collect();
    serde_json::json!({ "driver": subject.name, "version": report.version, "differences": differences })
}
