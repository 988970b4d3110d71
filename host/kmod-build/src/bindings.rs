// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is generated for one kernel: the Rust bindings of the C names that the code uses, and the kernel's facts as cfgs.
use crate::{
    Error, Request, Result, failing,
    package::Package,
    scan::{Helpers, Uses},
};
use bindgen::callbacks::{DeriveInfo, ItemInfo, ParseCallbacks, TypeKind};
use kmod_kernel::{Config, Facts, btf};
use kmod_os::Progress;
use regex::Regex;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// Changes when the same input gives another output.
const FORMAT: &str = "2";
/// The prefix of a C helper, and of a constant that stands for a macro with a cast in it.
const HELPER: &str = "rust_helper_";
const CONSTANT: &str = "RUST_CONST_HELPER_";

/// A folder of generated files.
#[derive(Debug, Clone)]
pub(crate) struct Generated {
    /// `bindings.rs`, `failing.rs`, `cfgs`, `kmod_has.h`, `kmod_has_cfg`, `missing`.
    pub dir: PathBuf,
    /// Arguments of rustc, the kernel's configuration as cfgs, in a file that changes with the configuration only.
    pub config_cfg: PathBuf,
    pub helpers: Helpers,
    /// Names all that went into it.
    pub identity: String,
    /// Such a folder, for whichever kernel this code was first built for: what is compiled for the host does not depend on the
    /// kernel, and shall not be compiled again for another.
    pub of_any_kernel: PathBuf,
}

impl Generated {
    /// What `package` needs for the request's kernel, made if the cache does not have it.
    pub fn for_package(request: &Request, package: &Package, progress: &dyn Progress) -> Result<Self> {
        let rust_dir = &package.rust_dir;
        let mut uses = Uses::default();
        uses.add_rust_dir(rust_dir)?;
        uses.add_helpers(&rust_dir.join("helpers"))?;
        // A driver may name what user space sees. One in the SDK's own tree was read already.
        match &request.target {
            crate::Target::File(_) => uses.add_rust_root(&package.root)?,
            _ => uses.add_rust_dir(package.root.parent().unwrap_or(Path::new(".")))?,
        }
        let header = rust_dir.join("bindings/bindings_helper.h");
        let options = Options::read(&rust_dir.join("bindings/bindgen.toml"))?;
        let kernel = request.kernel;
        let kernel_identity = kernel.identity()?;
        let code = crate::hash(
            [FORMAT, &options.text, &kmod_os::read_to_string(&header)?, &uses.helpers.text]
                .into_iter()
                .chain(uses.names.iter().chain(&uses.queries).map(String::as_str)),
        );
        let identity = crate::hash([code.as_str(), &kernel_identity]);
        let dir = request.cache.entry(format!("gen/{}-{identity}", kernel.release), |dir| {
            generate(dir, request, &uses, &header, &options, progress)
        })?;
        let config_dir = request.cache.entry(format!("config/{}-{kernel_identity}", kernel.release), |dir| {
            Ok::<_, Error>(kmod_os::write(dir.join("rustc_cfg"), config_cfg(&kernel.config()?))?)
        })?;
        // Plain `cargo check` and rust-analyzer take the bindings of the last kernel built for.
        let (last, path) = (request.cache.path("last-bindings"), dir.display().to_string());
        if kmod_os::read_to_string(&last).ok().as_ref() != Some(&path) {
            kmod_os::write(last, path)?;
        }
        let of_any_kernel = request.cache.path("gen/any").join(code);
        if !of_any_kernel.join("bindings.rs").exists() {
            kmod_os::symlink(&dir, &of_any_kernel)?;
        }
        Ok(Self { dir, config_cfg: config_dir.join("rustc_cfg"), helpers: uses.helpers, identity, of_any_kernel })
    }

    /// The names that the code uses and this kernel does not have: an error only where no cfg guards them.
    pub fn missing(&self) -> Vec<String> {
        let text = kmod_os::read_to_string(self.dir.join("missing")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Whether bindgen made a mere block of bytes of this type.
    pub fn is_opaque(&self, record: &str) -> bool {
        let text = kmod_os::read_to_string(self.dir.join("bindings.rs")).unwrap_or_default();
        let start = [format!("pub struct {record} {{"), format!("pub union {record} {{")];
        let mut bodies = start.iter().filter_map(|s| text.split_once(s.as_str())?.1.split('}').next());
        bodies.any(|body| body.contains("_bindgen_opaque_blob"))
    }
}

/// `bindgen.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    opaque: Vec<String>,
    blocklist: Vec<String>,
    prelude: String,
    fails: failing::Fails,
    back: BTreeMap<String, String>,
    #[serde(skip)]
    text: String,
}

impl Options {
    fn read(path: &Path) -> Result<Self> {
        let text = kmod_os::read_to_string(path)?;
        let options: Self = toml::from_str(&text)
            .map_err(|source| Error::Manifest { path: path.to_owned(), source: Box::new(source) })?;
        Ok(Self { text, ..options })
    }
}

fn generate(
    dir: &Path,
    request: &Request,
    uses: &Uses,
    header: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<()> {
    let kernel = request.kernel;
    let facts = kernel.facts(request.cache, header, progress)?;
    let (symvers, config) = (kernel.symvers()?, kernel.config()?);
    let has = |query: &str| facts.has(query, &symvers, &config).map_err(Error::Query);

    let mut queries = String::new();
    for query in &uses.queries {
        if has(query)? {
            queries += &format!("kmod_has=\"{query}\"\n");
        }
    }
    let cfgs = queries.clone() + &config_lines(&config);
    kmod_os::write(dir.join("cfgs"), cfgs)?;
    let arguments: String = queries.lines().map(|l| format!("--cfg={l}\n")).collect();
    kmod_os::write(dir.join("kmod_has_cfg"), arguments)?;
    let answers = kmod_has_header(&uses.helpers.questions, has)?;
    kmod_os::write(dir.join("kmod_has.h"), &answers)?;

    let wanted = Wanted::of(uses, &facts);
    let unit = dir.join("bindings.c");
    kmod_os::write(&unit, translation_unit(&wanted.constants, header, &answers, &uses.helpers.files))?;
    let _task = progress.start(&format!("generate bindings for {}", kernel.release), None);
    let bindings = bindgen(&unit, kernel.cflags(request.cache)?, &kernel.build_dir, &wanted.allow, options)?;
    kmod_os::write(dir.join("bindings.rs"), &bindings)?;
    let failing = failing::wrappers(&bindings, &options.fails, &options.back);
    kmod_os::write(dir.join("failing.rs"), failing.map_err(|why| Error::Bindgen { why: why.to_string() })?)?;
    let missing: Vec<_> = wanted.missing.iter().map(String::as_str).collect();
    kmod_os::write(dir.join("missing"), missing.join("\n"))?;
    check_layouts(&bindings, &facts, request)
}

/// How the names that the code uses come out of C.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// What bindgen shall keep.
    allow: BTreeSet<String>,
    /// Macros that only the C compiler can evaluate.
    constants: BTreeSet<String>,
    missing: BTreeSet<String>,
}

impl Wanted {
    fn of(uses: &Uses, facts: &Facts) -> Self {
        let of_enum: BTreeMap<String, &String> = facts
            .enumerators
            .iter()
            .filter_map(|(name, enumerator)| {
                Some((format!("{}_{name}", enumerator.of.as_ref()?), enumerator.of.as_ref()?))
            })
            .collect();
        let is_type = |name: &str| {
            facts.records.contains_key(name) || facts.typedefs.contains_key(name) || facts.enums.contains_key(name)
        };
        let is_item =
            |name: &str| facts.functions.contains_key(name) || is_type(name) || facts.enumerators.contains_key(name);
        let mut wanted = Self::default();
        for name in &uses.names {
            // bindgen adds an underscore to a name that is a keyword in Rust.
            let base = name.strip_suffix('_').unwrap_or(name);
            if uses.helpers.names.contains(name) {
                wanted.allow.insert(format!("{HELPER}{name}"));
            } else if let Some(tag) = of_enum.get(name) {
                wanted.allow.insert(tag.to_string());
            } else if is_item(name) {
                wanted.allow.insert(name.clone());
            } else if let Some(found) = facts.macros.get(name) {
                match (&found.params, is_literal(&found.body)) {
                    (Some(_), _) => drop(wanted.missing.insert(name.clone())),
                    (None, true) => drop(wanted.allow.insert(name.clone())),
                    (None, false) => drop(wanted.constants.insert(name.clone())),
                }
            } else if is_item(base) {
                wanted.allow.insert(base.to_owned());
            } else {
                // Perhaps a variable, of which the facts do not tell.
                wanted.allow.insert(name.clone());
                wanted.missing.insert(name.clone());
            }
        }
        wanted.allow.extend(wanted.constants.iter().map(|name| format!("{CONSTANT}{name}")));
        wanted
    }
}

/// Whether bindgen can evaluate a macro itself: no name in it, so no cast either.
fn is_literal(body: &str) -> bool {
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[0-9][0-9A-Za-z_.]*|[A-Za-z_]\w*"#).expect("valid")
    });
    !TOKEN.find_iter(body).any(|token| token.as_str().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

fn translation_unit(constants: &BTreeSet<String>, header: &Path, answers: &str, helpers: &[PathBuf]) -> String {
    let mut text = format!("#include {header:?}\n{answers}#define __rust_helper\n");
    for name in constants {
        text += &format!("const __typeof__({name}) {CONSTANT}{name} = {name};\n");
    }
    for helper in helpers {
        text += &format!("#include {helper:?}\n");
    }
    text
}

/// Defines `KMOD_HAS(kind, name)` and `KMOD_HAS2(kind, a, b)` for the questions that the helpers ask.
fn kmod_has_header(questions: &BTreeSet<Vec<String>>, has: impl Fn(&str) -> Result<bool>) -> Result<String> {
    let mut text = String::from(
        "#define KMOD_HAS(kind, name) KMOD_HAS_##kind##_##name\n#define KMOD_HAS2(kind, a, b) KMOD_HAS_##kind##_##a##__##b\n",
    );
    for question in questions {
        let (query, name) = match question.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [kind, name] => (format!("{kind}:{name}"), format!("{kind}_{name}")),
            ["field", record, field] => (format!("field:{record}.{field}"), format!("field_{record}__{field}")),
            [kind, name, count] => (format!("{kind}:{name}/{count}"), format!("{kind}_{name}__{count}")),
            _ => return Err(Error::HelperQuestion { question: question.join(", ") }),
        };
        text += &format!("#define KMOD_HAS_{name} {}\n", i32::from(has(&query)?));
    }
    Ok(text)
}

fn config_lines(config: &Config) -> String {
    let on = config.iter().filter(|(_, value)| matches!(*value, "y" | "m"));
    on.map(|(name, value)| format!("CONFIG_{name}\nCONFIG_{name}=\"{value}\"\n")).collect()
}

fn config_cfg(config: &Config) -> String {
    config_lines(config).lines().map(|line| format!("--cfg={line}\n")).collect()
}

/// Renames what has a prefix of ours, and has each record say whether all zeroes is a value of it.
#[derive(Debug)]
struct Callbacks;

impl ParseCallbacks for Callbacks {
    fn item_name(&self, item: ItemInfo) -> Option<String> {
        item.name.strip_prefix(HELPER).or_else(|| item.name.strip_prefix(CONSTANT)).map(str::to_owned)
    }

    fn add_derives(&self, info: &DeriveInfo<'_>) -> Vec<String> {
        match info.kind {
            TypeKind::Struct | TypeKind::Union => vec!["MaybeZeroable".to_owned()],
            TypeKind::Enum => Vec::new(),
        }
    }
}

fn bindgen(
    unit: &Path,
    cflags: Vec<String>,
    build_dir: &Path,
    allow: &BTreeSet<String>,
    options: &Options,
) -> Result<String> {
    // bindgen panics without libclang.
    kmod_kernel::libclang()?;
    let mut builder = bindgen::builder()
        .header(unit.to_string_lossy())
        .clang_args(cflags)
        .clang_arg(format!("-working-directory={}", build_dir.display()))
        .clang_args(["-D__BINDGEN__", "-Wno-everything", "-fno-builtin"])
        .use_core()
        .ctypes_prefix("ffi")
        .derive_debug(false)
        .derive_default(true)
        .generate_comments(false)
        .enable_function_attribute_detection()
        .rust_edition(bindgen::RustEdition::Edition2021)
        .rust_target(bindgen::RustTarget::stable(85, 0).unwrap_or_default())
        .formatter(bindgen::Formatter::Prettyplease)
        .parse_callbacks(Box::new(Callbacks))
        .raw_line(options.prelude.trim());
    for name in allow {
        builder = builder.allowlist_item(name);
    }
    for name in &options.opaque {
        builder = builder.opaque_type(name);
    }
    for name in &options.blocklist {
        builder = builder.blocklist_type(name);
    }
    let bindings = builder.generate().map_err(|source| Error::Bindgen { why: source.to_string() })?;
    Ok(bindings.to_string())
}

/// The kernel was built with other layouts than its headers tell (another compiler's, or not its headers)?
fn check_layouts(bindings: &str, facts: &Facts, request: &Request) -> Result<()> {
    static RECORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^pub (?:struct|union) (\w+)").expect("valid"));
    let kernel = request.kernel;
    let types = match kernel.types(request.cache) {
        Ok(types) => types,
        // A tree without an image and BTF cannot be compared with; its headers are all that is known.
        Err(_) if kernel.btf.is_none() => return Ok(()),
        Err(e) => return Err(e.into()),
    };
    let bound: BTreeSet<_> = RECORD.captures_iter(bindings).map(|c| c[1].to_owned()).collect();
    let mut wrong = Vec::new();
    for mismatch in btf::check_layouts(facts, &types) {
        if bound.contains(mismatch.what.split('.').next().unwrap_or_default()) {
            wrong.push(mismatch);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Layout { release: kernel.release.clone(), wrong }) }
}
