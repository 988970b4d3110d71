// SPDX-License-Identifier: GPL-2.0
//! `/sys/kernel/config/null_block`: `mkdir NAME` makes a directory with the settings, and 1 in its `power` makes `/dev/NAME`.
use crate::disk::{self, Completion, Null};
use kernel::{
    block::mq::gen_disk::{GenDisk, GenDiskBuilder},
    configfs::{self, configfs_attrs},
    fmt, new_mutex,
    page::PAGE_SIZE,
    prelude::*,
    str::{CString, Formatter},
    sync::Mutex,
    time::Delta,
};

/// What a disk is to be; the names and units of the files are those of C's null_blk.
#[derive(Clone, Copy)]
pub struct Settings {
    /// In MiB.
    pub size: u64,
    pub block_size: u32,
    pub queues: u32,
    pub depth: u32,
    pub completion: Completion,
    /// Of [`Completion::Timer`].
    pub delay: Delta,
    pub memory_backed: bool,
    pub discard: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            size: 250 << 10,
            block_size: 512,
            queues: 1,
            depth: 64,
            completion: Completion::SoftIrq,
            delay: Delta::from_micros(10),
            memory_backed: false,
            discard: false,
        }
    }
}

/// The directory that `mkdir` is called in.
#[pin_data]
pub struct Directory {}

#[vtable]
impl configfs::AttributeOperations<0> for Directory {
    type Data = Directory;

    fn show(_me: &Directory, page: &mut [u8; PAGE_SIZE]) -> Result<usize> {
        print(
            page,
            fmt!("blocksize,completion_nsec,discard,hw_queue_depth,irqmode,memory_backed,power,size,submit_queues"),
        )
    }
}

#[vtable]
impl configfs::GroupOperations for Directory {
    type Child = Config;

    fn make_group(&self, name: &CStr) -> Result<impl PinInit<configfs::Group<Config>, Error>> {
        let item_type = configfs_attrs! {
            container: configfs::Group<Config>,
            data: Config,
            attributes: [
                power: 0,
                size: 1,
                blocksize: 2,
                submit_queues: 3,
                hw_queue_depth: 4,
                irqmode: 5,
                completion_nsec: 6,
                memory_backed: 7,
                discard: 8,
            ],
        };
        let config = try_pin_init!(Config {
            name: name.try_into()?,
            state <- new_mutex!(State { settings: Settings::default(), disk: None }),
        });
        Ok(configfs::Group::new(name.try_into()?, item_type, config))
    }
}

/// What `mkdir` makes.
#[pin_data]
pub struct Config {
    name: CString,
    #[pin]
    state: Mutex<State>,
}

// Nothing in it is pinned, which the macro tells the compiler.
#[pin_data]
struct State {
    settings: Settings,
    disk: Option<GenDisk<Null>>,
}

impl Config {
    fn power(&self, on: bool) -> Result {
        let mut state = self.state.lock();
        match (on, &state.disk) {
            (true, None) => state.disk = Some(self.build(&state.settings)?),
            (false, Some(_)) => state.disk = None,
            _ => {}
        }
        Ok(())
    }

    fn build(&self, settings: &Settings) -> Result<GenDisk<Null>> {
        let name: &CStr = &self.name;
        GenDiskBuilder::new().limits(disk::limits(settings))?.capacity_sectors(settings.size << 11).build(
            fmt!("{}", name),
            disk::tag_set(settings)?,
            (),
        )
    }

    /// Changes a setting, unless there is a disk that was made by it.
    fn set(&self, change: impl FnOnce(&mut Settings)) -> Result {
        let mut state = self.state.lock();
        if state.disk.is_some() {
            return Err(EBUSY);
        }
        change(&mut state.settings);
        Ok(())
    }
}

/// A file that holds a number: how it is shown, and how a number in the range is taken.
macro_rules! setting {
    ($id:literal, $range:expr, |$shown:ident| $show:expr, |$settings:ident, $number:ident| $store:expr) => {
        #[vtable]
        impl configfs::AttributeOperations<$id> for Config {
            type Data = Config;

            fn show(me: &Config, page: &mut [u8; PAGE_SIZE]) -> Result<usize> {
                let $shown = me.state.lock().settings;
                let shown = $show;
                print(page, fmt!("{shown}"))
            }

            fn store(me: &Config, page: &[u8]) -> Result {
                let $number = number(page)?;
                if !($range).contains(&$number) {
                    return Err(EINVAL);
                }
                me.set(|$settings| $store)
            }
        }
    };
}

setting!(1, 1..=1 << 40, |s| s.size, |s, n| s.size = n);
setting!(2, [512, 1024, 2048, 4096], |s| s.block_size, |s, n| s.block_size = n as u32);
setting!(3, 1..=64, |s| s.queues, |s, n| s.queues = n as u32);
setting!(4, 1..=1024, |s| s.depth, |s, n| s.depth = n as u32);
setting!(5, 0..=2, |s| s.completion as u8, |s, n| s.completion = match n {
    0 => Completion::AtOnce,
    1 => Completion::SoftIrq,
    _ => Completion::Timer,
});
setting!(6, 0..=1_000_000_000, |s| s.delay.as_nanos(), |s, n| s.delay = Delta::from_nanos(n as i64));
setting!(7, 0..=1, |s| u8::from(s.memory_backed), |s, n| s.memory_backed = n == 1);
setting!(8, 0..=1, |s| u8::from(s.discard), |s, n| s.discard = n == 1);

#[vtable]
impl configfs::AttributeOperations<0> for Config {
    type Data = Config;

    fn show(me: &Config, page: &mut [u8; PAGE_SIZE]) -> Result<usize> {
        print(page, fmt!("{}", u8::from(me.state.lock().disk.is_some())))
    }

    fn store(me: &Config, page: &[u8]) -> Result {
        match number(page)? {
            on @ 0..=1 => me.power(on == 1),
            _ => Err(EINVAL),
        }
    }
}

/// A decimal number, with a newline or without.
fn number(page: &[u8]) -> Result<u64> {
    core::str::from_utf8(page).map_err(|_| EINVAL)?.trim().parse().map_err(|_| EINVAL)
}

/// Writes a line and returns its length.
fn print(page: &mut [u8; PAGE_SIZE], line: fmt::Arguments<'_>) -> Result<usize> {
    let mut formatter = Formatter::new(page);
    fmt::Write::write_fmt(&mut formatter, line)?;
    fmt::Write::write_str(&mut formatter, "\n")?;
    Ok(formatter.bytes_written())
}
