// SPDX-License-Identifier: GPL-2.0
//! C: `kref_put(&job->ref, job_free); job->done = true;`
use kernel::sync::{
    atomic::{Atomic, Relaxed},
    Arc,
};

pub struct Job {
    pub done: Atomic<u32>,
}

pub fn finish(job: Arc<Job>) {
    drop(job); //- //~ borrow of moved value: `job`
    job.done.store(1, Relaxed);
}
