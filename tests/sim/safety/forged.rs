//! Steps that no planner made, put into a run or into its journal: each is stopped, and no call
//! about its thing leaves.

use dismantle::aws::kinds::{iam, sagemaker};
use dismantle::discover::Seen;
use dismantle::execute::{Interrupt, Quiet};
use dismantle::inventory::Inventory;
use dismantle::journal::{Journal, RunHeader, RunId, SqliteJournal};
use dismantle::mandate::{Mandate, Survey};
use dismantle::plan::{Step, StepId};
use dismantle::report::{Ending, Outcome};
use dismantle::resource::{Action, ResourceId};
use dismantle::sandbox::Sandbox;
use dismantle::teardown::{Approval, Said, Teardown};

use super::hold::{MANIFEST, account, enter, lives, paused, same, take_apart};
use super::yard::{ELSEWHERE, HOME, Yard, at_home, global, role_arn};
use super::{Built, Pair, built};

/// A step that somebody forged.
struct Forged {
    name: &'static str,
    build: fn(Yard) -> Built,
    /// What else the manifest takes.
    selector: &'static str,
    /// What is wrong with the step besides that nobody planned it.
    bend: fn(&mut Step),
    /// What is wrong with the mandate.
    mandate: fn(&mut Mandate),
    /// What the manifest itself wants of the thing.
    wanted: &'static [&'static str],
    words: &'static str,
}

impl Forged {
    const fn new(name: &'static str, build: fn(Yard) -> Built, words: &'static str) -> Self {
        Self { name, build, selector: "", bend: |_| {}, mandate: |_| {}, wanted: &[], words }
    }
}

fn their_role(yard: Yard) -> Built {
    built(async move {
        yard.role(&yard.their("role")).await?;
        Ok(Pair::alone(global(iam::ROLE, yard.their("role"))))
    })
}

fn lab_role(yard: Yard) -> Built {
    built(async move {
        yard.role(&yard.lab("role")).await?;
        Ok(Pair::alone(global(iam::ROLE, yard.lab("role"))))
    })
}

fn used_role(yard: Yard) -> Built {
    built(async move {
        let role = yard.role(&yard.lab("role")).await?;
        let theirs = yard.notebook(HOME, &yard.their("notebook"), &role).await?;
        Ok(Pair::of(global(iam::ROLE, yard.lab("role")), theirs))
    })
}

fn notebook_elsewhere(yard: Yard) -> Built {
    built(async move {
        let role = role_arn(&yard.their("role"));
        let notebook = yard.notebook(ELSEWHERE, &yard.lab("notebook"), &role).await?;
        Ok(Pair::alone(notebook))
    })
}

fn notebook(yard: Yard) -> Built {
    built(async move {
        let role = role_arn(&yard.their("role"));
        yard.notebook(HOME, &yard.lab("notebook"), &role).await?;
        Ok(Pair::alone(at_home(sagemaker::NOTEBOOK_INSTANCE, yard.lab("notebook"))))
    })
}

const FORGED: &[Forged] = &[
    Forged::new("a neighbour's role", their_role, "no rule matches it"),
    Forged::new("a role that a neighbour uses", used_role, "role ARN"),
    Forged::new("a notebook elsewhere", notebook_elsewhere, "not one of the manifest's regions"),
    Forged {
        bend: |step| step.pin = Some("AROAANOTHERROLE".to_owned()),
        ..Forged::new("a role that was made again", lab_role, "it is a different thing by now")
    },
    Forged {
        selector: "  - { kind: sagemaker:notebook-instance, prefix: lab, action: stop }\n",
        wanted: &["StopNotebookInstance"],
        ..Forged::new("a notebook that is only to be stopped", notebook, "it is stopped already")
    },
    // From here on fresh eyes find nothing wrong, and the guard alone stands in the way.
    Forged {
        bend: |step| (step.pin, step.created) = (None, None),
        ..Forged::new("a role that nothing tells from another", lab_role, "nothing tells it from")
    },
    Forged {
        mandate: |mandate| mandate.manifest.accounts = vec!["111122223333".to_owned()],
        ..Forged::new("an account that is not named", lab_role, "is not in the manifest's accounts")
    },
];

/// The forged step: the removal of a thing as it is.
fn forge(row: &Forged, target: &ResourceId, seen: &Inventory) -> Step {
    let thing = seen.get(target).unwrap_or_else(|| panic!("{}: {target} is not seen", row.name));
    let mut step = Step {
        step: StepId::numbered(900),
        action: Action::Delete,
        resource: target.clone(),
        target: None,
        after: Vec::new(),
        reason: "prefix lab".to_owned(),
        pin: thing.pin.clone(),
        created: thing.created,
    };
    (row.bend)(&mut step);
    step
}

/// Goes on with a run whose journal somebody wrote.
async fn resume_forged(mandate: &Mandate, inventory: Inventory, step: Step) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = SqliteJournal::at(folder.path().join("journal.sqlite"));
    let header = RunHeader {
        run: RunId::parse("20260115-080000-abcd").expect("a run's name"),
        account: mandate.account().to_owned(),
        manifest_name: mandate.manifest.name.clone(),
        manifest: mandate.manifest.text.clone(),
        manifest_source: None,
        plan_digest: None,
        accept_unseen: Vec::new(),
        endpoint_url: None,
        regions: mandate.manifest.regions.clone(),
        program_version: "0".to_owned(),
        command: "destroy".to_owned(),
        started: mandate.now(),
        options: Default::default(),
    };
    let run = header.run.clone();
    drop(journal.begin(header, &[step]).await.expect("a journal"));
    let (open, state) = journal.reopen(&run).await.expect("a run");
    let interrupt = Interrupt::default();
    let teardown = Teardown { mandate, journal: &journal, interrupt: &interrupt, observer: &Quiet };
    let said = Said::Typed(mandate.manifest.name.clone());
    let approval = Approval::of(&said, mandate).expect("an approval");
    let executed = teardown.resume(approval, open, state, inventory).await.expect("a journal");
    let looked = mandate.survey_after(&executed.gone, &Seen::default()).await;
    teardown.finish(executed, Some(&looked)).await.expect("a journal")
}

/// Calls since `from` that would change something about the thing.
fn calls_about(sandbox: &Sandbox, from: u64, id: &ResourceId) -> Vec<String> {
    let name = id.id.rsplit('/').next().unwrap_or(&id.id);
    let about = |word: &String| word == name || word == &id.id;
    let calls = sandbox.calls().into_iter().filter(|call| call.number > from && call.mutates);
    calls.filter(|call| call.words.iter().any(about)).map(|call| call.operation).collect()
}

async fn run(row: &Forged, through_the_journal: bool) -> Result<(), String> {
    let sandbox = account();
    let pair = (row.build)(Yard::new(&sandbox, 0)).await.map_err(|error| format!("{error:?}"))?;
    let mut mandate = enter(&sandbox, &format!("{MANIFEST}{}", row.selector)).await;
    let Survey { inventory, .. } = mandate.survey(&Seen::default()).await;
    let before = inventory.clone();
    let step = forge(row, &pair.lab, &inventory);
    (row.mandate)(&mut mandate);
    let from = sandbox.calls_made();
    let outcome = match through_the_journal {
        true => resume_forged(&mandate, inventory, step).await,
        false => take_apart(&mandate, inventory, vec![step], Vec::new(), false).await,
    };
    let calls = calls_about(&sandbox, from, &pair.lab);
    if calls != row.wanted {
        return Err(format!("calls left: {calls:?}"));
    }
    let after = mandate.discovery.all(&Seen::default()).await;
    let untouched = row.wanted.is_empty().then_some(&pair.lab);
    for id in pair.neighbours.iter().chain(untouched) {
        same(id, &before, &after)?;
    }
    if !lives(&after, &pair.lab) {
        return Err("it is gone".to_owned());
    }
    let told = outcome.blocked.iter().find(|row| row.resource == pair.lab);
    match told {
        Some(told) if told.reason.contains(row.words) => {}
        told => return Err(format!("the run says of it {told:?}")),
    }
    match outcome.outcome {
        Ending::Incomplete => Ok(()),
        other => Err(format!("the run ended as {other:?}")),
    }
}

#[test]
fn steps_that_nobody_planned_are_stopped_before_their_call() {
    let mut wrong = Vec::new();
    for row in FORGED {
        for through_the_journal in [false, true] {
            let result = paused(run(row, through_the_journal));
            let how = if through_the_journal { "in the journal" } else { "in the run" };
            wrong.extend(result.err().map(|why| format!("{} {how}: {why}", row.name)));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
