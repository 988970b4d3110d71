// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod kernel`: list, add, info, remove.
use crate::{cli::KernelCommand, cmd::session::Session, error::Result, exit::Exit};
use kmod_kernel::Kernel;
use kmod_setup::Scope;

/// The configuration switches that shape code: what the flags of rustc follow.
const SHAPING: &[&str] = &[
    "MITIGATION_RETPOLINE",
    "RETPOLINE",
    "MITIGATION_SLS",
    "SLS",
    "MITIGATION_RETHUNK",
    "RETHUNK",
    "X86_KERNEL_IBT",
    "CALL_PADDING",
    "FUNCTION_PADDING_BYTES",
    "FUNCTION_ALIGNMENT",
    "CFI",
    "CFI_CLANG",
    "FRAME_POINTER",
    "UNWINDER_ORC",
    "MODVERSIONS",
    "MODULE_SIG_FORCE",
    "RANDSTRUCT",
    "PREEMPT_RT",
    "RUST",
    "KUNIT",
];

pub fn run(command: &KernelCommand) -> Result<Exit> {
    let session = Session::open(Scope::Build)?;
    match command {
        KernelCommand::List { json } => {
            let kernels = kmod_kernel::list(&session.sdk.kernels, &session.cache)?;
            if *json {
                let row = |k: &kmod_kernel::KernelInfo| serde_json::json!({ "id": k.id, "description": k.description, "installed": k.installed });
                println!(
                    "{}",
                    serde_json::json!({ "version": 1, "kernels": kernels.iter().map(row).collect::<Vec<_>>() })
                );
            } else {
                for k in kernels {
                    println!("{:<26} {:<34} {}", k.id, k.installed.as_deref().unwrap_or("-"), k.description);
                }
                println!(
                    "{:<26} {:<34} the running kernel's headers; or the path of a prepared build tree",
                    "host", ""
                );
            }
        }
        KernelCommand::Add { id } => {
            let kernel = session.kernel(id)?;
            println!("{} {} in {}", kernel.id, kernel.release, kernel.build_dir.display());
        }
        KernelCommand::Info { id, json } => info(&session.kernel(id)?, *json)?,
        KernelCommand::Remove { id } => {
            kmod_kernel::remove(id, &session.sdk.kernels, &session.cache)?;
            eprintln!("{id} is no longer in the cache");
        }
    }
    Ok(Exit::Ok)
}

fn info(kernel: &Kernel, json: bool) -> Result<()> {
    let config = kernel.config()?;
    let symvers = kernel.symvers()?;
    let compiler = config.get("CC_VERSION_TEXT").unwrap_or("unknown").trim_matches('"');
    let switches: Vec<_> = SHAPING.iter().filter_map(|s| Some((*s, config.get(s)?))).collect();
    if json {
        let switches: serde_json::Map<_, _> = switches.iter().map(|(s, v)| ((*s).to_owned(), (*v).into())).collect();
        println!(
            "{}",
            serde_json::json!({
                "version": 1, "id": kernel.id, "release": kernel.release, "arch": kernel.arch.name(),
                "package": kernel.package.as_ref().map(|p| format!("{} {}", p.name, p.version)),
                "build_dir": kernel.build_dir, "image": kernel.vmlinuz, "modules": kernel.modules_dir,
                "compiler": compiler, "config": switches, "exports": symvers.iter().count(), "btf": kernel.btf,
            })
        );
        return Ok(());
    }
    let path = |p: &Option<std::path::PathBuf>| p.as_ref().map_or("none".to_owned(), |p| p.display().to_string());
    println!("release    {}", kernel.release);
    if let Some(package) = &kernel.package {
        println!("package    {} {}", package.name, package.version);
    }
    println!("arch       {}", kernel.arch.name());
    println!("compiler   {compiler}");
    println!("headers    {}", kernel.build_dir.display());
    println!("image      {}", path(&kernel.vmlinuz));
    println!("modules    {}", path(&kernel.modules_dir));
    println!("BTF        {}", path(&kernel.btf));
    println!("exports    {}", symvers.iter().count());
    for (switch, value) in switches {
        println!("config     CONFIG_{switch}={value}");
    }
    Ok(())
}
