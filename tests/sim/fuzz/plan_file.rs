//! Plan files: bent ones, and ones whose digest was made anew by whoever bent them.

use std::collections::BTreeSet;

use arbitrary::Arbitrary;
use dismantle::plan::{PlanFile, PlanFileError, Step};
use dismantle::resource::{Action, ResourceId};
use dismantle::teardown::{plan_file, still_planned};
use proptest::prelude::*;
use serde_json::Value;

use super::bend::{Odd, bent, changes, drawn};
use super::{FEW, Tally, WORLD, each, is_sayable, many};

#[test]
fn no_plan_file_says_more_than_the_account_does() {
    fuzz(FEW);
}

#[test]
#[ignore = "takes as long as it is told to: scripts/fuzz"]
fn many_wild_plan_files() {
    fuzz(many());
}

fn fuzz(cases: u32) {
    let good = plan_file(&WORLD.mandate, &WORLD.survey);
    let bytes = good.to_bytes().expect("a plan file");
    let tally = Tally::default();
    each(cases / 2, changes(3), |changes| {
        let bent = bent(&bytes, &changes);
        match PlanFile::from_bytes(&bent) {
            Ok(plan) if bent == bytes && plan == good => tally.note("as it was"),
            Ok(_) => return Err("a plan file that was edited is taken".to_owned()),
            Err(error) => refused(&error, &tally)?,
        }
        Ok(())
    });
    let contents = serde_json::to_value(&good).expect("a value");
    let forged = prop::collection::vec(drawn::<Forgery>(24), 1..4);
    each(cases - cases / 2, forged, |forgeries| {
        let mut contents = contents.clone();
        for forgery in &forgeries {
            forgery.apply(&mut contents);
        }
        // Whoever can do this can make the digest, too.
        let Ok(plan) = serde_json::from_value::<PlanFile>(contents) else {
            tally.note("forged, and no plan");
            return Ok(());
        };
        let bytes = plan.to_bytes().map_err(|error| error.to_string())?;
        match PlanFile::from_bytes(&bytes) {
            Ok(read) if read == plan => {
                tally.note("forged, and taken");
                only_what_is_planned_today(&read.steps)
            }
            Ok(_) => Err("a plan file is read as another than was written".to_owned()),
            Err(error) => refused(&error, &tally),
        }
    });
    tally.print("plan files");
    assert!(tally.count("forged, and taken") > 0, "no forgery was good");
}

fn refused(error: &PlanFileError, tally: &Tally) -> Result<(), String> {
    let kind = match error {
        PlanFileError::TooBig { .. } => "too big",
        PlanFileError::Truncated { .. } => "truncated",
        PlanFileError::NotAPlan { .. } => "not a plan",
        PlanFileError::Version { .. } => "another version",
        PlanFileError::Edited { .. } => "edited",
        other => return Err(format!("no refusal: {other}")),
    };
    tally.note(&format!("refused: {kind}"));
    // As the command line writes it.
    is_sayable(&dismantle::report::visible(&error.to_string()))
}

/// What `apply` makes of the steps of a plan file.
fn only_what_is_planned_today(approved: &[Step]) -> Result<(), String> {
    let (steps, _) = still_planned(approved, &WORLD.survey);
    let today = &WORLD.survey.plan.steps;
    let names: BTreeSet<_> = steps.iter().map(|step| &step.step).collect();
    for step in &steps {
        let same = |other: &&Step| {
            other.resource == step.resource
                && other.prep() == step.prep()
                && (&other.pin, other.created) == (&step.pin, step.created)
        };
        let Some(planned) = today.iter().find(same) else {
            return Err(format!("{} {:?} is not planned", step.action, step.resource));
        };
        if let Some(lost) = planned
            .after
            .iter()
            .find(|before| names.contains(before) && !step.after.contains(before))
        {
            return Err(format!("{} {:?} no longer waits for {lost}", step.action, step.resource));
        }
        let lab = &WORLD.lab;
        let mut staying = lab.neighbours.iter().chain(&lab.kept).chain(&lab.blocked);
        let parts = step.action == Action::Untag || step.action == Action::Stop;
        if !parts && staying.any(|id| *id == step.resource) {
            return Err(format!("{:?} was to stay", step.resource));
        }
    }
    Ok(())
}

/// Something that a person with an editor does to a plan.
#[derive(Debug, Clone, Arbitrary)]
enum Forgery {
    /// A step is about something else, perhaps a neighbour's.
    Aim {
        step: u16,
        at: u16,
    },
    /// A step does something else.
    Do {
        step: u16,
        action: u8,
    },
    /// A step is not pinned to the thing that it was made for.
    Unpin {
        step: u16,
    },
    /// A step waits for nothing.
    Hurry {
        step: u16,
    },
    Drop {
        step: u16,
    },
    Double {
        step: u16,
    },
    Swap {
        one: u16,
        other: u16,
    },
    /// What was kept is not spoken of.
    Forget {
        list: u8,
    },
    /// A member, anywhere, is something else.
    Put {
        member: u16,
        value: u8,
    },
    Text {
        member: u16,
        odd: Odd,
    },
    /// A member that no plan has.
    Add,
}

const ACTIONS: [&str; 5] = ["delete", "detach-policy", "empty", "stop", "melt"];

fn any_resource(number: u16) -> ResourceId {
    let resources = WORLD.survey.inventory.resources();
    let at = usize::from(number) % resources.len();
    resources.into_keys().nth(at).expect("there are some").clone()
}

impl Forgery {
    fn apply(&self, plan: &mut Value) {
        let count = plan["steps"].as_array().map_or(0, Vec::len);
        let step = |number: u16| usize::from(number) % count.max(1);
        match *self {
            Forgery::Put { member, value } => {
                let values =
                    [Value::Null, true.into(), 1e300.into(), "".into(), Value::Array(Vec::new())];
                put(plan, member, values[usize::from(value) % values.len()].clone());
            }
            Forgery::Text { member, odd } => put(plan, member, odd.text().into()),
            Forgery::Forget { list } => {
                let lists = ["kept", "blocked", "pending", "unseen", "accept_unseen"];
                let list = lists[usize::from(list) % lists.len()];
                if plan.get(list).is_some() {
                    plan[list] = Value::Array(Vec::new());
                }
            }
            Forgery::Add => plan["approved_by"] = "somebody".into(),
            _ => {
                let Some(steps) = plan["steps"].as_array_mut() else { return };
                if steps.is_empty() || !steps.iter().all(Value::is_object) {
                    return;
                }
                match *self {
                    Forgery::Aim { step: number, at } => {
                        let id = any_resource(at);
                        let aimed = &mut steps[step(number)];
                        aimed["kind"] = id.kind.as_str().into();
                        aimed["id"] = id.id.into();
                        aimed["region"] = id.region.as_str().into();
                    }
                    Forgery::Do { step: number, action } => {
                        let action = ACTIONS[usize::from(action) % ACTIONS.len()];
                        steps[step(number)]["action"] = action.into();
                    }
                    Forgery::Unpin { step: number } => {
                        if let Some(fields) = steps[step(number)].as_object_mut() {
                            fields.remove("pin");
                            fields.remove("created");
                        }
                    }
                    Forgery::Hurry { step: number } => {
                        steps[step(number)]["after"] = Value::Array(Vec::new());
                    }
                    Forgery::Drop { step: number } => {
                        steps.remove(step(number));
                    }
                    Forgery::Double { step: number } => {
                        let twice = steps[step(number)].clone();
                        steps.push(twice);
                    }
                    Forgery::Swap { one, other } => steps.swap(step(one), step(other)),
                    _ => {}
                }
            }
        }
    }
}

/// Writes `value` over the member of that number, counted through the whole document.
fn put(plan: &mut Value, member: u16, value: Value) {
    fn paths(value: &Value, at: &str, all: &mut Vec<String>) {
        let mut below = |key: &str, value: &Value| {
            let path = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
            all.push(path.clone());
            paths(value, &path, all);
        };
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, value)| below(key, value)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| below(&at.to_string(), item));
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    paths(plan, "", &mut all);
    let path = &all[usize::from(member) % all.len().max(1)];
    if let Some(place) = plan.pointer_mut(path) {
        *place = value;
    }
}
