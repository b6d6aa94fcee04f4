//! No call before what it needs: who uses a thing is gone, or has let go of it, before that goes.
//!
//! What somebody else has touched is left out, and circles are.

use std::collections::BTreeSet;

use dismantle::resource::ResourceId;
use dismantle::sandbox::Call;
use serde_json::Value;

use crate::asked;
use crate::raw;
use crate::world::{Side, Thing, World};

/// Who has let go of what by now, fed with every change in its turn.
#[derive(Debug, Default)]
pub struct Order {
    /// User and used.
    let_go: BTreeSet<(usize, usize)>,
    /// What was deleted or stopped.
    ended: BTreeSet<usize>,
}

impl Order {
    /// Takes a change, and holds what it removes against what used that. `account` is as the
    /// change left it.
    pub fn take(
        &mut self,
        call: &Call,
        removed: &[usize],
        world: &World,
        shaken: &BTreeSet<usize>,
        account: &Value,
    ) -> Result<(), String> {
        for (user, thing) in world.things.iter().enumerate() {
            let held = thing.uses.iter().filter(|used| removed.contains(used));
            let counts = |used: &usize| {
                let edge = (user, *used);
                thing.side == Side::Lab
                    && !shaken.contains(&user)
                    && !shaken.contains(used)
                    && !world.circles.contains(&edge)
                    && !self.let_go.contains(&edge)
            };
            for used in held.copied().filter(counts) {
                let state = raw::state(account, &thing.id);
                if !self.ended.contains(&user) || uses(&state) {
                    let used = &world.things[used].id;
                    return Err(format!("{used} goes, and {} uses it: {state}", thing.id));
                }
            }
            let let_go =
                thing.uses.iter().filter(|at| lets_go(call, &thing.id, &world.things[**at]));
            self.let_go.extend(let_go.map(|used| (user, *used)));
            if removed.contains(&user) || asked::stops(call, &thing.id) {
                self.ended.insert(user);
            }
        }
        Ok(())
    }
}

/// Whether something in this state still uses what it used.
fn uses(state: &Value) -> bool {
    // SageMaker shows an app for a while after it is gone.
    let gone = state.is_null()
        || state["deletion_date"].is_string()
        || state["body"]["Status"] == "Deleted";
    !gone && !raw::has_ended(state)
}

/// Whether the call ends a use without the user's own end.
fn lets_go(call: &Call, user: &ResourceId, used: &Thing) -> bool {
    let has = |word: &str| call.words.iter().any(|said| said == word);
    match call.operation.as_str() {
        "DetachRolePolicy" => has(&user.id) && has(&used.arn),
        "RemoveRoleFromInstanceProfile" => has(&user.id) && has(&used.id.id),
        _ => false,
    }
}
