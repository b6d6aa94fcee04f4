//! Every change is looked at in the moment in which it is made; the first wrong one ends the story.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use dismantle::sandbox::{ACCESS_KEY_ID, Call, Sandbox, Watcher};
use serde_json::Value;
use tokio::sync::watch;

use crate::asked;
use crate::invariants;
use crate::order::Order;
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
}

impl Watch {
    pub fn new(book: Arc<Book>, ground: Ground) -> Self {
        Self { book, ground: Mutex::new(Arc::new(ground)), order: Mutex::default() }
    }

    /// Somebody has done something, and this is what is true now.
    pub fn learn(&self, ground: Ground) {
        *held(&self.ground) = Arc::new(ground);
    }

    async fn check(&self, sandbox: &Sandbox, call: &Call) -> Result<(), String> {
        self.book.gave_leave(call)?;
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
        held(&self.order).take(call, &removed, world, shaken, &account)?;
        invariants::stays(world, still, &account)
    }
}

#[async_trait]
impl Watcher for Watch {
    async fn changed(&self, sandbox: &Sandbox, call: &Call) {
        if call.access_key != ACCESS_KEY_ID {
            return;
        }
        let alarm = &self.book.alarm;
        if let Err(why) = self.check(sandbox, call).await {
            let Call { number, operation, region, words, .. } = call;
            alarm.raise(format!("call {number}, {operation} in {region} of {words:?}: {why}"));
        }
        if alarm.said().is_some() {
            // Nobody acts on what is wrong.
            std::future::pending::<()>().await;
        }
    }
}
