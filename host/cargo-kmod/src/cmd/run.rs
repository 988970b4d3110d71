// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod run`: builds a driver, boots a kernel with it, and shows what it does.
use crate::{
    cli,
    cmd::session::{Session, Which},
    error::Result,
    exit::Exit,
    project, show,
};
use kmod_setup::Scope;
use kmod_vm::Step;

/// What the kernel and the init print around the part that matters.
const FROM: &str = kmod_vm::BEGIN_MARK;
const TO: &str = kmod_vm::END_MARK;

pub fn run(args: &cli::Run) -> Result<Exit> {
    let session = Session::open(Scope::Boot)?;
    let mut exit = Exit::Ok;
    let kernels = session.ids(&args.build.kernel)?;
    for subject in project::select(&args.build)? {
        for id in &kernels {
            let kernel = session.kernel_to_boot(id, &args.vm)?;
            let module = session.build(&subject, &kernel, &args.build)?;
            eprintln!("{} ({} bytes of .text)", module.ko.display(), module.text_size);
            let mut initramfs = session.initramfs()?;
            session.load(&mut initramfs, &subject, &kernel, &module, &args.vm)?;
            let clients = args.client.iter().map(|path| (path.file_name().unwrap_or_default(), path));
            let clients = clients.map(|(name, path)| (name.to_string_lossy().into_owned(), path.clone()));
            for (name, path) in
                session.programs(&subject, &module, &args.build, Which::Demo)?.into_iter().chain(clients)
            {
                let guest_path = format!("/kmod/{name}");
                initramfs.file(&guest_path, &path);
                initramfs.step(Step::Exec { argv: vec![guest_path] });
            }
            if args.shell || args.exec.is_some() {
                initramfs.file("/bin/sh", &kmod_setup::busybox(&session.cache, &session.bars)?);
            }
            if let Some(command) = &args.exec {
                let script = ["/bin/sh", "-c", command].map(str::to_owned);
                initramfs.step(Step::Exec { argv: script.into() });
            }
            if args.shell {
                eprintln!("a shell in the VM; `exit` ends it (busybox: `busybox --list` names its programs)");
                initramfs.step(Step::Shell {
                    argv: ["/bin/sh", "-c", "exec setsid cttyhack sh -i"].map(str::to_owned).into(),
                });
            }
            initramfs.step(Step::Rmmod { name: module.name.clone() });
            let mut shown = false;
            let finished = session.boot(&subject, &kernel, &args.vm, &initramfs, args.shell, &mut |line| {
                if line.contains(TO) {
                    shown = false;
                }
                if shown {
                    println!("{line}");
                }
                shown |= line.contains(FROM);
            })?;
            show::results(&finished, true);
            show::verdict(&subject.name, id, &kernel.release, &finished);
            if !shown && Exit::from(&finished.verdict) != Exit::Ok {
                show::tail(&finished);
            }
            exit = exit.max((&finished.verdict).into());
        }
    }
    Ok(exit)
}
