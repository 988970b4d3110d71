// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `--fail-alloc` puts before the C functions that give a driver something: a function of the same name and type, which the
//! `kernel` crate has fail when it is its turn, as the C function itself would.
use quote::ToTokens;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};
use syn::{FnArg, ForeignItem, ForeignItemFn, Item};

/// The functions, by how they say no.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fails {
    errno: BTreeSet<String>,
    null: BTreeSet<String>,
    err_ptr: BTreeSet<String>,
    all_ones: BTreeSet<String>,
}

impl Fails {
    /// What the function returns when it fails, and what is true of `got` when it did not.
    fn of(&self, function: &str) -> Option<(&'static str, &'static str)> {
        let forms = [
            (&self.errno, ("-12", "got >= 0")),
            (&self.null, ("::core::ptr::null_mut()", "!got.is_null()")),
            (&self.err_ptr, ("-12isize as _", "(got as usize) < -4095isize as usize")),
            (&self.all_ones, ("!0", "got != !0")),
        ];
        forms.into_iter().find_map(|(functions, form)| functions.contains(function).then_some(form))
    }
}

/// The functions for those of the kernel's that are bound; `back` are those that take back what was given.
pub(crate) fn wrappers(bindings: &str, fails: &Fails, back: &BTreeMap<String, String>) -> syn::Result<String> {
    let mut text = String::new();
    for item in syn::parse_file(bindings)?.items {
        let Item::ForeignMod(block) = item else { continue };
        for item in block.items {
            let ForeignItem::Fn(ForeignItemFn { sig, .. }) = item else { continue };
            let name = sig.ident.to_string();
            let before = match fails.of(&name) {
                Some((no, _)) => format!("if kmod_fails(c{name:?}) {{ return {no}; }}"),
                None if back.values().any(|taker| *taker == name) => "kmod_held(-1);".to_owned(),
                None => continue,
            };
            let after = fails.of(&name).filter(|_| back.contains_key(&name));
            let after = after.map_or(String::new(), |(_, given)| format!("if {given} {{ kmod_held(1); }}"));
            let arguments: Vec<_> = sig
                .inputs
                .iter()
                .filter_map(|input| match input {
                    FnArg::Typed(argument) => Some(argument.pat.to_token_stream().to_string()),
                    FnArg::Receiver(_) => None,
                })
                .collect();
            let arguments = arguments.join(", ");
            let _ = writeln!(
                text,
                "pub unsafe extern \"C\" {} {{ {before} let got = generated::{name}({arguments}); {after} got }}",
                sig.to_token_stream(),
            );
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDINGS: &str = "unsafe extern \"C\" {
        pub fn get_it(size: usize, flags: u32) -> *mut ffi::c_void;
        pub fn put_it(it: *mut ffi::c_void);
        #[link_name = \"rust_helper_map_it\"]
        pub fn map_it(it: *mut ffi::c_void) -> u64;
        pub fn other();
    }";

    #[test]
    fn what_gives_fails_in_its_own_way_and_what_is_held_is_counted() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let fails =
            Fails { errno: set(&["not_bound"]), null: set(&["get_it"]), err_ptr: set(&[]), all_ones: set(&["map_it"]) };
        let back = BTreeMap::from([("get_it".to_owned(), "put_it".to_owned())]);
        let text = wrappers(BINDINGS, &fails, &back).unwrap();
        let (get, rest) = text.split_once('\n').unwrap();
        let (put, map) = rest.split_once('\n').unwrap();
        assert!(get.contains("if kmod_fails(c\"get_it\") { return ::core::ptr::null_mut(); }"), "{get}");
        assert!(get.ends_with("generated::get_it(size, flags); if !got.is_null() { kmod_held(1); } got }"), "{get}");
        assert!(put.contains("{ kmod_held(-1); let got = generated::put_it(it);"), "{put}");
        assert!(map.contains("{ return !0; } let got = generated::map_it(it);  got }"), "{map}");
        assert!(!text.contains("other"));
        syn::parse_file(&text).unwrap();
    }
}
