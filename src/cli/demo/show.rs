//! What the demo says, for somebody who has never seen AWS.

use std::collections::BTreeMap;

use serde_json::json;

use super::stage::{Death, Witness};
use crate::classify::Decision;
use crate::cli::context::Context;
use crate::error::Error;
use crate::mandate::{Mandate, Survey};
use crate::plan::Plan;
use crate::report::{Outcome, safe, seconds, short, thousands};
use crate::sandbox::ACCOUNT_ID;

/// The story goes to stdout, unless one JSON document is wanted there.
fn tell(context: &Context, text: &str) -> Result<(), Error> {
    match context.json() {
        true => {
            context.say(text);
            Ok(())
        }
        false => context.print(&format!("{text}\n")),
    }
}

pub fn welcome(context: &Context) -> Result<(), Error> {
    tell(
        context,
        &format!(
            "A course is over. Its lab is still running in AWS account {ACCOUNT_ID}: servers, \
             storage,\nkeys, permissions. It costs money every hour, and it shares the account \
             with other people's\nthings that look just like it. (This account is in memory: \
             nothing real is touched.)\n"
        ),
    )
}

/// What goes, by service; what stays, by name.
pub fn inventory(context: &Context, mandate: &Mandate, survey: &Survey) -> Result<(), Error> {
    let mut going: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (id, _) in survey.decided.of(Decision::Delete) {
        let of_service = going.entry(id.kind.service()).or_default();
        *of_service.entry(id.kind.resource()).or_default() += 1;
    }
    let foreign = survey.decided.of(Decision::Foreign).count();
    let mut text = format!(
        "1. What is there   (dismantle inventory -m {})\n\n",
        safe(&mandate.manifest.source)
    );
    for (service, kinds) in &going {
        let kinds: Vec<String> =
            kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        text.push_str(&format!("   goes     {service:<12}{}\n", wrapped(&kinds, 24)));
    }
    let staying = [
        (Decision::Stop, "stops"),
        (Decision::Blocked, "blocked"),
        (Decision::Keep, "kept"),
        (Decision::Pending, "pending"),
    ];
    for (decision, word) in staying {
        for (id, verdict) in survey.decided.of(decision) {
            text.push_str(&format!(
                "   {word:<9}{} {}\n            {}\n",
                id.kind,
                safe(short(&id.id)),
                safe(&verdict.reason)
            ));
        }
    }
    text.push_str(&format!(
        "   {foreign} more things in the account are not the lab's: they are not touched.\n"
    ));
    tell(context, &text)
}

/// A list that goes on under its first word.
fn wrapped(words: &[String], indent: usize) -> String {
    const WIDTH: usize = 92;
    let mut text = String::new();
    let mut column = indent;
    for (at, word) in words.iter().enumerate() {
        let comma = if at + 1 < words.len() { "," } else { "" };
        if at > 0 && column + word.len() + 2 > WIDTH {
            text.push_str(&format!("\n{:indent$}", ""));
            column = indent;
        } else if at > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        text.push_str(comma);
        column += word.len() + comma.len();
    }
    text
}

/// The first steps, and the last.
pub fn plan(context: &Context, plan: &Plan) -> Result<(), Error> {
    const SHOWN: usize = 4;
    let steps = &plan.steps;
    let mut text = "2. In which order   (dismantle plan)\n\n".to_owned();
    let line = |at: usize| {
        steps.get(at).map_or_else(String::new, |step| {
            let target = step.target.as_deref().map(|target| format!(" ({})", safe(short(target))));
            format!(
                "   {:<5}{} {} {}{}\n",
                step.step.0,
                step.action,
                step.resource.kind,
                safe(short(&step.resource.id)),
                target.unwrap_or_default()
            )
        })
    };
    (0..SHOWN.min(steps.len())).for_each(|at| text.push_str(&line(at)));
    if steps.len() > 2 * SHOWN {
        text.push_str(&format!("   …    {} more\n", steps.len() - 2 * SHOWN));
    }
    (steps.len().saturating_sub(SHOWN).max(SHOWN)..steps.len())
        .for_each(|at| text.push_str(&line(at)));
    text.push_str(
        "   What uses a thing goes before that thing; what waits for nothing goes side by side.\n",
    );
    tell(context, &text)
}

pub fn before(context: &Context, mandate: &Mandate) -> Result<(), Error> {
    tell(
        context,
        &format!(
            "3. Taking it apart   (dismantle destroy: it would ask you now to type {})\n",
            safe(&mandate.manifest.name)
        ),
    )
}

pub fn death(context: &Context, death: &Death) -> Result<(), Error> {
    let Death { call, what, counts, run } = death;
    tell(
        context,
        &format!(
            "\n   Killed at call {call}, after AWS had done it and before the answer came: \
             {what}\n   The journal of run {run} has {} steps: {} done, {} uncertain, {} not \
             begun.\n\n   dismantle resume\n",
            counts.steps, counts.done, counts.uncertain, counts.open
        ),
    )
}

pub fn no_death(context: &Context, call: u64) -> Result<(), Error> {
    tell(context, &format!("\n   The run ended before its call {call}, so nobody died."))
}

/// What came of it, by the program's own second look and by the list of the lab's builder.
pub fn proof(context: &Context, outcome: &Outcome, witness: &Witness) -> Result<(), Error> {
    if context.json() {
        let document = json!({
            "outcome": crate::report::json::outcome(outcome),
            "witness": witness,
        });
        return context.print(&crate::report::json::text(&document));
    }
    let mut text = "\n4. Proof   (dismantle verify)\n\n".to_owned();
    text.push_str(&format!(
        "   {} of the lab's {} resources are gone; {} left\n",
        witness.gone,
        witness.gone + witness.left.len(),
        witness.left.len()
    ));
    text.push_str(&format!(
        "   {} things that were to stay are as they were; {} harmed\n",
        witness.untouched,
        witness.harmed.len()
    ));
    for pending in &outcome.pending {
        let until = pending
            .until
            .map_or_else(String::new, |until| format!(", until {}", until.strftime("%Y-%m-%d")));
        text.push_str(&format!(
            "   {} {} can still be called back{until}\n",
            pending.resource.kind,
            safe(&pending.resource.id)
        ));
    }
    text.push_str(&format!(
        "   {} steps and {} calls in {} of AWS's time; {} throttled\n",
        outcome.done,
        thousands(outcome.requests),
        seconds(outcome.elapsed_s),
        witness.throttled,
    ));
    for id in &witness.left {
        text.push_str(&format!("   LEFT    {id}\n"));
    }
    for id in &witness.harmed {
        text.push_str(&format!("   HARMED  {id}\n"));
    }
    text.push_str(
        "\nNow yours: copy manifests/mlops-retail-prediction.yaml, put your account and names \
         into it, and\ntype: dismantle inventory -m YOUR.yaml   (it changes nothing)\n",
    );
    context.print(&text)
}
