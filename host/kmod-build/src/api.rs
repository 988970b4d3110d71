// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which items of the `kernel` crate a kernel lacks, read from the `cfg`s in its source. Pure but for reading files.
use crate::{Error, Result};
use kmod_kernel::{Config, Facts, Kernel, Symvers};
use kmod_os::{Cache, Progress};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, Expr, ImplItem, Item, Lit, Meta, TraitItem, UseTree, Visibility, punctuated::Punctuated, token::Comma,
};

/// The condition of a `#[cfg(…)]`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cfg {
    /// What a kernel's facts answer, as in `kmod_has = "…"`; `CONFIG_X` is `config:X`.
    Has(String),
    /// Something about the build: held to be so.
    Build,
    All(Vec<Cfg>),
    Any(Vec<Cfg>),
    Not(Box<Cfg>),
}

/// The items of the `kernel` crate, by path, each with the conditions of its definitions: one of them has to hold.
#[derive(Debug, Default)]
pub struct Api {
    items: BTreeMap<String, Vec<Cfg>>,
    modules: Vec<String>,
    /// The items that mainline's crate lacks, as their documentation says.
    beyond: Vec<String>,
}

/// An item that a kernel lacks, and the queries for which it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    pub item: String,
    pub needs: Vec<String>,
}

/// Answers the queries of `cfg(kmod_has = "…")` for one kernel.
pub struct Answers {
    pub facts: Facts,
    pub symvers: Symvers,
    pub config: Config,
}

impl Answers {
    /// Reads the kernel's headers, as far as the `kernel` crate in `rust_dir` includes them.
    pub fn read(kernel: &Kernel, cache: &Cache, rust_dir: &Path, progress: &dyn Progress) -> Result<Self> {
        let facts = kernel.facts(cache, &rust_dir.join("bindings/bindings_helper.h"), progress)?;
        Ok(Self { facts, symvers: kernel.symvers()?, config: kernel.config()? })
    }

    /// Whether the kernel has what the query names; or has it not, after `!`. A query that cannot be read is answered with
    /// no: the build of the crate says what is wrong with it.
    pub fn has(&self, query: &str) -> bool {
        match query.strip_prefix('!') {
            Some(query) => !self.has(query),
            None => self.facts.has(query, &self.symvers, &self.config).unwrap_or(false),
        }
    }
}

impl Api {
    /// Of the crate whose root is `rust_dir/kernel/lib.rs`.
    pub fn read(rust_dir: &Path) -> Result<Self> {
        let mut api = Self::default();
        let root = rust_dir.join("kernel/lib.rs");
        let file = parse(&root)?;
        api.modules = file.items.iter().filter_map(top_module).collect();
        api.add_items(&file.items, &Place { path: "kernel".into(), dir: rust_dir.join("kernel"), cfg: Vec::new() })?;
        Ok(api)
    }

    /// The public modules at the top, in the order of the source.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(String::as_str)
    }

    /// Every item that depends on the kernel; inside a module that does, the module alone.
    pub fn conditional(&self) -> impl Iterator<Item = &str> {
        let depends = |definitions: &[Cfg]| definitions.iter().all(Cfg::asks_the_kernel);
        self.items.iter().filter(move |(_, d)| depends(d)).map(|(path, _)| path.as_str()).filter(move |path| {
            let parent = path.rsplit_once("::").and_then(|(parent, _)| self.items.get(parent));
            !parent.is_some_and(|definitions| depends(definitions))
        })
    }

    /// `None` if the kernel of which `has` tells has the item, or nobody knows it.
    pub fn lacking(&self, path: &str, has: &dyn Fn(&str) -> bool) -> Option<Lacking> {
        let definitions = self.items.get(path)?;
        if definitions.iter().any(|d| d.holds(has)) {
            return None;
        }
        let mut needs: Vec<String> = definitions.iter().flat_map(|d| d.unmet(has, true)).collect();
        needs.sort();
        needs.dedup();
        Some(Lacking { item: path.to_owned(), needs })
    }

    /// What a compiler's message is about if it names an item that this kernel lacks: `quoted` are the names in it.
    pub fn explain(&self, quoted: &[&str], has: &dyn Fn(&str) -> bool) -> Option<Lacking> {
        self.items.keys().filter(|path| is_meant(path, quoted)).find_map(|path| self.lacking(path, has))
    }

    /// The item beyond mainline that a compiler's message is about: `quoted` are the names in it.
    pub fn beyond(&self, quoted: &[&str]) -> Option<&str> {
        self.beyond.iter().map(String::as_str).find(|path| is_meant(path, quoted))
    }

    fn add_items(&mut self, items: &[Item], place: &Place) -> Result<()> {
        for item in items {
            match item {
                Item::Mod(module) => {
                    let given_out = items.iter().any(|item| gives_out(item, &module.ident));
                    self.add_module(module, place, given_out)?;
                }
                Item::Macro(syn::ItemMacro { ident: Some(name), attrs, .. }) if is_beyond(attrs) => {
                    self.beyond.push(format!("kernel::{name}"));
                }
                item => self.add_item(item, place),
            }
        }
        Ok(())
    }

    fn add_item(&mut self, item: &Item, place: &Place) {
        let (name, attributes, visibility) = match item {
            Item::Impl(block) => {
                let syn::Type::Path(of) = &*block.self_ty else { return };
                let Some(of) = of.path.segments.last().filter(|_| block.trait_.is_none()) else { return };
                let place = place.inside(&of.ident, &block.attrs);
                for item in &block.items {
                    match item {
                        ImplItem::Fn(f) => self.add(&place, &f.sig.ident, &f.attrs, Some(&f.vis)),
                        ImplItem::Const(c) => self.add(&place, &c.ident, &c.attrs, Some(&c.vis)),
                        _ => {}
                    }
                }
                return;
            }
            Item::Trait(t) => {
                let inside = place.inside(&t.ident, &t.attrs);
                for item in &t.items {
                    match item {
                        TraitItem::Fn(f) => self.add(&inside, &f.sig.ident, &f.attrs, None),
                        TraitItem::Const(c) => self.add(&inside, &c.ident, &c.attrs, None),
                        TraitItem::Type(t) => self.add(&inside, &t.ident, &t.attrs, None),
                        _ => {}
                    }
                }
                (&t.ident, &t.attrs, &t.vis)
            }
            Item::Const(i) => (&i.ident, &i.attrs, &i.vis),
            Item::Enum(i) => (&i.ident, &i.attrs, &i.vis),
            Item::Fn(i) => (&i.sig.ident, &i.attrs, &i.vis),
            Item::Static(i) => (&i.ident, &i.attrs, &i.vis),
            Item::Struct(i) => (&i.ident, &i.attrs, &i.vis),
            Item::Type(i) => (&i.ident, &i.attrs, &i.vis),
            Item::Union(i) => (&i.ident, &i.attrs, &i.vis),
            _ => return,
        };
        self.add(place, name, attributes, Some(visibility));
    }

    fn add(&mut self, place: &Place, name: &syn::Ident, attributes: &[Attribute], visibility: Option<&Visibility>) {
        if visibility.is_none_or(|v| matches!(v, Visibility::Public(_))) {
            let place = place.inside(name, attributes);
            if is_beyond(attributes) {
                self.beyond.push(place.path.clone());
            }
            self.items.entry(place.path).or_default().push(Cfg::All(place.cfg));
        }
    }

    fn add_module(&mut self, module: &syn::ItemMod, place: &Place, given_out: bool) -> Result<()> {
        let mut inside = place.inside(&module.ident, &module.attrs);
        // What the parent gives out of a private module is found there.
        match matches!(module.vis, Visibility::Public(_)) {
            false if !given_out => return Ok(()),
            false => inside.path.clone_from(&place.path),
            true => {}
        }
        let name = module.ident.to_string();
        let dir = place.dir.clone();
        inside.dir = dir.join(&name);
        self.add(place, &module.ident, &module.attrs, Some(&module.vis));
        match &module.content {
            Some((_, items)) => self.add_items(items, &inside),
            None => {
                let file = [dir.join(format!("{name}.rs")), inside.dir.join("mod.rs")].into_iter().find(|f| f.exists());
                let Some(file) = file.map(|file| parse(&file)).transpose()? else { return Ok(()) };
                // What a module's documentation says with a comma, is about a part of it.
                if doc(&file.attrs).contains("Beyond mainline.") {
                    self.beyond.push(inside.path.clone());
                }
                self.add_items(&file.items, &inside)
            }
        }
    }
}

/// Where an item stands: its path, the folder of its module's files, and every condition around it.
struct Place {
    path: String,
    dir: PathBuf,
    cfg: Vec<Cfg>,
}

impl Place {
    fn inside(&self, name: &syn::Ident, attributes: &[Attribute]) -> Self {
        let cfg = [&self.cfg[..], &cfgs(attributes)].concat();
        Self { path: format!("{}::{name}", self.path), dir: self.dir.clone(), cfg }
    }
}

/// Whether the item at this path is one of those that a message names: the item and its parent, or the path.
fn is_meant(path: &str, quoted: &[&str]) -> bool {
    let last = |path: &str| {
        let path = path.split('<').next()?.trim_start_matches('&').trim_start_matches("mut ");
        path.rsplit("::").next().map(str::to_owned)
    };
    let named: Vec<String> = quoted.iter().filter_map(|q| last(q)).collect();
    let mut segments = path.rsplit("::");
    let (Some(name), parent) = (segments.next(), segments.next().unwrap_or_default()) else { return false };
    quoted.iter().any(|q| format!("{q}::").starts_with(&format!("{path}::")))
        || (named.iter().any(|n| n == name) && named.iter().any(|n| n == parent))
}

fn is_beyond(attributes: &[Attribute]) -> bool {
    doc(attributes).contains("Beyond mainline")
}

/// The lines of a documentation comment.
fn doc(attributes: &[Attribute]) -> String {
    let text = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => Some(text.value() + "\n"),
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(text).collect()
}

fn parse(path: &Path) -> Result<syn::File> {
    syn::parse_file(&kmod_os::read_to_string(path)?)
        .map_err(|why| Error::Lex { path: path.to_owned(), why: why.to_string() })
}

/// Whether this is a `pub use module::…`.
fn gives_out(item: &Item, module: &syn::Ident) -> bool {
    let Item::Use(item) = item else { return false };
    let mut tree = &item.tree;
    if let UseTree::Path(path) = tree {
        tree = if path.ident == "self" { &path.tree } else { tree };
    }
    matches!(item.vis, Visibility::Public(_)) && matches!(tree, UseTree::Path(path) if path.ident == *module)
}

fn top_module(item: &Item) -> Option<String> {
    match item {
        Item::Mod(module) if matches!(module.vis, Visibility::Public(_)) => Some(module.ident.to_string()),
        _ => None,
    }
}

fn cfgs(attributes: &[Attribute]) -> Vec<Cfg> {
    let of_cfg = attributes.iter().filter(|a| a.path().is_ident("cfg"));
    of_cfg.filter_map(|a| Some(Cfg::of(&a.parse_args::<Meta>().ok()?))).collect()
}

impl Cfg {
    fn of(meta: &Meta) -> Self {
        let config = |name: &str| Cfg::Has(format!("config:{name}"));
        let of_config = |path: &syn::Path| Some(path.get_ident()?.to_string().strip_prefix("CONFIG_")?.to_owned());
        match meta {
            Meta::Path(path) => of_config(path).map_or(Cfg::Build, |name| config(&name)),
            Meta::NameValue(pair) => match (&pair.value, of_config(&pair.path)) {
                (_, Some(name)) => config(&name),
                (Expr::Lit(literal), None) if pair.path.is_ident("kmod_has") => match &literal.lit {
                    Lit::Str(query) => Cfg::Has(query.value()),
                    _ => Cfg::Build,
                },
                _ => Cfg::Build,
            },
            Meta::List(list) => {
                let parts = list.parse_args_with(Punctuated::<Meta, Comma>::parse_terminated).unwrap_or_default();
                let mut parts: Vec<_> = parts.iter().map(Cfg::of).collect();
                match list.path.get_ident().map(ToString::to_string).as_deref() {
                    Some("any") => Cfg::Any(parts),
                    Some("not") if parts.len() == 1 => match parts.remove(0) {
                        Cfg::Build => Cfg::Build,
                        part => Cfg::Not(Box::new(part)),
                    },
                    _ => Cfg::All(parts),
                }
            }
        }
    }

    fn holds(&self, has: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Cfg::Has(query) => has(query),
            Cfg::Build => true,
            Cfg::All(parts) => parts.iter().all(|p| p.holds(has)),
            Cfg::Any(parts) => parts.iter().any(|p| p.holds(has)),
            Cfg::Not(part) => !part.holds(has),
        }
    }

    fn asks_the_kernel(&self) -> bool {
        match self {
            Cfg::Has(_) => true,
            Cfg::Build => false,
            Cfg::All(parts) | Cfg::Any(parts) => parts.iter().any(Cfg::asks_the_kernel),
            Cfg::Not(part) => part.asks_the_kernel(),
        }
    }

    /// The queries for which the condition is not what is `wanted`; after `!` those that must not hold.
    fn unmet(&self, has: &dyn Fn(&str) -> bool, wanted: bool) -> Vec<String> {
        match self {
            _ if self.holds(has) == wanted => Vec::new(),
            Cfg::Has(query) if wanted => vec![query.clone()],
            Cfg::Has(query) => vec![format!("!{query}")],
            Cfg::Build => Vec::new(),
            Cfg::All(parts) | Cfg::Any(parts) => parts.iter().flat_map(|p| p.unmet(has, wanted)).collect(),
            Cfg::Not(part) => part.unmet(has, !wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api() -> Api {
        let dir = tempfile::tempdir().unwrap();
        let lib = r#"
            pub mod clk {
                pub fn always() {}
                #[cfg(CONFIG_COMMON_CLK)]
                mod common { pub fn rate() {} }
                #[cfg(CONFIG_COMMON_CLK)]
                pub use common::*;
                #[cfg(CONFIG_COMMON_CLK)]
                mod private { pub trait Sealed {} }
            }
            #[cfg(all(kmod_has = "type:maple_tree", target_os = "none"))]
            pub mod maple_tree;
            #[cfg(kmod_has = "fn:one")] pub fn either() {}
            #[cfg(not(kmod_has = "fn:one"))] pub fn either() {}
            #[cfg(not(CONFIG_64BIT))] pub fn narrow() {}
            pub struct Policy;
            impl Policy {
                #[cfg(kmod_has = "fn:adjust")] pub fn adjust(&self) {}
                /// What is ours.
                /// Beyond mainline.
                pub fn ours() {}
                fn private() {}
            }
            pub mod ours;
            /// Beyond mainline.
            #[macro_export]
            macro_rules! own { () => {} }
        "#;
        kmod_os::write(dir.path().join("kernel/ours.rs"), "//! (Beyond mainline.)\npub struct Own;").unwrap();
        kmod_os::write(dir.path().join("kernel/lib.rs"), lib).unwrap();
        kmod_os::write(dir.path().join("kernel/maple_tree.rs"), "pub struct MapleTree;").unwrap();
        Api::read(dir.path()).unwrap()
    }

    #[test]
    fn knows_what_depends_on_the_kernel() {
        let api = api();
        assert_eq!(Vec::from_iter(api.modules()), ["clk", "maple_tree", "ours"]);
        let conditional =
            ["kernel::Policy::adjust", "kernel::clk::rate", "kernel::either", "kernel::maple_tree", "kernel::narrow"];
        assert_eq!(Vec::from_iter(api.conditional()), conditional);
        let none = |_: &str| false;
        assert_eq!(api.lacking("kernel::either", &none), None);
        assert_eq!(api.lacking("kernel::clk::rate", &none).unwrap().needs, ["config:COMMON_CLK"]);
        assert_eq!(api.lacking("kernel::clk::rate", &|query| query == "config:COMMON_CLK"), None);
        assert_eq!(api.lacking("kernel::narrow", &|query| query == "config:64BIT").unwrap().needs, ["!config:64BIT"]);
    }

    #[test]
    fn knows_what_mainline_lacks() {
        let api = api();
        assert_eq!(api.beyond(&["ours", "Policy"]), Some("kernel::Policy::ours"));
        assert_eq!(api.beyond(&["own", "kernel"]), Some("kernel::own"));
        assert_eq!(api.beyond(&["kernel::ours"]), Some("kernel::ours"));
        assert_eq!(api.beyond(&["kernel::ours::Own"]), Some("kernel::ours"));
        assert_eq!(api.beyond(&["adjust", "Policy"]), None);
    }

    #[test]
    fn explains_a_compilers_message() {
        let api = api();
        let item = |quoted: &[&str]| Some(api.explain(quoted, &|_| false)?.item);
        assert_eq!(item(&["kernel::maple_tree::MapleTree"]).as_deref(), Some("kernel::maple_tree"));
        assert_eq!(item(&["maple_tree", "kernel"]).as_deref(), Some("kernel::maple_tree"));
        assert_eq!(item(&["adjust", "&mut cpufreq::Policy<'_>"]).as_deref(), Some("kernel::Policy::adjust"));
        assert_eq!(item(&["adjust", "Policy"]).as_deref(), Some("kernel::Policy::adjust"));
        assert_eq!(item(&["adjust", "Other"]), None);
        assert_eq!(item(&["clk"]), None);
    }
}
