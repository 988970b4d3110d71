// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo kmod run`: builds a driver, boots a kernel with it, and shows what it does.
use crate::{
    cli,
    cmd::session::{Session, Which},
    error::Result,
    exit::Exit,
    project, show,
};
use kmod_build::KernelTests;
use kmod_setup::Scope;
use kmod_vm::Step;

/// What the kernel and the init print around the part that matters.
const FROM: &str = kmod_vm::BEGIN_MARK;
const TO: &str = kmod_vm::END_MARK;

/// Gives each free device of the bus to the module's driver, and takes it away again, until a probe took fewer steps than were to
/// fail; then twice more: the probe that comes next tells what the last one has left.
const BIND: &str = r#"
    cd /sys/module/$DRIVER/drivers || exit 1
    bound() { ls -d */*/subsystem 2>/dev/null; }
    left=3
    for n in $(seq 300); do
        for device in $(bound); do
            device=${device%/subsystem}
            echo ${device#*/} >${device%/*}/unbind
        done
        for driver in *; do
            for device in $driver/../../devices/*; do
                [ -e $device/driver ] || echo ${device##*/} >$driver/bind
            done
        done 2>/dev/null
        if [ -n "$(bound)" ] && dmesg | grep -q "$DRIVER: # probe .* was not taken"; then
            left=$((left - 1))
            [ $left -gt 0 ] || exit 0
        fi
    done
    echo in 300 probes it was not bound without a failure
    exit 1
"#;

pub fn run(args: &cli::Run) -> Result<Exit> {
    let session = Session::open(Scope::Boot)?;
    let mut exit = Exit::Ok;
    let kernels = session.ids(&args.build.kernel)?;
    for subject in project::select(&args.build)? {
        for id in &kernels {
            let kernel = session.kernel_to_boot(id, &args.vm)?;
            let tests = if args.fail_alloc { KernelTests::FailAlloc } else { KernelTests::Off };
            let module = session.build_for(&subject, &kernel, &args.build, tests)?;
            eprintln!("{} ({} bytes of .text)", module.ko.display(), module.text_size);
            let mut initramfs = session.initramfs()?;
            session.load(&mut initramfs, &subject, &kernel, &module, &args.vm)?;
            let demo = if args.fail_alloc { Which::Nothing } else { Which::Demo };
            let clients = args.client.iter().map(|path| (path.file_name().unwrap_or_default(), path));
            let clients = clients.map(|(name, path)| (name.to_string_lossy().into_owned(), path.clone()));
            for (name, path) in session.programs(&subject, &module, &args.build, demo)?.into_iter().chain(clients) {
                let guest_path = format!("/kmod/{name}");
                initramfs.file(&guest_path, &path);
                initramfs.step(Step::Exec { argv: vec![guest_path] });
            }
            if args.shell || args.fail_alloc || args.exec.is_some() {
                initramfs.file("/bin/sh", &kmod_setup::busybox(&session.cache, &session.bars)?);
            }
            let probes = args.fail_alloc.then(|| format!("DRIVER={}{BIND}", module.name));
            for command in probes.iter().chain(&args.exec) {
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
            let (mut shown, mut leaked) = (false, false);
            let finished = session.boot(&subject, &kernel, &args.vm, &initramfs, args.shell, &mut |line| {
                if line.contains(TO) {
                    shown = false;
                }
                if shown {
                    println!("{line}");
                }
                shown |= line.contains(FROM);
                leaked |= line.contains("# before probe ") && line.ends_with(" leaked");
            })?;
            show::results(&finished, true);
            show::verdict(&subject.name, id, &kernel.release, &finished);
            if !shown && Exit::from(&finished.verdict) != Exit::Ok {
                show::tail(&finished);
            }
            if leaked {
                eprintln!("{} on {id}: a probe that failed, or an unbinding, left memory behind", subject.name);
                exit = exit.max(Exit::TestFailed);
            }
            exit = exit.max((&finished.verdict).into());
        }
    }
    Ok(exit)
}
