//! The places of a listener: how many connections are served at once, and whose.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::Limits;
use super::answering::Answering;

/// How long a connection waits for a place.
const PATIENCE: Duration = Duration::from_secs(30);
/// A connection that has done nothing for so long gives its place to one that waits.
const GRACE: Duration = Duration::from_millis(200);
/// The shortest time between two looks at all places on behalf of those that wait.
const LOOKS: Duration = Duration::from_millis(50);

/// How many wait at all listeners together that share a limit.
static WAIT_EVERYWHERE: AtomicUsize = AtomicUsize::new(0);

/// Whose places a connection takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// The owner's own programs.
    Own,
    /// A program, by device and inode.
    Program(u64, u64),
    /// All programs that cannot be identified.
    Others,
}

/// What a connection does after its last request.
type Tunnel = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection, for those who judge whether it does anything.
pub(crate) struct Connection {
    /// Requests that are being answered: one, or none.
    working: AtomicUsize,
    streaming: AtomicBool,
    /// The answer ends with its reader only.
    endless: AtomicBool,
    /// Where it has its place, and as whose.
    home: Option<(Weak<Places>, Source)>,
    /// Since when nothing is being answered.
    idle_since: Mutex<Instant>,
    /// It has been asked to end.
    leaves: AtomicBool,
    gives_up: Notify,
    /// Its first request is on its way.
    expected: Mutex<Option<Answering>>,
    /// What it was upgraded to (RFC 9110, section 7.8), until that runs.
    tunnel: Mutex<Option<Tunnel>>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("working", &self.working).finish_non_exhaustive()
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            working: AtomicUsize::new(0),
            streaming: AtomicBool::new(false),
            endless: AtomicBool::new(false),
            home: None,
            idle_since: Mutex::new(Instant::now()),
            leaves: AtomicBool::new(false),
            gives_up: Notify::new(),
            expected: Mutex::default(),
            tunnel: Mutex::default(),
        }
    }
}

impl Connection {
    /// A request is being answered until what is returned is dropped.
    pub(crate) fn working(self: &Arc<Self>) -> Working {
        self.working.fetch_add(1, Ordering::AcqRel);
        Working(self.clone())
    }

    /// The answer becomes a stream of events, which may stay; `false` if the program has as many as it may have.
    pub(crate) fn streams(&self) -> bool {
        let Some((places, source)) =
            self.home.as_ref().and_then(|(places, of)| Some((places.upgrade()?, of)))
        else {
            return true;
        };
        let state = places.state();
        if self.streaming.load(Ordering::Acquire) {
            return true;
        }
        let streams = |(of, connection): &&(Source, Arc<Self>)| {
            of == source && connection.streaming.load(Ordering::Acquire)
        };
        let most = match source {
            Source::Own => places.limits.connections,
            Source::Program(..) => places.limits.streams,
            Source::Others => places.limits.streams * 4,
        };
        let allowed = state.taken.values().filter(streams).count() < most;
        self.streaming.store(allowed, Ordering::Release);
        allowed
    }

    /// Its first request is on its way, for a while.
    pub(super) fn expects(&self, expected: Option<Answering>) {
        *self.expected.lock().unwrap_or_else(PoisonError::into_inner) = expected;
    }

    /// Its first request is there, or takes too long.
    pub(super) fn expects_nothing(&self) {
        self.expects(None);
    }

    /// The answer is a stream that ends with its reader only.
    pub(crate) fn has_no_end(&self) {
        self.endless.store(true, Ordering::Release);
    }

    pub(super) fn is_endless(&self) -> bool {
        self.endless.load(Ordering::Acquire)
    }

    /// Runs this in the connection's place once the answer has upgraded it.
    pub(crate) fn becomes(&self, tunnel: impl Future<Output = ()> + Send + 'static) {
        *self.tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(tunnel));
    }

    pub(super) fn tunnel(&self) -> Option<Tunnel> {
        self.tunnel.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) async fn given_up(&self) {
        self.gives_up.notified().await;
    }

    /// Returns unless this is a stream of events.
    pub(super) async fn no_stream(&self) {
        if self.streaming.load(Ordering::Acquire) {
            std::future::pending::<()>().await;
        }
    }

    /// For how long it has done nothing; `None` while it does something.
    fn idle(&self, now: Instant) -> Option<Duration> {
        let busy = self.working.load(Ordering::Acquire) > 0 || self.streaming.load(Ordering::Acquire);
        if busy || self.leaves.load(Ordering::Acquire) {
            return None;
        }
        let since = *self.idle_since.lock().unwrap_or_else(PoisonError::into_inner);
        Some(now.saturating_duration_since(since))
    }
}

/// A request that is being answered.
pub(crate) struct Working(Arc<Connection>);

impl Drop for Working {
    fn drop(&mut self) {
        *self.0.idle_since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.working.fetch_sub(1, Ordering::AcqRel);
    }
}

/// How a connection is received.
pub(super) enum Entrance {
    /// With a place.
    Seated(Place),
    /// It has to wait for one.
    Waits(Waiting),
    /// Not even that.
    Full,
}

/// A connection that waits for a place, until it is dropped.
pub(super) struct Waiting {
    source: Source,
    number: u64,
    place: oneshot::Receiver<Place>,
    _counted: Option<Counted>,
}

/// One of those that wait everywhere.
struct Counted;

impl Counted {
    fn up_to(most: usize) -> Option<Self> {
        let one_more = |count: usize| (count < most).then_some(count + 1);
        WAIT_EVERYWHERE.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok().map(|_| Self)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        WAIT_EVERYWHERE.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A place that is taken, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    source: Source,
    number: u64,
    connection: Arc<Connection>,
}

impl Place {
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.places.state();
        state.taken.remove(&self.number);
        state.give_back(&self.source);
        let next = self.places.next(&mut state);
        drop(state);
        if let Some((waiting, place)) = next {
            // One that has gone meanwhile drops the place, which comes here again.
            drop(waiting.send(place));
        }
    }
}

/// The places of one listener.
#[derive(Debug)]
pub(super) struct Places {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next_number: u64,
    taken: HashMap<u64, (Source, Arc<Connection>)>,
    of: HashMap<Source, usize>,
    /// Those that wait, by whose places they wait for; a later one has a higher number.
    waiting: HashMap<Source, BTreeMap<u64, oneshot::Sender<Place>>>,
    /// When all places were looked at last on behalf of those that wait.
    looked: Option<Instant>,
}

impl State {
    fn count(&self, source: &Source) -> usize {
        self.of.get(source).copied().unwrap_or(0)
    }

    fn waiting(&self) -> usize {
        self.waiting.values().map(BTreeMap::len).sum()
    }

    /// It does not wait any more.
    fn leaves(&mut self, source: &Source, number: u64) -> Option<oneshot::Sender<Place>> {
        let of_source = self.waiting.get_mut(source)?;
        let waited = of_source.remove(&number);
        if of_source.is_empty() {
            self.waiting.remove(source);
        }
        waited
    }

    fn give_back(&mut self, source: &Source) {
        if let Some(count) = self.of.get_mut(source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.of.remove(source);
            }
        }
    }
}

impl Places {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self, state: &State, source: &Source) -> bool {
        let all = state.taken.len();
        match source {
            Source::Own => all < self.limits.connections,
            _ => {
                let others = all - state.count(&Source::Own);
                let for_others = self.limits.connections - self.limits.reserved;
                all < self.limits.connections
                    && others < for_others
                    && state.count(source) < self.share(source)
            }
        }
    }

    fn share(&self, source: &Source) -> usize {
        if matches!(source, Source::Program(..)) { self.limits.per_program } else { self.limits.connections }
    }

    fn seat(self: &Arc<Self>, state: &mut State, source: Source) -> Place {
        let home = Some((Arc::downgrade(self), source.clone()));
        let (number, connection) =
            (state.next_number, Arc::new(Connection { home, ..Connection::default() }));
        state.next_number += 1;
        state.taken.insert(number, (source.clone(), connection.clone()));
        *state.of.entry(source.clone()).or_default() += 1;
        Place { places: self.clone(), source, number, connection }
    }

    /// The one that waits and gets the place that has become free: the owner's first, then one of the program that has the fewest, then
    /// the latest. Where many more come than can be served, such as the slow ones of one program, those in front would only keep the
    /// others back.
    fn next(self: &Arc<Self>, state: &mut State) -> Option<(oneshot::Sender<Place>, Place)> {
        loop {
            let may = state.waiting.iter().filter(|(source, _)| self.has_room(state, source));
            let last = may.filter_map(|(source, waiting)| Some((source, *waiting.last_key_value()?.0)));
            let (source, number) = last.max_by_key(|(source, number)| {
                (**source == Source::Own, Reverse(state.count(source)), *number)
            })?;
            let source = source.clone();
            if let Some(waiting) = state.leaves(&source, number).filter(|waiting| !waiting.is_closed()) {
                return Some((waiting, self.seat(state, source)));
            }
        }
    }

    pub(super) fn enter(self: &Arc<Self>, source: Source) -> Entrance {
        let mut state = self.state();
        if self.has_room(&state, &source) {
            return Entrance::Seated(self.seat(&mut state, source));
        }
        let of_this = state.waiting.get(&source).map_or(0, BTreeMap::len);
        let most = if source == Source::Own { self.limits.waiting } else { self.limits.waiting * 3 / 4 };
        if state.waiting() >= self.limits.waiting || of_this >= most {
            return Entrance::Full;
        }
        let counted = match self.limits.everywhere {
            0 => None,
            most => match Counted::up_to(if source == Source::Own { most } else { most * 3 / 4 }) {
                Some(counted) => Some(counted),
                None => return Entrance::Full,
            },
        };
        let (sender, place) = oneshot::channel();
        let number = state.next_number;
        state.next_number += 1;
        state.waiting.entry(source.clone()).or_default().insert(number, sender);
        self.make_room(&state, &source, 1);
        Entrance::Waits(Waiting { source, number, place, _counted: counted })
    }

    /// Waits for the place, if it has to be waited for; `None` when none became free.
    pub(super) async fn seated(&self, entrance: Entrance) -> Option<Place> {
        let mut waiting = match entrance {
            Entrance::Seated(place) => return Some(place),
            Entrance::Waits(waiting) => waiting,
            Entrance::Full => return None,
        };
        let until = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < until {
            match tokio::time::timeout(GRACE, &mut waiting.place).await {
                Ok(place) => return place.ok(),
                Err(_) => self.look(),
            }
        }
        self.state().leaves(&waiting.source, waiting.number);
        waiting.place.close();
        waiting.place.try_recv().ok()
    }

    /// Makes room for all that wait. One look serves them all.
    fn look(&self) {
        let mut state = self.state();
        let now = Instant::now();
        if state.looked.is_some_and(|looked| now.saturating_duration_since(looked) < LOOKS) {
            return;
        }
        state.looked = Some(now);
        for (source, waiting) in &state.waiting {
            self.make_room(&state, source, waiting.len());
        }
    }

    /// Asks so many connections to end, those that have done nothing for the longest time: of the same program if that has used up
    /// its share, else those that are not the owner's first.
    fn make_room(&self, state: &State, source: &Source, places: usize) {
        let now = Instant::now();
        let share_used = *source != Source::Own && state.count(source) >= self.share(source);
        let mut idle: Vec<_> = state
            .taken
            .values()
            .filter_map(|(of, connection)| {
                let idle = connection.idle(now).filter(|idle| *idle >= GRACE)?;
                let fits =
                    if share_used { of == source } else { *source == Source::Own || *of != Source::Own };
                fits.then_some((*of != Source::Own, idle, connection))
            })
            .collect();
        idle.sort_by_key(|(foreign, idle, _)| Reverse((*foreign, *idle)));
        for (.., connection) in idle.into_iter().take(places) {
            connection.leaves.store(true, Ordering::Release);
            connection.gives_up.notify_one();
        }
    }
}
