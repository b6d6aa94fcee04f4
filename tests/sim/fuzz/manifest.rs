//! Manifests: noise, bent copies of a true one, and well-formed ones that say anything.

use arbitrary::Arbitrary;
use dismantle::aws::registry;
use dismantle::classify::{Case, Classification, Decision, Gone, KEEP_TAG, classify};
use dismantle::graph::{Graph, possible_owners};
use dismantle::manifest::Manifest;
use dismantle::plan::plan;
use dismantle::resource::{Last, Lifecycle, Removable, Resource, ResourceId, Tie};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::bend::{Odd, bent, changes, drawn};
use super::{FEW, MANIFEST, Tally, WORLD, each, is_sayable, many};

#[test]
fn no_manifest_is_too_wild() {
    fuzz(FEW);
}

#[test]
#[ignore = "takes as long as it is told to: scripts/fuzz"]
fn many_wild_manifests() {
    fuzz(many());
}

fn fuzz(cases: u32) {
    let tally = Tally::default();
    let noise = prop_oneof![
        ".{0,200}",
        "[ \\-{}\\[\\]:,'\"&*!|>#%@`a-z0-9\n\t]{0,400}",
        prop::collection::vec(any::<u8>(), 0..400)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ];
    each(cases / 4, noise, |text| judge(&text, &tally));
    each(cases / 4, changes(3), |changes| {
        let bytes = bent(MANIFEST.as_bytes(), &changes);
        judge(&String::from_utf8_lossy(&bytes), &tally)
    });
    each(cases / 4, lines(), |text| judge(&text, &tally));
    each(cases - cases / 4 * 3, drawn::<Draft>(400), |draft| judge(&draft.text(), &tally));
    tally.print("manifests");
    assert!(tally.count("taken") > 0, "none was good");
}

/// A true manifest whose lines were shuffled, left out, doubled and moved to the right.
fn lines() -> impl Strategy<Value = String> {
    let lines: Vec<&str> =
        MANIFEST.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let count = lines.len();
    prop::collection::vec((0..count, 0..count, 0_u8..4), 1..4).prop_map(move |moves| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        for (one, other, how) in moves {
            let (one, other) = (one % lines.len(), other % lines.len());
            match how {
                0 => lines.swap(one, other),
                1 => lines.insert(other, lines[one].clone()),
                2 => lines[one].insert_str(0, "  "),
                _ => lines[one].clear(),
            }
        }
        lines.join("\n")
    })
}

/// A manifest that is JSON, and so YAML.
#[derive(Debug, Arbitrary)]
struct Draft {
    odd: Option<(u8, Odd)>,
    version: u8,
    region: u8,
    elsewhere: Option<u8>,
    picks: [Pick; 2],
    more: Vec<Pick>,
    keep: Option<Pick>,
    deletions: Option<u32>,
    share: Option<f64>,
    managed: Option<bool>,
    cautions: Option<bool>,
    lift: Option<u8>,
    window: Option<u16>,
}

#[derive(Debug, Arbitrary)]
struct Pick {
    by: By,
    kind: Option<u8>,
    tag: Option<u8>,
    older: Option<u8>,
    newer: Option<u8>,
    inside: Option<u16>,
    failed: bool,
    stop: bool,
}

/// Names are those of resources that are there: so that something is taken.
#[derive(Debug, Arbitrary)]
enum By {
    Name(u16),
    Prefix(u16, u8),
    Glob(u16, u8),
    Regex(u16, u8),
    Nothing,
    Said(String),
}

/// The resource of that number, more or less.
fn one(number: u16) -> &'static Resource {
    let resources = WORLD.survey.inventory.resources();
    let count = resources.len();
    resources.into_values().nth(usize::from(number) % count).expect("there are some")
}

fn begin(number: u16, length: u8) -> &'static str {
    let name = one(number).name.as_str();
    let end = name.char_indices().map(|(at, _)| at).nth(3 + usize::from(length) % 30);
    end.map_or(name, |end| &name[..end])
}

/// A region, mostly one that there is.
fn region(number: u8) -> &'static str {
    const REGIONS: [&str; 4] = ["us-east-1", "ap-southeast-1", "eu-west-1", "nowhere"];
    REGIONS[usize::from(number) % REGIONS.len()]
}

fn kind(number: u8) -> String {
    let kinds: Vec<&str> = registry::catalog().kinds().map(|facts| facts.kind.as_str()).collect();
    match number {
        0..=15 => "sagemaker:*".to_owned(),
        16 => "ec2:instance".to_owned(),
        number => kinds[usize::from(number) % kinds.len()].to_owned(),
    }
}

impl Pick {
    fn json(&self) -> Value {
        let mut said = json!({});
        match &self.by {
            By::Name(number) => said["name"] = json!(one(*number).name),
            By::Prefix(number, length) => said["prefix"] = json!(begin(*number, *length)),
            By::Glob(number, length) => {
                said["glob"] = json!(format!("{}*", begin(*number, *length)));
            }
            By::Regex(number, length) => {
                said["regex"] = json!(format!("^{}", begin(*number, *length)));
            }
            By::Nothing => {}
            By::Said(text) => said["name"] = json!(text),
        }
        if let Some(number) = self.kind {
            said["kind"] = json!(kind(number));
        }
        if let Some(number) = self.tag {
            let tags = ["Project", "dismantle:lab", KEEP_TAG, "Environment"];
            let key = tags[usize::from(number) % tags.len()];
            said["tags"] = json!({ key: "*" });
        }
        let mut age = |key: &str, days: Option<u8>| {
            if let Some(days) = days {
                said[key] = json!(format!("{days}d"));
            }
        };
        age("older_than", self.older.filter(|days| days % 2 == 0));
        age("newer_than", self.newer.filter(|days| days % 2 == 0));
        if let Some(number) = self.inside.filter(|number| number % 4 == 0) {
            let parent = one(number);
            said["in"] = json!({ "kind": parent.kind().as_str(), "name": parent.name });
        }
        if self.failed {
            said["where"] = json!({ "status": "Failed" });
        }
        if self.stop {
            said["action"] = json!("stop");
        }
        said
    }
}

impl Draft {
    fn text(&self) -> String {
        let picks: Vec<Value> = self.picks.iter().chain(&self.more).map(Pick::json).collect();
        let mut regions = vec![region(self.region)];
        regions.extend(self.elsewhere.map(region));
        let mut said = json!({
            "version": if self.version < 250 { 1 } else { self.version },
            "name": "wild",
            "accounts": [dismantle::sandbox::ACCOUNT_ID],
            "regions": regions,
            "match": picks,
        });
        if let Some(keep) = &self.keep {
            said["keep"] = json!([keep.json()]);
        }
        if let Some(most) = self.deletions {
            said["limits"] = json!({ "max_deletions": most });
        }
        if let Some(share) = self.share.filter(|share| share.is_finite()) {
            said["limits"] = json!({ "max_share": share });
        }
        let mut options = json!({});
        if let Some(delete) = self.managed {
            options["managed"] = json!(if delete { "delete" } else { "block" });
        }
        if let Some(block) = self.cautions {
            options["cautions"] = json!(if block { "block" } else { "warn" });
        }
        if let Some(number) = self.lift {
            options["lift_protection"] = json!([kind(number)]);
        }
        if let Some(days) = self.window {
            options["kms"] = json!({ "pending_window_days": days % 40 });
        }
        said["options"] = options;
        let text = said.to_string();
        match self.odd {
            Some((at, odd)) if at > 200 => {
                let mut bytes = text.into_bytes();
                let at = usize::from(at) % bytes.len();
                bytes.splice(at..at, odd.text().into_bytes());
                String::from_utf8_lossy(&bytes).into_owned()
            }
            _ => text,
        }
    }
}

fn judge(text: &str, tally: &Tally) -> Result<(), String> {
    match Manifest::parse(text, "wild\u{1b}[2J.yaml", registry::catalog()) {
        Ok(manifest) => {
            tally.note("taken");
            lawful(&manifest)
        }
        Err(error) => {
            // The kind of the refusal: its first words, without what is quoted from the file.
            let message = error.issues().first().map_or("", |issue| issue.message.as_str());
            let kind = message.split('`').next().unwrap_or_default();
            tally.note(&format!("refused: {}", kind.chars().take(40).collect::<String>()));
            is_sayable(&error.to_string())
        }
    }
}

/// What holds of every decision, whatever the manifest says.
fn lawful(manifest: &Manifest) -> Result<(), String> {
    let (catalog, inventory) = (registry::catalog(), &WORLD.survey.inventory);
    let decided = classify(&Case {
        inventory,
        manifest,
        catalog,
        accepted_unseen: &Default::default(),
        planned: None,
        gone: &Gone::default(),
        now: WORLD.survey.now,
    });
    let resources = inventory.resources();
    let graph = Graph::new(&resources, catalog);
    if decided.verdicts.len() != resources.len() {
        return Err("something has no verdict".to_owned());
    }
    for (id, resource) in &resources {
        let verdict = &decided.verdicts[*id];
        if verdict.reason.is_empty() {
            return Err(format!("{id} is {:?} for no reason", verdict.decision));
        }
        if matches!(verdict.decision, Decision::Delete | Decision::Stop) {
            may_be_taken(manifest, &decided, &graph, resource)?;
        }
    }
    for edge in graph.edges().iter().filter(|edge| edge.tie >= Tie::Soft) {
        let (user, used) = (graph.resources()[edge.user], graph.resources()[edge.used]);
        let verdict = &decided.verdicts[&used.id];
        let goes = verdict.decision == Decision::Delete && verdict.parts.is_none();
        if goes && stays(&decided, user) {
            return Err(format!("{:?} goes, and {:?} stays and uses it", used.id, user.id));
        }
    }
    for step in plan(inventory, &decided, catalog).steps {
        let decision = decided.decision(&step.resource);
        let allowed = match decision {
            Decision::Delete => true,
            Decision::Stop => !step.action.is_removal(),
            _ => false,
        };
        if !allowed {
            return Err(format!("{} {:?} is planned: {decision:?}", step.action, step.resource));
        }
    }
    Ok(())
}

/// Whether it is there in the end, and needs what it uses. What is only read goes with its owner,
/// so nothing is said of it here.
fn stays(decided: &Classification, user: &Resource) -> bool {
    let facts = registry::catalog().get(user.kind());
    let read_only = facts.is_none_or(|facts| facts.removable == Removable::ReadOnly);
    user.lifecycle.uses_things()
        && match decided.decision(&user.id) {
            Decision::Keep | Decision::Blocked => true,
            Decision::Foreign => !read_only,
            _ => false,
        }
}

/// Holds something that is to go, or to be stopped, against what keeps things.
fn may_be_taken(
    manifest: &Manifest,
    decided: &Classification,
    graph: &Graph<'_>,
    resource: &Resource,
) -> Result<(), String> {
    let id = &resource.id;
    let catalog = registry::catalog();
    let wrong = |why: &str| Err(format!("{id:?} is taken, and {why}"));
    let parents = |id: &ResourceId| graph.place(id).map(|at| graph.resources()[at]);
    let now = WORLD.survey.now;
    if !id.region.is_global() && !manifest.regions.contains(&id.region) {
        return wrong("its region is not the manifest's");
    }
    if catalog.get(id.kind).is_none_or(|facts| facts.removable == Removable::ReadOnly) {
        return wrong("its kind is only read");
    }
    if resource.tags.contains_key(KEEP_TAG) {
        return wrong("a tag keeps it");
    }
    if manifest.keep.iter().any(|keep| keep.matches(resource, &parents, now).is_some()) {
        return wrong("the manifest keeps it");
    }
    let lifts = manifest.options.lift_protection.contains(&id.kind);
    if resource.protections.iter().any(|protection| !(protection.liftable && lifts)) {
        return wrong("it is protected");
    }
    if !resource.unread.is_empty() || matches!(resource.lifecycle, Lifecycle::Pending { .. }) {
        return wrong("it was not read well, or is on its way");
    }
    let decision = decided.decision(id);
    if decision == Decision::Delete && matches!(resource.removal.last, Last::Never(_)) {
        return wrong("AWS deletes no such thing");
    }
    let at = graph.place(id).ok_or("a verdict on nothing")?;
    // What is only read has no decision of its own, and passes on what it belongs to.
    let owned = graph.owners(at).iter().any(|owner| {
        let owner = &graph.resources()[*owner].id;
        let facts = catalog.get(owner.kind);
        decided.decision(owner) != Decision::Foreign
            || facts.is_none_or(|facts| facts.removable == Removable::ReadOnly)
    });
    let by_name = |name: &str| {
        let mut called = resource.clone();
        called.other_names = vec![name.to_owned()];
        manifest.matches.iter().any(|one| one.matches(&called, &parents, now).is_some())
    };
    let whole =
        || manifest.matches.iter().any(|one| one.matches(resource, &parents, now).is_some());
    let orphan = || {
        possible_owners(id.kind, &resource.name, catalog).into_iter().any(|(kind, name)| {
            manifest.matches.iter().any(|one| one.matches_name_of(kind, name).is_some())
        })
    };
    if !(owned || whole() || resource.names().into_iter().all(by_name) || orphan()) {
        return wrong("no selector matches it, nor what it belongs to");
    }
    Ok(())
}
