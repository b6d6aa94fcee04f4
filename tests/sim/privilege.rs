//! Least privilege: what is called is what is declared, both ways. People write IAM policies from
//! the declarations.
//!
//! [`a_kind_calls_what_it_declares_and_declares_what_it_calls`] takes the lab apart one call after
//! the other, so that every call is known to be one kind's. The other test looks at a whole run.

mod actions;
mod more;
mod restore;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dismantle::aws::{Aws, Progress, RemovalOptions, ResourceKind, Session, registry};
use dismantle::discover::{Seen, aws_for};
use dismantle::execute::{Interrupt, Quiet};
use dismantle::journal::SqliteJournal;
use dismantle::mandate::{self, Mandate, Survey};
use dismantle::manifest::Manifest;
use dismantle::plan::Step;
use dismantle::resource::{
    Action, Kind, KindFacts, Lifecycle, Permissions, Region, Resource, Scope,
};
use dismantle::sandbox::{Sandbox, lab};
use dismantle::teardown::{About, Approval, Said, Teardown};
use dismantle::{beyond, tagging};

const MANIFEST: &str = include_str!("../../manifests/mlops-retail-prediction.yaml");

/// What is declared and not called here, and why AWS may see the call all the same.
const NOT_HERE: &[(&str, &str, &str)] = &[
    (
        "s3:bucket",
        "s3:BypassGovernanceRetention",
        "no call of its own: DeleteObjects needs it where the manifest bypasses retention",
    ),
    (
        "s3:bucket",
        "s3:GetBucketLocation",
        "asked where the answer to HeadBucket names no region, which the one in memory does",
    ),
    (
        "sagemaker:training-job",
        "sagemaker:UpdateTrainingJob",
        "ends a warm pool, which no job in memory keeps",
    ),
];

/// Between two looks at what is on its way out; a cluster takes twenty minutes.
const PAUSE: Duration = Duration::from_secs(30);
const LOOKS_MAX: usize = 240;

const OPTIONS: RemovalOptions = RemovalOptions {
    pending_window_days: 7,
    bypass_governance_retention: false,
    delete_home_efs: false,
};

/// What a kind is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Look,
    Tag,
    Remove,
    Restore,
}

impl Deed {
    fn allows(self, facts: &KindFacts) -> BTreeSet<&'static str> {
        let Permissions { read, remove, tag } = facts.permissions;
        let more: &[&'static str] = match self {
            Deed::Look => &[],
            Deed::Tag => tag,
            Deed::Remove => remove,
            Deed::Restore => facts.restore_permissions,
        };
        read.iter().chain(more).copied().collect()
    }
}

/// Which calls were made while a kind did something.
struct Book<'s> {
    sandbox: &'s Sandbox,
    entries: Vec<(Kind, Deed, u64, u64)>,
}

impl Book<'_> {
    async fn note<T>(&mut self, kind: Kind, deed: Deed, work: impl Future<Output = T>) -> T {
        let before = self.sandbox.calls_made();
        let done = work.await;
        self.entries.push((kind, deed, before, self.sandbox.calls_made()));
        done
    }

    /// The IAM actions of each kind's deeds.
    fn called(&self) -> BTreeMap<(Kind, Deed), BTreeSet<String>> {
        let calls = self.sandbox.calls().into_iter();
        let actions: BTreeMap<u64, Vec<String>> = calls
            .map(|call| (call.number, actions::of_call(call.service, &call.operation)))
            .collect();
        let mut called: BTreeMap<(Kind, Deed), BTreeSet<String>> = BTreeMap::new();
        for (kind, deed, before, after) in &self.entries {
            let of_deed = called.entry((*kind, *deed)).or_default();
            let during = actions.range(before + 1..).take_while(|(number, _)| *number <= after);
            of_deed.extend(during.flat_map(|(_, all)| all.clone()));
        }
        called
    }
}

fn on_a_paused_clock<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(work)
}

/// The guide's lab among its neighbours, with what it has not.
async fn account() -> Sandbox {
    let sandbox = Sandbox::builder().seed(11).build();
    lab::build(&|region| sandbox.sdk_config(region)).await.expect("the lab is built");
    more::make(&sandbox).await.expect("the rest is built");
    settings::make(&sandbox).await.expect("the settings are made");
    sandbox
}

/// Through the door, with leave to lift what protects the lab.
async fn enter(sandbox: &Sandbox) -> Mandate {
    let session = Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1);
    let lift = "options:\n  lift_protection: [\"eks:cluster\", \"logs:log-group\"]";
    let text = MANIFEST.replace("\noptions:", &format!("\n{lift}"));
    let manifest = Manifest::parse(&text, "lab.yaml", registry::catalog()).expect("a manifest");
    Mandate::enter(session, manifest, Default::default()).await.expect("the door opens")
}

#[test]
fn a_kind_calls_what_it_declares_and_declares_what_it_calls() {
    let called = on_a_paused_clock(async {
        let sandbox = account().await;
        let mandate = enter(&sandbox).await;
        let mut book = Book { sandbox: &sandbox, entries: Vec::new() };
        look(&mut book, &mandate).await;
        let survey = mandate.survey(&Seen::default()).await;
        tag(&mut book, &mandate, &survey).await;
        let survey = mandate.survey(&Seen::default()).await;
        assert!(survey.plan.steps.len() > 90, "{} steps", survey.plan.steps.len());
        for step in &survey.plan.steps {
            carry_out(&mut book, &mandate, &survey, step).await;
        }
        book.called()
    });
    let wrong: Vec<String> =
        registry::kinds().flat_map(|kind| judge(&kind.facts(), &called)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is called and not declared, and the other way round.
fn judge(facts: &KindFacts, called: &BTreeMap<(Kind, Deed), BTreeSet<String>>) -> Vec<String> {
    let (kind, permissions) = (facts.kind, facts.permissions);
    let mut wrong = Vec::new();
    let mut all = BTreeSet::new();
    for deed in [Deed::Look, Deed::Tag, Deed::Remove] {
        let allowed = deed.allows(facts);
        for action in called.get(&(kind, deed)).into_iter().flatten() {
            all.insert(action.as_str());
            if !allowed.contains(action.as_str()) {
                wrong.push(format!("{kind} calls {action} ({deed:?}), and does not declare it"));
            }
        }
    }
    let not_here: BTreeSet<&str> =
        NOT_HERE.iter().filter(|(of, ..)| *of == kind.as_str()).map(|(_, what, _)| *what).collect();
    let Permissions { read, remove, tag } = permissions;
    let declared: BTreeSet<&str> = read.iter().chain(remove).chain(tag).copied().collect();
    for action in declared.iter().filter(|action| !all.contains(**action)) {
        if !not_here.contains(action) {
            wrong.push(format!("{kind} declares {action}, and does not call it"));
        }
    }
    for action in not_here {
        if all.contains(action) || !declared.contains(action) {
            wrong.push(format!("{kind}: {action} is called, or not declared at all"));
        }
    }
    wrong
}

/// Lists and reads all there is of every kind.
async fn look(book: &mut Book<'_>, mandate: &Mandate) {
    let mut kinds: Vec<&dyn ResourceKind> = registry::kinds().collect();
    kinds.sort_by_key(|kind| kind.facts().parent.is_some());
    let mut seen: BTreeMap<(Kind, Region), Vec<Resource>> = BTreeMap::new();
    for code in kinds {
        let facts = code.facts();
        for region in places(&facts, mandate) {
            let aws = mandate.aws().in_region(region);
            let parents = facts.parent.and_then(|parent| seen.get(&(parent, region)));
            let parents = parents.cloned().unwrap_or_default();
            let listed = book.note(facts.kind, Deed::Look, code.list(&aws, &parents)).await;
            let listed = listed.expect("it can be listed").resources;
            for resource in &listed {
                read(book, mandate.aws(), code, resource).await;
            }
            seen.insert((facts.kind, region), listed);
        }
    }
}

fn places(facts: &KindFacts, mandate: &Mandate) -> Vec<Region> {
    match facts.scope {
        Scope::Global => vec![Region::new("us-east-1")],
        Scope::Regional => mandate.manifest.regions.clone(),
    }
}

async fn read(
    book: &mut Book<'_>,
    aws: &Aws,
    code: &dyn ResourceKind,
    known: &Resource,
) -> Option<Resource> {
    let aws = aws_for(aws, known, code);
    let fresh = book.note(known.kind(), Deed::Look, code.read(&aws, known)).await;
    fresh.expect("it can be read")
}

async fn tag(book: &mut Book<'_>, mandate: &Mandate, survey: &Survey) {
    for write in tagging::wanted(mandate, survey).written {
        let resource = survey.inventory.get(&write.resource).expect("it was seen");
        let code = registry::find(resource.kind()).expect("a kind");
        let aws = aws_for(mandate.aws(), resource, code);
        let tagged = code.tag(&aws, resource, &write.tags);
        book.note(resource.kind(), Deed::Tag, tagged).await.expect("it can be tagged");
    }
}

/// Does one step, as often as it takes.
async fn carry_out(book: &mut Book<'_>, mandate: &Mandate, survey: &Survey, step: &Step) {
    let known = survey.inventory.get(&step.resource).expect("it was seen");
    let code = registry::find(known.kind()).expect("a kind");
    let aws = aws_for(mandate.aws(), known, code);
    let mut said = None;
    for _ in 0..LOOKS_MAX {
        let fresh = match read(book, mandate.aws(), code, known).await {
            Some(fresh) if !is_done(step, &fresh) => fresh,
            _ => return,
        };
        let (prep, progress) = (step.prep(), Progress::default());
        let act = code.act(&aws, &fresh, &prep, &OPTIONS, &progress);
        // AWS refuses what is on its way already, or waits for another; then it is asked again.
        said = Some(book.note(known.kind(), Deed::Remove, act).await);
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{} {} is not done: {said:?}", step.action, step.resource);
}

fn is_done(step: &Step, fresh: &Resource) -> bool {
    match step.action {
        Action::Delete | Action::ScheduleDeletion => {
            matches!(fresh.lifecycle, Lifecycle::Pending { .. })
        }
        Action::LiftProtection => !fresh.protections.iter().any(|protection| protection.liftable),
        _ => {
            let changes = matches!(fresh.lifecycle, Lifecycle::Changing { .. });
            !changes && !fresh.removal.prep.contains(&step.prep())
        }
    }
}

#[test]
fn a_run_from_the_door_to_the_proof_calls_nothing_else() {
    let called = on_a_paused_clock(async {
        let sandbox = account().await;
        let built = sandbox.calls_made();
        let mandate = enter(&sandbox).await;
        tag_and_take_apart(&mandate).await;
        let calls = sandbox.calls().into_iter().filter(|call| call.number > built);
        let actions = calls.flat_map(|call| actions::of_call(call.service, &call.operation));
        actions.collect::<BTreeSet<String>>()
    });
    let around: Vec<&str> =
        [mandate::PERMISSIONS, beyond::PERMISSIONS].into_iter().flatten().copied().collect();
    let mut declared: BTreeSet<&str> = around.iter().copied().collect();
    for kind in registry::kinds() {
        let Permissions { read, remove, tag } = kind.facts().permissions;
        declared.extend(read.iter().chain(remove).chain(tag));
    }
    let undeclared: Vec<&String> =
        called.iter().filter(|action| !declared.contains(action.as_str())).collect();
    assert!(undeclared.is_empty(), "called, and not declared: {undeclared:#?}");
    let uncalled: Vec<&&str> = around.iter().filter(|action| !called.contains(**action)).collect();
    assert!(uncalled.is_empty(), "declared for all runs, and not called: {uncalled:?}");
}

fn leave(mandate: &Mandate) -> Approval {
    let said = Said::Typed(mandate.manifest.name.clone());
    Approval::of(&said, mandate).expect("leave is given")
}

/// `tag`, `destroy` and `verify`.
async fn tag_and_take_apart(mandate: &Mandate) {
    let survey = mandate.survey(&Seen::default()).await;
    let wanted = tagging::wanted(mandate, &survey);
    let tagged = tagging::write(mandate, leave(mandate), &survey, wanted).await;
    assert!(tagged.failed.is_empty() && !tagged.written.is_empty(), "{:?}", tagged.failed);

    let folder = tempfile::tempdir().expect("a folder");
    let journal = SqliteJournal::at(folder.path().join("journal.sqlite"));
    let looked = take_apart(mandate, &journal).await;
    beyond::look(mandate, &looked).await;
}

async fn take_apart(mandate: &Mandate, journal: &SqliteJournal) -> Survey {
    let interrupt = Interrupt::default();
    let teardown = Teardown { mandate, journal, interrupt: &interrupt, observer: &Quiet };
    let about =
        About { command: "destroy", plan_digest: None, endpoint_url: None, only_planned: false };
    let Survey { inventory, plan, .. } = mandate.survey(&Seen::default()).await;
    let run = teardown.begin(leave(mandate), &about, inventory, plan.steps, Vec::new()).await;
    let run = run.expect("the journal can be written");
    let looked = mandate.survey_after(&run.gone, &Seen::default()).await;
    let outcome = teardown.finish(run, Some(&looked)).await.expect("the journal can be written");
    assert!(outcome.done > 90, "{} steps done", outcome.done);
    looked
}
