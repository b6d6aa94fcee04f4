//! Every change is looked at in the moment in which it is made; the first wrong one ends the story.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use dismantle::plan::Step;
use dismantle::resource::{Action, ResourceId};
use dismantle::sandbox::{Call, Sandbox, Watcher};
use serde_json::Value;
use tokio::sync::watch;

use crate::asked;
use crate::invariants;
use crate::order::Order;
use crate::raw;
use crate::witness::Book;
use crate::world::World;

/// Tells the story that something is wrong, once.
#[derive(Debug, Default)]
pub struct Alarm {
    first: Mutex<Option<String>>,
    rings: watch::Sender<bool>,
}

impl Alarm {
    pub fn raise(&self, why: String) {
        held(&self.first).get_or_insert(why);
        self.rings.send_replace(true);
    }

    /// What was wrong first, if anything is.
    pub fn said(&self) -> Option<String> {
        held(&self.first).clone()
    }

    /// Waits for it.
    pub async fn rings(&self) -> String {
        let mut rings = self.rings.subscribe();
        let _ = rings.wait_for(|ringing| *ringing).await;
        self.said().unwrap_or_default()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is known of the world at the moment.
#[derive(Debug, Clone)]
pub struct Ground {
    pub world: World,
    /// What somebody has touched, and all that hangs on it.
    pub shaken: BTreeSet<usize>,
    /// What is to be as it was.
    pub still: BTreeMap<usize, Value>,
}

/// Looks at every change that the program makes.
pub struct Watch {
    book: Arc<Book>,
    ground: Mutex<Arc<Ground>>,
    order: Mutex<Order>,
    /// The steps whose call took effect, and in which life.
    done: Mutex<BTreeMap<Deed, u32>>,
}

/// A step by what it does, in whichever run.
type Deed = (ResourceId, Action, Option<String>);

/// What a step does that AWS takes but once; none for what may be done again at any time.
fn deed(step: Step) -> Option<Deed> {
    let again = matches!(step.action, Action::Empty | Action::Untag);
    (!again).then_some((step.resource, step.action, step.target))
}

/// Whether AWS has taken a delete and will not do it: the thing will be there again.
fn fails(state: &Value) -> bool {
    state["next"]["change"]["Set"].is_array()
}

impl Watch {
    pub fn new(book: Arc<Book>, ground: Ground) -> Self {
        Self {
            book,
            ground: Mutex::new(Arc::new(ground)),
            order: Mutex::default(),
            done: Mutex::default(),
        }
    }

    /// Somebody has done something, and this is what is true now.
    pub fn learn(&self, ground: Ground) {
        *held(&self.ground) = Arc::new(ground);
    }

    /// A call has its intent, and asks for nothing that an earlier life has brought about.
    fn may(&self, call: &Call) -> Result<(), String> {
        self.book.gave_leave(call)?;
        let ground = Arc::clone(&held(&self.ground));
        let things = &ground.world.things;
        for deed in self.book.done_by(call).into_iter().filter_map(deed) {
            let Some(life) = held(&self.done).get(&deed).copied() else { continue };
            let touched = ground.shaken.iter().any(|at| things[*at].id == deed.0);
            if life < self.book.life() && !touched {
                let (id, action, _) = deed;
                return Err(format!("{action} of {id} was done in life {life}, and is done again"));
            }
        }
        Ok(())
    }

    async fn check(&self, sandbox: &Sandbox, call: &Call) -> Result<(), String> {
        let ground = Arc::clone(&held(&self.ground));
        let removes = |at: &&usize| asked::removes(call, &ground.world.things[**at].id);
        if let Some(at) = ground.still.keys().find(removes) {
            return Err(format!("{} was to stay", ground.world.things[*at].id));
        }
        let things = ground.world.things.iter().enumerate();
        let removed = things.filter(|(_, thing)| asked::removes(call, &thing.id));
        let removed: Vec<usize> = removed.map(|(at, _)| at).collect();
        let account = sandbox.snapshot().await;
        let Ground { world, shaken, still } = &*ground;
        for deed in self.book.done_by(call).into_iter().filter_map(deed) {
            if deed.1 != Action::Delete || !fails(&raw::state(&account, &deed.0)) {
                held(&self.done).insert(deed, self.book.life());
            }
        }
        held(&self.order).take(call, &removed, world, shaken, &account)?;
        invariants::stays(world, still, &account)
    }

    /// Raises the alarm if something is wrong; then nobody acts any more.
    async fn tell(&self, call: &Call, checked: Result<(), String>) {
        let alarm = &self.book.alarm;
        if let Err(why) = checked {
            let Call { number, operation, region, words, .. } = call;
            alarm.raise(format!("call {number}, {operation} in {region} of {words:?}: {why}"));
        }
        if alarm.said().is_some() {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Watcher for Watch {
    async fn called(&self, _: &Sandbox, call: &Call) {
        self.tell(call, self.may(call)).await;
    }

    async fn changed(&self, sandbox: &Sandbox, call: &Call) {
        let checked = self.check(sandbox, call).await;
        self.tell(call, checked).await;
    }
}
