// SPDX-License-Identifier: MIT OR Apache-2.0
//! A secondary ACPI table with one device a hardware ID, so that a platform driver has something to match.
//!
//! Encoding: ACPI specification 6.5, §5.2.6 (header), §20.2 (AML).

/// An SSDT that declares `\_SB.KMx { Name (_HID, "<hid>") … }` for each of `hids`.
pub fn ssdt(hids: &[String]) -> Vec<u8> {
    let devices = hids.iter().enumerate().flat_map(|(n, hid)| device(n, hid)).collect::<Vec<_>>();
    let mut scope = b"\\_SB_".to_vec();
    scope.extend(devices);
    let mut table = Vec::from(*b"SSDT");
    table.extend([0; 4]); // length, set below
    table.extend([2, 0]); // revision, checksum (set below)
    table.extend(b"KMOD  KMODTEST"); // OEM ID, OEM table ID
    table.extend(1u32.to_le_bytes());
    table.extend(b"KMOD");
    table.extend(1u32.to_le_bytes());
    table.push(0x10); // ScopeOp
    table.extend(package(scope));
    let length = table.len() as u32;
    table[4..8].copy_from_slice(&length.to_le_bytes());
    let sum = table.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    table[9] = sum.wrapping_neg();
    table
}

fn device(number: usize, hid: &str) -> Vec<u8> {
    let mut body = format!("KM{number:02X}").into_bytes();
    body.extend(b"\x08_HID\x0d"); // NameOp _HID StringPrefix
    body.extend(hid.bytes());
    body.push(0);
    body.extend(b"\x08_UID\x0a"); // NameOp _UID BytePrefix
    body.push(number as u8);
    body.extend(b"\x08_STA\x0a\x0f"); // present, enabled, shown, working
    [vec![0x5b, 0x82], package(body)].concat() // ExtOpPrefix DeviceOp
}

/// A PkgLength, which counts itself, before the body.
fn package(body: Vec<u8>) -> Vec<u8> {
    let length = if body.len() + 1 < 0x40 {
        vec![body.len() as u8 + 1]
    } else {
        let total = body.len() + 2;
        vec![0x40 | (total & 0xf) as u8, (total >> 4) as u8]
    };
    [length, body].concat()
}

#[cfg(test)]
mod tests {
    #[test]
    fn length_and_checksum_are_right() {
        for count in [1, 2, 9] {
            let table = super::ssdt(&vec!["LNUXBEEF".to_owned(); count]);
            assert_eq!(table.len() as u32, u32::from_le_bytes(table[4..8].try_into().unwrap()));
            assert_eq!(table.iter().fold(0u8, |s, b| s.wrapping_add(*b)), 0);
        }
    }
}
