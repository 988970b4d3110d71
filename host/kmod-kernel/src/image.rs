// SPDX-License-Identifier: MIT OR Apache-2.0
//! A packaged boot image → the kernel in it. Bytes in, bytes out.
use std::io::Read;

/// The kernel that a boot image holds: the ELF `vmlinux` of a bzImage, or the `Image` of an arm64 one.
pub(crate) fn unpack(image: &[u8]) -> Result<Vec<u8>, String> {
    const HEADER: &[u8] = b"HdrS";
    const ARM64: &[u8] = b"ARM\x64";
    if image.starts_with(b"\x7fELF") || image.get(56..60) == Some(ARM64) {
        return Ok(image.to_vec());
    }
    if image.get(0x202..0x206) != Some(HEADER) {
        let kernel = decompress(image)?;
        return if kernel.get(56..60) == Some(ARM64) {
            Ok(kernel)
        } else {
            Err("neither a bzImage nor an arm64 Image".into())
        };
    }
    // The x86 boot protocol: the payload's place counts from the end of the real-mode part.
    let word = |at: usize| image.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let cut = || "it is cut short".to_owned();
    let sectors = match image.get(0x1f1).copied().ok_or_else(cut)? {
        0 => 4,
        count => usize::from(count),
    };
    let start = (sectors + 1) * 512 + word(0x248).ok_or_else(cut)?;
    let end = start.checked_add(word(0x24c).ok_or_else(cut)?).ok_or_else(cut)?;
    let kernel = decompress(image.get(start..end).ok_or_else(cut)?)?;
    if kernel.starts_with(b"\x7fELF") { Ok(kernel) } else { Err("its payload is not an ELF file".into()) }
}

fn decompress(payload: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let result = match payload {
        [0x1f, 0x8b, ..] => flate2::read::GzDecoder::new(payload).read_to_end(&mut out).map_err(|e| e.to_string()),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            lzma_rust2::XzReader::new(payload, false).read_to_end(&mut out).map_err(|e| e.to_string())
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ruzstd::decoding::StreamingDecoder::new(payload)
            .map_err(|e| e.to_string())
            .and_then(|mut decoder| decoder.read_to_end(&mut out).map_err(|e| e.to_string())),
        [0x02, 0x21, 0x4c, 0x18, blocks @ ..] => legacy_lz4(blocks, &mut out),
        _ => Err("its compression is none of gzip, xz, zstd and lz4".into()),
    };
    result.map(|_| out)
}

/// The frame of `lz4 -l`: blocks of up to 8 MiB, each after its length; the kernel's build appends the unpacked size.
fn legacy_lz4(mut blocks: &[u8], out: &mut Vec<u8>) -> Result<usize, String> {
    const BLOCK: usize = 8 << 20;
    while let Some((length, rest)) = blocks.split_first_chunk() {
        let length = u32::from_le_bytes(*length) as usize;
        if rest.is_empty() {
            return Ok(out.len());
        }
        let block = rest.get(..length).ok_or("a block of it is cut short")?;
        out.extend(lz4_flex::block::decompress(block, BLOCK).map_err(|e| e.to_string())?);
        blocks = &rest[length..];
    }
    Ok(out.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A bzImage around this payload.
    fn bzimage(payload: &[u8]) -> Vec<u8> {
        let mut image = vec![0; 1024];
        image[0x1f1] = 1;
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x24c..0x250].copy_from_slice(&(payload.len() as u32).to_le_bytes());
        image.extend(payload);
        image
    }

    #[test]
    fn gzip_and_lz4_payloads() {
        let kernel = b"\x7fELF and so on".repeat(100);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&kernel).unwrap();
        assert_eq!(unpack(&bzimage(&gzip.finish().unwrap())).unwrap(), kernel);
        let block = lz4_flex::block::compress(&kernel);
        let size = (kernel.len() as u32).to_le_bytes();
        let lz4 = [&[0x02, 0x21, 0x4c, 0x18][..], &(block.len() as u32).to_le_bytes(), &block, &size].concat();
        assert_eq!(unpack(&bzimage(&lz4)).unwrap(), kernel);
    }

    #[test]
    fn a_cut_image_says_so() {
        let image = bzimage(&[0x1f, 0x8b, 8, 0, 0, 0]);
        assert_eq!(unpack(&image[..image.len() - 1]).unwrap_err(), "it is cut short");
        assert!(unpack(&image).is_err());
        assert!(unpack(b"#!/bin/sh").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_unpacked_or_refused(kind in 0..4usize, rest: Vec<u8>) {
            let magic: [&[u8]; 4] = [&[0x1f, 0x8b], b"\xfd7zXZ\0", &[0x28, 0xb5, 0x2f, 0xfd], &[0x02, 0x21, 0x4c, 0x18]];
            let _ = unpack(&bzimage(&[magic[kind], &rest].concat()));
            let _ = unpack(&rest);
        }
    }
}
