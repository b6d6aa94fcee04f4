//! Small stories: a random world, one region or two, and a process that lives a few times.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use dismantle::aws::registry;
use dismantle::execute::Interrupt;
use dismantle::journal::Entry;
use dismantle::report::{Ending as RunEnding, Outcome};
use dismantle::resource::{Kind, KindFacts, Removable, ResourceId};
use dismantle::sandbox::{ACCESS_KEY_ID, Sandbox, Service, Storm, Weather, When};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::hand::Hand;
use crate::people::{self, People};
use crate::small_life::{Life, Program};
use crate::story::Ending;
use crate::witness::{Book, Witness};
use crate::world::{self, Side, Size};
use crate::{invariants, sky, trace};

/// A run that good weather does not end in so many lives never ends.
const GOOD_LIVES_MAX: u32 = 4;

/// Longer than any teardown of such a world, where AWS waits for twenty minutes at most and people
/// and faults cost minutes: a life that lives longer does not end. The longest small story lasted 23
/// minutes with all its lives.
const LIFE_MAX: Duration = Duration::from_secs(6 * 3600);

/// Between two lives: longer than any list shows what was there before.
const BETWEEN_LIVES: Duration = Duration::from_secs(60);

/// How a process may die, and what else may befall it.
const DEATHS: [&str; 4] = [
    "killed before a call",
    "killed after a call's effect",
    "killed before a write",
    "killed after a write",
];
const STOPPED: &str = "stopped";
const REFUSED: &str = "refused by the weather";
const TOO_MUCH: &str = "refused by the limits";
const SLOW: &str = "a life of slow answers";

fn storm_over(service: Service) -> String {
    format!("in a storm over {}", service.as_str())
}

fn a_thing(kind: Kind, side: Side) -> String {
    let whose = if side == Side::Lab { "the lab's" } else { "a neighbour's" };
    format!("{whose} {kind}")
}

/// All that must befall some story out of a few hundred.
pub fn misfortunes() -> Vec<String> {
    let own = DEATHS.into_iter().chain([STOPPED, TOO_MUCH, SLOW]);
    let faults = sky::FAULTS.iter().map(|fault| fault.as_str());
    let late = Sandbox::builder().build().befell().into_keys();
    let all = own.chain(faults).chain(late).map(str::to_owned);
    let storms = sky::EXPOSED.iter().map(|(service, _)| storm_over(*service));
    all.chain(storms).chain(people::acts()).collect()
}

/// A thing of every kind that can go, on both sides, and a neighbour's of every kind.
pub fn kinds() -> Vec<String> {
    let all = registry::kinds().map(|kind| kind.facts());
    let of = |facts: KindFacts| {
        let lab = (facts.removable != Removable::ReadOnly).then_some(Side::Lab);
        lab.into_iter().chain([Side::Theirs]).map(move |side| a_thing(facts.kind, side))
    };
    all.flat_map(of).collect()
}

/// A story that came out well.
#[derive(Debug, Clone)]
pub struct Told {
    pub ending: Ending,
    pub trace: String,
}

/// Tells the small story of a seed; `Err` says what is wrong with it.
pub fn tell(seed: u64, size: Size) -> Result<Told, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async { Story::begin(seed, size).await?.run().await })
}

/// Whether another life would not better it.
fn is_over(outcome: &Outcome) -> bool {
    let all_gone = matches!(outcome.outcome, RunEnding::Clean | RunEnding::Nothing);
    all_gone || (outcome.left.is_empty() && outcome.failed.is_empty())
}

struct Story {
    chance: SmallRng,
    size: Size,
    sandbox: Sandbox,
    program: Program,
    people: People,
    book: Arc<Book>,
    events: BTreeMap<String, u64>,
    /// Lives that came to an end of their own.
    ended: BTreeSet<u32>,
    lives: u32,
    /// From which call on which storms raged; none of them ended before the next began.
    storms: Vec<(u64, Vec<Storm>)>,
    /// How the life that is being lived is to end.
    death: &'static str,
}

impl Story {
    async fn begin(seed: u64, size: Size) -> Result<Self, String> {
        let mut chance = SmallRng::seed_from_u64(seed ^ 0x57A1);
        let (regions, enabled) = world::places(seed);
        let sandbox = Sandbox::builder().seed(seed).regions(enabled.iter().copied()).build();
        let hand = Hand(sandbox.clone());
        let world = world::build(&hand, seed, size, regions, enabled).await?;
        let book = Book::new(sandbox.clone());
        let program = Program::new(&sandbox, seed, world.manifest.clone())?;
        let people = SmallRng::seed_from_u64(chance.random());
        let mut people = People::new(people, hand, Arc::clone(&book), world);
        sandbox.set_watcher(Some(people.begin().await?));
        let (events, ended, storms) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        let (lives, death) = (0, "");
        Ok(Self {
            chance,
            size,
            sandbox,
            program,
            people,
            book,
            events,
            ended,
            lives,
            storms,
            death,
        })
    }

    async fn run(self) -> Result<Told, String> {
        let sandbox = self.sandbox.clone();
        let told = self.lives().await;
        sandbox.set_watcher(None);
        told
    }

    async fn lives(mut self) -> Result<Told, String> {
        let bad = if self.chance.random_bool(0.75) { 1 } else { 2 };
        let mut good = 0;
        let last = loop {
            let is_bad = self.lives < bad;
            let life = self.live(is_bad).await?;
            let over = !is_bad && matches!(&life, Life::Ended(outcome) if is_over(outcome));
            self.people.pay_debts(false).await?;
            self.people.all_is_still().await?;
            match life {
                Life::Killed => self.note(self.death),
                Life::Stopped => self.note(STOPPED),
                Life::Refused(why) if !is_bad => return Err(why),
                Life::Refused(_) => self.note(REFUSED),
                Life::TooMuch => {
                    self.note(TOO_MUCH);
                    if !is_bad {
                        break None;
                    }
                }
                Life::Ended(outcome) if over => break Some(outcome),
                Life::Ended(_) => {}
            }
            if is_bad && self.chance.random_bool(0.5) {
                self.people.act(false).await?;
            }
            good += u32::from(!is_bad);
            if good > GOOD_LIVES_MAX {
                return Err(format!("not over after {good} lives in good weather"));
            }
            tokio::time::sleep(BETWEEN_LIVES).await;
        };
        self.check(last.as_deref()).await?;
        Ok(self.told())
    }

    fn note(&mut self, what: &str) {
        self.count(what, 1);
    }

    fn count(&mut self, what: &str, count: u64) {
        if count > 0 {
            *self.events.entry(what.to_owned()).or_default() += count;
        }
    }

    /// One life of the process, with people around it while the weather is bad.
    async fn live(&mut self, is_bad: bool) -> Result<Life, String> {
        let number = self.lives;
        self.lives += 1;
        let mut weather = if is_bad { sky::bad(&mut self.chance) } else { Weather::aws() };
        let mut fatal_write = None;
        let mut stop = None;
        if is_bad {
            let calls = if self.size == Size::Small { 350 } else { 1_500 };
            let after = self.chance.random_bool(0.5);
            let when = if after { When::After } else { When::Before };
            match self.chance.random_range(0..10) {
                0..5 => {
                    weather = weather.killing_at(self.chance.random_range(1..calls), when);
                    self.death = DEATHS[usize::from(after)];
                }
                5..8 => {
                    fatal_write = Some((self.chance.random_range(1..60), when));
                    self.death = DEATHS[2 + usize::from(after)];
                }
                8 => stop = Some(Duration::from_secs(self.chance.random_range(1..900))),
                _ => {}
            }
        }
        if weather.latency_ms.1 > Weather::aws().latency_ms.1 {
            self.note(SLOW);
        }
        self.storms.push((self.sandbox.calls_made() + 1, weather.storms.clone()));
        self.sandbox.set_weather(weather);
        self.book.new_life(number, fatal_write);
        let journal = Witness::new(self.program.folder(), Arc::clone(&self.book));
        let interrupt = Interrupt::default();
        let ctrl_c = async {
            match stop {
                Some(after) => tokio::time::sleep(after).await,
                None => std::future::pending().await,
            }
            interrupt.stop("Ctrl-C");
            std::future::pending::<()>().await;
        };
        let (mut killed, mut dead) = (self.sandbox.killed(), self.book.dead());
        let people = &mut self.people;
        let others = async {
            match is_bad {
                true => people.go_on().await,
                false => std::future::pending().await,
            }
        };
        let life = tokio::select! {
            biased;
            wrong = self.book.alarm.rings() => Err(wrong),
            _ = killed.wait_for(|dead| *dead) => Ok(Life::Killed),
            _ = dead.wait_for(|dead| *dead) => Ok(Life::Killed),
            wrong = others => Err(wrong),
            life = self.program.live(&journal, &interrupt) => life,
            () = ctrl_c => Err("nobody waits for ever".to_owned()),
            () = tokio::time::sleep(LIFE_MAX) => Err("it does not end".to_owned()),
        };
        self.sandbox.set_weather(Weather::calm());
        if matches!(life, Ok(Life::Ended(_))) {
            self.ended.insert(number);
        }
        life
    }

    async fn check(&self, last: Option<&Outcome>) -> Result<(), String> {
        let calls = self.sandbox.calls();
        let lines = self.book.lines();
        let account = self.sandbox.snapshot().await;
        let world = &self.people.world;
        invariants::journal_and_calls(&calls, &lines, &self.ended)?;
        invariants::musts(&self.people, &calls, &lines, &account)?;
        invariants::accounted(&self.people, &lines, &account)?;
        if world.max_deletions == world::NO_LIMIT
            && let Err(why) = invariants::goes(&self.people, &account)
        {
            return Err(format!("{why}{}", self.said_of(&why, last).await?));
        }
        let mut removals: BTreeMap<u32, BTreeSet<&ResourceId>> = BTreeMap::new();
        for line in &lines {
            if let Entry::Step(step) = &line.entry
                && step.action.is_removal()
            {
                removals.entry(line.run).or_default().insert(&step.resource);
            }
        }
        if let Some(most) = removals.values().map(BTreeSet::len).max()
            && most > world.max_deletions
        {
            let limit = world.max_deletions;
            return Err(format!("a run has {most} removals, and the limit is {limit}"));
        }
        if let Some(outcome) = last {
            let journal = Witness::new(self.program.folder(), Arc::clone(&self.book));
            let survey = self.program.calm_look(&journal).await?;
            // Somebody may have touched it since the run's own last look.
            let shaken = self.people.shaken.iter().map(|at| &world.things[*at].id);
            let touched: BTreeSet<&ResourceId> = shaken.collect();
            if let Err(why) =
                invariants::report(outcome, &survey.inventory, &survey.decided, &touched)
            {
                return Err(format!("{why}{}", self.said_of(&why, last).await?));
            }
        }
        let mine = calls.iter().filter(|call| call.access_key == ACCESS_KEY_ID);
        let faults = mine.clone().filter(|call| call.fault.is_some()).count() as u64;
        let made = mine.count() as u64;
        let most = invariants::calls_max(world, self.lives.into(), self.minutes(), faults);
        if made > most {
            return Err(format!("{made} calls were made, and {most} would do"));
        }
        Ok(())
    }

    /// What the program says today, and said in its last report, of the thing that `why` is about.
    async fn said_of(&self, why: &str, last: Option<&Outcome>) -> Result<String, String> {
        let journal = Witness::new(self.program.folder(), Arc::clone(&self.book));
        let survey = self.program.calm_look(&journal).await?;
        let about = |id: &ResourceId| why.starts_with(&format!("{id} "));
        let verdict = survey.decided.verdicts.iter().find(|(id, _)| about(id));
        let rows = last.map_or(Vec::new(), |outcome| {
            let rows = outcome.left.iter().chain(&outcome.blocked).chain(&outcome.failed);
            rows.filter(|row| about(&row.resource)).collect()
        });
        Ok(format!("; today: {verdict:?}; the last report: {rows:?}"))
    }

    fn minutes(&self) -> u64 {
        let calls = self.sandbox.calls();
        let first = calls.first().map_or(0, |call| call.at.as_second());
        let seconds = self.sandbox.clock().now().as_second() - first;
        u64::try_from(seconds / 60).unwrap_or(0)
    }

    fn told(mut self) -> Told {
        let calls = self.sandbox.calls();
        let trace = trace::text(&calls, &self.book.lines());
        for call in &calls {
            // Deaths are noted by their sort.
            if let Some(fault) = call.fault.filter(|fault| *fault != "killed") {
                self.note(fault);
                let storms = self.storms.iter().rev().find(|(first, _)| *first <= call.number);
                let over = |storm: &Storm| {
                    storm.service == call.service
                        && storm.fault.as_str() == fault
                        && storm.operation.as_ref().is_none_or(|name| *name == call.operation)
                };
                if storms.is_some_and(|(_, storms)| storms.iter().any(over)) {
                    self.note(&storm_over(call.service));
                }
            }
        }
        for (what, count) in self.sandbox.befell() {
            self.count(what, count);
        }
        for (what, count) in std::mem::take(&mut self.people.counts) {
            self.count(&what, count);
        }
        for thing in std::mem::take(&mut self.people.world.things) {
            self.note(&a_thing(thing.id.kind, thing.side));
        }
        let first = calls.first().map_or(0, |call| call.at.as_second());
        let ending = Ending {
            calls: calls.iter().filter(|call| call.access_key == ACCESS_KEY_ID).count() as u64,
            virtual_s: self.sandbox.clock().now().as_second() - first,
            events: self.events,
        };
        Told { ending, trace }
    }
}
