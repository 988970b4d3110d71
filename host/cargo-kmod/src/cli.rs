// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line. Options mean what they mean in cargo.
use crate::{exit, shard::Shard};
use clap::{Args, Parser, Subcommand};
use kmod_build::KernelTests;
use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

#[derive(Parser)]
#[command(name = "cargo", bin_name = "cargo")]
pub enum Cargo {
    /// Safe Rust drivers for stock Linux kernels: build, boot, test
    Kmod(Kmod),
}

#[derive(Args)]
#[command(version, after_help = exit::HELP)]
pub struct Kmod {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// List what this machine needs, has, and how to get the rest
    Doctor(Doctor),
    /// Write a new driver that builds, boots and passes its tests as it is
    New(New),
    /// List, add, describe or remove kernels
    #[command(subcommand)]
    Kernel(KernelCommand),
    /// Build a driver into a checked .ko
    Build(Build),
    /// Type-check a driver
    Check(Cargoed),
    /// Lint a driver with clippy
    Clippy(Cargoed),
    /// Build a driver's documentation
    Doc(Cargoed),
    /// Build a driver, boot a kernel with it, and show what it does
    Run(Run),
    /// What Rust consumes of C, by the subsystem that owns it
    Contract(Contract),
    /// What changes of that between two kernels
    Drift(Drift),
    /// What changes in the API of the `kernel` crate, and what that breaks in drivers
    ApiDiff(ApiDiff),
    /// Build a driver and run its tests in a booted kernel
    Test(Test),
    /// Say what mainline's own kernel crate has against a driver's source
    Upstream(Upstream),
    /// Say what a C patch series does to what Rust uses, and whom to tell
    Impact(Series),
    /// Check a patch series by the policy on Rust in the kernel
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Write the boundary of C and Rust as one page: contract, drift, glue, owners, people
    Report(Report),
    /// Run the workspace's drivers on every kernel and write what came of it to docs/support.md
    Matrix(Matrix),
    /// Measure the project itself
    #[command(subcommand)]
    Bench(BenchCommand),
}

#[derive(Subcommand)]
pub enum BenchCommand {
    /// From an edit of a driver to the verdict of a booted kernel: drivers/edu against the same in C
    Loop(BenchLoop),
    /// Instructions an operation: what drivers do most (locks, counts, registers, collections), against C
    Core(BenchCount),
    /// Instructions a request: drivers/null_block against C's null_blk
    #[command(name = "null_block")]
    NullBlock(BenchCount),
    /// Instructions a request: drivers/nvme against C's nvme
    Nvme(BenchCount),
}

#[derive(Args)]
pub struct BenchCount {
    #[command(flatten)]
    pub build: Build,
    #[command(flatten)]
    pub vm: Vm,
    /// How many requests or operations of each kind are counted
    #[arg(long, value_name = "N", default_value = "4096", value_parser = clap::value_parser!(u32).range(1..))]
    pub requests: u32,
    /// Folder for the results [default: target/bench/NAME in the repository]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct BenchLoop {
    #[command(flatten)]
    pub build: Build,
    #[command(flatten)]
    pub vm: Vm,
    /// How often each side is edited, built and booted
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Doctor {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct New {
    /// The driver's name: lower-case letters, digits, `-` and `_`
    pub name: String,
    /// What kind of driver
    #[arg(long, value_enum, default_value = "misc")]
    pub template: Template,
    /// The folder to write it to [default: one of its name, here]
    #[arg(long, value_name = "DIR")]
    pub path: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Template {
    /// A character device
    Misc,
    /// A driver for a PCI device
    Pci,
    /// A driver for a device that the firmware describes
    Platform,
    /// A disk
    Block,
    /// Objects that user space makes and configures
    Configfs,
}

#[derive(Subcommand)]
pub enum KernelCommand {
    /// The kernels that can be named
    List {
        #[arg(long)]
        json: bool,
    },
    /// Fetch and prepare a kernel
    Add { id: String },
    /// What of a kernel shapes code: release, compiler, configuration, exports, BTF
    Info {
        id: String,
        #[arg(long)]
        json: bool,
    },
    /// Delete a kernel from the cache
    Remove { id: String },
}

/// What to build, and how.
#[derive(Args, Clone, Default)]
pub struct Build {
    /// A single source file, as mainline's samples are; no manifest needed
    pub file: Option<PathBuf>,
    /// Package to build
    #[arg(short, long, value_name = "NAME")]
    pub package: Vec<String>,
    /// All drivers of the workspace
    #[arg(long)]
    pub workspace: bool,
    /// Kernel to build for: an id of `cargo kmod kernel list`, `all` of them, `host`, or the path of a build tree;
    /// repeatable
    #[arg(short, long, value_name = "ID", default_value = "debian-6.1")]
    pub kernel: Vec<String>,
    /// Build with the release profile (the default)
    #[arg(short, long, conflicts_with = "profile")]
    pub release: bool,
    /// Build with this profile
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub profile: String,
    #[command(flatten)]
    pub features: Features,
    /// Require Cargo.lock to be up to date
    #[arg(long)]
    pub locked: bool,
    /// Run without the network
    #[arg(long)]
    pub offline: bool,
    /// Folder for what is built
    #[arg(long, value_name = "DIR")]
    pub target_dir: Option<PathBuf>,
    /// Print commands as they run
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(Args, Clone, Default)]
pub struct Features {
    /// Features to turn on
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',')]
    pub features: Vec<String>,
    /// Turn on all features
    #[arg(long)]
    pub all_features: bool,
    /// Do not turn on the default features
    #[arg(long)]
    pub no_default_features: bool,
}

impl From<Features> for kmod_build::Features {
    fn from(args: Features) -> Self {
        Self { features: args.features, all: args.all_features, no_default: args.no_default_features }
    }
}

#[derive(Args)]
pub struct Cargoed {
    #[command(flatten)]
    pub build: Build,
    /// Passed on to cargo
    #[arg(last = true)]
    pub args: Vec<String>,
}

/// The machine to boot, beyond what the driver's manifest asks for.
#[derive(Args, Clone)]
pub struct Vm {
    /// A device as QEMU's -device takes it (edu, pci-testdev, …), or acpi:HID, which may be followed by properties and
    /// resources (acpi:PRP0001,compatible=acme,,uart,memory@0xfed00000=0x1000,interrupt@5); repeatable
    #[arg(long, value_name = "DEVICE")]
    pub device: Vec<String>,
    /// A module parameter, NAME=VALUE; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// A module to load first: the name of one of the kernel's own, or the path of a .ko; repeatable
    #[arg(long, value_name = "NAME|PATH")]
    pub module: Vec<String>,
    /// A Debian package whose programs the VM has, such as fio; repeatable
    #[arg(long, value_name = "PACKAGE")]
    pub install: Vec<String>,
    /// A further argument for QEMU, in which {dir} is a folder of this boot alone; repeatable
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub qemu: Vec<String>,
    /// A further kernel parameter; repeatable
    #[arg(long, value_name = "PARAM", allow_hyphen_values = true)]
    pub append: Vec<String>,
    /// The boot image of a kernel given by its path, when it is not in the tree
    #[arg(long, value_name = "PATH")]
    pub image: Option<PathBuf>,
    /// The longest that a boot may take, in seconds
    #[arg(long, value_name = "S", default_value = "300", value_parser = seconds)]
    pub timeout: Duration,
}

#[derive(Args)]
pub struct Run {
    #[command(flatten)]
    pub build: Build,
    #[command(flatten)]
    pub vm: Vm,
    /// An interactive shell in the VM, with the module loaded
    #[arg(long)]
    pub shell: bool,
    /// A command to run in the VM with the module loaded, with busybox's programs at hand
    #[arg(long, value_name = "COMMAND")]
    pub exec: Option<String>,
    /// A static program to run in the VM with the module loaded; repeatable
    #[arg(long, value_name = "PROGRAM")]
    pub client: Vec<PathBuf>,
    /// Bind the driver again and again while its first probe's first step fails, its second's second, until there are no more: each
    /// allocation, and each call that gets it an interrupt, a region, DMA memory, a node; fails on an oops, or a leak
    #[arg(long)]
    pub fail_alloc: bool,
}

#[derive(Args)]
pub struct Upstream {
    /// A single source file, as mainline's samples are
    pub file: Option<PathBuf>,
    /// Package to check; repeatable
    #[arg(short, long, value_name = "NAME")]
    pub package: Vec<String>,
    /// The source tree of a kernel with Rust, 7.3 for instance; it need not be configured or built
    #[arg(long, value_name = "DIR")]
    pub tree: PathBuf,
    /// The kernel whose configuration and generated headers the tree is given
    #[arg(short, long, value_name = "ID", default_value = "debian-7.2")]
    pub kernel: String,
    /// Print JSON, one object a driver
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Contract {
    /// A driver named here: only the functions and helpers that its module links to
    #[command(flatten)]
    pub build: Build,
    /// Write a page for each subsystem to this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write nothing: fail if the pages in --out are not what would be written
    #[arg(long, requires = "out")]
    pub check: bool,
    /// Only this entry of MAINTAINERS
    #[arg(long, value_name = "TITLE")]
    pub subsystem: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Drift {
    /// The kernel that the code was written for: an id, the path of a build tree, a single header, or a file of BTF
    #[arg(long, value_name = "ID")]
    pub from: String,
    /// The kernel that it is to run on
    #[arg(long, value_name = "ID")]
    pub to: String,
    /// The Rust code and C helpers to look at, files or folders [default: the kernel crate's]; repeatable
    #[arg(long, value_name = "PATH")]
    pub rust: Vec<PathBuf>,
    /// Write what a tool can mend as a patch, for `git apply`: C helpers, constants, casts
    #[arg(long, value_name = "FILE")]
    pub fix: Option<PathBuf>,
    /// Show what is handled, and what a rebuild is enough for
    #[arg(long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct ApiDiff {
    /// The crate that the drivers were written for: the folder of its sources or signatures, a tree that has it as
    /// rust/kernel, or one file
    pub old: PathBuf,
    /// The crate that they are to be built with
    pub new: PathBuf,
    /// Drivers, files or folders: tell only what reaches them; repeatable
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub users: Vec<PathBuf>,
    /// Show also what reaches none of the drivers
    #[arg(long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Test {
    #[command(flatten)]
    pub build: Build,
    #[command(flatten)]
    pub vm: Vm,
    /// Run only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Instead of a driver, the doc examples in this folder: each compiled on its own, those that compile run in one boot
    #[arg(long, value_name = "DIR", conflicts_with_all = ["file", "package", "workspace"])]
    pub doc_suite: Option<PathBuf>,
    /// Run what runs inside the kernel, unit tests and doc examples, once more for each of its allocations, and of the resources
    /// that it asks C for, which then fails: fails on an oops, a leak, or a panic of the `kernel` crate
    #[arg(long)]
    pub fail_alloc: bool,
    /// How many virtual machines to run at a time (default: as many as there are processors)
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Only one part of the cells; which cells are in it depends on their names alone
    #[arg(long, value_name = "PART/PARTS")]
    pub shard: Option<Shard>,
    /// Write the results as JUnit's XML too
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Print JSON, one object a cell
    #[arg(long)]
    pub json: bool,
}

impl Test {
    /// How unit tests and doc examples run inside the kernel.
    pub fn tests(&self) -> KernelTests {
        if self.fail_alloc { KernelTests::FailAlloc } else { KernelTests::Once }
    }
}

#[derive(Args)]
pub struct Matrix {
    /// Run only this kernel's cells, and keep what the file says of the others; repeatable
    #[arg(short, long, value_name = "ID", default_value = "all")]
    pub kernel: Vec<String>,
    /// How many virtual machines to run at a time (default: as many as there are processors)
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Run nothing: fail if the file was edited, or knows not all drivers, kernels and modules
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub vm: Vm,
}

#[derive(Args)]
pub struct Report {
    /// Write an HTML page that loads nothing else
    #[arg(long, value_name = "FILE", required_unless_present = "json")]
    pub out: Option<PathBuf>,
    /// The kernel that the contract is of, then those that it is compared with: ids, build trees, or single headers;
    /// repeatable
    #[arg(short, long, value_name = "ID", default_values = ["debian-6.1", "debian-6.12", "debian-7.2"])]
    pub kernel: Vec<String>,
    /// A kernel tree with its git history, for people and breakages
    #[arg(long, value_name = "TREE")]
    pub git: Option<PathBuf>,
    /// Only commits after this date, as git takes it
    #[arg(long, value_name = "DATE", requires = "git")]
    pub since: Option<String>,
    /// A driver, or a folder of drivers [default: drivers/ of the repository]; repeatable
    #[arg(long, value_name = "DIR")]
    pub drivers: Vec<PathBuf>,
    /// Print the same values as JSON
    #[arg(long)]
    pub json: bool,
}

/// A patch series and the tree it is for.
#[derive(Args)]
pub struct Series {
    /// An mbox or a diff (`-`: from standard input), or a git range of the tree
    pub series: String,
    /// The kernel tree, without the series or with all of it; of a git range, any clone that has its commits
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub tree: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum PolicyCommand {
    /// Check a series
    Check {
        #[command(flatten)]
        series: Series,
        /// What each subsystem has said, in place of what is on record here
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// Print SARIF
        #[arg(long, conflicts_with = "json")]
        sarif: bool,
    },
}

impl Cargo {
    pub fn parse_args() -> Kmod {
        // `cargo kmod …` calls us as `cargo-kmod kmod …`; the alias and a person may leave the word out.
        let mut args: Vec<_> = std::env::args_os().collect();
        if args.get(1).is_none_or(|a| a != "kmod") {
            args.insert(1.min(args.len()), "kmod".into());
        }
        let Cargo::Kmod(kmod) = Cargo::parse_from(args);
        kmod
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(0) | Err(_) => Err("a whole number of seconds, 1 or more".to_owned()),
        Ok(s) => Ok(Duration::from_secs(s)),
    }
}
