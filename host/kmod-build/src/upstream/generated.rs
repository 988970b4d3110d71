// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the tree's build generates for its Rust crates: bindings by its `rust/bindgen_parameters`, and what the C preprocessor
//! makes of `rust/kernel/*.rs.S`.
use super::{Cmd, Path, Progress, Request, Result, Tree, cflags};
use crate::Error;
use bindgen::{
    Builder,
    callbacks::{DeriveInfo, ParseCallbacks, TypeKind},
};
use regex::Regex;

/// Writes it below `dir`, at the paths where the tree's crates include it from.
pub(super) fn write(dir: &Path, tree: &Tree, request: &Request, progress: &dyn Progress) -> Result<()> {
    kmod_kernel::libclang()?;
    let cflags = cflags(request, tree)?;
    let rust = tree.dir.join("rust");
    let _task = progress.start(&format!("generate bindings for {}", tree.version), None);
    let parameters = kmod_os::read_to_string(rust.join("bindgen_parameters"))?;
    let bindgen = |header: &str| with_parameters(builder(&rust.join(header), &cflags), &parameters);

    let constant = Regex::new("pub const RUST_CONST_HELPER_").expect("valid");
    let bindings = generate(bindgen("bindings/bindings_helper.h")?)?;
    kmod_os::write(dir.join("rust/bindings/bindings_generated.rs"), &*constant.replace_all(&bindings, "pub const "))?;
    kmod_os::write(dir.join("rust/uapi/uapi_generated.rs"), generate(bindgen("uapi/uapi_helper.h")?)?)?;

    let helper = Regex::new(r"pub fn rust_helper_(\w+)").expect("valid");
    let helpers = builder(&rust.join("helpers/helpers.c"), &cflags);
    let helpers = generate(helpers.blocklist_type(".*").allowlist_var("").allowlist_function("rust_helper_.*"))?;
    let helpers = helper.replace_all(&helpers, "#[link_name=\"rust_helper_$1\"] pub fn $1");
    kmod_os::write(dir.join("rust/bindings/bindings_helpers_generated.rs"), &*helpers)?;

    for template in kmod_os::read_dir(rust.join("kernel"))? {
        let name = template.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(name) = name.strip_suffix(".S") {
            kmod_os::write(dir.join("rust/kernel").join(name), preprocessed(&template, &cflags)?)?;
        }
    }
    Ok(())
}

fn builder(header: &Path, cflags: &[String]) -> Builder {
    bindgen::builder()
        .header(header.to_string_lossy())
        .clang_args(cflags)
        .clang_args(["-w", "-fno-builtin", "-D__BINDGEN__", "-DMODULE"])
        .use_core()
        .ctypes_prefix("ffi")
        .derive_debug(false)
        .derive_default(true)
        .generate_comments(false)
        .layout_tests(false)
        .enable_function_attribute_detection()
        .rust_target(bindgen::RustTarget::stable(85, 0).unwrap_or_default())
        .formatter(bindgen::Formatter::None)
}

fn generate(builder: Builder) -> Result<String> {
    let bindings = builder.generate().map_err(|source| Error::Bindgen { why: source.to_string() })?;
    Ok(bindings.to_string())
}

/// Does what the options in the tree's file say, `--name value` or `--name=value` a line.
fn with_parameters(mut builder: Builder, parameters: &str) -> Result<Builder> {
    for line in parameters.lines().filter(|line| line.starts_with("--")) {
        let (name, value) = line.split_once([' ', '=']).unwrap_or((line, ""));
        builder = match name {
            "--blocklist-type" => builder.blocklist_type(value),
            "--blocklist-function" => builder.blocklist_function(value),
            "--blocklist-item" => builder.blocklist_item(value),
            "--opaque-type" => builder.opaque_type(value),
            "--newtype-enum" => builder.newtype_enum(value),
            "--no-doc-comments" => builder,
            // For every record, with the prefix that all have.
            "--with-derive-custom-struct" if value == ".*=MaybeZeroable" => builder.parse_callbacks(Box::new(Derives)),
            "--with-derive-custom-union" if value == ".*=MaybeZeroable" => builder,
            // Of a type's identity at run time, which nothing that is only checked has.
            "--with-attribute-custom-enum" => builder,
            _ => {
                let why = format!("rust/bindgen_parameters says `{line}`, which is not known here");
                return Err(Error::Bindgen { why });
            }
        };
    }
    Ok(builder)
}

#[derive(Debug)]
struct Derives;

impl ParseCallbacks for Derives {
    fn add_derives(&self, info: &DeriveInfo<'_>) -> Vec<String> {
        match info.kind {
            TypeKind::Struct | TypeKind::Union => vec!["MaybeZeroable".to_owned()],
            TypeKind::Enum => Vec::new(),
        }
    }
}

/// What comes after the line that says where to cut.
fn preprocessed(template: &Path, cflags: &[String]) -> Result<String> {
    let only_clang = |flag: &&String| !flag.starts_with("--target=");
    let command =
        Cmd::new("cc").args(["-E", "-xc", "-C", "-P", "-w"]).args(cflags.iter().filter(only_clang)).arg(template);
    let text = command.run()?;
    Ok(text.split_once("// Cut here.\n").map_or("", |(_, rest)| rest).to_owned())
}
