//! That a row can fail: without what the program knows a rule's case by, the thing would go.

use dismantle::aws::registry;
use dismantle::classify::{Case, Classification, Decision, classify};
use dismantle::inventory::{Inventory, Listing, Outcome};
use dismantle::mandate::{Mandate, Survey};
use dismantle::manifest::{Managed, Manifest};
use dismantle::plan::plan;
use dismantle::resource::{Catalog, KindFacts, Last, Region, Removable, Resource, ResourceId};

use super::{Evidence, Pair};

/// What the rule's evidence is taken out of.
struct Question {
    inventory: Inventory,
    manifest: Manifest,
    catalog: Catalog,
}

impl Question {
    fn decide(&self, mandate: &Mandate) -> Classification {
        classify(&Case {
            inventory: &self.inventory,
            manifest: &self.manifest,
            catalog: &self.catalog,
            accepted_unseen: &mandate.accepted_unseen,
            planned: None,
            gone: &mandate.gone,
            now: mandate.now(),
        })
    }

    fn change(
        &mut self,
        id: &ResourceId,
        change: impl FnOnce(&mut Resource),
    ) -> Result<(), String> {
        let resource = self.inventory.get(id).ok_or_else(|| format!("{id} is not seen"))?;
        let mut resource = resource.clone();
        change(&mut resource);
        self.inventory.renew(&resource);
        Ok(())
    }

    /// Whether the thing would go.
    fn goes(&self, id: &ResourceId, mandate: &Mandate) -> Result<(), String> {
        let decided = self.decide(mandate);
        let verdict = decided.verdicts.get(id).ok_or_else(|| format!("{id} is not there"))?;
        if verdict.decision != Decision::Delete {
            let reason = &verdict.reason;
            return Err(format!("it is {} without it too: {reason}", verdict.decision.as_str()));
        }
        let plan = plan(&self.inventory, &decided, &self.catalog);
        match plan.steps.iter().any(|step| step.resource == *id && step.action.is_removal()) {
            true => Ok(()),
            false => Err("no step removes it".to_owned()),
        }
    }

    /// As if it had been in the list of its kind.
    fn list(&mut self, id: &ResourceId, survey: &Survey) {
        let region = match registry::catalog().is_global(id.kind) {
            true => Region::GLOBAL,
            false => id.region,
        };
        let name = id.id.rsplit('/').next().unwrap_or(&id.id);
        let mut resources = self.inventory.listed(id.kind, region).to_vec();
        resources.push(Resource::new(id.kind, id.region, id.id.as_str(), name));
        let listing = Listing { outcome: Outcome::Listed, resources, at: survey.now };
        self.inventory.put(id.kind, region, listing);
    }

    /// As if its kind could be removed.
    fn make_removable(&mut self, id: &ResourceId) {
        let facts = registry::catalog().kinds().map(|facts| match facts.kind == id.kind {
            true => KindFacts { removable: Removable::Yes, ..*facts },
            false => *facts,
        });
        self.catalog = Catalog::new(facts);
    }
}

/// Takes the rule's evidence out of what was seen: now the thing would go.
pub fn goes_without(
    evidence: Evidence,
    pair: &Pair,
    survey: &Survey,
    mandate: &Mandate,
) -> Result<(), String> {
    let id = &pair.lab;
    let mut question = Question {
        inventory: survey.inventory.clone(),
        manifest: mandate.manifest.clone(),
        catalog: mandate.catalog().clone(),
    };
    match evidence {
        Evidence::Uses => {
            let user = pair.neighbours.first().ok_or("nobody uses it")?;
            question.change(user, |user| {
                user.uses.clear();
                user.owns.clear();
            })?;
        }
        Evidence::Protection => question.change(id, |thing| thing.protections.clear())?,
        Evidence::Tag(key) => {
            question.change(id, |thing| {
                thing.tags.remove(key);
            })?;
        }
        Evidence::Untagged(key, value) => question.change(id, |thing| {
            thing.tags.insert(key.to_owned(), value.to_owned());
        })?,
        Evidence::Managed => question.manifest.options.managed = Managed::Delete,
        Evidence::NotListed => question.list(id, survey),
        Evidence::OnlyRead(words) => {
            question.make_removable(id);
            let decided = question.decide(mandate);
            let verdict = decided.verdicts.get(id).ok_or_else(|| format!("{id} is not seen"))?;
            if verdict.decision != Decision::Blocked || !verdict.reason.contains(words) {
                return Err(format!("nothing else protects it: {}", verdict.reason));
            }
            question.change(id, |thing| {
                thing.protections.clear();
                thing.removal.last = Last::Delete;
            })?;
        }
        // The teardown itself is the proof.
        Evidence::OfAws | Evidence::Nothing => {}
    }
    question.goes(id, mandate)
}
