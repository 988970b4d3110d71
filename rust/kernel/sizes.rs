// SPDX-License-Identifier: GPL-2.0
//! Powers of two, as sizes in bytes.
//!
//! C header: [`include/linux/sizes.h`](srctree/include/linux/sizes.h)
//!
//! All supported kernels have what this module needs. The constants of the module are `usize`; [`SizeConstants`] has
//! them in other types too.
//!
//! # Examples
//!
//! ```
//! use kernel::sizes::{SizeConstants, SZ_4K};
//!
//! assert_eq!(SZ_4K, 4096);
//! assert_eq!(u64::SZ_2M, 2 << 20);
//! ```

macro_rules! sizes {
    ($($name:ident $value:literal $doc:literal;)*) => {
        $(
            #[doc = $doc]
            pub const $name: usize = $value;
        )*

        /// The constants of this module in an integer type that holds them all.
        pub trait SizeConstants {
            $(
                #[doc = $doc]
                const $name: Self;
            )*
        }

        sizes!(@impl u32 $($name $value)*);
        sizes!(@impl u64 $($name $value)*);
        sizes!(@impl usize $($name $value)*);
    };
    (@impl $ty:ident $($name:ident $value:literal)*) => {
        impl SizeConstants for $ty {
            $(const $name: Self = $value;)*
        }
    };
}

sizes! {
    SZ_1 0x1 "1 byte.";
    SZ_2 0x2 "2 bytes.";
    SZ_4 0x4 "4 bytes.";
    SZ_8 0x8 "8 bytes.";
    SZ_16 0x10 "16 bytes.";
    SZ_32 0x20 "32 bytes.";
    SZ_64 0x40 "64 bytes.";
    SZ_128 0x80 "128 bytes.";
    SZ_256 0x100 "256 bytes.";
    SZ_512 0x200 "512 bytes.";
    SZ_1K 0x400 "1 KiB.";
    SZ_2K 0x800 "2 KiB.";
    SZ_4K 0x1000 "4 KiB.";
    SZ_8K 0x2000 "8 KiB.";
    SZ_16K 0x4000 "16 KiB.";
    SZ_32K 0x8000 "32 KiB.";
    SZ_64K 0x10000 "64 KiB.";
    SZ_128K 0x20000 "128 KiB.";
    SZ_256K 0x40000 "256 KiB.";
    SZ_512K 0x80000 "512 KiB.";
    SZ_1M 0x100000 "1 MiB.";
    SZ_2M 0x200000 "2 MiB.";
    SZ_4M 0x400000 "4 MiB.";
    SZ_8M 0x800000 "8 MiB.";
    SZ_16M 0x1000000 "16 MiB.";
    SZ_32M 0x2000000 "32 MiB.";
    SZ_64M 0x4000000 "64 MiB.";
    SZ_128M 0x8000000 "128 MiB.";
    SZ_256M 0x10000000 "256 MiB.";
    SZ_512M 0x20000000 "512 MiB.";
    SZ_1G 0x40000000 "1 GiB.";
    SZ_2G 0x80000000 "2 GiB.";
}
