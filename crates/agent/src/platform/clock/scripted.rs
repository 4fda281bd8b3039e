//! A clock for tests: it stands still while any task can run, and moves to the next moment that a task waits for when none
//! can. Each thread has its own, so that tests run in parallel.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use abide_session::Now;

thread_local! {
    static CLOCK: RefCell<Option<Clock>> = const { RefCell::new(None) };
}

struct Clock {
    /// Time in which the machine was awake, over all boots.
    awake: Duration,
    /// What the boot clock is ahead of that.
    ahead: Duration,
    boots: u64,
    /// What the wall clock shows when `awake` is zero and nothing was set or slept.
    wall: Duration,
    /// Tasks that wait, by the moment on the clock `awake`.
    waiting: BTreeMap<(Duration, u64), Waker>,
    waits: u64,
    chance: u64,
}

/// The clock of this thread, until it is dropped.
pub(crate) struct Scripted(());

impl Scripted {
    /// Begins at noon of a day in 2027, an hour after the machine was started. `seed` is what chance begins with.
    pub(crate) fn start(seed: u64) -> Self {
        let clock = Clock {
            awake: Duration::ZERO,
            ahead: Duration::from_secs(3600),
            boots: 1,
            wall: Duration::from_secs(1_800_000_000),
            waiting: BTreeMap::new(),
            waits: 0,
            chance: seed ^ 0x9e37_79b9_7f4a_7c15,
        };
        CLOCK.with_borrow_mut(|present| *present = Some(clock));
        Self(())
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        // What waits is dropped outside: it may take itself off the list.
        let clock = CLOCK.with_borrow_mut(Option::take);
        drop(clock);
    }
}

fn with<T>(work: impl FnOnce(&mut Clock) -> T) -> Option<T> {
    CLOCK.with_borrow_mut(|clock| clock.as_mut().map(work))
}

pub(crate) fn now() -> Option<Now> {
    with(|clock| Now { wall: clock.wall + clock.awake, boot: clock.ahead + clock.awake })
}

pub(crate) fn boot_id() -> Option<String> {
    with(|clock| format!("boot {}", clock.boots))
}

/// The next number of a sequence that the seed decides (SplitMix64).
pub(crate) fn chance() -> Option<u64> {
    with(|clock| {
        clock.chance = clock.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = clock.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

/// How long the machine has been awake since the clock was started or the machine was.
pub(crate) fn awake() -> Duration {
    with(|clock| clock.awake).unwrap_or_default()
}

/// The machine sleeps: both clocks count it, and no pause does.
pub(crate) fn suspend(time: Duration) {
    with(|clock| {
        clock.ahead += time;
        clock.wall += time;
    });
    wake(with(|clock| std::mem::take(&mut clock.waiting)));
}

/// Sets the wall clock.
pub(crate) fn set_wall_ahead(time: Duration) {
    with(|clock| clock.wall += time);
}

/// The same, back.
pub(crate) fn set_wall_back(time: Duration) {
    with(|clock| clock.wall = clock.wall.saturating_sub(time));
}

/// The machine is started anew. Nothing that waited is there any more.
pub(crate) fn reboot() {
    with(|clock| {
        clock.boots += 1;
        // So that the boot clock shows a minute.
        clock.wall += clock.awake;
        clock.awake = Duration::ZERO;
        clock.ahead = Duration::from_secs(60);
    });
}

/// Moves to the next moment that a task waits for. The runtime calls it when no task can run.
pub(crate) fn advance() {
    let next = with(|clock| {
        let next = clock.waiting.keys().next().map(|(until, _)| *until)?;
        clock.awake = clock.awake.max(next);
        Some(next)
    });
    if let Some(next) = next.flatten() {
        let woken = with(|clock| {
            let later = clock.waiting.split_off(&(next, u64::MAX));
            std::mem::replace(&mut clock.waiting, later)
        });
        wake(woken);
    }
}

fn wake(woken: Option<BTreeMap<(Duration, u64), Waker>>) {
    for waker in woken.into_iter().flat_map(BTreeMap::into_values) {
        waker.wake();
    }
}

/// A moment to wait for.
pub(crate) struct Sleep {
    /// On the boot clock, or on the clock `awake`.
    boot: bool,
    until: Duration,
    listed: Option<(Duration, u64)>,
}

/// A pause of this length; `None` without such a clock.
pub(crate) fn sleep(time: Duration) -> Option<Sleep> {
    with(|clock| Sleep { boot: false, until: clock.awake.saturating_add(time), listed: None })
}

/// A moment on the boot clock.
pub(crate) fn at(deadline: Duration) -> Sleep {
    Sleep { boot: true, until: deadline, listed: None }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let listed = with(|clock| {
            if let Some(before) = this.listed.take() {
                clock.waiting.remove(&before);
            }
            let until = if this.boot { this.until.saturating_sub(clock.ahead) } else { this.until };
            if until <= clock.awake && (!this.boot || this.until <= clock.ahead + clock.awake) {
                return None;
            }
            clock.waits += 1;
            let place = (until, clock.waits);
            clock.waiting.insert(place, context.waker().clone());
            Some(place)
        });
        this.listed = listed.flatten();
        if this.listed.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.listed {
            with(|clock| clock.waiting.remove(&place));
        }
    }
}
