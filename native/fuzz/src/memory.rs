//! An allocator that counts, a thread at a time.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use rustix::time::{clock_gettime, ClockId};

/// Counts what a thread allocates; the binary that wants figures makes it its global allocator.
#[derive(Debug)]
pub struct Counting;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count(octets: isize) {
    LIVE.set(LIVE.get() + octets);
    PEAK.set(PEAK.get().max(LIVE.get()));
    CALLS.set(CALLS.get() + u64::from(octets > 0));
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // While it is moved both are there.
        count(size.cast_signed());
        count(-layout.size().cast_signed());
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// What a piece of work needed of memory, and how much work it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Octets at the most, above what was there before.
    pub peak: u64,
    /// Allocations; how much work there was, whatever the machine.
    pub calls: u64,
    /// Of the processor.
    pub time: Duration,
}

/// Does the work, and tells what it needed. Zero where [`Counting`] is not the allocator.
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, Used) {
    let (live, calls, start) = (LIVE.get(), CALLS.get(), processor_time());
    PEAK.set(live);
    let value = work();
    let peak = u64::try_from(PEAK.get() - live).unwrap_or(0);
    (value, Used { peak, calls: CALLS.get() - calls, time: processor_time().saturating_sub(start) })
}

/// The processor's time of this thread: what else the machine does is not in it.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
