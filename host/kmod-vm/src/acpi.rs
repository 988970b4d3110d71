// SPDX-License-Identifier: MIT OR Apache-2.0
//! Devices of an ACPI table, so that a platform driver has something to match: `acpi:HID`, then what the firmware says of it.
//!
//! ```text
//! acpi:LNUXBEEF                                          a hardware ID
//! acpi:PRP0001,compatible=acme,,uart                     matched as a devicetree's node is; `,,` is a comma, as in QEMU's options
//! acpi:KMOD0001,size=0x20,names=a;b,fast                 properties (`_DSD`): an integer, a list of strings, a true one
//! acpi:KMOD0001,memory@0xfed00000=0x1000,interrupt@5     resources (`_CRS`)
//! acpi:KMOD0001,uart@\_SB.PCI0.SF8.COM3                  what is attached to a serial port
//! ```
use crate::{Error, Result};
use acpi_tables::{
    Aml, AmlSink,
    aml::{Device as Node, Interrupt, Memory32Fixed, Name, PackageBuilder, ResourceTemplate, Scope, Uuid},
    sdt::Sdt,
};

const HEADER_LEN: u32 = 36;
/// "Device Properties UUID For _DSD".
const PROPERTIES: &str = "daffd814-6eba-4d8c-8a91-bc9bbf4aa301";

#[derive(Debug, PartialEq)]
pub struct Device {
    hid: String,
    properties: Vec<(String, Vec<Value>)>,
    resources: Vec<Resource>,
}

#[derive(Debug, PartialEq)]
enum Value {
    Integer(u64),
    Text(String),
}

#[derive(Debug, PartialEq)]
enum Resource {
    Memory {
        start: u32,
        len: u32,
    },
    Interrupt(u32),
    /// A connection to the port of that name.
    Uart(String),
}

impl Device {
    /// `None` if `spec` is not of an ACPI device.
    pub fn parse(spec: &str) -> Result<Option<Self>> {
        let Some(text) = spec.strip_prefix("acpi:") else { return Ok(None) };
        let wrong = |why| Error::Device { spec: spec.to_owned(), why };
        let mut items = split(text).into_iter();
        let hid = items.next().unwrap_or_default();
        if !(7..=8).contains(&hid.len()) || !hid.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
            return Err(wrong("an ACPI hardware ID has 7 or 8 capital letters and digits"));
        }
        let mut device = Self { hid, properties: Vec::new(), resources: Vec::new() };
        for item in items {
            let (name, value) = item.split_once('=').unwrap_or((&item, "1"));
            if name.is_empty() || item.contains('\0') {
                return Err(wrong("after the hardware ID come NAME or NAME=VALUE"));
            }
            let number = |text| u32::try_from(integer(text)?).ok();
            if let Some(start) = name.strip_prefix("memory@") {
                let (start, len) = number(start).zip(number(value)).ok_or_else(|| wrong("say memory@START=LENGTH"))?;
                device.resources.push(Resource::Memory { start, len });
            } else if let Some(line) = name.strip_prefix("interrupt@") {
                let line = number(line).ok_or_else(|| wrong("say interrupt@NUMBER"))?;
                device.resources.push(Resource::Interrupt(line));
            } else if let Some(port) = name.strip_prefix("uart@") {
                device.resources.push(Resource::Uart(port.to_owned()));
            } else {
                device.properties.push((name.to_owned(), value.split(';').map(Value::parse).collect()));
            }
        }
        Ok(Some(device))
    }

    fn aml(&self, number: usize) -> Vec<u8> {
        let mut properties = PackageBuilder::new();
        for (name, values) in &self.properties {
            let mut property = PackageBuilder::new();
            property.add_element(name);
            match values.as_slice() {
                [value] => property.add_element(value.aml()),
                values => {
                    let mut list = PackageBuilder::new();
                    values.iter().for_each(|value| list.add_element(value.aml()));
                    property.add_element(&list);
                }
            }
            properties.add_element(&property);
        }
        let mut data = PackageBuilder::new();
        data.add_element(&Uuid::new(PROPERTIES));
        data.add_element(&properties);
        let resources: Vec<Box<dyn Aml>> = self.resources.iter().map(Resource::aml).collect();
        let resources = ResourceTemplate::new(resources.iter().map(|r| &**r).collect());

        let mut aml = Vec::new();
        Node::new(
            format!("KM{number:02X}").as_str().into(),
            vec![
                &Name::new("_HID".into(), &self.hid),
                &Name::new("_UID".into(), &number),
                // Present, enabled, shown, working.
                &Name::new("_STA".into(), &0xf_u8),
                &Name::new("_CRS".into(), &resources),
                &Name::new("_DSD".into(), &data),
            ],
        )
        .to_aml_bytes(&mut aml);
        aml
    }
}

impl Value {
    fn parse(text: &str) -> Self {
        integer(text).map_or_else(|| Self::Text(text.to_owned()), Self::Integer)
    }

    fn aml(&self) -> &dyn Aml {
        match self {
            Self::Integer(value) => value,
            Self::Text(text) => text,
        }
    }
}

impl Resource {
    fn aml(&self) -> Box<dyn Aml> {
        match self {
            Self::Memory { start, len } => Box::new(Memory32Fixed::new(true, *start, *len)),
            Self::Interrupt(line) => Box::new(Interrupt::new(true, true, false, false, *line)),
            Self::Uart(port) => Box::new(UartSerialBus { port: port.clone() }),
        }
    }
}

/// A serial connection (ACPI specification 6.5, §6.4.3.8.2): 115,200 baud, 8 bits, no parity, one stop bit.
struct UartSerialBus {
    port: String,
}

impl Aml for UartSerialBus {
    fn to_aml_bytes(&self, sink: &mut dyn AmlSink) {
        sink.byte(0x8e); // a large resource
        sink.word(self.port.len() as u16 + 20);
        sink.vec(&[1, 0, 3, 2]); // revision, index of the source, UART, a consumer
        sink.word(0x34); // 8 bits, one stop bit
        sink.byte(1);
        sink.word(10); // so many bytes are the UART's own
        sink.dword(115_200);
        sink.word(16); // its FIFOs
        sink.word(16);
        sink.vec(&[0, 0]); // no parity, no further lines
        sink.vec(self.port.as_bytes());
        sink.byte(0);
    }
}

/// An SSDT that declares the devices in `\_SB`.
pub fn ssdt(devices: &[Device]) -> Vec<u8> {
    let nodes = devices.iter().enumerate().flat_map(|(number, device)| device.aml(number)).collect();
    let mut table = Sdt::new(*b"SSDT", HEADER_LEN, 2, *b"KMOD  ", *b"KMODTEST", 1);
    table.append_slice(&Scope::raw("\\_SB_".into(), nodes));
    table.as_slice().to_vec()
}

fn integer(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// At the commas; two of them are one that belongs to the text.
fn split(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ',' if rest.next_if_eq(&',').is_none() => items.push(String::new()),
            c => items.last_mut().expect("there is one to begin with").push(c),
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs() {
        assert_eq!(Device::parse("edu").unwrap(), None);
        let all =
            "acpi:PRP0001,compatible=acme,,uart;b,size=0x20,fast,memory@0xfed00000=0x1000,interrupt@5,uart@\\_SB.COM3";
        let text = |t: &str| Value::Text(t.to_owned());
        let expected = Device {
            hid: "PRP0001".to_owned(),
            properties: vec![
                ("compatible".to_owned(), vec![text("acme,uart"), text("b")]),
                ("size".to_owned(), vec![Value::Integer(32)]),
                ("fast".to_owned(), vec![Value::Integer(1)]),
            ],
            resources: vec![
                Resource::Memory { start: 0xfed0_0000, len: 0x1000 },
                Resource::Interrupt(5),
                Resource::Uart("\\_SB.COM3".to_owned()),
            ],
        };
        assert_eq!(Device::parse(all).unwrap(), Some(expected));
        for bad in ["", "short", "lowercase", "LNUXBEEF,", "LNUXBEEF,=1", "LNUXBEEF,memory@0=x", "LNUXBEEF,interrupt@"]
        {
            assert!(Device::parse(&format!("acpi:{bad}")).is_err(), "{bad}");
        }
    }

    #[test]
    fn length_and_checksum_are_right() {
        for count in [1, 2, 9] {
            let device = || Device::parse("acpi:LNUXBEEF,compatible=a;b,size=1,memory@16=1").unwrap().unwrap();
            let table = ssdt(&(0..count).map(|_| device()).collect::<Vec<_>>());
            assert_eq!(table.len() as u32, u32::from_le_bytes(table[4..8].try_into().unwrap()));
            assert_eq!(table.iter().fold(0u8, |s, b| s.wrapping_add(*b)), 0);
        }
    }
}
