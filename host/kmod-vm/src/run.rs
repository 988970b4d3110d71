// SPDX-License-Identifier: MIT OR Apache-2.0
//! Starts QEMU, reads its two serial ports, and ends it: with the guest's verdict, or because of trouble, silence or time.
use crate::{
    Error, Initramfs, Machine, Qemu, Report, Result, Trouble, Verdict, acpi, console, kvm,
    plan::{Parts, Plan},
};
use kmod_os::{self as os, Cache, Cmd};
use std::{
    io::{BufRead, BufReader, Read},
    os::unix::net::UnixListener,
    path::Path,
    process::{Child, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// All that one boot needs.
pub struct Boot<'a> {
    pub cache: &'a Cache,
    pub qemu: &'a Qemu,
    pub vmlinux: &'a Path,
    /// The kernel's release, for what is known of it and this QEMU.
    pub release: &'a str,
    pub machine: &'a Machine,
    pub initramfs: &'a Initramfs,
    /// The longest that the boot may take, and the longest that nothing may be heard of it.
    pub timeout: Duration,
    pub silence: Duration,
    /// The console is the user's terminal: no limits, no watching.
    pub interactive: bool,
}

/// What came of a boot.
#[derive(Debug)]
pub struct Finished {
    pub verdict: Verdict,
    pub report: Report,
    /// Every console line, the kernel's boot included.
    pub console: Vec<String>,
    /// Under emulation everything takes about ten times as long.
    pub emulated: bool,
    pub notes: Vec<String>,
    pub wall: Duration,
}

enum Event {
    Console(String),
    Report(String),
    Ended(&'static str),
}

/// After trouble the kernel prints its registers and back-trace: wait for them this long.
const AFTER_TROUBLE: Duration = Duration::from_secs(3);
/// How often a machine is started whose kernel ends before its init. QEMU's emulation of code that changes while another processor
/// runs it is not perfect.
const STARTS: usize = 3;
/// A guest that runs wild may print for ever; what it printed last is what matters.
const CONSOLE_LINES: usize = 20_000;

/// Boots once. `on_line` is told each console line as it comes.
pub fn boot(boot: &Boot, on_line: &mut dyn FnMut(&str)) -> Result<Finished> {
    // A plugin sees what is emulated only.
    let plugin = boot.machine.qemu_args.iter().any(|arg| arg == "-plugin");
    if !plugin && kvm::works(boot.qemu, boot.cache) {
        match boot_with(boot, true, on_line) {
            Err(Error::QemuFailed { .. }) => kvm::remember(boot.cache, false),
            Ok(finished) if finished.console.is_empty() && !boot.interactive => kvm::remember(boot.cache, false),
            result => return result,
        }
    }
    let mut notes = Vec::new();
    loop {
        let mut finished = boot_with(boot, false, on_line)?;
        match &finished.verdict {
            Verdict::NoBoot(why) if notes.len() + 1 < STARTS => {
                notes.push(format!("the machine was started again: {why}"));
            }
            _ => {
                finished.notes.extend(notes);
                return Ok(finished);
            }
        }
    }
}

fn boot_with(boot: &Boot, kvm: bool, on_line: &mut dyn FnMut(&str)) -> Result<Finished> {
    let start = Instant::now();
    let socket_error = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Socket { path, source }
    };
    let dir = tempfile::Builder::new().prefix("kmod-vm-").tempdir().map_err(socket_error(&std::env::temp_dir()))?;
    let (initramfs, socket, table) = (dir.path().join("initramfs"), dir.path().join("report"), dir.path().join("ssdt"));
    let packed = boot.initramfs.pack()?;
    os::write(&initramfs, &packed)?;
    let devices = boot.machine.acpi_devices()?;
    if !devices.is_empty() {
        os::write(&table, acpi::ssdt(&devices))?;
    }
    let listener = UnixListener::bind(&socket).map_err(socket_error(&socket))?;
    let plan = boot.machine.plan(
        boot.qemu,
        &Parts {
            vmlinux: boot.vmlinux,
            initramfs: &initramfs,
            initramfs_size: packed.len(),
            report_socket: &socket,
            dir: dir.path(),
            acpi_table: (!devices.is_empty()).then_some(table.as_path()),
            kvm,
            interactive: boot.interactive,
            release: boot.release,
        },
    )?;
    let mut child = start_qemu(&plan, boot.interactive)?;
    let (sender, events) = mpsc::channel();
    let stdout = child.stdout.take();
    let stderr = child.stderr.take();
    read_lines(stdout, Event::Console, "console", sender.clone());
    thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            read_lines(Some(stream), Event::Report, "report", sender);
        }
    });
    let errors = thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut stderr) = stderr {
            let _ = stderr.read_to_string(&mut text);
        }
        text
    });

    let mut heard = Heard::default();
    let ending = if boot.interactive { Ending::Quit } else { heard.listen(&events, boot, start, on_line) };
    if !matches!(ending, Ending::Quit) {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|source| os::Error::Start { program: plan.program.clone(), source })?;
    // What was still on its way when QEMU ended; a connection that never came keeps its thread, so do not wait for it long.
    while let Ok(event) = events.recv_timeout(Duration::from_millis(200)) {
        heard.take(event, on_line);
    }
    let stderr = if status.success() { String::new() } else { errors.join().unwrap_or_default() };
    if heard.console.is_empty() && heard.report.is_empty() && !status.success() && matches!(ending, Ending::Quit) {
        let command = format!("{} {}", plan.program, plan.args.join(" "));
        return Err(Error::QemuFailed { command, stderr: stderr.trim().to_owned() });
    }
    let report = Report::parse(&heard.report);
    let verdict = match (ending, heard.trouble.clone(), report.verdict()) {
        _ if heard.report.is_empty() && !boot.interactive => Verdict::NoBoot(did_not_boot(&heard, &stderr)),
        (_, Some(trouble), _) => Verdict::Oops(trouble),
        (Ending::TimeUp(limit), ..) => Verdict::Timeout(limit),
        (_, _, Ok(true)) => Verdict::Pass,
        (_, _, Ok(false)) => Verdict::TestFailed,
        (_, _, Err(_)) if boot.interactive => Verdict::Pass,
        (_, _, Err(why)) => Verdict::GuestDied(if stderr.is_empty() { why } else { format!("{why}; QEMU: {stderr}") }),
    };
    Ok(Finished { verdict, report, console: heard.console, emulated: !kvm, notes: plan.notes, wall: start.elapsed() })
}

/// Nothing of the driver has run yet, so this says nothing about it.
fn did_not_boot(heard: &Heard, stderr: &str) -> String {
    let last = match &heard.trouble {
        Some(trouble) => &trouble.line,
        None => heard.console.last().map_or("nothing", |line| console::strip_time(line)),
    };
    let qemu = if stderr.is_empty() { String::new() } else { format!("; QEMU said: {stderr}") };
    format!(
        "the kernel did not get as far as its init; its console said: {last}{qemu}\n  \
         next: see the console above, or give more of it with `--append 'loglevel=8 earlyprintk=ttyS0'`; \
         a machine with less or more (--device, --qemu, memory in the manifest) may boot"
    )
}

fn start_qemu(plan: &Plan, interactive: bool) -> Result<Child> {
    let mut command = Cmd::new(&plan.program).args(&plan.args).into_std();
    if interactive {
        command.stdin(Stdio::inherit());
    } else {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    let failed = |source| os::Error::Start { program: plan.program.clone(), source };
    Ok(command.spawn().map_err(failed)?)
}

fn read_lines<R: Read + Send + 'static>(
    from: Option<R>,
    event: fn(String) -> Event,
    name: &'static str,
    to: mpsc::Sender<Event>,
) {
    let Some(from) = from else { return };
    thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        // Bytes, not `lines()`: a guest that dies may print anything. A line ends at "\n" or at 64 KiB.
        while let Ok(1..) = reader.by_ref().take(64 << 10).read_until(b'\n', &mut line) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
            if to.send(event(text)).is_err() {
                return;
            }
            line.clear();
        }
        let _ = to.send(Event::Ended(name));
    });
}

enum Ending {
    /// QEMU ended by itself.
    Quit,
    TimeUp(Duration),
    Trouble,
}

#[derive(Default)]
struct Heard {
    console: Vec<String>,
    report: String,
    trouble: Option<Trouble>,
    console_ended: bool,
}

impl Heard {
    fn listen(
        &mut self,
        events: &mpsc::Receiver<Event>,
        boot: &Boot,
        start: Instant,
        on_line: &mut dyn FnMut(&str),
    ) -> Ending {
        let mut silent_since = Instant::now();
        let mut trouble_since: Option<Instant> = None;
        loop {
            let now = Instant::now();
            let left = [
                (boot.timeout.saturating_sub(now - start), Ending::TimeUp(boot.timeout)),
                (boot.silence.saturating_sub(now - silent_since), Ending::TimeUp(boot.silence)),
                match trouble_since {
                    Some(since) => (AFTER_TROUBLE.saturating_sub(now - since), Ending::Trouble),
                    None => (boot.timeout, Ending::TimeUp(boot.timeout)),
                },
            ];
            let (wait, ending) = left.into_iter().min_by_key(|(wait, _)| *wait).expect("three are given");
            match events.recv_timeout(wait) {
                Ok(event) => {
                    silent_since = Instant::now();
                    self.take(event, on_line);
                    if self.trouble.is_some() {
                        trouble_since.get_or_insert(silent_since);
                    }
                    if self.console_ended {
                        return Ending::Quit;
                    }
                }
                Err(RecvTimeoutError::Timeout) if wait.is_zero() => return ending,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ending::Quit,
            }
        }
    }

    fn take(&mut self, event: Event, on_line: &mut dyn FnMut(&str)) {
        match event {
            Event::Console(line) => {
                on_line(&line);
                if self.trouble.is_none() {
                    self.trouble = console::trouble(&line);
                }
                if self.console.len() >= CONSOLE_LINES {
                    self.console.drain(..CONSOLE_LINES / 2);
                }
                self.console.push(line);
            }
            Event::Report(line) => {
                self.report.push_str(&line);
                self.report.push('\n');
            }
            Event::Ended(port) => self.console_ended |= port == "console",
        }
    }
}
