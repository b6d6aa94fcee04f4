//! Builds a table's rows in one account, takes the account apart, and looks at each row.

use std::collections::BTreeSet;

use dismantle::aws::{Session, kinds, registry};
use dismantle::classify::{Decision, Verdict};
use dismantle::discover::Seen;
use dismantle::execute::{Interrupt, Quiet};
use dismantle::inventory::Inventory;
use dismantle::journal::SqliteJournal;
use dismantle::mandate::{Mandate, Survey};
use dismantle::manifest::Manifest;
use dismantle::plan::{Row, Step};
use dismantle::report::Outcome;
use dismantle::resource::{Lifecycle, ResourceId};
use dismantle::sandbox::Sandbox;
use dismantle::teardown::{About, Approval, Said, Teardown};

use super::proof::goes_without;
use super::yard::{ENABLED, Yard, at_home, global};
use super::{Evidence, Expect, Pair, Rule};

/// What is the lab's in every account of these tests.
pub const MANIFEST: &str = r#"
version: 1
name: safety
accounts: ["842676018087"]
regions: [us-east-1]
match:
  - prefix: lab
  - { tags: { Lab: safety } }
  - { kind: iam:role, glob: "AWSServiceRoleFor*" }
  - { kind: iam:policy, name: AmazonS3ReadOnlyAccess }
"#;

/// Runs something under a paused clock.
pub fn paused<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(run)
}

/// An account with few regions, so that a survey is quick.
pub fn account() -> Sandbox {
    Sandbox::builder().regions(ENABLED).build()
}

pub async fn enter(sandbox: &Sandbox, manifest: &str) -> Mandate {
    let session = Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1);
    let manifest = Manifest::parse(manifest, "safety.yaml", registry::catalog());
    let manifest = manifest.expect("a manifest");
    Mandate::enter(session, manifest, BTreeSet::new()).await.expect("the account lets us in")
}

/// A run of these steps, to its end.
pub async fn take_apart(
    mandate: &Mandate,
    inventory: Inventory,
    steps: Vec<Step>,
    refused: Vec<Row>,
    only_planned: bool,
) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = SqliteJournal::at(folder.path().join("journal.sqlite"));
    let interrupt = Interrupt::default();
    let teardown = Teardown { mandate, journal: &journal, interrupt: &interrupt, observer: &Quiet };
    let said = Said::Typed(mandate.manifest.name.clone());
    let approval = Approval::of(&said, mandate).expect("an approval");
    let about = About { command: "destroy", plan_digest: None, endpoint_url: None, only_planned };
    let executed = teardown.begin(approval, &about, inventory, steps, refused).await;
    let executed = executed.expect("a journal");
    let looked = mandate.survey_after(&executed.gone, &Seen::default()).await;
    teardown.finish(executed, Some(&looked)).await.expect("a journal")
}

/// Builds every row, takes the account apart, and fails with all that is wrong.
pub fn hold(rules: &[Rule]) {
    let wrong = paused(async {
        let sandbox = account();
        let free = free_things(&Yard::new(&sandbox, 99)).await;
        let mut pairs = Vec::new();
        let mut wrong = Vec::new();
        for (row, rule) in rules.iter().enumerate() {
            match (rule.build)(Yard::new(&sandbox, row)).await {
                Ok(pair) => pairs.push((rule, pair)),
                Err(error) => wrong.push(format!("{}: cannot be made: {error:?}", rule.name)),
            }
        }
        let mandate = enter(&sandbox, MANIFEST).await;
        let survey = mandate.survey(&Seen::default()).await;
        let blind = mandate.gaps(&survey);
        assert!(blind.is_empty(), "{blind:?}");
        for (rule, pair) in &pairs {
            let name = rule.name;
            wrong.extend(verdict_is(rule, pair, &survey).err().map(|why| format!("{name}: {why}")));
            let fails = goes_without(rule.evidence, pair, &survey, &mandate);
            wrong.extend(fails.err().map(|why| format!("{name}: no proof: {why}")));
        }
        let (before, steps) = (survey.inventory.clone(), survey.plan.steps.clone());
        let outcome = take_apart(&mandate, survey.inventory, steps, Vec::new(), false).await;
        let after = mandate.discovery.all(&Seen::default()).await;
        for (rule, pair) in &pairs {
            let name = rule.name;
            let harm = unharmed(rule, pair, &before, &after, &outcome);
            wrong.extend(harm.err().map(|why| format!("{name}: {why}")));
        }
        for id in &free {
            if before.get(id).is_none() {
                wrong.push(format!("{id} was made, and is not seen"));
            }
            if lives(&after, id) {
                wrong.push(format!("{id} is nobody's, and is left"));
            }
        }
        wrong
    });
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// One of each sort that nothing holds: if these stayed, the rows would prove nothing.
async fn free_things(yard: &Yard) -> Vec<ResourceId> {
    let made = async {
        yard.role("lab-free").await?;
        let policy = yard.policy("lab-free").await?;
        let provider = yard.provider("lab-free.example.com").await?;
        let key = yard.key("alias/lab-free").await?;
        let bucket = yard.bucket("lab-free").await?;
        yard.object("lab-free", "data.csv").await?;
        let group = yard.log_group("lab-free", None).await?;
        let image = yard.image("lab-free").await?;
        Ok::<_, super::BoxError>(vec![
            global(kinds::iam::ROLE, "lab-free"),
            global(kinds::iam::POLICY, policy),
            global(kinds::iam::OIDC_PROVIDER, provider),
            key.resource(),
            at_home(kinds::kms::ALIAS, "alias/lab-free"),
            bucket,
            group,
            image.resource(),
            at_home(kinds::ecr::REPOSITORY, "lab-free"),
        ])
    };
    made.await.expect("things that nothing holds")
}

/// Whether it is there, and not on its way out.
pub fn lives(inventory: &Inventory, id: &ResourceId) -> bool {
    let lifecycle = inventory.get(id).map(|resource| &resource.lifecycle);
    !matches!(lifecycle, None | Some(Lifecycle::Pending { .. }))
}

fn verdict_is(rule: &Rule, pair: &Pair, survey: &Survey) -> Result<(), String> {
    if let Some(neighbour) =
        pair.neighbours.iter().find(|neighbour| survey.inventory.get(neighbour).is_none())
    {
        return Err(format!("{neighbour} was made, and is not seen"));
    }
    let Some(verdict) = survey.decided.verdicts.get(&pair.lab) else {
        return match rule.expect {
            Expect::NotListed => Ok(()),
            _ => Err(format!("{} was made, and is not seen", pair.lab)),
        };
    };
    let says = |decision: Decision, words: &str| match verdict {
        Verdict { decision: is, reason, .. } if *is == decision && reason.contains(words) => Ok(()),
        _ => Err(format!("{}, because {}", verdict.decision.as_str(), verdict.reason)),
    };
    match rule.expect {
        Expect::Blocked(words) => says(Decision::Blocked, words)?,
        Expect::Kept(words) => says(Decision::Keep, words)?,
        Expect::Foreign(words) => says(Decision::Foreign, words)?,
        Expect::Refused(_) => says(Decision::Delete, "")?,
        Expect::Goes(caution) => {
            says(Decision::Delete, "")?;
            let own = survey.inventory.get(&pair.lab).map(|it| it.cautions.as_slice());
            let all: Vec<_> = own.unwrap_or_default().iter().chain(&verdict.cautions).collect();
            if !all.iter().any(|one| one.contains(caution)) {
                return Err(format!("its cautions are {all:?}"));
            }
        }
        Expect::NotListed => return Err(format!("{} is in a list", pair.lab)),
    }
    let (Expect::Blocked(_), Evidence::Uses, Some(user)) =
        (rule.expect, rule.evidence, pair.neighbours.first())
    else {
        return Ok(());
    };
    match verdict.used_by.contains(user) && verdict.reason.contains(&user.to_string()) {
        true => Ok(()),
        false => Err(format!("{user} is not named: {}", verdict.reason)),
    }
}

fn unharmed(
    rule: &Rule,
    pair: &Pair,
    before: &Inventory,
    after: &Inventory,
    outcome: &Outcome,
) -> Result<(), String> {
    for id in &pair.neighbours {
        same(id, before, after)?;
    }
    if let Some(twin) = pair.twin.as_ref().filter(|twin| after.get(twin).is_some()) {
        return Err(format!("no proof: {twin}, which nothing holds, is left"));
    }
    let reported = outcome.failed.iter().chain(&outcome.blocked).chain(&outcome.left);
    let reported = reported.chain(&outcome.kept).find(|row| row.resource == pair.lab);
    match rule.expect {
        Expect::Goes(_) if lives(after, &pair.lab) => return Err("it is left".to_owned()),
        Expect::Goes(_) => return Ok(()),
        Expect::NotListed | Expect::Foreign(_) if reported.is_some() => {
            return Err(format!("it is reported as the lab's: {reported:?}"));
        }
        Expect::NotListed => return Ok(()),
        Expect::Foreign(_) => {}
        Expect::Blocked(_) | Expect::Kept(_) if reported.is_none() => {
            return Err("the run does not say that it stays".to_owned());
        }
        Expect::Blocked(_) | Expect::Kept(_) => {}
        Expect::Refused(words) => {
            let mut rows = outcome.blocked.iter().chain(&outcome.failed);
            let held = rows.find(|row| row.resource == pair.lab);
            if !held.is_some_and(|row| row.reason.contains(words)) {
                return Err(format!("the run does not say what holds it: {held:?}"));
            }
        }
    }
    same(&pair.lab, before, after)
}

/// Whether not one attribute of it has changed.
pub fn same(id: &ResourceId, before: &Inventory, after: &Inventory) -> Result<(), String> {
    match (before.get(id), after.get(id)) {
        (Some(then), Some(now)) if then == now => Ok(()),
        (then, None) => Err(format!("{id} is gone (before: {then:?})")),
        (then, now) => Err(format!("{id} is not as it was:\n{then:#?}\n{now:#?}")),
    }
}
