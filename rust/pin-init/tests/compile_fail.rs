// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must not compile, and what the compiler then says: `tests/ui/NAME.rs` and `NAME.stderr`.

#[test]
fn misuse_is_refused() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
