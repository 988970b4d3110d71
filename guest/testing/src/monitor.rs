// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's monitor, from inside: the hand that pulls the card.
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
};

/// A connection to QEMU's own monitor, over the third serial port.
///
/// The driver's manifest asks for it, which lets the guest do to QEMU what it likes:
///
/// ```toml
/// [package.metadata.kmod]
/// devices = ["pcie-root-port,id=rp", "edu,bus=rp,id=card"]
/// qemu = [
///     "-chardev", "socket,id=monitor,path={dir}/monitor,server=on,wait=off", "-mon", "chardev=monitor,mode=control",
///     "-chardev", "socket,id=door,path={dir}/monitor", "-serial", "chardev:door",
/// ]
/// ```
pub struct Monitor {
    port: BufReader<File>,
    /// How many commands were given: their names.
    commands: u32,
}

impl Monitor {
    pub fn open() -> io::Result<Self> {
        let port = OpenOptions::new().read(true).write(true).open("/dev/ttyS2")?;
        let mut attributes = tcgetattr(&port)?;
        attributes.make_raw();
        tcsetattr(&port, OptionalActions::Now, &attributes)?;
        let mut monitor = Self { port: BufReader::new(port), commands: 0 };
        // Whatever the terminal echoed before it was raw: the byte makes QEMU forget it.
        monitor.port.get_mut().write_all(b"\xff\n")?;
        // Refused when the connection was opened before.
        let _ = monitor.execute("qmp_capabilities", "{}");
        Ok(monitor)
    }

    /// Takes the device of that id away. Returns at once; the slot tells the guest's kernel.
    pub fn device_del(&mut self, id: &str) -> io::Result<()> {
        self.execute("device_del", &format!(r#"{{"id": "{id}"}}"#))
    }

    /// Puts a device with these properties into a slot.
    pub fn device_add(&mut self, driver: &str, id: &str, bus: &str, properties: &[(&str, &str)]) -> io::Result<()> {
        let more: String = properties.iter().map(|(name, value)| format!(r#", "{name}": "{value}""#)).collect();
        self.execute("device_add", &format!(r#"{{"driver": "{driver}", "id": "{id}", "bus": "{bus}"{more}}}"#))
    }

    fn execute(&mut self, command: &str, arguments: &str) -> io::Result<()> {
        self.commands += 1;
        let id = format!(r#""id": {}"#, self.commands);
        writeln!(self.port.get_mut(), r#"{{"execute": "{command}", "arguments": {arguments}, {id}}}"#)?;
        loop {
            let mut line = String::new();
            if self.port.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // Other lines tell of events, or answer what the terminal echoed.
            if line.contains(&id) {
                return if line.contains(r#""return""#) { Ok(()) } else { Err(io::Error::other(line)) };
            }
        }
    }
}
