// SPDX-License-Identifier: MIT OR Apache-2.0
//! A machine → QEMU's command line, as a value.
use crate::{Error, Qemu, Result, acpi};
use std::path::{Path, PathBuf};

/// The machine that a driver asks for.
#[derive(Debug, Clone)]
pub struct Machine {
    /// `-device` arguments (`edu`, `pci-testdev`, …), or `acpi:HID` for a device in an ACPI table, with
    /// properties and resources if it has any (`acpi:HID,compatible=acme,,uart,memory@0xfed00000=0x1000`).
    pub devices: Vec<String>,
    /// Further arguments, as they are (`-blockdev …`) but for `{dir}`, which becomes a folder of this boot alone.
    pub qemu_args: Vec<String>,
    /// Further kernel parameters.
    pub append: Vec<String>,
    /// Beyond what the initramfs takes.
    pub memory_mib: u32,
    pub cpus: u32,
}

impl Default for Machine {
    fn default() -> Self {
        Self { devices: Vec::new(), qemu_args: Vec::new(), append: Vec::new(), memory_mib: 256, cpus: 2 }
    }
}

/// What to start, and what to tell the user about it.
#[derive(Debug, Clone)]
pub struct Plan {
    pub program: String,
    pub args: Vec<String>,
    pub notes: Vec<String>,
}

/// Where the parts of one boot lie.
pub struct Parts<'a> {
    pub vmlinux: &'a Path,
    pub initramfs: &'a Path,
    pub initramfs_size: usize,
    pub report_socket: &'a Path,
    pub dir: &'a Path,
    /// The machine's ACPI table, when it has `acpi:` devices.
    pub acpi_table: Option<&'a Path>,
    pub kvm: bool,
    /// The console is the user's terminal.
    pub interactive: bool,
    pub release: &'a str,
}

/// Firmware that starts a kernel by PVH in milliseconds; without it QEMU's own takes a second.
const QBOOT: &str = "/usr/share/qemu/qboot.rom";

/// Quiet until the init raises the level; ends by itself on an oops; spends no time on what a test does not need. The results of
/// kernel tests are read from the kernel's log when all have run: it must hold them.
const APPEND: &str = "console=ttyS0 quiet panic=-1 oops=panic tsc=reliable no_timer_check cryptomgr.notests audit=0 \
                      apparmor=0 nowatchdog rcupdate.rcu_expedited=1 log_buf_len=1M";

impl Machine {
    pub fn plan(&self, qemu: &Qemu, parts: &Parts) -> Result<Plan> {
        let mut notes = Vec::new();
        let mut append = vec![APPEND.to_owned()];
        for quirk in qemu.quirks(parts.release, !parts.kvm) {
            notes.push(format!("{} is given to the kernel: {}", quirk.append, quirk.why));
            append.push(quirk.append);
        }
        append.extend(self.append.iter().cloned());
        // Emulated, the old timer is left out: the kernel would time its clock by it, and on a busy host, where its ticks
        // come late and then all at once, find a clock that runs ten times too fast, and with it all deadlines. It takes the HPET.
        let [accel, machine, cpu] = if parts.kvm { ["kvm", "q35", "host"] } else { ["tcg", "q35,pit=off", "qemu64"] };
        let mut args: Vec<String> = ["-accel", accel, "-machine", machine, "-cpu", cpu].map(str::to_owned).into();
        let mut arg = |name: &str, value: String| args.extend([name.to_owned(), value]);
        // It is unpacked before its own memory is given back.
        let unpacked = 2 * parts.initramfs_size.div_ceil(1 << 20);
        arg("-m", (self.memory_mib as usize + unpacked).to_string());
        arg("-smp", self.cpus.to_string());
        if Path::new(QBOOT).exists() {
            arg("-bios", QBOOT.to_owned());
        }
        arg("-display", "none".to_owned());
        arg("-vga", "none".to_owned());
        // Ctrl-C belongs to the guest when the terminal is its console.
        arg("-chardev", format!("stdio,id=console,signal={}", if parts.interactive { "off" } else { "on" }));
        arg("-serial", "chardev:console".to_owned());
        arg("-chardev", format!("socket,id=report,path={}", text(parts.report_socket)?));
        arg("-serial", "chardev:report".to_owned());
        if let Some(table) = parts.acpi_table {
            arg("-acpitable", format!("file={}", text(table)?));
        }
        for device in self.devices.iter().filter(|d| !d.starts_with("acpi:")) {
            if device.is_empty() || device.starts_with('-') {
                return Err(Error::Device {
                    spec: device.clone(),
                    why: "give what follows QEMU's -device, or acpi:HID",
                });
            }
            arg("-device", device.clone());
        }
        arg("-kernel", text(parts.vmlinux)?);
        arg("-initrd", text(parts.initramfs)?);
        arg("-append", append.join(" "));
        args.extend(["-nodefaults", "-no-user-config", "-no-reboot"].map(str::to_owned));
        let dir = text(parts.dir)?;
        args.extend(self.qemu_args.iter().map(|arg| arg.replace("{dir}", &dir)));
        Ok(Plan { program: qemu.program.clone(), args, notes })
    }

    /// Its devices in an ACPI table.
    pub fn acpi_devices(&self) -> Result<Vec<acpi::Device>> {
        self.devices.iter().filter_map(|spec| acpi::Device::parse(spec).transpose()).collect()
    }
}

/// QEMU splits its options at commas: a path with one cannot be given.
fn text(path: &Path) -> Result<String> {
    match path.to_str() {
        Some(text) if !text.contains(',') => Ok(text.to_owned()),
        _ => Err(Error::Device {
            spec: PathBuf::from(path).to_string_lossy().into_owned(),
            why: "QEMU cannot be given a path with a comma or with bytes that are not UTF-8: use another cache or TMPDIR",
        }),
    }
}
